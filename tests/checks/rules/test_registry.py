"""Validation rules, each with a case that breaks it."""

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from docx import Document

from paperwork.checks.rules import registry
from paperwork.core.faults import Fault, Level
from paperwork.project import input_folder, workbook
from tests import make, word_files

DAY = dt.date
CATALOGUE_FAULT = "项目目标是“开展市内妇儿社会工作专题15课时”，项目内容写的是6课时＋6课时"
"""Fault of the published catalogue itself in project 1, which no workbook can correct."""
MICRO = {
    **{"编号": "XW-1", "名称": "工坊", "承接组织": "示例社", "金额": 8000},
    **{"开始日期": DAY(2022, 5, 1), "结束日期": DAY(2022, 9, 1)},
}


def nothing(_: Path) -> None:
    """Leave the files as they are."""


def beside(*parts: str) -> Callable[[Path], Path]:
    """Return a function that returns a path beside the workbook."""
    return lambda inputs: inputs.joinpath("项目1", *parts)


def delete(*parts: str) -> Callable[[Path], None]:
    """Return a function that deletes a file beside the workbook."""
    return lambda inputs: beside(*parts)(inputs).unlink()


def copy(source: tuple[str, ...], target: tuple[str, ...]) -> Callable[[Path], None]:
    """Return a function that copies a file beside the workbook."""

    def do(inputs: Path) -> None:
        beside(*target)(inputs).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(beside(*source)(inputs), beside(*target)(inputs))

    return do


def many_photos(inputs: Path) -> None:
    """Write so many photos of an activity that one is not bound."""
    for number in range(3, 26):
        make.photo(beside("照片", "HD-02", f"{number:02}.jpg")(inputs), (number * 9, 9, 99))


def set_photo_date(day: str) -> Callable[[Path], None]:
    """Return a function that sets the date on which a photo was taken."""

    def do(inputs: Path) -> None:
        from PIL import Image

        exif = Image.Exif()
        exif.get_ifd(0x8769)[0x9003] = day
        Image.new("RGB", (400, 300), (9, 9, 9)).save(beside("照片", "HD-01", "01 现场.jpg")(inputs), exif=exif)

    return do


def edit_catalogue(old: str, new: str) -> Callable[[Path], None]:
    """Return a function that replaces text in the published catalogue."""

    def do(inputs: Path) -> None:
        path = inputs / "项目发布目录.docx"
        document = Document(str(path))
        for cell in (cell for row in document.tables[0].rows for cell in row.cells):
            for paragraph in cell.paragraphs:
                if old in paragraph.text:
                    paragraph.text = paragraph.text.replace(old, new)
        document.save(str(path))

    return do


def track(inputs: Path) -> None:
    """Write an attachment with a tracked change."""
    inserted = f"<w:ins {word_files.BY}>{word_files.run('甲')}</w:ins>"
    word_files.write_word(beside("附件", "协议.docx")(inputs), word_files.paragraph(inserted))


SHORT = {"结束日期": DAY(2022, 6, 1)}
LATE = {"标题": "第1次培训顺利举行", "报送日期": DAY(2022, 6, 30)}
SIGNED = {"类型": "签到表", "题名": "签到", "文件": "评估.pdf", "活动编号": "HD-01", "人数": "18"}
PLANNED_LATE = {"活动": [{"方案日期": DAY(2022, 5, 7)}]}
ISSUED_EARLY = {"活动": [{"简报签发日期": DAY(2022, 5, 5)}]}
SHOT_NOTE = {"文件": "01 现场", "活动编号": "HD-01", "说明": "开班"}
TRACKED = {"类型": "项目协议", "题名": "协议", "文件": "协议.docx"}
SAVED_AGAIN = ("照片", "HD-02", "09 另存.jpg")
MONTHS = edit_catalogue("2022年4月-12月", "8个月（2022年4月-12月）")
AMOUNT = edit_catalogue("该项目费用10万元，为包干", "该项目费用12万元，为包干")
DEPARTMENT = edit_catalogue("市妇联组联部每季度", "市妇联发展部每季度")
SHOT, SCAN = ("照片", "HD-01", "01 现场.jpg"), ("附件", "评估.pdf")

