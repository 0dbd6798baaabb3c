"""Recognise the obligations in each clause of 相关要求. The input is its text and the funder's names, no other data.

The words that announce an obligation are in one table, `TABLE`. Amounts, counts, departments and frequencies are read
from the sentence itself, so that the catalogue of another year is read like this year's.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache, partial

from paperwork.checks.requirements.sentences import (
    days,
    department,
    months,
    number,
    part_start,
    parts_around,
    split_clauses,
    split_parts,
    split_sentences,
)
from paperwork.project.funder import NO_FUNDER, Funder
from paperwork.project.model import CatalogueEntry, Project

REQUIREMENTS, GENERAL = "相关要求", "通用要求"
TARGET, UNKNOWN = "目标", "未识别的要求"
GENERAL_TEXT = "目录没有写明，但每个项目立卷归档都要有的材料。"


@dataclass(frozen=True)
class Obligation:
    """One requirement recognised in a clause. `words` are quoted from the clause."""

    kind: str
    words: str
    clause: int = 0
    number: Decimal | None = None
    """The count required, or the amount in yuan for money."""
    department: str = ""
    months: int = 0
    """Frequency: once in each span of so many months; 0 if the clause does not say."""
    days: int = 0
    """Number of days allowed; 0 if the clause does not say."""
    after: str = ""
    """The event from which the days count: 开始 or 结束 of the project; empty: as usual for the kind."""
    name: str = ""
    """The name of a document asked for by name; of a target the code of its goal, or its unit if no goal fits."""
    unit: str = ""
    """Measure word of the number, or % for a share."""
    due: dt.date | None = None
    """The day by which the clause wants it; None if the clause does not say."""
    decided_by: str = ""
    """The person who has decided this reading in 要求解读.xlsx, and when, as printed; empty: the program's reading."""
    note: str = ""
    """The remark (说明) of that decision."""

    @property
    def matter(self) -> str:
        """Return the name used in lists: a target's words, a document's name, else the kind."""
        if self.kind in (TARGET, UNKNOWN):
            return self.words
        return self.name or self.kind


@dataclass(frozen=True)
class Part:
    """A stretch of a catalogue's text, from `start` to `end` in its column: held by readings, or no demand.

    A part that nothing is known about has one reading, of the kind `UNKNOWN`: a person is asked. There is no part with
    neither a reading nor a reason.
    """

    text: str
    start: int
    end: int
    readings: tuple[Obligation, ...] = ()
    reason: str = ""
    """If there is no reading: why the part demands nothing, in the Chinese that staff read."""
    decided_by: str = ""
    """The person who has decided that it demands nothing (不是要求, 不适用), and when; empty: the program."""


@dataclass(frozen=True)
class Clause:
    """A clause, verbatim as published, with its recognised obligations. `source` is the catalogue's column.

    `parts` hold all of its text. An obligation that two parts state is one; it has the facts of both.
    """

    number: int
    text: str
    obligations: tuple[Obligation, ...]
    source: str = REQUIREMENTS
    parts: tuple[Part, ...] = ()


def clauses_of(project: Project) -> tuple[Clause, ...]:
    """Return the clauses of a project, read with the names of its funder."""
    return parse_clauses(project.catalogue, project.funder)


def parse_clauses(entry: CatalogueEntry, funder: Funder = NO_FUNDER) -> tuple[Clause, ...]:
    """Return the clauses of a project's 相关要求, then one clause of general requirements that none of them states."""
    clauses = [
        Clause(number, text.strip(), tuple(replace(each, clause=number) for each in _all_obligations(text, funder)))
        for number, text in split_clauses(entry.requirements)
    ]
    asked = {each.kind for clause in clauses for each in clause.obligations}
    amount = Decimal(entry.amount)
    general = tuple(
        Obligation(kind, words, number=amount if kind == "项目费用" else None)
        for kind, words in GENERAL_OBLIGATIONS.items()
        if kind not in asked
    )
    return (*clauses, Clause(0, GENERAL_TEXT, general, GENERAL)) if general else tuple(clauses)


GENERAL_OBLIGATIONS = {
    "按申报书和预算执行": "项目申报书和预算",
    "活动": "活动记录",
    "项目费用": "支出不超过项目金额",  # 不超过 makes the amount a ceiling: `papers.CEILING`
    "项目专账": "项目专账",
    "项目结项报告": "项目结项报告",
}
"""Kinds that every archive needs, even if no clause asks for them, with their words."""


