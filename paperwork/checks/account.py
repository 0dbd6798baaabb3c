"""The account of files: what each file below the inputs folder is used for, or why it is not used.

Command line, web page and faults take it from here. Each file is in it once. Links to folders are not followed: a link
is an entry of its own.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from paperwork.core import commands, filenames, text
from paperwork.core.faults import Fault, Level, Stop, Unreadable, Where
from paperwork.formats import opening
from paperwork.formats.media import photos, videos
from paperwork.formats.spreadsheets import xlsx
from paperwork.project import folders, input_folder, workbook
from paperwork.project.folders import ATTACHMENTS, INPUT_FOLDERS, PHOTOS, VIDEOS
from paperwork.project.funder import NO_FUNDER, Funder
from paperwork.project.input_folder import Inputs
from paperwork.project.model import Activity, Attachment, Project

OTHER_NAMES = {
    PHOTOS: ("图片", "相片", "活动照片", "照片资料", "影像", "photo", "photos", "pictures", "images", "dcim"),
    VIDEOS: ("录像", "影片", "小视频", "活动视频", "video", "videos", "movies"),
    ATTACHMENTS: ("附件材料", "佐证", "佐证材料", "扫描件", "材料", "资料", "文件", "attachments", "files"),
}
"""Names that staff give to the folders beside a workbook; they are offered, not taken."""
NEAR_CODE = 75
"""Least similarity (0 to 100) of an activity code that is offered for the name of a folder."""
MAX_TOLD = 4
"""Most files of one folder that are told one by one for the same reason."""
NO_ACTIVITY = ("没有这个编号的活动，里面的文件没有用上", "请把文件夹改成活动编号")
UNLISTED = ("这个文件没有登记，没有用上", "请在“附件”表里加一行")
UNSURE = "工作簿里有读不出来的行，改好以前不知道它有没有用"
NOT_DOWNLOADED = ("还在 iCloud 里，没有下载到这台电脑", "请在“访达”里点它旁边的云朵图标，等下载完再来")
LINK_OUT = ("这是链接，指向的文件不在 inputs 里或已经没有了", "请用文件本身换掉这个链接")
LINK_TO_FOLDER = ("这是指向文件夹的链接，程序不跟着它走", "请用文件夹本身换掉这个链接")
NO_PROJECT = (
    "不在哪个项目的文件夹里，没有用上",
    "请移到它那个项目的“照片”“视频”或“附件”文件夹；用不着的话，移出 inputs",
)
NOTES = ("说明.txt", "说明.md", "readme.txt", "readme.md")
"""Names of notes that may lie outside of the projects' folders."""
NO_WORKBOOK = ("旁边没有工作簿，不知道是哪个项目的", "请把它和项目的工作簿放在一起")
AT_ROOT = {
    PHOTOS: ("照片直接放在项目的文件夹里，不知道是哪次活动的", "请移到“照片”里它那次活动的文件夹，如 照片/HD-01"),
    VIDEOS: ("视频直接放在项目的文件夹里，不知道是哪次活动的", "请移到“视频”里它那次活动的文件夹，如 视频/HD-01"),
    ATTACHMENTS: ("放在项目的文件夹里，没有用上", "请移到“附件”文件夹，并在“附件”表里登记；用不着的话，移出 inputs"),
}


class Fate(StrEnum):
    """What becomes of a file; the values are shown to staff."""

    USED = "用上"
    LEFT = "不用管"
    """Kept aside by rule: left by a program, or a sample beside a real workbook."""
    TOLD = "没有用上"


@dataclass(frozen=True)
class Entry:
    """A file and what becomes of it: what it is used for, the rule that keeps it aside, or the problem and remedy."""

    path: Path
    fate: Fate
    why: str
    mend: str = ""
    about: Path | None = None
    """What a fault names instead of the file: the folder that has the problem."""
    is_sure: bool = True
    """False while rows of the workbook cannot be read; their errors are reported instead."""
    level: Level = Level.NOTICE
    """Level of the fault: an error for a photo or video that does not open, as for a cell that cannot be read."""
    home: Path | None = None
    """Folder of the project that the file lies in."""


def walk(root: Path) -> Iterator[Path]:
    """Yield every file and link below a folder, and every folder that cannot be read, sorted within a folder."""
    # Not recursive: a path may have two thousand folders. Links to folders are not entered, so there is no circle.
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as listed:
                found = sorted((entry.name, entry.is_dir(follow_symlinks=False)) for entry in listed)
        except OSError:
            yield folder
            continue
        yield from (folder / name for name, is_folder in found if not is_folder)
        waiting += [folder / name for name, is_folder in reversed(found) if is_folder]


