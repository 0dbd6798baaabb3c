"""Verdicts on every clause: satisfied, missing, not due yet, or left to a person."""

import datetime as dt
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from docx import Document

from paperwork.checks.requirements import verdicts
from paperwork.checks.requirements.evidence import Lack
from paperwork.checks.requirements.verdicts import JudgedClause, Verdict
from paperwork.project import input_folder, workbook
from paperwork.project.model import Project
from tests import make

DAY = dt.date
SAMPLES = input_folder.scan_inputs(make.ROOT / "inputs")


def read_project(inputs: Path) -> Project:
    """Read project 1."""
    made, faults = workbook.read_project(input_folder.scan_inputs(inputs), 1, make.FUNDER)
    assert made is not None, faults
    return made


def answers(inputs: Path, as_of: dt.date = make.LATER) -> list[JudgedClause]:
    """Return the answers to the clauses of project 1."""
    return verdicts.judge_clauses(read_project(inputs), as_of)


def by_kind(answered: list[JudgedClause]) -> dict[str, Verdict]:
    """Return the verdict of each obligation by its kind; that of a target by its wording."""
    return {
        each.obligation.words if each.obligation.kind == "目标" else each.obligation.kind: each.verdict
        for answer in answered
        for each in answer.judged
    }


def unmet(answered: list[JudgedClause]) -> set[str]:
    """Return the kinds of obligations that are not satisfied."""
    return {kind for kind, verdict in by_kind(answered).items() if not verdict.is_met}


def list_gaps(answered: list[JudgedClause]) -> list[Lack]:
    """Return what the clauses lack now, each thing once."""
    lacks = (lack for answer in answered for judged in answer.judged for lack in judged.lacks if not lack.is_doubtful)
    return list({(lack.where, lack.wrong): lack for lack in lacks}.values())


# ---- the sample projects


def sample_gaps(number: int) -> list[str]:
    """Return the gaps of a sample project."""
    made, _ = workbook.read_project(SAMPLES, number, make.FUNDER)
    assert made is not None
    return [fault.wrong for fault in list_gaps(verdicts.judge_clauses(made, make.LATER))]


def test_first_sample_satisfies_every_clause() -> None:
    made, _ = workbook.read_project(SAMPLES, 1, make.FUNDER)
    assert made is not None
    answered = verdicts.judge_clauses(made, make.LATER)
    assert [answer.clause.source for answer in answered] == ["项目目标", "项目内容", *["相关要求"] * 6, "通用要求"]
    assert {judged.verdict for answer in answered for judged in answer.judged} == {Verdict.MET, Verdict.CONFIRMED}
    assert all(judged.evidence for answer in answered for judged in answer.judged)


CONFIRM = "还没有人工确认"
CLOSING = "结项报告还没有写完：项目概述、实施情况、主要成效、经验做法、存在问题、改进建议、可持续计划、结项日期"
HM = (
    "HM-01（“红梅花开•和美之家”试点启动会）",
    "HM-02（婚姻家庭纠纷调解员培训（第一期））",
    "HM-03（反家暴法宣传进社区）",
    "HM-04（重点人群台账与关爱帮扶工作推进会）",
    "HM-05（婚姻家庭纠纷调解员培训（第二期））",
)
"""Activities of the second sample."""
GAPS = {
    2: [
        "目标“开展调解员培训3期”完成 2期，目标是 3期",
        "目标“开展宣传教育4场”完成 1场，目标是 4场",
        "第1条“执行经验”" + CONFIRM,
        "第1条“资源和理念”" + CONFIRM,
        "第1条“以市妇联名义”" + CONFIRM,
        "第1条“成果归属”" + CONFIRM,
        "第2条“设计能力”" + CONFIRM,
        "第2条“活动创新、主题突出”" + CONFIRM,
        "缺2022年第三季度权宣部的督导记录",
        "缺2022年第四季度权宣部的督导记录",
        *(f"活动 {name}没有报送方案的记录" for name in HM),
        "缺2022年第三季度的进展报告",
        "缺2022年第四季度的进展报告",
        f"活动 {HM[2]}有 0 张照片，至少要 2 张",
        f"活动 {HM[3]}没有小视频",
        "“检查人”没有填",
        "缺第三方绩效评估报告",
        "缺专项资金审计报告",
        CLOSING,
    ],
    3: [
        "目标“选定12支代表队”完成 0支，目标是 12支",
        "目标“举办比赛6场”完成 0场，目标是 6场",
        "目标“辩手42名”完成 0名，目标是 42名",
        "第1条“执行经验”" + CONFIRM,
        "第1条“资源和理念”" + CONFIRM,
        "第1条“以市妇联名义”" + CONFIRM,
        "第1条“成果归属”" + CONFIRM,
        "第1条“巾帼志愿者服装或标志”" + CONFIRM,
        "缺2022年第二季度家儿部的督导记录",
        "缺2022年第三季度家儿部的督导记录",
        "缺2022年第四季度家儿部的督导记录",
        "第3条“活动创新、主题突出”" + CONFIRM,
        "还没有活动记录",
        "没有信息报送记录",
        "缺2022年第二季度的进展报告",
        "缺2022年第三季度的进展报告",
        "缺2022年第四季度的进展报告",
        "缺第三方绩效评估报告",
        "缺专项资金审计报告",
        "缺书面成果报告",
        "没有项目专账",
        "“立卷人”没有填",
        "“检查人”没有填",
        CLOSING,
    ],
}


