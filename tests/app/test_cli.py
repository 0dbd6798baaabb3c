"""The real command line: Chinese messages, exit codes, never a traceback."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from paperwork.app import cli, terminal
from paperwork.core.faults import Fault, Level, Where
from tests import make

COMMAND = Path(sys.executable).parent / "paperwork"


def run_command(*words: str | Path) -> tuple[int, str]:
    """Run the real command; return its exit code and everything it printed."""
    ran = subprocess.run([COMMAND, *map(str, words)], capture_output=True, text=True, timeout=300, check=False)
    assert "Traceback" not in ran.stderr
    return ran.returncode, ran.stdout + ran.stderr


def test_archive_command_builds_and_reports_in_chinese(tmp_path: Path) -> None:
    inputs = make.make(tmp_path)
    code, words = run_command("archive", "1", "--inputs", inputs, "--outputs", tmp_path / "out")
    assert code == 0
    assert re.search(r"已装订成册：22 件，\d+ 页，状态：齐备", words)
    assert "转成 PDF 22/22" in words
    data = json.loads((tmp_path / "out" / "1" / "manifest.json").read_text("utf-8"))
    assert (data["state"], len(data["items"])) == ("齐备", 22)


def test_faulty_input_exits_with_3_and_names_the_cell(tmp_path: Path) -> None:
    inputs = make.make(tmp_path, 活动=[{"地点": ""}])
    code, words = run_command("archive", "1", "--inputs", inputs, "--outputs", tmp_path / "out")
    assert code == 3
    assert "活动!G2" in words
    assert "没有填" in words


def test_new_does_not_overwrite_a_workbook(tmp_path: Path) -> None:
    inputs = make.make(tmp_path)
    code, words = run_command("new", "2", "--inputs", inputs)
    assert code == 0
    [path] = inputs.glob("项目2-*/项目数据.xlsx")
    assert str(path) in words
    before = path.read_bytes()
    code, words = run_command("new", "2", "--inputs", inputs)
    assert code == 3
    assert "已有工作簿" in words
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["list"], "红梅花开•和美之家"),
        (["rules"], "每个科目的支出不超过它的预算"),
        (["forms"], "项目专账"),
        (["doctor"], "仿宋_GB2312"),
        (["check", "1"], "没有错误，缺件 0 项"),
        (["check", "2"], "缺件 23 项"),
    ],
)
def test_other_commands_succeed(words: list[str], expected: str) -> None:
    code, answer = run_command(*words)
    assert code == 0
    assert expected in answer.replace("\n", "")


def test_check_json_prints_only_json() -> None:
    ran = subprocess.run([COMMAND, "check", "2", "--json"], capture_output=True, text=True, timeout=60, check=True)
    data = json.loads(ran.stdout)
    assert data["state"] == "待补稿"
    assert {"level", "file", "sheet", "cell", "found", "wrong", "mend"} == set(data["faults"][0])


def test_internal_error_exits_with_5(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise KeyError("oops")

    assert cli.run(fail) == 5
    assert "程序内部出错" in capsys.readouterr().err


def test_oserror_exits_with_5_and_names_the_path(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise OSError(28, "No space left on device", "outputs/x")

    assert cli.run(fail) == 5
    assert "outputs/x" in capsys.readouterr().err


def test_brackets_and_backslashes_are_not_read_as_markup(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.show_faults([Fault(Level.ERROR, Where("a", "b", "A1"), "错", "改", r"\[/x] [bold]")])
    assert r"\[/x] [bold]" in capsys.readouterr().out


def test_unknown_project_exits_with_3(tmp_path: Path) -> None:
    code, words = run_command("check", "9", "--inputs", make.make(tmp_path))
    assert code == 3
    assert "没有项目9" in words


def test_help_lists_the_commands() -> None:
    answer = CliRunner().invoke(cli.app, ["--help"]).output
    for name in ("archive", "check", "new", "list", "rules", "forms", "doctor"):
        assert name in answer