# Rule, changes to the workbook, changes to the files, expected message, and the cell it names.
CASES: list[tuple[str, dict[str, Any], Callable[[Path], None], str, str]] = [
    ("names_agree", {"基本信息": {"项目名称": "别的"}}, nothing, "项目名称与目录不一致", "基本信息!B3"),
    ("names_agree", {"基本信息": {"单位类型": "区县妇联"}}, nothing, "承接主体是社会组织", "基本信息!B6"),
    ("codes_are_unique", {"督导": [{"督导编号": "DD-2"}]}, nothing, "督导编号重复了，A2", "督导!A3"),
    ("codes_are_unique", {"活动": [{"简报期号": "2"}]}, nothing, "简报期号重复了", "活动!P3"),
    ("codes_are_unique", {"进展": [{"期次": "2022年3季度"}]}, nothing, "期次重复了", "进展!A3"),
    ("references_exist", {"支出": [{}, {"活动编号": "HD-09"}]}, nothing, "没有这个活动编号", "支出!H3"),
    ("scopes_exist", {"绩效目标": [{"统计口径": "讲座"}]}, nothing, "没有一行是这个类别", "绩效目标!F2"),
    ("goal_numbers_agree", {"绩效目标": [{"目标值": 14}]}, nothing, "写的是 15课时", "绩效目标!C2"),
    ("nothing_ends_before_it_begins", {"活动": [{"结束日期": DAY(2022, 5, 1)}]}, nothing, "早于开始", "活动!F2"),
    ("nothing_ends_before_it_begins", {"督导": [{"整改期限": DAY(2022, 6, 1)}]}, nothing, "早于督导", "督导!K2"),
    ("dates_lie_in_the_period", {"活动": [{"开始日期": DAY(2023, 5, 6)}]}, nothing, "不在实施周期内", "活动!E2"),
    ("dates_lie_in_the_period", {"支出": [{"日期": DAY(2022, 2, 1)}]}, nothing, "不在实施周期内", "支出!A2"),
    ("stages_follow_each_other", {"结项": {"结项日期": DAY(2022, 6, 1)}}, nothing, "早于最后一次活动", "结项!B9"),
    ("volume_is_closed_after_its_papers", {"附件": [{"日期": DAY(2023, 1, 2)}]}, nothing, "表 E2", "基本信息!B25"),
    ("reports_are_on_time", {"进展": [{"报送日期": DAY(2022, 7, 30)}]}, nothing, "过了期限", "进展!B2"),
    ("reports_are_on_time", {"进展": [{"报送日期": DAY(2022, 3, 30)}]}, nothing, "早于这个季度", "进展!B2"),
    ("briefs_are_on_time", {"信息报送": [LATE]}, nothing, "15 天以后", "信息报送!A2"),
    ("plans_and_briefs_are_dated_in_order", PLANNED_LATE, nothing, "晚于开始日期（2022年5月6日）", "活动!T2"),
    ("plans_and_briefs_are_dated_in_order", ISSUED_EARLY, nothing, "早于活动结束的日期", "活动!AB2"),
    ("faults_are_remedied", {"督导": [{"整改期限": DAY(2022, 7, 1)}]}, nothing, "没有写整改情况", "督导!L2"),
    ("price_times_quantity_is_the_amount", {"预算": [{"单价": 60000}]}, nothing, "单价×数量是 60,000.00 元", "预算!F2"),
    ("budget_has_the_subjects_named", {"预算": [{}, {"科目": "其他"}]}, nothing, "没有“项目管理费”", "预算!A2"),
    ("each_entry_has_one_amount", {"支出": [{}, {"收入": 5}]}, nothing, "都填了", "支出!F3"),
    ("each_entry_has_one_amount", {"支出": [{}, {"支出": None}]}, nothing, "都没有填", "支出!F3"),
    ("ledger_is_in_date_order", {"支出": [{"日期": DAY(2022, 5, 9)}]}, nothing, "早于上一行", "支出!A3"),
    ("subjects_are_those_of_the_budget", {"支出": [{}, {"科目": "招待费"}]}, nothing, "预算里没有", "支出!D3"),
    ("no_line_is_overspent", {"支出": [{}, {"支出": 70001}]}, nothing, "超过预算 70,000.00 元", "支出!F3"),
    ("balance_is_never_negative", {"支出": [{"收入": 60000}]}, nothing, "余额是 -5,000.00 元", "支出!F3"),
    ("small_grants_are_as_published", {"小微项目": [{**MICRO, "金额": 12000}]}, nothing, "5000-10000元", "小微项目!D2"),
    ("small_grants_are_as_published", {"小微项目": [{**MICRO, **SHORT}]}, nothing, "3-6个月", "小微项目!F2"),
    ("participant_counts_agree", {"活动": [{"简报正文": "共22人参加。"}]}, nothing, "写的是 22 人", "活动!H2"),
    ("participant_counts_agree", {"活动": [{"服务对象": "培育组织"}]}, nothing, "名册上只有 5 人", "活动!H2"),
    ("participant_counts_agree", {"附件": [{}, {}, SIGNED]}, nothing, "签到表登记的是 18 人", "活动!H2"),
    ("amounts_agree", {"结项": {"项目概述": "项目经费12万元。"}}, nothing, "与目录的项目金额", "结项!B2"),
    ("roster_is_unique", {"名册": [{}, {"证件号码": "510399199001010016"}]}, nothing, "与第 2 行是同", "名册!B3"),
    ("confirmations_name_a_clause", {"确认": [{"条款": 9}]}, nothing, "没有这一条", "确认!A2"),
    ("folders_belong_to_activities", {}, copy(SHOT, ("照片", "HD-9", "1.jpg")), "没有这个编号的活动", "照片/HD-9"),
    ("folders_belong_to_activities", {}, copy(SCAN, ("附件", "多余.pdf")), "没有登记", "附件/多余.pdf"),
    ("folders_belong_to_activities", {}, delete("附件", "审计.pdf"), "没有“审计.pdf”", "附件!C3"),
    ("all_photos_are_printed", {}, many_photos, "HD-02 有 25 张", "项目1/照片"),
    ("photo_notes_name_a_file", {"照片说明": [{"文件": "开班.jpg"}]}, nothing, "没有这个文件", "照片说明!A2"),
    ("photo_notes_name_a_file", {"照片说明": [{"文件": "01 现场.jpg"}]}, nothing, "HD-01、HD-02", "照片说明!A2"),
    ("photo_notes_name_a_file", {"照片说明": [SHOT_NOTE, SHOT_NOTE]}, nothing, "写了两行，A2", "照片说明!A3"),
    ("references_exist", {"照片说明": [{**SHOT_NOTE, "活动编号": "HD-9"}]}, nothing, "没有这个活动编号", "照片说明!B2"),
    ("attachments_have_no_open_changes", {"附件": [{}, {}, TRACKED]}, track, "没接受的修订", "附件!C4"),
    ("photos_were_taken_on_the_day", {}, set_photo_date("2022:05:07 10:00:00"), "不在活动的日子里", "活动!E2"),
    ("a_photo_belongs_to_one_activity", {}, copy(SHOT, SAVED_AGAIN), "是同一张", "活动!A3"),
    ("catalogue_is_consistent", {}, MONTHS, "写着8个月，起止月份是 9 个月", "表格1!H2"),
    ("catalogue_is_consistent", {}, AMOUNT, "第5条写的是“该项目费用12万元", "表格1!J2"),
    ("catalogue_is_consistent", {}, DEPARTMENT, "写的是发展部，牵头部室是组联部", "表格1!J2"),
    ("every_character_can_be_printed", {"名册": [{"姓名或名称": "龚\ue863"}]}, nothing, "（U+E863）", "名册!B2"),
    ("every_character_can_be_printed", {}, edit_catalogue("为包干", "为\ue000包干"), "（U+E000）", "表格1!J2"),
    ("every_character_can_be_printed", {}, copy(SHOT, ("照片", "HD-02", "\U000f0001.jpg")), "自造字", "\U000f0001.jpg"),
]  # fmt: skip


