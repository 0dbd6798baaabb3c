"""The folder of work: made by `paperwork init`, found without options, refused in plain words."""

import re
import shutil
from pathlib import Path

import pytest

from paperwork.app import cli, work_folder
from paperwork.core import commands
from paperwork.core.faults import Stop
from paperwork.formats.office import fonts
from paperwork.formats.office.fonts import FontMatch
from tests import make
from tests.app.test_cli import run_command

NAMES = {"inputs", "outputs", "templates", "说明.txt"}


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """Make a folder of work whose path has a space and Chinese in it."""
    folder = tmp_path / "盐都 档案" / "2022年 项目"
    work_folder.create(folder)
    return folder


@pytest.fixture
def wheel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let the program lie where an installed wheel lies: below a folder without a Makefile."""
    monkeypatch.setattr(commands, "ROOT", tmp_path)
    monkeypatch.setattr(commands, "PACKAGE", make.ROOT)  # there a wheel has its templates


def contents(folder: Path) -> dict[str, bytes]:
    """Return the content of all files below a folder, by relative path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_init_makes_the_folder_and_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "盐都 档案"
    code, words = run_command("init", folder)
    assert code == 0
    assert {path.name for path in folder.iterdir()} == NAMES
    assert str(folder) in words
    assert all(name in words for name in NAMES)
    assert f"cd '{folder}'" in words
    shipped = contents(make.ROOT / "templates")
    assert contents(folder / "templates") == {name: shipped[name] for name in shipped if "~" not in name}


def test_the_note_names_commands_that_exist(work: Path) -> None:
    text = (work / "说明.txt").read_text("utf-8")
    named = set(re.findall(r"paperwork ([a-z]+)", text))
    known = {each.name or getattr(each.callback, "__name__", "") for each in cli.app.registered_commands}
    assert {"doctor", "list", "new", "check", "archive", "serve"} <= named <= known
    assert all(f"  {name}/" in text for name in NAMES - {"说明.txt"})


@pytest.mark.parametrize("name", sorted(NAMES))
def test_init_touches_nothing_that_is_there(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("已有的", "utf-8")
    before = contents(tmp_path)
    code, words = run_command("init", tmp_path)
    assert code == 3
    assert f"已经有 {name}" in words
    assert contents(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_second_init_refuses_and_names_all_parts(work: Path) -> None:
    before = contents(work)
    code, words = run_command("init", work)
    assert code == 3
    assert all(name in words for name in NAMES)
    assert contents(work) == before


def test_init_in_a_folder_with_other_files_keeps_them(tmp_path: Path) -> None:
    (tmp_path / "别的.txt").write_text("留着", "utf-8")
    work_folder.create(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == NAMES | {"别的.txt"}
    assert (tmp_path / "别的.txt").read_text("utf-8") == "留着"


def test_init_refuses_a_file(tmp_path: Path) -> None:
    (tmp_path / "档案").write_text("", "utf-8")
    code, words = run_command("init", tmp_path / "档案")
    assert code == 3
    assert "是文件，不是文件夹" in words


def test_a_failed_init_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfile", fail)
        with pytest.raises(OSError, match="No space"):
            work_folder.create(tmp_path)
    assert list(tmp_path.iterdir()) == []
    work_folder.create(tmp_path)


@pytest.mark.usefixtures("wheel")
def test_init_of_an_incomplete_installation_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "PACKAGE", tmp_path)
    with pytest.raises(Stop, match="程序没有装全") as stop:
        work_folder.create(tmp_path / "work")
    assert stop.value.code == 4
    assert not (tmp_path / "work").exists()


def test_templates_are_writable_though_the_program_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = shutil.copytree(make.ROOT / "templates", tmp_path / "shipped")
    for path in (*shipped.rglob("*.*"), shipped / "docx", shipped):
        path.chmod(0o555 if path.is_dir() else 0o444)
    monkeypatch.setattr(work_folder, "shipped_templates", lambda: shipped)
    work_folder.create(tmp_path / "work")
    assert all(path.stat().st_mode & 0o200 for path in (tmp_path / "work").rglob("*"))


def test_lock_files_of_word_are_not_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = make.forms(tmp_path / "shipped", ())
    (shipped / "docx" / "~$名册.docx").write_bytes(b"lock")
    monkeypatch.setattr(work_folder, "shipped_templates", lambda: shipped)
    work_folder.create(tmp_path / "work")
    assert (tmp_path / "work" / "templates" / "docx" / "名册.docx").is_file()
    assert not list((tmp_path / "work").rglob("~$*"))


def test_the_current_folder_of_work_is_used(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(work / "outputs")  # staff may delete it
    shutil.copytree(make.write_only(work.parent / "else"), work / "inputs", dirs_exist_ok=True)
    monkeypatch.chdir(work)
    code, words = run_command("new", "2")
    assert code == 0
    [path] = (work / "inputs").glob("项目2-*/项目数据.xlsx")
    assert str(path) in words
    assert "有误" not in run_command("check", "1", "--as-of", "2022-04-01")[1]
    assert (work / "outputs" / "1" / "校验").is_dir()


def test_the_checkout_is_used_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "inputs").mkdir()
    (tmp_path / "templates").mkdir()  # a folder of this name alone makes no folder of work
    monkeypatch.chdir(tmp_path)
    assert work_folder.default("inputs") == make.ROOT / "inputs"
    assert "示例/项目1/项目数据.xlsx" in run_command("list")[1]


@pytest.mark.usefixtures("wheel")
def test_a_wheel_elsewhere_refuses_and_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "inputs").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Stop) as stop:
        work_folder.default("outputs")
    assert stop.value.code == 3
    assert stop.value.wrong == f"{tmp_path} 不是工作文件夹：里面没有 templates/forms.toml"
    assert "paperwork init 文件夹" in stop.value.mend
    for name in ("list", "forms", "serve", "watch"):
        with pytest.raises(Stop, match="不是工作文件夹"):
            cli.app([name])


