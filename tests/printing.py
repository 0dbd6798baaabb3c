"""A private `cupsd` for the tests, with printers that save their jobs to files."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.waiting import SECONDS, wait_until

DAEMON = Path("/usr/sbin/cupsd")
PROGRAMS = Path("/usr/lib/cups")

# A CUPS backend is a program that sends a job to a printer. This one saves title, options and file.
BACKEND = """#!/bin/sh
[ $# = 0 ] && exit 0
{ echo "$3"; echo "$5"; } >"FOLDER/$1.txt"
cat "$6" >"FOLDER/$1.part"
mv "FOLDER/$1.part" "FOLDER/$1.pdf"
"""
FILES = """
ServerRoot FOLDER/etc
ServerBin FOLDER/bin
CacheDir FOLDER/cache
StateDir FOLDER/run
RequestRoot FOLDER/spool
TempDir FOLDER/spool/tmp
ErrorLog FOLDER/error
AccessLog FOLDER/access
PageLog FOLDER/page
SystemGroup root
"""
SETTINGS = """
Listen FOLDER/run/sock
Browsing No
<Policy default>
<Limit All>
Order deny,allow
</Limit>
</Policy>
"""


@dataclass(frozen=True)
class Job:
    """A job that reached a printer."""

    title: str
    options: dict[str, str]
    content: bytes


class Office:
    """A running `cupsd`; `socket` is the value for CUPS_SERVER."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = str(folder / "run" / "sock")

    def run(self, *command: str) -> None:
        """Run an administration command against this server."""
        subprocess.run(command, env={**os.environ, "CUPS_SERVER": self.socket}, check=True, timeout=SECONDS)

    def add(self, name: str) -> None:
        """Add a printer."""
        self.run("lpadmin", "-p", name, "-E", "-v", "kept:/")

    def jobs(self, count: int) -> list[Job]:
        """Wait until `count` jobs have arrived and return all jobs in order."""
        wait_until(lambda: len(list(self.folder.glob("got/*.pdf"))) >= count)
        found = sorted(self.folder.glob("got/*.pdf"), key=lambda path: int(path.stem))
        return [self._job(path) for path in found]

    @staticmethod
    def _job(path: Path) -> Job:
        title, options = path.with_suffix(".txt").read_text("utf-8").splitlines()
        named = dict(word.split("=", 1) for word in options.split() if "=" in word)
        return Job(title, named, path.read_bytes())


@contextmanager
def office() -> Iterator[Office]:
    """Start a `cupsd` without printers."""
    with tempfile.TemporaryDirectory(prefix="paperwork-cups-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # cupsd runs its backends as another user
        for each in ("bin/backend", "cache", "etc", "run", "spool/tmp", "got"):
            (folder / each).mkdir(parents=True)
        (folder / "got").chmod(0o777)
        for program in PROGRAMS.iterdir():
            if program.name != "backend":
                (folder / "bin" / program.name).symlink_to(program)
        backend = folder / "bin" / "backend" / "kept"
        backend.write_text(BACKEND.replace("FOLDER", str(folder / "got")), "utf-8")
        backend.chmod(0o755)
        for file, words in (("cups-files.conf", FILES), ("cupsd.conf", SETTINGS)):
            (folder / "etc" / file).write_text(words.replace("FOLDER", name), "utf-8")
        # A copy, because an AppArmor profile of /usr/sbin/cupsd would deny access to this folder.
        daemon = shutil.copy(DAEMON, folder / "bin" / "cupsd")
        command = (daemon, "-f", "-c", folder / "etc" / "cupsd.conf", "-s", folder / "etc" / "cups-files.conf")
        with subprocess.Popen(command, stdin=subprocess.DEVNULL) as process:
            try:
                wait_until(lambda: (folder / "run" / "sock").exists() or process.poll() is not None)
                assert process.poll() is None, (folder / "error").read_text("utf-8", "replace")
                yield Office(folder)
            finally:
                process.terminate()
