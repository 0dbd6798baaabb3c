"""Printing of 打印版: the jobs that a real CUPS server receives, and the messages without one."""

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

from paperwork.archive.metadata import MANIFEST
from paperwork.build.project import BuildResult
from paperwork.core.faults import ExitCode, Stop
from paperwork.desk import printing
from tests import make
from tests.app.test_cli import COMMAND
from tests.conftest import bind
from tests.printing import Office, office
from tests.waiting import SECONDS


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a draft of several 册 with an A3 page."""
    folder = tmp_path_factory.mktemp("printed")
    inputs = make.make(folder, 确认=None)
    with pikepdf.new() as large:
        large.add_blank_page(page_size=(1190.55, 841.89))
        large.save(inputs / "项目1" / "附件" / "审计.pdf")
    shutil.copytree(make.ROOT / "templates", folder / "templates")
    rules = folder / "templates" / "binding.toml"
    rules.write_text(rules.read_text("utf-8").replace("sheets_per_book = 100", "sheets_per_book = 30"), "utf-8")
    archive = bind(inputs, folder / "outputs", folder / "templates")
    assert len(archive.books) > 1 and archive.state == "待补稿"
    return folder / "outputs"


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """Run a private CUPS server with one printer."""
    with office() as running:
        monkeypatch.setenv("CUPS_SERVER", running.socket)
        running.add("Laser")
        yield running


def books(outputs: Path) -> list[Path]:
    """Return the files of the paper edition, in order."""
    return [outputs / "1" / book["file"] for book in manifest_of(outputs)["books"]]


def manifest_of(outputs: Path) -> dict[str, list[dict[str, str]]]:
    """Return the manifest."""
    found: dict[str, list[dict[str, str]]] = json.loads((outputs / "1" / MANIFEST).read_text("utf-8"))
    return found


def run_print(outputs: Path, *arguments: str, env: dict[str, str] | None = None) -> tuple[int, str]:
    """Run the real command on project 1; return the exit code and everything it printed."""
    command = (str(COMMAND), "print", "1", "--outputs", str(outputs), *arguments)
    ran = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False, env=env)
    assert "Traceback" not in ran.stderr
    return ran.returncode, ran.stdout + ran.stderr


def test_every_file_reaches_the_printer_unchanged_and_in_order(outputs: Path, service: Office) -> None:
    code, text = run_print(outputs)
    assert code == 0
    files = books(outputs)
    jobs = service.jobs(len(files))
    assert [job.content for job in jobs] == [path.read_bytes() for path in files]
    assert [job.title for job in jobs] == [f"项目1 打印版 第{number}册" for number in range(1, len(files) + 1)]
    for job, path in zip(jobs, files, strict=True):
        assert job.options["sides"] == "two-sided-long-edge"
        assert job.options["media"] == "A4"
        assert job.options["print-scaling"] == "none"
        assert f"已送去打印：{path.name}，任务 Laser-" in text
    assert "待补稿" in text


def test_dry_run_prints_the_exact_commands_and_sends_nothing(outputs: Path, service: Office) -> None:
    code, text = run_print(outputs, "--dry")
    assert code == 0
    for book, path in zip(manifest_of(outputs)["books"], books(outputs), strict=True):
        assert f"{path.name}　{book['sheets']} 张" in text
    commands = [line.strip() for line in text.splitlines() if line.strip().startswith("lp ")]
    assert len(commands) == len(books(outputs))
    assert not service.jobs(0)
    subprocess.run(shlex.split(commands[1]), check=True, capture_output=True, timeout=SECONDS)
    [job] = service.jobs(1)  # the first job ever: the dry run sent none
    assert job.content == books(outputs)[1].read_bytes()


def test_pages_that_need_larger_paper_are_named(outputs: Path) -> None:
    folded = [str(page) for book in manifest_of(outputs)["books"] for page in book["folded"]]
    assert folded
    assert f"第 {'、'.join(folded)} 页是 A3 折页" in run_print(outputs, "--dry")[1]


def test_complete_archive_gives_no_notices(small: tuple[BuildResult, Path]) -> None:
    assert not list(printing.make_order(1, small[0].folder.parent).notices())


def test_default_or_named_printer_is_used_when_there_are_several(outputs: Path, service: Office) -> None:
    service.add("Colour")
    code, text = run_print(outputs)
    assert code == 3
    assert "Colour、Laser" in text
    assert printing.make_order(1, outputs, "Colour").printer == "Colour"
    service.run("lpadmin", "-d", "Laser")
    assert printing.make_order(1, outputs).printer == "Laser"
    code, text = run_print(outputs, "--printer", "Plotter")
    assert code == 3
    assert "没有叫“Plotter”的打印机" in text
    assert not service.jobs(0)


def test_rejecting_printer_is_reported_with_the_message_of_cups(outputs: Path, service: Office) -> None:
    service.run("cupsreject", "Laser")
    code, text = run_print(outputs)
    assert code == 5
    assert "not accepting jobs" in text
    assert str(books(outputs)[0]) in text


def test_unresponsive_print_server_times_out(outputs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("CUPS_SERVER", f"127.0.0.1:{silent.getsockname()[1]}")
        monkeypatch.setattr(printing, "QUERY_SECONDS", 1)
        with pytest.raises(Stop) as stopped:
            printing.make_order(1, outputs)
    assert stopped.value.code == ExitCode.FAILED


def test_files_are_listed_when_there_is_no_printer(outputs: Path, tmp_path: Path) -> None:
    no_service = {**os.environ, "CUPS_SERVER": str(tmp_path / "nothing")}
    no_program = {**os.environ, "PATH": str(tmp_path)}
    for env in (no_service, no_program):
        code, text = run_print(outputs, env=env)
        assert code == 0
        assert "没有找到打印机" in text
        assert all(f"{path}　" in text for path in books(outputs))


def test_files_are_opened_on_a_desktop_without_a_printer(outputs: Path, tmp_path: Path) -> None:
    """Replace `xdg-open`, itself a script that delegates to the desktop, with one that records its argument."""
    xdg_open, record = tmp_path / "xdg-open", tmp_path / "seen"
    xdg_open.write_text(f'#!/bin/sh\necho "$1" >>"{record}"\n', "utf-8")
    xdg_open.chmod(0o755)
    bare = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    bare["PATH"] = str(tmp_path)
    assert run_print(outputs, env=bare)[0] == 0
    assert run_print(outputs, "--dry", env={**bare, "DISPLAY": ":0"})[0] == 0
    assert not record.exists()
    assert run_print(outputs, env={**bare, "DISPLAY": ":0"})[0] == 0
    assert record.read_text("utf-8").splitlines() == [str(path) for path in books(outputs)]


def copy_archive(outputs: Path, folder: Path) -> Path:
    """Copy the archive, so that a test can damage it."""
    shutil.copytree(outputs / "1", folder / "1")
    return folder


def test_missing_archive_missing_file_and_broken_manifest_are_reported(outputs: Path, tmp_path: Path) -> None:
    code, text = run_print(tmp_path / "none")
    assert code == 3
    assert "make archive PROJECT=1" in text
    incomplete = copy_archive(outputs, tmp_path / "lost")
    books(incomplete)[-1].unlink()
    code, text = run_print(incomplete)
    assert code == 3
    assert books(outputs)[-1].name in text
    for broken in ("{", "[]", '{"books": [{}]}', '{"books": []}'):
        (incomplete / "1" / MANIFEST).write_text(broken, "utf-8")
        code, text = run_print(incomplete)
        assert code == 3
        assert "manifest.json" in text
    (incomplete / "1" / MANIFEST).write_text('{"version": 3}', "utf-8")
    code, text = run_print(incomplete)
    assert code == 3
    assert "是更新的程序写的" in text and "请先更新程序" in text


def test_archive_without_a_paper_edition_is_not_printed(outputs: Path, tmp_path: Path) -> None:
    old = copy_archive(outputs, tmp_path / "old")
    data = json.loads((old / "1" / MANIFEST).read_text("utf-8"))
    del data["version"], data["books"], data["pdfa"], data["title"], data["code"]
    (old / "1" / MANIFEST).write_text(json.dumps(data), "utf-8")
    code, text = run_print(old)
    assert code == 3
    assert "没有 打印版" in text and "make archive PROJECT=1" in text


def test_other_files_named_in_the_manifest_are_not_printed(outputs: Path, tmp_path: Path) -> None:
    changed = copy_archive(outputs, tmp_path / "changed")
    (changed / "打印版-别的.pdf").write_bytes(b"%PDF-1.4")
    data = manifest_of(changed)
    for name in ("项目档案.pdf", "../打印版-别的.pdf", str(changed / "打印版-别的.pdf")):
        data["books"][0]["file"] = name
        (changed / "1" / MANIFEST).write_text(json.dumps(data), "utf-8")
        with pytest.raises(Stop) as stopped:
            printing.make_order(1, changed)
        assert stopped.value.code == ExitCode.FAULTY
