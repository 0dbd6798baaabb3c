"""veraPDF: a second opinion, from other people's hands, on whether a PDF is PDF/A-2b.

Sole owner of the `java` process. It is never needed: without it pikepdf judges alone. Whatever it answers that cannot
be understood counts as a reason, so that a checker that breaks down never looks like one that passed.
"""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

NAME = "veraPDF"
JARS = "VERAPDF_JARS"
"""The environment variable that names a folder with veraPDF's jars."""
FLAVOUR = "2b"
MAIN = "org.verapdf.apps.GreenfieldCliWrapper"
SECONDS = 120
SECONDS_PER_MB = 30
MOST_WORDS = 300


def find() -> tuple[str, ...] | None:
    """The command that starts veraPDF: the program itself, else Java with the folder of jars; None without either."""
    program = shutil.which("verapdf")
    if program:
        return (program,)
    java, jars = shutil.which("java"), os.environ.get(JARS, "")
    if java and jars and any(Path(jars).glob("greenfield-apps-*.jar")):
        return (java, "-Djava.awt.headless=true", "-cp", str(Path(jars, "*")), MAIN)
    return None


def judge(path: Path) -> list[str] | None:
    """Why a file is no PDF/A-2b; empty when it is one, None when veraPDF is not there."""
    command = find()
    if command is None:
        return None
    options = ("-f", FLAVOUR, "--format", "json", "--maxfailuresdisplayed", "1")
    try:
        seconds = SECONDS + SECONDS_PER_MB * path.stat().st_size / 2**20
        told = _run((*command, *options, str(path.resolve())), seconds)
    except subprocess.TimeoutExpired:
        return ["没有在限定时间里答复"]
    except OSError as error:
        return [f"没能运行（{error.strerror or type(error).__name__}）"]
    try:
        return list(_reasons(json.loads(told)))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return ["答复看不懂，不能算通过"]


def _run(command: tuple[str, ...], seconds: float) -> str:
    """What a command prints; killed with all its children when its time is up."""
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        encoding="utf-8", errors="replace", start_new_session=True,
        # Elsewhere Java cannot open a file whose name is Chinese.
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    ) as process:  # fmt: skip
        try:
            return process.communicate(timeout=seconds)[0]
        finally:
            # The program `verapdf` is a script: Java is its child and would live on.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _reasons(report: Any) -> Iterator[str]:
    """The rules that a report says were broken. Raises for a report that is not as it should be."""
    [job] = report["report"]["jobs"]
    if failed := job.get("taskException"):
        yield f"读不了这个文件：{_words(failed['exceptionMessage'])}"
        return
    [result] = job["validationResult"]
    rules = result["details"]["ruleSummaries"]
    for rule in rules:
        said = rule["checks"][0]["errorMessage"] if rule["checks"] else rule["description"]
        count = f"（{rule['failedChecks']} 处）" if rule["failedChecks"] > 1 else ""
        yield f"{rule['clause']}-{rule['testNumber']}{count}：{_words(said)}"
    if result["jobEndStatus"] != "normal":
        yield "没有核对完"
    elif not rules and result["compliant"] is not True:
        yield _words(result["statement"])


def _words(said: object) -> str:
    """Foreign words on one line, of bounded length."""
    line = " ".join(str(said).split())
    return line if len(line) <= MOST_WORDS else line[: MOST_WORDS - 1] + "…"
