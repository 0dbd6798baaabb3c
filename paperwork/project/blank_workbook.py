"""Generate the blank workbook that staff fill in; columns, formats, drop-downs and hints come from the model."""

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from paperwork.core import commands, dates, values
from paperwork.formats.spreadsheets import writer
from paperwork.formats.spreadsheets.writer import ColumnSpec, SheetSpec
from paperwork.project.catalogue.quantities import new_quantities
from paperwork.project.model import CatalogueEntry, sheets
from paperwork.project.record import OPTIONAL, REQUIRED_LATER, Record, parser_of

COLUMN_FORMATS: dict[Any, str] = {
    dates.as_date: "date",
    values.as_money: "money",
    values.as_number: "number",
    values.as_count: "number",
    values.as_project_number: "number",
    values.as_yes_no: "choice",
    values.as_digits: "digits",
    values.as_phone: "digits",
    values.as_personal_phone: "digits",
    values.as_id_number: "digits",
    values.as_credit_code: "digits",
}
INSTRUCTIONS = (
    "填写说明",
    "1. 每张表的第一行是表头，请不要改表头的字；橙黄底色的是必填项，蓝色底的可以不填；"
    "灰底的是选填项，填了就印在表单里，不填也不缺，可以点表格边上的“－”一起收起来。鼠标停在表头上，会出现填写提示。",
    "2. 不认识的列可以自己加在右边，Word 模板里写 {{ 列名 }} 就能用上。",
    "3. 日期写成 2022-05-01；金额一律以元为单位，只写数字；一格里要分段，用 Alt+回车。",
    "4. 身份证号、银行账号等长号码，单元格已设为“文本”格式，请直接输入，不要改格式。",
    "5. 照片放在本工作簿旁边的文件夹 照片/活动编号/ 里，文件名就是图注，如“01 授牌仪式现场.jpg”；"
    "视频放在 视频/活动编号/；"
    "外来的文件（审计报告、评估报告、签到表等；PDF、照片、Word、Excel 都可以）放在 附件/，并在“附件”表里登记。",
    "6. 用不着的表可以空着。填好后保存，运行 {check} 看有没有错，运行 {archive} 生成档案。",
)
NO_CHOICES: Mapping[str, tuple[str, ...]] = {}


def write_workbook(
    path: Path, data: Mapping[str, Any], made: dt.date, choices: Mapping[str, tuple[str, ...]] = NO_CHOICES
) -> None:
    """Write a workbook with every worksheet; `data` maps worksheet names to rows (a keyed worksheet: to one row).

    `choices` maps headers to choices that the model leaves open: see `Funder.choices`.
    """
    pages = []
    for title, kind in sheets().items():
        rows = data.get(title, [])
        rows = [rows] if isinstance(rows, Mapping) else list(rows)
        known = columns(kind, choices)
        unknown = dict.fromkeys(
            header for row in rows for header in row if header not in {each.header for each in known}
        )
        # Columns that the model does not know go to the right of the others.
        pages.append(SheetSpec(title, [*known, *map(ColumnSpec, unknown)], rows, kind.keyed))
    writer.write_template_workbook(path, _instructions(), pages, dt.datetime.combine(made, dt.time()))


def _instructions() -> list[str]:
    """Return the lines of 填写说明, with the commands as they are typed here."""
    *lines, last = INSTRUCTIONS
    return [*lines, last.format(check=commands.command("check"), archive=commands.command("archive"))]


def rows_from_catalogue(entry: CatalogueEntry) -> dict[str, Any]:
    """Return the data that the catalogue gives: name, year, period, amount, lead department, and the goals as rows."""
    return {
        "基本信息": {
            "项目序号": entry.number.plain.stored,
            "项目名称": entry.name,
            "年度": entry.span.start.year if entry.is_dated else None,
            "机构（问题）": entry.department,
            "牵头部室": entry.department,
            "实施周期": entry.period,
            "项目金额（万元）": entry.amount / 10_000,
        },
        "绩效目标": _goals(entry),
    }


def _goals(entry: CatalogueEntry) -> list[dict[str, Any]]:
    """Return rows of 绩效目标: one for each number to be reached that the catalogue states."""
    return [
        {
            "编号": f"MB-{number:02}",
            "指标": each.words.strip("；。;， "),
            "目标值": each.number,
            "单位": each.unit,
            "统计方式": "人工填写",
            "说明": "摘自目录，请核对，并选好统计方式和统计口径",
        }
        for number, each in enumerate(new_quantities(entry.goals, entry.content), 1)
    ]


def columns(kind: type[Record], declared: Mapping[str, tuple[str, ...]] = NO_CHOICES) -> Sequence[ColumnSpec]:
    """Return the columns of a worksheet as the model declares them, some with declared choices."""
    result = []
    for each in kind.fields().values():
        choices = ("是", "否") if parser_of(each) is values.as_yes_no else _choices(each.annotation)
        choices = choices or declared.get(each.alias, ())
        form = "choice" if choices else COLUMN_FORMATS.get(parser_of(each), "text")
        is_needed = each.is_required() or each.json_schema_extra == REQUIRED_LATER
        is_extra = each.json_schema_extra == OPTIONAL
        result.append(ColumnSpec(each.alias, form, is_needed, each.description or "", choices, is_extra))
    return result


def _choices(annotation: Any) -> tuple[str, ...]:
    """Return the values of a `Literal`, also inside `Annotated` or a union; empty if there is none."""
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    inner = [getattr(each, "__origin__", each) for each in get_args(annotation)]
    return next((get_args(each) for each in inner if get_origin(each) is Literal), ())
