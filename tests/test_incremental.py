"""Only what changed is made anew: asked of the real command and a real LibreOffice that is counted."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from docx import Document
from openpyxl import load_workbook

from paperwork import installed
from tests import make
from tests.test_archive import snapshot

FORMS = ("项目申报书", "活动方案", "活动简报", "督导记录表")


class Desk:
    """A project whose volume has few forms, and a LibreOffice that notes each start before it is the real one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.inputs = make.make(folder)
        self.templates = make.forms(folder, FORMS)
        programs = folder / "bin"
        programs.mkdir()
        (programs / "soffice").write_text(f'#!/bin/sh\necho "$@" >> {folder}/starts\nexec {installed.program()} "$@"\n')
        (programs / "soffice").chmod(0o755)
        self.whole = 0
        self.env = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}

    def command(self, *more: str, outputs: str = "outputs") -> list[str]:
        """The command as staff type it."""
        folders = ["--inputs", str(self.inputs), "--outputs", str(self.folder / outputs)]
        paperwork = str(Path(sys.executable).parent / "paperwork")
        return [paperwork, "archive", "1", *folders, "--templates", str(self.templates), "--as-of", "2026-01-01", *more]

    def archive(self, *more: str, outputs: str = "outputs") -> tuple[str, list[str]]:
        """Run it; what it said, and the names of the Word files that LibreOffice was asked to print."""
        (self.folder / "starts").unlink(missing_ok=True)
        ran = subprocess.run(
            self.command(*more, outputs=outputs), env=self.env, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stderr
        told = (self.folder / "starts").read_text("utf-8") if (self.folder / "starts").exists() else ""
        lines = [line for line in told.splitlines() if "--convert-to" in line]
        return ran.stdout, sorted(
            Path(word + ".docx").stem
            for line in lines
            for word in line.split(" --outdir ")[1].split(" ", 1)[1].removesuffix(".docx").split(".docx ")
        )

    def change(self, sheet: str, cell: str, value: str) -> None:
        """Change one cell, as staff do."""
        path = self.inputs / "项目1" / "项目数据.xlsx"
        book = load_workbook(path)
        book[sheet][cell] = value
        book.save(path)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A project made once; each test goes on from where the one before left it."""
    made = Desk(tmp_path_factory.mktemp("desk"))
    said, printed = made.archive()
    assert "沿用" not in said
    assert len(printed) > len(FORMS)
    made.whole = len(printed)
    return made


def found(desk: Desk, sheet: str, header: str, row: int = 0) -> str:
    """The cell under a header, in the first (or a later) row of data."""
    page = load_workbook(desk.inputs / "项目1" / "项目数据.xlsx")[sheet]
    head = next(cell for line in page.iter_rows(max_row=5) for cell in line if cell.value == header)
    return f"{head.column_letter}{head.row + 1 + row}"


def test_nothing_changed_nothing_is_printed(desk: Desk) -> None:
    before = snapshot(desk.folder / "outputs" / "1")
    said, printed = desk.archive()
    assert printed == []
    assert "没有变化" in said
    assert snapshot(desk.folder / "outputs" / "1") == before


def test_one_cell_changes_only_the_documents_that_show_it(desk: Desk) -> None:
    desk.change("活动", found(desk, "活动", "活动流程"), "1.签到\n2.换了内容\n3.小结")
    said, printed = desk.archive()
    assert [name.split("-", 1)[1] for name in printed] == ["第1次培训（活动方案）"]
    assert "新做 Word 文件 1 份" in said
    desk.archive(outputs="afresh")
    assert snapshot(desk.folder / "outputs" / "1") == snapshot(desk.folder / "afresh" / "1")


def test_a_title_changes_its_document_and_the_tables(desk: Desk) -> None:
    desk.change("活动", found(desk, "活动", "简报标题", 1), "第2次培训圆满结束")
    _, printed = desk.archive()
    names = {name.split("-", 1)[1] for name in printed}
    assert {"第2次培训圆满结束（活动简报）", "卷内目录"} <= names
    assert not {"第1次培训（活动方案）", "第1次培训顺利举行（活动简报）", "卷内备考表"} & names


def test_a_new_photo_and_a_changed_template_change_what_shows_them(desk: Desk) -> None:
    make.photo(desk.inputs / "项目1" / "照片" / "HD-01" / "01 现场.jpg", (10, 200, 10))
    path = desk.templates / "docx" / "督导记录表.docx"
    document = Document(str(path))
    document.add_paragraph("加了一行")
    document.save(str(path))
    _, printed = desk.archive()
    names = {name.split("-", 1)[1] for name in printed}
    assert [name for name in names if name.endswith("（活动简报）")] == ["第1次培训顺利举行（活动简报）"]
    assert [name for name in names if name.endswith("督导记录表")]
    assert not [name for name in names if name.endswith("（活动方案）")]


def test_what_somebody_touched_is_made_again_and_nothing_is_printed(desk: Desk) -> None:
    folder = desk.folder / "outputs" / "1"
    before = snapshot(folder)
    with (folder / "打印版.pdf").open("ab") as stream:
        stream.write(b"touched")
    _, printed = desk.archive()
    assert printed == []
    assert snapshot(folder) == before
    assert desk.archive()[1] == []


def test_force_makes_all_anew(desk: Desk) -> None:
    before = snapshot(desk.folder / "outputs" / "1")
    said, printed = desk.archive("--force")
    assert len(printed) == desk.whole
    assert "沿用" not in said
    assert snapshot(desk.folder / "outputs" / "1") == before


def test_a_killed_run_goes_on_where_it_was(desk: Desk) -> None:
    """Killed as a machine that loses its power kills: no chance to put anything in order."""
    before = snapshot(desk.folder / "outputs" / "1")
    shutil.rmtree(desk.folder / "outputs" / ".store")
    process = subprocess.Popen(
        desk.command("--jobs", "1"),
        env=desk.env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 120
    while printed_sheets(desk) < 3 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    kept = printed_sheets(desk)
    assert kept >= 3
    assert snapshot(desk.folder / "outputs" / "1") == before
    said, printed = desk.archive()
    assert 0 < len(printed) <= desk.whole - kept
    assert "沿用以前做好的" in said
    assert snapshot(desk.folder / "outputs" / "1") == before


def printed_sheets(desk: Desk) -> int:
    """How many PDFs the store holds."""
    return sum(b"%PDF" in head(path) for path in (desk.folder / "outputs" / ".store").glob("*/*"))


def head(path: Path) -> bytes:
    """How a file begins; nothing when it has gone meanwhile."""
    try:
        with path.open("rb") as stream:
            return stream.read(8)
    except OSError:
        return b""