def _told(path: Path, reason: tuple[str, str], about: Path | None = None) -> Entry:
    return Entry(path, Fate.TOLD, *reason, about=about)


def _special(path: Path, root: Path) -> Entry | None:
    """Return the entry of a file that no kind of use can apply to: left by a program, a link, not readable."""
    left = next(filter(None, map(filenames.why_left, path.relative_to(root).parts)), "")
    if left:
        return Entry(path, Fate.LEFT, left)
    if filenames.is_not_downloaded(path.name):
        return _told(path, NOT_DOWNLOADED)
    if folders.leads_out(path, root):
        return _told(path, LINK_OUT)
    if path.is_symlink() and path.is_dir():
        return _told(path, LINK_TO_FOLDER)
    if not folders.is_file(path):
        return _told(path, ("文件夹打不开" if path.is_dir() else "不是普通的文件", "请检查它的权限，或移出 inputs"))
    return None


# ---- the files beside a workbook


def beside(project: Project) -> Iterator[Entry]:
    """Yield the entries of all files in 照片, 视频 and 附件 of a project."""
    home = project.folder
    media = {PHOTOS: project.photos, VIDEOS: project.videos}
    for name in INPUT_FOLDERS:
        paths = [path for folder in folders.input_folders(home, name) for path in walk(folder)]
        special = {path: entry for path in paths if (entry := _special(path, home))}
        if name in media:
            rest = _media(project, name, media[name], [path for path in paths if path not in special])
        else:
            rest = _attachments(project, [path for path in paths if path not in special])
        entries = special | {entry.path: entry for entry in rest}
        yield from (entries[path] for path in paths)


def _media(
    project: Project, name: str, found: Mapping[str, tuple[Path, ...]], paths: Iterable[Path]
) -> Iterator[Entry]:
    """Yield the entries of the files in 照片 or 视频."""
    activities = {each.code: each for each in project.readable_rows(Activity, "活动编号")}
    codes = [each.code for each in project.readable_rows(Activity, "活动编号")]
    # If codes are unreadable or shared by two activities, an unknown folder may belong to one of those activities.
    is_sure = project.is_fully_read(Activity, "活动编号") and len(activities) == len(codes)
    known = {filenames.spelling_key(code) for code in codes}
    used = {path: code for code, files in found.items() if code in activities for path in files}
    kind = {PHOTOS: "照片", VIDEOS: "视频"}[name]
    unprinted = _unprinted(project, codes)
    for path in paths:
        inside = path.relative_to(project.folder).parts[1:]
        folder = project.folder / path.relative_to(project.folder).parts[0] / inside[0]
        if path in used:
            cell = activities[used[path]].where("活动编号")
            rest = f"，{unprinted[path]}" if path in unprinted else ""
            yield Entry(path, Fate.USED, f"活动 {used[path]} 的{kind}（{cell.sheet}!{cell.cell}）{rest}")
        elif len(inside) == 1:
            wrong = f"{kind}直接放在“{name}”里，不知道是哪次活动的"
            yield _told(path, (wrong, f"请移到它那次活动的文件夹，如 {name}/{(codes or ['HD-01'])[0]}"))
        elif filenames.spelling_key(inside[0]) not in known:
            yield _unknown_folder(path, folder, codes) if is_sure else Entry(path, Fate.TOLD, UNSURE, is_sure=False)
        elif len(inside) > 2:
            own = filenames.readable(inside[0])
            yield _told(path, (f"放得太深，没有用上（{kind}要直接放在 {name}/{own} 里）", f"请移到 {name}/{own}"))
        else:
            problem = project.unusable.get(path, opening.Problem(*opening.NOT_READABLE))
            level = Level.NOTICE if problem.is_other else Level.ERROR
            yield Entry(path, Fate.TOLD, problem.wrong, problem.mend, level=level)


def _unprinted(project: Project, codes: Iterable[str]) -> dict[Path, str]:
    """Return the photos that are not printed in the volume, each with the reason."""
    most = project.funder.max_bound_photos
    reasons = {}
    for code in codes:
        chosen = project.chosen_photos(code)
        for path in project.photos.get(code, ()):
            if path not in chosen:
                reasons[path] = "照片说明写着不入册，随电子档案包"
            elif path not in chosen[:most]:
                reasons[path] = f"一次活动最多装订 {most} 张照片，这张不印在卷内，随电子档案包"
    return reasons


