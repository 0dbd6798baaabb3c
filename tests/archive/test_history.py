"""Archives of several years and states, replaced, renamed, restored and killed in between: none is lost."""

import json
import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paperwork.archive import history
from paperwork.core import lock
from paperwork.core.faults import ExitCode, Stop
from paperwork.core.values import ProjectNumber
from paperwork.project.input_folder import Inputs

COMPLETE, DRAFT = "齐备", "待补稿"


def archive(folder: Path, year: int, state: str, serial: int, name: str = "紫薇伙伴", number: int = 1) -> Path:
    """Write an archive: a manifest, and a volume that tells which one it is."""
    folder.mkdir(parents=True)
    data = {
        "version": 1, "project": number, "year": year, "name": name, "title": f"{name}{year}", "state": state,
        "as_of": "2026-01-01", "faults": [], "clauses": [], "date": f"{year or 2022}-12-30", "pages": 3, "items": [],
        "fonts": [], "tools": {}, "digests": {},
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(data, ensure_ascii=False), "utf-8")
    (folder / "项目档案.pdf").write_text(f"{year} {state} {serial}", "utf-8")
    return folder


def published(*years: int, name: str = "紫薇伙伴") -> Inputs:
    """Return inputs with a catalogue for each year that has one project of this name."""
    found = Inputs(Path("inputs"))
    found.years = {Path("inputs", f"{year}.docx"): year for year in years}
    for year in years:
        entry: Any = type("Entry", (), {"name": name})
        found.entries[found.number_in(year, 1)] = entry
    return found


def put(outputs: Path, found: Inputs, year: int, state: str, serial: int) -> None:
    """Replace the archive of project 1 of a year, as a build does."""
    number = found.number_in(year, 1)
    with lock.hold_project(outputs, number):
        history.settle_held(outputs, found, number)
        with lock.work_folder(outputs, str(number)) as work:
            new, target = archive(work / "made", year, state, serial), outputs / str(number)
            lock.replace_archive(new, target, work, history.state_of(target))


def volumes(outputs: Path) -> dict[str, str]:
    """Return what each archive is, by its folder."""
    found = outputs.rglob("项目档案.pdf")
    return {path.parent.relative_to(outputs).as_posix(): path.read_text("utf-8") for path in found}


# ---- numbers


@pytest.mark.parametrize(
    ("words", "shown"),
    [("1", "1"), ("01", "1"), ("2022-1", "2022-1"), ("２０２２－１", "2022-1"), ("2022—1", "2022-1"),
     ("12345", "12345"), (" 3 ", "3"), ("2022 - 12", "2022-12"), ("22-1", "22-1"), ("1-2022", "1-2022"), ("1.5", "1.5"),
     ("2022-1-1", "2022-1-1"), ("fl2024—01", "FL2024-01")],
)  # fmt: skip
def test_project_number_is_read_as_staff_write_it(words: str, shown: str) -> None:
    number = ProjectNumber.parse(words)
    assert (str(number), f"{number}", ProjectNumber(int(number))) == (shown, shown, number)


@pytest.mark.parametrize("words", ["", "0", "abc", "-1", "2022-", "2022-0", "一", "../1", "2022-2023-1"])
def test_other_words_are_no_project_number(words: str) -> None:
    with pytest.raises(ValueError, match="不是项目序号"):
        ProjectNumber.parse(words)


# ---- years


def test_older_archive_moves_aside_whole_when_a_new_year_is_archived(tmp_path: Path) -> None:
    put(tmp_path, published(2022), 2022, COMPLETE, 1)
    (tmp_path / "1" / "staff.txt").write_text("added", "utf-8")
    put(tmp_path, published(2022, 2023), 2023, DRAFT, 2)
    assert volumes(tmp_path) == {"1": "2023 待补稿 2", "2022-1": "2022 齐备 1"}
    assert (tmp_path / "2022-1" / "staff.txt").is_file()


def test_only_the_new_catalogue_is_there_any_more(tmp_path: Path) -> None:
    put(tmp_path, published(2022), 2022, COMPLETE, 1)
    put(tmp_path, published(2023), 2023, COMPLETE, 2)
    assert volumes(tmp_path) == {"1": "2023 齐备 2", "2022-1": "2022 齐备 1"}


def test_earlier_archives_move_with_their_year(tmp_path: Path) -> None:
    put(tmp_path, published(2022), 2022, COMPLETE, 1)
    put(tmp_path, published(2022), 2022, DRAFT, 2)
    history.settle(tmp_path, published(2022, 2023))
    assert volumes(tmp_path) == {"2022-1": "2022 待补稿 2", ".以前/2022-1/齐备": "2022 齐备 1"}


