"""Real archives of two years, and of two states: last year's is safe, and a complete one goes only when staff agree."""

import datetime as dt
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from openpyxl import load_workbook

from paperwork.app import cli
from paperwork.archive import finished, history, register
from paperwork.build import batch, project
from paperwork.build.project import BuildResult
from paperwork.core.faults import ExitCode, Stop
from paperwork.core.values import ProjectNumber
from paperwork.desk import board
from paperwork.desk.dossier import read_dossier
from paperwork.project import input_folder
from tests import make
from tests.app.test_cli import COMMAND
from tests.conftest import bind, link_cache
from tests.project.test_years import catalogue, workbook

LAST_YEAR = ProjectNumber(1, 2022)


class Place:
    """Folders of one test, with an archive of project 1 that is complete."""

    def __init__(self, folder: Path) -> None:
        self.inputs, self.outputs, self.templates = folder / "inputs", folder / "outputs", folder / "templates"

    def build(self, number: int = 1, replacing: bool = False) -> BuildResult:
        """Build an archive."""
        return bind(self.inputs, self.outputs, self.templates, number, replacing=replacing)

    def refused(self) -> Stop:
        """Build an archive that must be refused."""
        with pytest.raises(Stop) as stop:
            self.build()
        return stop.value

    def volume(self, name: str = "1") -> bytes:
        """Return the volume of an archive."""
        return (self.outputs / name / "项目档案.pdf").read_bytes()

    def registered(self) -> dict[str, str]:
        """Return the states in the register by project number."""
        sheet = load_workbook(self.outputs / register.FILE).active
        return {str(row[0].value): str(row[6].value) for row in sheet.iter_rows(min_row=3) if row[6].value}

    def run(self, *words: str) -> int:
        """Run a command of the command line."""
        folders = {"inputs": self.inputs, "outputs": self.outputs, "templates": self.templates}
        wanted = ("outputs",) if words[0] in ("restore", "print") else tuple(folders)
        options = [word for name in wanted for word in (f"--{name}", str(folders[name]))]
        return cli.run(lambda: cli.app([*words, *options], standalone_mode=False))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a complete archive with few forms once; return its folder."""
    folder = tmp_path_factory.mktemp("made")
    make.make(folder)
    make.forms(folder, ["督导记录表", "活动简报"])
    bind(folder / "inputs", folder / "outputs", folder / "templates")
    return folder


@pytest.fixture
def place(made: Path, tmp_path: Path) -> Iterator[Place]:
    """Copy the folders, with the times of their files."""
    shutil.copytree(made, tmp_path / "copy", symlinks=True)
    place = Place(tmp_path / "copy")
    link_cache(place.outputs)
    yield place


def remove_photo(place: Place) -> None:
    """Take a photo away, so that the archive becomes a draft."""
    (place.inputs / "项目1" / "照片" / "HD-02" / "01 现场.jpg").unlink()


def new_year(place: Place, name: str = "新项目") -> None:
    """Put the catalogue and the workbook of the next year beside those of the last."""
    catalogue(place.inputs / "2023年目录.xlsx", 2023, {1: name})
    workbook(place.inputs / "新项目1" / "项目数据.xlsx", 项目名称=name, 年度=2023)


# ---- years


def test_new_years_number_one_does_not_overwrite_last_years_archive(place: Place) -> None:
    before = place.volume()
    new_year(place)
    made = place.build()
    assert (made.folder.name, made.state) == ("1", "待补稿")
    assert place.volume("2022-1") == before
    assert history.words(place.outputs, 1) == "待补稿"
    assert history.words(place.outputs, LAST_YEAR) == "齐备"
    assert list(place.registered()) == ["1", "2022-1"]
    again = place.build(LAST_YEAR)
    assert (again.folder.name, again.state, again.is_unchanged) == ("2022-1", "齐备", True)


def test_page_knows_the_projects_of_both_years(place: Place) -> None:
    new_year(place)
    shown = board.board(place.inputs, place.outputs, place.templates)
    assert [(str(card.number), card.name) for card in shown.cards] == [
        ("1", "新项目"), ("2022-1", "《盐都“紫薇伙伴”项目》"), ("2022-2", "红梅花开•和美之家"),
        ("2022-3", "“国有法·家有爱”家庭教育辩论赛"),
    ]  # fmt: skip
    folders = (place.inputs, place.outputs)
    assert read_dossier(*folders, 1, make.LATER, place.templates).archive is None
    last = read_dossier(*folders, LAST_YEAR, make.LATER, place.templates).archive
    assert last
    assert (last.state, last.is_outdated) == ("齐备", False)


def test_last_years_workbook_with_the_new_catalogue_alone_is_refused(place: Place) -> None:
    """Replace the catalogue, as staff do who think that there must be one only."""
    before = place.volume()
    (place.inputs / "项目发布目录.docx").unlink()
    catalogue(place.inputs / "2023年目录.xlsx", 2023, {1: "新项目"})
    assert place.refused().code is ExitCode.FAULTY
    assert {name for name in ("1", "2022-1") if (place.outputs / name / "项目档案.pdf").is_file()} <= {"1", "2022-1"}
    history.settle(place.outputs, input_folder.scan_inputs(place.inputs))
    assert place.volume("2022-1") == before
    assert not (place.outputs / "1").exists()


def test_number_given_to_another_project_in_the_same_year_sets_the_archive_aside(place: Place) -> None:
    before = place.volume()
    (place.inputs / "项目发布目录.docx").unlink()
    catalogue(place.inputs / "目录.xlsx", 2022, {1: "另一个项目"})
    workbook(place.inputs / "项目1" / "项目数据.xlsx", 项目名称="另一个项目")
    stop = place.refused()
    assert stop.code is ExitCode.UNCONFIRMED
    assert "项目名称由“《盐都“紫薇伙伴”项目》”改为“另一个项目”" in stop.wrong
    assert place.volume() == before
    place.build(replacing=True)
    assert place.volume("2022-1-盐都紫薇伙伴项目") == before


@pytest.mark.parametrize("gone", ["项目发布目录.docx", "."])
def test_archive_is_registered_if_the_inputs_are_gone_when_it_is_done(place: Place, gone: str) -> None:
    made = place.build()
    (place.outputs / register.FILE).unlink()
    shutil.rmtree(place.inputs) if gone == "." else (place.inputs / gone).unlink()
    assert project.register_archives(place.outputs, [made], place.inputs, place.templates) == ()
    assert "旧了" in place.registered()["1"]


def test_project_of_the_newest_year_may_be_named_with_its_year_among_others(tmp_path: Path) -> None:
    named = [ProjectNumber.parse(words) for words in ("2022-1", "2022-2", "1")]
    assert batch.select_projects(make.make(tmp_path), None, named).numbers == (1, 2)


def test_command_line_takes_the_year(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    new_year(place)
    assert place.run("archive", "2022-1", "--as-of", "2026-01-01") == 0
    assert place.run("check", "2022-1", "--as-of", "2026-01-01") == 0
    assert place.run("list") == 0
    shown = capsys.readouterr().out
    assert "没有变化，上次做好的成品原样保留" in shown
    assert "2022-1" in shown
    assert (place.outputs / "2022-1" / "校验").is_dir()
    assert place.run("check", "2023-1", "--as-of", "2026-01-01") == 0
    assert place.run("archive", "2021-1") == ExitCode.FAULTY
    assert place.run("archive", "x") == ExitCode.FAULTY


# ---- states


def test_draft_does_not_replace_a_complete_archive_unasked(place: Place) -> None:
    before = place.volume()
    remove_photo(place)
    stop = place.refused()
    assert stop.code is ExitCode.UNCONFIRMED
    assert stop.wrong == "项目1做好的档案是齐备的，现在还缺 1 项材料，只能做成待补稿，没有换掉它"
    assert "restore" in stop.mend
    assert place.volume() == before
    assert place.build(replacing=True).state == "待补稿"
    kept = place.outputs / ".以前" / "1" / "齐备"
    assert (kept / "项目档案.pdf").read_bytes() == before


def test_many_projects_and_the_watch_tell_instead(place: Place) -> None:
    before = place.volume()
    remove_photo(place)
    job = batch.Job(1, place.inputs, place.outputs, place.templates, make.LATER)
    outcome = batch.build(job)
    assert (outcome.code, outcome.archive) == (ExitCode.UNCONFIRMED, None)
    assert "没有换掉它" in outcome.wrong
    assert place.run("archive", "1", "2", "--replace") == ExitCode.FAULTY
    assert place.run("archive", "--all", "--replace") == ExitCode.FAULTY
    assert place.volume() == before


def test_command_line_refuses_and_restores(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    before = place.volume()
    remove_photo(place)
    assert place.run("archive", "1", "--as-of", "2026-01-01") == ExitCode.UNCONFIRMED
    code, said = answered(place, "n")
    assert (code, place.volume()) == (ExitCode.UNCONFIRMED, before), said
    code, said = answered(place, "y")
    assert code == 0, said
    assert "还是要换吗" in said
    assert place.volume() != before
    assert place.run("restore", "1") == 0
    assert place.volume() == before
    assert "已放回项目1以前的档案" in capsys.readouterr().out
    assert place.run("restore", "1", "--state", "没有") == ExitCode.FAULTY
    shown = read_dossier(place.inputs, place.outputs, 1, make.LATER, place.templates)
    assert [kept.state for kept in shown.earlier] == ["待补稿"]
    assert place.registered()["1"].startswith("齐备")


def answered(place: Place, answer: str) -> tuple[int, str]:
    """Run `archive` on a terminal, and answer its question; return exit code and output."""
    terminal, end = os.openpty()
    words = [str(COMMAND), "archive", "1", "--as-of", "2026-01-01"]
    for name in ("inputs", "outputs", "templates"):
        words += [f"--{name}", str(getattr(place, name))]
    shown = b""
    with subprocess.Popen(words, stdin=end, stdout=end, stderr=end) as process:
        os.close(end)
        with suppress(OSError):  # EIO: the process has ended
            while read := os.read(terminal, 1000):
                shown += read
                if shown.endswith(b"[y/N]: "):
                    os.write(terminal, f"{answer}\n".encode())
        code = process.wait(120)
    os.close(terminal)
    return code, shown.decode("utf-8", "replace")


def test_new_state_of_the_same_kind_needs_no_question(place: Place) -> None:
    make.photo(place.inputs / "项目1" / "照片" / "HD-01" / "03 现场.jpg")
    assert place.build().state == "齐备"
    assert history.words(place.outputs, 1) == "齐备；以前的：齐备"


@pytest.mark.parametrize(
    ("header", "value", "asks"),
    [("项目金额（万元）", "11", True), ("项目目标", "另一个目标", True), ("相关要求", "1.专账。2.总结。3.创新。", True),
     ("牵头部室", "组 联 部", False)],
)  # fmt: skip
def test_changed_row_of_the_catalogue_is_asked_about(place: Place, header: str, value: str, asks: bool) -> None:
    from docx import Document

    path = place.inputs / "项目发布目录.docx"
    document = Document(str(path))
    table = document.tables[0]
    names = [cell.text.replace("\n", "").strip() for cell in table.rows[0].cells]
    place_of = next(at for at, name in enumerate(names) if name.startswith(header[:4]))
    table.rows[1].cells[place_of].text = value
    document.save(str(path))
    checked_before = place.volume()
    try:
        place.build()
        assert not asks
    except Stop as stop:
        assert (stop.code, asks) == (ExitCode.UNCONFIRMED, True), stop.wrong
        assert f"目录里的项目1改过：{header.removesuffix('（万元）')}" in stop.wrong
        assert place.volume() == checked_before


# ---- out of date


def test_register_and_list_say_at_once_that_an_archive_is_out_of_date(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = (place.inputs, place.outputs, place.templates)
    board.board(*folders)
    assert place.registered() == {"1": "齐备"}
    remove_photo(place)
    board.board(*folders)
    assert place.registered() == {"1": "齐备（旧了）"}
    assert place.run("list") == 0
    assert "旧了" in capsys.readouterr().out
    place.build(replacing=True)
    assert place.registered() == {"1": "待补稿"}


@pytest.mark.parametrize(
    "name", ["项目1/附件/评估.pdf", "项目1/照片/HD-01/01 现场.jpg", "项目1/项目数据.xlsx", "项目发布目录.docx"]
)
def test_quick_look_finds_what_changed(place: Place, name: str) -> None:
    found = input_folder.scan_inputs(place.inputs)
    assert finished.outdated(place.outputs, found, place.templates) == frozenset()
    path = place.inputs / name
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert finished.outdated(place.outputs, found, place.templates) == {"1"}


def test_quick_look_finds_a_changed_template(place: Place) -> None:
    found = input_folder.scan_inputs(place.inputs)
    (place.templates / "forms.toml").write_text((place.templates / "forms.toml").read_text("utf-8") + "\n", "utf-8")
    assert finished.outdated(place.outputs, found, place.templates) == {"1"}


def test_manifest_names_the_year(place: Place) -> None:
    kept = history.read_kept(place.outputs / "1")
    assert kept
    assert (kept.year, kept.project, kept.date) == (2022, 1, dt.date(2022, 12, 30))
