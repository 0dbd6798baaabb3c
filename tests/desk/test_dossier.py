"""A project's dossier as the web page shows it, and the stamps that tell the page whether anything changed."""

import datetime as dt
import json
import os
import pickle
import shutil
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from paperwork.archive import finished
from paperwork.archive.metadata import MANIFEST
from paperwork.build.project import BuildResult
from paperwork.checks import check
from paperwork.core.faults import Level
from paperwork.desk import board, dossier
from paperwork.desk.board import Board
from paperwork.desk.dossier import Dossier, State
from paperwork.desk.timeline import ActivityEvidence
from paperwork.project import blank_workbook
from tests import make

DAY = dt.date
INPUTS = make.ROOT / "inputs"
TEMPLATES = make.ROOT / "templates"
BOOK = Path("项目1") / "项目数据.xlsx"


def look(inputs: Path, number: int = 1, as_of: dt.date = make.LATER) -> Dossier:
    """Return a project's dossier; it has an archive only if an outputs folder lies beside the inputs."""
    return dossier.read_dossier(inputs, inputs.parent / "outputs", number, as_of)


def pieces(seen: Dossier, code: str) -> dict[str, ActivityEvidence]:
    """Return the pieces of an activity by name."""
    lines = [line for quarter in seen.quarters for line in quarter.activities if line.code == code]
    return {piece.name: piece for line in lines for piece in line.evidence}


def all_texts(value: Any) -> Iterator[str]:
    """Yield every value in a dossier as text."""
    if is_dataclass(value):
        for field in fields(value):
            yield from all_texts(getattr(value, field.name))
    elif isinstance(value, tuple):
        for each in value:
            yield from all_texts(each)
    else:
        yield str(value)


# ---- the samples


@pytest.mark.parametrize(
    ("number", "state", "gaps"), [(1, State.COMPLETE, 0), (2, State.DRAFT, 23), (3, State.DRAFT, 24)]
)
def test_sample_dossiers_agree_with_the_check(number: int, state: State, gaps: int, tmp_path: Path) -> None:
    seen = dossier.read_dossier(INPUTS, tmp_path, number, make.LATER)
    checked = check.examine(number, INPUTS, make.LATER)
    assert (seen.state, seen.gaps, len(seen.missing), seen.errors) == (state, gaps, gaps, 0)
    assert [fault for group in seen.faults for fault in group.faults] == list(checked.faults)
    assert [(each.name, each.verdict) for each in seen.clauses] == [
        (each.name, each.shown_verdict) for each in checked.answers
    ]
    assert seen.is_sample and seen.archive is None and seen.workbook == f"示例/项目{number}/项目数据.xlsx"
    assert pickle.loads(pickle.dumps(seen)) == seen


def test_first_sample_dossier_in_full(tmp_path: Path) -> None:
    seen = dossier.read_dossier(INPUTS, tmp_path, 1, make.LATER)
    assert (seen.department, seen.start, seen.end) == ("组联部", DAY(2022, 4, 1), DAY(2022, 12, 31))
    assert seen.amount == 100_000 and seen.income == 100_000
    assert sum(line.budget for line in seen.money) == seen.total.budget == seen.amount
    assert all(goal.is_met for goal in seen.goals)
    assert [quarter.name for quarter in seen.quarters] == ["2022年第二季度", "2022年第三季度", "2022年第四季度"]
    assert sum(len(quarter.activities) for quarter in seen.quarters) == len(seen.activities) == 22
    assert all(len(quarter.visits) == len(quarter.reports) == 1 for quarter in seen.quarters)
    first = seen.quarters[0].activities[0]
    assert (first.code, first.days, first.participants) == ("HD-01", "2022年4月22日", 45)
    assert [(piece.name, piece.is_present, piece.count, piece.is_required) for piece in first.evidence] == [
        ("方案", True, 1, True),
        ("简报", True, 1, True),
        ("照片", True, 3, True),
        ("视频", True, 1, True),
        ("签到", False, 0, False),
    ]
    assert all(paper.present for paper in seen.papers)
    assert (seen.upcoming, seen.next) == ((), None)


