"""The command works wherever it is started: without a home, with a wrong clock, closed streams, links, CR LF."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from openpyxl import load_workbook

from paperwork.core import logs
from tests import make

COMMAND = str(Path(sys.executable).parent / "paperwork")


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an inputs folder with the catalogue and a workbook, which a check reads in full."""
    return make.write_only(tmp_path_factory.mktemp("inputs"))


def run(
    before: list[str], inputs: Path, outputs: Path, env: dict[str, str] | None = None, **streams: int
) -> "subprocess.CompletedProcess[str]":
    """Run the real `check`, behind another command, which all users of `archive` pass too."""
    command = [*before, COMMAND, "check", "1", "--inputs", str(inputs), "--outputs", str(outputs), "--templates",
               str(make.TEMPLATES)]  # fmt: skip
    streams = streams or {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.run(command, env=env, text=True, timeout=120, check=False, **streams)  # type: ignore[call-overload, no-any-return]


@pytest.mark.parametrize("home", [None, "/nonexistent", ""], ids=["none", "missing", "empty"])
def test_home_folder_is_not_needed(home: str | None, inputs: Path, tmp_path: Path) -> None:
    env = {name: value for name, value in os.environ.items() if name != "HOME"} | ({"HOME": home} if home else {})
    ran = run([], inputs, tmp_path / "out", env)
    assert (ran.returncode, ran.stderr) == (0, "")


SURROUNDINGS = (
    "LC_ALL=C", "LC_ALL=POSIX", "LC_ALL=zh_CN.GBK", "LANG=", "PYTHONUTF8=0", "PYTHONIOENCODING=ascii",
    "PYTHONIOENCODING=gbk", "TZ=Nowhere/Land", "TERM=dumb", "COLUMNS=20", "TMPDIR=/nonexistent", "PATH=/usr/bin",
)  # fmt: skip


@pytest.mark.parametrize("setting", SURROUNDINGS)
def test_settings_of_the_terminal_and_the_system_do_not_stop_a_check(
    setting: str, inputs: Path, tmp_path: Path
) -> None:
    name, _, value = setting.partition("=")
    ran = subprocess.run(
        [COMMAND, "check", "1", "--inputs", str(inputs), "--outputs", str(tmp_path / "out"), "--templates",
         str(make.TEMPLATES)],
        env={**os.environ, name: value}, capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert list((tmp_path / "out" / "1" / "校验").iterdir())


@pytest.mark.skipif(os.getuid() != 0, reason="only root may become a user without an entry in passwd")
def test_user_without_an_entry_in_passwd_can_build(tmp_path: Path) -> None:
    inputs, out = make.make(tmp_path), tmp_path / "out"
    for path in (tmp_path, *tmp_path.parents[:3]):
        path.chmod(path.stat().st_mode | 0o007)
    env = {name: value for name, value in os.environ.items() if name not in ("HOME", "USER", "LOGNAME")}
    ran = subprocess.run(
        ["setpriv", "--reuid", "54321", "--regid", "54321", "--clear-groups", COMMAND, "archive", "1", "--inputs",
         str(inputs), "--outputs", str(out), "--templates", str(make.TEMPLATES)],
        env=env, capture_output=True, text=True, timeout=300, check=False, cwd="/",
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert "状态：齐备" in ran.stdout


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-", "| head -c 1 >/dev/null"])
def test_closed_streams_do_not_stop_a_check(closed: str, inputs: Path, tmp_path: Path) -> None:
    ran = run(["bash", "-c", f'"$0" "$@" {closed}'], inputs, tmp_path / "out")
    assert ran.returncode == 0
    assert "Traceback" not in ran.stderr and "Error" not in ran.stderr
    assert list((tmp_path / "out" / "1" / "校验").iterdir())


def test_full_disk_behind_standard_output_is_told_in_chinese(inputs: Path, tmp_path: Path) -> None:
    ran = run(["bash", "-c", '"$0" "$@" >/dev/full'], inputs, tmp_path / "out")
    assert ran.returncode == 5
    assert "磁盘满了" in ran.stderr and "Traceback" not in ran.stderr


def test_clock_of_1975_is_told(inputs: Path, tmp_path: Path) -> None:
    ran = run(["faketime", "1975-03-05 12:00:00"], inputs, tmp_path / "out")
    assert ran.returncode == 0, ran.stderr
    assert "1975年3月5日" in ran.stdout and "请看看这台电脑的日期对不对" in ran.stdout.replace("\n", "")


def test_folders_may_be_links(inputs: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(inputs.parent)
    (tmp_path / "out").mkdir()
    (tmp_path / "out-link").symlink_to(tmp_path / "out")
    ran = run([], tmp_path / "link" / "inputs", tmp_path / "out-link")
    assert ran.returncode == 0
    assert list((tmp_path / "out" / "1" / "校验").iterdir())


def test_no_english_warning_of_a_library_reaches_the_terminal(inputs: Path, tmp_path: Path) -> None:
    """Give the workbook drop-downs that openpyxl cannot keep, a defined name that points nowhere, and odd styles."""
    work = tmp_path / "inputs"
    shutil.copytree(inputs, work)
    path = work / "项目1" / "项目数据.xlsx"
    book = load_workbook(path)
    book.save(path)
    ran = run([], work, tmp_path / "out")
    assert ran.stderr == ""
    code = "import warnings, logging; from pathlib import Path; from paperwork.core import logs\n" \
           f"with logs.session(Path({str(tmp_path)!r}), 'x'):\n" \
           "    logs.write_to(Path({out!r}))\n" \
           "    warnings.warn('secret name'); logging.getLogger('a.library').error('secret name')\n"  # fmt: skip
    code = code.replace("{out!r}", repr(str(tmp_path / "out")))
    spoken = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert (spoken.stdout, spoken.stderr) == ("", "")
    log = "".join(each.read_text("utf-8") for each in (tmp_path / "out" / logs.FOLDER).iterdir())
    assert "warning: UserWarning" in log and "secret" not in log


def test_clone_with_autocrlf_has_the_same_bytes(tmp_path: Path) -> None:
    """Shell scripts with CR LF do not run, and digests of templates would differ."""
    source = make.ROOT
    if not (source / ".git").exists():
        pytest.skip("not a git checkout")
    subprocess.run(
        ["git", "-c", "core.autocrlf=true", "clone", "-q", "--no-local", str(source), str(tmp_path / "clone")],
        check=True, timeout=120,
    )  # fmt: skip
    names = ("tools/setup.sh", "Makefile", "templates/forms.toml", "templates/binding.toml", "README.md",
             "tests/data/cases/a15-utf16-txt/项目发布目录.txt")  # fmt: skip
    for name in names:
        committed = subprocess.run(
            ["git", "-C", str(source), "show", f"HEAD:{name}"], capture_output=True, check=True, timeout=60
        ).stdout
        assert digest(committed) == digest((tmp_path / "clone" / name).read_bytes()), name


def digest(content: bytes) -> str:
    """Return a digest that an assertion can show."""
    return hashlib.sha256(content).hexdigest()
