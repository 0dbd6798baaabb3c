"""Rules on facts: codes are unique, references point to existing rows, and repeated statements of a fact agree."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from paperwork.checks import account
from paperwork.checks.requirements import targets
from paperwork.checks.requirements.obligations import REQUIREMENTS
from paperwork.checks.requirements.reading import decided
from paperwork.core import filenames, hashing, values
from paperwork.core.faults import Fault, Level, Unreadable, Where
from paperwork.core.text import is_same_name
from paperwork.formats.media import photos
from paperwork.formats.office import word_text
from paperwork.project import folders
from paperwork.project.catalogue import quantities, sentences
from paperwork.project.model import (
    Activity,
    Attachment,
    Basics,
    Confirmation,
    Goal,
    LedgerEntry,
    MicroProject,
    PhotoNote,
    Progress,
    Project,
    RosterEntry,
    Supervision,
)
from paperwork.project.record import Record

UNREADABLE_CHARACTER = "�"
SEVERAL_PAGES = (".tif", ".tiff", ".gif", ".webp")
"""Suffixes of pictures that may have several pages or frames."""
PARTICIPANTS = re.compile(
    r"(\d+)\s*(?:余)?(?:名|人|位)[^，。；\d]{0,12}?(?:参加|参与|出席)|(?:参加|参与|出席)[^，。；\d]{0,8}?(\d+)\s*(?:名|人|位)"
)
"""A number of participants in running text: 30名妇女参加, 参加活动30人."""
PROJECT_MONEY = re.compile(
    r"项目(?:总)?(?:经费|费用|资金|金额)(?:总额|合计|共计|总计|共|为|是)*\s*(\d[\d,.]*)\s*(万?)元"
)
"""The project's amount in running text: 项目总经费共5万元."""


def names_agree(project: Project) -> Iterator[Fault]:
    """工作簿里的项目名称、单位类型要与目录一致。"""
    basics, entry = project.basics, project.catalogue
    if basics.name and basics.name != entry.name:
        mend = f"目录里是“{entry.name}”，请改成一样"
        # Another name is another project: last year's workbook, or a number that was given anew.
        level = Level.NOTICE if is_same_name(basics.name, entry.name) else Level.ERROR
        yield Fault(level, basics.where("项目名称"), "项目名称与目录不一致", mend, basics.name)
    kinds = project.funder.contractor_kinds
    if not kinds or not project.is_fully_read(Basics, "单位类型"):
        return
    if basics.kind not in kinds:
        wrong, mend = "“单位类型”不在可选的范围里", f"请从这些里选：{'、'.join(kinds)}"
        yield Fault(Level.ERROR, basics.where("单位类型"), wrong, mend, basics.kind)
    elif entry.contractor in kinds and basics.kind != entry.contractor:
        wrong = f"目录写的项目承接主体是{entry.contractor}"
        yield Fault(Level.NOTICE, basics.where("单位类型"), wrong, "请核对单位类型", basics.kind)


def codes_are_unique(project: Project) -> Iterator[Fault]:
    """活动编号、督导编号、小微项目编号、目标编号、简报期号、进展期次不能重复。"""
    kinds: list[tuple[str, type[Record]]] = [
        ("活动编号", Activity),
        ("简报期号", Activity),
        ("督导编号", Supervision),
        ("期次", Progress),
        ("编号", MicroProject),
        ("编号", Goal),
    ]
    for header, kind in kinds if not _is_monthly(project) else (each for each in kinds if each[1] is not Progress):
        seen: dict[str, Where] = {}
        for row in project.readable_rows(kind, header):
            code = values.format_value(row.template_values()[header])
            if code and code in seen:
                wrong = f"{header}重复了，{seen[code].cell} 也是“{code}”"
                yield Fault(Level.ERROR, row.where(header), wrong, "每一行要有自己的编号，请改正其中一个", code)
            seen.setdefault(code, row.where(header))


def _is_monthly(project: Project) -> bool:
    """Return True if a clause asks for progress more often than quarterly: then a quarter has several reports."""
    duties = (each for clause in decided.clauses_of(project) for each in clause.obligations)
    return any(each.kind == "进展报送" and each.months in (1, 2) for each in duties)


def references_exist(project: Project) -> Iterator[Fault]:
    """支出表、附件表、照片说明表里的活动编号，要是活动表里有的。"""
    if not project.is_fully_read(Activity, "活动编号"):
        return
    known = {activity.code for activity in project.readable_rows(Activity, "活动编号")}
    rows: list[Record] = [
        *project.readable_rows(LedgerEntry, "活动编号"),
        *project.readable_rows(Attachment, "活动编号"),
        *project.readable_rows(PhotoNote, "活动编号"),
    ]
    for row in rows:
        code = row.template_values()["活动编号"]
        if code and code not in known:
            mend = "请改成“活动”表里的编号，或留空"
            yield Fault(Level.ERROR, row.where("活动编号"), "活动表里没有这个活动编号", mend, code)


