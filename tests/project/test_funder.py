"""The funder declared in templates/binding.toml."""

from pathlib import Path

import pytest

from paperwork.core.faults import ExitCode, Stop
from paperwork.documents.declarations import read_binding
from paperwork.project import funder
from tests import make

GOOD = """
fonds_name = "某市残疾人联合会"
funder_names = ["残联", "市残联"]
contractor_kinds = ["社会组织", "其他"]
"""


def write(folder: Path, text: str) -> Path:
    """Write a binding.toml; return its folder."""
    (folder / "binding.toml").write_text(text, "utf-8")
    return folder


def test_names_are_read(tmp_path: Path) -> None:
    read = funder.read_funder(write(tmp_path, GOOD))
    assert (read.fonds_name, read.name, read.in_its_name) == ("某市残疾人联合会", "残联", "以残联名义")
    assert read.pattern == "市残联|残联"
    assert read.choices == {"单位类型": ("社会组织", "其他")}


@pytest.mark.parametrize(
    ("typed", "full"),
    [
        ("组联部", "某市残疾人联合会组联部"),
        ("组联部、维权处", "某市残疾人联合会组联部、维权处"),
        ("残联组联部", "某市残疾人联合会组联部"),
        ("某市残联组联部", "某市残疾人联合会组联部"),
        ("某市残疾人联合会组联部", "某市残疾人联合会组联部"),
        ("市残联", "某市残疾人联合会"),
        ("某县民政局社会组织科", "某县民政局社会组织科"),
        ("第三方评估中心", "第三方评估中心"),
    ],
)
def test_department_is_named_in_full(tmp_path: Path, typed: str, full: str) -> None:
    assert funder.read_funder(write(tmp_path, GOOD)).in_full(typed) == full
    assert funder.NO_FUNDER.in_full(typed) == typed


def test_no_templates_folder_names_no_funder() -> None:
    assert funder.read_funder(None) == funder.NO_FUNDER
    assert funder.NO_FUNDER.name == "发布单位"


@pytest.mark.parametrize("key", funder.EXAMPLES)
def test_missing_key_is_refused_with_file_key_and_an_example_that_works(tmp_path: Path, key: str) -> None:
    lines = [line for line in GOOD.splitlines() if not line.startswith(key)]
    with pytest.raises(Stop) as stop:
        funder.read_funder(write(tmp_path, "\n".join(lines)))
    refused = stop.value
    assert (refused.code, refused.where, refused.wrong) == (ExitCode.FAULTY, "binding.toml", f"没有 {key} 这一行")
    [line] = [f"{key} = {funder.EXAMPLES[key]}"]
    assert refused.mend == f"请加上这样的一行：{line}"
    funder.read_funder(write(tmp_path, "\n".join([*lines, line])))


@pytest.mark.parametrize("value", ["1", '""', '" "', "[]", '[""]', "[1]", '["a", 2]', "{}"])
@pytest.mark.parametrize("key", funder.EXAMPLES)
def test_wrong_value_is_refused(tmp_path: Path, key: str, value: str) -> None:
    lines = [f"{key} = {value}" if line.startswith(key) else line for line in GOOD.splitlines()]
    with pytest.raises(Stop) as stop:
        funder.read_funder(write(tmp_path, "\n".join(lines)))
    assert stop.value.wrong == f"{key} 写得不对"


@pytest.mark.parametrize("text", [None, "fonds_name = ", "\0"])
def test_unreadable_file_is_refused(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        write(tmp_path, text)
    with pytest.raises(Stop) as stop:
        funder.read_funder(tmp_path)
    assert stop.value.where == "binding.toml" and stop.value.wrong.startswith("读不了")


def test_declared_names_are_no_settings_of_the_binding() -> None:
    assert read_binding(make.TEMPLATES / "binding.toml").numbers == "卷"


@pytest.mark.parametrize(("line", "most"), [("", 24), ("photos_per_activity = 12", 12)])
def test_most_bound_photos_may_be_left_out(tmp_path: Path, line: str, most: int) -> None:
    assert funder.read_funder(write(tmp_path, GOOD + line)).max_bound_photos == most


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "true", '"12"', "[]"])
def test_wrong_number_of_bound_photos_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(Stop, match="photos_per_activity 写得不对"):
        funder.read_funder(write(tmp_path, f"{GOOD}photos_per_activity = {value}"))
