"""The catalogue of published projects, read from one file as a value."""

import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paperwork.core.faults import Level, Stop
from paperwork.formats.spreadsheets import writer
from paperwork.project import input_folder
from paperwork.project.catalogue import published
from paperwork.project.model import CatalogueEntry
from tests import make
from tests.cases import lay
from tests.word_files import BY, HEADERS, catalogue, cell, paragraph, project, row, run, table, write_word

SEED = Path(__file__).parents[2] / "data" / "项目发布目录.txt"


def write_seed(folder: Path, old: str = "", new: str = "") -> Path:
    """Write the catalogue as text, with one word changed."""
    path = folder / "目录.txt"
    path.write_text(SEED.read_text("utf-8").replace(old, new) if old else SEED.read_text("utf-8"), "utf-8")
    return path


def test_catalogue_is_returned_with_its_entries_and_no_faults() -> None:
    read = published.read_catalogue(make.CATALOGUE, "目录.docx")
    assert list(read.entries) == [1, 2, 3]
    assert (read.faults, read.row_of_fault) == ((), {})
    assert read.entries[1].place.file == "目录.docx"


def test_fault_in_a_row_is_returned_with_the_project_number_of_the_row(tmp_path: Path) -> None:
    path = write_seed(tmp_path, "2022年4月-12月", "明年")
    read = published.read_catalogue(path, path.name)
    assert {fault.found for fault in read.faults} == {"明年"}
    assert set(read.row_of_fault) == set(read.faults)
    assert not set(read.row_of_fault.values()) & read.entries.keys()
    found = input_folder.scan_folder(tmp_path)
    assert (found.faults, found.row_of_fault) == (list(read.faults), read.row_of_fault)


def test_wrong_total_is_a_fault_of_no_row(tmp_path: Path) -> None:
    path = write_seed(tmp_path, "\t31", "\t32")
    read = published.read_catalogue(path, path.name)
    assert [(fault.level, fault.found) for fault in read.faults] == [(Level.NOTICE, "32")]
    assert not read.row_of_fault


def test_other_table_is_not_the_catalogue(tmp_path: Path) -> None:
    inputs = make.write_only(tmp_path)
    workbook = inputs / "项目1" / "项目数据.xlsx"
    assert published.read_catalogue(workbook, workbook.name) == published.Catalogue()
    assert not published.is_catalogue(workbook)
    assert published.is_catalogue(make.CATALOGUE)


def test_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "目录.docx"
    path.write_bytes(b"no")
    with pytest.raises(ValueError):
        published.is_catalogue(path)


# ---- what real files hold

CATALOGUE_CASES = {
    "i01-catalogue-tracked": ["没接受的修订"],
    "i01b-catalogue-words-inserted": ["没接受的修订"],
    "i02-catalogue-control": [],
    "i02b-catalogue-control-paragraph": [],
    "k01-two-tables": [],
    "k02-continued": [],
}


def data_of(entries: Mapping[int, CatalogueEntry]) -> dict[int, dict[str, Any]]:
    """Return the data of projects without the places of their cells."""
    return {number: entry.model_dump() for number, entry in entries.items()}


@pytest.mark.parametrize("name", CATALOGUE_CASES)
def test_case_has_the_projects_and_clauses_of_the_good_catalogue(tmp_path: Path, name: str) -> None:
    found = input_folder.scan_inputs(lay(tmp_path, name).inputs)
    assert data_of(found.entries) == data_of(published.read_catalogue(make.CATALOGUE, "").entries)
    assert "专项资金审计报告" in found.entries[1].requirements
    assert all(words in fault.wrong for fault, words in zip(found.faults, CATALOGUE_CASES[name], strict=True))
    assert all(fault.level is Level.NOTICE and fault.where.file == "项目发布目录.docx" for fault in found.faults)


HEAD = row(*HEADERS)
DUTY = "附：每次活动要有签到表，须报送市妇联。"