def scopes_exist(project: Project) -> Iterator[Fault]:
    """绩效目标的统计口径，要是活动类别或名册类别里有的字。"""
    held = {activity.kind for activity in project.readable_rows(Activity, "活动类别")}
    listed = {entry.kind for entry in project.readable_rows(RosterEntry, "类别")}
    kinds = {
        **dict.fromkeys(("活动数量", "活动场次"), held if project.is_fully_read(Activity, "活动类别") else set()),
        "名册人数": listed if project.is_fully_read(RosterEntry, "类别") else set(),
    }
    for goal in project.readable_rows(Goal, "统计方式", "统计口径"):
        known = kinds.get(goal.counted, set())
        if known and goal.scope not in known:
            mend = f"请从这些里选：{'、'.join(sorted(known))}；还没有开展的可以不管"
            yield Fault(Level.NOTICE, goal.where("统计口径"), "没有一行是这个类别，数出来是零", mend, goal.scope)


def goal_numbers_agree(project: Project) -> Iterator[Fault]:
    """绩效目标的指标文字里写的数，要与目标值一致。"""
    for goal in project.readable_rows(Goal, "指标", "目标值", "单位"):
        numbers = [
            each.number
            for each in quantities.find_quantities(goal.indicator)
            if quantities.is_same_unit(each.unit, goal.unit)
        ]
        if numbers and goal.target not in numbers:
            wrong = f"指标里写的是 {numbers[0]}{goal.unit}"
            yield Fault(Level.NOTICE, goal.where("目标值"), wrong, "请改成一样", f"{goal.target}")


def participant_counts_agree(project: Project) -> Iterator[Fault]:
    """参与人数要与简报正文写的人数、签到表登记的人数（附件表有“人数”列时）一致，不超过名册上的人数。"""
    listed = project.roster if project.is_fully_read(RosterEntry, "类别") else ()
    rosters = Counter(entry.kind for entry in listed)
    signatures = project.readable_rows(Attachment, "类型", "活动编号")
    signed = {each.activity: _count(each.template_values().get("人数")) for each in signatures if each.kind == "签到表"}
    for activity in project.readable_rows(Activity, "活动编号", "参与人数"):
        match = PARTICIPANTS.search(activity.brief)
        where, mend, found = activity.where("参与人数"), "请核对参与人数", str(activity.participants)
        if match and int(match[1] or match[2]) != activity.participants:
            yield Fault(Level.NOTICE, where, f"简报正文写的是 {match[1] or match[2]} 人", mend, found)
        count = signed.get(activity.code)
        if count and count != activity.participants:
            yield Fault(Level.NOTICE, where, f"签到表登记的是 {count} 人", mend, found)
        if 0 < rosters[activity.audience] < activity.participants:
            yield Fault(
                Level.NOTICE, where, f"“{activity.audience}”名册上只有 {rosters[activity.audience]} 人", mend, found
            )


def _count(raw: object) -> int | None:
    """Return the number in a cell of a column that the program does not know (20, 20人), or None if it is no number."""
    try:
        return values.as_count(raw)
    except Unreadable:
        return None


def amounts_agree(project: Project) -> Iterator[Fault]:
    """申报内容和结项里写的项目经费，要与目录的项目金额一致。"""
    for sheet in (project.application, project.closing):
        for header, text in sheet.template_values().items():
            found = PROJECT_MONEY.search(text) if isinstance(text, str) else None
            if (
                found
                and values.Money(found[1].replace(",", "")) * (10_000 if found[2] else 1) != project.catalogue.amount
            ):
                amount = values.format_value(project.catalogue.amount)
                yield Fault(
                    Level.NOTICE, sheet.where(header), f"与目录的项目金额（{amount} 元）不一致", "请改正", found[0]
                )


def roster_is_unique(project: Project) -> Iterator[Fault]:
    """同一类名册里，同一个证件号码，或者姓名和电话都相同的，不能有两行。"""
    seen: dict[tuple[str, str], Where] = {}
    for entry in project.readable_rows(RosterEntry, "类别", "姓名或名称"):
        identity = entry.id_number or (f"{entry.name} {entry.phone}" if entry.phone else "")
        key = (entry.kind, identity)
        if identity and key in seen:
            wrong = f"与第 {re.sub('[^0-9]', '', seen[key].cell)} 行是同一个人"
            yield Fault(Level.NOTICE, entry.where("姓名或名称"), wrong, "请删去重复的一行，或改正证件号码")
        seen.setdefault(key, entry.where("姓名或名称"))


