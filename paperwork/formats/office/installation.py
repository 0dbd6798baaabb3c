"""Find the installed LibreOffice, identify its build, and prepare user profiles for it.

Every run of LibreOffice needs a profile of its own. A profile copied from one that LibreOffice has already initialised
starts faster than an empty one, so the first is saved and copied from then on.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from paperwork.core import commands
from paperwork.core.faults import ExitCode, Stop

INSTALL = f"请安装：{commands.apt(commands.OFFICE)}"
# No macros, no links fetched, no recovery dialog: documents come from outside, and a dialog would wait forever.
# Each entry: configuration path, property, value.
SETTINGS = (
    ("Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Office.Writer/Content/Update", "Link", "0"),
    ("Office.Recovery/RecoveryInfo", "Enabled", "false"),
    ("Setup/Office", "ooSetupInstCompleted", "true"),
    # Opening quotation marks take the face of the text before them: with an English locale that is the Latin face.
    ("Setup/L10N", "ooSetupSystemLocale", "zh-CN"),
    (
        "Office.Calc/Formula/Load",
        "OOXMLRecalcMode",
        "0",
    ),  # 0: always recalculate; a file may hold stale results or none
    ("Office.Calc/Formula/Load", "ODFRecalcMode", "0"),
)
PROFILE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<oor:items xmlns:oor="http://openoffice.org/2001/registry">\n'
    + "".join(
        f'<item oor:path="/org.openoffice.{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop>'
        "</item>\n"
        for path, name, value in SETTINGS
    )
    + "</oor:items>\n"
)
CACHE_DIR = Path(sys.prefix) / "share" / "paperwork" / "office"
"""Folder that keeps an initialised profile and the version text, each named after LibreOffice's build."""


def find_program() -> Path | None:
    """Return the path of LibreOffice's `soffice`, or None when it is not installed."""
    found = shutil.which("soffice") or shutil.which("libreoffice")
    return Path(found) if found else None


def require_program(without: str) -> Path:
    """Return the path of LibreOffice. Raises `Stop` when it is missing; `without` says what cannot be done then."""
    path = find_program()
    if not path:
        raise Stop(ExitCode.MISSING, f"没有找到 LibreOffice，{without}", INSTALL)
    return path


def build_id() -> str:
    """Return an identifier of LibreOffice's build, empty when it is missing. Another build may print differently.

    It is made from the size and modification time of the binary, because asking for the version takes a start.
    """
    path = find_program()
    if not path:
        return ""
    # `soffice` is only a start script, the program is soffice.bin beside it.
    real = path.resolve()
    binary = next((each for each in (real.with_name("soffice.bin"), real) if each.exists()), real).stat()
    return f"{binary.st_size:x}-{int(binary.st_mtime):x}"


def version() -> str:
    """Return LibreOffice's version, empty when it is missing; cached on disk, because asking starts LibreOffice."""
    path, cached = find_program(), CACHE_DIR / f"version-{build_id()}"
    if not path:
        return ""
    with suppress(OSError):
        return cached.read_text("utf-8")
    completed = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=60, check=False)
    text = " ".join(completed.stdout.split()[:2])
    if text:
        with suppress(OSError):
            CACHE_DIR.mkdir(parents=True, exist_ok=True)
            _write_atomically(cached, lambda path: path.write_text(text, "utf-8"))
    return text


def _write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file or folder under a temporary name and rename it, so that no process reads it half-written."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    write(temporary)
    try:
        os.replace(temporary, path)
    except OSError:  # POSIX renames no folder over a non-empty one: another process was first, and its copy is as good
        shutil.rmtree(temporary, ignore_errors=True)


def prepare_profile(profile: Path) -> None:
    """Create a profile: a copy of the saved one if there is one, with our settings in it."""
    with suppress(OSError):
        shutil.copytree(_saved_profile(), profile, dirs_exist_ok=True)
    (profile / "user").mkdir(parents=True, exist_ok=True)
    (profile / "user" / "registrymodifications.xcu").write_text(PROFILE, "utf-8")


def _saved_profile() -> Path:
    """Return the path of the saved profile for this build of LibreOffice and these settings."""
    settings = hashlib.sha256(PROFILE.encode()).hexdigest()[:12]
    return CACHE_DIR / f"profile-{build_id()}-{settings}"


def save_profile(profile: Path) -> None:
    """Save a profile that LibreOffice has initialised, unless one is saved already.

    Only profiles that have printed our own documents may be saved; files that could name or quote them are left out.
    """
    if _saved_profile().exists():
        return
    with suppress(OSError):
        CACHE_DIR.mkdir(parents=True, exist_ok=True)
        ignored = shutil.ignore_patterns("registrymodifications.xcu", "*.log", "backup", "temp", "*.lock", ".~lock*")
        _write_atomically(_saved_profile(), lambda temporary: shutil.copytree(profile, temporary, ignore=ignored))
