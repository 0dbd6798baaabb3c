"""LibreOffice itself, started, killed and misled."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
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


BROKEN_OFF = """
import shutil, signal, sys
from pathlib import Path
from paperwork import office

signal.signal(signal.SIGINT, lambda *_: sys.exit(1))
folder = Path(sys.argv[1])
try:
    office.print_files([sorted(folder.glob("*.docx"))], folder / "work", {}, lambda _: print("one", flush=True))
finally:
    shutil.rmtree(folder / "work")
"""


def test_who_breaks_off_leaves_nothing_that_goes_on_printing(tmp_path: Path) -> None:
    """LibreOffice would make the folder anew that has just been thrown away, and go on in it."""
    word_files(tmp_path, 60)
    with subprocess.Popen((sys.executable, "-c", BROKEN_OFF, tmp_path), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"one\n"
        process.send_signal(signal.SIGINT)
        assert process.stdout.read().count(b"one") < 30
    assert process.returncode == 1
    assert not (tmp_path / "work").exists()
    assert not list(running(str(tmp_path)))


def kill_all(marker: str, ended: Event) -> None:
    """Kill every LibreOffice whose command line names the folder, until told to stop."""
    while not ended.is_set():
        for number in running(marker):
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        time.sleep(0.02)


def running(marker: str) -> Iterator[int]:
    """The processes of LibreOffice whose command line names the folder."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            command = (process / "cmdline").read_bytes().decode(errors="replace")
            if marker in command and "soffice" in command:
                yield int(process.name)


def test_a_missing_libreoffice_says_the_line_to_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Stop, match="LibreOffice") as stop:
        office.print_files([], tmp_path, {})
    assert stop.value.code is ExitCode.MISSING
    assert "apt-get install" in stop.value.mend
