"""A project with a code for its number, and one whose period counts from its agreement, from catalogue to archive."""

import json
from pathlib import Path
from urllib.parse import quote

import pytest
from openpyxl import load_workbook

from paperwork.app import cli
from paperwork.archive import manifest, register
from paperwork.build import batch
from paperwork.checks import check
from paperwork.core.faults import Level
from paperwork.core.values import ProjectNumber
from paperwork.desk import board
from paperwork.desk.dossier import read_dossier
from paperwork.formats.spreadsheets import writer
from paperwork.project import input_folder
from tests import make
from tests.app.web.test_views import ask
from tests.browser import serve
from tests.conftest import link_cache
from tests.project.test_years import HEADERS, workbook

CODE, CHINESE = "FL2022-01", "川妇〔2022〕5号"
NAMES = {CODE: "甲项目", CHINESE: "乙项目"}


def catalogue(inputs: Path, periods: dict[str, str]) -> None:
    """Write a catalogue of projects with codes, given their periods."""
    rows = [
        [code, "组联部", NAMES[code], "", "培训", "妇女", "社会组织", period, "不超过10万元", "1.建立项目专账。"]
        for code, period in periods.items()
    ]
    content = writer.build_plain_workbook([("目录", [HEADERS, *rows])])
    inputs.mkdir(parents=True, exist_ok=True)
    writer.write_atomically(inputs / "目录.xlsx", content)


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    """Write an inputs folder with a catalogue of two codes, and few forms."""
    catalogue(tmp_path / "inputs", {CODE: "2022年4月-12月", CHINESE: "2022年4月-12月"})
    make.forms(tmp_path, ["督导记录表"])
    link_cache(tmp_path / "outputs")
    return tmp_path / "inputs"


def run(folder: Path, *words: str) -> int:
    """Run a command of the command line."""
    wanted = {"restore": ["outputs"], "print": ["outputs"], "new": ["inputs", "templates"]}
    names = wanted.get(words[0], ["inputs", "outputs", "templates"])
    options = [word for name in names for word in (f"--{name}", str(folder / name))]
    return cli.run(lambda: cli.app([*words, *options], standalone_mode=False))


