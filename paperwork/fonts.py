"""Which face prints which name: the official families, and what stands in for them where they are not installed.

Sole owner of fontconfig. A configuration of the project's own is written for LibreOffice, so that the same page comes
out on every machine: the real font if it is installed, else the free Fandol family, else Noto CJK.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from paperwork.faults import ExitCode, Stop

OWN = Path(sys.prefix) / "share" / "paperwork"
"""Where the set-up unpacks fonts that no package manager installs."""
FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts", str(OWN / "fonts"))
SONG = ("FandolSong", "Noto Serif CJK SC")
# Official name → what may print it, best first. Fandol knows GB 2312 and little more: Noto, listed behind it, supplies
# the rare characters of people's and places' names.
FAMILIES: dict[str, tuple[str, ...]] = {
    "方正小标宋简体": ("方正小标宋简体", "方正小标宋_GBK", "FZXiaoBiaoSong-B05S", "FZXiaoBiaoSong-B05", *SONG),
    "仿宋_GB2312": (
        "仿宋_GB2312",
        "仿宋",
        "FangSong_GB2312",
        "FangSong",
        "STFangsong",
        "FandolFang",
        "Noto Serif CJK SC",
    ),
    "楷体_GB2312": ("楷体_GB2312", "楷体", "KaiTi_GB2312", "KaiTi", "STKaiti", "FandolKai", "Noto Serif CJK SC"),
    "黑体": ("黑体", "SimHei", "STHeiti", "FandolHei", "Noto Sans CJK SC"),
    "宋体": ("宋体", "SimSun", "NSimSun", "STSong", *SONG),
    "Times New Roman": ("Times New Roman", "Liberation Serif", *SONG),
}
# Fandol's heavy faces say of themselves that they are of normal weight, so that either might be taken for either.
TRUE_WEIGHTS = "".join(
    f'<match target="scan"><test name="fullname"><string>{name}</string></test>'
    '<edit name="weight" mode="assign"><const>bold</const></edit></match>\n'
    for name in ("FandolSong Bold", "FandolHei Bold")
)
HEAVY = {"方正小标宋简体"}
"""A title face is heavy by itself; what stands in for it must be asked for in bold."""
ALSO_CALLED = {
    "方正小标宋简体": ("方正小标宋_GBK", "方正小标宋", "FZXiaoBiaoSong-B05S", "华文中宋", "STZhongsong"),
    "仿宋_GB2312": ("仿宋", "FangSong", "FangSong_GB2312", "华文仿宋", "STFangsong"),
    "楷体_GB2312": ("楷体", "KaiTi", "KaiTi_GB2312", "华文楷体", "STKaiti"),
    "黑体": ("SimHei", "华文黑体", "微软雅黑", "Microsoft YaHei", "等线"),
    "宋体": ("SimSun", "NSimSun", "新宋体", "华文宋体", "STSong"),
    "Times New Roman": ("Times", "Calibri", "Cambria", "Arial"),
}


@dataclass(frozen=True)
class StandIn:
    """The face that prints an official name: its family, file and number in the file."""

    wanted: str
    used: str
    genuine: bool
    file: Path
    index: int


def environment(folder: Path) -> dict[str, str]:
    """Write the configuration into `folder`; return what LibreOffice's environment needs to use it."""
    # Fontconfig looks for a relative file under /etc/fonts.
    path = folder.resolve() / "fonts.conf"
    path.write_text(_configuration(_cache(folder)), "utf-8")
    return {"FONTCONFIG_FILE": str(path), "FC_LANG": "zh-cn", "LC_ALL": "C.UTF-8"}


def _cache(folder: Path) -> Path:
    """A lasting place for fontconfig's own notes, so that only the first run scans the fonts."""
    cache = OWN / "fontcache"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        return cache
    except OSError:
        return folder / "fontcache"


def _configuration(cache: Path) -> str:
    folders = "".join(f"<dir>{escape(str(Path(each).expanduser()))}</dir>\n" for each in FOLDERS)
    return (
        '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">\n<fontconfig>\n'
        f"{folders}<cachedir>{escape(str(cache))}</cachedir>\n{_rules()}</fontconfig>\n"
    )


def _rules() -> str:
    return TRUE_WEIGHTS + "".join(_rule(name, official) for official, name in _names()) + _last_resort()


def _names() -> list[tuple[str, str]]:
    """Every name that documents use, with the official family it means."""
    return [(official, name) for official in FAMILIES for name in (official, *ALSO_CALLED[official])]


def _rule(name: str, official: str) -> str:
    """Ask for the families in order; binding "same" keeps them before anything the system prefers."""
    chain = "".join(f"<string>{escape(each)}</string>" for each in dict.fromkeys((name, *FAMILIES[official])))
    heavy = '<edit name="weight" mode="assign" binding="strong"><const>bold</const></edit>' if official in HEAVY else ""
    return (
        f'<match target="pattern"><test name="family" qual="any"><string>{escape(name)}</string></test>'
        f'<edit name="family" mode="assign" binding="same">{chain}</edit>{heavy}</match>\n'
    )


def _last_resort() -> str:
    """What no rule names is set in Song: never in a sans face made for screens."""
    chain = "".join(f"<string>{each}</string>" for each in ("Liberation Serif", *SONG))
    return f'<match target="pattern"><edit name="family" mode="append_last" binding="weak">{chain}</edit></match>\n'


def stand_ins(env: Mapping[str, str]) -> tuple[StandIn, ...]:
    """For each official family, the face that prints it. Raises `Stop` when fontconfig is missing."""
    return tuple(_match(official, env) for official in FAMILIES)


def file_of(family: str, env: Mapping[str, str]) -> tuple[Path, int]:
    """The font file, and the number of the face in it, that prints a family."""
    found = _match(family, env)
    return found.file, found.index


def faces(env: Mapping[str, str]) -> dict[str, tuple[Path, int]]:
    """Where every face lies by its PostScript name: file and number in it."""
    listed = _ask(["fc-list", "--format=%{postscriptname}\t%{file}\t%{index}\n"], env)
    rows = sorted(line.split("\t") for line in listed.splitlines() if line.count("\t") == 2)
    return {name: (Path(file), int(index) & 0xFFFF) for name, file, index in rows if name}


def digest(env: Mapping[str, str]) -> str:
    """Of all that decides how words look: the rules of which face prints which name, and the faces there are."""
    told = hashlib.sha256(_rules().encode())
    for name, (file, index) in sorted(faces(env).items()):
        told.update(f"{name}\t{file.name}\t{file.stat().st_size}\t{index}\n".encode())
    return told.hexdigest()


def _ask(command: Sequence[str], env: Mapping[str, str]) -> str:
    try:
        ran = subprocess.run(
            command, env={"PATH": os.environ.get("PATH", ""), **env}, capture_output=True, text=True, timeout=120,
            check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        raise Stop(
            ExitCode.MISSING, "没有找到 fontconfig，无法挑选字体", "请安装：apt-get install -y fontconfig"
        ) from None
    return ran.stdout


def _match(official: str, env: Mapping[str, str]) -> StandIn:
    told = _ask(["fc-match", "--format=%{family[0]}\t%{file}\t%{index}\t%{family}", official], env)
    used, file, index, names = told.split("\t")
    genuine = bool({official, *ALSO_CALLED[official]} & set(names.split(",")))
    return StandIn(official, used, genuine, Path(file), int(index) & 0xFFFF)
