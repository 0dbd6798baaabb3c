"""The sample projects do not contradict themselves: workbooks, attached pages, seals and photos tell one story.

Staff learn from the samples what belongs together, and testers compare forms with them. Each check yields what
contradicts, in words; the tables at the top say which words name which fact.
"""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pypdfium2
import pytest
from openpyxl import load_workbook
from PIL import Image

from tests import make

SAMPLES = make.ROOT / "inputs" / "示例"
CLOSING_MARKS, OPENING_MARKS = "，。；：、！？）》”’％%", "（《“‘"
NAMED_ONCE = {
    "平均满意率": r"平均满意率为([\d.]+)%",
    "彝族贫困儿童": r"(\d+)名彝族贫困儿童|彝族贫困儿童(?:共)?(\d+)[名人]",
    "学员": r"(\d+)名(?:紫薇伙伴)?学员(?!座谈)|紫薇伙伴学员(?:共)?(\d+)[名人]",
    "收回的问卷": r"收回(\d+)份",
    "满意的问卷": r"满意(\d+)份",
    "综合得分": r"综合得分(?:为)?([\d.]+)分",
    "支出合计": r"支出合计([\d,.]+)元",
    "专职社工": r"专职社工(\d+)人",
    "试行的社区": r"在(\d+)个社区试行",
    "陪伴对子": r"(\d+)(?:名儿童与志愿者结成长期陪伴对子|对陪伴对子)",
}
"""Numbers that are the same wherever a cell or a page names them."""
ROSTERS = {"彝族贫困儿童": "关爱儿童", "紫薇伙伴学员": "紫薇伙伴学员"}
"""An audience that is one kind of the roster: nobody else can come, and the roster says how many there are."""
COUNTED = {
    r"接受市妇联\S{0,4}督导(\d+)次": lambda book: len(book["督导"]),
    r"开展活动(\d+)次": lambda book: len(book["活动"]),
    r"(\d+)个小微项目全部": lambda book: len(book["小微项目"]),
    r"累计服务妇女儿童(\d+)人次": lambda book: sum(each["服务人次"] for each in book["小微项目"]),
    r"项目组共(\d+)人": lambda book: len(book.get("团队") or range(6)),
}
"""Numbers in texts that the tables prove."""
HELD = {
    "主题活动": r"主题活动(\d+)场",
    "关爱服务": r"关爱服务(\d+)场",
    "队伍培训": r"培训(\d+)期",
    "宣传教育": r"宣传(\d+)场",
}
"""Counts of activities in a quarterly report, by the activities' category."""
SAID_DONE = {
    "专项资金审计报告": r"(?:完成|通过)[^。；，\n]*审计|审计[^。；，\n]*(?:出具|完成)",
    "第三方绩效评估报告": r"完成[^。；，\n]*评估|评估[^。；，\n]*(?:出具|完成)",
}
"""Words that say that a paper exists."""
DATED_TEXTS = (
    ("进展", "报送日期", ("完成工作", "存在问题")),
    ("督导", "督导日期", ("督导内容", "发现问题", "上次问题落实", "财务检查")),
    ("督导", "整改完成日期", ("整改情况",)),
    ("确认", "日期", ("说明",)),
    ("活动", "简报签发日期", ("简报正文", "成效与反思", "活动总结")),
)
"""Texts that tell what has happened, with the column of the day on which they were written. Plans are left out."""


class Sample(NamedTuple):
    """A sample as its files say it: rows of each sheet (of a keyed sheet one), and the lines of each attached page."""

    folder: Path
    book: dict[str, list[dict[str, Any]]]
    pages: dict[str, list[list[str]]]

    @property
    def basics(self) -> dict[str, Any]:
        """Return the sheet 基本信息."""
        return self.book["基本信息"][0]

    def texts(self) -> list[str]:
        """Return the text of every cell and of every attached paper."""
        cells = [str(value) for rows in self.book.values() for row in rows for value in row.values() if value]
        return [*cells, *("".join(line for page in pages for line in page) for pages in self.pages.values())]

    def paper(self, kind: str) -> tuple[dict[str, Any], str]:
        """Return the row and the text of the attachment of a kind; an empty row and text if there is none."""
        for row in self.book["附件"]:
            if row["类型"] == kind:
                return row, "\n".join(line for page in self.pages[row["文件"]] for line in page)
        return {}, ""


