"""Reading a funder's texts: every word is held by a reading, asked about, or demands nothing for a reason."""

import datetime as dt
import json
import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paperwork.checks.requirements import readings
from paperwork.checks.requirements.kinds import read_kinds
from paperwork.checks.requirements.obligations import UNKNOWN, Obligation, Part
from paperwork.checks.requirements.readings import Context
from paperwork.core.dates import Period
from paperwork.core.faults import Stop
from tests import make

GOLD = json.loads((make.ROOT / "tests/data/catalogues/gold.json").read_text("utf-8"))
PROJECTS = [project for catalogue in GOLD.values() for project in catalogue["projects"]]
KINDS = read_kinds(make.TEMPLATES, make.FUNDER)
CONTEXT = Context("权益部", Period(dt.date(2023, 3, 1), dt.date(2024, 2, 29)), make.FUNDER.pattern)


def parts(text: str) -> tuple[Part, ...]:
    """Return the parts of a clause."""
    return readings.read_clause(text, KINDS, CONTEXT)


def found(text: str) -> list[Obligation]:
    """Return what is recognised in a clause, questions left out."""
    return [each for part in parts(text) for each in part.readings if each.kind != UNKNOWN]


def kinds(text: str) -> list[str]:
    """Return the kinds in a clause, papers by their names, questions as ?."""
    shown = [each for part in parts(text) for each in part.readings]
    return ["?" if each.kind == UNKNOWN else each.name or each.kind for each in shown]


# ---- nothing is lost

SIGNS = re.compile(
    r"[\s，,。；;：:、.（）()①-⑳⑴-⒇⒈-⒛]|\d{1,2}(?=[.、．)）])|[一二三四五六七八九十]{1,3}(?=[、)）])|以及|和|及|与|并|附有?|第.条"
)
"""What may stand between parts: punctuation, numbers of points, joints of a list."""


def assert_whole(text: str, made: tuple[Part, ...]) -> None:
    """Assert that the parts hold all words of a text, in order, and that each has readings or a reason, not both."""
    at, rest = 0, ""
    for part in made:
        assert at <= part.start < part.end
        assert text[part.start : part.end] == part.text
        assert bool(part.readings) != bool(part.reason)
        rest += text[at : part.start]
        at = part.end
    assert not SIGNS.sub("", rest + text[at:])


@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project["name"])
def test_every_word_of_a_published_project_is_accounted_for(project: dict[str, str]) -> None:
    assert_whole(project["text"], parts(project["text"]))
    goals, content = readings.read_targets(project["goals_text"], project["content_text"])
    assert_whole(project["goals_text"], goals)
    assert_whole(project["content_text"], content)


SENTENCES = [each for project in PROJECTS for each in re.split(r"(?<=[。；;，])", project["text"]) if each]


@given(
    st.lists(
        st.one_of(
            st.sampled_from(SENTENCES),
            st.text("须每季度报送，。；、（）和及《》“”0123456789年月日份报告照片", max_size=30),
        ),
        max_size=6,
    )
)
def test_no_word_of_any_text_is_lost(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert_whole(text, parts(text))


# ---- several duties in one part, one question for what belongs together


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("项目结束后15日内提交结项报告、财务决算表和受益人反馈意见", ["项目结项报告", "财务决算表", "受益人反馈意见"]),
        ("每期结束后3日内报送活动简报1篇、照片10张、短视频1个", ["每次活动简报", "每次活动照片", "每次活动小视频"]),
        ("每月报送月报和半年报告", ["进展报送", "进展报送"]),
        ("每季度结束后10日内提交项目进展报告和财务报告", ["进展报送", "财务报告"]),
        ("须配备项目主管1名、专职社工不少于2名", ["?", "全职社工"]),
        ("接受中期检查和末期评估", ["中期评估", "第三方绩效评估报告"]),
        ("购买主体将组织中期检查和结项验收", ["中期评估", "?"]),
        ("留存照片、影像资料", ["每次活动照片", "每次活动小视频"]),
        ("发现问题限期整改，整改不到位的终止项目", ["?"]),
        ("工作人员须持健康证上岗，不得迟到；离岗须请假", ["?"]),
        ("提交结项报告、收支明细、签到表", ["项目结项报告", "?", "每次活动签到表"]),
        ("每场有签到、有简报、有海报", ["每次活动签到表", "每次活动简报", "?"]),
        ("具有同类项目经验（须提供合同复印件）", ["执行经验", "合同"]),
        ("为每名对象建立完整档案", ["服务对象档案"]),
        ("提交结项报告；典型案例集1本", ["项目结项报告", "典型案例集"]),
    ],
)
def test_duties_and_questions_are_told_apart(text: str, expected: list[str]) -> None:
    assert kinds(text) == expected


