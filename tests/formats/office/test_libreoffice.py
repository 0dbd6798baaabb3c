"""Conversion with a real LibreOffice: broken files, crashes, interrupts, not installed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

import pytest
from docx import Document
from pypdf import PdfReader

from paperwork.core.faults import ExitCode, Stop
from paperwork.formats.office import libreoffice
from tests.waiting import SECONDS, wait_until


def word_files(folder: Path, count: int) -> list[Path]:
    """Write Word files that contain their own number."""
    files = [folder / f"{number:03}.docx" for number in range(count)]
    for path in files:
        document = Document()
        document.add_paragraph(f"number {path.stem}")
        document.save(str(path))
    return files


def test_every_file_of_two_batches_is_converted(tmp_path: Path) -> None:
    files = word_files(tmp_path, 5)
    advanced: list[Path] = []
    printed = libreoffice.convert_to_pdf([files[:3], files[3:]], tmp_path / "pdf", {}, advanced.append)
    assert sorted(advanced) == files
    for path, pdf in printed.items():
        assert f"number {path.stem}" in PdfReader(pdf).pages[0].extract_text()


def test_unconvertible_file_is_named_and_the_others_are_converted(tmp_path: Path) -> None:
    files = word_files(tmp_path, 2)
    bad = tmp_path / "坏的.docx"
    bad.write_bytes(b"PK\x03\x04 broken")
    with pytest.raises(Stop, match=r"坏的\.docx") as stop:
        libreoffice.convert_to_pdf([[*files, bad]], tmp_path / "pdf", {})
    assert stop.value.code is ExitCode.FAILED
    assert {path.stem for path in (tmp_path / "pdf").glob("*.pdf")} >= {"000", "001"}


def test_repeatedly_killed_libreoffice_gives_a_plain_error(tmp_path: Path) -> None:
    ended = Event()
    killer = Thread(target=kill_all, args=(str(tmp_path), ended))
    killer.start()
    try:
        with pytest.raises(Stop, match="没能打印") as stop:
            libreoffice.convert_to_pdf([word_files(tmp_path, 2)], tmp_path / "pdf", {})
    finally:
        ended.set()
        killer.join()
    assert stop.value.code is ExitCode.FAILED


def test_libreoffice_is_restarted_after_it_was_killed_once(tmp_path: Path) -> None:
    """Kill the first process at its work; each unprinted file is then printed by a process of its own."""
    killed: list[int] = []
    killer = Thread(target=lambda: killed.extend(wait_until(lambda: kill_processes(str(tmp_path)))))
    killer.start()
    files = word_files(tmp_path, 3)
    printed = libreoffice.convert_to_pdf([files], tmp_path / "pdf", {})
    killer.join()
    assert killed
    for path in files:
        assert f"number {path.stem}" in PdfReader(printed[path]).pages[0].extract_text()


INTERRUPTED_PROGRAM = """
import shutil, signal, sys
from pathlib import Path
from paperwork.formats.office import libreoffice

signal.signal(signal.SIGINT, lambda *_: sys.exit(1))
folder = Path(sys.argv[1])
try:
    libreoffice.convert_to_pdf([sorted(folder.glob("*.docx"))], folder / "work", {}, lambda _: print("one", flush=True))
finally:
    shutil.rmtree(folder / "work")
"""


def test_interrupt_leaves_no_libreoffice_running(tmp_path: Path) -> None:
    """Stop LibreOffice too; otherwise it would recreate the work folder just removed and continue in it."""
    word_files(tmp_path, 60)
    with subprocess.Popen((sys.executable, "-c", INTERRUPTED_PROGRAM, tmp_path), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == b"one\n"
            process.send_signal(signal.SIGINT)
            # Sixty files take far longer than an interrupt, on any machine.
            assert process.communicate(timeout=SECONDS)[0].count(b"one") < 59
        finally:
            process.kill()
    assert process.returncode == 1
    assert not (tmp_path / "work").exists()
    assert not list(find_processes(str(tmp_path)))


def kill_all(marker: str, ended: Event) -> None:
    """Kill every LibreOffice whose command line contains the marker, until `ended` is set."""
    while not ended.wait(0.01):
        kill_processes(marker)


def kill_processes(marker: str) -> list[int]:
    """Kill every LibreOffice whose command line contains the marker; return the ids of the processes."""
    numbers = list(find_processes(marker))
    for number in numbers:
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
    return numbers


def find_processes(marker: str) -> Iterator[int]:
    """Yield the ids of the LibreOffice processes whose command line contains the marker."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            command = (process / "cmdline").read_bytes().decode(errors="replace")
            if marker in command and "soffice" in command:
                yield int(process.name)


def test_missing_libreoffice_error_contains_the_install_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Stop, match="LibreOffice") as stop:
        libreoffice.convert_to_pdf([], tmp_path, {})
    assert stop.value.code is ExitCode.MISSING
    assert "apt-get install" in stop.value.mend