def test_catalogue_taken_away_again_brings_the_archive_back(tmp_path: Path) -> None:
    put(tmp_path, published(2022), 2022, COMPLETE, 1)
    history.settle(tmp_path, published(2022, 2023))
    assert volumes(tmp_path) == {"2022-1": "2022 齐备 1"}
    history.settle(tmp_path, published(2022))
    assert volumes(tmp_path) == {"1": "2022 齐备 1"}


def test_three_years_change_places(tmp_path: Path) -> None:
    for year in (2022, 2023, 2024):
        put(tmp_path, published(*range(2022, year + 1)), year, COMPLETE, year)
    assert volumes(tmp_path) == {"1": "2024 齐备 2024", "2023-1": "2023 齐备 2023", "2022-1": "2022 齐备 2022"}
    history.settle(tmp_path, published(2022, 2023))
    assert volumes(tmp_path) == {"2024-1": "2024 齐备 2024", "1": "2023 齐备 2023", "2022-1": "2022 齐备 2022"}


def test_archive_of_an_older_program_is_known_by_its_name_or_its_date(tmp_path: Path) -> None:
    archive(tmp_path / "1", 0, COMPLETE, 1)
    history.settle(tmp_path, published(2022, 2023, name="另一个项目"))
    assert volumes(tmp_path) == {"2022-1": "0 齐备 1"}
    history.settle(tmp_path, published(2023))
    assert volumes(tmp_path) == {"1": "0 齐备 1"}


def test_folders_of_the_staff_are_left_alone(tmp_path: Path) -> None:
    archive(tmp_path / "1 副本", 2022, COMPLETE, 1)
    archive(tmp_path / "7", 2022, COMPLETE, 2)  # a copy of project 1
    history.settle(tmp_path, published(2022, 2023))
    assert volumes(tmp_path) == {"1 副本": "2022 齐备 1", "7": "2022 齐备 2"}


def test_archive_that_is_being_made_is_renamed_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, published(2022), 2022, COMPLETE, 1)
    busy = Stop(ExitCode.REFUSED, "正在别处生成", "")

    def hold(*_: object) -> None:
        raise busy

    with monkeypatch.context() as patched:
        patched.setattr(lock, "hold_project", hold)
        history.settle(tmp_path, published(2022, 2023))
    assert volumes(tmp_path) == {"1": "2022 齐备 1"}


# ---- states


def test_last_archive_of_each_state_is_kept(tmp_path: Path) -> None:
    for serial, state in enumerate([DRAFT, DRAFT, COMPLETE, COMPLETE, DRAFT, DRAFT]):
        put(tmp_path, published(2022), 2022, state, serial)
    assert volumes(tmp_path) == {
        "1": "2022 待补稿 5", ".以前/1/待补稿": "2022 待补稿 4", ".以前/1/齐备": "2022 齐备 3",
    }  # fmt: skip
    assert history.words(tmp_path, 1) == "待补稿；以前的：齐备、待补稿"


def test_marked_workbook_of_a_check_is_no_archive(tmp_path: Path) -> None:
    (tmp_path / "1" / "校验").mkdir(parents=True)
    (tmp_path / "1" / "校验" / "项目数据.xlsx").write_bytes(b"x")
    put(tmp_path, published(2022), 2022, DRAFT, 1)
    assert volumes(tmp_path) == {"1": "2022 待补稿 1"}


@pytest.mark.parametrize("content", [None, "{}", "no json", '{"version": 99}'])
def test_archive_that_cannot_be_read_is_kept_too(tmp_path: Path, content: str | None) -> None:
    path = archive(tmp_path / "1", 2022, COMPLETE, 1) / "manifest.json"
    path.unlink()
    if content:
        path.write_text(content, "utf-8")
    put(tmp_path, published(2022), 2022, DRAFT, 2)
    assert volumes(tmp_path)[".以前/1/其他"] == "2022 齐备 1"


def test_state_in_a_manifest_is_no_path(tmp_path: Path) -> None:
    archive(tmp_path / "outputs" / "1", 2022, "../../../x", 1)
    put(tmp_path / "outputs", published(2022), 2022, DRAFT, 2)
    assert volumes(tmp_path / "outputs")[".以前/1/其他"] == "2022 ../../../x 1"


@pytest.mark.parametrize(
    ("state", "now", "left"),
    [("", "2022 齐备 1", "待补稿"), (COMPLETE, "2022 齐备 1", "待补稿"), (DRAFT, "2022 待补稿 0", "待补稿")],
)
def test_restore_puts_an_earlier_archive_back(tmp_path: Path, state: str, now: str, left: str) -> None:
    for serial, each in enumerate([DRAFT, COMPLETE, DRAFT]):
        put(tmp_path, published(2022), 2022, each, serial)
    history.restore(tmp_path, 1, state)
    assert volumes(tmp_path)["1"] == now
    assert volumes(tmp_path)[f".以前/1/{left}"] == "2022 待补稿 2"


