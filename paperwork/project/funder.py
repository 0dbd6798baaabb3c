"""The body that publishes the catalogue and keeps the archives, as declared in templates/binding.toml."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paperwork.core.faults import ExitCode, Stop, Unreadable
from paperwork.formats.toml_files import read_toml

EXAMPLES = {
    "fonds_name": '"某某市总工会"',
    "funder_names": '["市总工会", "总工会"]',
    "contractor_kinds": '["社会组织", "其他"]',
}
"""The keys of binding.toml read here, each with the example that a fault shows."""
PHOTOS_KEY, MAX_BOUND_PHOTOS = "photos_per_activity", 24
"""The key of binding.toml that may be left out, and its value then: a folder of templates made earlier lacks it."""
KEYS = (*EXAMPLES, PHOTOS_KEY)

DEPARTMENT = "(?:部|室|处|科|股|办|组)$"
"""End of the name of a department."""
BODY = "局|联合会|妇联|政府|公司|学校|学院|协会|中心|总会|工会"
"""Words in the name of a body of its own, or of a department that is written with its body."""


@dataclass(frozen=True)
class Funder:
    """Names of the funder; the defaults name none, for uses without a templates folder."""

    fonds_name: str = ""
    """全宗名称, printed on covers and labels."""
    names: tuple[str, ...] = ("发布单位",)
    """Names that clauses use; the first is the one that the program prints."""
    contractor_kinds: tuple[str, ...] = ()
    """Values allowed for 单位类型; empty: any."""
    max_bound_photos: int = MAX_BOUND_PHOTOS
    """Most photos of one activity that are bound into the volume; its archive's rule."""

    @property
    def name(self) -> str:
        """Return the name to print."""
        return self.names[0]

    @property
    def in_its_name(self) -> str:
        """Return the kind of the obligation to act in the name of the funder."""
        return f"以{self.name}名义"

    @property
    def pattern(self) -> str:
        """Return a regular expression for all names, the longest first."""
        return "|".join(map(re.escape, sorted(self.names, key=len, reverse=True)))

    def in_full(self, department: str) -> str:
        """Return a department of the funder with the full name of the funder in front: 责任者 is a body, not a room.

        The name of another body is returned as it is.
        """
        if not self.fonds_name:
            return department
        own = re.sub(f"^(?:{'|'.join(map(re.escape, self._spellings))})", "", department)
        is_department = not own or (re.search(DEPARTMENT, own) and not re.search(BODY, own))
        return f"{self.fonds_name}{own}" if is_department else department

    @property
    def _spellings(self) -> list[str]:
        """Return the ways in which staff write the funder's name, the longest first: also 某某市总工会 for 市总工会."""
        places = [self.fonds_name[:length] for length in range(len(self.fonds_name))]
        short = {place + name for place in places for name in self.names}
        return sorted({self.fonds_name, *short}, key=len, reverse=True)

    @property
    def choices(self) -> dict[str, tuple[str, ...]]:
        """Return the choices that this declaration adds to columns of the workbook, by header."""
        return {"单位类型": self.contractor_kinds}


NO_FUNDER = Funder()
"""The funder where none is declared."""


def read_funder(templates: Path | None) -> Funder:
    """Read the funder from binding.toml in the templates folder; without a folder return one that names no body.

    Raises `Stop` if the file cannot be read or a key is missing or no text. There is no default for a missing key: the
    archives of one funder would bear the name of another.
    """
    if templates is None:
        return NO_FUNDER
    path = templates / "binding.toml"
    try:
        settings = read_toml(path)
    except Unreadable as reason:
        raise Stop(ExitCode.FAULTY, f"读不了：{reason.wrong}", reason.mend, path.name) from None
    [fonds_name] = _texts(settings, "fonds_name", path.name)
    names, kinds = (_texts(settings, key, path.name) for key in ("funder_names", "contractor_kinds"))
    return Funder(fonds_name, names, kinds, _max_bound_photos(settings, path.name))


def _max_bound_photos(settings: Mapping[str, Any], file: str) -> int:
    """Return the most photos of an activity that are bound; raise `Stop` for anything but a whole number above zero."""
    value = settings.get(PHOTOS_KEY, MAX_BOUND_PHOTOS)
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    mend = f"请改成这样的一行：{PHOTOS_KEY} = {MAX_BOUND_PHOTOS}"
    raise Stop(ExitCode.FAULTY, f"{PHOTOS_KEY} 写得不对", mend, file)


def _texts(settings: Mapping[str, Any], key: str, file: str) -> tuple[str, ...]:
    """Return a key's text or list of texts; raise `Stop` if it is missing, empty or not like its example."""
    value, is_list = settings.get(key), EXAMPLES[key].startswith("[")
    texts = value if is_list else [value]
    if isinstance(texts, list) and texts and all(isinstance(each, str) and each.strip() for each in texts):
        return tuple(each.strip() for each in texts)
    wrong = f"{key} 写得不对" if key in settings else f"没有 {key} 这一行"
    mend = f"请{'改成' if key in settings else '加上'}这样的一行：{key} = {EXAMPLES[key]}"
    raise Stop(ExitCode.FAULTY, wrong, mend, file)