@pytest.mark.parametrize("number", GAPS)
def test_gaps_of_the_other_samples(number: int) -> None:
    assert sorted(sample_gaps(number)) == sorted(GAPS[number])


def headings(number: int) -> list[tuple[str, str]]:
    """Return the name and the heading of each clause of a sample project."""
    made, _ = workbook.read_project(SAMPLES, number, make.FUNDER)
    assert made is not None
    return [(answer.name, answer.shown_verdict) for answer in verdicts.judge_clauses(made, make.LATER)]


HEADINGS = {
    1: ["部分未核对", "部分未核对", "人工确认", "已满足", "人工确认", "已满足", "已满足", "已满足", "已满足"],
    2: [
        "部分未核对",
        "未核对",
        "未满足",
        "待确认",
        "待确认",
        "未满足",
        "未满足",
        "未满足",
        "未满足",
        "已满足",
        "已满足",
    ],
    3: ["未核对", "未满足", "待确认", "未满足", "待确认", "未满足", "已满足", "未满足", "未满足"],
}


@pytest.mark.parametrize("number", HEADINGS)
def test_no_heading_claims_more_than_was_judged(number: int) -> None:
    found = headings(number)
    assert [verdict for _, verdict in found] == HEADINGS[number]
    assert [name for name, _ in found][:2] == ["项目目标", "项目内容"]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_every_word_of_goals_and_content_is_judged_or_shown_as_not_judged(number: int) -> None:
    made, _ = workbook.read_project(SAMPLES, number, make.FUNDER)
    assert made is not None
    for answer in verdicts.judge_clauses(made, make.LATER)[:2]:
        assert answer.clause.text == getattr(made.catalogue, "goals" if answer.name == "项目目标" else "content")
        left = answer.clause.text
        rows = [each.obligation.words for each in answer.judged] + [each.text for each in answer.unjudged]
        for words in sorted(rows, key=len, reverse=True):
            left = left.replace(words, "")
        assert not re.sub(r"[\s，。；、（）()\d.]", "", left)


def test_a_target_that_another_text_states_too_is_shown_with_the_place_where_it_is_judged() -> None:
    made, _ = workbook.read_project(SAMPLES, 1, make.FUNDER)
    assert made is not None
    content = verdicts.judge_clauses(made, make.LATER)[1]
    assert [(each.text, each.verdict) for each in content.elsewhere][2] == ("儿童社会工作培训6课时", "见上栏")
    assert all(each.reason for each in content.unjudged)


# ---- one piece of evidence removed


def delete(*parts: str) -> Callable[[Path], None]:
    """Return a function that deletes a file or folder beside the workbook."""

    def do(inputs: Path) -> None:
        path = inputs.joinpath("项目1", *parts)
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    return do


def keep_files(_: Path) -> None:
    """Leave the files as they are."""


