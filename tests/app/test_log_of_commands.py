"""The log of real commands: an internal error of each door is found by its number, and nothing personal is written.

The defect is real: a rule that raises, put into every Python process of the command by `sitecustomize`.
"""

import datetime as dt
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from paperwork.app import cli
from paperwork.build.progress import Step
from paperwork.core import logs
from tests import make
from tests.app.test_cli import COMMAND, run_command
from tests.app.web.test_views import ask, drop
from tests.browser import serve
from tests.conftest import link_cache

BROKEN_RULE = """
from paperwork.checks.rules import registry

def broken_rule(project):
    names = {}
    return names[project.basics.manager + "：" + project.basics.phone]

registry.RULES += (broken_rule,)
"""
TOLD = re.compile(r"编号 (\d{6})，KeyError，sitecustomize\.py 第6行，详情在 (outputs/\.日志/[\w-]+\.log)")
AS_OF = ("--as-of", "2026-01-01")
SECONDS = 120
PHOTO = "01 小明和妈妈"


@pytest.fixture
def defect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give every command that the test starts a rule that raises an exception with a name and a telephone number."""
    (tmp_path / "defect").mkdir()
    (tmp_path / "defect" / "sitecustomize.py").write_text(BROKEN_RULE, "utf-8")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(tmp_path / "defect"), str(make.ROOT))))


def folders(folder: Path) -> tuple[str | Path, ...]:
    """Return the options for the folders below `folder`."""
    return "--inputs", folder / "inputs", "--outputs", folder / "outputs"


def log_text(folder: Path) -> str:
    """Return all that the commands have logged."""
    return "".join(path.read_text("utf-8") for path in sorted((folder / "outputs" / logs.FOLDER).iterdir()))


def assert_found(folder: Path, words: str) -> None:
    """Assert that the number told to staff leads to a whole traceback."""
    told = TOLD.search(words.replace("\n", ""))
    assert told, words
    text = (folder / told[2]).read_text("utf-8")
    entry = text[text.index(f"编号 {told[1]}\n") :]
    assert entry.index('File "paperwork/checks/rules/registry.py"') < entry.index('File "./sitecustomize.py", line 6')
    assert "return names[project.basics.manager" in entry
    assert "\n  KeyError\n" in entry


def cell_values(value: Any) -> Iterator[str]:
    """Yield each text and date in the data of a workbook."""
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from cell_values(each)
    elif isinstance(value, str):
        yield value
    elif isinstance(value, dt.date):
        yield from (f"{value}", f"{value:%Y年%-m月%-d日}")


def assert_nothing_personal(folder: Path) -> None:
    """Assert that no value of the workbook and no name of a file in it or beside it is in the log."""
    # Words that stand in the program itself (培训, 是) may be part of a logged line of code.
    program = "".join(path.read_text("utf-8") for path in (make.ROOT / "paperwork").rglob("*.py"))
    values = {value for value in cell_values(make.GOOD) if value not in program}
    names = {name for path in (folder / "inputs").rglob("*") for name in (path.name, path.stem) if name not in program}
    assert {"乙试验", "13800000002", "510399199001010016", "示例组织", make.GOOD["基本信息"]["项目名称"]} <= values
    assert {"01 现场.jpg", "小视频.mp4", "评估.pdf"} <= names
    text = log_text(folder)
    assert text
    assert not [each for each in values | names | {PHOTO, "紫薇伙伴", str(folder)} if each in text]


def wait_for(folder: Path, words: str) -> str:
    """Wait until these words are in the log; return the log."""
    end = time.monotonic() + SECONDS
    while not (folder / "outputs" / logs.FOLDER).exists() or words not in log_text(folder):
        assert time.monotonic() < end, "timed out"
        time.sleep(0.05)
    return log_text(folder)


# ---- archive and check


def test_log_of_an_archive_has_each_step_with_its_seconds_and_counts(tmp_path: Path) -> None:
    make.make(tmp_path)
    code, words = run_command("archive", "1", *AS_OF, *folders(tmp_path))
    assert code == 0
    steps = list(dict.fromkeys(re.findall(r"秒\] ([^\d\n]+?)(?: \d+/\d+)?\n", words)))
    assert len(steps) == 6
    text = log_text(tmp_path)
    for step in steps:
        assert re.search(rf" build\.step_log \[1 {step}\] done, \d+\.\d\d s", text), step
    assert re.search(rf"\[1 {Step.PRINT}\] LibreOffice: 11 files, \d+\.\d s\n", text)
    assert re.search(rf"\[1 {Step.PRINT}\] done, \d+\.\d\d s, 22 documents\n", text)
    assert re.search(r"cache: \d+ hits, [1-9]\d* misses\n", text)
    assert re.search(r"22 items, \d+ pages; Word files: 33 printed, 0 reused\n", text)
    assert re.search(r"begin: archive 1 --as-of --inputs --outputs\n", text)
    assert re.search(r"end: exit code 0, \d+\.\d s\n$", text)
    assert run_command("archive", "1", *AS_OF, *folders(tmp_path))[0] == 0
    assert "Word files: 0 printed, 0 reused" in log_text(tmp_path)
    assert_nothing_personal(tmp_path)


def test_internal_error_of_an_archive_is_found_by_its_number(tmp_path: Path, defect: None) -> None:
    make.make(tmp_path)
    code, words = run_command("archive", "1", *AS_OF, *folders(tmp_path))
    assert code == 5
    assert "程序内部出错，没有生成档案" in words
    assert_found(tmp_path, words)
    assert re.search(rf"\[1 {Step.CHECK}\] ended by KeyError, ", log_text(tmp_path))
    assert "end: exit code 5" in log_text(tmp_path)
    assert_nothing_personal(tmp_path)


def test_internal_error_in_worker_processes_is_found_by_its_number(tmp_path: Path, defect: None) -> None:
    make.many(tmp_path, 2)
    code, words = run_command("check", "--all", *AS_OF, *folders(tmp_path))
    assert code == 5
    assert_found(tmp_path, words)
    [log] = (tmp_path / "outputs" / logs.FOLDER).iterdir()  # one file, although three processes wrote
    records = re.findall(r" INFO (\d+) build\.batch \[-\] project ([12]): FAILED", log.read_text("utf-8"))
    assert {number for _, number in records} == {"1", "2"}
    assert log.name.split("-")[2] not in {process for process, _ in records}
    assert "乙试验" not in log.read_text("utf-8")


def test_faulty_input_writes_counts_of_faults_and_nothing_personal(tmp_path: Path) -> None:
    make.make(tmp_path, 活动=[{"地点": ""}, {"参与人数": "二十个人"}], 名册=[{"证件号码": "510399199001010017"}])
    assert run_command("archive", "1", *AS_OF, *folders(tmp_path))[0] == 3
    assert run_command("check", "1", "1", *AS_OF, *folders(tmp_path))[0] == 3
    assert "end: exit code 3" in log_text(tmp_path)
    assert "510399199001010017" not in log_text(tmp_path)
    assert "二十个人" not in log_text(tmp_path)
    assert_nothing_personal(tmp_path)


def test_command_goes_on_where_the_log_cannot_be_written(tmp_path: Path, defect: None) -> None:
    make.make(tmp_path)
    (tmp_path / "outputs").mkdir()
    (tmp_path / "outputs" / logs.FOLDER).touch()
    code, words = run_command("check", "1", *AS_OF, *folders(tmp_path))
    assert code == 5
    assert "请把这一行告诉维护程序的人：KeyError，sitecustomize.py 第6行" in words.replace("\n", "")


def test_check_as_json_does_not_create_the_outputs_folder(tmp_path: Path) -> None:
    make.make(tmp_path)
    assert run_command("check", "1", "--json", *AS_OF, *folders(tmp_path))[0] == 0
    assert not (tmp_path / "outputs").exists()


def test_only_known_words_of_a_command_line_are_logged() -> None:
    words = ["archive", "1", "3", "--final", "--inputs", "/home/小明", "--outputs=/home/小明", "乙试验", "-x"]
    assert cli._loggable_words(words) == "archive 1 3 --final --inputs"
    assert cli._loggable_words(["小明", "--help"]) == "--help"
    assert cli._loggable_words([]) == ""


# ---- watch


def test_watch_logs_why_projects_are_checked_and_their_internal_errors(tmp_path: Path, defect: None) -> None:
    make.make(tmp_path)
    (tmp_path / "outputs").mkdir()
    command = [str(COMMAND), "watch", *map(str, folders(tmp_path))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8") as process:
        wait_for(tmp_path, "project 1: FAILED")
        make.photo(tmp_path / "inputs" / "项目1" / "照片" / "HD-01" / f"{PHOTO}.jpg")
        text = wait_for(tmp_path, "workbooks of projects none, 1 other files")
        process.send_signal(signal.SIGINT)
        words, errors = process.communicate(timeout=60)
    assert "Traceback" not in errors
    assert "checking projects [1]; changed: catalogue yes, workbooks of projects 1, 8 other files\n" in text
    assert "checking projects [1]; changed: catalogue no, workbooks of projects none, 1 other files\n" in text
    assert_found(tmp_path, words)
    assert_nothing_personal(tmp_path)


# ---- serve


def test_serve_logs_requests_without_names_of_files(tmp_path: Path) -> None:
    make.make(tmp_path)
    link_cache(tmp_path / "outputs")
    with serve(tmp_path / "inputs", tmp_path / "outputs", tmp_path / "stderr.txt") as site:
        assert ask(site, "/projects/1").status == 200
        photo = make.photo(tmp_path / f"{PHOTO}.jpg", (1, 2, 3)).read_bytes()
        assert drop(site, "/projects/1/files", f"{PHOTO}.jpg", photo, "HD-01").status == 200
        assert drop(site, "/projects/1/files", f"{PHOTO}.xlsx", b"not a workbook", "HD-01").status == 200
        assert ask(site, "/projects/1/files/%E5%B0%8F%E6%98%8E").status == 404
        assert ask(site, "/%E5%B0%8F%E6%98%8E").status == 404
        assert ask(site, "/projects/1", "DELETE").status == 405
        ask(site, "/projects/1/making", "POST", b"")
        wait_for(tmp_path, "build done")
    text = log_text(tmp_path)
    for line in (
        r"GET /projects/1 200, \d+ ms",
        r"POST /projects/1/files 200, \d+ ms",
        r"GET /projects/1/files/\{key\} 404, \d+ ms",
        r"GET \? 404, \d+ ms",
        r"\? /projects/1 405, \d+ ms",
        r"POST /projects/1/making 303, \d+ ms",
    ):
        assert re.search(rf" app\.web\.request_log \[-\] {line}\n", text), line
    assert re.search(rf" build\.step_log \[1 {Step.PACK}\] done, ", text)
    assert "end: exit code 5" in text  # that of Ctrl+C
    assert "%E5" not in text
    assert_nothing_personal(tmp_path)


def test_internal_error_on_the_page_is_found_by_its_number(tmp_path: Path, defect: None) -> None:
    make.make(tmp_path)
    (tmp_path / "outputs").mkdir()
    with serve(tmp_path / "inputs", tmp_path / "outputs", tmp_path / "stderr.txt") as site:
        page, again = ask(site, "/projects/1"), ask(site, "/projects/1")
    assert "程序内部出错" in page.words
    assert_found(tmp_path, page.words)
    assert TOLD.findall(again.words) == TOLD.findall(page.words)
    assert_nothing_personal(tmp_path)
