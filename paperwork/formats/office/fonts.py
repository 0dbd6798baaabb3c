"""Choose the font for each official font family, with substitutes where it is not installed.

LibreOffice gets a fontconfig configuration of our own instead of the system's, so that the same page comes out on every
machine: the genuine font if it is installed, else the free Fandol family, else Noto CJK. What none of these has is
printed by a spare face, which the Word file names (`coverage`). This module alone runs fontconfig.
"""

import hashlib
import os
import subprocess
import sys
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from paperwork.core import commands
from paperwork.core.faults import ExitCode, Stop

OWN = Path(sys.prefix) / "share" / "paperwork"
"""Folder in which the set-up unpacks fonts that no package manager installs."""
TEX = "/usr/share/texlive/texmf-dist/fonts/opentype/public/fandol"
"""Folder of the Fandol fonts in Debian's texlive-lang-chinese, from which the set-up takes them too."""
FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts", TEX, str(OWN / "fonts"))
"""Folders that fontconfig scans for fonts."""
SONG = ("FandolSong", "Noto Serif CJK SC")
"""Free substitutes for 宋体, best first."""
LAST_RESORTS = ("Noto Serif CJK SC", "Noto Sans CJK SC")
"""Substitutes that contain all characters, but in no style of official documents."""
# Official family → families that may print it, best first. Fandol covers GB 2312 and little more, so Noto must follow
# it: it supplies the rare characters in names of people and places.
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
SPARES = (
    "Noto Serif CJK SC",
    "Noto Serif",
    "Noto Sans",
    "Noto Naskh Arabic",
    "Symbola",
    "Noto Sans Symbols",
    "Noto Sans Symbols2",
    "Noto Sans Math",
    "Noto Sans *",
    "Noto Serif *",
    "HanaMinB",
    "BabelStone Han",
    "Unifont Upper",
)
"""Families for characters that an official family lacks, best first: other scripts, emoji, CJK extensions.

A star stands for all families that begin so: Noto has a family for each script.
"""
PROBES = dict(
    zip(
        commands.RARE.split(),
        ("Noto Serif Tibetan", "Symbola", "HanaMinB", "BabelStone Han", "Unifont Upper"),
        strict=True,
    )
)
"""A family of each Debian package with spare families, by which the package is known to be there."""
# Only outlines can be embedded in PDF/A: a colour font (Noto Color Emoji) is made of pictures, a bitmap font of dots.
REJECTED = (
    "<selectfont><rejectfont>"
    '<pattern><patelt name="color"><bool>true</bool></patelt></pattern>'
    '<pattern><patelt name="scalable"><bool>false</bool></patelt></pattern>'
    "</rejectfont></selectfont>\n"
)
# Fandol's bold faces declare normal weight, so fontconfig could pick the bold one for the regular one and vice versa.
TRUE_WEIGHTS = "".join(
    f'<match target="scan"><test name="fullname"><string>{name}</string></test>'
    '<edit name="weight" mode="assign"><const>bold</const></edit></match>\n'
    for name in ("FandolSong Bold", "FandolHei Bold")
)
HEAVY_FAMILIES = {"方正小标宋简体"}
"""Families that are heavy in their regular weight, so that their substitutes must be requested in bold."""
ALIASES = {  # other names that documents use for an official family
    "方正小标宋简体": ("方正小标宋_GBK", "方正小标宋", "FZXiaoBiaoSong-B05S", "华文中宋", "STZhongsong"),
    "仿宋_GB2312": ("仿宋", "FangSong", "FangSong_GB2312", "华文仿宋", "STFangsong"),
    "楷体_GB2312": ("楷体", "KaiTi", "KaiTi_GB2312", "华文楷体", "STKaiti"),
    "黑体": ("SimHei", "华文黑体", "微软雅黑", "Microsoft YaHei", "等线"),
    "宋体": ("SimSun", "NSimSun", "新宋体", "华文宋体", "STSong"),
    "Times New Roman": ("Times", "Calibri", "Cambria", "Arial"),
}