HOURS, PARTNERS = "开展市内妇儿社会工作专题15课时", "培育幸福使者平台5支新伙伴社会组织"
# Changed cells, deleted files, the obligations that fail without them, and the start of the message.
DELETIONS: list[tuple[dict[str, Any], Callable[[Path], None], set[str], str]] = [
    ({"活动": [{"简报正文": ""}]}, keep_files, {"每次活动简报"}, "活动 HD-01（第1次培训）没有简报（简报正文空着）"),
    ({"活动": [{}, {"活动流程": ""}]}, keep_files, {"每次活动方案"}, "活动 HD-02（第2次培训）没有方案（活动流程空着）"),
    ({}, delete("照片", "HD-02"), {"每次活动照片"}, "活动 HD-02（第2次培训）有 0 张照片，至少要 2 张"),
    ({}, delete("照片", "HD-02", "01 现场.jpg"), {"每次活动照片"}, "活动 HD-02（第2次培训）有 1 张照片，至少要 2 张"),
    ({}, delete("视频", "HD-01"), {"每次活动小视频"}, "活动 HD-01（第1次培训）没有小视频"),
    ({"督导": [{"督导日期": DAY(2022, 7, 2)}]}, keep_files, {"督导"}, "缺2022年第二季度组联部的督导记录"),
    ({"督导": [{"督导部室": "权宣部"}]}, keep_files, {"督导"}, "缺2022年第二季度组联部的督导记录（只有权宣部的）"),
    ({"进展": [{"期次": "2022年第一季度"}]}, keep_files, {"进展报送"}, "缺2022年第二季度的进展报告"),
    ({"信息报送": None}, keep_files, {"信息报送"}, "没有信息报送记录"),
    ({}, delete("附件", "评估.pdf"), {"第三方绩效评估报告"}, "缺第三方绩效评估报告：文件夹“附件”里没有“评估.pdf”"),
    ({"附件": [{}, {"类型": "其他"}]}, keep_files, {"专项资金审计报告", "资金规范使用"}, "缺专项资金审计报告"),
    ({"结项": {"主要成效": ""}}, keep_files, {"项目结项报告"}, "结项报告还没有写完：主要成效"),
    ({"申报内容": {"创新点": ""}}, keep_files, {"按申报书和预算执行"}, "项目申报书还没有写完：创新点"),
    ({"支出": None}, keep_files, {"项目专账", "资金规范使用", "按申报书和预算执行"}, "没有项目专账"),
    ({"预算": None}, keep_files, {"按申报书和预算执行", "项目费用"}, "没有预算"),
    ({"预算": [{"单价": 60000, "金额": 60000}]}, keep_files, {"项目费用"}, "预算合计 90,000.00 元"),
    ({"支出": [{}, {"支出": 100001}]}, keep_files, {"项目费用", "按申报书和预算执行"}, "支出合计 100,001.00 元，超过"),
    ({"基本信息": {"幸福使者平台成员": "否"}}, keep_files, {"幸福使者平台"}, "“幸福使者平台成员”填的是“否”"),
    ({"基本信息": {"建立妇女组织": ""}}, keep_files, {"妇女组织"}, "“建立妇女组织”没有填"),
    ({"基本信息": {"全职社工人数": 1}}, keep_files, {"全职社工"}, "全职社工人数是 1 人，要求 2 人以上"),
    ({"基本信息": {"同类项目经验": ""}}, keep_files, {"执行经验"}, "同类项目经验没有写"),
    ({"基本信息": {"检查人": ""}}, keep_files, {"管理档案"}, "“检查人”没有填"),
    ({"确认": [{"结论": "不满足"}]}, keep_files, {"执行经验"}, "第1条“执行经验”经人工"),
    ({"绩效目标": [{"目标值": 14}]}, keep_files, {HOURS}, "“开展妇儿社会工作专题培训15课时”的目标值是 14"),
    ({"名册": [{"类别": "别的"}]}, keep_files, {PARTNERS}, "目标“培育新伙伴社会组织5支”完成 4支"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "remove", "kinds", "words"), DELETIONS, ids=[case[3] for case in DELETIONS])
