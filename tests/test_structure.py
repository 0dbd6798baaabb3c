"""House rules, checked by parsing the source code. Which package may import which is checked by `make lint`."""

import ast
import re
from pathlib import Path

import pytest

from paperwork.project.model import Project, sheets
from paperwork.project.record import Record

PACKAGE = Path(__file__).resolve().parent.parent / "paperwork"
MODULES = sorted(PACKAGE.rglob("*.py"))
MAX_FUNCTION_LINES = 60
MAX_FILES_IN_A_FOLDER = 12
ALLOWED_EXCEPTIONS = {"Stop", "ValueError", "SystemExit", "TemplateSyntaxError"}
WEB_EXCEPTIONS = {"HTTPException"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def module_name(path: Path) -> str:
    """Return the name of a module within the package: build.project, app.web.routes."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


def test_columns_have_an_english_name_and_a_chinese_alias() -> None:
    kinds: list[type[Record]] = [*sheets().values(), Project]
    for kind in kinds:
        for name, field in kind.fields().items():
            assert re.fullmatch(r"[a-z_]+", name)
            if field.alias:
                assert re.search(r"[\u4e00-\u9fff]", field.alias), f"{kind.__name__}.{name}"


def test_only_allowed_exceptions_are_raised() -> None:
    """Allow `Stop`, `ValueError` (a reader's plain reason) and a few more; faults are returned as values."""
    for path in MODULES:
        allowed = ALLOWED_EXCEPTIONS | (WEB_EXCEPTIONS if "web" in path.parts else set())
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and isinstance(node.exc.func, ast.Name):
                assert node.exc.func.id in allowed, f"{module_name(path)}:{node.lineno}"


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_functions_stay_short(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, Function):
            assert (node.end_lineno or 0) - node.lineno < MAX_FUNCTION_LINES, node.name


@pytest.mark.parametrize("folder", sorted({path.parent for path in MODULES}), ids=lambda path: path.name)
def test_folders_stay_small(folder: Path) -> None:
    assert len(list(folder.glob("*.py"))) <= MAX_FILES_IN_A_FOLDER


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_public_names_are_documented(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    assert ast.get_docstring(tree)
    for node in tree.body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), node.name
