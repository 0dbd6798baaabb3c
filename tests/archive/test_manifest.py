"""manifest.json as a model: the same class writes and reads it, and a hostile one raises nothing but `Unreadable`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from paperwork.archive import manifest
from paperwork.build.project import BuildResult
from paperwork.checks import check
from paperwork.core.faults import Unreadable
from tests import make

KEYS = [
    "version", "project", "year", "name", "title", "state", "as_of", "faults", "clauses", "date", "code", "pages",
    "items", "pdfa", "books", "fonts", "tools", "published", "digests",
]  # fmt: skip


@pytest.fixture(scope="module")
def path(small: tuple[BuildResult, Path]) -> Path:
    """Return the manifest of an archive."""
    return small[0].folder / "manifest.json"


def test_manifest_reads_back_as_the_bytes_that_were_written(path: Path) -> None:
    content = path.read_text("utf-8")
    assert list(json.loads(content)) == KEYS
    assert content.startswith('{\n "version": 2,\n "project": 1,\n')
    read = manifest.read(path, "")
    assert json.dumps(read.to_json_data(), ensure_ascii=False, indent=1) + "\n" == content


def test_manifest_without_a_version_is_read(path: Path, tmp_path: Path) -> None:
    data = json.loads(path.read_text("utf-8"))
    for key in ("version", "title", "code", "pdfa", "books"):
        del data[key]
    old = tmp_path / "manifest.json"
    old.write_text(json.dumps(data), "utf-8")
    read = manifest.read(old, "")
    assert (read.version, read.books, read.pdfa.passed) == (1, (), False)
    assert read.items == manifest.read(path, "").items


def test_check_gives_the_faults_and_clauses_of_the_manifest(path: Path, small: tuple[BuildResult, Path]) -> None:
    verdicts = manifest.make_verdicts(check.examine(1, small[1], make.LATER, make.TEMPLATES)).to_json_data()
    written = json.loads(path.read_text("utf-8"))
    assert list(verdicts) == ["state", "as_of", "faults", "clauses"]
    # Only a volume has page numbers and titles of items.
    for each in (verdicts, written):
        proofs = [duty.pop("evidence") for clause in each["clauses"] for duty in clause["obligations"]]
        assert any(proofs)
    assert verdicts == {key: written[key] for key in verdicts}


def set_(*keys: Any) -> Callable[[Any], None]:
    """Return a change that sets the last of `keys` at the place of the others."""
    *way, key, value = keys

    def change(data: Any) -> None:
        for each in way:
            data = data[each]
        data[key] = value

    return change


HOSTILE: dict[str, Callable[[Any], None]] = {
    "text for a number": set_("pages", "37"),
    "true for a number": set_("pages", True),
    "negative": set_("items", 0, "start", -1),
    "huge": set_("pages", 10**20),
    "no date": set_("date", "昨天"),
    "number for a date": set_("as_of", 20220101),
    "items as a dict": set_("items", {}),
    "digests as a list": set_("digests", []),
    "digest as a number": set_("digests", "x", 7),
    "unknown level": set_("faults", [dict.fromkeys(("level", "file", "sheet", "cell", "found", "wrong", "mend"), "")]),
    "unknown verdict": set_("clauses", 0, "verdict", "也许"),
    "version 0": set_("version", 0),
    "version as text": set_("version", "1"),
    "no items": lambda data: data.pop("items"),
    "lone surrogate": set_("title", "\ud800"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_wrong_value_is_refused_in_chinese(path: Path, tmp_path: Path, case: str) -> None:
    data = json.loads(path.read_text("utf-8"))
    HOSTILE[case](data)
    changed = tmp_path / "manifest.json"
    changed.write_text(json.dumps(data), "utf-8")
    with pytest.raises(Unreadable) as refused:
        manifest.read(changed, "请重做")
    assert (refused.value.wrong, refused.value.mend) == ("读不出来，文件损坏", "请重做")


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff", b"null", b"[]", b"{}", b'{"items": [', b"[" * 1_000_000, b'{"items":' * 1_000_000,
     b'{"version": ' + b"9" * 5000 + b"}", b'{"pages": ' + b"9" * 5000 + b"}",
     b'{"version": NaN}', b'{"pages": 1e400}'],
)  # fmt: skip
def test_damaged_file_is_refused_in_chinese(tmp_path: Path, content: bytes) -> None:
    damaged = tmp_path / "manifest.json"
    damaged.write_bytes(content)
    with pytest.raises(Unreadable) as refused:
        manifest.read(damaged, "请重做")
    assert (refused.value.wrong, refused.value.mend) == ("读不出来，文件损坏", "请重做")


@pytest.mark.parametrize("version", [3, 10**30])
def test_newer_version_is_refused_in_chinese(tmp_path: Path, version: int) -> None:
    newer = tmp_path / "manifest.json"
    newer.write_text(json.dumps({"version": version, "项目": "另一种写法"}), "utf-8")
    with pytest.raises(Unreadable) as refused:
        manifest.read(newer, "请重做")
    assert (refused.value.wrong, refused.value.mend) == manifest.NEWER


def test_very_large_file_is_not_read(tmp_path: Path) -> None:
    large = tmp_path / "manifest.json"
    with large.open("wb") as sparse:
        sparse.truncate(2**40)
    with pytest.raises(Unreadable, match="文件太大"):
        manifest.read(large, "请重做")
