"""相关要求, clause by clause, and what each asks for. Text in, obligations out; nothing here knows a project's data.

Words that announce an obligation stand in one table. Amounts, counts, departments and frequencies are read out of the
sentence itself, so that a catalogue nobody has seen yet is read like this year's.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from paperwork import values
from paperwork.catalogue import CatalogueEntry

REQUIREMENTS, GENERAL = "相关要求", "通用要求"
TARGET = "目标"
GENERAL_TEXT = "目录没有写明，但每个项目立卷归档都要有的材料。"
NUMERAL = r"(\d+(?:\.\d+)?|[一二两三四五六七八九十百]+)"
EVERY = {"月": 1, "季": 3, "半年": 6, "年": 12}
# How clauses are numbered: 1. 1、 / （1） (1) / 一、 / （一） / ① / 第一条. The first that begins the text counts.
STYLES: tuple[tuple[str, Callable[[str], int]], ...] = (
    (r"(\d{1,2})\s*[.．、](?!\d)", int),
    (r"[（(]\s*(\d{1,2})\s*[)）]", int),
    (r"([一二三四五六七八九十]{1,3})\s*、", values.chinese_number),
    (r"[（(]\s*([一二三四五六七八九十]{1,3})\s*[)）]", values.chinese_number),
    (r"([①②③④⑤⑥⑦⑧⑨⑩⑪⑫])", lambda sign: ord(sign) - ord("①") + 1),
    (r"第([一二三四五六七八九十]{1,3})[条款项]", values.chinese_number),
)


@dataclass(frozen=True)
class Obligation:
    """One thing that a clause asks for. `words` are the clause's own."""

    kind: str
    words: str
    clause: int = 0
    number: Decimal | None = None
    """How many, how much (yuan for money)."""
    department: str = ""
    months: int = 0
    """How often: once in each span of so many months; 0 when the clause does not say."""
    days: int = 0
    """Within how many days."""
    name: str = ""
    """Of a document asked for by name, or the code of a goal."""

    @property
    def matter(self) -> str:
        """What it is called in lists: a target by its words, a document by its name, all others by their kind."""
        if self.kind == TARGET:
            return self.words
        return self.name or self.kind


@dataclass(frozen=True)
class Clause:
    """A clause as published, verbatim, and the obligations recognised in it. `source` is the catalogue's column."""

    number: int
    text: str
    obligations: tuple[Obligation, ...]
    source: str = REQUIREMENTS


def split(text: str) -> list[tuple[int, str]]:
    """The numbered clauses of a text, verbatim: joined together they are the text. Without numbers, its lines."""
    for style, read in STYLES:
        cuts: list[int] = []
        for found in re.finditer(rf"(?:^|(?<=[\s。；;]))\s*{style}", text):
            if read(found[1]) == len(cuts) + 1:  # a number out of turn is part of a sentence
                cuts.append(found.start())
        starts_here = cuts and not text[: cuts[0]].strip()
        if starts_here:
            cuts[0] = 0
            return [(at + 1, text[cut:end]) for at, (cut, end) in enumerate(zip(cuts, [*cuts[1:], None], strict=True))]
    lines = [line for line in text.splitlines(keepends=True) if line.strip()]
    return list(enumerate(lines, 1))


def read(entry: CatalogueEntry) -> tuple[Clause, ...]:
    """The clauses of a project's 相关要求, and after them what every archive needs though no clause says so."""
    clauses = [
        Clause(number, text.strip(), tuple(replace(each, clause=number) for each in obligations(text)))
        for number, text in split(entry.requirements)
    ]
    asked = {each.kind for clause in clauses for each in clause.obligations}
    amount = Decimal(entry.amount)
    general = tuple(
        Obligation(kind, words, number=amount if kind == "项目费用" else None)
        for kind, words in ALWAYS.items()
        if kind not in asked
    )
    return (*clauses, Clause(0, GENERAL_TEXT, general, GENERAL)) if general else tuple(clauses)


ALWAYS = {
    "按申报书和预算执行": "项目申报书和预算",
    "活动": "活动记录",
    "项目费用": "支出不超过项目金额",
    "项目专账": "项目专账",
    "项目结项报告": "项目结项报告",
}


def obligations(text: str) -> list[Obligation]:
    """Everything a clause asks for, in the order of the table, each kind once (a document once for each name)."""
    found: dict[tuple[str, str], Obligation] = {}
    for sentence in re.split(r"(?<=[。；;\n])", text):
        for kind, reader in TABLE:
            for each in reader(kind, sentence):
                found.setdefault((each.kind, each.name), each)
    return list(found.values())