def rows_of(*numbers: int) -> list[str]:
    return [row(*project(number)) for number in numbers]


def spanning(words: str) -> str:
    return row(cell(words, '<w:gridSpan w:val="10"/>'))


def part(number: str, requirements: str, merge: str) -> str:
    """Return a row of a project whose cells are merged with those of other rows, but for the requirements."""
    cells = [cell(words if "restart" in merge else "", merge) for words in project(number)[:-1]]
    return row(*cells, cell(requirements))


RESTART, GO_ON = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
REST = row(*[""] * 9, "2.每次活动要有照片。")
# The body of a Word file, the projects in it, and a word of each notice.
BODIES: dict[str, tuple[str, list[int], list[str]]] = {
    "两张表": (table(HEAD, *rows_of(1)) + paragraph("第二部分") + table(HEAD, *rows_of(2)), [1, 2], []),
    "三张表": ("".join(table(HEAD, *rows_of(number)) for number in (1, 2, 3)), [1, 2, 3], []),
    "续表没有表头": (table(HEAD, *rows_of(1)) + paragraph("（续）") + table(*rows_of(2, 3)), [1, 2, 3], []),
    "续表两次": (table(HEAD, *rows_of(1)) + table(*rows_of(2)) + table(*rows_of(3)), [1, 2, 3], []),
    "续表先有一行标题": (table(HEAD, *rows_of(1)) + table(spanning("（续表）"), *rows_of(2)), [1, 2], []),
    "续表只有合计": (table(HEAD, *rows_of(1)) + table(row("合计", *[""] * 7, "5", "")), [1], []),
    "表里重复表头": (table(HEAD, *rows_of(1), HEAD, *rows_of(2)), [1, 2], []),
    "表里换一种表头": (
        table(HEAD, *rows_of(1), row(*reversed(HEADERS)), row(*reversed(project(2)))),
        [1, 2],
        [],
    ),
    "部室一行": (table(HEAD, spanning("组联部"), *rows_of(1), spanning("权宣部"), *rows_of(2)), [1, 2], []),
    "一行分在两张表里": (table(HEAD, *rows_of(1)) + table(REST, *rows_of(2)), [1, 2], ["接在项目 1 后面"]),
    "续表只是一行的后半": (table(HEAD, *rows_of(1)) + table(REST), [1], ["接在项目 1 后面"]),
    "条款分几行": (
        table(HEAD, part("1", "1.建立项目专账。", RESTART), part("1", "2.每次活动要有照片。", GO_ON), *rows_of(2)),
        [1, 2],
        ["接在项目 1 后面"],
    ),
    "布局表里的目录": (table(row(cell(table(HEAD, *rows_of(1)) + paragraph("")))), [1], []),
    "格里有表": (
        table(HEAD, row(*project(1)[:-1], cell(table(row("1.建立项目专账", "一份")) + paragraph("")))),
        [1],
        [],
    ),
    "别的表": (table(row("联系人", "电话"), row("甲", "123")) + table(HEAD, *rows_of(1)), [1], ["没有当作目录读"]),
    "同样宽的别的表": (
        table(HEAD, *rows_of(1)) + table(row(*[f"列{at}" for at in range(10)]), row(*["字"] * 10)),
        [1],
        ["没有当作目录读"],
    ),
    "签名表": (table(HEAD, *rows_of(1)) + table(row("填表人：甲", "审核人：乙")), [1], []),
    "表下的要求": (table(HEAD, *rows_of(1)) + paragraph("说明") + paragraph(DUTY), [1], ["不属于哪个项目"]),
    "表下的落款": (table(HEAD, *rows_of(1)) + paragraph("自贡市妇女联合会") + paragraph("2022年3月"), [1], []),
    "表里的备注": (table(HEAD, *rows_of(1), spanning("备注：" + DUTY)), [1], ["不属于哪个项目"]),
    "表里的注": (table(HEAD, *rows_of(1), spanning(DUTY)), [1], ["不属于哪个项目"]),
    "表下文本框里的要求": (
        table(HEAD, *rows_of(1)) + paragraph(f"<w:r><w:txbxContent>{paragraph(DUTY)}</w:txbxContent></w:r>"),
        [1],
        ["不属于哪个项目"],
    ),
    "没有要求一列": (table(row(*HEADERS[:-1]), row(*project(1)[:-1])), [1], ["缺少“相关要求”"]),
    "没有表头的列": (table(row(*HEADERS, ""), row(*project(1), "还要有签到表")), [1], ["没有表头"]),
    "合计管所有的表": (
        table(HEAD, *rows_of(1)) + table(HEAD, *rows_of(2), row("合计", *[""] * 7, "10", "")),
        [1, 2],
        [],
    ),
    "合计在前一张表": (
        table(HEAD, *rows_of(1), row("合计", *[""] * 7, "10", "")) + table(HEAD, *rows_of(2)),
        [1, 2],
        [],
    ),
    "每张表一个小计": (
        table(
            HEAD,
            *rows_of(1, 2),
            row("小计", *[""] * 7, "10", ""),
            *rows_of(3),
            row("小计", *[""] * 7, "5", ""),
            row("合计", *[""] * 7, "15", ""),
        ),
        [1, 2, 3],
        [],
    ),
    "小计不对": (
        table(HEAD, *rows_of(1), row("小计", *[""] * 7, "5", ""), *rows_of(2), row("小计", *[""] * 7, "6", "")),
        [1, 2],
        ["不符"],
    ),
    "合计不对": (
        table(HEAD, *rows_of(1)) + table(HEAD, *rows_of(2), row("合计", *[""] * 7, "9", "")),
        [1, 2],
        ["不符"],
    ),
    "部室写在第二列": (
        table(HEAD, row("", "组联部", *[""] * 8), *rows_of(1), row("", "权宣部", *[""] * 8), *rows_of(2)),
        [1, 2],
        [],
    ),
    "公式留下的零": (table(HEAD, *rows_of(1), row(*[""] * 4, "0", *[""] * 3, "0", "0")), [1], []),
    "表上的要求": (paragraph(DUTY) + table(HEAD, *rows_of(1)), [1], ["不属于哪个项目"]),
    "表头上面的要求": (table(spanning("项目发布目录"), spanning(DUTY), HEAD, *rows_of(1)), [1], ["不属于哪个项目"]),
    "标题在一格的表里": (table(row("2022年项目发布目录")) + table(HEAD, *rows_of(1)), [1], []),
    "一格的表里不是标题": (table(row("每次活动要有签到表")) + table(HEAD, *rows_of(1)), [1], ["没有当作目录读"]),
    "标题里有要求二字": (paragraph("市妇联项目及要求发布目录") + table(HEAD, *rows_of(1)), [1], []),
    "窄的编号表": (table(HEAD, *rows_of(1)) + table(row("1", "甲"), row("2", "乙")), [1], ["没有当作目录读"]),
    "格里有图片": (
        table(HEAD, row(*project(1)[:-1], cell(paragraph("1.建立专账。") + paragraph("<w:r><w:drawing/></w:r>")))),
        [1],
        ["1 处图片"],
    ),
    "嵌入的文件": (table(HEAD, *rows_of(1)) + '<w:altChunk r:id="x"/>', [1], ["1 处图片或嵌入的文件"]),
    "序号有顿号": (table(HEAD, row(*project("1、"))), [1], []),
    "表头合并两列": (
        table(
            row(*HEADERS[:-1], cell(HEADERS[-1], '<w:gridSpan w:val="2"/>')), row(*project(1)[:-1], "1.", "建立专账。")
        ),
        [1],
        [],
    ),
}