def test_dossier_contains_no_personal_data_of_the_roster(tmp_path: Path) -> None:
    text = "\n".join(all_texts(dossier.read_dossier(INPUTS, tmp_path, 1, make.LATER)))
    checked = check.examine(1, INPUTS, make.LATER)
    numbers = [number for row in checked.project.roster for number in (row.phone, row.id_number) if number]
    people = [row.name for row in checked.project.roster if row.sex]
    assert numbers and people
    assert not [each for each in (*numbers, *people) if str(each) in text]


# ---- projects with changes


def test_missing_photo_is_overdue_after_the_activity(tmp_path: Path) -> None:
    inputs = make.make(tmp_path)
    (inputs / "项目1" / "照片" / "HD-01" / "01 现场.jpg").unlink()
    seen = look(inputs)
    photos = pieces(seen, "HD-01")["照片"]
    assert (photos.is_present, photos.count, photos.is_required, photos.is_overdue) == (False, 1, True, True)
    assert photos.wrong == "有 1 张照片，至少要 2 张" and "照片/HD-01/" in photos.mend
    assert pieces(seen, "HD-02")["照片"].is_present
    # Before the activity takes place, nothing is overdue.
    early = pieces(look(inputs, as_of=DAY(2022, 5, 1)), "HD-01")["照片"]
    assert (early.is_present, early.is_overdue) == (False, False)


def test_upcoming_obligations_have_due_dates_and_owners(tmp_path: Path) -> None:
    inputs = make.write_only(tmp_path, 督导=None, 附件=None, 结项={"项目概述": ""})
    seen = look(inputs, as_of=DAY(2022, 7, 15))
    assert seen.next
    assert (seen.next.due, seen.next.owner, seen.next.wrong) == (
        DAY(2022, 9, 30),
        "组联部",
        "缺2022年第三季度组联部的督导记录",
    )
    assert [each.due for each in seen.upcoming] == sorted(each.due for each in seen.upcoming)
    owners = {each.wrong: each.owner for each in seen.upcoming}
    assert owners["缺专项资金审计报告"] == "第三方机构"
    second, third, _ = seen.quarters
    assert [each.wrong for each in second.missing] == ["缺2022年第二季度组联部的督导记录"]
    assert [each.wrong for each in third.later] == ["缺2022年第三季度组联部的督导记录"]
    assert third.missing == () and second.visits == ()
    assert seen.state is State.DRAFT
    late = look(inputs)
    assert late.upcoming == () and late.gaps == len(late.missing) == len(seen.missing) > seen.gaps
    assert [each.owner for each in late.quarters[2].missing] == ["组联部"]


def test_overspent_budget_line_is_flagged(tmp_path: Path) -> None:
    seen = look(make.write_only(tmp_path, 支出=[{}, {"支出": 75000}]))
    lines = {line.subject: line for line in seen.money}
    assert lines["项目活动费"].is_overspent and lines["项目活动费"].spent == 75000
    assert not lines["审计费"].is_overspent and not seen.total.is_overspent
    assert "项目拨款" not in lines


def test_goal_below_its_target_is_unmet_and_a_zero_target_is_met(tmp_path: Path) -> None:
    seen = look(make.write_only(tmp_path, 活动=[{"数量": 3}, {"数量": 0}], 绩效目标=[{}, {"目标值": 0}]))
    goals = {goal.code: goal for goal in seen.goals}
    assert (goals["MB-1"].achieved, goals["MB-1"].is_met) == (3, False)
    assert goals["MB-2"].is_met


def test_activity_outside_the_project_period_gets_a_quarter_of_its_own(tmp_path: Path) -> None:
    seen = look(make.write_only(tmp_path, 活动=[{"开始日期": DAY(2021, 5, 6)}]))
    assert (seen.quarters[0].name, seen.quarters[0].is_in_period) == ("2021年第二季度", False)
    assert [line.code for line in seen.quarters[0].activities] == ["HD-01"]