@dataclass(frozen=True)
class FontMatch:
    """The font face that prints an official family: family used, font file and index of the face in the file."""

    wanted: str
    used: str
    is_genuine: bool
    file: Path
    index: int

    @property
    def is_usable(self) -> bool:
        """Return True if the family used is the official one or one of its substitutes."""
        return self.is_genuine or self.used in FAMILIES[self.wanted]

    @property
    def is_last_resort(self) -> bool:
        """Return True if the family used is a general one, because no font of the right style is installed."""
        return self.used in LAST_RESORTS


def environment(folder: Path) -> dict[str, str]:
    """Write the fontconfig configuration into `folder`; return the environment variables that select it."""
    # Fontconfig resolves a relative FONTCONFIG_FILE against /etc/fonts.
    path = folder.resolve() / "fonts.conf"
    path.write_text(_configuration(_cache(folder)), "utf-8")
    return {"FONTCONFIG_FILE": str(path), "FC_LANG": "zh-cn", "LC_ALL": "C.UTF-8"}


def _cache(folder: Path) -> Path:
    """Return a persistent folder for fontconfig's cache, so that only the first run scans the fonts."""
    cache = OWN / "fontcache"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        return cache
    except OSError:  # an installation that only root may write to
        return folder / "fontcache"


def _configuration(cache: Path) -> str:
    """Return the text of the fontconfig configuration file."""
    folders = "".join(f"<dir>{escape(str(folder))}</dir>\n" for folder in _folders())
    return (
        '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">\n<fontconfig>\n'
        f"{folders}<cachedir>{escape(str(cache))}</cachedir>\n{_rules()}</fontconfig>\n"
    )


def _folders() -> Iterator[Path]:
    """Yield the folders of fonts; a user without a home folder has no fonts of their own."""
    for each in FOLDERS:
        with suppress(RuntimeError):
            yield Path(each).expanduser()


def _rules() -> str:
    """Return the fontconfig rules that map font names to families."""
    rules = "".join(_rule(name, official) for official, name in _names())
    return REJECTED + TRUE_WEIGHTS + rules + _last_resort()


def _names() -> list[tuple[str, str]]:
    """Return pairs of an official family and a name that documents use for it."""
    return [(official, name) for official in FAMILIES for name in (official, *ALIASES[official])]


def _rule(name: str, official: str) -> str:
    """Return the rule that replaces a font name by the families that may print it, in order."""
    # Binding "same" ranks these families as high as the name requested, above fontconfig's own defaults.
    chain = "".join(f"<string>{escape(each)}</string>" for each in dict.fromkeys((name, *FAMILIES[official])))
    heavy = (
        '<edit name="weight" mode="assign" binding="strong"><const>bold</const></edit>'
        if official in HEAVY_FAMILIES
        else ""
    )
    return (
        f'<match target="pattern"><test name="family" qual="any"><string>{escape(name)}</string></test>'
        f'<edit name="family" mode="assign" binding="same">{chain}</edit>{heavy}</match>\n'
    )


def _last_resort() -> str:
    """Return the rule for all other font names: 宋体 as fallback, never a sans face made for screens."""
    chain = "".join(f"<string>{each}</string>" for each in ("Liberation Serif", *SONG))
    return f'<match target="pattern"><edit name="family" mode="append_last" binding="weak">{chain}</edit></match>\n'


def substitutes(env: Mapping[str, str]) -> tuple[FontMatch, ...]:
    """Return the face that prints each official family. Raises `Stop` when fontconfig is missing."""
    return tuple(_match(official, env) for official in FAMILIES)


def font_file(family: str, env: Mapping[str, str]) -> tuple[Path, int]:
    """Return the font file that prints a family, and the index of the face in the file."""
    match = _match(family, env)
    return match.file, match.index