@pytest.mark.parametrize("name", BODIES)
def test_all_tables_of_a_word_file_are_read_and_the_rest_is_told(tmp_path: Path, name: str) -> None:
    body, numbers, words = BODIES[name]
    read = published.read_catalogue(write_word(tmp_path / "目录.docx", body), "目录.docx")
    assert list(read.entries) == numbers
    assert [fault.level for fault in read.faults] == [Level.NOTICE] * len(words), [*map(str, read.faults)]
    assert all(word in fault.wrong for word, fault in zip(words, read.faults, strict=True)), [*map(str, read.faults)]
    assert all(fault.where.file == "目录.docx" and fault.mend for fault in read.faults)
    assert all("立" in entry.requirements for entry in read.entries.values()) or name == "没有要求一列"


@pytest.mark.parametrize("name", ["一行分在两张表里", "续表只是一行的后半", "条款分几行"])
def test_row_in_several_pieces_is_joined(tmp_path: Path, name: str) -> None:
    read = published.read_catalogue(write_word(tmp_path / "目录.docx", BODIES[name][0]), "目录.docx")
    assert read.entries[1].requirements == "1.建立项目专账。\n2.每次活动要有照片。"


def test_clauses_of_an_automatic_list_are_numbered_as_shown(tmp_path: Path) -> None:
    definition = (
        '<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/>'
        '<w:lvlText w:val="%1."/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
    )
    listed = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
    clauses = paragraph("建立项目专账。", listed) + paragraph("每年一次。") + paragraph("5万元以内。", listed)
    path = catalogue(tmp_path / "目录.docx", cell(clauses), {"numbering": definition})
    assert published.read_catalogue(path, "").entries[1].requirements == "1. 建立项目专账。\n每年一次。\n2. 5万元以内。"


