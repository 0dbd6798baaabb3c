"""Wording of commands for staff: Make targets in the checkout, programs elsewhere."""

import re
import shlex
from pathlib import Path

import pytest

from paperwork.core import commands
from tests import make


@pytest.fixture
def wheel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let the program lie where an installed wheel lies: below a folder without a Makefile."""
    monkeypatch.setattr(commands, "ROOT", tmp_path)


WORDED = [
    ("archive", 1, "make archive PROJECT=1", "paperwork archive 1"),
    ("check", "", "make check", "paperwork check"),
    ("worker", "tcp://a:1", "make worker SCHEDULER=tcp://a:1", f"{commands.PROGRAMS['worker']} tcp://a:1"),
    ("scheduler", "", "make scheduler", "dask scheduler --no-dashboard"),
]


@pytest.mark.parametrize(("name", "argument", "target", "_"), WORDED)
def test_commands_are_make_targets_in_the_checkout(
    name: str, argument: object, target: str, _: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(make.ROOT)
    assert commands.command(name, argument) == target
    assert commands.install("a b") == "make setup"


@pytest.mark.parametrize(("name", "argument", "_", "line"), WORDED)
@pytest.mark.usefixtures("wheel")
def test_commands_of_a_wheel_name_programs(name: str, argument: object, _: str, line: str) -> None:
    assert commands.checkout() is None
    assert commands.command(name, argument) == line
    assert commands.install("a b") == "apt-get install -y --no-install-recommends a b"


def test_make_is_not_named_in_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`make` would find no targets there, although the program runs from the checkout."""
    monkeypatch.chdir(tmp_path)
    assert commands.checkout() == make.ROOT
    assert commands.command("archive", 1) == "paperwork archive 1"


def test_no_other_module_names_a_make_target() -> None:
    """Find targets in texts for staff; backquotes mark comments and docstrings for developers."""
    targets = re.findall(r"^([a-z-]+):.*##", (make.ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    named = re.compile(rf"(?<![`\w])make ({'|'.join(targets)})\b")
    package = make.ROOT / "paperwork"
    sources = (path for path in package.rglob("*") if path.suffix in (".py", ".html", ".js"))  # no .pyc
    found = {path.name for path in sources if named.search(path.read_text("utf-8"))}
    assert found == {"commands.py", "printing.py"}  # the latter names the target only where there is a Makefile


def test_programs_are_those_of_the_makefile() -> None:
    recipes = (make.ROOT / "Makefile").read_text("utf-8").replace("\\\n", " ").replace(".venv/bin/", "")
    for line in commands.PROGRAMS.values():
        [recipe] = [each for each in recipes.splitlines() if each.startswith("\t@" + shlex.split(line)[0])]
        assert set(shlex.split(line)) == set(shlex.split(recipe.strip("\t@"))) - {"$(SCHEDULER)"}


def test_packages_are_those_of_the_setup() -> None:
    script = (make.ROOT / "tools" / "setup.sh").read_text("utf-8")
    assert f'packages="{commands.OFFICE} {commands.FONTS}"' in script
    assert f"unpack_fonts .complete {commands.FANDOL} " in script
    for package in commands.RARE.split():
        assert re.search(rf"^    unpack_fonts \.\w+ {package} ", script, re.MULTILINE)