def test_restore_twice_changes_nothing(tmp_path: Path) -> None:
    put(tmp_path, published(2022), 2022, COMPLETE, 1)
    put(tmp_path, published(2022), 2022, DRAFT, 2)
    before = volumes(tmp_path)
    history.restore(tmp_path, 1)
    assert volumes(tmp_path) == {"1": "2022 齐备 1", ".以前/1/待补稿": "2022 待补稿 2"}
    history.restore(tmp_path, 1)
    assert volumes(tmp_path) == before


def test_restore_of_an_older_year_by_either_name(tmp_path: Path) -> None:
    put(tmp_path, published(2022), 2022, COMPLETE, 1)
    put(tmp_path, published(2022), 2022, DRAFT, 2)
    history.restore(tmp_path, ProjectNumber(1, 2022))
    assert volumes(tmp_path)["1"] == "2022 齐备 1"
    history.settle(tmp_path, published(2022, 2023))
    history.restore(tmp_path, ProjectNumber(1, 2022), DRAFT)
    assert volumes(tmp_path)["2022-1"] == "2022 待补稿 2"


def test_nothing_to_restore_is_said(tmp_path: Path) -> None:
    with pytest.raises(Stop) as stop:
        history.restore(tmp_path, 1, COMPLETE)
    assert (stop.value.code, stop.value.wrong) == (ExitCode.FAULTY, "项目1没有以前状态是“齐备”的档案")


def test_disk_that_cannot_rename_leaves_the_old_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, published(2022), 2022, COMPLETE, 1)
    rename = os.replace

    def refuse(source: Path, target: Path) -> None:
        if Path(source).name == "made":
            raise OSError(5, "no")
        rename(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OSError, match="no"):
        put(tmp_path, published(2022), 2022, COMPLETE, 2)
    assert volumes(tmp_path) == {"1": "2022 齐备 1"}


# ---- any sequence, killed anywhere


class Killed(BaseException):
    """A kill: nothing that the killed process would have tidied up is done."""


def killed_at(step: int, work: Callable[[], object]) -> None:
    """Do work, and end it before its rename number `step`, as SIGKILL would: without removing the work folder."""
    rename, remove, left = os.replace, shutil.rmtree, [step]

    def counted(source: Any, target: Any) -> None:
        if not left[0]:
            raise Killed
        left[0] -= 1
        rename(source, target)

    def not_removed(path: Any, *more: Any, **options: Any) -> None:
        if left[0]:
            remove(path, *more, **options)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "replace", counted)
        patched.setattr(shutil, "rmtree", not_removed)
        # The lock tidies up in `finally`, which a killed process does not; the next holder does.
        patched.setattr(lock, "_recover_interrupted_build", lambda *_: None)
        try:
            work()
        except Killed:
            return


YEARS = [(2022,), (2022, 2023), (2023,), (2022, 2023, 2024)]
STEPS = st.tuples(
    st.sampled_from(["build", "restore", "settle"]), st.sampled_from(YEARS), st.sampled_from([COMPLETE, DRAFT]),
    st.integers(0, 1), st.integers(0, 6),
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, min_size=1, max_size=8))
def test_no_sequence_of_builds_kills_years_and_states_loses_an_archive(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, tuple[int, ...], str, int, int]]
) -> None:
    """After each step, the last archive of each year and state that was put in place is still there."""
    outputs = tmp_path_factory.mktemp("outputs")
    last: dict[tuple[int, str], set[str]] = {}
    for serial, (what, years, state, which, kill) in enumerate(steps):
        found, year = published(*years), years[-1 - which % len(years)]
        number, built = found.number_in(year, 1), f"{year} {state} {serial}"
        acts: dict[str, Callable[[], object]] = {
            "build": partial(put, outputs, found, year, state, serial),
            "restore": partial(restore_if_any, outputs, number),
            "settle": partial(history.settle, outputs, found),
        }
        killed_at(kill, acts[what])
        history.settle(outputs, found)
        with lock.hold_project(outputs, number):
            pass
        present = set(volumes(outputs).values())
        if built in present:
            last[year, state] = {built}
        assert all(wanted & present for wanted in last.values()), (what, years, state, kill, present)
        assert not [path for path in outputs.glob(".*-*") if path.is_dir()]


def restore_if_any(outputs: Path, number: int) -> None:
    """Restore an earlier archive, if there is one."""
    if history.earlier(outputs, number):
        history.restore(outputs, number)
