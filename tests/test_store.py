"""What is kept by its content: found again, bounded, shared by processes, never needed."""

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paperwork import pack, store
from paperwork.store import Store


def written(path: Path, content: str) -> Path:
    """A file with this content."""
    path.write_text(content, "utf-8")
    return path


def test_what_was_kept_is_found_under_its_key_only(tmp_path: Path) -> None:
    kept = Store(tmp_path / "store")
    kept.keep(store.key("a"), written(tmp_path / "made", "一"))
    assert kept.find(store.key("a"), tmp_path / "out")
    assert (tmp_path / "out").read_text("utf-8") == "一"
    assert not kept.find(store.key("b"), tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_who_wants_all_anew_finds_nothing_and_keeps_what_was_made(tmp_path: Path) -> None:
    Store(tmp_path / "store").keep(store.key("a"), written(tmp_path / "made", "旧"))
    fresh = Store(tmp_path / "store", fresh=True)
    assert not fresh.find(store.key("a"), tmp_path / "out")
    fresh.keep(store.key("a"), written(tmp_path / "again", "新"))
    assert Store(tmp_path / "store").find(store.key("a"), tmp_path / "out")
    assert (tmp_path / "out").read_text("utf-8") == "新"


@given(st.lists(st.text(), min_size=1, max_size=4), st.lists(st.text(), min_size=1, max_size=4))
def test_other_parts_other_key(one: list[str], other: list[str]) -> None:
    """Also where the parts, one behind the other, read the same."""
    assert (store.key(*one) == store.key(*other)) == (one == other)


def test_what_was_used_longest_ago_goes_first(tmp_path: Path) -> None:
    kept = Store(tmp_path / "store")
    for number in range(4):
        kept.keep(store.key(str(number)), written(tmp_path / f"made{number}", "x" * 1000))
        os.utime(kept._path(store.key(str(number))), (number + 1, number + 1))
    assert kept.find(store.key("0"), tmp_path / "used")
    kept.trim(2500)
    left = [number for number in range(4) if kept.find(store.key(str(number)), tmp_path / "out")]
    assert left == [0, 3]
    assert (tmp_path / "used").read_text() == "x" * 1000


def test_trimming_away_a_file_does_not_take_it_from_who_found_it(tmp_path: Path) -> None:
    kept = Store(tmp_path / "store")
    kept.keep(store.key("a"), written(tmp_path / "made", "还在"))
    (tmp_path / "made").unlink()
    assert kept.find(store.key("a"), tmp_path / "out")
    kept.trim(0)
    assert not kept.find(store.key("a"), tmp_path / "other")
    assert (tmp_path / "out").read_text("utf-8") == "还在"


def test_a_folder_that_cannot_be_written_to_is_no_reason_to_fail(tmp_path: Path) -> None:
    written(tmp_path / "store", "a file, not a folder")
    kept = Store(tmp_path / "store")
    kept.keep(store.key("a"), written(tmp_path / "made", "一"))
    assert not kept.find(store.key("a"), tmp_path / "out")
    kept.trim()


def hammer(folder: Path, own: Path, seed: int) -> list[str]:
    """Keep, find and trim the same few keys again and again; whatever was found that was not whole."""
    kept, wrong = Store(folder), []
    own.mkdir()
    for turn in range(300):
        name = str((turn * seed) % 5)
        if not kept.find(store.key(name), own / "out"):
            kept.keep(store.key(name), written(own / "made", name * 5000))
            (own / "made").unlink()
        elif (own / "out").read_text() != name * 5000:
            wrong.append(name)
        if turn % 40 == 0:
            kept.trim(12_000)
    return wrong


def test_several_processes_share_it(tmp_path: Path) -> None:
    with ProcessPoolExecutor(3, mp_context=get_context("spawn")) as pool:
        found = [pool.submit(hammer, tmp_path / "store", tmp_path / str(seed), seed) for seed in (1, 2, 3)]
        assert [each.result() for each in found] == [[], [], []]
    assert not list((tmp_path / "store").glob("*/.*"))


def test_what_another_version_of_a_library_made_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Filled documents and copies of photos depend on who fills and shrinks them, not on our own modules alone."""
    before = pack.digest(pack.__file__)
    assert "docxtpl-" in "".join(pack.libraries())
    monkeypatch.setattr(pack, "libraries", lambda: ["docxtpl-99.0.dist-info"])
    assert pack.digest(pack.__file__) != before
