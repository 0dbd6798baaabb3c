"""Architecture rules, checked by parsing the source code."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from paperwork.model import Project, sheets

PACKAGE = Path(__file__).resolve().parent.parent / "paperwork"
LAYERS = (
    ("plain",),
    ("dates", "interrupt"),
    ("faults", "values", "alike", "pack", "synonyms", "charts"),
    ("forms", "plan", "numbering", "cells", "faces", "paper"),
    ("sentences", "texts", "sharing", "leaf", "merged"),
    ("grid", "book", "word", "fonts", "installed", "media", "bag", "verapdf", "qr", "aside", "store", "turn", "pool"),
    ("office", "pdf", "impose", "pages", "pieces", "raster", "lettering", "tray"),
    ("attach", "proof", "swap"),
    ("record", "tables", "marks", "upload"),
    ("catalogue", "headers"),
    ("model", "totals", "clauses"),
    ("rows",),
    ("figures", "survey", "targets", "evidence", "places"),
    ("activity_judges", "paper_judges"),
    ("judges",),
    ("verdicts", "rules_days", "rules_money", "rules_facts"),
    ("context",),
    ("exhibits",),
    ("read", "blank", "rules"),
    ("check",),
    ("hand_over", "duplex", "sources"),
    ("fill", "front", "bind", "package"),
    ("origins", "manifest", "press", "labels"),
    ("edition", "electronic", "unchanged"),
    ("assembly",),
    ("build", "verify", "register", "cluster", "printer"),
    ("shelf", "cards"),
    ("duties",),
    ("timeline",),
    ("dossier", "intake"),
    ("fleet",),
    ("watch", "web.guard", "web.making", "web.place"),
    ("web.site", "web.html", "web.wire"),
    ("web.files",),
    ("web.views",),
    ("web.app",),
    ("screen", "arguments"),
    ("lookout",),
    ("desk",),
    ("cli",),
)
"""Layers from the bottom up. A module imports only from lower rows."""
OWNERS = {
    "openpyxl": {"grid", "book", "marks"},  # one reads, one writes, one marks
    "docx": {"grid", "word"},  # grid reads Word tables, word renders
    "docxtpl": {"word"},
    "jinja2": {"word", "web.html"},
    "pikepdf": {"pages", "pdf", "pieces", "sharing", "leaf", "impose"},  # foreign pages, the volume, its parts …
    "pypdfium2": {"raster"},
    "fontTools": {"faces"},
    "fpdf": {"leaf", "lettering"},  # one draws page numbers, one labels
    "pypdf": {"proof"},
    "bagit": {"bag"},
    "xml": {"hand_over", "verify", "fonts"},  # one writes the catalogue, one reads it; fonts only escapes
    "PIL": {"media"},
    "pillow_heif": {"media"},
    "av": {"media"},
    "segno": {"qr"},
    "cn2an": {"values"},
    "tomllib": {"forms"},
    "subprocess": {"installed", "office", "fonts", "verapdf", "printer"},
    "multiprocessing": {"aside", "pool", "cluster"},  # cluster checks whether its workers are daemons
    "distributed": {"cluster"},
    "fcntl": {"turn"},
    "watchfiles": {"tray"},
    "starlette": {"web.app", "web.views", "web.files"},
    "uvicorn": {"web.wire"},
    "typer": {"cli", "arguments", "desk"},
    "rich": {"screen"},
    "rapidfuzz": {"alike"},
    "pydantic": {"record", "catalogue", "model", "figures", "context", "rows", "blank"},  # base classes of the model
}
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.stem != "__init__")
CALLED_BY_WEB = {
    *("fleet", "pool", "register"),  # called by the commands `archive` and `check`
    *("cards", "dossier", "shelf", "charts", "raster", "media"),  # data that the page displays
    *("intake", "survey", "blank"),  # uploads, and the command `new`
    "printer",  # called by the command `print`
    *("bind", "faults", "dates", "values"),  # constants and formatting
}
"""The only modules that the web package may import, so that it contains no logic of its own."""


def module_name(path: Path) -> str:
    """Return the name of a module within the package: build, web.app."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


def imports(path: Path) -> Iterator[str]:
    """Yield every module that a file imports, also inside functions and under TYPE_CHECKING."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            if node.module in ("paperwork", "paperwork.web"):
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def internal_imports(path: Path) -> set[str]:
    """Return the modules of this package that a file imports."""
    return {name.removeprefix("paperwork.") for name in imports(path) if name.startswith("paperwork.")}


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_modules_import_only_from_lower_layers(path: Path) -> None:
    height = {name: row for row, names in enumerate(LAYERS) for name in names}
    assert module_name(path) in height, "a new module needs its place among the layers"
    assert not {name for name in internal_imports(path) if name in height and height[name] >= height[module_name(path)]}


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_libraries_are_imported_only_by_their_owners(path: Path) -> None:
    used = {name.split(".")[0] for name in imports(path)}
    assert not {library for library in used & set(OWNERS) if module_name(path) not in OWNERS[library]}


@pytest.mark.parametrize("path", [path for path in MODULES if module_name(path).startswith("web.")], ids=module_name)
def test_web_modules_import_only_the_allowed_modules(path: Path) -> None:
    assert not {name for name in internal_imports(path) if not name.startswith("web")} - CALLED_BY_WEB


def test_columns_have_an_english_name_and_a_chinese_alias() -> None:
    for kind in (*sheets().values(), Project):
        for name, field in kind.fields().items():
            assert re.fullmatch(r"[a-z_]+", name)
            if field.alias:
                assert re.search(r"[\u4e00-\u9fff]", field.alias), f"{kind.__name__}.{name}"


ALLOWED_EXCEPTIONS = ("Stop", "ValueError", "SystemExit", "TemplateSyntaxError")


def test_only_allowed_exceptions_are_raised() -> None:
    """Allow only `Stop`, `ValueError` (a reader's plain reason) and a few more; faults are returned as values."""
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and isinstance(node.exc.func, ast.Name):
                assert node.exc.func.id in {
                    *ALLOWED_EXCEPTIONS,
                    *(["HTTPException"] if module_name(path).startswith("web.") else []),
                }, path.stem


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_modules_and_functions_stay_small(path: Path) -> None:
    source = path.read_text("utf-8")
    assert len(source.splitlines()) <= 300
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 60, node.name


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_public_names_are_documented(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    assert ast.get_docstring(tree)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), node.name
