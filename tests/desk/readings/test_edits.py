"""Forms of the reading: what they write into 要求解读.xlsx, and what they refuse."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import load_workbook

from paperwork.checks import check
from paperwork.core.faults import ExitCode, Stop
from paperwork.desk.readings import edits
from paperwork.desk.readings.edits import Form, Outcome
from paperwork.desk.readings.page import PartView, ReadingPage, State, read_page
from tests import make

TEMPLATES = make.ROOT / "templates"
PAPER = "第三方绩效评估报告"
FILE = "要求解读.xlsx"


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    """Return an inputs folder with the catalogue and one workbook."""
    return make.write_only(tmp_path)


def page_of(inputs: Path) -> ReadingPage:
    """Return the page of project 1."""
    page = read_page(inputs, TEMPLATES, 1)
    assert page is not None
    return page


def part_of(inputs: Path, words: str) -> PartView:
    """Return the part that has these words."""
    [part] = [part for part in page_of(inputs).parts if words in part.text]
    return part


def form_of(inputs: Path, words: str, *rows: dict[str, str], who: str = "王某某", day: str = "2024-3-1") -> Form:
    """Return the form of a part, with some cells changed by row."""
    form = edits.form_of(part_of(inputs, words), page_of(inputs).stamp, dt.date(2024, 3, 1))
    changed = [{**row, **(rows[at] if at < len(rows) else {})} for at, row in enumerate(form.rows)]
    return replace(form, rows=tuple(changed), who=who, day=day)


def change(inputs: Path, action: str, form: Form) -> Outcome:
    """Send a form."""
    return edits.change(inputs, TEMPLATES, 1, action, form)


def written(inputs: Path, words: str) -> list[dict[str, object]]:
    """Return the rows of the workbook for a part of project 1, by header."""
    rows = load_workbook(inputs / FILE)["要求解读"].iter_rows(values_only=True)
    headers = [str(each) for each in next(rows)]
    named: list[dict[str, object]] = [dict(zip(headers, row, strict=True)) for row in rows]
    return [row for row in named if words in str(row["原文"]) and row["项目序号"] == 1]


def test_a_decision_is_written_as_numbers_and_days_and_changes_the_verdict(inputs: Path) -> None:
    def kinds() -> list[str]:
        checked = check.examine(1, inputs, make.LATER, TEMPLATES)
        return [judged.obligation.kind for answer in checked.answers for judged in answer.judged]

    assert "妇女组织" in kinds()
    cells = {"认作": "其他材料", "数量": "２", "材料名称": "=督导表", "截止日": "2024年5月6日", "几日内": "3"}
    assert change(inputs, "save", form_of(inputs, "建立有妇女组织", cells)) == Outcome()
    [row] = written(inputs, "建立有妇女组织")
    assert (row["认作"], row["数量"], row["材料名称"], row["几日内"]) == ("其他材料", 2, "=督导表", 3)
    assert (row["截止日"], row["审定日期"]) == (dt.datetime(2024, 5, 6), dt.datetime(2024, 3, 1))
    assert "妇女组织" not in kinds()


def test_all_faults_of_a_form_are_told_at_once_and_nothing_is_written(inputs: Path) -> None:
    wrong = {
        "数量": "三十多",
        "几日内": "很快",
        "截止日": "2024-02-30",
        "多久一次": "常常",
        "说明": "",
    }
    form = form_of(inputs, "每季度", {"认作": "不适用", **wrong}, who=" ", day="昨天")
    faults = {(each.row, each.header) for each in change(inputs, "save", form).faults}
    assert faults == {(-1, "审定人"), (-1, "审定日期"), *((0, name) for name in wrong)}
    assert not (inputs / FILE).exists()


@pytest.mark.parametrize(
    ("cells", "header"),
    [
        ({"认作": ""}, "认作"),
        ({"认作": "随便什么"}, "认作"),
        ({"认作": "按期交的材料", "材料名称": "财务报表", "多久一次": ""}, "多久一次"),
        ({"认作": "目标", "数量": ""}, "数量"),
        ({"说明": "长" * 501}, "说明"),
        ({"部室": "长" * 101}, "部室"),
    ],
)
def test_a_fault_stands_beside_its_field(inputs: Path, cells: dict[str, str], header: str) -> None:
    [fault] = change(inputs, "save", form_of(inputs, "每季度", cells)).faults
    assert (fault.row, fault.header) == (0, header) and fault.wrong and "请" in fault.mend


def test_rows_can_be_added_and_removed(inputs: Path) -> None:
    form = form_of(inputs, PAPER).with_new_row()
    added = {"认作": "其他材料", "材料名称": "签到表"}
    change(inputs, "save", replace(form, rows=(form.rows[0], {**form.rows[1], **added})))
    assert [row["认作"] for row in written(inputs, PAPER)] == [PAPER, "其他材料"]
    # What the program reads stays, as what it is not: else it would be read again.
    form = form_of(inputs, PAPER).without_row(0, part_of(inputs, PAPER))
    change(inputs, "save", form)
    assert [row["认作"] for row in written(inputs, PAPER)] == ["不是要求", "其他材料"]
    change(inputs, "save", form_of(inputs, PAPER).without_row(1, part_of(inputs, PAPER)))
    assert [row["认作"] for row in written(inputs, PAPER)] == ["不是要求"]


def test_a_clause_is_confirmed_as_the_program_reads_it(inputs: Path) -> None:
    page = page_of(inputs)
    clause = next(each for each in page.clauses if each.name == "相关要求第4条")
    change(inputs, "save", form_of(inputs, PAPER, who="李某某"))
    form = Form(str(clause.place), page_of(inputs).stamp, who="王某某", day="2024.3.5")
    assert change(inputs, "confirm", form) == Outcome()
    after = next(each for each in page_of(inputs).clauses if each.name == clause.name)
    assert not after.unseen
    assert {part.who for part in after.parts} == {"李某某", "王某某"}
    assert [part.rows for part in after.parts] == [part.rows for part in clause.parts]
    assert len(page_of(inputs).unseen) == len(page.unseen) - len(clause.parts)


def test_a_project_is_confirmed_once_with_a_name(inputs: Path) -> None:
    form = Form("0", page_of(inputs).stamp, day="2024.3.5")
    assert [each.header for each in change(inputs, "confirm", form).faults] == ["审定人"]
    assert not (inputs / FILE).exists()
    left_out = change(inputs, "confirm", replace(form, who="王某某")).left_out
    assert len(page_of(inputs).unseen) == left_out == 0


@pytest.mark.parametrize("target", ["", "x", "-1", "99", "²"])
def test_an_unknown_clause_confirms_nothing(inputs: Path, target: str) -> None:
    assert change(inputs, "confirm", Form(target, page_of(inputs).stamp, who="王某某")) == Outcome()
    assert not (inputs / FILE).exists()


def test_a_decision_is_withdrawn(inputs: Path) -> None:
    before = part_of(inputs, PAPER)
    change(inputs, "save", form_of(inputs, PAPER, {"认作": "不适用", "说明": "不用"}))
    assert part_of(inputs, PAPER).state is State.DECIDED
    change(inputs, "save", form_of(inputs, "每季度"))
    change(inputs, "withdraw", form_of(inputs, PAPER))
    assert part_of(inputs, PAPER) == before


def test_what_else_stands_in_the_workbook_stays(inputs: Path) -> None:
    change(inputs, "save", form_of(inputs, PAPER))
    book = load_workbook(inputs / FILE)
    rows = book["要求解读"]
    last = rows.max_column + 1
    rows.cell(1, last).value = "我的栏"
    at = next(at for at, row in enumerate(rows.iter_rows(values_only=True), 1) if PAPER in str(row[2]))
    rows.cell(at, last).value = "我写的"
    book.create_sheet("随手记")["A1"] = "别动"
    book.save(inputs / FILE)
    change(inputs, "save", form_of(inputs, "每季度"))
    change(inputs, "save", form_of(inputs, PAPER, {"说明": "再看一遍"}))
    first = written(inputs, PAPER)[0]
    assert (first["我的栏"], first["说明"]) == ("我写的", "再看一遍")
    assert load_workbook(inputs / FILE)["随手记"]["A1"].value == "别动"


def refused(inputs: Path, form: Form, action: str = "save") -> Stop:
    """Return the refusal of a form, which leaves the workbook as it is."""
    before = (inputs / FILE).read_bytes() if (inputs / FILE).exists() else b""
    with pytest.raises(Stop) as found:
        change(inputs, action, form)
    assert found.value.code is ExitCode.REFUSED and "请" in found.value.mend
    assert ((inputs / FILE).read_bytes() if (inputs / FILE).exists() else b"") == before
    return found.value


@pytest.mark.parametrize("action", sorted(edits.ACTIONS))
def test_a_form_of_an_older_page_is_refused(inputs: Path, action: str) -> None:
    old = form_of(inputs, PAPER)
    change(inputs, "save", form_of(inputs, "每季度"))
    assert "又改过" in refused(inputs, old, action).wrong


def test_a_workbook_that_is_open_in_excel_is_not_written(inputs: Path) -> None:
    change(inputs, "save", form_of(inputs, PAPER))
    (inputs / f"~${FILE}").write_bytes(b"")
    assert "打开着" in refused(inputs, form_of(inputs, "每季度")).wrong