@pytest.mark.usefixtures("wheel")
def test_each_option_wins_alone(work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = make.write_only(tmp_path / "elsewhere")
    monkeypatch.chdir(work)
    with pytest.raises(SystemExit, match=r"^0$"):
        cli.app(["check", "1", "--inputs", str(inputs), "--as-of", "2022-04-01"])
    assert (work / "outputs" / "1" / "校验").is_dir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match=r"^0$"):  # nothing is left to look for
        folders = ["--inputs", str(inputs), "--outputs", str(tmp_path / "out"), "--templates", str(work / "templates")]
        cli.app(["check", "1", *folders, "--as-of", "2022-04-01"])
    assert (tmp_path / "out" / "1" / "校验").is_dir()


@pytest.mark.parametrize("name", ["archive", "check", "watch", "serve", "print", "new", "list", "forms"])
def test_help_names_no_path_of_this_machine(name: str) -> None:
    code, words = run_command(name, "--help")
    assert code == 0
    assert str(make.ROOT) not in words.replace("\n", "")
    assert "工作文件夹里的" in words


def test_version_is_that_of_the_package() -> None:
    wanted = re.search(r'^version = "(.+)"', (make.ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE)
    assert wanted
    assert run_command("--version") == (0, f"paperwork {wanted[1]}\n")


def font_packages(wanted: str, used: str, *, genuine: bool = False) -> str:
    """Return the packages that `paperwork doctor` advises for a font."""
    return cli._font_row(FontMatch(wanted, used, genuine, Path(), 0))[1]


def test_doctor_advises_packages_for_unfit_fonts_only() -> None:
    assert font_packages("仿宋_GB2312", "仿宋_GB2312", genuine=True) == ""
    assert font_packages("仿宋_GB2312", "FandolFang") == ""
    assert font_packages("Times New Roman", "Liberation Serif") == ""
    assert font_packages("仿宋_GB2312", "Noto Serif CJK SC") == f"{commands.FONTS} {commands.FANDOL}"
    assert font_packages("仿宋_GB2312", "DejaVu Sans") == commands.FONTS


def test_doctor_of_a_complete_installation_advises_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"^0$"):
        cli.app(["doctor"])
    assert "缺的这样装" not in capsys.readouterr().out


def missing_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """Return what `paperwork doctor` prints where neither LibreOffice nor fontconfig is installed."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemExit, match=r"^4$"):
        cli.app(["doctor"])
    return capsys.readouterr().out


@pytest.mark.usefixtures("wheel")
def test_doctor_of_a_wheel_gives_one_line_to_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = missing_programs(tmp_path, monkeypatch, capsys)
    assert "没有它，不能把 Word 打印成 PDF" in words
    assert "没有找到 fontconfig" in words
    assert words.splitlines()[-1] == f"缺的这样装：{commands.apt(f'{commands.OFFICE} {commands.FONTS}')}"


def test_doctor_in_the_checkout_names_the_setup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert missing_programs(tmp_path, monkeypatch, capsys).splitlines()[-1] == "缺的这样装：make setup"


def test_fandol_of_the_tex_package_is_found() -> None:
    assert fonts.TEX in fonts.FOLDERS