def department(text: str) -> str:
    """The department of the federation that a text names: 市妇联组联部 → 组联部."""
    found = re.search(r"妇联([\u4e00-\u9fff]{1,6}?(?:部|室|科|处|中心))", text)
    return found[1] if found else ""


def months(text: str) -> int:
    """How often: 每季度 → 3, 每月 → 1, 半年 → 6; 0 when nothing is said."""
    found = re.search(r"(?:每个?|按|逐)(半年|季|月|年)(?!底|初)", text)
    return EVERY[found[1]] if found else 0


def number(text: str, units: str = "") -> Decimal | None:
    """The first number before one of the units; Chinese numerals too."""
    found = re.search(rf"{NUMERAL}\s*(?:{units})" if units else NUMERAL, text)
    if not found:
        return None
    words = found[1]
    return Decimal(words) if words[0].isdigit() else Decimal(values.chinese_number(words))


# ---- readers: a kind and a sentence in, obligations out

Reader = Callable[[str, str], Iterator[Obligation]]


def _said(pattern: str, units: str = "") -> Reader:
    """Recognise a kind by words; … stands for a few others, but no comma.

    The words of the obligation are the parts between commas that hold them.
    """
    sought = re.compile(pattern.replace("…", r"[^，,。；;\n]{0,25}?"))

    def reader(kind: str, sentence: str) -> Iterator[Obligation]:
        found = sought.search(sentence)
        if found:
            words = _around(sentence, found.start(), found.end())
            yield Obligation(kind, words, number=number(words, units) if units else None)

    return reader


def _around(sentence: str, start: int, end: int) -> str:
    left = max(sentence.rfind(mark, 0, start) for mark in "，,。；;\n") + 1
    right = min((place for mark in "，,。；;\n" if (place := sentence.find(mark, end)) >= 0), default=len(sentence))
    return _unnumbered(sentence[left:right])


def _unnumbered(words: str) -> str:
    return re.sub(
        r"^\s*(?:[（(]?\d{1,2}\s*[.．、)）](?!\d)|[（(]?[一二三四五六七八九十]{1,3}[)）、])\s*", "", words
    ).strip()


def _parts(sentence: str) -> list[str]:
    return [_unnumbered(part) for part in re.split(r"[，,。；;\n]", sentence)]


def _supervision(kind: str, sentence: str) -> Iterator[Obligation]:
    parts = [part for part in _parts(sentence) if "督导" in part]
    if parts:
        said = next((part for part in parts if months(part)), parts[0])
        yield Obligation(kind, said, department=department(sentence), months=months(said))


RECORDS = {
    "方案": r"方案",
    "简报": r"简报",
    "照片": r"照片|图片|影像|相片",
    "小视频": r"视频|录像|短片|影像",
    "签到表": r"签到",
}
EACH_ACTIVITY = (
    r"(?:每|各|历|所有|全部)[一个]?(?:次|场|项|期)?(?:的)?活动"
    r"|活动(?:记录|资料|档案)|活动(?:均|都)?(?:须|要|应)有|活动(?:结束|开展|举办)后"
)


def _records(kind: str, sentence: str) -> Iterator[Obligation]:
    """What each activity must leave behind. What is to be reported of it is another matter."""
    begins = re.search(EACH_ACTIVITY, sentence)
    if begins:
        parts = [part for part in _parts(sentence[_left(sentence, begins.start()) :]) if not REPORTED.search(part)]
        for thing, pattern in RECORDS.items():
            part = next((part for part in parts if re.search(pattern, part)), "")
            if part:
                yield Obligation(f"{kind}{thing}", part, number=number(part, "张") if thing == "照片" else None)


def _left(sentence: str, start: int) -> int:
    return max(sentence.rfind(mark, 0, start) for mark in "，,。；;\n") + 1


REPORTED = re.compile(r"报送|上报|呈报|报告给|提交给")


def _reports(_: str, sentence: str) -> Iterator[Obligation]:
    """What is to be reported to the federation: of each activity, of progress, as news."""
    for part in _parts(sentence):
        if not REPORTED.search(part):
            continue
        words, often, days = part, months(part), number(part, r"个?(?:工作)?[日天](?:之)?内")
        asked = Obligation("进展报送", words, days=int(days or 0), months=often)
        if re.search(EACH_ACTIVITY, part):
            things = (thing for thing in ("方案", "信息") if thing in part)
            yield from (replace(asked, kind=f"每次活动报送{thing}") for thing in things)
        elif re.search(r"信息|简报|动态", part):
            yield replace(asked, kind="信息报送", number=number(part, "篇|条|期"))
        if "进展" in part or "进度" in part:
            yield asked


