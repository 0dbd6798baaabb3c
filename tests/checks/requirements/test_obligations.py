"""The catalogue's 相关要求: splitting it into clauses and recognising obligations, in known and in new wording."""

import datetime as dt
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paperwork.checks.requirements import judges, readings
from paperwork.checks.requirements.evidence import calendar_spans
from paperwork.checks.requirements.kinds import JUDGE_NAMES
from paperwork.checks.requirements.obligations import REQUIREMENTS, UNKNOWN, Clause, Obligation
from paperwork.core.dates import Period
from paperwork.project import input_folder
from paperwork.project.catalogue import sentences
from tests import make

ENTRIES = input_folder.scan_inputs(make.CATALOGUE.parent).entries


def read(text: str, number: int = 1) -> list[Clause]:
    """Return the clauses of a text, read as 相关要求 of a project."""
    entry = ENTRIES[number].model_copy(update={"requirements": text})
    return [each for each in readings.read_entry(entry, make.FUNDER, make.TEMPLATES) if each.source == REQUIREMENTS]


def found(text: str) -> list[Obligation]:
    """Return the obligations that were recognised in a text; those that a person is asked about are left out."""
    return [each for clause in read(text) for each in clause.obligations if each.kind != UNKNOWN]


def kinds(text: str) -> list[str]:
    """Return the kinds of the obligations in a text; a required document is given by its name."""
    return [each.name or each.kind for each in found(text)]


def first_clause_kinds(text: str) -> list[str]:
    """Return the kinds of the obligations in the first clause of a text."""
    return [each.name or each.kind for each in read(text)[0].obligations]


def only_obligation(text: str) -> Obligation:
    """Return the only obligation of a text."""
    [only] = found(text)
    return only


# ---- this year's catalogue


@pytest.mark.parametrize(("number", "count"), [(1, 6), (2, 7), (3, 6)])
def test_clauses_are_kept_verbatim(number: int, count: int) -> None:
    text = ENTRIES[number].requirements
    split = sentences.split_clauses(text)
    assert "".join(part for _, part in split) == text
    assert [at for at, _ in split] == list(range(1, count + 1))


RECORDS = ["每次活动方案", "每次活动简报", "每次活动照片", "每次活动小视频"]
EXPECTED: dict[int, list[list[str]]] = {
    1: [
        ["幸福使者平台", "妇女组织", "全职社工", "执行经验"],
        ["督导"],
        ["活动创新、主题突出"],
        [*RECORDS, "信息报送", "进展报送", "第三方绩效评估报告", "专项资金审计报告", "汇编成册"],
        ["项目费用"],
        ["按申报书和预算执行", "资金规范使用", "项目专账", "管理档案"],
    ],
    2: [
        ["执行经验", "资源和理念", "以市妇联名义", "成果归属"],
        ["设计能力", "活动创新、主题突出"],
        ["督导"],
        ["每次活动报送方案", "每次活动报送信息", "进展报送", *RECORDS, "汇编成册"],
        ["资金规范使用", "管理档案", "第三方绩效评估报告", "专项资金审计报告"],
        ["项目结项报告"],
        ["项目费用", "按申报书和预算执行", "项目专账"],
    ],
    3: [
        ["执行经验", "资源和理念", "以市妇联名义", "成果归属", "巾帼志愿者服装或标志"],
        ["督导"],
        ["活动创新、主题突出"],
        [*RECORDS, "信息报送", "进展报送", "第三方绩效评估报告", "专项资金审计报告", "书面成果报告", "汇编成册"],
        ["项目费用"],
        ["按申报书和预算执行", "资金规范使用", "项目专账", "管理档案"],
    ],
}


@pytest.mark.parametrize("number", EXPECTED)
def test_every_clause_of_the_catalogue_is_recognised(number: int) -> None:
    assert [sorted(each.kind for each in clause.obligations) for clause in read(ENTRIES[number].requirements)] == [
        sorted(expected) for expected in EXPECTED[number]
    ]


