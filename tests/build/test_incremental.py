"""Incremental builds with the real command and LibreOffice, behind a wrapper that logs each start."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from docx import Document
from openpyxl import load_workbook

from paperwork.formats.office import installation
from tests import make
from tests.build.test_project import snapshot
from tests.waiting import wait_until

OPTIONS = ("--inputs", "--outputs", "--templates")
FORMS = ("项目申报书", "活动方案", "活动简报", "督导记录表")


class Workspace:
    """A project with few forms, and a `soffice` wrapper that logs each start and runs the real LibreOffice."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.inputs = make.make(folder)
        self.templates = make.forms(folder, FORMS)
        programs = folder / "bin"
        programs.mkdir()
        (programs / "soffice").write_text(
            f'#!/bin/sh\necho "$@" >> {folder}/starts\nexec {installation.find_program()} "$@"\n'
        )
        (programs / "soffice").chmod(0o755)
        self.document_count = 0
        self.env = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}

    def command(self, *more: str, outputs: str = "outputs") -> list[str]:
        """Return the command line as staff would type it."""
        folders = ["--inputs", str(self.inputs), "--outputs", str(self.folder / outputs)]
        paperwork = str(Path(sys.executable).parent / "paperwork")
        return [paperwork, "archive", "1", *folders, "--templates", str(self.templates), "--as-of", "2026-01-01", *more]

    def archive(self, *more: str, outputs: str = "outputs") -> tuple[str, list[str]]:
        """Run the command; return its output and the names of the Word files that LibreOffice converted."""
        (self.folder / "starts").unlink(missing_ok=True)
        ran = subprocess.run(
            self.command(*more, outputs=outputs), env=self.env, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stderr
        log = (self.folder / "starts").read_text("utf-8") if (self.folder / "starts").exists() else ""
        lines = [line for line in log.splitlines() if "--convert-to" in line]
        return ran.stdout, sorted(
            Path(word + ".docx").stem
            for line in lines
            for word in line.split(" --outdir ")[1].split(" ", 1)[1].removesuffix(".docx").split(".docx ")
        )

    def change(self, sheet: str, cell: str, value: str) -> None:
        """Change one cell of the workbook, as staff would."""
        path = self.inputs / "项目1" / "项目数据.xlsx"
        book = load_workbook(path)
        book[sheet][cell] = value
        book.save(path)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Build a project once. The tests depend on their order: each continues from the state its predecessor left."""
    built = Workspace(tmp_path_factory.mktemp("workspace"))
    output, converted = built.archive()
    assert "沿用" not in output
    assert len(converted) > len(FORMS)
    built.document_count = len(converted)
    return built


def cell_below(workspace: Workspace, sheet: str, header: str, row: int = 0) -> str:
    """Return the address of the cell under a header, in the first or a later row of data."""
    page = load_workbook(workspace.inputs / "项目1" / "项目数据.xlsx")[sheet]
    head = next(cell for line in page.iter_rows(max_row=5) for cell in line if cell.value == header)
    return f"{head.column_letter}{head.row + 1 + row}"


def test_unchanged_project_converts_no_document(workspace: Workspace) -> None:
    before = snapshot(workspace.folder / "outputs" / "1")
    output, converted = workspace.archive()
    assert converted == []
    assert "没有变化" in output
    assert snapshot(workspace.folder / "outputs" / "1") == before


def test_changed_cell_rebuilds_only_the_documents_that_show_it(workspace: Workspace) -> None:
    workspace.change("活动", cell_below(workspace, "活动", "活动流程"), "1.签到\n2.换了内容\n3.小结")
    output, converted = workspace.archive()
    assert [name.split("-", 1)[1] for name in converted] == ["第1次培训（活动方案）"]
    assert "新做 Word 文件 1 份" in output
    workspace.archive(outputs="afresh")
    assert snapshot(workspace.folder / "outputs" / "1") == snapshot(workspace.folder / "afresh" / "1")


def test_changed_title_rebuilds_its_document_and_the_contents(workspace: Workspace) -> None:
    workspace.change("活动", cell_below(workspace, "活动", "简报标题", 1), "第2次培训圆满结束")
    _, converted = workspace.archive()
    names = {name.split("-", 1)[1] for name in converted}
    assert {"第2次培训圆满结束（活动简报）", "卷内目录"} <= names
    assert not {"第1次培训（活动方案）", "第1次培训顺利举行（活动简报）", "卷内备考表"} & names


def test_new_photo_and_changed_template_rebuild_only_their_documents(workspace: Workspace) -> None:
    make.photo(workspace.inputs / "项目1" / "照片" / "HD-01" / "01 现场.jpg", (10, 200, 10))
    path = workspace.templates / "docx" / "督导记录表.docx"
    document = Document(str(path))
    document.add_paragraph("加了一行")
    document.save(str(path))
    _, converted = workspace.archive()
    names = {name.split("-", 1)[1] for name in converted}
    assert [name for name in names if name.endswith("（活动简报）")] == ["第1次培训顺利举行（活动简报）"]
    assert [name for name in names if name.endswith("督导记录表")]
    assert not [name for name in names if name.endswith("（活动方案）")]


def test_modified_output_is_restored_without_converting_documents(workspace: Workspace) -> None:
    folder = workspace.folder / "outputs" / "1"
    before = snapshot(folder)
    with (folder / "打印版.pdf").open("ab") as stream:
        stream.write(b"touched")
    _, converted = workspace.archive()
    assert converted == []
    assert snapshot(folder) == before
    assert workspace.archive()[1] == []


def test_force_rebuilds_every_document(workspace: Workspace) -> None:
    before = snapshot(workspace.folder / "outputs" / "1")
    output, converted = workspace.archive("--force")
    assert len(converted) == workspace.document_count
    assert "沿用" not in output
    assert snapshot(workspace.folder / "outputs" / "1") == before


def test_killed_build_resumes_from_the_cache(workspace: Workspace) -> None:
    """Simulate a power failure: SIGKILL leaves no chance to clean up."""
    before = snapshot(workspace.folder / "outputs" / "1")
    shutil.rmtree(workspace.folder / "outputs" / ".store")
    process = subprocess.Popen(
        workspace.command("--jobs", "1"),
        env=workspace.env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    wait_until(lambda: count_cached_pdfs(workspace) >= 3 or process.poll() is not None)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    cached = count_cached_pdfs(workspace)
    assert cached >= 3
    assert snapshot(workspace.folder / "outputs" / "1") == before
    output, converted = workspace.archive()
    assert 0 < len(converted) <= workspace.document_count - cached
    assert "沿用以前做好的" in output
    assert snapshot(workspace.folder / "outputs" / "1") == before


def test_updated_program_prints_the_new_text_with_the_old_cache(tmp_path: Path) -> None:
    """Build, change a module that no form imports directly, and build again into the same outputs folder."""
    program = tmp_path / "program" / "paperwork"
    shutil.copytree(make.ROOT / "paperwork", program)
    folders = (make.make(tmp_path), tmp_path / "outputs", make.forms(tmp_path, ["督导记录表"]))
    options = [word for name, each in zip(OPTIONS, folders, strict=True) for word in (name, str(each))]
    command = [sys.executable, "-c", "from paperwork.app.cli import main; main()", "archive", "1", *options]
    env = {**os.environ, "PYTHONPATH": str(program.parent)}

    def texts() -> str:
        subprocess.run([*command, "--as-of", "2026-01-01"], cwd=tmp_path, env=env, capture_output=True, check=True)
        [record] = (tmp_path / "outputs" / "1" / "word").glob("001-*.docx")
        cells = [cell.text for table in Document(str(record)).tables for row in table.rows for cell in row.cells]
        return "\n".join([*(paragraph.text for paragraph in Document(str(record)).paragraphs), *cells])

    assert "2022年第二季度" in texts()
    dates = program / "core" / "dates.py"
    old = dates.read_text("utf-8")
    dates.write_text(old.replace('季度"', '季"', 1), "utf-8")
    assert dates.read_text("utf-8") != old
    assert "2022年第二季" in (changed := texts())
    assert "2022年第二季度" not in changed


def count_cached_pdfs(workspace: Workspace) -> int:
    """Return the number of PDFs in the cache."""
    return sum(b"%PDF" in first_bytes(path) for path in (workspace.folder / "outputs" / ".store").glob("*/*"))


def first_bytes(path: Path) -> bytes:
    """Return the first bytes of a file; empty if it has been deleted meanwhile."""
    try:
        with path.open("rb") as stream:
            return stream.read(8)
    except OSError:
        return b""
