"""Made-up data for a preview of the forms: a project and records of every kind, the same each time.

Values follow from the types of the fields, so a new column or a new record class needs no line here. Only values that
must fit each other, or that a parser checks, are written down.
"""

import datetime as dt
import types
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from paperwork.core import dates, values
from paperwork.core.dates import Quarter
from paperwork.core.values import Money
from paperwork.formats.media import photos
from paperwork.formats.office.word import Picture
from paperwork.project.funder import Funder
from paperwork.project.model import CatalogueEntry, Project, sheets
from paperwork.project.record import Record

ROWS = 3
"""Rows of each sheet, and of each list inside a record."""
PICTURES = {"图": (72, (4, 3)), "二维码": (25, (1, 1))}
"""Fields that hold a picture: its width in millimetres, and its shape."""
FIXED: Mapping[str, Any] = {
    "项目序号": 1,
    "项目名称": "示例项目",
    "项目承接主体": "社会组织",
    "实施周期": "2022年4月—12月",
    "项目金额（万元）": 10,
    "承接单位": "示例社会工作服务中心",
    "统一社会信用代码": "52510300MJY000001A",
    "银行账号": "6200000000000000001",
    "联系电话": "13800000001",
    "电话": "13800000001",
    "证件号码": "510399198506150028",
    "年度": 2022,
    "示例": "是",
    "多久一次": "",
    "验收组": "甲示例 示例单位 主任\n乙示例 示例事务所 注册会计师",
}
"""Values of columns, by header, that a parser checks or that other values depend on."""
COLUMNS: Mapping[str, Mapping[str, tuple[Any, ...]]] = {
    "绩效目标": {
        "编号": ("MB-1", "MB-2", "MB-3"),
        "统计方式": ("活动数量", "活动场次", "人工填写"),
        "统计口径": ("培训", "培训", ""),
        "目标值": (6, 3, 100),
        "人工完成值": (None, None, 100),
    },
    "预算": {
        "科目": ("项目活动费", "项目管理费", "审计费"),
        "单价": (7000, 2000, 1000),
        "数量": (10, 10, 10),
        "金额": (70000, 20000, 10000),
    },
    "活动": {
        "活动编号": ("HD-01", "HD-02", "HD-03"),
        "活动类别": ("培训", "培训", "培训"),
        "数量": (2, 2, 2),
        "结束日期": (None, None, None),
    },
    "督导": {"督导编号": ("DD-1", "DD-2", "DD-3")},
    "进展": {"期次": ("2022年第二季度", "2022年第三季度", "2022年第四季度")},
    "支出": {
        "凭证号": ("记-001", "记-002", "记-003"),
        "科目": ("项目拨款", "项目活动费", "项目管理费"),
        "收入": (100000, None, None),
        "支出": (None, 60000, 5000),
        "活动编号": ("", "HD-01", ""),
    },
    "小微项目": {
        "编号": ("XW-1", "XW-2", "XW-3"),
        "结束日期": (dt.date(2022, 9, 1), dt.date(2022, 10, 1), dt.date(2022, 11, 1)),
    },
    "名册": {"类别": ("学员", "学员", "学员")},
    "附件": {"活动编号": ("HD-01", "", "")},
}
"""Values of sheets that are counted or compared, one for each row."""
R = TypeVar("R", bound=Record)


def make_project(folder: Path, templates: Path, funder: Funder) -> Project:
    """Return the made-up project; it has no files."""
    made: dict[str, Any] = {
        name: make_record(kind.annotation, 1, folder) if title in keyed else tuple(_rows(title, folder))
        for name, kind in Project.fields().items()
        if (title := kind.alias)
        for keyed in [{each for each, record in sheets().items() if record.keyed}]
    }
    return Project(
        catalogue=make_record(CatalogueEntry, 1, folder),
        number="1",
        folder=folder,
        workbook="示例/项目数据.xlsx",
        funder=funder,
        templates=templates,
        **made,
    )


def _rows(title: str, folder: Path) -> Iterator[Record]:
    """Yield the rows of a sheet."""
    columns = COLUMNS.get(title, {})
    for number in range(1, ROWS + 1):
        given = {header: cells[number - 1] for header, cells in columns.items()}
        yield make_record(sheets()[title], number, folder, given)


def make_record(kind: type[R], number: int, folder: Path, given: Mapping[str, Any] | None = None) -> R:
    """Return a record of a class; `number` makes its values differ from those of other rows.

    `given` holds values by header. Pictures are written into `folder`.
    """
    fixed = {**FIXED, **(given or {})}
    made: dict[str, Any] = {}
    for name, each in kind.fields().items():
        header = each.alias or name
        made[header] = fixed[header] if header in fixed else _value(header, each.annotation, number, folder)
    return kind.model_validate(made)


def _value(header: str, annotation: Any, number: int, folder: Path) -> Any:
    """Return a value that the type allows."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if header in PICTURES:
        return _picture(header, folder)
    if origin is Annotated:
        return _value(header, inner[0], number, folder)
    if origin in (Union, types.UnionType):
        return _value(header, inner[0], number, folder)
    if origin is Literal:
        return inner[(number - 1) % len(inner)]
    if origin is tuple:
        count = ROWS if isinstance(inner[0], type) and issubclass(inner[0], Record) else 1
        return tuple(_value(header, inner[0], each, folder) for each in range(1, count + 1))
    return _plain_value(header, annotation, number, folder)


def _plain_value(header: str, kind: type, number: int, folder: Path) -> Any:
    """Return a value of a class."""
    if issubclass(kind, Record):
        return make_record(kind, number, folder)
    if issubclass(kind, values.PersonalIdentifier):
        return FIXED["联系电话"]
    if issubclass(kind, bool):
        return True
    if issubclass(kind, Quarter):
        return dates.as_quarter("2022年第二季度")
    if issubclass(kind, dt.date):
        return dt.date(2022, 3 * number + 1, 20)
    if issubclass(kind, Money):
        return Money(1000 * number)
    if issubclass(kind, (int, Decimal)):
        return 10 * number
    return f"示例{header}{number if number > 1 else ''}"


def _picture(header: str, folder: Path) -> Picture:
    """Return a grey picture."""
    width, (across, high) = PICTURES[header]
    path = folder / f"{header}.png"
    if not path.exists():
        path.write_bytes(photos.png(across, high, bytes([190]) * (3 * across * high)))
    return Picture(path, width)