def find_obligations(text: str, funder: Funder = NO_FUNDER) -> list[Obligation]:
    """Return the obligations that the table finds in a clause, each kind once (a document once for each name)."""
    found: dict[tuple[str, str], Obligation] = {}
    for sentence in split_sentences(text):
        for kind, reader in _readers(funder):
            for each in reader(kind, sentence):
                key = (each.kind, each.name)
                found[key] = _merged(found[key], each) if key in found else each
    return list(found.values())


def _merged(one: Obligation, more: Obligation) -> Obligation:
    """Merge two statements of one obligation: 建立督导机制。市妇联组联部每季度督导。

    Facts that only the second gives are added, and then its words are kept.
    """
    added = {
        fact: getattr(more, fact)
        for fact in ("number", "department", "months", "days")
        if getattr(more, fact) and not getattr(one, fact)
    }
    return replace(one, words=more.words, **added) if added else one


DEMAND_WORDS = re.compile(
    r"[须必]须?|需(?![求要])|需要(?=有)|应(?![急用对])|不得(?!超支)|不能|不可|严禁|禁止|不少于|不低于|不超过|以上|未经|聘请|购买"
)
"""Words that make a part of a sentence a demand, also where the table does not know what is demanded."""


def _all_obligations(text: str, funder: Funder) -> list[Obligation]:
    """Return all obligations of a clause. Demands that the table does not know are added as unknown, never skipped."""
    known = find_obligations(text, funder)
    rest = [
        Obligation(UNKNOWN, part)
        for part in (part for sentence in split_sentences(text) for part in split_parts(sentence))
        if DEMAND_WORDS.search(part) and not any(part in each.words or each.words in part for each in known)
    ]
    # With nothing known, the whole clause is one unknown requirement: see `verdicts`.
    return [*known, *rest] if known else []


# ---- readers: a kind and a sentence in, obligations out

Reader = Callable[[str, str], Iterator[Obligation]]
NEGATION = re.compile(r"(?:不需|无需|无须|不必|不再|不接受|不包含|不含|不要求|不得|严禁)[^，,。；;\n]*$")
"""Negations: after them, in the same part of a sentence, announcing words ask for nothing."""


def _by_words(pattern: str, units: str = "") -> Reader:
    """Return a reader that recognises a kind by a pattern; … in it matches up to 25 characters without a comma.

    The words of the obligation are the comma-separated parts of the sentence that hold the match. With `units`, its
    number is the first number before one of them.
    """
    sought = re.compile(pattern.replace("…", r"[^，,。；;\n]{0,25}?"))

    def reader(kind: str, sentence: str) -> Iterator[Obligation]:
        for found in sought.finditer(sentence):
            if not NEGATION.search(sentence[: found.start()]):
                words = parts_around(sentence, found.start(), found.end())
                yield Obligation(kind, words, number=number(words, units) if units else None)
                return

    return reader


PROFESSIONAL_SUPERVISORS = re.compile(
    r"(?:聘请?|外聘|配备|专业|社工|个案)[^，]{0,6}督导(?!检查|组)|督导(?:老师|师|人员|者)"
)
"""Professional supervisors, whom social workers call 督导; this is no visit by the federation."""
VISITS = r"督[导查]|(?:季度?|月|半年|年|不定期|定期)[^，,。；;\n]{0,12}(?:检查|抽查|巡查|走访指导)"


def _supervision(kind: str, sentence: str, funder: str = NO_FUNDER.pattern) -> Iterator[Obligation]:
    """Yield the supervision visits that a sentence asks for; the part that gives a frequency is quoted."""
    visits = [
        part for part in split_parts(sentence) if re.search(VISITS, part) and not PROFESSIONAL_SUPERVISORS.search(part)
    ]
    if visits:
        part = next((part for part in visits if months(part)), visits[0])
        room = department(sentence, funder)
        yield Obligation(kind, part, number=number(part, "次"), department=room, months=months(part))


RECORDS = {
    "方案": r"方案|策划",
    "简报": r"简报|新闻稿|信息稿|通讯稿|宣传稿|活动总结|活动小结",
    "照片": r"照片|图片|影像|相片",
    "小视频": r"视频|录像|短片|影像",
    "签到表": r"签到",
}
RECORD_UNITS = {"照片": "张", "小视频": "段|个|条|部"}
EACH_ACTIVITY = (
    r"(?:每|各|历|所有|全部|单)[一个]?(?:次|场|项|期|个){0,2}(?:开展|组织|举办)?的?(?:[\u4e00-\u9fff]{0,4}活动|培训|讲座|课程)"
    r"|照片每[次场]|活动(?:记录|资料|档案)|活动(?:均|都)?(?:须|要|应)有|活动(?:结束|开展|举办|完成)?后"
)