def findings(inputs: Path) -> list[tuple[str, Fault]]:
    """Return the faults of project 1, each with its rule, without the fault of the catalogue itself."""
    project, _ = workbook.read_project(input_folder.scan_inputs(inputs), 1, make.FUNDER)
    assert project is not None
    faults = [(rule.__name__, fault) for rule in registry.RULES for fault in rule(project)]
    return [(name, fault) for name, fault in faults if fault.wrong != CATALOGUE_FAULT]


@pytest.mark.parametrize(("name", "changes", "spoil", "words", "place"), CASES, ids=[case[3] for case in CASES])
def test_broken_rule_reports_one_fault_at_its_cell(
    name: str, changes: dict[str, Any], spoil: Callable[[Path], None], words: str, place: str, tmp_path: Path
) -> None:
    inputs = make.make(tmp_path, **changes)
    spoil(inputs)
    found = findings(inputs)
    ours = [fault for rule, fault in found if rule == name]
    assert [words in fault.wrong and str(fault.where).endswith(place) for fault in ours] == [True]
    assert ours[0].mend
    # One other rule may be broken too: a date outside the period, for example, is also out of order.
    assert len(found) <= 2, found


def test_every_rule_is_broken_by_a_case() -> None:
    assert {rule.__name__ for rule in registry.RULES} == {case[0] for case in CASES}