def a_photo_belongs_to_one_activity(project: Project) -> Iterator[Fault]:
    """同一张照片不能用在两次活动里（按内容比较，改了文件名也认得出）。"""
    sizes: dict[int, list[tuple[str, Path]]] = defaultdict(list)
    activities = project.readable_rows(Activity, "活动编号")
    for activity in activities:
        for path in project.photos.get(activity.code, ()):
            sizes[path.stat().st_size].append((activity.code, path))
    places = {activity.code: activity.where("活动编号") for activity in activities}
    # Only files of equal size can be equal, so only those are read and hashed.
    for same_size in sizes.values():
        seen: dict[str, tuple[str, Path]] = {}
        for code, path in same_size if len(same_size) > 1 else ():
            first, other = seen.setdefault(hashing.sha256_of(path), (code, path))
            if first != code:
                name, same = filenames.readable(path.name), filenames.readable(other.name)
                wrong = f"照片 {code}/{name} 与 {first}/{same} 是同一张"
                yield Fault(Level.NOTICE, places[code], wrong, "请核对照片放在了哪次活动的文件夹")


def folders_belong_to_activities(project: Project) -> Iterator[Fault]:
    """照片、视频要放在活动编号的文件夹里，能打开；附件文件夹里的文件要在附件表里登记，登记了的要在文件夹里，能打开。"""
    listed = project.readable_rows(Attachment, "文件")
    found = [(row, folders.find_attachment(project.folder, row.file)) for row in listed]
    # The fault of a listed file stands at the cell that lists it.
    told = {each.path for _, each in found}
    entries = list(account.beside(project))
    yield from account.faults((entry for entry in entries if entry.path not in told), project.shown)
    for number, entry in enumerate(entries, 1):
        if UNREADABLE_CHARACTER in project.shown(entry.path) and entry.fate is account.Fate.USED:
            wrong = "文件名里有读不出来的字（编码既不是 UTF-8，也不是 GBK）"
            mend = f"请改名，如 {number:02}{entry.path.suffix}"
            yield Fault(Level.NOTICE, Where(project.shown(entry.path)), wrong, mend)
    for row, each in found:
        where = row.where("文件")
        if not project.attachment_path(row.file):
            lack = project.attachment_lack(row.file, f"“{row.file}”")
            found_file = row.file if each.path else ""  # a gap names it
            yield Fault(Level.ERROR if each.path else Level.GAP, where, lack.wrong, lack.mend, found_file)
        elif each.path and not each.is_exact:
            wrong = f"文件夹里的名字是“{filenames.readable(each.path.name)}”，照它用了"
            yield Fault(Level.NOTICE, where, wrong, "请核对；是它的话，把表里的名字改成一样的", row.file)
    for activity in project.readable_rows(Activity, "活动编号"):
        for path in project.photos.get(activity.code, ()):
            if path.suffix.lower() in SEVERAL_PAGES and (pages := photos.count_pages(path)) > 1:
                wrong = f"这个照片文件有 {pages} 页（或是动图），卷内只印第一页，原件随电子档案包"
                yield Fault(Level.NOTICE, Where(project.shown(path)), wrong, "要印其余各页的话，请拆成一页一个文件")


def all_photos_are_printed(project: Project) -> Iterator[Fault]:
    """一次活动的照片都印在卷内：简报里 6 张，其余的在照片页；超过 binding.toml 写的张数的，只在电子档案包里。"""
    for outer in folders.input_folders(project.folder, folders.PHOTOS)[:1]:
        counts = {
            each.code: len(project.chosen_photos(each.code)) for each in project.readable_rows(Activity, "活动编号")
        }
        most = project.funder.max_bound_photos
        more = [f"{code} 有 {count} 张" for code, count in counts.items() if count > most]
        if more:
            wrong = f"卷内一次活动只印按文件名排在最前的 {most} 张照片，其余的只在电子档案包里：{'，'.join(more)}"
            mend = "请核对要印的排在前面没有：在文件名前加 01、02，或在“照片说明”表里把不要的写成不入册"
            yield Fault(Level.NOTICE, Where(project.shown(outer)), wrong, mend)


