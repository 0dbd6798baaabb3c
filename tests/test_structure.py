"""House rules, checked by parsing the source code. Which package may import which is checked by `make lint`."""

import ast
import fnmatch
import re
from pathlib import Path

import pytest

from paperwork.project.model import Project, sheets
from paperwork.project.record import Record

PACKAGE = Path(__file__).resolve().parent.parent / "paperwork"
MODULES = sorted(PACKAGE.rglob("*.py"))
MAX_FUNCTION_LINES = 60
MAX_FILES_IN_A_FOLDER = 12
ALLOWED_EXCEPTIONS = {"Stop", "Unreadable", "SystemExit", "TemplateSyntaxError"}
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
    """Allow `Stop`, `Unreadable` and the few that a library asks for; faults are returned as values.

    `ValueError` is not among them: its text is one string, and a caller could not tell the problem from the remedy.
    """
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
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    for node in [*tree.body, *(member for each in classes for member in each.body)]:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), node.name


def literals(node: ast.expr) -> str:
    """Return the literal text of an expression: of a string, an f-string or a choice of two."""
    return "".join(str(each.value) for each in ast.walk(node) if isinstance(each, ast.Constant))


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_written_reasons_have_a_problem_and_one_remedy(path: Path) -> None:
    """Check `Unreadable(wrong, mend)` where the texts stand in the call; `test_reasons` raises the others."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Unreadable"):
            continue
        place = f"{module_name(path)}:{node.lineno}"
        if any(isinstance(each, ast.Starred) for each in node.args):
            continue
        wrong, mend = node.args
        assert "请" not in literals(wrong), place
        if isinstance(mend, ast.Constant | ast.JoinedStr):
            assert literals(mend).count("请") == 1, place


def test_no_folder_of_tests_is_passed_over(request: pytest.FixtureRequest) -> None:
    """Compare the folders with the names that pytest passes over: by default, build is one of them."""
    patterns = request.config.getini("norecursedirs")
    passed = {path.parent for path in (PACKAGE.parent / "tests").rglob("test_*.py")}
    inside = {part for folder in passed for part in folder.relative_to(PACKAGE.parent).parts}
    assert "build" in inside
    assert not [(part, each) for part in inside for each in patterns if fnmatch.fnmatch(part, each)]
