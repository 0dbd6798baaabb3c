"""打印版 on its way to paper: what a real printing service is sent, and what is said where there is none."""

import json
import os
import shlex
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pytest

from paperwork import printer
from paperwork.build import Archive
from paperwork.faults import ExitCode, Stop
from paperwork.hand_over import MANIFEST
from tests import make
from tests.conftest import bind
from tests.printing import Office, office
from tests.test_cli import COMMAND


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A draft of several 册 with an A3 page."""
    folder = tmp_path_factory.mktemp("printed")
    inputs = make.make(folder, 确认=None)
    with pikepdf.new() as large:
        large.add_blank_page(page_size=(1190.55, 841.89))
        large.save(inputs / "项目1" / "附件" / "审计.pdf")
    shutil.copytree(make.ROOT / "templates", folder / "templates")
    rules = folder / "templates" / "binding.toml"
    rules.write_text(rules.read_text("utf-8").replace("sheets_per_book = 100", "sheets_per_book = 30"), "utf-8")
    made = bind(inputs, folder / "outputs", folder / "templates")
    assert len(made.books) > 1 and made.state == "待补稿"
    return folder / "outputs"


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """A printing service of our own that has one printer."""
    with office() as running:
        monkeypatch.setenv("CUPS_SERVER", running.socket)
        running.add("Laser")
        yield running


def books(outputs: Path) -> list[Path]:
    """The files of the paper edition, in order."""
    return [outputs / "1" / book["file"] for book in told(outputs)["books"]]


def told(outputs: Path) -> dict[str, list[dict[str, str]]]:
    """What the manifest says."""
    found: dict[str, list[dict[str, str]]] = json.loads((outputs / "1" / MANIFEST).read_text("utf-8"))
    return found


def said(outputs: Path, *words: str, env: dict[str, str] | None = None) -> tuple[int, str]:
    """Run the real command on project 1; exit code and everything it printed."""
    command = (str(COMMAND), "print", "1", "--outputs", str(outputs), *words)
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=env)
    assert "Traceback" not in ran.stderr
    return ran.returncode, ran.stdout + ran.stderr


def test_every_book_reaches_the_printer_whole_and_in_order(outputs: Path, service: Office) -> None:
    code, words = said(outputs)
    assert code == 0
    files = books(outputs)
    jobs = service.jobs(len(files))
    assert [job.content for job in jobs] == [path.read_bytes() for path in files]
    assert [job.title for job in jobs] == [f"项目1 打印版 第{number}册" for number in range(1, len(files) + 1)]
    for job, path in zip(jobs, files, strict=True):
        assert job.options["sides"] == "two-sided-long-edge"
        assert job.options["media"] == "A4"
        assert job.options["print-scaling"] == "none"
        assert f"已送去打印：{path.name}，任务 Laser-" in words
    assert "待补稿" in words


def test_a_dry_run_tells_the_very_commands_and_sends_nothing(outputs: Path, service: Office) -> None:
    code, words = said(outputs, "--dry")
    assert code == 0
    for book, path in zip(told(outputs)["books"], books(outputs), strict=True):
        assert f"{path.name}　{book['sheets']} 张" in words
    commands = [line.strip() for line in words.splitlines() if line.strip().startswith("lp ")]
    assert len(commands) == len(books(outputs))
    assert not service.jobs(0)
    subprocess.run(shlex.split(commands[1]), check=True, capture_output=True, timeout=60)
    [job] = service.jobs(1)  # the first that ever came
    assert job.content == books(outputs)[1].read_bytes()


def test_pages_that_need_larger_paper_are_named(outputs: Path) -> None:
    folded = [str(page) for book in told(outputs)["books"] for page in book["folded"]]
    assert folded
    assert f"第 {'、'.join(folded)} 页是 A3 折页" in said(outputs, "--dry")[1]


def test_of_a_complete_archive_there_is_nothing_to_notice(small: tuple[Archive, Path]) -> None:
    assert not list(printer.order(1, small[0].folder.parent).notices())


def test_of_several_printers_the_usual_one_is_taken_or_the_one_that_is_named(outputs: Path, service: Office) -> None:
    service.add("Colour")
    code, words = said(outputs)
    assert code == 3
    assert "Colour、Laser" in words
    assert printer.order(1, outputs, "Colour").printer == "Colour"
    service.run("lpadmin", "-d", "Laser")
    assert printer.order(1, outputs).printer == "Laser"
    code, words = said(outputs, "--printer", "Plotter")
    assert code == 3
    assert "没有叫“Plotter”的打印机" in words
    assert not service.jobs(0)


def test_a_printer_that_takes_nothing_is_told_with_its_own_words(outputs: Path, service: Office) -> None:
    service.run("cupsreject", "Laser")
    code, words = said(outputs)
    assert code == 5
    assert "not accepting jobs" in words
    assert str(books(outputs)[0]) in words


def test_a_service_that_does_not_answer_is_not_waited_for(outputs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("CUPS_SERVER", f"127.0.0.1:{silent.getsockname()[1]}")
        monkeypatch.setattr(printer, "LOOK_SECONDS", 1)
        with pytest.raises(Stop) as stopped:
            printer.order(1, outputs)
    assert stopped.value.code == ExitCode.FAILED


def test_without_a_printer_the_files_are_named(outputs: Path, tmp_path: Path) -> None:
    no_service = {**os.environ, "CUPS_SERVER": str(tmp_path / "nothing")}
    no_program = {**os.environ, "PATH": str(tmp_path)}
    for env in (no_service, no_program):
        code, words = said(outputs, env=env)
        assert code == 0
        assert "没有找到打印机" in words
        assert all(f"{path}　" in words for path in books(outputs))


def test_without_a_printer_a_desktop_opens_the_files(outputs: Path, tmp_path: Path) -> None:
    """`xdg-open` itself is a script that hands on to the desktop; one that writes down its words stands for it."""
    opener, seen = tmp_path / "xdg-open", tmp_path / "seen"
    opener.write_text(f'#!/bin/sh\necho "$1" >>"{seen}"\n', "utf-8")
    opener.chmod(0o755)
    bare = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    bare["PATH"] = str(tmp_path)
    assert said(outputs, env=bare)[0] == 0
    assert said(outputs, "--dry", env={**bare, "DISPLAY": ":0"})[0] == 0
    assert not seen.exists()
    assert said(outputs, env={**bare, "DISPLAY": ":0"})[0] == 0
    assert seen.read_text("utf-8").splitlines() == [str(path) for path in books(outputs)]


def copied(outputs: Path, folder: Path) -> Path:
    """The archive again, to be spoilt."""
    shutil.copytree(outputs / "1", folder / "1")
    return folder


def test_no_archive_a_lost_book_and_a_spoilt_manifest_are_told(outputs: Path, tmp_path: Path) -> None:
    code, words = said(tmp_path / "none")
    assert code == 3
    assert "make archive PROJECT=1" in words
    lost = copied(outputs, tmp_path / "lost")
    books(lost)[-1].unlink()
    code, words = said(lost)
    assert code == 3
    assert books(outputs)[-1].name in words
    for spoilt in ("{", "[]", '{"books": [{}]}', '{"books": []}'):
        (lost / "1" / MANIFEST).write_text(spoilt, "utf-8")
        code, words = said(lost)
        assert code == 3
        assert "manifest.json" in words


def test_only_the_paper_edition_is_printed_whatever_the_manifest_names(outputs: Path, tmp_path: Path) -> None:
    changed = copied(outputs, tmp_path / "changed")
    (changed / "打印版-别的.pdf").write_bytes(b"%PDF-1.4")
    data = told(changed)
    for name in ("项目档案.pdf", "../打印版-别的.pdf", str(changed / "打印版-别的.pdf")):
        data["books"][0]["file"] = name
        (changed / "1" / MANIFEST).write_text(json.dumps(data), "utf-8")
        with pytest.raises(Stop) as stopped:
            printer.order(1, changed)
        assert stopped.value.code == ExitCode.FAULTY