def _records(kind: str, sentence: str) -> Iterator[Obligation]:
    """Yield the records that each activity must leave. Records to be reported are left to `_reports`."""
    begins = re.search(EACH_ACTIVITY, sentence)
    if begins and not NEGATION.search(sentence[: begins.start()]):
        candidates = [
            part for part in split_parts(sentence[part_start(sentence, begins.start()) :]) if not REPORTED.search(part)
        ]
        for thing, pattern in RECORDS.items():
            part = next((part for part in candidates if re.search(pattern, part)), "")
            if part:
                count = number(part, RECORD_UNITS[thing]) if thing in RECORD_UNITS else None
                yield Obligation(f"{kind}{thing}", part, number=count)


REPORTED = re.compile(r"报送|上报|呈报|报告给|提交给")
PROGRESS = re.compile(r"进展|进度|(?:季度?|月度?|半年|阶段性?)(?:工作)?(?:报告|总结|小结|报(?!送))|进行情况")


def _reports(_: str, sentence: str) -> Iterator[Obligation]:
    """Yield the reports due to the federation: on each activity, on progress, as news."""
    for part in split_parts(sentence):
        asked = Obligation("进展报送", part, days=days(part), months=months(part))
        if not REPORTED.search(part):
            if PROGRESS.search(part) and re.search("汇报|反馈|提交|提供|报", part):
                yield asked
            continue
        if re.search(EACH_ACTIVITY, part):
            things = [
                thing for thing, words in (("方案", "方案"), ("信息", "信息|简报|新闻稿")) if re.search(words, part)
            ]
            yield from (replace(asked, kind=f"每次活动报送{thing}") for thing in things)
        elif re.search(r"信息|简报|动态", part):
            yield replace(asked, kind="信息报送", number=number(part, "篇|条|期"))
        if PROGRESS.search(part):
            yield asked


SUM = re.compile(r"(?:费用|经费|资金|金额|包干)[^，,。；;]{0,8}?([\d一二两三四五六七八九十][\d,.]*)\s*(万?)元")
OTHER_SUMS = re.compile(r"审计|评[估价]|每|单[场次个]|自筹|配套|其中|志愿|劳务|人员|补贴|违约|结余")
"""Words that make a sum something else than the project's total."""


def _lump_sum(kind: str, sentence: str) -> Iterator[Obligation]:
    """Yield the project's total amount, in yuan, where a sentence states it."""
    for found in SUM.finditer(sentence):
        if not OTHER_SUMS.search(sentence[part_start(sentence, found.start()) : found.end()]):
            figure = found[1].replace(",", "")
            amount = (Decimal(figure) if figure[0].isdigit() else number(figure) or 0) * (10_000 if found[2] else 1)
            # 包干 may follow the amount, after a comma: it belongs to the quoted words.
            words = parts_around(sentence, found.start(), max(found.end(), sentence.find("包干")))
            yield Obligation(kind, words, number=Decimal(amount))


DOCUMENT = re.compile(
    r"([\u4e00-\u9fff]{2,14}?(?:报告|总结|证明|清单|名单|承诺书|协议|合同|台账|手册|案例集|论文|证书|[记查价结计评]表))"
    r"(?=(?:复印件|原件|扫描件)?(?:[，,。；;、和及与（(）)各]|[一二三两\d]|$))"
)
REQUEST_VERBS = r"(?:提供|提交|报送|上交|出具|形成|交|签订|附|有)"
COVERED_DOCUMENTS = re.compile(
    r"第三方|绩效评|^项?目?评[估价]报告|审计|结[项题案]|[末终]期报告|详细报告|工作总结|总结报告|成果报告|签到|申报"
)


def _documents(kind: str, sentence: str) -> Iterator[Obligation]:
    """Yield documents asked for by a name that no other reader knows.

    Documents of activities and of progress are left to `_records` and `_reports`.
    """
    for part in split_parts(sentence):
        verb = re.search(REQUEST_VERBS, part)
        if not verb or re.search(EACH_ACTIVITY, part) or NEGATION.search(part[: verb.start()]):
            continue
        for found in DOCUMENT.finditer(part, verb.end()):
            name = re.sub(r"^.*(?:提供|提交|出具|形成|签订|报送|上交|须附|以及|一份|一篇)|^[和及与的附]", "", found[1])
            if len(name) > 2 and not COVERED_DOCUMENTS.search(name) and not PROGRESS.search(name):
                yield Obligation(kind, part, name=name, number=number(part[found.end() :], "份|篇"))