def test_projects_are_numbered_by_an_automatic_list(tmp_path: Path) -> None:
    definition = (
        '<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/>'
        '<w:lvlText w:val="%1、"/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
    )
    number = cell(paragraph("", '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'))
    body = table(HEAD, row(number, *project(1)[1:]), row(number, *project(2)[1:]))
    read = published.read_catalogue(write_word(tmp_path / "目录.docx", body, {"numbering": definition}), "")
    assert (list(read.entries), read.faults) == ([1, 2], ())


def test_footnotes_hidden_text_and_comments_are_told(tmp_path: Path) -> None:
    parts = {
        "footnotes": f'<w:footnote w:id="1">{paragraph("另附名册")}</w:footnote>',
        "comments": f'<w:comment w:id="0">{paragraph("改一下")}</w:comment>',
    }
    hidden = paragraph(run("1.建立项目专账。") + run("2.藏着的要求。", "<w:vanish/>"))
    path = catalogue(tmp_path / "目录.docx", cell(hidden), parts)
    read = published.read_catalogue(path, "目录.docx")
    assert read.entries[1].requirements == "1.建立项目专账。"
    told = [(fault.wrong, fault.found) for fault in read.faults]
    assert [words[:9] for words, _ in told] == ["里面有 1 处隐藏", "里面有 1 条批注", "这段话在目录的表格"]
    assert [found for _, found in told] == ["2.藏着的要求。", "", "另附名册"]


@pytest.mark.parametrize("part", ["header", "footer"])
def test_requirement_in_a_header_or_footer_is_told(tmp_path: Path, part: str) -> None:
    path = catalogue(tmp_path / "目录.docx", "1.建立项目专账。", {part: paragraph(DUTY)})
    [fault] = published.read_catalogue(path, "目录.docx").faults
    assert fault.where.cell == {"header": "页眉", "footer": "页脚"}[part]


def test_all_sheets_of_a_workbook_are_read(tmp_path: Path) -> None:
    data = [list(map(str, project(number))) for number in (1, 2, 3, 4)]
    sheets: list[tuple[str, list[Any]]] = [
        ("一部", [HEADERS, data[0]]),
        ("二部", [["二部项目"], HEADERS, data[1]]),
        ("续", [data[2]]),
        ("空", []),
    ]
    stacked = [HEADERS, data[3], ["合计", *[None] * 7, 20]]
    sheets += [("说明", [["填写说明"], ["请用黑色"]]), ("三部", [*stacked])]
    (tmp_path / "目录.xlsx").write_bytes(writer.build_plain_workbook(sheets))
    read = published.read_catalogue(tmp_path / "目录.xlsx", "目录.xlsx")
    assert list(read.entries) == [1, 2, 3, 4]
    assert [(fault.where.sheet, fault.wrong) for fault in read.faults] == [("说明", "这张表没有当作目录读")]


