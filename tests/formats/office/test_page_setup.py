"""Worksheets of attachments are printed one page wide, and what is not printed is told."""

import datetime as dt
import io
import re
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pdfplumber
import pypdfium2
import pytest
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.pagebreak import Break, ColBreak

from paperwork.formats import attachments
from paperwork.formats.office import fonts, page_setup
from tests import cases


def book(path: Path, columns: int = 25, rows: int = 3, width: float = 0, **options: Any) -> Path:
    """Write a workbook with a table; `options` are attributes of its page set-up."""
    made = openpyxl.Workbook()
    sheet = made.active
    for row in range(1, rows + 1):
        sheet.append([f"{row}行{column}列" for column in range(1, columns + 1)])
    for column in range(1, columns + 1) if width else ():
        sheet.column_dimensions[get_column_letter(column)].width = width
    for name, value in options.items():
        setattr(sheet.page_setup, name, value)
    made.save(path)
    return path


def set_up(path: Path) -> tuple[Any, ...]:
    """Return paper, orientation and fit of the first worksheet, read by another library."""
    sheet = openpyxl.load_workbook(path).active
    page = sheet.page_setup
    return (
        page.paperSize,
        page.orientation,
        sheet.sheet_properties.pageSetUpPr.fitToPage,
        page.fitToWidth,
        page.fitToHeight,
    )


A4, A3 = 9, 8
KINDS: dict[str, tuple[dict[str, Any], int, str, str]] = {
    "narrow": ({"columns": 5}, A4, "portrait", ""),
    "just fits": ({"columns": 10}, A4, "portrait", ""),
    "a little too wide": ({"columns": 12}, A4, "landscape", "A4 上，缩到一页宽（约原大的 100%）"),
    "twenty-five columns": ({"columns": 25}, A4, "landscape", "A4 上，缩到一页宽（约原大的 62%）"),
    "forty columns": ({"columns": 40}, A3, "landscape", "A3 上"),
    "a hundred columns": ({"columns": 100}, A3, "landscape", "字很小，请看原件"),
    "few wide columns": ({"columns": 4, "width": 60}, A4, "landscape", "A4 上"),
    "many thin columns": ({"columns": 30, "width": 2}, A3, "landscape", "有的格子太窄，显示不全，已加宽或换行"),
    "lying already": ({"columns": 15, "orientation": "landscape"}, A4, "landscape", ""),
    "lying and too wide": ({"columns": 30, "orientation": "landscape"}, A3, "landscape", "缩到一页宽"),
    "scaled by the author": ({"columns": 25, "scale": 90}, A4, "landscape", "缩到一页宽"),
    "A3 already": ({"columns": 40, "paperSize": A3}, A3, "portrait", ""),
    "letter": ({"columns": 3, "paperSize": 1}, A4, "portrait", ""),
}


@pytest.mark.parametrize("name", KINDS)
def test_table_is_set_up_for_one_page_in_width(tmp_path: Path, name: str) -> None:
    options, paper, orientation, words = KINDS[name]
    notes = page_setup.fit_to_width(book(tmp_path / "a.xlsx", **options))
    assert set_up(tmp_path / "a.xlsx") == (paper, orientation, True, 1, 0)
    assert words in "".join(notes) and bool(words) == bool(notes)


def test_fit_of_the_author_is_kept(tmp_path: Path) -> None:
    made = openpyxl.load_workbook(book(tmp_path / "a.xlsx"))
    made.active.sheet_properties.pageSetUpPr.fitToPage = True
    made.active.page_setup.fitToHeight = 7
    made.save(tmp_path / "a.xlsx")
    assert page_setup.fit_to_width(tmp_path / "a.xlsx") == ()
    assert set_up(tmp_path / "a.xlsx")[2:] == (True, 1, 7) or set_up(tmp_path / "a.xlsx")[4] == 7


def test_fit_of_the_author_to_several_pages_in_width_is_not_kept(tmp_path: Path) -> None:
    made = openpyxl.load_workbook(book(tmp_path / "a.xlsx"))
    made.active.sheet_properties.pageSetUpPr.fitToPage = True
    made.active.page_setup.fitToWidth = 3
    made.save(tmp_path / "a.xlsx")
    assert page_setup.fit_to_width(tmp_path / "a.xlsx")
    assert set_up(tmp_path / "a.xlsx")[2:] == (True, 1, 0)