IN_A_NAME = r"以…(?:{}|[妇残侨科文]联|[省市区县旗团]委|[民司教]\w局|工会)…名义|冠名"
"""Words that demand to act in the name of the funder, whose names go into the braces, or of another body."""

READERS: Sequence[tuple[str, Reader]] = (
    ("幸福使者平台", _by_words(r"幸福使者(?!…(?:发布|宣传|公布|展示))")),
    ("妇女组织", _by_words(
        r"妇女组织|(?:有|建立?|成立|设立?)…妇[女联]组织|妇委会|妇女(?:工作)?委员会|妇女之家|女职工委员会|妇女小组"
    )),
    ("全职社工", _by_words(r"(?<!专)[全专]职…社(?:工|会工作)|社(?:工|会工作者)…[全专]职", "人|名|位")),
    ("依法登记", _by_words(r"(?:依法|合法|民政|在[省市区县]|工商)…(?:登记|注册)(?!表|证)|法人资格")),
    ("年限和等级", _by_words(r"(?:登记|注册|成立)[^，,。；;、]{0,10}?年|年检|[1-5]A")),
    ("执行经验", _by_words(r"(?:具备|具有|有)…经验(?!做法|材料|总结|推广)|经验丰富")),
    ("资源和理念", _by_words(r"优势资源[^。；;]{0,12}理念|优势资源|公益…理念")),
    ("信誉", _by_words(r"(?:无|没有|未[有受被曾])…(?:违法|违规|不良|处罚|失信|异常)|信[用誉]良好")),
    ("设计能力", _by_words(r"(?:具有|具备|有)…能力")),
    ("督导", _supervision),
    ("每次活动", _records),
    ("", _reports),  # reads several kinds, and names each itself
    ("第三方绩效评估报告", _by_words(r"(?:第三方|绩效)…评[估价](?!费|指标)")),
    ("专项资金审计报告", _by_words(
        r"(?<![一二两三\d]年)(?<![一二两三\d]年度)(?:审计报告|专项审计|审计机构|财务审计|会计师?事务所|接受审计)"
    )),
    ("项目结项报告", _by_words(
        r"结[项题案](?:验收|情况)?(?:报告|总结)|[末终]期报告|详细报告|总结报告|(?<!季度)(?<!月度)(?<!阶段)(?<!中期)工作总结"
    )),
    ("书面成果报告", _by_words(r"成果报告|书面成果", "篇|份")),
    ("汇编成册", _by_words(r"汇编|成册|装订")),
    ("项目费用", _lump_sum),
    ("按申报书和预算执行", _by_words(r"(?:按照?|依照|根据)…申报书|(?:按照?|依照|根据)…预算…执行")),
    ("资金规范使用", _by_words(r"资金…规范|规范使用…资金|专款专用")),
    ("项目专账", _by_words(r"专[账帐]|(?:单独|独立|专项|分账)(?:建账|设账|立账|记账|核算)|专户")),
    ("服务对象档案", _by_words(r"一[人户]一[档策册]|(?:服务对象|个案|受益人|家庭|儿童|成长)…档案")),
    ("管理档案", _by_words(
        r"管理档案|项目档案|档案管理|档案资料(?!…(?:成册|装订|汇编))|建立(?!…(?:对象|个案|家庭|儿童|成长))…档案"
    )),
    (NO_FUNDER.in_its_name, _by_words(IN_A_NAME.format(NO_FUNDER.pattern))),
    ("成果归属", _by_words(r"成果…归(?!档|类|集|纳|总)|知识产权|版权")),
    ("巾帼志愿者服装或标志", _by_words(r"志愿…(?:服装|马甲|标志|标识|绶带|红帽)|[着穿]…(?:服装|马甲)")),
    ("活动创新、主题突出", _by_words(
        r"活动设计[^。；;]*主题突出[^。；;]*|活动设计|主题(?:突出|鲜明)|[形行]式新颖|品牌|创新性"
    )),
    ("满意度", _by_words(r"满意[度率](?!调查)")),
    ("其他材料", _documents),
)  # fmt: skip
"""The table of obligations: each kind with the reader of the words that announce it. Its judge is in `judges`."""


@lru_cache
def _readers(funder: Funder) -> tuple[tuple[str, Reader], ...]:
    """Return the table for a funder: its names count in the clauses, and one kind bears its name."""
    own: dict[str, tuple[str, Reader]] = {
        "督导": ("督导", partial(_supervision, funder=funder.pattern)),
        NO_FUNDER.in_its_name: (funder.in_its_name, _by_words(IN_A_NAME.format(funder.pattern))),
    }
    return tuple(own.get(kind, (kind, reader)) for kind, reader in READERS)