def test_project_with_a_code_is_archived_verified_listed_and_served(
    inputs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for code in NAMES:
        facts = {"项目序号": code.lower(), "项目名称": NAMES[code]}
        workbook(inputs / code / "项目数据.xlsx", **facts)
    outputs = tmp_path / "outputs"
    assert run(tmp_path, "archive", "fl2022-01", CHINESE, "--as-of", "2026-01-01") == 0
    assert {path.name for path in outputs.iterdir() if not path.name.startswith(".")} == {*NAMES, register.FILE}
    kept = json.loads((outputs / CODE / "manifest.json").read_text("utf-8"))
    assert (kept["project"], kept["year"]) == (CODE, 2022)
    assert str(manifest.read(outputs / CODE / "manifest.json", "").project) == CODE
    assert (outputs / CODE / "电子档案包" / "bag-info.txt").read_text("utf-8").count("FL2022-01") == 1
    sheet = load_workbook(outputs / register.FILE).active
    assert sheet is not None and [sheet.cell(row, 1).value for row in (3, 4)] == [CODE, CHINESE]
    assert cli.run(lambda: cli.app(["verify", str(outputs / CODE)], standalone_mode=False)) == 0
    capsys.readouterr()
    assert run(tmp_path, "list") == 0
    listed = capsys.readouterr().out
    assert all(code in listed.replace("\n", "") for code in NAMES)
    with serve(inputs, outputs, tmp_path / "log.txt", tmp_path / "templates") as server:
        for code, name in NAMES.items():
            answer = ask(server, f"/projects/{quote(code)}")
            assert answer.status == 200 and name in answer.words
        assert ask(server, "/projects/FL2022-09").status == 404
        assert ask(server, "/projects/%2e%2e%2f1").status == 404


def test_new_writes_the_workbook_of_a_code_into_its_folder(inputs: Path, tmp_path: Path) -> None:
    assert run(tmp_path, "new", CHINESE) == 0
    assert (inputs / f"项目{CHINESE}-乙项目" / "项目数据.xlsx").is_file()
    found = input_folder.scan_inputs(inputs)
    assert {str(number) for number in found.workbooks} == {CHINESE}
    assert [str(number) for number in batch.select_projects(inputs, None).numbers] == [CHINESE]


def test_progress_of_a_worker_bears_the_code() -> None:
    from paperwork.build.pool import ProjectProgress, SharedProgress

    slot = SharedProgress()
    slot.write(ProjectProgress(ProjectNumber.parse(CHINESE), 2, 3))
    assert (str(slot.read().number), slot.read().printed) == (CHINESE, 2)


def test_published_ceiling_is_a_ceiling_for_the_budget(inputs: Path) -> None:
    found = input_folder.scan_inputs(inputs)
    entry = found.entries[ProjectNumber.parse(CODE)]
    assert entry.is_ceiling and entry.amount == 100_000


# ---- a period that counts from the agreement


def test_only_the_day_of_signing_is_asked_for(tmp_path: Path) -> None:
    inputs = tmp_path / "inputs"
    catalogue(inputs, {CODE: "自签订协议之日起12个月", CHINESE: "2022年4月-12月"})
    workbook(inputs / CODE / "项目数据.xlsx", 项目序号=CODE, 项目名称=NAMES[CODE])
    found = input_folder.scan_inputs(inputs)
    assert (found.year, found.faults, len(found.entries)) == (2022, [], 2)
    number = ProjectNumber.parse(CODE)
    checked = check.examine(number, inputs, make.LATER, make.TEMPLATES)
    [fault] = [each for each in checked.faults if each.level is Level.ERROR]
    assert (fault.where.sheet, fault.where.cell != "") == ("基本信息", True)
    assert "协议签订日期" in fault.wrong and "自签订协议之日起12个月" in fault.wrong and not checked.missing
    assert len(board.board(inputs, tmp_path / "outputs", make.TEMPLATES).cards) == 2
    assert read_dossier(inputs, tmp_path / "outputs", number, make.LATER, make.TEMPLATES).errors


def test_period_counts_from_the_day_of_signing(tmp_path: Path) -> None:
    inputs = tmp_path / "inputs"
    catalogue(inputs, {CODE: "自签订协议之日起9个月"})
    workbook(inputs / CODE / "项目数据.xlsx", 项目序号=CODE, 项目名称=NAMES[CODE], 协议签订日期="2022-04-01")
    checked = check.examine(ProjectNumber.parse(CODE), inputs, make.LATER, make.TEMPLATES)
    span = checked.project.catalogue.span
    assert (span.start.isoformat(), span.end.isoformat()) == ("2022-04-01", "2022-12-31")
    assert not [each for each in checked.faults if each.level is Level.ERROR]
    assert not [each for each in checked.faults if "协议签订日期" in f"{each.wrong}"]


def test_signing_after_the_end_is_an_error_of_that_cell(tmp_path: Path) -> None:
    inputs = tmp_path / "inputs"
    catalogue(inputs, {CODE: "即日起至2022年12月"})
    workbook(inputs / CODE / "项目数据.xlsx", 项目序号=CODE, 项目名称=NAMES[CODE], 协议签订日期="2023-04-01")
    checked = check.examine(ProjectNumber.parse(CODE), inputs, make.LATER, make.TEMPLATES)
    [fault] = [each for each in checked.faults if each.level is Level.ERROR]
    assert "以后" in fault.wrong and fault.where.sheet == "基本信息"


def test_blank_workbook_of_a_term_leaves_the_day_open(inputs: Path, tmp_path: Path) -> None:
    catalogue(inputs, {CODE: "签约之日起一年"})
    assert run(tmp_path, "new", CODE) == 0
    sheet = load_workbook(inputs / f"项目{CODE}-甲项目" / "项目数据.xlsx")["基本信息"]
    rows = {sheet.cell(row, 1).value: sheet.cell(row, 2).value for row in range(1, sheet.max_row + 1)}
    assert (rows["项目序号"], rows["年度"], rows["协议签订日期"]) == (CODE, None, None)


@pytest.mark.parametrize(
    ("period", "amount", "wan", "wrong"),
    [("2022年4月-2023年3月", "20万元/年", 20, ""), ("2022年4月-2024年3月", "20万元/年", 40, "一年的金额"),
     ("2022年4月-12月", "约8万元", 8, "没有写定"), ("2022-2023学年", "8", 8, "学年当作")],
)  # fmt: skip
def test_what_the_reader_of_the_catalogue_concludes_is_told(
    tmp_path: Path, period: str, amount: str, wan: int, wrong: str
) -> None:
    row = [1, "组联部", "甲项目", "", "培训", "妇女", "社会组织", period, amount, "1.建立项目专账。"]
    writer.write_atomically(tmp_path / "目录.xlsx", writer.build_plain_workbook([("目录", [HEADERS, row])]))
    found = input_folder.scan_inputs(tmp_path)
    assert found.entries[1].amount == wan * 10_000
    assert [wrong in fault.wrong for fault in found.faults] == ([True] if wrong else [])


@pytest.mark.parametrize(
    ("year", "typed", "number"), [(2024, "2024-01", "1"), (2025, "2024-01", "1"), (2024, "1", "1")]
)
def test_year_before_a_number_is_its_year_and_still_finds_it(
    tmp_path: Path, year: int, typed: str, number: str
) -> None:
    row = ["2024-01", "组联部", "甲项目", "", "培训", "妇女", "社会组织", f"{year}年4月-12月", 8, "1.建立项目专账。"]
    writer.write_atomically(tmp_path / "目录.xlsx", writer.build_plain_workbook([("目录", [HEADERS, row])]))
    workbook(tmp_path / "甲" / "项目数据.xlsx", 项目序号="2024-01", 项目名称="甲项目", 年度=None)
    found = input_folder.scan_inputs(tmp_path)
    assert (str(found.known(ProjectNumber.parse(typed))), {str(each) for each in found.workbooks}) == (number, {number})