def _unknown_folder(path: Path, folder: Path, codes: Iterable[str]) -> Entry:
    """Return the entry of a file in the folder of no activity; the most similar code is offered."""
    wrong, mend = NO_ACTIVITY
    key, known = filenames.spelling_key(folder.name).upper(), list(codes)
    inside = [each for each in known if re.search(re.escape(filenames.spelling_key(each).upper()) + r"(?!\d)", key)]
    near = max(inside, key=len, default="") or text.find_most_similar(key, known, NEAR_CODE)
    return _told(path, (wrong, f"{mend}，是不是 {near}" if near else mend), folder)


def _attachments(project: Project, paths: Iterable[Path]) -> Iterator[Entry]:
    """Yield the entries of the files in 附件."""
    rows = project.readable_rows(Attachment, "文件")
    named = {path: row for row in reversed(rows) if (path := folders.find_attachment(project.folder, row.file).path)}
    for path in paths:
        row = named.get(path)
        if row is None:
            is_sure = project.is_fully_read(Attachment, "文件")
            reason = opening.no_document(path) or UNLISTED
            yield _told(path, reason) if is_sure else Entry(path, Fate.TOLD, UNSURE, is_sure=False)
        elif problem := opening.attachment_problem(path):
            yield _told(path, problem[:2])
        else:
            cell = row.where("文件")
            yield Entry(path, Fate.USED, f"附件“{row.title}”（{cell.sheet}!{cell.cell}）")


# ---- all other files


def strays(inputs: Inputs) -> Iterator[Entry]:
    """Yield the entries of all files that lie in no folder 照片, 视频 or 附件 beside a workbook."""
    tables = dict(_tables(inputs))
    homes = {path.parent for paths in inputs.workbooks.values() for path in paths}
    for path in walk(inputs.root):
        home = next((each for each in path.parents if each in homes), None)
        if home and len(path.relative_to(home).parts) > 1 and _input_folder(home, path):
            continue
        entry = _special(path, inputs.root) or tables.get(path) or _stray(inputs, path, home)
        yield Entry(path, entry.fate, entry.why, entry.mend, entry.about, home=home)


def untold(inputs: Inputs) -> Iterator[Entry]:
    """Yield the entries of `strays` but those of files whose problem is among the faults of the inputs already."""
    told = {fault.where.file for fault in inputs.faults}
    yield from (entry for entry in strays(inputs) if inputs.name(entry.path) not in told)


def is_loose(entry: Entry, inputs: Inputs) -> bool:
    """Return True if a file lies directly in the inputs folder, and not in a project's folder."""
    return not entry.home and entry.path.parent == inputs.root


def _input_folder(home: Path, path: Path) -> bool:
    """Return True if a path lies in the folder 照片, 视频 or 附件 of a project's folder."""
    first = home / path.relative_to(home).parts[0]
    return not first.is_symlink() and any(folders.is_called(first, name) for name in INPUT_FOLDERS)


def _tables(inputs: Inputs) -> Iterator[tuple[Path, Entry]]:
    """Yield the entries of catalogues and workbooks."""
    for path in inputs.catalogues:
        yield path, Entry(path, Fate.USED, "项目发布目录")
    for path in dict.fromkeys(each.path for each in inputs.decisions):
        yield path, Entry(path, Fate.USED, "要求解读")
    for number, paths in inputs.workbooks.items():
        real = [path for path in paths if path not in inputs.samples] or paths
        for path in paths:
            if not inputs.entries:
                entry = _told(path, ("没有可以用的项目发布目录", "请先放入一份项目发布目录"))
            elif number not in inputs.entries:
                entry = _told(path, inputs.unlisted(number))
            elif path not in real:
                entry = Entry(path, Fate.LEFT, f"项目{number}有正式的工作簿，示例不再用")
            elif len(real) > 1:
                entry = _told(path, (f"项目{number}有 {len(real)} 份工作簿", "请只留一份，把其余的移出 inputs"))
            else:
                entry = Entry(path, Fate.USED, f"项目{number}的工作簿")
            sheets = input_folder.csv_sheets(path) if path.suffix.lower() == ".csv" else {}
            yield from ((each, Entry(each, entry.fate, entry.why, entry.mend)) for each in (path, *sheets.values()))