def photo_notes_name_a_file(project: Project) -> Iterator[Fault]:
    """照片说明表里的文件，要在活动的照片或视频文件夹里；几次活动有同名的文件要写活动编号，一个文件只写一行。"""
    if not project.is_fully_read(Activity, "活动编号"):
        return
    codes = {activity.code for activity in project.readable_rows(Activity, "活动编号")}
    files = [(code, each) for code in codes for kind in (project.photos, project.videos) for each in kind.get(code, ())]
    # A file that does not open has a fault of its own.
    files += [(filenames.readable(path.parent.name), path) for path in project.unusable]
    named: dict[str, list[tuple[str, Path]]] = defaultdict(list)
    for code, path in files:
        for key in {filenames.spelling_key(path.name), filenames.spelling_key(path.stem)}:
            named[key].append((code, path))
    seen: dict[Path, Where] = {}
    for note in project.readable_rows(PhotoNote, "文件", "活动编号"):
        where, own = note.where("文件"), filenames.spelling_key(note.activity)
        called = named[filenames.spelling_key(Path(note.file).name)]
        meant = [each for each in called if not own or filenames.spelling_key(each[0]) == own]
        if not meant and (not note.activity or note.activity in codes):
            mend = "请写成“照片”或“视频”文件夹里的名字，如 开班.jpg"
            yield Fault(Level.ERROR, where, "活动的照片和视频里没有这个文件", mend, note.file)
        elif len({code for code, _ in meant}) > 1:
            wrong = f"这几次活动都有这个文件：{'、'.join(sorted({code for code, _ in meant}))}"
            yield Fault(Level.ERROR, where, wrong, "请填上“活动编号”", note.file)
        for path in dict.fromkeys(path for _, path in meant):
            if first := seen.get(path):
                wrong = f"这个文件写了两行，{first.cell} 也是它"
                yield Fault(Level.ERROR, where, wrong, "请合成一行", note.file)
                break
            seen[path] = where


def attachments_have_no_open_changes(project: Project) -> Iterator[Fault]:
    """附件里的 Word 文件不要留着没接受的修订；留着的，照全部接受以后的样子打印。"""
    mend = "请在 Word 或 WPS 里打开，“审阅”→“接受所有修订”（不要的先拒绝），保存后再放"
    for attachment in project.readable_rows(Attachment, "文件"):
        path = project.attachment_path(attachment.file)
        if path is not None and word_text.has_changes(path):
            wrong = "里面有没接受的修订，照全部接受以后的样子打印"
            yield Fault(Level.NOTICE, attachment.where("文件"), wrong, mend, attachment.file)


def confirmations_name_a_clause(project: Project) -> Iterator[Fault]:
    """确认表里的条款，要是相关要求里有的条款序号。"""
    known = [clause.number for clause in decided.clauses_of(project) if clause.source == REQUIREMENTS]
    for row in project.readable_rows(Confirmation, "条款"):
        if row.clause not in known:
            mend = f"相关要求共 {len(known)} 条，请填条款的序号"
            yield Fault(Level.ERROR, row.where("条款"), "相关要求里没有这一条", mend, str(row.clause))


def catalogue_is_consistent(project: Project) -> Iterator[Fault]:
    """目录自己的说法要前后一致：项目目标与项目内容的数目，写明的月数与起止月份，条款里的金额和部室。"""
    entry, span = project.catalogue, project.catalogue.span
    mend = f"目录前后不一致，请与{project.funder.name}核实，按核实的执行"
    for column, wrong in targets.find_contradictions(entry):
        yield Fault(Level.NOTICE, entry.where(column), wrong, mend)
    stated = re.search(r"(\d+|[一二三四五六七八九十]+)\s*个月", entry.period)
    # Both ends count: 4月至12月 are nine months.
    months = (span.end.year - span.start.year) * 12 + span.end.month - span.start.month + 1
    if stated and entry.is_dated and int(sentences.number(stated[0]) or 0) != months:
        wrong = f"写着{stated[0]}，起止月份是 {months} 个月"
        yield Fault(Level.NOTICE, entry.where("实施周期"), wrong, mend, entry.period)
    for clause in decided.clauses_of(project):
        for duty in clause.obligations if clause.source == REQUIREMENTS else ():
            if duty.kind == "项目费用" and duty.number != entry.amount:
                wrong = f"第{clause.number}条写的是“{duty.words}”，项目金额是 {values.format_value(entry.amount)} 元"
                yield Fault(Level.NOTICE, entry.where(REQUIREMENTS), wrong, mend)
            if duty.department and duty.department not in entry.department and entry.department not in duty.department:
                wrong = f"第{clause.number}条写的是{duty.department}，牵头部室是{entry.department}"
                yield Fault(Level.NOTICE, entry.where(REQUIREMENTS), wrong, mend)