@cache
def read(number: int) -> Sample:
    """Read a sample: cells with openpyxl, pages with pdfium."""
    folder = SAMPLES / f"项目{number}"
    book: dict[str, list[dict[str, Any]]] = {}
    for sheet in load_workbook(folder / "项目数据.xlsx").worksheets[1:]:
        header, *rows = (list(map(str, row)) if at == 0 else row for at, row in enumerate(sheet.values))
        if header[0] == "项目":
            book[sheet.title] = [{str(name): value for name, value in rows}]
        else:
            book[sheet.title] = [dict(zip(map(str, header), row, strict=True)) for row in rows if any(row)]
    pages = {}
    for path in sorted((folder / "附件").glob("*.pdf")):
        with pypdfium2.PdfDocument(path) as document:
            words = [page.get_textpage().get_text_bounded() for page in document]
            pages[path.name] = [[line.strip() for line in each.splitlines() if line.strip()] for each in words]
    return Sample(folder, book, pages)


def number(text: str) -> Decimal:
    """Return a number that may have thousands separators."""
    return Decimal(text.replace(",", ""))


def days_in(text: str, year: int) -> Iterator[dt.date]:
    """Yield the days that a text names, those without a year in the given one."""
    for found, month, day in re.findall(r"(?:(\d{4})年)?(?<!\d)(\d{1,2})月(\d{1,2})日", text):
        yield dt.date(int(found or year), int(month), int(day))


def day(moment: Any) -> dt.date:
    """Return the day of a cell."""
    assert isinstance(moment, dt.datetime), moment
    return moment.date()


def last_day(activity: dict[str, Any]) -> dt.date:
    """Return the last day of an activity."""
    return day(activity["结束日期"] or activity["开始日期"])


# ---- checks: each yields contradictions


def one_number_for_one_noun(sample: Sample) -> Iterator[str]:
    """Compare the numbers that are named with the same noun."""
    for noun, pattern in NAMED_ONCE.items():
        matches = (match for text in sample.texts() for match in re.finditer(pattern, text))
        found = {number(value) for match in matches for value in match.groups("") if value}
        if len(found) > 1:
            yield f"{noun}: {sorted(found)}"
    employed = {int(each) for text in sample.texts() for each in re.findall(NAMED_ONCE["专职社工"], text)}
    if employed and employed != {sample.basics["全职社工人数"]}:
        yield f"全职社工人数 {sample.basics['全职社工人数']}, 专职社工 {employed}"


def numbers_in_texts_are_those_of_the_tables(sample: Sample) -> Iterator[str]:
    """Compare counts in texts with the rows that they count."""
    for pattern, count in COUNTED.items():
        for said in {int(each) for text in sample.texts() for each in re.findall(pattern, text)}:
            if said != count(sample.book):
                yield f"{pattern}: {said}, not {count(sample.book)}"


def headcounts_of_activities_agree(sample: Sample) -> Iterator[str]:
    """Compare 参与人数 with the brief and with the roster of the audience."""
    kinds = [each["类别"] for each in sample.book["名册"]]
    for each in sample.book["活动"]:
        came, code = each["参与人数"], each["活动编号"]
        said = [int(found) for found in re.findall(r"共(\d+)人参加", each["简报正文"])]
        if said != [came]:
            yield f"{code}: 参与人数 {came}, brief {said}"
        if (kind := ROSTERS.get(each["服务对象"])) and came > kinds.count(kind):
            yield f"{code}: {came} of {kinds.count(kind)} {kind}"


def briefs_tell_day_and_place(sample: Sample) -> Iterator[str]:
    """Compare the first line of a brief with the activity's cells."""
    for each in sample.book["活动"]:
        first = each["简报正文"].split("\n")[0]
        start = day(each["开始日期"])
        if not first.startswith(f"{start.month}月{start.day}日") or each["地点"] not in first:
            yield f"{each['活动编号']}: {first}"


