"""Content-addressed cache: lookup by key, pruning, use by several processes, and failure to write."""

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paperwork import pack, store
from paperwork.store import Store


def write_text(path: Path, content: str) -> Path:
    """Write a text file and return its path."""
    path.write_text(content, "utf-8")
    return path


def test_entry_is_found_only_under_its_key(tmp_path: Path) -> None:
    cache = Store(tmp_path / "store")
    cache.keep(store.key("a"), write_text(tmp_path / "made", "一"))
    assert cache.find(store.key("a"), tmp_path / "out")
    assert (tmp_path / "out").read_text("utf-8") == "一"
    assert not cache.find(store.key("b"), tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_fresh_cache_ignores_old_entries_and_replaces_them(tmp_path: Path) -> None:
    Store(tmp_path / "store").keep(store.key("a"), write_text(tmp_path / "made", "旧"))
    fresh = Store(tmp_path / "store", fresh=True)
    assert not fresh.find(store.key("a"), tmp_path / "out")
    fresh.keep(store.key("a"), write_text(tmp_path / "again", "新"))
    assert Store(tmp_path / "store").find(store.key("a"), tmp_path / "out")
    assert (tmp_path / "out").read_text("utf-8") == "新"


@given(st.lists(st.text(), min_size=1, max_size=4), st.lists(st.text(), min_size=1, max_size=4))
def test_different_parts_give_different_keys(one: list[str], other: list[str]) -> None:
    """Include parts that differ but are equal when joined."""
    assert (store.key(*one) == store.key(*other)) == (one == other)


def test_trim_removes_least_recently_used_entries_first(tmp_path: Path) -> None:
    cache = Store(tmp_path / "store")
    for number in range(4):
        cache.keep(store.key(str(number)), write_text(tmp_path / f"made{number}", "x" * 1000))
        os.utime(cache._path(store.key(str(number))), (number + 1, number + 1))
    assert cache.find(store.key("0"), tmp_path / "used")
    cache.trim(2500)
    left = [number for number in range(4) if cache.find(store.key(str(number)), tmp_path / "out")]
    assert left == [0, 3]
    assert (tmp_path / "used").read_text() == "x" * 1000


def test_trimmed_entry_leaves_copies_intact(tmp_path: Path) -> None:
    cache = Store(tmp_path / "store")
    cache.keep(store.key("a"), write_text(tmp_path / "made", "还在"))
    (tmp_path / "made").unlink()
    assert cache.find(store.key("a"), tmp_path / "out")
    cache.trim(0)
    assert not cache.find(store.key("a"), tmp_path / "other")
    assert (tmp_path / "out").read_text("utf-8") == "还在"


def test_unwritable_cache_folder_is_not_an_error(tmp_path: Path) -> None:
    write_text(tmp_path / "store", "a file, not a folder")
    cache = Store(tmp_path / "store")
    cache.keep(store.key("a"), write_text(tmp_path / "made", "一"))
    assert not cache.find(store.key("a"), tmp_path / "out")
    cache.trim()


def use_cache(folder: Path, scratch: Path, seed: int) -> list[str]:
    """Add, find and remove entries of the same few keys repeatedly; return the keys whose content was incomplete."""
    cache, incomplete = Store(folder), []
    scratch.mkdir()
    for step in range(300):
        name = str((step * seed) % 5)
        if not cache.find(store.key(name), scratch / "out"):
            cache.keep(store.key(name), write_text(scratch / "made", name * 5000))
            (scratch / "made").unlink()
        elif (scratch / "out").read_text() != name * 5000:
            incomplete.append(name)
        if step % 40 == 0:
            cache.trim(12_000)
    return incomplete


def test_cache_is_shared_by_several_processes(tmp_path: Path) -> None:
    with ProcessPoolExecutor(3, mp_context=get_context("spawn")) as pool:
        found = [pool.submit(use_cache, tmp_path / "store", tmp_path / str(seed), seed) for seed in (1, 2, 3)]
        assert [each.result() for each in found] == [[], [], []]
    assert not list((tmp_path / "store").glob("*/.*"))


def test_library_version_changes_the_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Include library versions in the digest: filled documents and resized photos depend on them, too."""
    before = pack.digest(pack.__file__)
    assert "docxtpl-" in "".join(pack.libraries())
    monkeypatch.setattr(pack, "libraries", lambda: ["docxtpl-99.0.dist-info"])
    assert pack.digest(pack.__file__) != before