def test_tables_below_each_other_on_a_sheet_are_read(tmp_path: Path) -> None:
    rows = [["组联部"], HEADERS, project(1), [], ["权宣部项目"], HEADERS, project(2), ["合计", *[None] * 7, "10"]]
    (tmp_path / "目录.xlsx").write_bytes(writer.build_plain_workbook([("目录", rows)]))
    read = published.read_catalogue(tmp_path / "目录.xlsx", "目录.xlsx")
    assert (list(read.entries), read.faults) == ([1, 2], ())


TEXT = SEED.read_text("utf-8")
TEXT_HEAD = TEXT[TEXT.index("\t项目序号") : TEXT.index("\t1\n")]
THIRD = TEXT.index("\t3\n")
TEXTS = {
    "第二张表": (TEXT[:THIRD] + "\n家儿部项目\n" + TEXT_HEAD + TEXT[THIRD:], []),
    "小计": (TEXT[:THIRD] + "\t小计\n\t20\n\n" + TEXT[THIRD:], []),
    "小计不对": (TEXT[:THIRD] + "\t小计\n\t21\n\n" + TEXT[THIRD:], ["不符"]),
    "小计和第二张表": (TEXT[:THIRD] + "\t小计\n\t20\n\n家儿部项目\n" + TEXT_HEAD + TEXT[THIRD:], []),
    "表上的要求": (f"说明：{DUTY}\n" + TEXT, ["不属于哪个项目"]),
    "表下的要求": (TEXT.rstrip() + f"\n\n{DUTY}\n", ["不属于哪个项目"]),
}


@pytest.mark.parametrize("name", TEXTS)
def test_tables_of_a_text_export_are_read(tmp_path: Path, name: str) -> None:
    words, told = TEXTS[name]
    (tmp_path / "目录.txt").write_text(words, "utf-8")
    read = published.read_catalogue(tmp_path / "目录.txt", "目录.txt")
    whole = published.read_catalogue(write_seed(tmp_path), "")
    assert data_of(read.entries) == data_of(whole.entries)
    assert all(word in fault.wrong for word, fault in zip(told, read.faults, strict=True)), [*map(str, read.faults)]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(1, 3), st.booleans(), st.booleans()), min_size=1, max_size=5))
def test_projects_over_any_tables_are_all_read(tmp_path: Path, pieces: list[tuple[int, bool, bool]]) -> None:
    """Cut a list of projects into tables with and without a header, with text between them."""
    body, number = "", 0
    for at, (count, has_header, has_title) in enumerate(pieces):
        rows = rows_of(*range(number + 1, number + count + 1))
        body += (paragraph("下一部分") if has_title else "") + table(*([HEAD] if has_header or not at else []), *rows)
        number += count
    read = published.read_catalogue(write_word(tmp_path / "目录.docx", body), "")
    assert (list(read.entries), read.faults) == ([*range(1, number + 1)], ())


# ---- a requirement planted anywhere is read or told