def test_each_report_of_a_list_has_its_own_frequency() -> None:
    assert [each.months for each in found("每月报送月报和半年报告")] == [1, 6]
    assert [each.months for each in found("每月末报送受益人名单，季度末报送财务报表")] == [1, 3]
    assert [each.months for each in found("每月25日前报送进展情况表，7月15日前提交中期报告")] == [1, 0]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("按照《某某市项目管理办法》，每季度督导", "依据"),
        ("经费分三次拨付：签订协议后拨付50%，验收合格后拨付50%", "付款方式"),
        ("项目结束时，提交结项报告", "什么时候"),
        ("（一）资格条件\n依法登记", "小标题"),
        ("经费使用：专款专用", "小标题"),
        ("不需提供审计报告", "写明不用"),
    ],
)
def test_what_demands_nothing_says_why(text: str, reason: str) -> None:
    assert [part for part in parts(text) if part.reason and reason in part.reason]
    assert not [part for part in parts(text) if [each.kind for each in part.readings] == [UNKNOWN]]


@pytest.mark.parametrize(
    "text",
    [
        # looks like a term of payment
        "出勤率低于80%的不予拨付当期补贴", "未经审批的不得支付", "救助款应直接支付至定点医院账户",
        "补贴按月足额支付给残疾人",
        "课酬一律通过银行转账支付", "支付凭证须存档", "劳务报酬支付标准不超过200元/天",
        # like a time
        "食品留样48小时", "社工每年接受培训满40学时", "每天值班8小时", "接到投诉后2小时到场", "5月15日前启动",
        "严格按计划实施",
        "由两名社工共同实施",
        # like a heading
        "场地应满足无障碍要求", "设备达到国家标准", "活动场地具备安全条件",
        # like a basis, or what money includes
        "按照要求参加培训会", "按照财务制度规定报销", "经费中不得包含招待费",
        # a condition, with its consequence
        "绩效评价得分低于70分的，扣减尾款", "督查中发现弄虚作假的，终止协议", "逾期未提交结项报告的，取消资格",
    ],
)  # fmt: skip
def test_a_demand_that_looks_like_none_is_asked_about(text: str) -> None:
    assert kinds(text) == ["?"]


# ---- words with another meaning


@pytest.mark.parametrize(
    "text",
    [
        "每年接受督导培训不少于72小时",
        "按要求参加督导会议",
        "与被督查对象签订承诺",
        "现场督查须两人以上",
        "课程设置须报市妇联组织部审定",
        "不足10万元的部分由承接单位自筹",
        "配合市妇联、财政、审计等部门的检查",
        "未经监护人同意不得公开儿童照片",
        "宣传图片须经审核",
        "具有独立承担民事责任的能力",
    ],
)
def test_similar_words_are_no_reading(text: str) -> None:
    taken = {"督导", "妇女组织", "项目费用", "专项资金审计报告", "每次活动照片", "设计能力"}
    assert not taken.intersection(kinds(text))


@pytest.mark.parametrize("text", ["建立老人服务档案", "一案一卷建立调解档案", "个案须有完整的个案记录"])
def test_files_of_the_served_are_not_our_own(text: str) -> None:
    assert kinds(text) == ["服务对象档案"]


@pytest.mark.parametrize("text", ["汇编《最美家庭故事集》1册", "编印青年社会组织案例集200册"])
def test_a_printed_book_is_not_the_volume(text: str) -> None:
    [book] = found(text)
    assert book.kind == "其他材料" and book.name.endswith("集") and book.number in (1, 200)


# ---- facts


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("每校派驻1名专职社工，共3名", {"number": 3}),
        ("中期、末期各提交自评报告1份", {"number": 2, "name": "自评报告"}),
        ("按月报送工作小结", {"months": 1}),
        ("由牵头部室每季度督导1次", {"department": "权益部", "months": 3}),
        ("团市委权益部会同市检察院第六检察部每季度开展一次工作检查", {"department": "权益部", "months": 3}),
        ("活动结束后5个工作日内报送活动信息", {"kind": "每次活动报送信息", "days": 7}),
        ("活动当日在工作群报送信息", {"kind": "每次活动报送信息", "days": 1}),
        ("7月15日前提交项目中期报告", {"name": "项目中期报告", "due": dt.date(2023, 7, 15)}),
        ("次年1月底前提交调研报告", {"due": dt.date(2024, 1, 31)}),
        ("2023年12月15日前完成结项，提交结项报告", {"kind": "项目结项报告", "due": dt.date(2023, 12, 15)}),
        ("项目经费8.5万元，含审计费等一切费用", {"kind": "项目费用", "number": 85_000}),
        ("签约后20日内提交年度服务计划书", {"name": "年度服务计划书", "days": 20, "after": "开始"}),
        ("项目结束后15日内提交结项报告", {"days": 15, "after": "结束"}),
        ("每次活动照片5-8张", {"number": 5}),
        ("活动次日报送信息", {"kind": "每次活动报送信息", "days": 1}),
        ("按季报送进展，11月底前形成自评报告", {"name": "自评报告", "months": 0}),
        ("学员满意度不低于95%", {"number": 95, "unit": "%"}),
    ],
)
def test_facts_are_read_from_the_nearest_words(text: str, facts: dict[str, object]) -> None:
    reading = found(text)[-1]
    assert {fact: getattr(reading, fact) for fact in facts} == facts