def _lump_sum(kind: str, sentence: str) -> Iterator[Obligation]:
    found = re.search(r"(?:费用|经费|资金|金额|包干)[^，,。；;]{0,8}?(\d[\d,.]*)\s*(万?)元", sentence)
    if found:
        amount = Decimal(found[1].replace(",", "")) * (10_000 if found[2] else 1)
        end = sentence.find("包干")
        words = _around(sentence, found.start(), max(found.end(), end))
        yield Obligation(kind, words, number=amount)


DOCUMENT = re.compile(
    r"([\u4e00-\u9fff]{2,14}?(?:报告|总结|证明|清单|承诺书|协议|合同|台账|手册|案例集|论文|证书|登记表|调查表))"
    r"(?=(?:复印件|原件|扫描件)?(?:[，,。；;、和及与（(）)各]|[一二三两\d]|$))"
)
ASKED = r"(?:提供|提交|报送|上交|出具|形成|交|签订|附|有)"
KNOWN = re.compile(r"评[估价]|审计|结项|结题|详细报告|工作总结|总结报告|成果报告")


def _documents(kind: str, sentence: str) -> Iterator[Obligation]:
    """Documents asked for by a name that the table does not know."""
    for part in _parts(sentence):
        verb = re.search(ASKED, part)
        for found in DOCUMENT.finditer(part, verb.end()) if verb else ():
            name = re.sub(r"^.*(?:提供|提交|出具|形成|签订|报送|上交|以及|一份|一篇)|^[和及与的]", "", found[1])
            if len(name) > 2 and not KNOWN.search(name):
                yield Obligation(kind, part, name=name, number=number(part[found.end() :], "份|篇"))


TABLE: Sequence[tuple[str, Reader]] = (
    ("幸福使者平台", _said(r"幸福使者")),
    ("妇女组织", _said(r"妇女组织|妇联组织|妇委会|妇女之家")),
    ("全职社工", _said(r"[全专]职…社(?:工|会工作)|社(?:工|会工作者)…[全专]职", "人|名|位")),
    ("依法登记", _said(r"(?:依法|合法|民政部门)…(?:登记|注册)")),
    ("执行经验", _said(r"(?:具备|具有|有)…经验|经验丰富")),
    ("资源和理念", _said(r"优势资源[^。；;]{0,12}理念|优势资源|公益…理念")),
    ("信誉", _said(r"无…(?:违法|违规|不良|处罚)|信[用誉]良好")),
    ("设计能力", _said(r"(?:具有|具备|有)…能力")),
    ("督导", _supervision),
    ("每次活动", _records),
    ("", _reports),
    ("第三方绩效评估报告", _said(r"(?:第三方|绩效)…评[估价]")),
    ("专项资金审计报告", _said(r"审计报告|专项审计|审计机构")),
    ("项目结项报告", _said(r"结[项题](?:验收|情况)?(?:报告|总结)|详细报告|总结报告|工作总结")),
    ("书面成果报告", _said(r"成果报告|书面成果", "篇|份")),
    ("汇编成册", _said(r"汇编|成册|装订")),
    ("项目费用", _lump_sum),
    ("按申报书和预算执行", _said(r"按照?…申报书|(?:按照?|依照)…预算…执行")),
    ("资金规范使用", _said(r"资金…规范|规范使用…资金|专款专用")),
    ("项目专账", _said(r"专账|单独[建核][账算]|独立核算|专户")),
    ("管理档案", _said(r"管理档案|项目档案|档案(?:管理|资料)|建立…档案")),
    ("以市妇联名义", _said(r"以…妇联…名义")),
    ("成果归属", _said(r"成果…归|知识产权|版权")),
    ("巾帼志愿者服装或标志", _said(r"志愿者?…(?:服装|马甲|标志|标识)|着…服装")),
    ("活动创新、主题突出", _said(r"活动设计[^。；;]*主题突出[^。；;]*|活动设计|主题(?:突出|鲜明)|[形行]式新颖|品牌")),
    ("满意度", _said(r"满意[度率](?!调查)")),
    ("其他材料", _documents),
)  # fmt: skip
"""The table of obligations: a kind and the words that announce it. What counts as evidence stands in `judges`."""