PLANTED = "每次活动要另附报送签到表"
WRAPS = {
    "字": PLANTED,
    "插入": f"<w:ins {BY}>{run(PLANTED)}</w:ins>",
    "移来": f"<w:moveTo {BY}>{run(PLANTED)}</w:moveTo>",
    "控件": f"<w:sdt><w:sdtContent>{run(PLANTED)}</w:sdtContent></w:sdt>",
    "智能标记": f"<w:smartTag w:element='x'>{run(PLANTED)}</w:smartTag>",
    "链接": f"<w:hyperlink>{run(PLANTED)}</w:hyperlink>",
    "域": f'<w:fldSimple w:instr="REF x">{run(PLANTED)}</w:fldSimple>',
    "拼音": f"<w:r><w:ruby><w:rt>{run('x')}</w:rt><w:rubyBase>{run(PLANTED)}</w:rubyBase></w:ruby></w:r>",
    "文本框": f"<w:r><w:pict><w:txbxContent>{paragraph(PLANTED)}</w:txbxContent></w:pict></w:r>",
    "拆开": run(PLANTED[:5]) + f"<w:ins {BY}>{run(PLANTED[5:8])}</w:ins>" + run(PLANTED[8:]),
    "隐藏": run(PLANTED, "<w:vanish/>"),
}
SPOTS: dict[str, Callable[[str], tuple[str, dict[str, str]]]] = {
    "要求格": lambda it: (table(HEAD, row(*project(1)[:-1], cell(it))), {}),
    "要求格里又一段": lambda it: (table(HEAD, row(*project(1)[:-1], cell(paragraph("1.建立专账。") + it))), {}),
    "内容格": lambda it: (table(HEAD, row(*project(1)[:4], cell(it), *project(1)[5:])), {}),
    "格里的表": lambda it: (table(HEAD, row(*project(1)[:-1], cell(table(row(cell(it))) + paragraph("")))), {}),
    "新的一行": lambda it: (table(HEAD, *rows_of(1), row(*[""] * 9, cell(it))), {}),
    "跨栏的一行": lambda it: (table(HEAD, *rows_of(1), row(cell(it, '<w:gridSpan w:val="10"/>'))), {}),
    "没有表头的列": lambda it: (table(row(*HEADERS, ""), row(*project(1), cell(it))), {}),
    "多一列": lambda it: (table(row(*HEADERS, "备注"), row(*project(1), cell(it))), {}),
    "表头上面": lambda it: (table(row(cell(it, '<w:gridSpan w:val="10"/>')), HEAD, *rows_of(1)), {}),
    "表上": lambda it: (it + table(HEAD, *rows_of(1)), {}),
    "表下": lambda it: (table(HEAD, *rows_of(1)) + it, {}),
    "两张表中间": lambda it: (table(HEAD, *rows_of(1)) + it + table(*rows_of(2)), {}),
    "续表": lambda it: (table(HEAD, *rows_of(1)) + table(row(*[""] * 9, cell(it))), {}),
    "别的表": lambda it: (table(HEAD, *rows_of(1)) + table(row(cell(it))), {}),
    "控件里的段": lambda it: (table(HEAD, *rows_of(1)) + f"<w:sdt><w:sdtContent>{it}</w:sdtContent></w:sdt>", {}),
    "页眉": lambda it: (table(HEAD, *rows_of(1)), {"header": it}),
    "页脚": lambda it: (table(HEAD, *rows_of(1)), {"footer": it}),
    "脚注": lambda it: (table(HEAD, *rows_of(1)), {"footnotes": f'<w:footnote w:id="1">{it}</w:footnote>'}),
    "尾注": lambda it: (table(HEAD, *rows_of(1)), {"endnotes": f'<w:endnote w:id="1">{it}</w:endnote>'}),
}


@pytest.mark.parametrize("wrap", WRAPS)
@pytest.mark.parametrize("spot", SPOTS)
def test_planted_requirement_is_read_or_told(tmp_path: Path, spot: str, wrap: str) -> None:
    body, parts = SPOTS[spot](paragraph(WRAPS[wrap]))
    read = published.read_catalogue(write_word(tmp_path / "目录.docx", body, parts), "目录.docx")
    assert read.entries
    fields = [str(value) for entry in read.entries.values() for value in entry.template_values().values()]
    assert any(PLANTED in words for words in (*fields, *(fault.found for fault in read.faults)))