def test_the_good_project_breaks_no_rule(tmp_path: Path) -> None:
    project, faults = workbook.read_project(input_folder.scan_inputs(make.make(tmp_path)), 1, make.FUNDER)
    assert project is not None
    assert faults == []
    assert [fault.wrong for fault in registry.apply_rules(project)] == [CATALOGUE_FAULT]


def test_every_rule_has_a_chinese_docstring() -> None:
    for rule in registry.RULES:
        assert (rule.__doc__ or "").strip().endswith("。")


def test_faults_are_sorted_by_sheet_and_severity_without_duplicates(tmp_path: Path) -> None:
    inputs = make.make(
        tmp_path, 督导=[{"督导编号": "DD-2", "整改期限": DAY(2022, 7, 1)}], 支出=[{}, {"科目": "招待费"}]
    )
    project, _ = workbook.read_project(input_folder.scan_inputs(inputs), 1, make.FUNDER)
    assert project is not None
    found = registry.sort_faults([*registry.apply_rules(project), *registry.apply_rules(project)])
    assert [(fault.where.sheet, fault.level) for fault in found] == [
        ("督导", Level.ERROR),
        ("督导", Level.NOTICE),
        ("支出", Level.NOTICE),
        ("表格1", Level.NOTICE),
    ]


def test_headcount_of_a_sign_in_sheet_may_have_a_measure_word(tmp_path: Path) -> None:
    inputs = make.make(tmp_path, 附件=[{}, {}, {**SIGNED, "人数": "20人"}])
    assert findings(inputs) == []


def test_several_reports_per_quarter_are_valid_if_a_clause_requires_monthly_ones(tmp_path: Path) -> None:
    inputs = make.make(tmp_path, 进展=[{"期次": "2022年3季度"}])
    assert "codes_are_unique" in {name for name, _ in findings(inputs)}
    edit_catalogue("按时向市妇联报送", "每月向市妇联报送")(inputs)
    assert "codes_are_unique" not in {name for name, _ in findings(inputs)}
