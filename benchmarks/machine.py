"""Describe the machine and the program versions of a measurement."""

import datetime as dt
import json
import os
import platform
import re
import subprocess
from importlib.metadata import version
from pathlib import Path

RIVALS = Path(__file__).parent / "rivals"
OURS = ("paperwork", "docxtpl", "pypdf", "pikepdf", "typer")


def facts(command: str) -> str:
    """Return machine, versions, command and date as a Markdown list."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    lines = {
        "Machine": f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB of memory, {_system()}",
        "Programs": f"Python {platform.python_version()}, {_first_words('soffice', '--version', words=2)}, {_node()}",
        "Libraries": ", ".join(f"{name} {version(name)}" for name in OURS),
        "Others": ", ".join(_rivals()) or "not measured",
        "Command": f"`{command}`, {dt.datetime.now().astimezone().date()}",
    }
    return "\n".join(f"- {name}: {words}" for name, words in lines.items())


def _processor() -> str:
    """Return the processor's model name."""
    found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text("utf-8"), re.MULTILINE)
    return found[1] if found else platform.machine()


def _system() -> str:
    """Return the name of the Linux distribution."""
    return platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())


def _first_words(*command: str, words: int = 1) -> str:
    """Return the first words of a command's output, or that it is missing."""
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return f"no {command[0]}"
    return " ".join(result.stdout.split()[:words])


def _node() -> str:
    """Return the version of Node."""
    return f"Node {_first_words('node', '--version')}"


def _rivals() -> list[str]:
    """Return names and versions of the installed competing programs."""
    wanted = json.loads((RIVALS / "package.json").read_text("utf-8"))["dependencies"]
    installed = (RIVALS / "node_modules" / name / "package.json" for name in wanted)
    packages = [json.loads(path.read_text("utf-8")) for path in installed if path.exists()]
    return [f"{package['name']} {package['version']}" for package in packages]