@pytest.mark.parametrize(
    "form", ["（{}）", "({})", "项目{}", "第{}项", "{}号", "No.{}", "{}、", "【{}】", " {}．", "0{}"]
)
def test_number_of_a_project_is_read_without_what_is_written_round_it(tmp_path: Path, form: str) -> None:
    rows = [row(*project(number, 项目序号=form.format(number))) for number in (1, 2)]
    read = published.read_catalogue(write_word(tmp_path / "目录.docx", table(HEAD, *rows)), "")
    assert (list(read.entries), read.faults) == ([1, 2], ())


# ---- what LibreOffice converts


@pytest.mark.parametrize("suffix", ["doc", "wps", "odt", "rtf", "docm"])
def test_catalogue_of_another_word_processor_is_read(
    converted: Mapping[str, Path], tmp_path: Path, suffix: str
) -> None:
    shutil.copy(converted[suffix], tmp_path)
    found = input_folder.scan_inputs(tmp_path)
    assert data_of(found.entries) == data_of(published.read_catalogue(make.CATALOGUE, "").entries)
    assert [path.name for path in found.catalogues] == [f"项目发布目录.{suffix}"]


def test_old_file_beside_the_catalogue_made_of_it_is_left(converted: Mapping[str, Path], tmp_path: Path) -> None:
    shutil.copy(converted["doc"], tmp_path)
    shutil.copy(make.CATALOGUE, tmp_path / "目录.docx")
    found = input_folder.scan_inputs(tmp_path)
    assert ([path.name for path in found.catalogues], found.faults) == (["目录.docx"], [])


def test_document_that_may_be_the_catalogue_is_named(tmp_path: Path) -> None:
    (tmp_path / "公告.pdf").write_bytes(b"%PDF-1.4")
    with pytest.raises(Stop) as stopped:
        input_folder.scan_inputs(tmp_path)
    assert "公告.pdf" in stopped.value.wrong


def test_catalogue_of_which_no_row_can_be_read_is_not_missing(tmp_path: Path) -> None:
    catalogue = table(HEAD, row(*project(1, 项目序号="甲")))
    write_word(tmp_path / "目录.docx", catalogue)
    with pytest.raises(Stop) as stopped:
        input_folder.scan_inputs(tmp_path)
    assert "目录.docx" in stopped.value.wrong and "没有找到" not in stopped.value.wrong
    assert [fault.where.cell for fault in stopped.value.faults] == ["A2"]


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Return the catalogue as other word processors save it, by suffix."""
    out = tmp_path_factory.mktemp("converted")
    profile = f"-env:UserInstallation=file://{out}/profile"
    files = {"docm": out / "项目发布目录.docm", "wps": out / "项目发布目录.wps"}
    for suffix, target in (("doc", "doc:MS Word 97"), ("odt", "odt:writer8"), ("rtf", "rtf:Rich Text Format")):
        command = ["soffice", profile, "--headless", "--convert-to", target, "--outdir", str(out), str(make.CATALOGUE)]
        subprocess.run(command, check=True, capture_output=True, timeout=100)
        files[suffix] = out / f"项目发布目录.{suffix}"
    shutil.copy(make.CATALOGUE, files["docm"])
    shutil.copy(files["doc"], files["wps"])
    return files


@pytest.mark.parametrize(
    ("title", "words", "is_told"),
    [
        ("备注", "须报送签到表和总结报告。", True),
        ("其他", "1.项目结束后形成一篇总结。", True),
        ("联系人", "张三", True),
        ("备注", "无", False),
        ("评审意见", "同意", True),
    ],
)
def test_requirement_in_a_column_of_another_name_is_told(tmp_path: Path, title: str, words: str, is_told: bool) -> None:
    body = table(row(*HEADERS, title), row(*project(1), ""), row(*project(2), words))
    read = published.read_catalogue(write_word(tmp_path / "目录.docx", body), "")
    assert list(read.entries) == [1, 2]
    assert [(fault.level, fault.where.cell, title in fault.wrong) for fault in read.faults] == (
        [(Level.NOTICE, "K3", True)] if is_told else []
    )
