"""The papers that travel with an electronic archive: what 电子档案移交与接收办法 (档发〔2012〕7号) asks for, as text.

Only what the data give is said; where they give nothing there stands “——” for people and nothing for machines.
"""

import csv
import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from paperwork.check import DRAFT, Checked
from paperwork.faults import Level
from paperwork.model import Project
from paperwork.plan import Entry, Plan

PACKAGE = "电子档案包"
EXPLANATION, CATALOGUE = "说明文件.TXT", "文件目录.XML"
RECORDS, ITEMS, OTHER = "电子档案", "件", "其他"
MANIFEST, REPORT, PAGES, VERSIONS = "manifest.json", "校验报告.txt", "页码对照.csv", "版本与字体.txt"
ROOT, FILE, METADATA = "文件目录", "文件", "元数据"
NOTHING = "——"
NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Facts:
    """What the package says beyond project and page plan."""

    code: str
    """档号 of the volume; empty until there is one."""
    title: str
    fonds: str
    volume: str
    """The volume's file name."""
    stand_ins: tuple[str, ...] = ()
    tools: Mapping[str, str] = field(default_factory=dict)
    templates: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 of each template, by its name."""
    shown: Mapping[int, tuple[Path, ...]] = field(default_factory=dict)
    """The files of the inputs that an item shows, by the item's number."""


@dataclass(frozen=True)
class Filed:
    """A file under 电子档案/: what the catalogue says of it. Without an entry it is the whole volume."""

    entry: Entry | None
    name: str
    size: int
    digest: str
    is_archival: bool
    editable: str = ""


# ---- 文件目录.XML


def catalogue(filed: Sequence[Filed], checked: Checked, project: Project, laid: Plan, facts: Facts) -> bytes:
    """The catalogue of files: the whole volume, then its items in order, each with its metadata."""
    root = ET.Element(ROOT)
    for each in filed:
        file = ET.SubElement(root, FILE)
        for name, value in _columns(each, checked, project, facts).items():
            ET.SubElement(file, name).text = NOT_IN_XML.sub("", value)
        metadata = ET.SubElement(file, METADATA)
        minimum, more = _minimum(each, project, facts), _more(each, checked, project, laid, facts)
        for name, value in {**minimum, **{name: value for name, value in more.items() if value}}.items():
            ET.SubElement(metadata, name).text = NOT_IN_XML.sub("", value)
    ET.indent(root, " ")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode").encode() + b"\n"


def _columns(each: Filed, checked: Checked, project: Project, facts: Facts) -> dict[str, str]:
    """The eight columns of 文件目录, in their order."""
    number = each.entry.item.number if each.entry else 0
    remarks = [f"第{each.entry.start}—{each.entry.end}页" if each.entry else f"整卷，{checked.state}"]
    remarks += [f"可编辑文档：{each.editable}"] if each.editable else []
    return {
        "顺序号": str(number),
        "档号": _code(each, facts),
        "责任者": _responsible(each, project),
        "题名": _title(each, facts),
        "日期": _date(each, project),
        "密级": "",
        "电子档案名称": each.name,
        "备注": "；".join(remarks),
    }


def _minimum(each: Filed, project: Project, facts: Facts) -> dict[str, str]:
    """What GB/T 18894-2016 asks for at least, also where the data give nothing."""
    basics = project.basics
    return {
        "题名": _title(each, facts),
        "文件编号": "",
        "责任者": _responsible(each, project),
        "日期": _date(each, project),
        "机构或问题": basics.bureau,
        "保管期限": basics.retention or "",
        "密级": "",
        "格式信息": "PDF/A-2b" if each.is_archival else "PDF",
        "计算机文件名": Path(each.name).name,
        "计算机文件大小": str(each.size),
        "文档创建程序": "；".join(f"{name} {said}".strip() for name, said in _tools(facts).items()),
    }


def _more(each: Filed, checked: Checked, project: Project, laid: Plan, facts: Facts) -> dict[str, str]:
    """Elements of DA/T 46-2009 for which the data give something."""
    basics, entry = project.basics, each.entry
    return {
        "聚合层次": "文件" if entry else "案卷",
        "全宗号": basics.fonds,
        "全宗名称": facts.fonds,
        "立档单位名称": facts.fonds,
        "档案门类代码": basics.category,
        "年度": str(basics.year or ""),
        "件号": str(entry.item.number) if entry else "",
        "件数": "" if entry else str(len(laid.entries)),
        "页号": str(entry.start) if entry else "",
        "页数": str(entry.item.pages if entry else laid.pages),
        "类别": entry.item.section if entry else "",
        "文种": entry.item.form if entry else "",
        "语种": "汉语",
        "稿本": "草稿" if checked.state == DRAFT else "定稿",
        "数字摘要算法": "SHA-256",
        "数字摘要": each.digest,
    }


