"""LibreOffice itself, started, killed and misled."""

import os
import signal
import time
from pathlib import Path
from threading import Event, Thread

import pytest
from docx import Document
from pypdf import PdfReader

from paperwork import office
from paperwork.faults import ExitCode, Stop


def word_files(folder: Path, count: int) -> list[Path]:
    """Real Word files that say their number."""
    files = [folder / f"{number:03}.docx" for number in range(count)]
    for path in files:
        document = Document()
        document.add_paragraph(f"number {path.stem}")
        document.save(str(path))
    return files


def test_many_files_are_printed_by_few_starts(tmp_path: Path) -> None:
    files = word_files(tmp_path, 5)
    told: list[Path] = []
    printed = office.print_files([files[:3], files[3:]], tmp_path / "pdf", {}, told.append)
    assert sorted(told) == files
    for path, made in printed.items():
        assert f"number {path.stem}" in PdfReader(made).pages[0].extract_text()


def test_a_file_that_cannot_be_printed_is_named_and_the_others_are_made(tmp_path: Path) -> None:
    files = word_files(tmp_path, 2)
    bad = tmp_path / "坏的.docx"
    bad.write_bytes(b"PK\x03\x04 broken")
    with pytest.raises(Stop, match=r"坏的\.docx") as stop:
        office.print_files([[*files, bad]], tmp_path / "pdf", {})
    assert stop.value.code is ExitCode.FAILED
    assert {path.stem for path in (tmp_path / "pdf").glob("*.pdf")} >= {"000", "001"}


def test_libreoffice_killed_again_and_again_is_a_plain_failure(tmp_path: Path) -> None:
    ended = Event()
    killer = Thread(target=kill_all, args=(str(tmp_path), ended))
    killer.start()
    try:
        with pytest.raises(Stop, match="没能打印") as stop:
            office.print_files([word_files(tmp_path, 2)], tmp_path / "pdf", {})
    finally:
        ended.set()
        killer.join()
    assert stop.value.code is ExitCode.FAILED


def kill_all(marker: str, ended: Event) -> None:
    """Kill every LibreOffice whose command line names the folder, until told to stop."""
    while not ended.is_set():
        for process in Path("/proc").glob("[0-9]*"):
            try:
                command = (process / "cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if marker in command and "soffice" in command:
                try:
                    os.kill(int(process.name), signal.SIGKILL)
                except ProcessLookupError:
                    continue
        time.sleep(0.02)


def test_a_missing_libreoffice_says_the_line_to_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Stop, match="LibreOffice") as stop:
        office.print_files([], tmp_path, {})
    assert stop.value.code is ExitCode.MISSING
    assert "apt-get install" in stop.value.mend
