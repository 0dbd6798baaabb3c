"""Judges with parameters: kinds of demands that are rows, judged in real projects."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from paperwork.checks.requirements.evidence import Evidence, Lack, Question
from paperwork.checks.requirements.judges import judge_of, kind_of
from paperwork.checks.requirements.kinds import Kind, read_kinds
from paperwork.checks.requirements.obligations import Obligation
from paperwork.checks.requirements.verdicts import Verdict, judge_clauses
from paperwork.project import input_folder, workbook
from paperwork.project.model import Decision, Project
from tests import make

DAY = dt.date
START, END = DAY(2022, 4, 1), DAY(2022, 12, 31)
"""The period of project 1."""
Row = dict[str, Any]


def paper(title: str, date: dt.date | None = None, activity: str = "", file: str = "", kind: str = "其他") -> Row:
    """Return a row of 附件; its file is written unless its name begins with 没有."""
    return {"类型": kind, "题名": title, "文件": file, "日期": date, "活动编号": activity, "责任者": ""}


@lru_cache
def good_project() -> Project:
    """Return the good project, read once."""
    with TemporaryDirectory() as folder:
        inputs = make.write_only(Path(folder))
        project, faults = workbook.read_project(input_folder.scan_inputs(inputs), 1, make.FUNDER)
    assert project is not None, faults
    return project


def read(folder: Path, papers: Sequence[Row] = (), **changes: Any) -> Project:
    """Return the good project in another folder, with these attachments only and with changed rows."""
    rows = [{**each, "文件": each["文件"] or f"{at}.pdf"} for at, each in enumerate(papers)]
    for row in rows:
        if not row["文件"].startswith("没有"):
            make.scan(folder / "附件" / row["文件"], pages=1)
    # Reading a workbook takes a hundred times as long as these rows, and is tested elsewhere.
    sheets = {**{sheet: make.changed(**changes)[sheet] for sheet in changes}, "附件": rows}
    fields = {field.alias: name for name, field in Project.model_fields.items()}
    records = {
        fields[sheet]: tuple(Project.sheets()[sheet].model_validate(row) for row in data)
        for sheet, data in sheets.items()
    }
    return good_project().model_copy(update={**records, "folder": folder})


def judge(project: Project, kind: Kind | str, **facts: Any) -> tuple[int, list[tuple[str, dt.date]], list[dt.date]]:
    """Return what a judge finds: how much evidence, what is missing with its due day, and the due days of questions."""
    kind = KINDS[kind] if isinstance(kind, str) else kind
    number = facts.pop("number", None)
    duty = Obligation(kind.name, facts.pop("words", ""), number=None if number is None else Decimal(number), **facts)
    found = list(judge_of(kind)(project, duty))
    return (
        sum(isinstance(each, Evidence) for each in found),
        [(each.wrong, each.due) for each in found if isinstance(each, Lack)],
        [each.due for each in found if isinstance(each, Question)],
    )


# ---- a paper once

KINDS = read_kinds(make.TEMPLATES, make.FUNDER)
ONCE, PERIOD, EACH = Kind("材料", "材料一次"), Kind("材料", "材料按期"), Kind("材料", "每次活动")
AT_START = Kind("材料", "材料一次", due="开始")
POLICY = "保险单"
PAPERS_ONCE: list[tuple[Kind, Row, list[Row], int, list[tuple[str, dt.date]], int]] = [
    (ONCE, {"name": POLICY}, [paper("意外伤害保险单")], 1, [], 0),
    (ONCE, {"name": POLICY}, [paper("保险合同")], 0, [("缺保险单", END)], 0),
    (ONCE, {"name": POLICY}, [paper("保险单模板")], 0, [("缺保险单", END)], 0),
    (ONCE, {"name": POLICY}, [paper(POLICY, file="没有.pdf")], 0, [("缺保险单：文件夹“附件”里没有“没有.pdf”", END)], 0),
    (ONCE, {"name": POLICY, "number": 2}, [paper(POLICY), paper("第二份保险单")], 2, [], 0),
    (ONCE, {"name": POLICY, "number": 2}, [paper(POLICY, file="同.pdf"), paper("又是保险单", file="同.pdf")], 1,
     [("缺保险单：有 1 份，要求 2 份", END)], 0),
    (AT_START, {"name": "无犯罪记录证明"}, [], 0, [("缺无犯罪记录证明", START)], 0),
    (ONCE, {"name": "无犯罪记录证明"}, [paper("全体志愿者无犯罪记录证明")], 1, [], 0),
    (ONCE, {"name": "中期报告", "due": DAY(2022, 7, 15)}, [], 0, [("缺中期报告", DAY(2022, 7, 15))], 0),
    (ONCE, {"name": "服务计划书", "days": 20, "after": "开始"}, [], 0, [("缺服务计划书", DAY(2022, 4, 21))], 0),
    (ONCE, {"name": "决算表", "days": 15, "after": "结束"}, [], 0, [("缺决算表", DAY(2023, 1, 15))], 0),
    (Kind("年检", "材料一次", thing="年检报告书"), {}, [paper("2021年度年检报告书")], 1, [], 0),
    # A paper of another stage, or only like it in its first words, is another paper.
    (ONCE, {"name": "年度资金使用情况报告"}, [paper("季度资金使用情况报告")], 0, [("缺年度资金使用情况报告", END)], 0),
    (ONCE, {"name": "满意度调查报告"}, [paper("满意度调查问卷")], 0, [("缺满意度调查报告", END)], 0),
    # A file proves a book, a person its copies.
    (ONCE, {"name": "最美家庭故事集", "number": 300, "unit": "本", "words": "汇编《最美家庭故事集》1册，印制300本"},
     [paper("最美家庭故事集")], 1, [], 1),
    (ONCE, {"name": "案例集", "number": 200, "unit": "册"}, [], 0, [("缺案例集", END)], 1),
    # Without a name any attachment would do: a person is asked.
    (ONCE, {}, [paper("什么都行")], 0, [], 1),
    (PERIOD, {"months": 3}, [paper("什么都行", DAY(2022, 5, 1))], 0, [], 1),
    (EACH, {}, [paper("什么都行", activity="HD-01")], 0, [], 1),
    (KINDS["第三方绩效评估报告"], {}, [paper("绩效评估报告")], 0, [("缺第三方绩效评估报告", END)], 0),
    (ONCE, {"name": "评估报告"}, [paper("自评估报告"), paper("自我评估报告")], 0, [("缺评估报告", END)], 0),
    (KINDS["依法登记"], {}, [paper("登记证书", kind="项目协议")], 0, [("缺登记证书", START)], 0),
    (ONCE, {"name": "其他"}, [paper("什么都行")], 0, [("缺其他", END)], 0),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "facts", "papers", "evidence", "lacks", "questions"), PAPERS_ONCE)
def test_paper_once(
    kind: Kind, facts: Row, papers: list[Row], evidence: int, lacks: list[tuple[str, dt.date]], questions: int,
    tmp_path: Path,
) -> None:  # fmt: skip
    count, missing, asked = judge(read(tmp_path, papers), kind, **facts)
    assert (count, missing, len(asked)) == (evidence, lacks, questions)


# ---- a paper each period

Q2, Q3, Q4 = "缺2022年第二季度的财务报表", "缺2022年第三季度的财务报表", "缺2022年第四季度的财务报表"
QUARTERLY = {"name": "财务报表", "months": 3}
STAGES = {"name": "自评报告", "number": 2, "words": "中期、末期各提交自评报告1份"}
PAPERS_EACH_PERIOD: list[tuple[Row, list[Row], list[str]]] = [
    (QUARTERLY, [], [Q2, Q3, Q4]),
    (QUARTERLY, [paper("第二季度财务报表"), paper("财务报表", DAY(2022, 8, 1)), paper("财务报表（10—12月）")], []),
    (QUARTERLY, [paper("2022年Q3财务报表", DAY(2022, 10, 8))], [Q2, Q4]),
    (QUARTERLY, [paper("财务报表")], [Q2, Q3, Q4]),
    (QUARTERLY, [paper("2021年第四季度财务报表", DAY(2022, 5, 1))], [Q2, Q3, Q4]),
    (QUARTERLY, [paper("第一季度财务报表", DAY(2022, 4, 5))], [Q2, Q3, Q4]),
    (QUARTERLY, [paper("二季度、三季度财务报表")], [Q4]),
    ({**QUARTERLY, "number": 2}, [paper("第二季度财务报表")], [f"{Q2}：有 1 份，要求 2 份", Q3, Q4]),
    (QUARTERLY, [paper("第二季度财务报表", file="没有.pdf")], [f"{Q2}：文件夹“附件”里没有“没有.pdf”", Q3, Q4]),
    ({"name": "资金使用情况", "months": 6}, [paper("上半年资金使用情况")], ["缺2022年下半年的资金使用情况"]),
    ({"name": "年度总结", "months": 12}, [paper("2022年度总结")], []),
    ({"name": "年度总结", "months": 12}, [paper("2021年度总结", DAY(2022, 5, 1))], ["缺2022年的年度总结"]),
    (STAGES, [], ["缺中期的自评报告", "缺末期的自评报告"]),
    (STAGES, [paper("末期自评报告")], ["缺中期的自评报告"]),
    (STAGES, [paper("自评报告"), paper("自评报告（二）")], []),
    ({**STAGES, "number": None}, [paper("自评报告")], ["缺末期的自评报告"]),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "papers", "lacks"), PAPERS_EACH_PERIOD)
def test_paper_each_period(facts: Row, papers: list[Row], lacks: list[str], tmp_path: Path) -> None:
    project = read(tmp_path, papers)
    assert [wrong for wrong, _ in judge(project, PERIOD, **facts)[1]] == lacks
    # 材料一次 of a demand with a frequency is never satisfied by one paper.
    assert judge(project, ONCE, **facts) == judge(project, PERIOD, **facts)


@pytest.mark.parametrize("month", [4, 5, 6, 7, 8, 9, 10, 11, 12])
@pytest.mark.parametrize(
    "form", ["2022年{0}月报表", "{0}月份报表", "{1}月报表", "报表2022.{0}", "报表（2022年{0:02}月）"]
)
def test_title_names_exactly_its_month(month: int, form: str, tmp_path: Path) -> None:
    chinese = ("", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")[month]
    project = read(tmp_path, [paper(form.format(month, chinese))])
    missing = judge(project, PERIOD, name="报表", months=1)[1]
    assert {f"缺2022年{each}月的报表" for each in range(4, 13) if each != month} == {wrong for wrong, _ in missing}


@pytest.mark.parametrize(
    ("words", "days", "due"),
    [
        ("每季度报送", 0, DAY(2022, 6, 30)),
        ("每季度结束后10日内提交", 10, DAY(2022, 7, 10)),
        ("每季度末月25日前报送", 0, DAY(2022, 6, 25)),
        ("每季度首月10日前报送上季度工作报告", 0, DAY(2022, 7, 10)),
        ("每季度报送，7月15日前报中期报告", 0, DAY(2022, 6, 30)),
    ],
)
def test_paper_of_a_period_is_due_on_the_day_that_the_clause_gives(
    words: str, days: int, due: dt.date, tmp_path: Path
) -> None:
    assert judge(read(tmp_path), PERIOD, name="报表", months=3, days=days, words=words)[1][0][1] == due


# ---- something of each activity


@pytest.mark.parametrize(
    ("facts", "papers", "lacks"),
    [
        ({"name": "知情同意书"}, [paper("知情同意书", activity="HD-01")], ["活动 HD-02（第2次培训）没有知情同意书"]),
        ({"name": "知情同意书"}, [paper("知情同意书")], [f"活动 HD-0{n}（第{n}次培训）没有知情同意书" for n in (1, 2)]),
        (
            {"name": "反馈表", "number": 2},
            [paper("反馈表", activity=code) for code in ("HD-01", "HD-01", "HD-02")],
            ["活动 HD-02（第2次培训）有 1 份反馈表，要求 2 份"],
        ),
        ({"name": "学员签到册"}, [paper("签到表", activity=f"HD-0{n}", kind="签到表") for n in (1, 2)], []),
        ({"name": "现场照片"}, [], [f"活动 HD-0{n}（第{n}次培训）有 0 张照片，至少要 2 张" for n in (1, 2)]),
        ({"name": "活动方案"}, [], []),
        ({"name": "宣传方案"}, [], [f"活动 HD-0{n}（第{n}次培训）没有宣传方案" for n in (1, 2)]),
    ],
)
def test_paper_of_each_activity(facts: Row, papers: list[Row], lacks: list[str], tmp_path: Path) -> None:
    assert [wrong for wrong, _ in judge(read(tmp_path, papers), EACH, **facts)[1]] == lacks


def test_record_is_due_before_or_after_its_activity(tmp_path: Path) -> None:
    project = read(tmp_path, 信息报送=None)  # held on 6 May and 6 June
    assert [due for _, due in judge(project, "每次活动报送方案", days=5)[1]] == [DAY(2022, 5, 1), DAY(2022, 6, 1)]
    assert [due for _, due in judge(project, "每次活动报送信息", days=2)[1]] == [DAY(2022, 5, 8), DAY(2022, 6, 8)]


def news(*titles: str) -> list[Row]:
    """Return rows of 信息报送."""
    return [{"报送日期": DAY(2022, 6, at), "标题": title, "类型": "信息"} for at, title in enumerate(titles, 1)]


@pytest.mark.parametrize(
    ("names", "titles", "missing"),
    [
        (("第1次培训", "第2次培训"), ["第1次培训"], ["HD-02"]),
        (("第1次培训", "第2次培训"), ["第1次培训、第2次培训顺利举行"], []),
        (("家长课堂", "家长课堂"), ["家长课堂开课"], ["HD-01"]),
        (("家长课堂", "家长课堂"), ["家长课堂开课", "家长课堂再开课"], []),
        (("培训", "培训班"), ["培训班开班"], ["HD-01"]),
    ],
)
def test_one_report_reports_one_activity(
    names: tuple[str, str], titles: list[str], missing: list[str], tmp_path: Path
) -> None:
    project = read(tmp_path, 活动=[{"活动名称": each, "简报标题": each} for each in names], 信息报送=news(*titles))
    assert [wrong[3:8] for wrong, _ in judge(project, "每次活动报送信息")[1]] == missing


# ---- a number reached


def goal(indicator: str, target: str, unit: str, manual: str | None = None, **more: str) -> Row:
    """Return the change that makes the first row of 绩效目标 this goal."""
    ways = more or {"统计方式": "人工填写", "统计口径": ""}
    return {"绩效目标": [{"指标": indicator, "目标值": target, "单位": unit, "人工完成值": manual, **ways}]}


SATISFIED, RELAPSE = "服务对象满意度90%以上", "再犯率控制在5%以内"
SHARE = {"words": SATISFIED, "number": 90, "unit": "%"}
FEW = {"words": RELAPSE, "number": 5, "unit": "%"}
LESSONS = {"统计方式": "活动数量", "统计口径": "培训"}
NUMBERS: list[tuple[Row, Row, int, str, int]] = [
    (SHARE, goal("满意度", "90", "%", "95"), 1, "", 0),
    (SHARE, goal("满意度", "90", "％", "95"), 1, "", 0),
    (SHARE, goal("满意度", "85", "%", "95"), 1, "“满意度”的目标值是 85", 0),
    (SHARE, goal("满意度", "90", "%", "80"), 0, "目标“满意度”完成 80%", 0),
    (
        SHARE,
        {},
        0,
        f"项目内容写着“{SATISFIED}”，“绩效目标”",
        0,
    ),
    ({**SHARE, "clause": 4}, {}, 0, "相关要求第4条写着", 0),
    (
        {**SHARE, "name": "%", "clause": 4},
        goal("满意度", "90", "%", "95"),
        1,
        "",
        0,
    ),
    (SHARE, goal("就业率", "90", "%", "95"), 0, "项目内容写着", 0),
    (FEW, goal("再犯率", "5", "%", "3"), 1, "", 0),
    (FEW, goal("再犯率", "5", "%", "6"), 0, "目标“再犯率”完成 6%", 0),
    (FEW, goal("再犯率", "8", "%", "3"), 1, "“再犯率”的目标值是 8", 0),
    (FEW, goal("再犯率", "5", "%"), 0, "目标“再犯率”完成 0%", 0),
    ({"words": "关爱60岁以下妇女20名", "number": 20, "unit": "名"}, goal("关爱妇女", "25", "名", "25"), 1, "", 0),
    # One for each occasion: the activities prove it, or a person is asked.
    ({"words": "每期培训不少于7课时", "number": 7, "unit": "课时"}, goal("培训", "15", "课时", **LESSONS), 2, "", 0),
    ({"words": "每期培训不少于8课时", "number": 8, "unit": "课时"}, goal("培训", "15", "课时", **LESSONS), 0, "", 1),
    ({"words": "每名儿童不少于8次", "number": 8, "unit": "次"}, goal("儿童", "15", "次", "20"), 0, "", 1),
    ({"words": "每场培训20人", "number": 20, "unit": "人"}, goal("培训", "15", "课时", **LESSONS), 2, "", 0),
    ({"words": "每场培训60人", "number": 60, "unit": "人"}, goal("培训", "15", "课时", **LESSONS), 0, "", 1),
    ({"words": "不少于1场", "number": 1, "unit": "场", "months": 1}, goal("活动", "1", "场", "9"), 0, "", 1),
]


@pytest.mark.parametrize(("facts", "changes", "evidence", "wrong", "questions"), NUMBERS)
def test_number_reached(facts: Row, changes: Row, evidence: int, wrong: str, questions: int, tmp_path: Path) -> None:
    count, missing, asked = judge(read(tmp_path, **changes), "目标", **facts)
    assert (count, len(missing), len(asked)) == (evidence, bool(wrong), questions)
    assert all(words.startswith(wrong) for words, _ in missing)


# ---- a person confirms


@pytest.mark.parametrize(
    ("kind", "facts", "due"),
    [
        (Kind("资质", "请人确认", due="开始"), {}, START),
        (Kind("着装", "请人确认"), {}, END),
        (Kind("着装", "请人确认"), {"due": DAY(2022, 5, 1)}, DAY(2022, 5, 1)),
        (Kind("没有这一格", "是或否", thing="没有这一格"), {}, END),
    ],
)
def test_question_to_a_person_has_a_due_day(kind: Kind, facts: Row, due: dt.date, tmp_path: Path) -> None:
    assert judge(read(tmp_path), kind, **facts) == (0, [], [due])


def test_kind_with_the_funders_name_is_found(tmp_path: Path) -> None:
    assert kind_of(make.FUNDER.in_its_name, read(tmp_path)).name == make.FUNDER.in_its_name
    assert kind_of("谁也不知道的类别", read(tmp_path)).judge == "请人确认"


# ---- nothing is satisfied without a proof


@pytest.mark.parametrize(
    ("kind", "words", "evidence", "lacks", "questions"),
    [
        ("管理档案", "要有详细的管理档案", 1, [], 0),
        ("管理档案", "建立老人服务档案", 0, [], 1),
        ("管理档案", "一案一卷建立调解档案", 0, [], 1),
        ("管理档案", "项目档案一式三份", 1, [], 1),
        ("服务对象档案", "个案须有完整的个案记录", 0, [], 1),
        ("汇编成册", "汇编相关资料成册备查(包括电子档和纸质档)", 1, [], 0),
        ("汇编成册", "资料装订成册，一式两份", 1, [], 1),
        ("汇编成册", "资料刻录光盘装订成册", 1, [], 1),
        ("汇编成册", "汇编《最美家庭故事集》1册，印制300本", 0, ["缺最美家庭故事集"], 1),
        ("汇编成册", "编印青年社会组织案例集", 0, ["缺青年社会组织案例集"], 1),
        ("汇编成册", "汇编老人服务档案成册", 0, [], 1),
        ("项目专账", "建立项目专账", 1, [], 0),
        ("项目专账", "开设项目专户", 1, [], 1),
        ("项目结项报告", "提交结项报告", 1, [], 0),
        ("项目结项报告", "结项报告一式三份", 1, [], 1),
        ("项目费用", "项目资金不足10万元的", 0, [], 1),
        ("项目费用", "费用不超过12万元", 2, [], 0),
        ("全职社工", "每校派驻1名专职社工，共3名", 1, [], 0),
        ("全职社工", "每校派驻1名专职社工，共4名", 0, ["全职社工人数是 3 人，要求 4 人以上"], 0),
        ("全职社工", "每校派驻1名专职社工", 1, [], 1),
        ("全职社工", "2名持证专职社工", 1, [], 1),
        ("信息报送", "报送信息", 1, [], 0),
        ("信息报送", "在街道公众号推送信息", 0, ["没有信息报送记录"], 0),
        ("信息报送", "区级以上媒体报道1篇", 0, ["没有信息报送记录"], 1),
        ("督导", "不定期抽查", 3, [], 0),
        ("督导", "每学期督导", 3, [], 1),
    ],
)
def test_what_proves_something_else_is_no_proof(
    kind: str, words: str, evidence: int, lacks: list[str], questions: int, tmp_path: Path
) -> None:
    amounts = {"项目费用": 120000}
    count, missing, asked = judge(read(tmp_path), kind, words=words, number=amounts.get(kind, 1))
    assert (count, [wrong for wrong, _ in missing], len(asked)) == (evidence, lacks, questions)


def test_records_on_people_are_proved_by_an_attachment_of_that_name(tmp_path: Path) -> None:
    project = read(tmp_path, [paper("老人服务档案汇总")])
    for kind in ("管理档案", "服务对象档案"):
        assert judge(project, kind, words="建立老人服务档案") == (1, [], [])


def test_no_judge_is_satisfied_by_an_empty_project(tmp_path: Path) -> None:
    unwritten = {sheet: dict.fromkeys(make.GOOD[sheet]) for sheet in ("申报内容", "结项")}
    inputs = make.many(tmp_path, 1, 附件=[{"文件": "没有.pdf"}, {}], **unwritten)
    project, faults = workbook.read_project(input_folder.scan_inputs(inputs), 1, make.FUNDER)
    assert project is not None, faults
    basics = project.basics.model_copy(
        update={"platform_member": None, "womens_group": None, "social_workers": None, "experience": ""}
    )
    project = project.model_copy(update={"basics": basics})
    for kind in KINDS.kinds:
        evidence, lacks, questions = judge(project, kind, name="某某报告", words="某某报告")
        if kind.judge not in ("汇编成册", "管理档案"):  # the volume itself is always there
            assert evidence == 0, kind.name
            assert lacks or questions, kind.name


# ---- supervision and progress


@pytest.mark.parametrize(
    ("named", "visitors", "missing"),
    [
        ("", "组联部", []),
        ("LEAD", "市妇联组联部", []),
        ("牵头部室", "权益部", ["缺2022年组联部的督导记录（只有权益部的）"]),
        ("权益部", "权益部", []),
        ("权益部", "组联部", ["缺2022年权益部的督导记录（只有组联部的）"]),
        ("组联部、市司法局人民调解科", "组联部", []),
        ("组联部、市司法局人民调解科", "组联部、人民调解科", []),
        ("市司法局人民调解科、组联部", "人民调解科", ["缺2022年组联部的督导记录（只有人民调解科的）"]),
        ("权益部、人民调解科", "人民调解科", ["缺2022年权益部的督导记录（只有人民调解科的）"]),
        ("组联部", "市妇联", ["缺2022年组联部的督导记录（只有市妇联的）"]),
        ("组联部", "部", ["缺2022年组联部的督导记录（只有部的）"]),
    ],
)
def test_supervision_wants_a_visit_of_the_named_department(
    named: str, visitors: str, missing: list[str], tmp_path: Path
) -> None:
    project = read(tmp_path, 督导=[{"督导部室": visitors}] * 3)
    assert [wrong for wrong, _ in judge(project, "督导", department=named, months=12)[1]] == missing


def reports(*days: dt.date, quarters: str = "二三四") -> list[Row]:
    """Return rows of 进展 sent on these days."""
    return [
        {"期次": f"2022年第{quarter}季度", "报送日期": day, "完成工作": "推进。", "下一步计划": "继续。"}
        for day, quarter in zip(days, quarters, strict=False)
    ]


@pytest.mark.parametrize(
    ("facts", "rows", "missing"),
    [
        ({"months": 6}, reports(DAY(2022, 7, 5), DAY(2022, 12, 28), quarters="二四"), []),
        ({"months": 6}, reports(DAY(2022, 7, 5), DAY(2022, 10, 8), quarters="二三"), ["2022年下半年"]),
        ({"months": 12}, reports(DAY(2022, 12, 28), quarters="四"), []),
        ({"months": 3}, reports(DAY(2022, 6, 28), DAY(2022, 9, 28), quarters="二三"), ["2022年第四季度"]),
        ({"months": 1, "words": "每月25日前报送进展"}, reports(DAY(2022, 4, 24), DAY(2022, 5, 24), DAY(2022, 6, 20)),
         [f"2022年{month}月" for month in range(7, 13)]),
        ({"months": 1, "words": "每月5日前报送上月小结"}, reports(DAY(2022, 5, 3), DAY(2022, 6, 3), DAY(2022, 7, 3)),
         [f"2022年{month}月" for month in range(7, 13)]),
    ],
)  # fmt: skip
def test_progress_wants_one_report_for_each_span(
    facts: Row, rows: list[Row], missing: list[str], tmp_path: Path
) -> None:
    padding = [{"期次": "2020年第一季度", "报送日期": DAY(2020, 1, 1)}] * (3 - len(rows))
    found = judge(read(tmp_path, 进展=[*rows, *padding]), "进展报送", **facts)[1]
    assert [wrong.removeprefix("缺").removesuffix("的进展报告") for wrong, _ in found] == missing


# ---- rows of 要求解读.xlsx


def decision(text: str, kind: str, **more: Any) -> Decision:
    """Return a row of 要求解读.xlsx that staff have decided for project 1."""
    row = {"项目序号": "1", "条款": "相关要求第1条", "原文": text, "认作": kind, "审定人": "王试验", **more}
    return Decision.model_validate(row)


NO_RECORD, AUDITED = "志愿者须无犯罪记录", "每季度报财务报表"
DECIDED: list[tuple[str, Decision, list[Row], Verdict]] = [
    (NO_RECORD, decision(NO_RECORD, "其他材料", 材料名称="无犯罪记录证明"), [], Verdict.UNMET),
    (NO_RECORD, decision(NO_RECORD, "其他材料", 材料名称="无犯罪记录证明"), [paper("无犯罪记录证明")], Verdict.MET),
    (AUDITED, decision(AUDITED, "按期交的材料", 材料名称="财务报表", 多久一次="每季度"),
     [paper("第二季度财务报表"), paper("第三季度财务报表")], Verdict.UNMET),
    (AUDITED, decision(AUDITED, "按期交的材料", 材料名称="财务报表", 多久一次="每季度"),
     [paper(f"第{word}季度财务报表") for word in "二三四"], Verdict.MET),
    ("监护人签字", decision("监护人签字", "每次活动的材料", 材料名称="知情同意书"),
     [paper("知情同意书", activity="HD-01")], Verdict.UNMET),
    ("监护人签字", decision("监护人签字", "每次活动的材料", 材料名称="知情同意书"),
     [paper("知情同意书", activity=f"HD-0{at}") for at in (1, 2)], Verdict.MET),
    ("居民参与率达到60%", decision("居民参与率达到60%", "目标", 数量=60, 单位="%"), [], Verdict.UNMET),
    ("接受中期检查", decision("接受中期检查", "请人确认"), [], Verdict.PERSON),
]  # fmt: skip


@pytest.mark.parametrize(("clause", "row", "papers", "verdict"), DECIDED)
def test_decided_row_is_judged_without_code(
    clause: str, row: Decision, papers: list[Row], verdict: Verdict, tmp_path: Path
) -> None:
    project = read(tmp_path, papers, 确认=None)
    entry = project.catalogue.model_copy(update={"requirements": f"1.{clause}。"})
    project = project.model_copy(update={"catalogue": entry, "decisions": (row,)})
    [judged] = [each for each in judge_clauses(project, make.LATER) if each.clause.source == "相关要求"]
    assert [each.obligation.decided_by for each in judged.judged] == [row.decider]
    assert judged.verdict is verdict
