"""Write the metadata files of 电子档案包 required by 电子档案移交与接收办法 (档发〔2012〕7号).

Values come from the data only. A missing value is “——” in files for staff and empty in files for machines.
"""

import csv
import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from paperwork.checks.check import DRAFT, Checked
from paperwork.core.faults import Level
from paperwork.project.model import Project
from paperwork.volume.page_plan import PagePlan, PlannedItem

PACKAGE = "电子档案包"
WORD_FOLDER = "word"
EXPLANATION, CATALOGUE = "说明文件.TXT", "文件目录.XML"
RECORDS, ITEMS, OTHER = "电子档案", "件", "其他"
MANIFEST, REPORT, PAGES, VERSIONS = "manifest.json", "校验报告.txt", "页码对照.csv", "版本与字体.txt"
ROOT, FILE, METADATA = "文件目录", "文件", "元数据"
NOTHING = "——"
"""Placeholder for a missing value in files for staff."""
NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 does not allow, not even escaped."""


@dataclass(frozen=True)
class Facts:
    """Facts for the metadata files that come from neither the project nor the page plan."""

    code: str
    """档号 of the volume; empty while there is none."""
    title: str
    fonds: str
    volume: str
    """The volume's file name."""
    stand_ins: tuple[str, ...] = ()
    secrecy: str = ""
    """密级 of the volume."""
    tools: Mapping[str, str] = field(default_factory=dict)
    templates: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 of each template file, by name."""
    files_by_item: Mapping[int, tuple[Path, ...]] = field(default_factory=dict)
    """Input files that each item shows, by item number."""


@dataclass(frozen=True)
class ListedFile:
    """A file under 电子档案/ as listed in 文件目录.XML; `entry` is None for the whole volume."""

    entry: PlannedItem | None
    name: str
    size: int
    digest: str
    is_archival: bool
    editable: str = ""


# ---- 文件目录.XML


def file_list_xml(
    filed: Sequence[ListedFile], checked: Checked, project: Project, page_plan: PagePlan, facts: Facts
) -> bytes:
    """Return 文件目录.XML: the whole volume, then its items in order, each with its metadata."""
    root = ET.Element(ROOT)
    for each in filed:
        file = ET.SubElement(root, FILE)
        for name, value in _columns(each, checked, project, facts).items():
            ET.SubElement(file, name).text = NOT_IN_XML.sub("", value)
        metadata = ET.SubElement(file, METADATA)
        minimum, optional = (
            _minimum_elements(each, project, facts),
            _optional_elements(each, checked, project, page_plan, facts),
        )
        for name, value in {**minimum, **{name: value for name, value in optional.items() if value}}.items():
            ET.SubElement(metadata, name).text = NOT_IN_XML.sub("", value)
    ET.indent(root, " ")
    # ElementTree's own XML declaration has single quotes; this one is written by hand.
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode").encode() + b"\n"


def _columns(each: ListedFile, checked: Checked, project: Project, facts: Facts) -> dict[str, str]:
    """Return the eight columns of 文件目录, in their order."""
    number = each.entry.item.number if each.entry else 0
    remarks = [f"第{each.entry.start}—{each.entry.end}页" if each.entry else f"整卷，{checked.state}"]
    remarks += [each.entry.item.remark] if each.entry and each.entry.item.remark else []
    remarks += [f"可编辑文档：{each.editable}"] if each.editable else []
    return {
        "顺序号": str(number),
        "档号": _code_of(each, facts),
        "责任者": _responsible_of(each, project),
        "题名": _title_of(each, facts),
        "日期": _date_of(each, project),
        "密级": _secrecy_of(each, facts),
        "电子档案名称": each.name,
        "备注": "；".join(remarks),
    }


def _minimum_elements(each: ListedFile, project: Project, facts: Facts) -> dict[str, str]:
    """Return the minimum metadata of GB/T 18894-2016; elements without a value are kept, empty."""
    basics = project.basics
    return {
        "题名": _title_of(each, facts),
        "文件编号": each.entry.item.reference if each.entry else "",
        "责任者": _responsible_of(each, project),
        "日期": _date_of(each, project),
        "机构或问题": basics.bureau,
        "保管期限": basics.retention or "",
        "密级": _secrecy_of(each, facts),
        "格式信息": "PDF/A-2b" if each.is_archival else "PDF",
        "计算机文件名": Path(each.name).name,
        "计算机文件大小": str(each.size),
        "文档创建程序": "；".join(f"{name} {version}".strip() for name, version in _tool_versions(facts).items()),
    }


def _optional_elements(
    each: ListedFile, checked: Checked, project: Project, page_plan: PagePlan, facts: Facts
) -> dict[str, str]:
    """Return further elements of DA/T 46-2009; the caller leaves out the empty ones."""
    basics, entry = project.basics, each.entry
    return {
        "聚合层次": "文件" if entry else "案卷",
        "全宗号": basics.fonds,
        "全宗名称": facts.fonds,
        "立档单位名称": facts.fonds,
        "档案门类代码": basics.category,
        "年度": str(basics.year or ""),
        "件号": str(entry.item.number) if entry else "",
        "件数": "" if entry else str(len(page_plan.entries)),
        "页号": str(entry.start) if entry else "",
        "页数": str(entry.item.pages if entry else page_plan.pages),
        "类别": entry.item.section if entry else "",
        "文种": entry.item.form if entry else "",
        "语种": "汉语",
        "稿本": "草稿" if checked.state == DRAFT else "定稿",
        "数字摘要算法": "SHA-256",
        "数字摘要": each.digest,
    }


def _code_of(each: ListedFile, facts: Facts) -> str:
    return f"{facts.code}-{each.entry.item.number:03}" if facts.code and each.entry else facts.code


def _title_of(each: ListedFile, facts: Facts) -> str:
    return each.entry.item.title if each.entry else facts.title


def _secrecy_of(each: ListedFile, facts: Facts) -> str:
    return each.entry.item.secrecy if each.entry else facts.secrecy


def _responsible_of(each: ListedFile, project: Project) -> str:
    return each.entry.item.responsible if each.entry else project.basics.contractor


def _date_of(each: ListedFile, project: Project) -> str:
    date = each.entry.item.date if each.entry else project.archive_date
    return f"{date:%Y%m%d}" if date else ""


def _tool_versions(facts: Facts) -> dict[str, str]:
    return {name: version.removeprefix(name).strip() for name, version in facts.tools.items()}


# ---- 说明文件.TXT and the files under 其他/


def explanation(
    sizes: Mapping[str, tuple[int, int]], checked: Checked, project: Project, page_plan: PagePlan, facts: Facts
) -> bytes:
    """Return 说明文件.TXT: the seven required lines, then the counts.

    `sizes` holds the number of files and bytes by folder.
    """
    programs = "，".join(f"{name} {version}".strip() for name, version in _tool_versions(facts).items())
    lines = {
        "载体参数": f"容量 {sum(size for _, size in sizes.values())} 字节，类型 {NOTHING}",
        "载体编号": NOTHING,
        "保管单位": facts.fonds,
        "制作单位": project.basics.contractor,
        "检查单位": NOTHING,
        "软硬件环境": f"制作：{programs}。阅读：任何 PDF 阅读器；可编辑文档用 Word 或 WPS。硬件：{NOTHING}",
        "其他": "本包为 BagIt 1.0，数字摘要见 manifest-sha256.txt 和 manifest-sha512.txt；用 paperwork verify 核对",
        "案卷题名": facts.title,
        "档号": facts.code,
        "状态": checked.state,
        "件数": f"{len(page_plan.entries)} 件，{page_plan.pages} 页",
        **{f"{name}/": f"{files} 个文件，{size} 字节" for name, (files, size) in sizes.items()},
    }
    return _as_text(f"{name}：{value or NOTHING}" for name, value in lines.items())


def report(checked: Checked) -> bytes:
    """Return 校验报告.txt: the state, the clauses with their verdicts, the gaps and the other faults."""
    lines = [f"状态：{checked.state}", f"核对日期：{checked.as_of:%Y-%m-%d}", "", "一、逐条对照相关要求"]
    for answer in checked.answers:
        lines.append(f"{answer.name}：{answer.shown_verdict}")
        lines += [f"　　{each.obligation.matter}：{each.verdict}" for each in answer.judged]
        if answer.unchecked:
            lines.append(f"　　另有 {len(answer.unchecked)} 处叙述未核对")
    others = [fault for fault in checked.faults if fault.level is not Level.GAP]
    lines += ["", f"二、待补材料（{len(checked.missing)} 项，其中未到期 {checked.later} 项）"]
    for each in checked.missing:
        until = "" if each.is_overdue else f"（未到期，{each.due:%Y-%m-%d} 以前）"
        lines.append(f"{Level.GAP}　{each.where}　{each.wrong}{until}。{each.mend}")
    # The value of the cell is left out: it may be a person's number.
    lines += ["", f"三、其他问题（{len(others)} 项）"]
    lines += [f"{fault.level}　{fault.where}　{fault.wrong}。{fault.mend}" for fault in others]
    return _as_text(lines)


def pages(page_plan: PagePlan, shown: Mapping[str, Sequence[int]]) -> bytes:
    """Return 页码对照.csv, which lists the pages of the volume that show each file of the package.

    `shown` maps the name of a file to the numbers of the items that show it.
    """
    entries = {entry.item.number: entry for entry in page_plan.entries}
    rows = [("包内文件", "件号", "题名", "首页", "末页")]
    for file, numbers in shown.items():
        for entry in (entries[number] for number in numbers):
            rows.append((file, str(entry.item.number), entry.item.title, str(entry.start), str(entry.end)))
        if not numbers:
            rows.append((file, "", "没有印入卷内", "", ""))
    out = io.StringIO()
    csv.writer(out).writerows([_csv_cell(value) for value in row] for row in rows)
    # Excel reads a CSV as UTF-8 only if it begins with a byte order mark; else Chinese is garbled.
    return out.getvalue().encode("utf-8-sig")


def _csv_cell(value: str) -> str:
    """Return the value for a CSV cell; an apostrophe stops Excel from evaluating a name that looks like a formula."""
    return f"'{value}" if value.startswith(("=", "+", "-", "@")) else value


def versions(facts: Facts) -> bytes:
    """Return 版本与字体.txt: the programs, the substitute fonts and the digests of the templates."""
    lines = ["一、程序", *(f"{name} {version}".strip() for name, version in _tool_versions(facts).items())]
    lines += ["", "二、代用字体", *(facts.stand_ins or ("没有",))]
    lines += ["", "三、模板（SHA-256）", *(f"{digest}  {name}" for name, digest in facts.templates.items())]
    return _as_text(lines)


def _as_text(lines: Iterable[str]) -> bytes:
    """Return the lines as UTF-8 text with CRLF, since old Windows editors at an archive need it."""
    return "".join(f"{line}\r\n" for line in lines).encode()