def installed_faces(env: Mapping[str, str]) -> dict[str, tuple[Path, int]]:
    """Return the font file of every installed face, with the face's index in it, by PostScript name."""
    listed = _run(["fc-list", "--format=%{postscriptname}\t%{file}\t%{index}\n"], env)
    rows = sorted(line.split("\t") for line in listed.splitlines() if line.count("\t") == 2)
    # The upper 16 bits of fontconfig's index number the named instance of a variable font.
    return {name: (Path(file), int(index) & 0xFFFF) for name, file, index in rows if name}


@dataclass(frozen=True)
class Charset:
    """The characters of a face: the first and the last code point of each range, both in ascending order."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def __contains__(self, char: str) -> bool:
        place = bisect_right(self.starts, ord(char)) - 1
        return place >= 0 and ord(char) <= self.ends[place]


def official_charsets(env: Mapping[str, str]) -> dict[str, Charset]:
    """Return the characters of the face that prints each official family."""
    return {name: _charset(_run(["fc-match", "--format=%{charset}", name], env)) for name in FAMILIES}


def spare_charsets(env: Mapping[str, str]) -> dict[str, Charset]:
    """Return the characters of each installed spare family, in the order of `SPARES`."""
    # fc-list names the families of one file in no fixed order; only regular faces can stand for a family.
    listed = _run(["fc-list", ":weight=80", "--format=%{family[0]}\t%{charset}\n"], env)
    listed += _run(["fc-list", ":weight=100", "--format=%{family[0]}\t%{charset}\n"], env)
    found = dict(sorted(line.split("\t") for line in listed.splitlines() if line.count("\t") == 1))
    names = dict.fromkeys(name for each in SPARES for name in found if _is_family(name, each))
    return {name: _charset(found[name]) for name in names}


def missing_spares(env: Mapping[str, str]) -> list[str]:
    """Return the Debian packages with spare families that are not installed."""
    installed = spare_charsets(env)
    return [package for package, family in PROBES.items() if family not in installed]


def _is_family(name: str, spare: str) -> bool:
    """Return True if a family is the spare family, or one of those that its star stands for."""
    return name == spare or (spare.endswith("*") and name.startswith(spare[:-1]) and "CJK" not in name)


def _charset(listed: str) -> Charset:
    """Return the character set that fontconfig writes as hexadecimal ranges: "20-7e a0"."""
    ranges = [each.partition("-") for each in listed.split()]
    starts = tuple(int(start, 16) for start, _, _ in ranges)
    return Charset(starts, tuple(int(end or start, 16) for start, _, end in ranges))


def digest(env: Mapping[str, str]) -> str:
    """Return a digest of all that decides how text looks: the font rules and the installed faces."""
    hasher = hashlib.sha256(_rules().encode())
    for name, (file, index) in sorted(installed_faces(env).items()):
        hasher.update(f"{name}\t{file.name}\t{file.stat().st_size}\t{index}\n".encode())
    return hasher.hexdigest()


def _run(command: Sequence[str], env: Mapping[str, str]) -> str:
    """Run a fontconfig program and return its output. Raises `Stop` when it is missing or fails."""
    try:
        completed = subprocess.run(
            command, env={"PATH": os.environ.get("PATH", ""), **env}, capture_output=True, text=True, timeout=120,
            check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        raise Stop(
            ExitCode.MISSING, "没有找到 fontconfig，无法挑选字体", f"请安装：{commands.apt(commands.FONTS)}"
        ) from None
    return completed.stdout


def _match(official: str, env: Mapping[str, str]) -> FontMatch:
    """Return the face that fontconfig chooses for a family."""
    output = _run(["fc-match", "--format=%{family[0]}\t%{file}\t%{index}\t%{family}", official], env)
    used, file, index, names = output.split("\t")
    genuine = bool({official, *ALIASES.get(official, ())} & set(names.split(",")))
    return FontMatch(official, used, genuine, Path(file), int(index) & 0xFFFF)