def test_two_day_activity_shows_both_days(tmp_path: Path) -> None:
    seen = look(make.write_only(tmp_path, 活动=[{"结束日期": DAY(2022, 5, 7)}]))
    assert seen.quarters[0].activities[0].days == "2022年5月6日至2022年5月7日"


def test_sign_in_sheet_is_assigned_to_its_activity(tmp_path: Path) -> None:
    inputs = make.make(
        tmp_path, 附件=[{}, {}, {"类型": "签到表", "题名": "签到", "文件": "审计.pdf", "活动编号": "HD-02"}]
    )
    seen = look(inputs)
    assert (pieces(seen, "HD-02")["签到"].is_present, pieces(seen, "HD-02")["签到"].count) == (True, 1)
    assert not pieces(seen, "HD-01")["签到"].is_present


# ---- errors


def test_dossier_with_errors_still_shows_everything_else(tmp_path: Path) -> None:
    seen = look(make.make(tmp_path, 活动=[{"开始日期": "2022-13-45"}], 支出=[{}, {"支出": "很多"}]))
    assert seen.state is State.FAULTY and seen.errors == 2 and seen.wrong == ""
    faults = {(group.sheet, fault.where.cell): fault for group in seen.faults for fault in group.faults}
    assert faults["活动", "E2"].level is Level.ERROR and faults["活动", "E2"].found == "2022-13-45"
    assert "13月" in faults["活动", "E2"].wrong and "1 到 12 月" in faults["活动", "E2"].mend
    assert seen.incomplete_sheets == ("活动", "支出")
    assert [each.code for each in seen.activities] == ["HD-01", "HD-02"]
    assert [line.code for quarter in seen.quarters for line in quarter.activities] == ["HD-02"]
    assert pieces(seen, "HD-02")["照片"].is_present


@pytest.mark.parametrize(
    "sheet", ["活动", "督导", "进展", "支出", "预算", "绩效目标", "附件", "基本信息", "名册", "结项"]
)
def test_nonsense_in_one_sheet_does_not_break_the_dossier(sheet: str, tmp_path: Path) -> None:
    good = make.GOOD[sheet]
    first = good if isinstance(good, dict) else good[0]
    bad = {name: "？？" for name in first if name not in ("项目序号", "编号", "活动编号")}
    seen = look(make.write_only(tmp_path, **{sheet: bad if isinstance(good, dict) else [bad]}))
    assert "程序内部出错" not in seen.wrong
    assert seen.clauses and pickle.loads(pickle.dumps(seen)) == seen


def test_broken_workbook_is_reported_with_a_remedy(tmp_path: Path) -> None:
    inputs = make.write_only(tmp_path)
    (inputs / BOOK).write_bytes((inputs / BOOK).read_bytes()[:2000])
    seen = look(inputs)
    assert seen.state is State.NONE and seen.wrong and "读不了" in seen.mend
    assert seen.name == "《盐都“紫薇伙伴”项目》"


def test_project_without_a_workbook_has_a_dossier(tmp_path: Path) -> None:
    inputs = make.write_only(tmp_path)
    seen = look(inputs, 2)
    assert (seen.state, seen.workbook, seen.clauses) == (State.NONE, "", ())
    assert seen.department == "权宣部" and seen.wrong and seen.mend == ""


def test_two_workbooks_of_one_project_are_reported(tmp_path: Path) -> None:
    inputs = make.write_only(tmp_path)
    shutil.copytree(inputs / "项目1", inputs / "再一份")
    seen = look(inputs)
    assert seen.state is State.FAULTY and "2份工作簿" in seen.wrong and seen.workbook == ""


def test_unknown_project_or_missing_folder_is_reported(tmp_path: Path) -> None:
    assert "没有项目99" in look(make.write_only(tmp_path), 99).wrong
    empty = look(tmp_path / "无")
    assert empty.state is State.FAULTY and "没有" in empty.wrong and empty.mend


# ---- the board and its stamps


def read_board(inputs: Path) -> Board:
    """Return the board of an inputs folder."""
    return board.board(inputs, inputs.parent / "outputs")