def test_amounts_counts_and_departments_are_extracted() -> None:
    stated = {
        (entry, each.kind): each
        for entry in ENTRIES
        for clause in readings.read_entry(ENTRIES[entry], make.FUNDER, make.TEMPLATES)
        for each in clause.obligations
    }
    assert stated[1, "全职社工"].number == 2
    assert [stated[entry, "项目费用"].number for entry in (1, 2, 3)] == [100_000, 100_000, 110_000]
    assert [stated[entry, "督导"].department for entry in (1, 2, 3)] == ["组联部", "权宣部", "家儿部"]
    assert [stated[entry, "督导"].months for entry in (1, 2, 3)] == [3, 3, 3]
    assert [stated[entry, "进展报送"].months for entry in (1, 2, 3)] == [0, 3, 0]
    assert stated[3, "书面成果报告"].number == 1


def test_general_obligations_are_added_to_every_project() -> None:
    general = {entry: readings.read_entry(ENTRIES[entry], make.FUNDER, make.TEMPLATES)[-1] for entry in ENTRIES}
    assert [each.kind for each in general[1].obligations] == ["活动", "项目结项报告"]
    assert [each.kind for each in general[2].obligations] == ["活动"]


# ---- wording that this year's catalogue does not use


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("承接机构须建立妇联组织，有专职社会工作者五名以上", ["妇女组织", "全职社工"]),
        ("应为依法登记的社会组织，信誉良好，近三年无违法违规记录", ["依法登记", "信誉"]),
        (
            "所有活动均须留存方案、签到表、影像资料",
            ["每次活动方案", "每次活动照片", "每次活动小视频", "每次活动签到表"],
        ),
        ("每场活动要有活动方案，有现场图片，有录像", ["每次活动方案", "每次活动照片", "每次活动小视频"]),
        ("每月向市妇联报送项目进展", ["进展报送"]),
        ("活动结束后5个工作日内报送信息", ["每次活动报送信息"]),
        ("由第三方机构出具绩效评价报告，并提交审计报告", ["第三方绩效评估报告", "专项资金审计报告"]),
        ("结题时提交工作总结一份", ["项目结项报告"]),
        ("全部资料装订成册，纸质档、电子档各一份", ["汇编成册"]),
        ("项目经费共计85,000元，单独核算，专款专用", ["项目费用", "资金规范使用", "项目专账"]),
        ("严格按照批复的预算执行", ["按申报书和预算执行"]),
        ("提交满意度调查报告和服务对象台账各一份", ["满意度调查报告", "服务对象台账"]),
        ("签订项目协议，提供登记证书复印件", ["项目协议", "登记证书"]),
        ("活动须统一穿着志愿者马甲，以妇联的名义宣传", ["以市妇联名义", "巾帼志愿者服装或标志"]),
        ("服务对象满意率不低于90%", ["满意度"]),
        ("未尽事宜由双方协商解决", []),
        ("聘请会计师事务所对项目资金进行审计", ["专项资金审计报告"]),
        ("建立一人一档的服务对象档案", ["服务对象档案"]),
        ("在市民政局登记成立满一年，年检合格", ["依法登记", "年限和等级"]),
        ("每场活动须有策划书、新闻稿", ["每次活动方案", "每次活动简报"]),
        ("活动由团市委青少年发展部每季度督查", ["督导"]),
        ("项目结束后提交末期报告", ["项目结项报告"]),
        # similar words with another meaning
        ("不需提供审计报告", []),
        ("单场活动经费不超过3000元", []),
        ("由市妇联组织部联系", []),
        ("聘请专业督导老师，每月开展个案督导2次", []),
        ("项目成果资料归档", []),
        ("形成有推广价值的经验做法", []),
    ],
)
def test_other_wording_is_recognised(text: str, expected: list[str]) -> None:
    assert sorted(kinds(text)) == sorted(expected)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("有全职社工3人以上", 3),
        ("有十二名以上专职社工", 12),
        ("该项目费用8.5万元，为包干费用", 85_000),
        ("项目资金200000元实行包干", 200_000),
        ("每次活动形成照片（不少于5张）", 5),
        ("形成书面成果报告两篇", 2),
    ],
)
def test_numbers_are_extracted(text: str, number: int) -> None:
    assert only_obligation(text).number == Decimal(number)


