"""Documentation, checked against the program."""

import hashlib
import re
import tomllib

import pytest

from paperwork.app import cli
from paperwork.checks.requirements.judges import requirement_texts
from paperwork.checks.requirements.verdicts import Verdict
from paperwork.checks.rules.registry import RULES
from paperwork.documents.declarations import Form, read_forms
from paperwork.project.model import Role
from tests import make

README = (make.ROOT / "README.md").read_text("utf-8")
STAFF = (make.ROOT / "README.zh-CN.md").read_text("utf-8")
PAGES = ["README.md", "README.zh-CN.md", *sorted(f"docs/{path.name}" for path in (make.ROOT / "docs").glob("*.md"))]
COMMANDS = [command.name or command.callback.__name__ for command in cli.app.registered_commands if command.callback]


@pytest.mark.parametrize("text", [README, STAFF], ids=["README.md", "README.zh-CN.md"])
def test_readmes_begin_with_the_two_commands(text: str) -> None:
    top = text[:1500]
    assert "make archive PROJECT=1" in top
    assert "make test" in top


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_documented(name: str) -> None:
    assert re.search(rf"paperwork {name}\b", STAFF)


def test_every_make_target_is_documented() -> None:
    targets = re.findall(r"^([a-z-]+):.*##", (make.ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert {"archive", "check", "test"} <= set(targets)
    for target in targets:
        assert re.search(rf"make {target}(?![\w-])", STAFF), target


def test_relative_links_lead_to_existing_files() -> None:
    for name in PAGES:
        path = make.ROOT / name
        for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text("utf-8")):
            assert (path.parent / target).exists(), f"{name}: {target}"


def test_rules_page_lists_every_rule() -> None:
    page = (make.ROOT / "docs" / "rules.zh-CN.md").read_text("utf-8")
    listed = [line.removeprefix("- ") for line in page.splitlines() if line.startswith("- ")]
    assert listed == [*((rule.__doc__ or "").strip() for rule in RULES), *requirement_texts()]


def test_every_verdict_is_explained() -> None:
    page = (make.ROOT / "docs" / "clauses.zh-CN.md").read_text("utf-8")
    assert all(f"| {verdict} |" in page for verdict in Verdict)


def test_every_form_entry_is_documented() -> None:
    assert read_forms(make.ROOT / "templates" / "forms.toml")
    declaration = (make.ROOT / "templates" / "forms.toml").read_text("utf-8").split("[[form]]")[0]
    for name in Form.__dataclass_fields__:
        assert re.search(rf"^#(?: |.* {{2,}}){name} +[\u4e00-\u9fff]?", declaration, re.MULTILINE), name


def test_every_role_of_a_form_is_documented_and_given_to_a_form() -> None:
    path = make.ROOT / "templates" / "forms.toml"
    declaration = path.read_text("utf-8").split("[[form]]")[0]
    assert all(role in declaration for role in Role)
    assert {role for form in read_forms(path) for role in form.proves} == set(Role)


def test_vendored_scripts_match_their_digests() -> None:
    folder = make.ROOT / "paperwork" / "app" / "web" / "static"
    versions = tomllib.loads((folder / "versions.toml").read_text("utf-8"))
    assert set(versions) == {path.name for path in folder.glob("*.min.js")}
    for name, each in versions.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == each["sha256"], name


NAMED_FILE = re.compile(r"`(?:paperwork/)?((?:[a-z_]+/)*[a-z_]+\.(?:py|toml))`")


@pytest.mark.parametrize("name", ["architecture.md", "internals.md"])
def test_modules_named_in_the_architecture_exist(name: str) -> None:
    named = NAMED_FILE.findall((make.ROOT / "docs" / name).read_text("utf-8"))
    assert len(named) > 15
    files = [f"/{path.relative_to(make.ROOT).as_posix()}" for path in (make.ROOT / "paperwork").rglob("*.py")]
    for each in named:
        assert (make.ROOT / each).exists() or any(path.endswith(f"/{each}") for path in files), each


def test_architecture_lists_every_package() -> None:
    text = (make.ROOT / "docs" / "architecture.md").read_text("utf-8")
    packages = {path.parent.name for path in (make.ROOT / "paperwork").glob("*/__init__.py")}
    assert packages == set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))
