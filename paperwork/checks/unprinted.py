"""Find the columns of the workbook that no form prints, so that nothing is lost between a cell and its page."""

import re
import zipfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from paperwork.core import values
from paperwork.core.faults import Fault, Level, Unreadable
from paperwork.formats.toml_files import read_toml
from paperwork.project.model import Project, sheets
from paperwork.project.record import Record

TAG, NAME = re.compile(r"\{[{%](.*?)[%}]\}", re.DOTALL), re.compile(r"\w+")
BARE, BARE_NAME = "=", re.compile(r"(?<![.\w])\w+")
"""Mark of the names that follow no point in a tag."""
USED_OTHERWISE = {
    "基本信息": {
        "项目序号": "目录和工作簿靠它对上，印出来的是项目名称",
        "协议签订日期": "用来算实施周期的起止",
        "全宗号": "印在档号里",
        "档案门类代码": "印在档号里",
        "机构问题": "印在档号里",
        "示例": "填“是”的，每页印上示例标记",
    },
    "绩效目标": {
        "统计方式": "告诉程序怎样统计，看的人要的是完成值",
        "统计口径": "告诉程序统计哪一类，看的人要的是完成值",
        "人工完成值": "印作完成值",
    },
    "照片说明": {
        "文件": "告诉程序说的是哪张照片、哪个视频",
        "活动编号": "告诉程序是哪次活动的照片",
        "说明": "印在照片下面、视频登记页上",
        "摄影者": "印在照片下面、视频登记页上",
        "背景": "印在照片下面",
        "入册": "填“否”的照片不装进档案",
    },
}
"""Columns that no form names and that are not lost, each with the reason."""
SHOWN_AS = {"简报正文": "简报前段", "验收组": "验收组名单"}
"""Columns whose contents a form may show in parts, with the field of the parts."""
IN_CONTENTS = ("title", "responsible", "date", "by", "scan", "reference", "secrecy", "remark")
"""Keys of a form whose columns are shown without a tag in a template."""
MAX_PART = 16 * 2**20
"""Largest part of a template, in bytes, that is searched."""


def unprinted_columns(project: Project, templates: Path) -> Iterator[Fault]:
    """Yield a notice for each column with contents that no template names, at the first cell with contents."""
    folder = templates / "docx"
    names = frozenset[str]().union(*(_names(path, path.stat().st_mtime_ns) for path in sorted(folder.glob("*.docx"))))
    names |= _names_in_contents(templates / "forms.toml")
    names |= {column for column, part in SHOWN_AS.items() if part in names}
    known = {field.alias for kind in sheets().values() for field in kind.fields().values()}
    for title in sheets() if names else ():
        seen, told = USED_OTHERWISE.get(title, {}).keys() | names, set[str]()
        found = project.sheet(title)
        for record in [found] if isinstance(found, Record) else found:
            for header in _headers(record):
                name = values.template_name(header)
                # A name such as 备注 in {{ row.备注 }} is that of the sheet which has this column by itself.
                is_other = header in known and header in (record.model_extra or {}) and BARE + name not in names
                is_lost = (name not in seen or is_other) and name not in told
                if is_lost and values.format_value(record.template_values().get(name)).strip():
                    told.add(name)
                    wrong = f"“{header}”这一栏有内容，没有一张表单印它"
                    mend = f"要印出来，请在模板里写上 {{{{ {name} }}}}；不用印就不必理会"
                    yield Fault(Level.NOTICE, record.where(header), wrong, mend)


@lru_cache(maxsize=64)
def _names(path: Path, _changed: int) -> frozenset[str]:
    """Return all words in the tags of a template; the markup between their letters is removed first."""
    found: set[str] = set()
    try:
        with zipfile.ZipFile(path) as package:
            for part in package.infolist():
                if part.filename.startswith("word/") and part.filename.endswith(".xml") and part.file_size < MAX_PART:
                    words = re.sub(r"<[^>]+>", "", package.read(part).decode("utf-8", "replace"))
                    for tag in TAG.findall(words):
                        found.update(NAME.findall(tag))
                        found.update(BARE + name for name in BARE_NAME.findall(tag))
    except (OSError, zipfile.BadZipFile):  # the check of templates refuses it
        pass
    return frozenset(found)


def _names_in_contents(forms: Path) -> frozenset[str]:
    """Return the columns from which 卷内目录 takes titles, dates and names, as forms.toml says."""
    try:
        declared = read_toml(forms).get("form", [])
    except (OSError, Unreadable):  # the build refuses it
        return frozenset()
    entries = [each for each in declared if isinstance(each, dict)] if isinstance(declared, list) else []
    return frozenset(name for each in entries for key in IN_CONTENTS for name in NAME.findall(str(each.get(key, ""))))


def _headers(record: Record) -> Iterator[str]:
    """Yield the headers of a record, those of columns that the program does not know included."""
    yield from (each.alias or name for name, each in record.fields().items())
    yield from record.model_extra or {}