def cut_book(path: Path) -> list[str]:
    """Write a workbook whose cells are cut or filled with #### as it stands; return the texts to be seen on paper."""
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.append(["标题很长，可以一直写到右边空着的格子里去，不算被挡住"])
    sheet.append(["科目", "金额", "日期", "说明", "备注"])
    long = "，".join(f"第{number}项说明文字写得很长" for number in range(1, 13))
    sheet.append(["妇女儿童活动场地租赁费用", 12345678.9, dt.date(2022, 12, 30), long, "附票据三张"])
    sheet.append(
        ["讲师费", -2345678.5, dt.datetime(2022, 3, 1, 14, 30), "短", "最后一列的备注也有不少字，不能在纸边断掉"]
    )
    sheet["B3"].number_format = sheet["B4"].number_format = '"¥"#,##0.00'
    sheet["C3"].number_format, sheet["C4"].number_format = 'yyyy"年"m"月"d"日"', "yyyy-mm-dd hh:mm"
    for letter, width in zip("ABCDE", (6, 5, 6, 12, 8), strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.row_dimensions[3].height = 15
    made.save(path)
    return [
        "标题很长，可以一直写到右边空着的格子里去，不算被挡住", "妇女儿童活动场地租赁费用", "¥12,345,678.90",
        "2022年12月30日", long, "附票据三张", "-¥2,345,678.50", "2022-03-0114:30",
        "最后一列的备注也有不少字，不能在纸边断掉",
    ]  # fmt: skip


def test_no_cell_is_cut_on_paper(tmp_path: Path) -> None:
    words = cut_book(tmp_path / "a.xlsx")
    done = attachments.convert_attachment(tmp_path / "a.xlsx", tmp_path, "b", fonts.environment(tmp_path))
    assert "有的格子太窄" in "".join(done.notes)
    with pdfplumber.open(done.pdf) as opened:
        [page] = opened.pages
        cells = [re.sub(r"\s", "", cell) for cell in columns_of(page)]
    shown = "".join(cells)
    assert "###" not in shown
    assert not [each for each in words if each not in shown]


def columns_of(page: Any) -> list[str]:
    """Return the text of a page by columns: the lines that begin at the same place, one below the other."""
    found: dict[int, list[str]] = {}
    for word in page.extract_words(keep_blank_chars=True, x_tolerance=2):
        found.setdefault(round(word["x0"] / 8), []).append(word["text"])
    return ["".join(words) for _, words in sorted(found.items())]


def test_what_is_not_printed_is_told(tmp_path: Path) -> None:
    made = openpyxl.load_workbook(book(tmp_path / "a.xlsx", columns=3))
    made.create_sheet("底稿").sheet_state = "hidden"
    made.create_sheet("更隐藏").sheet_state = "veryHidden"
    made.active.row_dimensions[2].hidden = True
    made.active.print_area = "A1:B2"
    made.save(tmp_path / "a.xlsx")
    notes = "；".join(page_setup.fit_to_width(tmp_path / "a.xlsx"))
    assert all(words in notes for words in ("2 张隐藏的表（底稿、更隐藏）", "隐藏的行或列", "打印区域"))


@pytest.mark.parametrize(
    "change",
    [
        lambda xml: re.sub(rb"<sheetPr>.*?</sheetPr>", b"", xml),
        lambda xml: re.sub(rb"<sheetPr>.*?</sheetPr>", b'<sheetPr codeName="a"/>', xml),
        lambda xml: re.sub(rb"<pageMargins[^>]*/>", b"", xml),
        lambda xml: re.sub(rb"<(/?)(\w)", rb"<\1x:\2", xml).replace(b"xmlns=", b"xmlns:x="),
        lambda xml: xml.replace(b"</worksheet>", b"<headerFooter/><extLst/></worksheet>"),
    ],
    ids=["no properties", "closed properties", "no margins", "prefixed", "more behind it"],
)
def test_worksheet_as_other_programs_write_it_is_fitted(tmp_path: Path, change: Any) -> None:
    source = zipfile.ZipFile(io.BytesIO(book(tmp_path / "b.xlsx").read_bytes()))
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as target:
        for name in source.namelist():
            xml = source.read(name)
            target.writestr(name, change(xml) if "sheet1" in name else xml)
    assert page_setup.fit_to_width(tmp_path / "a.xlsx")
    assert set_up(tmp_path / "a.xlsx") == (A4, "landscape", True, 1, 0)


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> tuple[attachments.ConvertedAttachment, str]:
    """Return the wide attachment of the case, with a column break added, and its text as printed."""
    folder = tmp_path_factory.mktemp("wide")
    path = cases.lay(folder, "j02-wide-xlsx").inputs / "项目1" / "附件" / "审计.xlsx"
    made = openpyxl.load_workbook(path)
    made["明细"].col_breaks = ColBreak(brk=(Break(id=5),))
    made.save(path)
    done = attachments.convert_attachment(path, folder, "out", fonts.environment(folder))
    text = "".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(done.pdf))
    return done, re.sub(r"\s", "", text)


def test_wide_attachment_is_printed_whole_and_not_in_strips(
    printed: tuple[attachments.ConvertedAttachment, str],
) -> None:
    done, text = printed
    assert done.pages == 1
    assert all(f"第{row}行{column}列" in text for row in (1, 30) for column in (1, 13, 25))
    assert "不该打印" not in text
    notes = "；".join(done.notes)
    assert "缩到一页宽" in notes and "1 张隐藏的表（隐藏的底稿）没有印" in notes