@pytest.mark.parametrize(
    ("text", "department", "months"),
    [
        ("市妇联发展部每半年对项目进行督导", "发展部", 6),
        ("区妇联权益科按季督导", "权益科", 3),
        ("由市妇联办公室每月督导一次", "办公室", 1),
        ("建立督导机制", "", 0),
    ],
)
def test_supervising_department_and_interval_are_extracted(text: str, department: str, months: int) -> None:
    assert (only_obligation(text).department, only_obligation(text).months) == (department, months)


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("每季度", 3), ("每两个月", 2), ("每隔六个月", 6), ("每三个季度", 9), ("半年一次", 6), ("季度报告", 3),
        ("两个月报送一次", 2), ("月报", 1), ("按年", 12),
        ("3月报送", 0), ("六月报送方案", 0), ("12月检查", 0), ("十月督导", 0), ("第二季度报告", 0), ("按月底", 0),
    ],
)  # fmt: skip
def test_frequency_is_told_from_a_calendar_month(text: str, months: int) -> None:
    assert sentences.months(text) == months


@given(st.integers(1, 12), st.dates(dt.date(2020, 1, 1), dt.date(2025, 12, 31)), st.integers(0, 900))
def test_calendar_spans_cover_the_period_without_gaps(months: int, start: dt.date, days: int) -> None:
    period = Period(start, start + dt.timedelta(days))
    spans = list(calendar_spans(period, months))
    assert spans[0][1].start <= period.start and period.end <= spans[-1][1].end
    for (_, one), (_, other) in pairwise(spans):
        assert other.start == one.end + dt.timedelta(1)
    assert len({name for name, _ in spans}) == len(spans)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("活动结束后五个工作日内报送信息", 7),  # five working days include a weekend
        ("每次活动结束后3个工作日内报送信息", 5),
        ("每次活动结束后10日内报送信息", 10),
        ("活动结束后一周内报送简报", 7),
    ],
)
def test_deadlines_convert_working_days_to_calendar_days(text: str, days: int) -> None:
    assert only_obligation(text).days == days


STYLES = ["{}.", "{}、", "（{}）", "({})"]
CHINESE = "一二三四五六七八九"


@given(
    st.sampled_from([*STYLES, "中{}、", "中（{}）", "圈"]),
    st.lists(
        st.sampled_from(["建立专账", "按2.5万元执行，含2022.5.1前的", "（1）有方案；（2）有简报", "每季度督导"]),
        min_size=1,
        max_size=9,
    ),
    st.sampled_from(["\n", "；\n", "。"]),
)
def test_splitting_supports_every_numbering_style_and_loses_no_text(style: str, texts: list[str], end: str) -> None:
    if style in ("（{}）", "({})"):
        texts = [text.replace("（1）", "").replace("（2）", "") for text in texts]
    marks = {"圈": "①②③④⑤⑥⑦⑧⑨", "中": CHINESE}.get(style[0], "123456789")
    pattern = "{}" if style == "圈" else style.removeprefix("中")
    text = end.join(pattern.format(mark) + words for mark, words in zip(marks, texts, strict=False))
    split = sentences.split_clauses(text)
    assert "".join(part for _, part in split) == text
    assert [at for at, _ in split] == list(range(1, len(texts) + 1))


def test_text_without_numbers_is_split_by_lines() -> None:
    assert sentences.split_clauses("建立专账\n\n每季度督导") == [(1, "建立专账\n"), (2, "每季度督导")]
    assert sentences.split_clauses("") == []


def test_every_kind_has_a_judge_and_every_judge_a_sentence() -> None:
    assert set(JUDGE_NAMES) == set(judges.JUDGES)
    assert all(sentence.endswith("。") for sentence in judges.requirement_texts())


def test_facts_from_two_sentences_are_merged() -> None:
    only = only_obligation("建立督导机制。市妇联组联部每半年对项目进行督导。")
    assert (only.department, only.months) == ("组联部", 6)


def test_unrecognised_demand_is_left_to_manual_review() -> None:
    assert first_clause_kinds("1.建立项目专账，工作人员须持健康证上岗") == ["项目专账", "未识别的要求"]
    assert first_clause_kinds("1.工作人员须持健康证上岗") == ["未识别的要求"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("项目要求如下：1.建立专账；2.每季度督导", 2),
        ("⑴建立专账\n⑵每季度督导\n⑶提交结项报告", 3),
        ("一是建立专账；二是每季度督导", 2),
        ("1）建立专账\n2）每季度督导", 2),
        ("1.2022年4月启动；2.每季度督导", 2),
    ],
)
def test_more_numbering_styles_are_split(text: str, expected: int) -> None:
    split = sentences.split_clauses(text)
    assert (len(split), "".join(part for _, part in split)) == (expected, text)