def _stray(inputs: Inputs, path: Path, home: Path | None) -> Entry:
    """Return the entry of a file that is no table of the program and lies beside no workbook's folders."""
    known = next((fault for fault in inputs.faults if fault.where == Where(inputs.name(path))), None)
    suffix = Path(filenames.readable(path.name)).suffix.lower()
    inside = path.relative_to(home or inputs.root).parts
    if known:
        return _told(path, (known.wrong, known.mend))
    if suffix == ".csv" and filenames.readable(path.stem).endswith(input_folder.PROGRAM_SHEETS):
        return Entry(path, Fate.LEFT, "程序自己写的表")
    if not home and filenames.spelling_key(path.name) in NOTES:
        return Entry(path, Fate.LEFT, "说明")
    if path.stat().st_size == 0:
        return _told(path, (opening.EMPTY, "请重新放一份，或移出 inputs"))
    if any(folders.is_called(Path(part), name) for part in inside[:-1] for name in INPUT_FOLDERS):
        return _told(path, NO_WORKBOOK)
    if len(inside) > 1 and (meant := _meant_folder(inside[0])) and home:
        wrong = f"文件夹“{filenames.readable(inside[0])}”程序不认识，里面的文件没有用上"
        return _told(path, (wrong, f"是不是“{meant}”？是的话请改名"), home / inside[0])
    if xlsx.may_hold_tables(path):
        reason = (
            "不是工作簿（没有“基本信息”表），也不是项目发布目录",
            AT_ROOT[ATTACHMENTS][1] if home else NO_PROJECT[1],
        )
        return _told(path, reason)
    if not home:
        return _told(path, NO_PROJECT)
    return _told(
        path, AT_ROOT[PHOTOS if suffix in photos.PHOTOS else VIDEOS if suffix in videos.VIDEOS else ATTACHMENTS]
    )


def _meant_folder(name: str) -> str:
    """Return which folder beside a workbook a name probably means, or an empty string."""
    key = filenames.spelling_key(name)
    return next((meant for meant, others in OTHER_NAMES.items() if meant in key or key in others), "")


# ---- the whole account, and its faults


def of_project(inputs: Inputs, project: Project) -> list[tuple[str, Entry]]:
    """Return every file in the folder of one project, by its path as shown."""
    own = {entry.path: entry for entry in strays(inputs) if entry.home == project.folder}
    return _named(inputs, own | {entry.path: entry for entry in beside(project)})


def account(root: Path, funder: Funder = NO_FUNDER, templates: Path | None = None) -> list[tuple[str, Entry]]:
    """Return every file below the inputs folder once, by its path as shown.

    Each project is read. A project that cannot be read is the reason for the files beside its workbook.
    """
    inputs = input_folder.scan_folder(root, templates)
    found = {entry.path: entry for entry in strays(inputs)}
    # What becomes of the files beside a workbook that is not used.
    unread = {path.parent: found[path] for paths in inputs.workbooks.values() for path in paths if path in found}
    for number in sorted(inputs.workbooks):
        try:
            project, _ = workbook.read_project(inputs, number, funder)
        except (Unreadable, Stop) as reason:
            told = Entry(root, Fate.TOLD, f"项目{number}没有读出来：{reason.wrong}", "请先改好它的工作簿")
            unread |= {path.parent: told for path in inputs.workbooks[number]}
            continue
        for entry in beside(project):
            # Two projects may share a folder; a file is used if one of them uses it.
            if entry.path not in found or entry.fate is Fate.USED:
                found[entry.path] = entry
    for path in walk(root):
        if path not in found:
            whole = next(unread[each] for each in path.parents if each in unread)
            found[path] = _special(path, root) or Entry(path, whole.fate, whole.why, whole.mend)
    return _named(inputs, found)


def _named(inputs: Inputs, entries: Mapping[Path, Entry]) -> list[tuple[str, Entry]]:
    """Return entries by their paths as shown, sorted."""
    named = ((filenames.printable(inputs.name(path)), entry) for path, entry in entries.items())
    return sorted(named, key=lambda each: (each[0], os.fsencode(each[1].path)))


def faults(entries: Iterable[Entry], show: Callable[[Path], str]) -> Iterator[Fault]:
    """Yield a fault for each file that is not used; many in one folder with the same reason share one.

    `show` gives the name of a path in a fault.
    """
    groups: dict[tuple[Path, str, str, Level], dict[Path, None]] = {}
    for entry in entries:
        if entry.fate is Fate.TOLD and entry.is_sure:
            about = entry.about or entry.path
            groups.setdefault((about.parent, entry.why, entry.mend, entry.level), {})[about] = None
    for (folder, wrong, mend, level), abouts in groups.items():
        if len(abouts) <= MAX_TOLD:
            for about in abouts:
                yield Fault(level, Where(show(about)), wrong, mend, filenames.readable(about.name))
        else:
            names = "、".join(filenames.readable(about.name) for about in [*abouts][:MAX_TOLD])
            wrong = f"{len(abouts)} 个文件（{names} 等）：{wrong}"
            yield Fault(level, Where(show(folder)), wrong, f"{mend}。逐个见 {commands.list_files()}")