def stamps(inputs: Path) -> dict[int, str]:
    """Return the stamp of each project."""
    return {card.number: card.stamp for card in read_board(inputs).cards}


def changed_projects(before: dict[int, str], after: dict[int, str]) -> set[int]:
    """Return the projects whose stamp changed."""
    return {number for number in before | after if before.get(number) != after.get(number)}


def test_board_shows_the_catalogue(tmp_path: Path) -> None:
    seen = read_board(make.write_only(tmp_path))
    assert [(card.number, bool(card.workbook)) for card in seen.cards] == [(1, True), (2, False), (3, False)]
    assert seen.wrong == "" and seen.cards[0] == board.Card(
        1, seen.cards[0].stamp, "《盐都“紫薇伙伴”项目》", "组联部", "社会组织", "2022年4月-12月",
        DAY(2022, 4, 1), DAY(2022, 12, 31), seen.cards[0].amount, BOOK.as_posix(), True,
    )  # fmt: skip
    assert pickle.loads(pickle.dumps(seen)) == seen


def test_workbook_of_an_unknown_project_is_reported_on_the_board(tmp_path: Path) -> None:
    inputs = make.write_only(tmp_path, 基本信息={"项目序号": 9})
    assert ["9" in fault.wrong and fault.where.file for fault in read_board(inputs).faults] == [BOOK.as_posix()]


def test_board_reports_a_missing_catalogue(tmp_path: Path) -> None:
    seen = read_board(tmp_path)
    assert seen.cards == () and "没有找到项目发布目录" in seen.wrong and seen.mend


def test_stamp_changes_only_with_the_files_of_its_project(tmp_path: Path) -> None:
    inputs = make.many(tmp_path, 2)
    project, outputs = inputs / "项目1", tmp_path / "outputs"
    first = stamps(inputs)
    whole = read_board(inputs).stamp
    assert stamps(inputs) == first and read_board(inputs).stamp == whole

    make.photo(project / "照片" / "HD-01" / "一.jpg")
    (project / "照片" / "HD-01" / ".一.jpg.part").write_bytes(b"")
    second = stamps(inputs)
    assert changed_projects(first, second) == {1} and read_board(inputs).stamp != whole

    os.utime(project / "照片" / "HD-01" / "一.jpg", ns=(1, 1))
    third = stamps(inputs)
    assert changed_projects(second, third) == {1}

    content = (project / "项目数据.xlsx").read_bytes()
    (project / "项目数据.xlsx").write_bytes(content)
    fourth = stamps(inputs)
    assert changed_projects(third, fourth) == {1}

    (outputs / "1").mkdir(parents=True)
    (outputs / "1" / "manifest.json").write_text("{}")
    fifth = stamps(inputs)
    assert changed_projects(fourth, fifth) == {1}

    (outputs / "1" / "校验").mkdir()
    (outputs / "1" / "校验" / "项目数据.xlsx").write_bytes(content)
    (project / "~$项目数据.xlsx").write_bytes(b"open")
    (project / "照片" / "HD-01" / ".隐藏.jpg").write_bytes(b"x")
    (inputs / "说明.txt").write_text("别的")
    assert stamps(inputs) == fifth

    (project / "项目数据.xlsx").unlink()
    assert changed_projects(fifth, stamps(inputs)) == {1}


def test_board_stamp_includes_the_templates_when_they_are_given(tmp_path: Path) -> None:
    inputs, templates = make.many(tmp_path, 1), make.forms(tmp_path, ["项目申报书"])
    before = board.board(inputs, tmp_path / "outputs", templates)
    os.utime(templates / "forms.toml", ns=(1, 1))
    assert board.board(inputs, tmp_path / "outputs", templates).stamp != before.stamp


# ---- with an archive