def _code(each: Filed, facts: Facts) -> str:
    return f"{facts.code}-{each.entry.item.number:03}" if facts.code and each.entry else facts.code


def _title(each: Filed, facts: Facts) -> str:
    return each.entry.item.title if each.entry else facts.title


def _responsible(each: Filed, project: Project) -> str:
    return each.entry.item.responsible if each.entry else project.basics.contractor


def _date(each: Filed, project: Project) -> str:
    date = each.entry.item.date if each.entry else project.made
    return f"{date:%Y%m%d}" if date else ""


def _tools(facts: Facts) -> dict[str, str]:
    return {name: said.removeprefix(name).strip() for name, said in facts.tools.items()}


# ---- 说明文件.TXT and the papers under 其他/


def explanation(
    sizes: Mapping[str, tuple[int, int]], checked: Checked, project: Project, laid: Plan, facts: Facts
) -> bytes:
    """说明文件: the seven lines asked for, then how much there is. `sizes` gives files and bytes by folder."""
    made = "，".join(f"{name} {said}".strip() for name, said in _tools(facts).items())
    lines = {
        "载体参数": f"容量 {sum(size for _, size in sizes.values())} 字节，类型 {NOTHING}",
        "载体编号": NOTHING,
        "保管单位": facts.fonds,
        "制作单位": project.basics.contractor,
        "检查单位": NOTHING,
        "软硬件环境": f"制作：{made}。阅读：任何 PDF 阅读器；可编辑文档用 Word 或 WPS。硬件：{NOTHING}",
        "其他": "本包为 BagIt 1.0，数字摘要见 manifest-sha256.txt 和 manifest-sha512.txt；用 paperwork verify 核对",
        "案卷题名": facts.title,
        "档号": facts.code,
        "状态": checked.state,
        "件数": f"{len(laid.entries)} 件，{laid.pages} 页",
        **{f"{name}/": f"{files} 个文件，{size} 字节" for name, (files, size) in sizes.items()},
    }
    return _lines(f"{name}：{value or NOTHING}" for name, value in lines.items())


def report(checked: Checked) -> bytes:
    """校验报告: state, clauses with their verdicts, what is missing, what else was noticed."""
    lines = [f"状态：{checked.state}", f"核对日期：{checked.as_of:%Y-%m-%d}", "", "一、逐条对照相关要求"]
    for answer in checked.answers:
        lines.append(f"{answer.name}：{answer.verdict}")
        lines += [f"　　{each.obligation.matter}：{each.verdict}" for each in answer.judged]
    others = [fault for fault in checked.faults if fault.level is not Level.GAP]
    for heading, faults in (("二、缺件", checked.gaps), ("三、其他问题", others)):
        lines += ["", f"{heading}（{len(faults)} 项）"]
        # What stands in the cell is left out: it may be a person's number.
        lines += [f"{fault.level}　{fault.where}　{fault.wrong}。{fault.mend}" for fault in faults]
    return _lines(lines)


def pages(laid: Plan, shown: Mapping[str, Sequence[int]]) -> bytes:
    """页码对照: which file of the package is shown on which pages of the volume; `shown` maps files to items."""
    entries = {entry.item.number: entry for entry in laid.entries}
    rows = [("包内文件", "件号", "题名", "首页", "末页")]
    for file, numbers in shown.items():
        for entry in (entries[number] for number in numbers):
            rows.append((file, str(entry.item.number), entry.item.title, str(entry.start), str(entry.end)))
        if not numbers:
            rows.append((file, "", "没有印入卷内", "", ""))
    out = io.StringIO()
    csv.writer(out).writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")  # Excel takes it for Chinese only with the mark


def _cell(value: str) -> str:
    """A name that begins like a formula must not be calculated."""
    return f"'{value}" if value.startswith(("=", "+", "-", "@")) else value


def versions(facts: Facts) -> bytes:
    """版本与字体: programs, stand-ins for fonts, digests of the templates."""
    lines = ["一、程序", *(f"{name} {said}".strip() for name, said in _tools(facts).items())]
    lines += ["", "二、代用字体", *(facts.stand_ins or ("没有",))]
    lines += ["", "三、模板（SHA-256）", *(f"{digest}  {name}" for name, digest in facts.templates.items())]
    return _lines(lines)


def _lines(lines: Iterable[str]) -> bytes:
    """Text as the oldest editor of an archive's computer shows it right: lines end as Windows ends them."""
    return "".join(f"{line}\r\n" for line in lines).encode()