# ---- targets


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("举办成长营4期，每期不少于5天", ["4期", "每5天"]),
        ("建立档案30户；满意度90%以上", ["30户", "90%"]),
        ("培育讲师队伍1支（20人）", ["1支", "20人"]),
        ("个案15个（每个个案不少于6次面谈）", ["15个", "每6次"]),
        ("网络点击量10万次以上，带动就业八百人", ["100000次", "800人"]),
        ("公众号阅读量突破5万，服务若干次", ["?", "?"]),
        ("为60周岁以上老人提供服务，为期三个月", []),
        ("组织专家6名分3组", ["6名", "3组"]),
        ("开展心理疏导，须为每名学员购买保险", ["?"]),
        ("扶持创业青年25名，签约20家，开发文创产品6款", ["25名", "20家", "6款"]),
        ("举办成长营4期，每期50人，为期5天，服务儿童200人", ["4期", "每50人", "每5天", "200人"]),
        ("知晓率由60%提升至80%，就业率提高10个百分点", ["80%", "?"]),
        ("每位导师结对3名，每点每月开课一次", ["每3名", "?"]),
    ],
)
def test_every_number_is_a_target_or_a_question(text: str, expected: list[str]) -> None:
    shown = [
        "?" if each.kind == UNKNOWN else f"{'每' if each.kind == '每次的目标' else ''}{each.number}{each.unit}"
        for part in readings.read_targets(text, "")[0]
        for each in part.readings
    ]
    assert shown == expected


# ---- texts that nobody writes


@pytest.mark.parametrize(
    "unit", ["每次活动要有照片和签到表", "每季度报送进展，", "照片、", "1", "每", "（", "按照", "1.", "一、"]
)
def test_endless_text_is_asked_about_in_time(unit: str) -> None:
    text = unit * (20_000 // len(unit))
    assert set(kinds(text)) <= {"?"}
    readings.read_targets(text, text)  # without bounds this took minutes


# ---- the table belongs to staff


def write_kinds(folder: Path, more: str, old: str = "", new: str = "") -> Path:
    """Write 要求.toml with an entry more, or with a text replaced."""
    folder.mkdir(exist_ok=True)
    words = (make.TEMPLATES / "要求.toml").read_text("utf-8")
    (folder / "要求.toml").write_text(words.replace(old, new, 1) + more, "utf-8")
    return folder


def test_a_new_kind_is_one_entry(tmp_path: Path) -> None:
    entry = (
        '\n[[kind]]\nname = "无犯罪记录证明"\njudge = "材料一次"\nthing = "无犯罪记录证明"\nwords = ["无犯罪记录"]\n'
    )
    table = read_kinds(write_kinds(tmp_path, entry), make.FUNDER)
    [part] = readings.read_clause("工作人员须提供无犯罪记录证明", table, CONTEXT)
    assert [each.kind for each in part.readings] == ["无犯罪记录证明"]


@pytest.mark.parametrize(
    ("more", "old", "new", "wrong"),
    [
        ('\n[[kind]]\nname = "新的"\n', "", "", "没有 judge"),
        ('\n[[kind]]\nname = "新的"\njudge = "材料一次"\nword = ["甲"]\n', "", "", "不认识 word"),
        ('\n[[kind]]\nname = "新的"\njudge = "材料一次"\nwords = "甲"\n', "", "", "words 写得不对"),
        ('\n[[kind]]\nname = "新的"\njudge = "材料一次"\nwords = ["甲("]\n', "", "", "写法不对"),
        ("", "[[kind]]", "[[kind", "读不了"),
    ],
)
def test_a_wrong_entry_is_named(more: str, old: str, new: str, wrong: str, tmp_path: Path) -> None:
    with pytest.raises(Stop, match=re.escape(wrong)) as stop:
        read_kinds(write_kinds(tmp_path, more, old, new), make.FUNDER)
    assert "要求.toml" in f"{stop.value.where} {stop.value.wrong}"


def test_a_folder_without_the_table_has_the_kinds_of_the_program(tmp_path: Path) -> None:
    shutil.copy(make.TEMPLATES / "binding.toml", tmp_path)
    assert read_kinds(tmp_path, make.FUNDER) == KINDS