def test_evidence_pages_match_the_manifest(small: tuple[BuildResult, Path]) -> None:
    archive, inputs = small
    seen = dossier.read_dossier(inputs, archive.folder.parent, 1, make.LATER, TEMPLATES)
    data = json.loads((archive.folder / "manifest.json").read_text("utf-8"))
    shown = [
        [[(proof.number, proof.page) for proof in duty.proofs] for duty in clause.requirements]
        for clause in seen.clauses
    ]
    expected = [
        [list(dict.fromkeys((each["no"], each["page"]) for each in duty["evidence"])) for duty in clause["obligations"]]
        for clause in data["clauses"]
    ]
    assert shown == expected
    assert [page for clause in shown for duty in clause for _, page in duty if page]
    starts = {item["title"]: item["start"] for item in data["items"]}
    first = pieces(seen, "HD-01")
    assert first["方案"].page == starts["第1次培训（活动方案）"]
    assert first["照片"].page == first["简报"].page == starts["第1次培训顺利举行（活动简报）"]
    assert first["视频"].page == starts["第1次培训（视频登记页）"]
    assert [paper.page for paper in seen.papers] == [starts["绩效评估报告"], starts["专项审计报告"]]
    assert seen.quarters[0].visits[0].page == starts["《盐都“紫薇伙伴”项目》2022年第二季度督导记录表"]
    assert seen.quarters[0].reports[0].is_on_time and seen.quarters[0].reports[0].page


def test_finished_archive_lists_all_its_files(small: tuple[BuildResult, Path]) -> None:
    made, inputs = small
    seen = dossier.read_dossier(inputs, made.folder.parent, 1, make.LATER, TEMPLATES).archive
    assert seen and not seen.is_outdated and seen.pdfa
    assert (seen.title, seen.state, seen.items, seen.pages) == (made.title, made.state, made.items, made.pages)
    assert seen.books == made.books
    names = [each.name for each in seen.files]
    assert names[:2] == ["项目档案.pdf", made.books[0].file]
    on_disk = [*made.folder.glob("*.pdf"), *made.folder.glob("word/*")]
    assert {path.relative_to(made.folder).as_posix() for path in on_disk} == set(names)
    assert all(each.size == (made.folder / each.name).stat().st_size for each in seen.files)
    items = [each for each in seen.files if each.number]
    assert [each.number for each in items] == list(range(1, made.items + 1))
    assert items[0].words == "《盐都“紫薇伙伴”项目》申报书"


def test_count_of_front_pages_matches_the_page_labels(small: tuple[BuildResult, Path]) -> None:
    from pypdf import PdfReader

    made, inputs = small
    seen = dossier.read_dossier(inputs, made.folder.parent, 1, make.LATER).archive
    assert seen
    labels = PdfReader(made.folder / "项目档案.pdf").page_labels
    assert (labels[seen.unnumbered_front_pages], len(labels)) == ("1", seen.file_pages)


@pytest.fixture
def copied(small: tuple[BuildResult, Path], tmp_path: Path) -> Path:
    """Copy the good project and its archive, with their file times, so that a test may change them."""
    made, inputs = small
    shutil.copytree(inputs, tmp_path / "inputs")
    shutil.copytree(made.folder, tmp_path / "outputs" / "1")
    return tmp_path / "inputs"


def is_outdated(inputs: Path, templates: Path | None = TEMPLATES) -> bool:
    """Return whether the archive is reported as outdated."""
    seen = dossier.read_dossier(inputs, inputs.parent / "outputs", 1, make.LATER, templates).archive
    assert seen
    return seen.is_outdated


def test_archive_is_outdated_when_an_input_changed(copied: Path) -> None:
    photo = copied / "项目1" / "照片" / "HD-01" / "01 现场.jpg"
    assert not is_outdated(copied)
    photo.write_bytes(photo.read_bytes())
    assert not is_outdated(copied), "written again, the same"
    before = photo.read_bytes()
    photo.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
    assert is_outdated(copied)
    photo.write_bytes(before)
    assert not is_outdated(copied)
    make.photo(photo.with_name("03 又一张.jpg"))
    assert is_outdated(copied)
    photo.with_name("03 又一张.jpg").unlink()
    assert not is_outdated(copied)
    photo.unlink()
    assert is_outdated(copied)


