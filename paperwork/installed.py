"""The LibreOffice of this machine: where it is, which one, and a profile for it."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from paperwork.faults import ExitCode, Stop

INSTALL = "请安装：apt-get install -y --no-install-recommends libreoffice-writer-nogui libreoffice-calc-nogui"
# No macros, no links fetched, no recovery dialogs: documents come from many hands. Path, property, value.
SETTINGS = (
    ("Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Office.Writer/Content/Update", "Link", "0"),
    ("Office.Recovery/RecoveryInfo", "Enabled", "false"),
    ("Setup/Office", "ooSetupInstCompleted", "true"),
    ("Office.Calc/Formula/Load", "OOXMLRecalcMode", "0"),  # 0: formulas are always calculated anew
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
WARM = Path(sys.prefix) / "share" / "paperwork" / "office"
"""Where a profile is kept that LibreOffice has settled into, to be copied: an empty one takes longer."""


def program() -> Path | None:
    """Where LibreOffice is, if it is installed."""
    found = shutil.which("soffice") or shutil.which("libreoffice")
    return Path(found) if found else None


def needed(without: str) -> Path:
    """Where LibreOffice is. Raises `Stop` saying what cannot be done without it when it is missing."""
    path = program()
    if not path:
        raise Stop(ExitCode.MISSING, f"没有找到 LibreOffice，{without}", INSTALL)
    return path


def mark() -> str:
    """Which LibreOffice it is: one built on another day may print otherwise. Nothing when it is missing."""
    path = program()
    if not path:
        return ""
    real = path.resolve()
    binary = next((each for each in (real.with_name("soffice.bin"), real) if each.exists()), real).stat()
    return f"{binary.st_size:x}-{int(binary.st_mtime):x}"


def version() -> str:
    """LibreOffice's version, or nothing when it is missing. Asked for once: asking takes a start."""
    path, note = program(), WARM / f"version-{mark()}"
    if not path:
        return ""
    with suppress(OSError):
        return note.read_text("utf-8")
    ran = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=60, check=False)
    told = " ".join(ran.stdout.split()[:2])
    if told:
        with suppress(OSError):
            WARM.mkdir(parents=True, exist_ok=True)
            _put(note, lambda path: path.write_text(told, "utf-8"))
    return told


def _put(path: Path, write: Callable[[Path], object]) -> None:
    """Write under another name first, for others may be looking; who comes second is content."""
    rough = path.with_name(f".{path.name}.{os.getpid()}")
    write(rough)
    try:
        os.replace(rough, path)
    except OSError:  # a folder that another process has put there meanwhile
        shutil.rmtree(rough, ignore_errors=True)


def furnish(profile: Path) -> None:
    """Make a profile: a copy of the warm one where there is one, and our settings in it."""
    with suppress(OSError):
        shutil.copytree(_warm(), profile, dirs_exist_ok=True)
    (profile / "user").mkdir(parents=True, exist_ok=True)
    (profile / "user" / "registrymodifications.xcu").write_text(PROFILE, "utf-8")


def _warm() -> Path:
    settings = hashlib.sha256(PROFILE.encode()).hexdigest()[:12]
    return WARM / f"profile-{mark()}-{settings}"


def keep_warm(profile: Path) -> None:
    """Keep a profile that LibreOffice has settled into over documents of ours, with nothing in it of what they said."""
    if _warm().exists():
        return
    with suppress(OSError):
        WARM.mkdir(parents=True, exist_ok=True)
        left = shutil.ignore_patterns("registrymodifications.xcu", "*.log", "backup", "temp", "*.lock", ".~lock*")
        _put(_warm(), lambda rough: shutil.copytree(profile, rough, ignore=left))