def days_are_in_order(sample: Sample) -> Iterator[str]:
    """Check that plans come before activities, activities before briefs, news and payments, and all before the end."""
    ends = {each["活动编号"]: last_day(each) for each in sample.book["活动"]}
    signed = sample.paper("项目协议")[0].get("日期")
    for each in sample.book["活动"]:
        steps = [signed, each.get("方案日期"), each["开始日期"], each["结束日期"], each.get("简报签发日期")]
        if any(before > after for before, after in pairwise(filter(None, steps))):
            yield f"{each['活动编号']}: {steps}"
        if each.get("简报签发日期") and not 1 <= (day(each["简报签发日期"]) - last_day(each)).days <= 3:
            yield f"{each['活动编号']}: 简报签发日期"
    for each in sample.book["支出"]:
        if each["活动编号"] and day(each["日期"]) < ends[each["活动编号"]]:
            yield f"{each['凭证号']} is paid before the activity ends"
    titles = {each["简报标题"]: each for each in sample.book["活动"]}
    for each in sample.book["信息报送"]:
        held = titles.get(each["标题"])
        if held and day(each["报送日期"]) < max(last_day(held), day(held.get("简报签发日期") or held["开始日期"])):
            yield f"{each['标题']} is sent before it is signed"
    for each in sample.book["督导"]:
        steps = [each["督导日期"], each["整改完成日期"], each["整改期限"]]
        if any(before > after for before, after in pairwise(filter(None, steps))):
            yield f"{each['督导编号']}: {steps}"


def closing_comes_last(sample: Sample) -> Iterator[str]:
    """Check that no paper or payment is later than the closing report, and that it is not later than the filing."""
    closed, filed = sample.book["结项"][0]["结项日期"], sample.basics["立卷日期"]
    if not closed:
        return
    earlier = {
        "附件": "日期",
        "支出": "日期",
        "进展": "报送日期",
        "信息报送": "报送日期",
        "督导": "整改完成日期",
        "确认": "日期",
    }
    for sheet, column in earlier.items():
        yield from (
            f"{sheet}: {row[column]} is after the closing" for row in sample.book[sheet] if row[column] > closed
        )
    if closed > filed:
        yield f"closed {closed}, filed {filed}"


def texts_do_not_know_the_future(sample: Sample) -> Iterator[str]:
    """Check that a dated text names no later day, and no paper that does not exist yet."""
    papers = {each["类型"]: each["日期"] for each in sample.book["附件"]}
    for sheet, column, texts in DATED_TEXTS:
        for row in sample.book[sheet]:
            written = row.get(column)
            words = "\n".join(row.get(each) or "" for each in texts)
            if written is None:
                continue
            yield from (f"{sheet} {written}: {each}" for each in days_in(words, written.year) if each > day(written))
            for kind, done in SAID_DONE.items():
                if re.search(done, words) and (kind not in papers or papers[kind] > written):
                    yield f"{sheet} {written}: {kind} is said to be done"


