"""The real command line: Chinese messages, exit codes, never a traceback."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup
from typer.testing import CliRunner

from paperwork.app import cli, terminal
from paperwork.build.progress import Step
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
    assert f"{Step.PRINT} 22/22" in words
    data = json.loads((tmp_path / "out" / "1" / "manifest.json").read_text("utf-8"))
    assert (data["state"], len(data["items"])) == ("齐备", 22)


def test_list_shows_all_projects_if_one_has_two_workbooks(tmp_path: Path) -> None:
    inputs = make.write_only(tmp_path)
    shutil.copy(inputs / "项目1" / "项目数据.xlsx", inputs / "项目1" / "项目数据 - 副本.xlsx")
    code, said = run_command("list", "--inputs", inputs, "--outputs", tmp_path / "outputs")
    shown = re.sub(r"[\s│]", "", said)
    assert (code, "和美之家" in shown, "份工作簿" in shown) == (0, True, True)


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
        (["list", "--files"], "用上　示例/项目1/项目数据.xlsx　项目1的工作簿"),
        (["list", "--files"], "共 119 个文件：用上 119 个"),
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
    printed = capsys.readouterr()
    assert "程序内部出错" in printed.err and "KeyError" in printed.err
    assert "Traceback" not in printed.err and "oops" not in printed.err
    assert printed.out == ""


def test_oserror_exits_with_5_and_names_the_path(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise OSError(28, "No space left on device", "outputs/x")

    assert cli.run(fail) == 5
    printed = capsys.readouterr()
    assert "outputs/x" in printed.err and "磁盘满了" in printed.err
    assert "Traceback" not in printed.err and "No space left" not in printed.err
    assert printed.out == ""


def test_brackets_and_backslashes_are_not_read_as_markup(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.show_faults([Fault(Level.ERROR, Where("a", "b", "A1"), "错", "改", r"\[/x] [bold]")])
    assert r"\[/x] [bold]" in capsys.readouterr().out


def test_unknown_project_exits_with_3(tmp_path: Path) -> None:
    code, words = run_command("check", "9", "--inputs", make.make(tmp_path))
    assert code == 3
    assert "没有项目9" in words


GROUP = typer.main.get_command(cli.app)
assert isinstance(GROUP, TyperGroup)
COMMANDS = GROUP.commands
FRAME = r"Usage: \w+|\[OPTIONS\]|Arguments|Options|Commands|COMMAND|\[ARGS\]|Show this message and exit\."
"""English words of typer's own frame around the help."""
MADE_BY_TYPER = r"\[required\]|\[default: [^]]*\]|<[^>]*>|\[x>=1\]|\[0<=x<=65535\]|--[a-z-]+"
"""Defaults, types and names of options, which typer adds."""


def help_of(*words: str) -> str:
    """Return the help of a command, printed so wide that no line is broken."""
    ran = CliRunner().invoke(cli.app, [*words, "--help"], env={"COLUMNS": "400", "TERMINAL_WIDTH": "400"})
    assert ran.exit_code == 0
    return ran.output


def is_chinese(text: str | None) -> bool:
    """Return True if a text is mostly Chinese: names of files and programs are the only English in it."""
    chinese = re.findall(r"[\u4e00-\u9fff]", text or "")
    return len(chinese) >= 4 and len(chinese) > len(re.findall(r"[A-Za-z]{2,}", text or ""))


def test_help_lists_every_command_with_a_chinese_sentence() -> None:
    answer = help_of()
    assert len(COMMANDS) == len(cli.app.registered_commands) >= 11
    for name, command in COMMANDS.items():
        sentence = re.escape(command.help or "-")
        assert re.search(rf"^│ {name} +{sentence}", answer, re.MULTILINE), name


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_every_command_and_option_is_chinese(name: str) -> None:
    command, answer = COMMANDS[name], help_of(name)
    texts = [
        command.help or "",
        *(str(getattr(option, "help", "")) for option in command.params if option.name != "help"),
    ]
    for text in texts:
        assert is_chinese(text), text
        assert text in answer
    assert str(command.help).endswith("。")
    rest = re.sub(rf"{FRAME}|{MADE_BY_TYPER}|{'|'.join(map(re.escape, texts))}|\b{name}\b", "", answer)
    assert not re.findall("[A-Za-z]+", rest)


def test_help_of_the_real_command_is_the_same() -> None:
    code, answer = run_command("print", "--help")
    assert code == 0
    assert "打印做好的打印版" in answer and "--printer" in answer
