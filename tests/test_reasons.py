"""Every reason for refusing a value or a file: a problem, and one remedy, as two fields."""

import datetime as dt
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from paperwork.archive import manifest
from paperwork.checks import check
from paperwork.core import dates, values
from paperwork.core.faults import Level, Stop, Unreadable
from paperwork.desk import dossier, inbox, replace, uploads
from paperwork.documents import exhibits
from paperwork.documents.declarations import read_binding, read_forms
from paperwork.formats import attachments, bagit
from paperwork.formats.media import photos, videos
from paperwork.formats.pdf import merge, render, split
from paperwork.formats.spreadsheets import cells, reader
from paperwork.project import headers, input_folder, workbook
from tests import make, odd

Refused = Callable[[Path], object]
NOW = dt.datetime(2022, 7, 1)


def parse(parser: Callable[[object], object], *values: object) -> dict[str, Refused]:
    """Return a case for each value that a parser must refuse."""
    return {f"{parser.__name__} {value}": partial(_parse, parser, value) for value in values}


def _parse(parser: Callable[[object], object], value: object, _: Path) -> object:
    return parser(value)


def write(path: Path, content: bytes = b"\1\2\3") -> Path:
    """Write a file and return its path."""
    path.write_bytes(content)
    return path


def read_damaged(folder: Path) -> object:
    """Read a workbook with a damaged sheet."""
    path = make.write_only(folder) / "项目1" / "项目数据.xlsx"
    out = folder / "a.xlsx"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name)[:200] if "sheet6" in name else source.read(name))
    return reader.read_tables(out, "")


def read_without_number(folder: Path) -> object:
    """Read the claim of a workbook without a project number."""
    return input_folder.read_claim(
        make.write_only(folder, 基本信息={"项目序号": ""}) / "项目1" / "项目数据.xlsx", headers.read_words(None)
    )


def accept(name: str, content: bytes = b"\1\2\3", number: int = 1, activity: str = "") -> Refused:
    """Return a case that drops a file on a project."""

    def drop(folder: Path) -> object:
        path = write(folder / "upload", content)
        return inbox.accept(path, name, make.write_only(folder), number, activity, ("HD-01", ".."), (), NOW)

    return drop


def attach(name: str) -> Refused:
    """Return a case that converts one of the unusual attachments."""
    return lambda folder: attachments.convert_attachment(odd.write(name, folder), folder, "out", {})


def wide_csv(folder: Path) -> object:
    """Read a CSV with more columns than are read."""
    return reader.read_tables(write(folder / "a.csv", ",".join(map(str, range(cells.MAX_COLUMNS + 1))).encode()), "")


def bag_with_link(folder: Path) -> None:
    """Make a bag of a folder that holds a link."""
    (folder / "data").mkdir()
    (folder / "data" / "a").symlink_to(folder)
    bagit.write_bag(folder, {})


def outside(folder: Path) -> None:
    """Check a folder that a link leads out of the inputs."""
    (root := folder / "inputs").mkdir()
    (root / "a").symlink_to(folder)
    replace.refuse_outside(root / "a", root)