def quarters_count_their_activities(sample: Sample) -> Iterator[str]:
    """Compare the counts in a quarterly report with the activities of the quarter, after 全年 with those so far."""
    for report in sample.book["进展"]:
        quarter = "一二三四".index(re.findall("第(.)季度", report["期次"])[0])
        for kind, pattern in HELD.items():
            starts = [day(each["开始日期"]) for each in sample.book["活动"] if each["活动类别"] == kind]
            so_far = [each for each in starts if each <= day(report["报送日期"])]
            for part in report["完成工作"].split("，"):
                wanted = so_far if "全年" in part else [each for each in so_far if (each.month - 1) // 3 == quarter]
                if any(int(said) != len(wanted) for said in re.findall(pattern, part)):
                    yield f"{report['期次']}: {part}, not {len(wanted)}"
        hours = [int(said) for said in re.findall(r"(\d+)课时", report["完成工作"])]
        taught = [
            each["数量"] for each in sample.book["活动"]
            if each["活动类别"] == "培训" and (day(each["开始日期"]).month - 1) // 3 == quarter
        ]  # fmt: skip
        if hours and sum(hours) != sum(taught):
            yield f"{report['期次']}: {hours} 课时, not {sum(taught)}"


def sums_agree(sample: Sample) -> Iterator[str]:
    """Compare budget, ledger, small grants and the sums in texts."""
    budget, spent, held = defaultdict[str, Any](int), defaultdict[str, Any](int), defaultdict[str, Any](int)
    for line in sample.book["预算"]:
        budget[line["科目"]] += line["金额"]
        if line["单价"] * line["数量"] != line["金额"]:
            yield f"预算 {line['内容']}"
    for entry in sample.book["支出"]:
        spent[entry["科目"]] += entry["支出"] or 0
        held[entry["活动编号"]] += entry["支出"] or 0
    yield from (f"{each}: {spent[each]} of {budget[each]}" for each in spent if spent[each] > budget[each])
    for each in sample.book["活动"]:
        planned = [int(said) for said in re.findall(r"(\d+)元", each["物资与预算"] or "")]
        if planned and sum(planned) != held[each["活动编号"]]:
            yield f"{each['活动编号']}: {planned}, spent {held[each['活动编号']]}"
    for grant in sample.book["小微项目"]:
        paid = [each["支出"] for each in sample.book["支出"] if f"“{grant['名称']}”" in each["摘要"]]
        if sum(paid) != grant["金额"]:
            yield f"{grant['名称']}: {paid}, not {grant['金额']}"
    _, agreement = sample.paper("项目协议")
    parts = [number(said) for said in re.findall(r"第[一二]期([\d,]+)元", agreement.replace("\n", ""))]
    received = [entry["收入"] for entry in sample.book["支出"] if entry["收入"]]
    if parts and parts != received:
        yield f"agreed {parts}, received {received}"
    _, audit = sample.paper("专项资金审计报告")
    for subject, *sums in re.findall(r"(项目活动费|项目管理费|审计费|其他) ([\d,.]+) ([\d,.]+) ([\d,.]+)", audit):
        if [number(each) for each in sums] != [budget[subject], spent[subject], budget[subject] - spent[subject]]:
            yield f"audit: {subject} {sums}"


def sums_up_to_a_day_are_those_of_the_ledger(sample: Sample) -> Iterator[str]:
    """Compare 截至…日…支出…元，余额…元 with the ledger up to that day."""
    pattern = r"截至((?:\d{4}年)?\d+月\d+日)[^。]*?支出(?:合计)?([\d,.]+)元，余额([\d,.]+)元"
    for text in sample.texts():
        for until, out, left in re.findall(pattern, text):
            [end] = days_in(until, sample.basics["年度"])
            entries = [each for each in sample.book["支出"] if day(each["日期"]) <= end]
            spent = sum(Decimal(str(each["支出"] or 0)) for each in entries)
            rest = sum(each["收入"] or 0 for each in entries) - spent
            if [number(out), number(left)] != [spent, rest]:
                yield f"{until}: {out}, {left}, not {spent}, {rest}"


def pages_bear_their_own_date(sample: Sample) -> Iterator[str]:
    """Check that the last date of a paper is its own, that none is later, and that its number is printed."""
    for row in sample.book["附件"]:
        pages = sample.pages[row["文件"]]
        dates = [each for page in pages for line in page for each in days_in(line, 0)]
        if not dates or dates[-1] != day(row["日期"]) or max(dates) > day(row["日期"]):
            yield f"{row['文件']}: {dates}, not {row['日期']}"
        yield from (f"{row['文件']}: {line}" for page in pages for line in page if re.fullmatch(r"\d{4}年\d+月", line))
        if row.get("文号") and not any(row["文号"] in line for page in pages for line in page):
            yield f"{row['文件']}: {row['文号']}"


def lines_of_scans_begin_and_end_as_printed_ones(sample: Sample) -> Iterator[str]:
    """Check that each scanned page has a text, no line begins with a closing mark or ends with an opening one."""
    for name, pages in sample.pages.items():
        for place, page in enumerate(pages, 1):
            if not page:
                yield f"{name}, page {place}: no text"
            yield from (f"{name}: {line}" for line in page if line[0] in CLOSING_MARKS or line[-1] in OPENING_MARKS)


def certificate_is_of_the_organisation(sample: Sample) -> Iterator[str]:
    """Compare the certificate of registration with 基本信息."""
    row, words = sample.paper("登记证书")
    for name in ("承接单位", "统一社会信用代码", "法定代表人", "单位地址") if row else ():
        if sample.basics[name] not in words:
            yield name
    founded = sample.basics.get("成立时间")
    if founded and f"成立日期：{founded.year}年{founded.month}月{founded.day}日" not in words:
        yield f"成立时间 {founded}"


def sign_in_sheets_are_of_their_activity(sample: Sample) -> Iterator[str]:
    """Compare names, units, day and place of a sign-in sheet with the roster and the activity."""
    activities = {each["活动编号"]: each for each in sample.book["活动"]}
    units = {each["姓名或名称"]: each["所属单位"] for each in sample.book["名册"]}
    for row in sample.book["附件"]:
        if row["类型"] != "签到表":
            continue
        lines, held = sample.pages[row["文件"]][0], activities[row["活动编号"]]
        signed = [found.groups() for line in lines if (found := re.fullmatch(r"\d+ (\S+) (\S+) （已签）", line))]
        if len(signed) != held["参与人数"] or any(units.get(name) != unit for name, unit in signed):
            yield f"{row['文件']}: {signed}"
        if held["地点"] not in "".join(lines) or row["日期"] != held["开始日期"]:
            yield f"{row['文件']}: day or place"


def survey_counts_its_answers(sample: Sample) -> Iterator[str]:
    """Recompute the rates and the total of the survey."""
    lines = sample.pages.get("满意度调查汇总.pdf", [[]])[0]
    found = [re.fullmatch(r"(\S+) (\d+) (\d+) (\d+) ([\d.]+)%", line) for line in lines]
    rows = [(each[1], [int(count) for count in each.groups()[1:4]], Decimal(each[5])) for each in found if each]
    for name, (_, returned, content), rate in rows:
        if round(Decimal(100 * content) / returned, 1) != rate:
            yield f"{name}: {content} of {returned} is not {rate}%"
    sums = [sum(column) for column in zip(*(counts for _, counts, _ in rows[:-1]), strict=True)]
    if lines and (not rows or sums != rows[-1][1]):
        yield f"total: {sums}"


def id_numbers_fit(sample: Sample) -> Iterator[str]:
    """Check the last digit of identity numbers (GB 11643) and that the 17th tells the sex."""
    for each in sample.book["名册"]:
        if code := each["证件号码"]:
            total = sum(int(digit) * 2 ** (17 - place) for place, digit in enumerate(code[:17]))
            if code[17] != "10X98765432"[total % 11] or int(code[16]) % 2 != (each["性别"] == "男"):
                yield f"{each['姓名或名称']}: {code} {each['性别']}"


def photos_are_taken_during_the_activity(sample: Sample) -> Iterator[str]:
    """Check that the times of photos are within the activity's days, and in the order of their names."""
    for each in sample.book["活动"]:
        taken = []
        for path in sorted((sample.folder / "照片" / each["活动编号"]).glob("*.jpg")):
            with Image.open(path) as image:
                moment = image.getexif().get_ifd(0x8769)[0x9003]
            taken.append(dt.datetime.strptime(moment, "%Y:%m:%d %H:%M:%S"))
        if taken != sorted(taken) or any(not day(each["开始日期"]) <= at.date() <= last_day(each) for at in taken):
            yield f"{each['活动编号']}: {taken}"


def notes_name_files_that_exist(sample: Sample) -> Iterator[str]:
    """Check that every row of 照片说明 has its file."""
    for each in sample.book.get("照片说明", []):
        if not any((sample.folder / kind / each["活动编号"] / each["文件"]).is_file() for kind in ("照片", "视频")):
            yield f"{each['活动编号']}/{each['文件']}"


CHECKS: tuple[Callable[[Sample], Iterator[str]], ...] = (
    one_number_for_one_noun,
    numbers_in_texts_are_those_of_the_tables,
    headcounts_of_activities_agree,
    briefs_tell_day_and_place,
    days_are_in_order,
    closing_comes_last,
    texts_do_not_know_the_future,
    quarters_count_their_activities,
    sums_agree,
    sums_up_to_a_day_are_those_of_the_ledger,
    pages_bear_their_own_date,
    lines_of_scans_begin_and_end_as_printed_ones,
    certificate_is_of_the_organisation,
    sign_in_sheets_are_of_their_activity,
    survey_counts_its_answers,
    id_numbers_fit,
    photos_are_taken_during_the_activity,
    notes_name_files_that_exist,
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("number", [1, 2, 3])
def test_samples_do_not_contradict_themselves(number: int, check: Callable[[Sample], Iterator[str]]) -> None:
    assert list(check(read(number))) == []


def test_first_sample_fills_every_kind_of_fact_that_is_checked() -> None:
    """Guard against checks that find nothing because the words that they look for are gone."""
    sample = read(1)
    words = "\n".join(sample.texts())
    assert [noun for noun, pattern in NAMED_ONCE.items() if len(re.findall(pattern, words)) < 1] == []
    assert [pattern for pattern in COUNTED if not re.search(pattern, words)] == []
    assert {each["类型"] for each in sample.book["附件"]} >= {"登记证书", "项目协议", "签到表", *SAID_DONE}
    assert len(sample.pages) == 7 and len(sample.book["团队"]) == 6 and len(sample.book["照片说明"]) > 20
    assert re.search(r"截至\d+月\d+日", words)


def test_third_sample_is_an_old_workbook_without_new_columns() -> None:
    book = read(3).book
    assert not {"团队", "照片说明"} & set(book)
    assert "邮箱" not in book["基本信息"][0] and "受益人数" not in book["结项"][0]
