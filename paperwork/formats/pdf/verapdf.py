"""Run veraPDF, an independent validator, as a second opinion on whether a PDF is PDF/A-2b.

It is optional: without it only pikepdf validates. Output that cannot be parsed counts as a failure, so that a validator
which crashed never looks like one that passed. This module alone starts `java`.
"""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NAME = "veraPDF"
JARS = "VERAPDF_JARS"
"""The environment variable that names a folder with veraPDF's jars."""
FLAVOUR = "2b"
"""PDF/A part and conformance level to validate against."""
MAIN = "org.verapdf.apps.GreenfieldCliWrapper"
"""Java class that veraPDF's start script runs."""
SECONDS = 120
SECONDS_PER_MB = 30
"""The timeout is `SECONDS`, and this much more for each megabyte of the file."""
MOST_WORDS = 300
"""Most characters of a message that are shown."""


@dataclass(frozen=True)
class PdfaResult:
    """Result of the PDF/A-2b check: the programs that checked, and their findings (none: it conforms)."""

    checkers: Sequence[str]
    findings: Sequence[str] = ()


def find() -> tuple[str, ...] | None:
    """Return the command that starts veraPDF: its program, else Java with the folder of jars, else None."""
    program = shutil.which("verapdf")
    if program:
        return (program,)
    java, jars = shutil.which("java"), os.environ.get(JARS, "")
    if java and jars and any(Path(jars).glob("greenfield-apps-*.jar")):
        return (java, "-Djava.awt.headless=true", "-cp", str(Path(jars, "*")), MAIN)
    return None


def validate(path: Path) -> list[str] | None:
    """Validate a file; return the reasons why it is not PDF/A-2b, empty when it conforms, None without veraPDF."""
    command = find()
    if command is None:
        return None
    options = ("-f", FLAVOUR, "--format", "json", "--maxfailuresdisplayed", "1")
    try:
        seconds = SECONDS + SECONDS_PER_MB * path.stat().st_size / 2**20
        output = _run((*command, *options, str(path.resolve())), seconds)
    except subprocess.TimeoutExpired:
        return ["没有在限定时间里答复"]
    except OSError as error:
        return [f"没能运行（{error.strerror or type(error).__name__}）"]
    try:
        return list(_reasons(json.loads(output)))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return ["答复看不懂，不能算通过"]


def _run(command: tuple[str, ...], seconds: float) -> str:
    """Run a command and return its output; kill it with all its children on timeout (`TimeoutExpired`)."""
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        encoding="utf-8", errors="replace", start_new_session=True,
        # In a locale without UTF-8, Java cannot open a file with a Chinese name.
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    ) as process:  # fmt: skip
        try:
            return process.communicate(timeout=seconds)[0]
        finally:
            # `verapdf` is a shell script: if only it were killed, Java, its child, would go on running.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _reasons(report: Any) -> Iterator[str]:
    """Yield each rule of PDF/A-2b that a report lists as broken.

    Raises one of the exceptions that `judge` catches when the report has another structure.
    """
    [job] = report["report"]["jobs"]
    if failed := job.get("taskException"):
        yield f"读不了这个文件：{_shortened(failed['exceptionMessage'])}"
        return
    [result] = job["validationResult"]
    rules = result["details"]["ruleSummaries"]
    for rule in rules:
        message = rule["checks"][0]["errorMessage"] if rule["checks"] else rule["description"]
        count = f"（{rule['failedChecks']} 处）" if rule["failedChecks"] > 1 else ""
        yield f"{rule['clause']}-{rule['testNumber']}{count}：{_shortened(message)}"
    if result["jobEndStatus"] != "normal":
        yield "没有核对完"
    elif not rules and result["compliant"] is not True:
        yield _shortened(result["statement"])


def _shortened(message: object) -> str:
    """Return a foreign message on one line, cut at `MOST_WORDS` characters."""
    line = " ".join(str(message).split())
    return line if len(line) <= MOST_WORDS else line[: MOST_WORDS - 1] + "…"
