"""The four laws of the house, read from the source itself."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from paperwork.model import Project, sheets

HOUSE = Path(__file__).resolve().parent.parent / "paperwork"
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
"""From the bottom up. A module imports only from lower rows."""
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
    "multiprocessing": {"aside", "pool", "cluster"},  # a cluster's workers are asked what they are
    "distributed": {"cluster"},
    "fcntl": {"turn"},
    "watchfiles": {"tray"},
    "starlette": {"web.app", "web.views", "web.files"},
    "uvicorn": {"web.wire"},
    "typer": {"cli", "arguments", "desk"},
    "rich": {"screen"},
    "rapidfuzz": {"alike"},
    "pydantic": {"record", "catalogue", "model", "figures", "context", "rows", "blank"},  # the language of the model
}
MODULES = sorted(path for path in HOUSE.rglob("*.py") if path.stem != "__init__")
CALLED_BY_WEB = {
    *("fleet", "pool", "register"),  # what `archive` and `check` call
    *("cards", "dossier", "shelf", "charts", "raster", "media"),  # what there is to be seen
    *("intake", "survey", "blank"),  # what comes in, `new`
    "printer",  # what `print` calls
    *("bind", "faults", "dates", "values"),  # names and words
}
"""All that the page may know of the house: it has no logic of its own."""


def named(path: Path) -> str:
    """What a module is called inside the house: build, web.app."""
    return ".".join(path.relative_to(HOUSE).with_suffix("").parts)


def imports(path: Path) -> Iterator[str]:
    """Every module a file imports, also inside functions and under TYPE_CHECKING."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            if node.module in ("paperwork", "paperwork.web"):
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own(path: Path) -> set[str]:
    """The modules of the house that one imports."""
    return {name.removeprefix("paperwork.") for name in imports(path) if name.startswith("paperwork.")}


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_imports_go_down_only(path: Path) -> None:
    height = {name: row for row, names in enumerate(LAYERS) for name in names}
    assert named(path) in height, "a new module needs its place among the layers"
    assert not {name for name in own(path) if name in height and height[name] >= height[named(path)]}


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_each_library_has_one_owner(path: Path) -> None:
    used = {name.split(".")[0] for name in imports(path)}
    assert not {library for library in used & set(OWNERS) if named(path) not in OWNERS[library]}


@pytest.mark.parametrize("path", [path for path in MODULES if named(path).startswith("web.")], ids=named)
def test_the_page_has_no_logic_of_its_own(path: Path) -> None:
    assert not {name for name in own(path) if not name.startswith("web")} - CALLED_BY_WEB


def test_every_column_is_named_once_in_english_and_chinese() -> None:
    for kind in (*sheets().values(), Project):
        for name, field in kind.fields().items():
            assert re.fullmatch(r"[a-z_]+", name)
            if field.alias:
                assert re.search(r"[\u4e00-\u9fff]", field.alias), f"{kind.__name__}.{name}"


RAISED = ("Stop", "ValueError", "SystemExit", "TemplateSyntaxError")


def test_a_fault_is_a_value_never_an_exception() -> None:
    """Only `Stop` and ValueError (a reader's plain reason) are raised; faults are values."""
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and isinstance(node.exc.func, ast.Name):
                assert node.exc.func.id in {*RAISED, *(["HTTPException"] if named(path).startswith("web.") else [])}, (
                    path.stem
                )


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_modules_and_functions_stay_small(path: Path) -> None:
    source = path.read_text("utf-8")
    assert len(source.splitlines()) <= 300
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 60, node.name


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_public_names_are_documented(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    assert ast.get_docstring(tree)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), node.name