CASES: dict[str, Refused] = {
    **parse(values.as_money, "五千", "9999999999999", "1.234", "1,50"),
    **parse(values.as_number, "二十", "约20", "NaN"),
    **parse(values.as_count, "1.5", "-1"),
    **parse(values.as_yes_no, "也许"),
    **parse(values.as_digits, 1e17),
    **parse(values.as_phone, "123"),
    **parse(values.as_citizen_id, "123", "510399990001010016", "510399199001010017"),
    **parse(values.as_credit_code, "123", "91510300MA62XXXX0I", "91510300MA6200000X"),
    **parse(dates.as_date, "昨天", "2022-13-01", "1022-05-01", "2022-02-30"),
    **parse(dates.as_period, "全年", "2022年12月-4月"),
    **parse(dates.as_quarter, "春天"),
    "a photo": lambda folder: photos.print_photo(write(folder / "a.jpg"), folder / "out.jpg", 70, 50),
    "a picture": lambda folder: photos.check_picture(write(folder / "a.jpg")),
    "a video": lambda folder: videos.video_seconds(write(folder / "a.mp4")),
    "a PDF of ours": lambda folder: merge.count_pages(write(folder / "a.pdf")),
    "a PDF of ours with a password": lambda folder: merge.count_pages(odd.write("打开密码", folder)),
    "a PDF that is missing": lambda folder: merge.count_pages(folder / "a.pdf"),
    "a PDF page": lambda folder: list(render.render_pages(write(folder / "a.pdf"), {0: 100})),
    "a PDF in the package": lambda folder: split.pdfa_claim(write(folder / "a.pdf")),
    **{f"attachment {name}": attach(name) for name in odd.REFUSED_NAMES if name not in odd.OFFICE},
    "a workbook that is none": lambda folder: reader.read_tables(write(folder / "a.xlsx"), ""),
    "a damaged workbook": read_damaged,
    "a workbook without a number": read_without_number,
    "a wide table": wide_csv,
    "a bag with a link": bag_with_link,
    "a manifest": lambda folder: manifest.read(write(folder / "manifest.json"), "请重新生成"),
    "a folder outside": outside,
    "upload of a program": accept("a.exe"),
    "upload with a wrong suffix": accept("a.jpg", b"%PDF-1.7 "),
    "upload of half a table": accept("a.xlsx"),
    "upload of a web page": accept("a.xls", b"<html>"),
    "upload of nothing": accept("a.pdf", b""),
    "upload with a strange name": accept("a\0.pdf"),
    "upload with a long name": accept("长" * 100 + ".pdf"),
    "upload of a hidden file": accept("~$a.xlsx"),
    "upload with macros": accept("a.xlsm"),
    "upload of a photo without an activity": accept("a.jpg", b"\xff\xd8\xff\xe0"),
    "upload of a video without an activity": accept("a.mp4"),
    "upload of a CSV": accept("活动.csv", "活动编号,活动名称".encode()),
    "upload on the board": accept("a.pdf", b"%PDF-1.7 ", number=0),
    "upload for an unknown project": accept("a.pdf", b"%PDF-1.7 ", number=99),
    "upload for an unknown activity": accept("a.jpg", b"\xff\xd8\xff\xe0", activity="HD-99"),
    "upload for an odd activity": accept("a.jpg", b"\xff\xd8\xff\xe0", activity=".."),
    "a large upload": lambda folder: uploads.refuse_large(write(folder / "a", bytes(50 * 2**20 + 1)), uploads.PHOTO),
}