def test_archive_is_outdated_when_a_form_changed(copied: Path, tmp_path: Path) -> None:
    templates = tmp_path / "templates"
    shutil.copytree(TEMPLATES, templates)
    assert not is_outdated(copied, templates)
    with (templates / "forms.toml").open("a", encoding="utf-8") as forms:
        forms.write("\n# 改过\n")
    assert is_outdated(copied, templates) and not is_outdated(copied, None)


def test_archive_without_its_package_is_compared_by_file_times(copied: Path) -> None:
    shutil.rmtree(copied.parent / "outputs" / "1" / "电子档案包")
    assert not is_outdated(copied)
    os.utime(copied / BOOK)
    assert is_outdated(copied)


def test_old_archive_is_shown_despite_errors(copied: Path) -> None:
    blank_workbook.write_workbook(copied / BOOK, make.changed(支出=[{}, {"支出": "很多"}]), DAY(2022, 3, 1))
    seen = dossier.read_dossier(copied, copied.parent / "outputs", 1, make.LATER)
    assert seen.state is State.FAULTY and seen.archive and seen.archive.is_outdated
    assert pieces(seen, "HD-01")["简报"].page
    (copied / BOOK).unlink()
    gone = dossier.read_dossier(copied, copied.parent / "outputs", 1, make.LATER)
    assert gone.state is State.NONE and gone.archive and gone.archive.is_outdated


@pytest.mark.parametrize(
    "content",
    ["", "{}", "[]", '{"project": 1, "items": [{}]}', '{"project": 2, "items": []}', "[" * 100_000, '{"version": 2}'],
)
def test_foreign_manifest_is_not_an_archive(content: str, tmp_path: Path) -> None:
    inputs = make.write_only(tmp_path)
    (tmp_path / "outputs" / "1").mkdir(parents=True)
    (tmp_path / "outputs" / "1" / "manifest.json").write_text(content)
    seen = look(inputs)
    assert seen.archive is None and seen.clauses and seen.wrong == ""


def test_manifest_of_an_older_version_gives_no_pages(copied: Path) -> None:
    path = copied.parent / "outputs" / "1" / "manifest.json"
    data = json.loads(path.read_text("utf-8"))
    del data["version"]
    for item in data["items"]:
        del item["sheet"], item["cell"]
    path.write_text(json.dumps(data), "utf-8")
    seen = dossier.read_dossier(copied, copied.parent / "outputs", 1, make.LATER)
    assert seen.archive
    assert not [
        proof.page for clause in seen.clauses for duty in clause.requirements for proof in duty.proofs if proof.page
    ]


def test_file_names_come_from_the_folder_not_from_the_manifest(copied: Path) -> None:
    path = copied.parent / "outputs" / "1" / "manifest.json"
    data = json.loads(path.read_text("utf-8"))
    data["books"][0]["file"] = "../../inputs/项目1/项目数据.xlsx"
    data["items"][0]["file"] = "../../inputs/项目1/项目数据.xlsx"
    path.write_text(json.dumps(data), "utf-8")
    seen = dossier.read_dossier(copied, copied.parent / "outputs", 1, make.LATER).archive
    assert seen and not [each for each in seen.files if ".." in each.name]


def test_marked_copy_is_found(tmp_path: Path) -> None:
    inputs = make.write_only(tmp_path, 支出=[{}, {"支出": "很多"}])
    outputs = tmp_path / "outputs"
    assert finished.find_marked_workbook(outputs, 1) is None
    checked = check.examine(1, inputs, make.LATER)
    check.write_marked_copy(checked, checked.faults, outputs / "1")
    assert finished.find_marked_workbook(outputs, 1) == outputs / "1" / "校验" / "项目数据.xlsx"


def test_manifest_records_the_row_of_each_item(small: tuple[BuildResult, Path]) -> None:
    items = json.loads((small[0].folder / MANIFEST).read_text("utf-8"))["items"]
    rows = {(item["form"], item["sheet"], item["cell"]) for item in items}
    assert len(rows) == len(items)
    assert {("项目申报书", "", ""), ("活动方案", "活动", "A2"), ("名册", "名册", "培育组织")} <= rows