def test_missing_evidence_fails_exactly_the_obligations_that_need_it(
    changes: dict[str, Any], remove: Callable[[Path], None], kinds: set[str], words: str, tmp_path: Path
) -> None:
    inputs = make.make(tmp_path, **changes)
    remove(inputs)
    answered = answers(inputs)
    assert unmet(answered) == kinds
    assert {by_kind(answered)[kind] for kind in kinds} == {Verdict.UNMET}
    assert [fault.wrong for fault in list_gaps(answered) if fault.wrong.startswith(words)]


def test_good_project_has_no_gaps(tmp_path: Path) -> None:
    answered = answers(make.make(tmp_path))
    assert unmet(answered) == set()
    assert list_gaps(answered) == []


def test_gap_names_the_place_to_correct(tmp_path: Path) -> None:
    inputs = make.make(tmp_path, 支出=[{}, {"支出": 100001}], 附件=[{}, {"文件": "没有.pdf"}], 督导=None)
    places = {(fault.where.sheet, fault.where.cell) for fault in list_gaps(answers(inputs))}
    assert places == {("支出", "F3"), ("附件", "C3"), ("督导", "")}


# ---- judged as of a date


def half_done(folder: Path) -> Path:
    """Write the project as of mid-July: two activities finished, one quarter reported."""
    inputs = make.make(folder, 附件=None, 结项=dict.fromkeys(make.GOOD["结项"]), 名册=None, 确认=None)
    return inputs


def test_obligation_not_yet_due_is_not_missing(tmp_path: Path) -> None:
    inputs = half_done(tmp_path)
    found = by_kind(answers(inputs, DAY(2022, 7, 15)))
    for kind in ("第三方绩效评估报告", "专项资金审计报告", "项目结项报告", "培育幸福使者平台5支新伙伴社会组织"):
        assert found[kind] is Verdict.LATER
    assert found["活动创新、主题突出"] is Verdict.LATER  # judged after the end of the project
    assert found["执行经验"] is Verdict.PERSON  # judged from the start
    later = by_kind(answers(inputs, DAY(2023, 1, 1)))
    assert later["专项资金审计报告"] is Verdict.UNMET
    assert later["活动创新、主题突出"] is Verdict.PERSON


@pytest.mark.parametrize(
    ("as_of", "missing"),
    [
        (DAY(2022, 6, 30), []),
        (DAY(2022, 7, 1), ["二"]),
        (DAY(2022, 10, 1), ["二", "三"]),
        (make.LATER, ["二", "三", "四"]),
    ],
)
def test_record_of_an_unfinished_quarter_is_not_missing(as_of: dt.date, missing: list[str], tmp_path: Path) -> None:
    found = list_gaps(answers(make.make(tmp_path, 督导=None), as_of))
    assert [fault.wrong for fault in found] == [f"缺2022年第{word}季度组联部的督导记录" for word in missing]


def test_brief_is_due_15_days_after_the_activity(tmp_path: Path) -> None:
    inputs = make.make(tmp_path, 活动=[{"简报正文": ""}])  # held on 6 May; the brief is due 15 days later
    assert by_kind(answers(inputs, DAY(2022, 5, 21)))["每次活动简报"] is Verdict.LATER
    assert by_kind(answers(inputs, DAY(2022, 5, 22)))["每次活动简报"] is Verdict.UNMET


def test_settled_date_stays_the_same_once_everything_is_due(tmp_path: Path) -> None:
    made = read_project(make.make(tmp_path, 督导=None))
    assert verdicts.settled_day(made, DAY(2022, 7, 1)) == DAY(2022, 7, 1)
    assert verdicts.settled_day(made, DAY(2026, 1, 1)) == verdicts.settled_day(made, DAY(2030, 5, 5)) == DAY(2023, 1, 1)


# ---- questions for a person


def test_question_for_a_person_never_passes_unanswered(tmp_path: Path) -> None:
    answered = answers(make.make(tmp_path, 确认=None))
    assert unmet(answered) == {"执行经验", "活动创新、主题突出"}
    assert {by_kind(answered)[kind] for kind in unmet(answered)} == {Verdict.PERSON}
    assert [fault.where.sheet for fault in list_gaps(answered)] == ["确认", "确认"]