def check_reason(wrong: str, mend: str) -> None:
    """Assert that both fields are filled, and that only the second one asks for something, once."""
    assert wrong and mend
    assert "请" not in wrong
    assert mend.count("请") == 1, mend
    assert not wrong.endswith(("，", "。", "；")) and not mend.endswith(("，", "。", "；"))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_reason_has_a_problem_and_one_remedy(case: str, tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as refused:
        CASES[case](tmp_path)
    check_reason(refused.value.wrong, refused.value.mend)


@pytest.mark.parametrize("content", ['numbers = "页"', "sheets_per_book = 0"])
def test_settings_out_of_range_have_one_remedy(content: str, tmp_path: Path) -> None:
    (path := tmp_path / "binding.toml").write_bytes((make.ROOT / "templates" / "binding.toml").read_bytes())
    key = content.partition(" ")[0]
    lines = [content if line.startswith(key) else line for line in path.read_text("utf-8").splitlines()]
    path.write_text("\n".join(lines), "utf-8")
    with pytest.raises(Stop) as stop:
        read_binding(path)
    check_reason(stop.value.wrong, stop.value.mend)


def test_unknown_key_of_a_form_has_one_remedy(tmp_path: Path) -> None:
    (path := tmp_path / "forms.toml").write_text('[[form]]\ntemplate = "a"\nunknown = 1\n', "utf-8")
    with pytest.raises(Stop) as stop:
        read_forms(path)
    check_reason(stop.value.wrong, stop.value.mend)


def test_every_unreadable_cell_has_one_remedy(tmp_path: Path) -> None:
    """Read a workbook with an error in each kind of cell, and compare what staff are shown."""
    inputs = make.make(tmp_path, 活动=[{"开始日期": "昨天", "参与人数": "二十"}, {"参与人数": "=NA()"}])
    path = inputs / "项目1" / "项目数据.xlsx"
    book = load_workbook(path)
    book["活动"]["B2"].value, book["活动"]["B2"].data_type = "#REF!", "e"
    book.save(path)
    _, faults = workbook.read_project(input_folder.scan_inputs(inputs), 1)
    errors = [fault for fault in faults if fault.level is Level.ERROR]
    assert len(errors) >= 4
    for fault in errors:
        check_reason(fault.wrong, fault.mend)
        assert str(fault).count("请") == 1


def test_unopenable_photo_and_video_have_one_remedy(tmp_path: Path) -> None:
    from paperwork.core.cache import Cache

    inputs = make.make(tmp_path)
    project, _ = workbook.read_project(input_folder.scan_inputs(inputs), 1)
    # Spoilt after the reading, which leaves out what does not open.
    write(inputs / "项目1" / "照片" / "HD-01" / "01 现场.jpg")
    write(inputs / "项目1" / "视频" / "HD-01" / "小视频.mp4")
    shown = exhibits.prepare(project, tmp_path / "work", Cache(tmp_path / "cache"), 1)
    made = [part for each in project.activities for part in (shown.brief_photos(each), shown.videos(each))]
    faults = [fault for part in made for fault in part.faults]
    assert [fault.mend for fault in faults] == ["请换一张，或从文件夹里删去", "请换一个能播放的文件"]
    for fault in faults:
        check_reason(fault.wrong, fault.mend)


def test_unreadable_workbook_ends_the_check_with_its_own_remedy(tmp_path: Path) -> None:
    """The remedy of the reader is shown, and no second one beside it."""
    inputs = make.write_only(tmp_path)
    path = inputs / "项目1" / "项目数据.xlsx"
    with zipfile.ZipFile(path) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    merged = b"<mergeCells>%s</mergeCells></worksheet>" % (b'<mergeCell ref="B2:B2"/>' * 100_001)
    with zipfile.ZipFile(path, "w") as target:
        for name, content in parts.items():
            is_activities = name.endswith("sheet6.xml")
            target.writestr(name, content.replace(b"</worksheet>", merged) if is_activities else content)
    with pytest.raises(Stop) as stop:
        check.examine(1, inputs, make.LATER)
    assert stop.value.wrong == "项目1/项目数据.xlsx：合并单元格大得不合情理，没有打开它"
    assert stop.value.mend == "请取消合并多余的单元格，另存后再放"


# ---- filled cells outside of the area that is read


def edited(inputs: Path, change: Callable[[Workbook], object]) -> Path:
    """Change the workbook of project 1; return the inputs folder."""
    path = inputs / "项目1" / "项目数据.xlsx"
    book = load_workbook(path)
    change(book)
    book.save(path)
    return inputs


def end_of_sheet(path: Path, mark: str, new: str) -> None:
    """Replace the end tag of the rows in the sheet of a workbook that holds `mark`."""
    with zipfile.ZipFile(path) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    [name] = [name for name, content in parts.items() if name.startswith("xl/worksheets/") and mark.encode() in content]
    parts[name] = parts[name].replace(b"</sheetData>", new.encode())
    with zipfile.ZipFile(path, "w") as target:
        for each, content in parts.items():
            target.writestr(each, content)


def put_stray_values(book: Workbook) -> None:
    """Write a value far below, one far to the right, and one on another sheet."""
    book["活动"]["A21000"] = "误填"
    book["活动"]["HZ3"] = 5
    book["督导"]["B30000"] = "x"
    book["督导"]["C30000"] = "  "


def test_stray_cells_are_named_all_at_once_with_the_remedy(tmp_path: Path) -> None:
    inputs = edited(make.make(tmp_path), put_stray_values)
    checked = check.examine(1, inputs, make.LATER)
    stray = {(str(fault.where), fault.found): fault for fault in checked.faults if fault.level is Level.ERROR}
    book = "项目1/项目数据.xlsx"
    assert set(stray) == {
        (f"{book} · 活动!A21000", "误填"), (f"{book} · 活动!HZ3", "5"), (f"{book} · 督导!B30000", "x"),
    }  # fmt: skip
    for fault in stray.values():
        assert fault.wrong == "这一格离表格太远，没有读（只读前 20000 行、前 200 列）"
        assert fault.mend == "请删去这一格的内容"
    assert len(checked.project.activities) == 2, "the rest is read as before"


def test_stray_cells_are_marked_in_the_copy(tmp_path: Path) -> None:
    inputs = edited(make.make(tmp_path), put_stray_values)
    with pytest.raises(Stop, match="表格里有 3 处错误") as stop:
        check.check(1, inputs, tmp_path / "out", make.LATER)
    assert "活动!A21000" in "".join(map(str, stop.value.faults))
    [copy] = (tmp_path / "out").glob("1/校验/*.xlsx")
    marked = load_workbook(copy)
    for sheet, cell in (("活动", "A21000"), ("活动", "HZ3"), ("督导", "B30000")):
        assert "请删去这一格的内容" in marked[sheet][cell].comment.text

    def delete(book: Workbook) -> None:
        for sheet, cell in (("活动", "A21000"), ("活动", "HZ3"), ("督导", "B30000")):
            book[sheet][cell] = None

    edited(inputs, delete)
    assert not any("离表格太远" in fault.wrong for fault in check.examine(1, inputs, make.LATER).faults)


def test_stray_cells_are_shown_on_the_page(tmp_path: Path) -> None:
    inputs = edited(make.make(tmp_path), put_stray_values)
    seen = dossier.read_dossier(inputs, tmp_path / "out", 1, make.LATER)
    shown = {fault.where.cell for group in seen.faults for fault in group.faults if fault.level is Level.ERROR}
    assert (seen.wrong, seen.errors, shown) == ("", 3, {"A21000", "HZ3", "B30000"})


def test_stray_cells_of_the_catalogue_are_named(tmp_path: Path) -> None:
    sheet, *_ = reader.read_sheets(make.CATALOGUE, "")
    book = Workbook()
    for row in sheet.rows:
        book.active.append([cell.value for cell in row])
    book.active["C25000"] = "误填"
    book.save(tmp_path / "目录.xlsx")
    found = input_folder.scan_inputs(tmp_path)
    assert [(fault.where.cell, fault.mend) for fault in found.faults] == [("C25000", "请删去这一格的内容")]
    assert found.entries


def test_stray_cell_of_a_csv_is_named(tmp_path: Path) -> None:
    lines = ["活动编号,活动名称"] + [","] * 20_999 + ["误填,"]
    [sheet] = reader.read_tables(write(tmp_path / "a.csv", "\n".join(lines).encode()), "a.csv")
    assert [(fault.where.cell, fault.found) for fault in sheet.unread] == [("A21001", "误填")]
    assert len(sheet.rows) == cells.MAX_ROWS


def test_many_cells_far_away_are_one_fault(tmp_path: Path) -> None:
    def fill(book: Workbook) -> None:
        for row in range(21_000, 21_100):
            book["活动"].cell(row, 1, row)

    checked = check.examine(1, edited(make.make(tmp_path), fill), make.LATER)
    [fault] = [fault for fault in checked.faults if fault.level is Level.ERROR]
    assert (fault.where.cell, fault.mend) == ("A21000", "请删去这些格子的内容")
    assert "一共 100 格" in fault.wrong


def test_sheet_with_too_many_filled_rows_says_so(tmp_path: Path) -> None:
    inputs = make.make(tmp_path)
    rows = "".join(f'<row r="{row}"><c r="AZ{row}"><v>{row}</v></c></row>' for row in range(4, 20_010))
    path = edited(inputs, lambda book: book["活动"].cell(3, 52, "此表")) / "项目1" / "项目数据.xlsx"
    end_of_sheet(path, 'r="AZ3"', f"{rows}</sheetData>")
    checked = check.examine(1, inputs, make.LATER)
    [fault] = [fault for fault in checked.faults if fault.level is Level.ERROR]
    assert str(fault.where) == "项目1/项目数据.xlsx · 活动"
    assert fault.wrong == "这张表有 20009 行填了内容，最多读 20000 行"
    check_reason(fault.wrong, fault.mend)


def test_hidden_value_below_a_merged_range_is_not_stray(tmp_path: Path) -> None:
    """Excel keeps values below a merged range; staff can neither see nor delete them."""
    inputs = make.make(tmp_path)
    path = edited(inputs, lambda book: book["活动"].cell(20_500, 1, "看不见")) / "项目1" / "项目数据.xlsx"
    end_of_sheet(path, "20500", '</sheetData><mergeCells><mergeCell ref="A20400:A20600"/></mergeCells>')
    assert not any(fault.level is Level.ERROR for fault in check.examine(1, inputs, make.LATER).faults)
