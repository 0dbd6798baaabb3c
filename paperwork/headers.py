"""What people write above a column → the column that is meant: exactly, by the word list, or nearly; never silently."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from paperwork import alike
from paperwork.faults import Fault, Level
from paperwork.grid import Cell, Sheet
from paperwork.record import Record

SEARCH = 20
"""Title lines and blank lines above a header: how far down a header row is looked for."""
CLOSE = 80
"""How alike (0 to 100) an unknown header must be; two characters of four are not enough."""
UNIT = re.compile(r"[（(](万?元)[)）]")
REMARK = re.compile(r"[（(\[【].*?[)）\]】]")
# Each column's other names: in one sheet, or (under "") wherever a sheet has that column.
SYNONYMS: dict[str, dict[str, str]] = {
    "": {
        "承接单位": "单位名称 承办单位 实施单位",
        "法定代表人": "法人 法人代表",
        "统一社会信用代码": "信用代码 社会信用代码",
        "单位地址": "地址",
        "开户银行": "开户行",
        "银行账号": "账号 银行帐号",
        "联系电话": "电话 手机 手机号 手机号码 联系方式 电话号码",
        "证件号码": "身份证号 身份证 身份证号码 证件号",
        "经手人": "经办人",
        "金额": "数额",
        "全职社工人数": "专职社工人数",
    },
    "基本信息": {
        "项目序号": "序号 项目编号",
        "项目负责人": "负责人",
        "单位类型": "单位性质",
    },
    "绩效目标": {
        "编号": "目标编号",
        "指标": "绩效指标 目标",
        "目标值": "目标数",
        "人工完成值": "完成值",
    },
    "预算": {
        "科目": "费用科目 预算科目",
        "内容": "预算内容",
        "金额": "预算金额",
        "测算依据": "依据",
    },
    "活动": {
        "活动编号": "编号",
        "活动名称": "名称 活动主题",
        "活动类别": "类别 活动类型",
        "开始日期": "日期 活动日期 开始时间 起始日期",
        "结束日期": "结束时间",
        "地点": "活动地点 活动地址",
        "参与人数": "人数 参加人数 活动人数 参与人次",
        "负责人": "活动负责人",
        "活动目的": "目的",
        "活动流程": "流程",
        "简报标题": "标题",
        "简报正文": "简报内容",
        "简报期号": "期号",
    },
    "督导": {
        "督导编号": "编号",
        "督导日期": "日期 督导时间",
        "督导部室": "部室 督导部门",
        "督导人": "督导人员 督导者",
        "督导方式": "方式",
        "督导地点": "地点",
        "督导内容": "内容",
        "发现问题": "存在问题 问题",
    },
    "进展": {
        "期次": "季度 期数",
        "报送日期": "日期 报送时间",
        "完成工作": "工作进展 已完成工作",
        "存在问题": "问题",
        "下一步计划": "下一步工作 下步计划",
    },
    "信息报送": {
        "报送日期": "日期 报送时间",
        "标题": "题目 信息标题",
        "类型": "类别",
        "链接": "网址",
    },
    "支出": {
        "日期": "记账日期 时间",
        "凭证号": "凭证编号 凭证",
        "摘要": "用途 事由",
        "科目": "费用科目",
        "收入": "收入金额",
        "支出": "支出金额",
        "票据张数": "票据数 发票张数",
    },
    "小微项目": {
        "编号": "项目编号",
        "名称": "项目名称",
        "承接组织": "承接单位 实施组织",
        "金额": "资助金额",
        "开始日期": "开始时间",
        "结束日期": "结束时间",
        "服务人次": "受益人次",
    },
    "名册": {
        "姓名或名称": "姓名 名称 组织名称",
        "类别": "类型",
        "所属单位": "单位 工作单位",
    },
    "附件": {
        "类型": "类别 附件类型",
        "题名": "名称 标题",
        "文件": "文件名 文件名称",
        "责任者": "出具单位",
        "日期": "出具日期",
    },
    "确认": {
        "条款": "条款号 条款序号",
        "结论": "结果",
        "日期": "确认日期",
    },
    "结项": {
        "主要成效": "成效",
        "经验做法": "经验",
        "改进建议": "建议",
        "结项日期": "日期",
    },
    "项目发布目录": {
        "项目序号": "序号",
        "牵头部室": "牵头部门 责任部室 责任部门 主管部室",
        "项目名称": "名称",
        "项目目标": "目标 绩效目标",
        "项目内容": "内容 主要内容",
        "服务对象": "受益对象",
        "项目承接主体": "承接主体 实施主体",
        "实施周期": "项目周期 实施时间 实施期限",
        "项目金额（万元）": "项目资金 项目经费 金额 经费",
        "相关要求": "要求 项目要求 实施要求 有关要求",
    },
}


@dataclass(frozen=True)
class Header:
    """Where a table's columns are: the row, and the name of the column at each position.

    `unit` is what a header says of its money, 元 or 万元. `faults` tell what was not exact.
    """

    row: int
    names: dict[int, str]
    units: dict[str, str] = field(default_factory=dict)
    known: int = 0
    faults: tuple[Fault, ...] = ()


def plain(words: object) -> str:
    """A header without blanks, line breaks, asterisks, colons and full-width forms."""
    return re.sub(r"[\s*＊:：]", "", unicodedata.normalize("NFKC", str(words)))


def _without_remark(words: str) -> str:
    return REMARK.sub("", words)


def find(sheet: Sheet, kind: type[Record], title: str) -> Header | None:
    """Find the header: the row among the first ones that names the most columns of the class, the lower of two."""
    best: Header | None = None
    for number, row in enumerate(sheet.rows[:SEARCH]):
        cells = {place: cell for place, cell in enumerate(row) if cell.value not in (None, "")}
        if len(cells) > 1 or (cells and len(kind.fields()) == 1):
            header = _meanings(number, cells, kind, title)
            if header.known and header.known >= (best.known if best else 0):
                best = header
    return best


def _meanings(number: int, cells: dict[int, Cell], kind: type[Record], title: str) -> Header:
    meant, faults = match(list(cells.values()), kind, title)
    names = {place: meant[at] or str(cell.value).strip() for at, (place, cell) in enumerate(cells.items())}
    units = {names[place]: unit[1] for place, cell in cells.items() if (unit := UNIT.search(plain(cell.value)))}
    return Header(number, names, units, sum(map(bool, meant)), tuple(faults))


def match(cells: Sequence[Cell], kind: type[Record], title: str) -> tuple[list[str], list[Fault]]:
    """The column that each header means, empty for an unknown one; and what has to be said about it."""
    aliases = {plain(each.alias): each.alias for each in kind.fields().values()}
    bare = {_without_remark(name): alias for name, alias in aliases.items()}
    lists = {**SYNONYMS[""], **SYNONYMS.get(title, {})}
    other = {word: alias for alias, listed in lists.items() for word in listed.split()}
    words = [plain(cell.value) for cell in cells]
    exact = [aliases.get(word) or bare.get(_without_remark(word), "") for word in words]
    by_list = [other.get(_without_remark(word), "") for word in words]
    meant = [one or (two if two in aliases.values() else "") for one, two in zip(exact, by_list, strict=True)]
    left = [name for name in bare if bare[name] not in meant]
    for at, word in enumerate(words):
        if not meant[at] and len(word) > 2 and (near := alike.nearest(_without_remark(word), left, CLOSE)):
            meant[at] = bare[near]
    faults = list(_said(cells, meant, exact))
    return [name if meant.index(name) == at else "" for at, name in enumerate(meant)], faults


def _said(cells: Sequence[Cell], meant: Sequence[str], exact: Sequence[str]) -> Iterator[Fault]:
    for at, (cell, name) in enumerate(zip(cells, meant, strict=True)):
        first = meant.index(name)
        words = str(cell.value).strip()
        if name and first != at:
            wrong = f"“{str(cells[first].value).strip()}”和“{words}”两列都是“{name}”"
            yield Fault(Level.ERROR, cell.where, wrong, "请只留一列，另一列删去或改名", words)
        elif name and not exact[at]:
            yield Fault(
                Level.NOTICE, cell.where, f"表头“{words}”按“{name}”读", f"不对的话，请把表头改成“{name}”", words
            )
