"""Every column of every sheet is shown by a form, or there is a reason why not."""

from collections.abc import Iterator

import pytest

from paperwork.checks.unprinted import IN_CONTENTS, SHOWN_AS, USED_OTHERWISE
from paperwork.core import values
from paperwork.documents.declarations import Form, read_forms
from paperwork.formats.office.word import Template
from paperwork.project.model import Project, sheets
from tests import make

FORMS = read_forms(make.TEMPLATES / "forms.toml")
TEMPLATES = {path.stem: Template(path) for path in sorted((make.TEMPLATES / "docx").glob("*.docx"))}
SAME_ROWS = {
    "目标完成": "绩效目标",
    "指标分组.明细": "绩效目标",
    "季度指标": "绩效目标",
    "预算科目.明细": "预算",
    "本季活动": "活动",
    "专账页.明细": "支出",
    "附件清单": "附件",
}
"""Lists of computed data, with the sheet whose rows they show."""
COMPUTED = {
    ("支出", "收入"): "专账页.明细.收入",
    ("绩效目标", "目标值"): "目标完成.目标值",
}
"""Columns that are shown under another name, with the field that shows them."""


def fields(name: str) -> set[str]:
    """Return the dotted paths of the fields that a template uses."""
    return {use.path for use in TEMPLATES[name].find_fields()}


def shown(sheet: str, header: str) -> Iterator[str]:
    """Yield the templates and parts of 卷内目录 that show a column."""
    column = values.template_name(header)
    prefixes = [sheet, *(path for path, rows in SAME_ROWS.items() if rows == sheet)]
    paths = {f"{prefix}.{column}" for prefix in prefixes} | {
        COMPUTED.get((sheet, header), SHOWN_AS.get(header, column))
    }
    is_keyed = sheets()[sheet].keyed
    for form in FORMS:
        own = paths if is_keyed or form.each == sheet else paths - {column}
        if fields(form.template) & own or (form.each == sheet and column in named(form)):
            yield form.template
    if is_keyed:
        yield from (name for name in TEMPLATES if column in fields(name))


def named(form: Form) -> str:
    """Return the words of a declaration that may name a column."""
    return " ".join(str(getattr(form, key)) for key in IN_CONTENTS)


@pytest.mark.parametrize("sheet", list(Project.sheets()))
def test_every_column_is_printed_or_there_is_a_reason_why_not(sheet: str) -> None:
    found = {each.alias: sorted(set(shown(sheet, each.alias))) for each in sheets()[sheet].fields().values()}
    reasons = {header: USED_OTHERWISE.get(sheet, {}).get(values.template_name(header), "") for header in found}
    lost = {header for header, names in found.items() if not names and not reasons[header]}
    assert lost == set()
    assert all(len(reason) > 3 for reason in reasons.values() if reason)


@pytest.mark.parametrize(
    ("sheet", "header", "template"),
    [
        ("活动", "成效与反思", "项目结项报告"),
        ("绩效目标", "说明", "项目申报书"),
        ("绩效目标", "说明", "项目结项报告"),
        ("附件", "活动编号", "项目结项报告"),
        ("支出", "活动编号", "项目专账"),
        ("支出", "对方单位", "项目专账"),
        ("团队", "资格", "项目申报书"),
        ("督导", "财务检查", "督导记录表"),
        ("结项", "评估与审计结论", "项目结项报告"),
    ],
)
def test_column_is_printed_by_the_form_that_its_reader_looks_at(sheet: str, header: str, template: str) -> None:
    assert template in shown(sheet, header)


def test_columns_that_only_the_program_needs_are_in_no_form() -> None:
    assert [name for header in ("统计方式", "统计口径") for name in shown("绩效目标", header)] == []
