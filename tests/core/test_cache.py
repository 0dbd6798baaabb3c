"""Content-addressed cache: lookup by key, pruning, use by several processes, and failure to write."""

import errno
import os
import shutil
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paperwork.core import hashing
from paperwork.core.cache import Cache


def write_text(path: Path, content: str) -> Path:
    """Write a text file and return its path."""
    path.write_text(content, "utf-8")
    return path


def test_entry_is_found_only_under_its_key(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "store")
    cache.put(hashing.cache_key("a"), write_text(tmp_path / "made", "一"))
    assert cache.get(hashing.cache_key("a"), tmp_path / "out")
    assert (tmp_path / "out").read_text("utf-8") == "一"
    assert not cache.get(hashing.cache_key("b"), tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_fresh_cache_ignores_old_entries_and_replaces_them(tmp_path: Path) -> None:
    Cache(tmp_path / "store").put(hashing.cache_key("a"), write_text(tmp_path / "made", "旧"))
    fresh = Cache(tmp_path / "store", fresh=True)
    assert not fresh.get(hashing.cache_key("a"), tmp_path / "out")
    fresh.put(hashing.cache_key("a"), write_text(tmp_path / "again", "新"))
    assert Cache(tmp_path / "store").get(hashing.cache_key("a"), tmp_path / "out")
    assert (tmp_path / "out").read_text("utf-8") == "新"


@given(st.lists(st.text(), min_size=1, max_size=4), st.lists(st.text(), min_size=1, max_size=4))
def test_different_parts_give_different_keys(one: list[str], other: list[str]) -> None:
    """Include parts that differ but are equal when joined."""
    assert (hashing.cache_key(*one) == hashing.cache_key(*other)) == (one == other)


def test_trim_removes_least_recently_used_entries_first(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "store")
    for number in range(4):
        cache.put(hashing.cache_key(str(number)), write_text(tmp_path / f"made{number}", "x" * 1000))
        [entry] = (tmp_path / "store").glob(f"*/{hashing.cache_key(str(number))}")
        os.utime(entry, (number + 1, number + 1))
    assert cache.get(hashing.cache_key("0"), tmp_path / "used")
    cache.prune(2500)
    left = [number for number in range(4) if cache.get(hashing.cache_key(str(number)), tmp_path / "out")]
    assert left == [0, 3]
    assert (tmp_path / "used").read_text() == "x" * 1000


def test_trimmed_entry_leaves_copies_intact(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "store")
    cache.put(hashing.cache_key("a"), write_text(tmp_path / "made", "还在"))
    (tmp_path / "made").unlink()
    assert cache.get(hashing.cache_key("a"), tmp_path / "out")
    cache.prune(0)
    assert not cache.get(hashing.cache_key("a"), tmp_path / "other")
    assert (tmp_path / "out").read_text("utf-8") == "还在"


def test_storing_an_entry_under_its_own_link_leaves_no_temporary_file(tmp_path: Path) -> None:
    """Store what the cache itself placed: both names are links to one file, and rename(2) then does nothing."""
    cache = Cache(tmp_path / "store")
    cache.put(hashing.cache_key("a"), write_text(tmp_path / "made", "一"))
    assert cache.get(hashing.cache_key("a"), tmp_path / "out")
    cache.put(hashing.cache_key("a"), tmp_path / "out")
    assert [path.name for path in (tmp_path / "store").glob("*/*")] == [hashing.cache_key("a")]
    assert cache.get(hashing.cache_key("a"), tmp_path / "again")


def test_failed_copy_leaves_no_temporary_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail as on a full disk, on a file system without hard links."""

    def run_out_of_space(source: Path, target: Path) -> None:
        target.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "full")

    def refuse_link(source: Path, target: Path) -> None:
        raise OSError(errno.EPERM, "no links")

    monkeypatch.setattr(os, "link", refuse_link)
    monkeypatch.setattr(shutil, "copyfile", run_out_of_space)
    Cache(tmp_path / "store").put(hashing.cache_key("a"), write_text(tmp_path / "made", "一"))
    assert not list((tmp_path / "store").glob("*/*"))


def test_threads_that_store_the_same_key_do_not_disturb_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let both threads reach the rename before either of them does it."""
    cache, both, replace = Cache(tmp_path / "store"), Barrier(2), os.replace

    failed: list[OSError] = []

    def wait_and_replace(source: Path, target: Path) -> None:
        both.wait(10)
        try:
            replace(source, target)
        except OSError as error:
            failed.append(error)

    monkeypatch.setattr(os, "replace", wait_and_replace)
    made = [write_text(tmp_path / f"made{number}", "x" * 1000) for number in (1, 2)]
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(partial(cache.put, hashing.cache_key("a")), made))
    assert failed == []
    assert len(list((tmp_path / "store").glob("*/*"))) == 1


def test_unwritable_cache_folder_is_not_an_error(tmp_path: Path) -> None:
    write_text(tmp_path / "store", "a file, not a folder")
    cache = Cache(tmp_path / "store")
    key, made = hashing.cache_key("a"), write_text(tmp_path / "made", "一")
    cache.put(key, made)
    assert not cache.get(key, tmp_path / "out")
    cache.prune(0)
    cache.get_or_make(key, tmp_path / "out", lambda out: write_text(out, "二"))
    assert (tmp_path / "out").read_text("utf-8") == "二"
    assert made.read_text("utf-8") == "一"
    assert (tmp_path / "store").read_text("utf-8") == "a file, not a folder"


def use_cache(folder: Path, scratch: Path, seed: int) -> tuple[int, int]:
    """Add, find and remove entries of the same few keys repeatedly; count hits and wrong contents."""
    cache, hits, incomplete = Cache(folder), 0, 0
    scratch.mkdir()
    for step in range(300):
        name = str((step * seed) % 5)
        if cache.get(hashing.cache_key(name), scratch / "out"):
            hits += 1
            incomplete += (scratch / "out").read_text() != name * 5000
        else:
            cache.put(hashing.cache_key(name), write_text(scratch / "made", name * 5000))
            (scratch / "made").unlink()
        if step % 40 == 0:
            cache.prune(12_000)
    return hits, incomplete


def test_cache_is_shared_by_several_processes(tmp_path: Path) -> None:
    """Each process finds most entries, since only every 40th step removes some: alone it would hit 280 of 300."""
    with ProcessPoolExecutor(3, mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(use_cache, tmp_path / "store", tmp_path / str(seed), seed) for seed in (1, 2, 3)]
        results = [future.result() for future in futures]
    assert all(hits > 150 for hits, _ in results), results
    assert [incomplete for _, incomplete in results] == [0, 0, 0]
    assert not list((tmp_path / "store").glob("*/.*"))


def test_entry_of_another_process_is_found(tmp_path: Path) -> None:
    key, made = hashing.cache_key("a"), write_text(tmp_path / "made", "一")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        pool.submit(Cache(tmp_path / "store").put, key, made).result()
    assert Cache(tmp_path / "store").get(key, tmp_path / "out")
    assert (tmp_path / "out").read_text("utf-8") == "一"