def answers_to(requirements: str, folder: Path, **changes: Any) -> list[JudgedClause]:
    """Return the answers for project 1 under other requirements."""
    inputs = make.make(folder, **changes)
    path = inputs / "项目发布目录.docx"
    document = Document(str(path))
    cell = document.tables[0].rows[1].cells[9]
    for paragraph in cell.paragraphs[1:]:
        paragraph._p.getparent().remove(paragraph._p)
    cell.paragraphs[0].text = requirements
    document.save(str(path))
    return [answer for answer in answers(inputs) if answer.clause.source == "相关要求"]


def confirmation(clause: int, matter: str, verdict: str = "满足") -> dict[str, Any]:
    """Return a row of the sheet 确认."""
    return {"条款": clause, "事项": matter, "结论": verdict, "确认人": "丁试验", "日期": DAY(2022, 12, 20)}


def test_each_question_of_a_clause_needs_its_own_confirmation(tmp_path: Path) -> None:
    text = "1.活动以市妇联名义开展，成果归市妇联所有。\n2.严格执行财务制度。"
    [first, second] = answers_to(
        text, tmp_path, 确认=[confirmation(1, "成果归市妇联所有"), confirmation(2, "财务制度")]
    )
    assert [(each.obligation.kind, each.verdict) for each in first.judged] == [
        ("以市妇联名义", Verdict.PERSON),
        ("成果归属", Verdict.CONFIRMED),
    ]
    assert second.verdict is Verdict.CONFIRMED


def test_unrecognised_clause_is_left_to_a_person(tmp_path: Path) -> None:
    [first, second] = answers_to("1.建立项目专账。\n2.主动接受社会监督。", tmp_path, 确认=None)
    assert first.verdict is Verdict.MET
    assert [(each.obligation.kind, each.verdict) for each in second.judged] == [("未识别的要求", Verdict.PERSON)]


@pytest.mark.parametrize(
    ("text", "kind", "verdict"),
    [
        ("1.市妇联组联部每月督导一次。", "督导", Verdict.UNMET),
        ("1.市妇联组联部每半年督导一次。", "督导", Verdict.MET),
        ("1.建立督导机制。", "督导", Verdict.MET),
        ("1.市妇联发展部每季度督导。", "督导", Verdict.UNMET),
        ("1.有全职社工3人以上。", "全职社工", Verdict.MET),
        ("1.有全职社工四人以上。", "全职社工", Verdict.UNMET),
        ("1.项目经费12万元包干。", "项目费用", Verdict.UNMET),
        ("1.每次活动要有签到表。", "每次活动签到表", Verdict.UNMET),
        ("1.每次活动形成照片（不少于3张）。", "每次活动照片", Verdict.UNMET),
        ("1.报送信息不少于1篇。", "信息报送", Verdict.MET),
        ("1.报送信息不少于4篇。", "信息报送", Verdict.UNMET),
        ("1.每月报送项目进展。", "进展报送", Verdict.UNMET),
        ("1.提交满意度调查报告。", "其他材料", Verdict.UNMET),
        ("1.提交绩效自评表和专项审计报告。", "专项资金审计报告", Verdict.MET),
        ("1.应为依法登记的社会组织。", "依法登记", Verdict.UNMET),
    ],
)
def test_requirements_of_other_catalogues(text: str, kind: str, verdict: Verdict, tmp_path: Path) -> None:
    assert by_kind(answers_to(text, tmp_path))[kind] is verdict


def test_required_document_is_found_by_its_title(tmp_path: Path) -> None:
    paper = {"类型": "其他", "题名": "服务对象满意度调查报告", "文件": "评估.pdf"}
    [answer] = answers_to("1.提交满意度调查报告一份。", tmp_path, 附件=[{}, {}, paper])
    assert answer.verdict is Verdict.MET


def test_gap_in_two_clauses_is_reported_once(tmp_path: Path) -> None:
    answered = answers_to("1.建立项目专账。\n2.资金专款专用，接受审计。", tmp_path, 支出=None)
    assert [answer.verdict for answer in answered] == [Verdict.UNMET, Verdict.UNMET]
    found = list_gaps(answered)
    assert [fault.wrong for fault in found] == ["没有项目专账"]
