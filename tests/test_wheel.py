"""The wheel: built without a network, installed into an empty environment, used far from the checkout."""

import csv
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from paperwork.app import work_folder
from tests import make
from tests.conftest import bind

SOURCES = ("pyproject.toml", "setup.py", "LICENSE", "README.md", "paperwork", "templates")
"""All that a build may read; copied, because setuptools writes beside them."""
LIBRARIES = Path(sysconfig.get_path("purelib"))


@dataclass(frozen=True)
class Installation:
    """An environment that holds nothing but the wheel, and a folder outside the checkout to run it in."""

    root: Path
    elsewhere: Path

    def run(self, *command: str | Path, cwd: Path | None = None, expected: int = 0) -> str:
        """Run a program of the environment; return everything it printed."""
        program, *words = command
        ran = subprocess.run(
            [self.root / "bin" / program, *map(str, words)], cwd=cwd or self.elsewhere, env=clean_environment(),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert ran.returncode == expected, ran.stdout
        return ran.stdout


def clean_environment() -> dict[str, str]:
    """Return the environment without anything that could lead Python back to the checkout."""
    return {name: text for name, text in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}


def build(folder: Path) -> Path:
    """Build the source archive, and from it the wheel, as `pip wheel` does without a network."""
    sources = folder / "sources"
    sources.mkdir()
    for name in SOURCES:
        origin = make.ROOT / name
        ignored = shutil.ignore_patterns("__pycache__", "~$*")
        shutil.copytree(origin, sources / name, ignore=ignored) if origin.is_dir() else shutil.copy(origin, sources)
    script = f"from setuptools import build_meta; build_meta.build_sdist({str(folder)!r})"
    run_python(["-c", script], sources)
    [archive] = folder.glob("*.tar.gz")
    run_python(["-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", folder, archive], folder)
    [wheel] = folder.glob("*.whl")
    return wheel


def run_python(words: Sequence[str | Path], cwd: Path) -> None:
    """Run this environment's Python, and show what it printed if it fails."""
    ran = subprocess.run(
        [sys.executable, *map(str, words)], cwd=cwd, env=clean_environment(), stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Build the wheel and install it into an environment of its own."""
    folder = tmp_path_factory.mktemp("wheel")
    wheel, root = build(folder), folder / "venv"
    venv.create(root, symlinks=True, with_pip=False)
    run_python(["-m", "pip", "--python", root / "bin" / "python", "install", "--no-deps", "--no-index", wheel], folder)
    [packages] = root.glob("lib/python*/site-packages")
    # No registry is reached: the libraries are those of the tests. A path in a .pth file runs no .pth file of that
    # folder, so the editable install of the checkout stays out of reach.
    (packages / "libraries.pth").write_text(f"{LIBRARIES}\n", "utf-8")
    # Pages look alike only in the same fonts, and a wheel brings none.
    fonts = Path("share") / "paperwork" / "fonts"
    (root / fonts).parent.mkdir(parents=True)
    (root / fonts).symlink_to(Path(sys.prefix) / fonts)
    elsewhere = folder / "别 处"
    elsewhere.mkdir()
    return Installation(root, elsewhere)


def test_paperwork_is_imported_from_the_new_environment(installed: Installation) -> None:
    script = "import paperwork, sys; print(paperwork.__file__, *sys.path, *sys.meta_path, sep='\\n')"
    found, *paths = installed.run("python", "-c", script).splitlines()
    assert Path(found).is_relative_to(installed.root)
    assert str(LIBRARIES) in paths
    assert str(make.ROOT) not in paths
    assert not [each for each in paths if "editable" in each.lower()]


def test_record_lists_templates_and_the_files_of_the_page(installed: Installation) -> None:
    [record] = installed.root.glob("lib/python*/site-packages/paperwork-*.dist-info/RECORD")
    with record.open(encoding="utf-8", newline="") as stream:
        recorded = {row[0] for row in csv.reader(stream)}
    wanted = {f"paperwork/{path.relative_to(make.ROOT).as_posix()}" for path in files(make.ROOT / "templates")}
    for part in ("html", "static"):
        wanted |= {path.relative_to(make.ROOT).as_posix() for path in files(make.ROOT / f"paperwork/app/web/{part}")}
    assert len(wanted) > 40
    assert wanted <= recorded
    assert "paperwork/build/pipeline.py" in recorded
    assert {name.split("/")[0] for name in recorded if ".dist-info/" not in name} == {"..", "paperwork"}


def files(folder: Path) -> list[Path]:
    """Return the files below a folder, without Word's lock files."""
    return [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("~$")]


def test_every_requirement_of_the_wheel_is_met(installed: Installation) -> None:
    [information] = installed.root.glob("lib/python*/site-packages/paperwork-*.dist-info")
    required = importlib.metadata.Distribution.at(information).requires or ()
    parted = (re.fullmatch(r"([\w.-]+)(?:\[\w+\])?>=([\d.]+)", each) for each in required if "extra ==" not in each)
    least = {each[1]: each[2] for each in parted if each}
    assert len(least) == len([each for each in required if "extra ==" not in each])
    assert {"docxtpl", "pikepdf", "starlette", "typer"} <= set(least)
    assert "setuptools" not in least
    script = "import sys; from importlib.metadata import version; print(*map(version, sys.argv[1:]))"
    present = installed.run("python", "-c", script, *least).split()
    for name, found in zip(least, present, strict=True):
        assert numbers(found) >= numbers(least[name]), name


def numbers(version: str) -> list[int]:
    """Return a version's numbers, for comparing."""
    return [int(part) for part in version.split(".") if part.isdigit()]


def test_archive_of_a_wheel_equals_that_of_the_checkout(installed: Installation, tmp_path: Path) -> None:
    work = tmp_path / "盐都 档案" / "2022年 项目"
    assert f"已建好工作文件夹：{work}" in installed.run("paperwork", "init", work)
    inputs = make.make(tmp_path / "else")
    shutil.copytree(inputs, work / "inputs", dirs_exist_ok=True)
    words = installed.run("paperwork", "archive", "1", "--as-of", make.LATER.isoformat(), cwd=work)
    assert "状态：齐备" in words
    expected = bind(inputs, tmp_path / "expected")
    made = work / "outputs" / "1"
    assert json.loads((made / "manifest.json").read_text("utf-8"))["pages"] == expected.pages
    assert digests(made) == digests(expected.folder)


def digests(folder: Path) -> Mapping[str, bytes]:
    """Return the PDF files of an archive, by name."""
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.pdf"))}


def test_commands_far_from_a_folder_of_work_refuse(installed: Installation) -> None:
    words = installed.run("paperwork", "list", expected=3)
    assert "不是工作文件夹" in words
    assert "paperwork init 文件夹" in words
    assert "Traceback" not in words


def test_messages_of_a_wheel_name_no_make_target(installed: Installation, tmp_path: Path) -> None:
    work_folder.create(tmp_path)
    make.write_only(tmp_path / "else")
    shutil.copytree(tmp_path / "else" / "inputs", tmp_path / "inputs", dirs_exist_ok=True)
    for words in (("check", "2"), ("print", "1")):
        answer = installed.run("paperwork", *words, cwd=tmp_path, expected=3)
        assert "make " not in answer
        assert "paperwork " in answer


def test_the_page_is_served_with_its_templates(installed: Installation) -> None:
    script = (
        "from paperwork.app.web import templates\n"
        "print(templates.render('error.html', heading='没有完成', wrong='试验', mend='', number=0))"
    )
    assert "试验" in installed.run("python", "-c", script)
