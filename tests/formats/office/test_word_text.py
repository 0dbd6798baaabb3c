"""The text of Word files, read as a reader sees it after all changes are accepted."""

import io
import time
import zipfile
from pathlib import Path

import pytest
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st

from paperwork.formats.office import word_numbers, word_text
from paperwork.formats.office.word_numbers import Level
from tests import make
from tests.word_files import BY, cell, paragraph, row, run, table, write_word

FIELD = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
BEGIN, SEPARATE, END = map(FIELD.format, ("begin", "separate", "end"))


def instruction(words: str) -> str:
    """Return the instruction of a field."""
    return f'<w:r><w:instrText xml:space="preserve"> {words} </w:instrText></w:r>'


def box(words: str) -> str:
    """Return a text box as Word writes it: a drawing, and the same once more for older versions."""
    content = f"<w:txbxContent>{paragraph(words)}</w:txbxContent>"
    return (
        '<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wp:anchor><a:graphic><a:graphicData>'
        f"<wps:wsp><wps:txbx>{content}</wps:txbx></wps:wsp></a:graphicData></a:graphic></wp:anchor></w:drawing>"
        f"</mc:Choice><mc:Fallback><w:pict><v:shape><v:textbox>{content}</v:textbox></v:shape></w:pict></mc:Fallback>"
        "</mc:AlternateContent></w:r>"
    )


INS, DEL, MARK_GONE = f"<w:ins {BY}>", f"<w:del {BY}>", f"<w:rPr><w:del {BY}/></w:rPr>"
GONE = f"{DEL}<w:r><w:delText>旧</w:delText></w:r></w:del>"
CONTROL = "<w:sdt><w:sdtPr><w:alias w:val='名'/></w:sdtPr><w:sdtContent>{}</w:sdtContent></w:sdt>"
# What stands in a cell, and what a reader sees of it.
CELLS = {
    "插入的字": (f"{run('甲')}{INS}{run('乙')}</w:ins>{run('丙')}", "甲乙丙"),
    "删去的字": (f"{run('甲')}{GONE}{run('丙')}", "甲丙"),
    "插入后又删去": (f"{run('甲')}{INS}{GONE}</w:ins>", "甲"),
    "移来的字": (f"{run('甲')}<w:moveTo {BY}>{run('乙')}</w:moveTo>", "甲乙"),
    "移走的字": (f"{run('甲')}<w:moveFrom {BY}>{run('乙')}</w:moveFrom>", "甲"),
    "改了格式": (run("甲", f"<w:b/><w:rPrChange {BY}><w:rPr/></w:rPrChange>"), "甲"),
    "插入的段": (paragraph("甲") + paragraph(f"{INS}{run('乙')}</w:ins>", f"<w:rPr><w:ins {BY}/></w:rPr>"), "甲\n乙"),
    "删去的段": (paragraph("甲") + paragraph(GONE, MARK_GONE) + paragraph("丙"), "甲\n丙"),
    "删去段落标记": (paragraph("甲", MARK_GONE) + paragraph("乙", MARK_GONE) + paragraph("丙"), "甲乙丙"),
    "控件在字外": (paragraph(CONTROL.format(run("甲")) + run("乙")), "甲乙"),
    "控件套控件": (paragraph(CONTROL.format(CONTROL.format(run("甲")))), "甲"),
    "控件在段外": (paragraph("甲") + CONTROL.format(paragraph("乙")) + paragraph("丙"), "甲\n乙\n丙"),
    "控件里的插入": (paragraph(CONTROL.format(f"{INS}{run('甲')}</w:ins>")), "甲"),
    "删去控件前的段落标记": (paragraph("甲", MARK_GONE) + CONTROL.format(paragraph("乙")), "甲乙"),
    "智能标记": (f"<w:smartTag w:element='date'><w:smartTagPr/>{run('甲')}</w:smartTag>{run('乙')}", "甲乙"),
    "自定义标记": (paragraph(f"<w:customXml w:element='x'>{run('甲')}</w:customXml>"), "甲"),
    "自定义标记在段外": (f"<w:customXml w:element='x'>{paragraph('甲')}{paragraph('乙')}</w:customXml>", "甲\n乙"),
    "超链接": (f'<w:hyperlink w:anchor="x">{run("甲")}</w:hyperlink>{run("乙")}', "甲乙"),
    "简单域": (f'<w:fldSimple w:instr=" REF x ">{run("甲")}</w:fldSimple>{run("乙")}', "甲乙"),
    "域的结果": (BEGIN + instruction("REF x") + SEPARATE + run("甲") + END + run("乙"), "甲乙"),
    "域套在域的指令里": (
        BEGIN
        + instruction("IF")
        + BEGIN
        + instruction("REF y")
        + SEPARATE
        + run("错")
        + END
        + instruction("= 1")
        + SEPARATE
        + run("甲")
        + END,
        "甲",
    ),
    "没有结束的域": (run("甲") + BEGIN + run("乙"), "甲乙"),
    "跨段的域": (
        paragraph(BEGIN + instruction("TOC") + SEPARATE + run("甲")) + paragraph("乙") + paragraph(run("丙") + END),
        "甲\n乙\n丙",
    ),
    "下拉框": (
        '<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:ddList><w:result w:val="1"/><w:listEntry w:val="甲"/>'
        f'<w:listEntry w:val="乙"/></w:ddList></w:ffData></w:fldChar></w:r>{instruction("FORMDROPDOWN")}{END}',
        "乙",
    ),
    "带圈字符": (BEGIN + instruction(r"eq \o\ac(○,3)") + END + run("照片"), "③照片"),
    "拼音指南的域": (BEGIN + instruction(r'EQ \* jc2 \* "Font:宋体" \* hps10 \o\ad(\s\up 9(zì),字)') + END, "字"),
    "拼音指南": (
        f"<w:r><w:ruby><w:rubyPr/><w:rt>{run('zì')}</w:rt><w:rubyBase>{run('字')}</w:rubyBase></w:ruby></w:r>",
        "字",
    ),
    "文本框只读一次": (run("甲") + box("框里") + run("乙"), "甲乙\n框里"),
    "段里只有文本框": (box("框里"), "框里"),
    "制表符和换行": (
        "<w:r><w:t>甲</w:t><w:tab/><w:t>乙</w:t><w:br/><w:t>丙</w:t><w:cr/><w:t>丁</w:t></w:r>",
        "甲\t乙\n丙\n丁",
    ),
    "连字符": ("<w:r><w:t>甲</w:t><w:noBreakHyphen/><w:t>乙</w:t><w:softHyphen/><w:t>丙</w:t></w:r>", "甲-乙丙"),
    "符号": ('<w:r><w:sym w:font="Wingdings" w:char="F0FC"/><w:t>甲</w:t></w:r>', "✓甲"),
    "公式": ("<m:oMath><m:r><m:t>x</m:t></m:r></m:oMath>" + run("甲"), "x甲"),
    "格里的表": (paragraph("甲") + table(row("乙", "丙"), row("丁", "戊")) + paragraph("己"), "甲\n乙\t丙\n丁\t戊\n己"),
    "隐藏的字": (run("甲") + run("藏", "<w:vanish/>") + run("乙", '<w:vanish w:val="0"/>'), "甲乙"),
    "不认识的元素": (f"<w:bdo w:val='ltr'>{run('甲')}</w:bdo><x xmlns='urn:x'>{run('乙')}</x>", "甲乙"),
    "从右到左": (f"<w:dir w:val='rtl'>{run('甲')}</w:dir>", "甲"),
}


@pytest.mark.parametrize("name", CELLS)
def test_cell_is_read_as_a_reader_sees_it(tmp_path: Path, name: str) -> None:
    content, seen = CELLS[name]
    path = write_word(tmp_path / "a.docx", table(row(cell(content if content else ""))))
    [read] = [each for each in word_text.read_word(path.read_bytes()).tables if each.inside is None]
    assert read.rows == ((seen,),)


ROWS = {
    "删去的行": (row("甲"), row("旧", properties=f"<w:del {BY}/>"), row("乙"), [["甲"], ["乙"]]),
    "插入的行": (row("甲"), row("新", properties=f"<w:ins {BY}/>"), [["甲"], ["新"]]),
    "删去的格": (row("甲", cell("旧", f"<w:cellDel {BY}/>"), "乙"), [["甲", "乙"]]),
    "插入的格": (row("甲", cell("新", f"<w:cellIns {BY}/>")), [["甲", "新"]]),
    "控件在行外": (row("甲"), CONTROL.format(row("乙")), [["甲"], ["乙"]]),
    "控件在格外": (row("甲", "<w:sdt><w:sdtContent>" + cell("乙") + "</w:sdtContent></w:sdt>"), [["甲", "乙"]]),
    "横向合并": (
        row(cell("甲", '<w:gridSpan w:val="2"/>'), "乙"),
        row("丙", "丁", "戊"),
        [["甲", "", "乙"], ["丙", "丁", "戊"]],
    ),
    "纵向合并": (
        row(cell("甲", '<w:vMerge w:val="restart"/>'), "乙"),
        row(cell("", "<w:vMerge/>"), "丙"),
        [["甲", "乙"], ["甲", "丙"]],
    ),
    "旧式横向合并": (
        row(cell("甲", '<w:hMerge w:val="restart"/>'), cell("", "<w:hMerge/>"), "乙"),
        [["甲", "", "乙"]],
    ),
    "行首空着": (row("甲", "乙"), row("丙", properties='<w:gridBefore w:val="1"/>'), [["甲", "乙"], ["", "丙"]]),
}


@pytest.mark.parametrize("name", ROWS)
def test_rows_are_read_as_a_reader_sees_them(tmp_path: Path, name: str) -> None:
    *rows, seen = ROWS[name]
    path = write_word(tmp_path / "a.docx", table(*map(str, rows)))
    [read] = word_text.read_word(path.read_bytes()).tables
    assert [list(each) for each in read.rows] == seen


def test_hidden_text_is_named(tmp_path: Path) -> None:
    styles = '<w:style w:type="character" w:styleId="藏"><w:rPr><w:vanish/></w:rPr></w:style>'
    styles += '<w:style w:type="character" w:styleId="也藏"><w:basedOn w:val="藏"/></w:style>'
    body = paragraph(run("一") + run("二", '<w:rStyle w:val="也藏"/>')) + table(
        row("三"), row("四", properties="<w:hidden/>")
    )
    read = word_text.read_word(write_word(tmp_path / "a.docx", body, {"styles": styles}).read_bytes())
    assert sorted(read.hidden) == ["二", "四"]
    assert read.paragraphs == (("第1段", "一"),)
    assert read.tables[0].rows == (("三",),)


def test_notes_comments_and_changes_are_counted(tmp_path: Path) -> None:
    notes = f'<w:footnote w:type="separator" w:id="-1">{paragraph("线")}</w:footnote>'
    notes += f'<w:footnote w:id="1">{paragraph("注")}</w:footnote>'
    parts = {"footnotes": notes, "comments": f'<w:comment w:id="1">{paragraph("批")}</w:comment>'}
    body = paragraph(f"{INS}{run('甲')}</w:ins>")
    read = word_text.read_word(write_word(tmp_path / "a.docx", body, parts).read_bytes())
    assert read.paragraphs == (("第1段", "甲"), ("脚注", "注"))
    assert (read.changed, read.comments) == (True, 1)


def test_strict_file_is_read(tmp_path: Path) -> None:
    path = write_word(tmp_path / "a.docx", table(row("甲")))
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    usual = b"http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    with zipfile.ZipFile(path, "w") as package:
        for name, xml in parts.items():
            package.writestr(name, xml.replace(usual, b"http://purl.oclc.org/ooxml/wordprocessingml/main"))
    assert word_text.read_word(path.read_bytes()).tables[0].rows == (("甲",),)


def test_accepted_file_opens_and_has_no_change(tmp_path: Path) -> None:
    body = paragraph(f"{run('甲')}{GONE}{INS}{run('乙')}</w:ins>") + table(
        row("丙", properties=f"<w:del {BY}/>"), row("丁")
    )
    path = write_word(tmp_path / "a.docx", body)
    accepted = word_text.accept_all(path.read_bytes())
    assert accepted is not None
    path.write_bytes(accepted)
    document = Document(str(path))
    assert [each.text for each in document.paragraphs] == ["甲乙"]
    assert [[each.text for each in line.cells] for line in document.tables[0].rows] == [["丁"]]
    assert word_text.accept_all(accepted) is None
    assert not word_text.has_changes(path)


@pytest.mark.parametrize("path", sorted((make.TEMPLATES / "docx").glob("*.docx")), ids=lambda path: path.stem)
def test_files_of_word_read_like_another_library_reads_them(path: Path) -> None:
    read = word_text.read_word(path.read_bytes())
    document = Document(str(path))
    expected = [[cell.text.strip() for cell in line.cells] for each in document.tables for line in each.rows]
    found = [list(line) for each in read.tables if each.inside is None for line in each.rows]
    flat = {word for line in found for word in line if word}
    assert {word for line in expected for word in line if word} <= flat or any("\t" in word for word in flat)
    body = [text for place, text in read.paragraphs if place.startswith("第")]
    assert body == [each.text for each in document.paragraphs if each.text.strip()]


PIECES = st.lists(
    st.tuples(st.sampled_from("甲乙丙丁"), st.sampled_from(["字", "插", "删", "控", "移来", "移走", "链"])), max_size=12
)


@settings(max_examples=50, deadline=None)
@given(PIECES)
def test_any_mixture_of_runs_keeps_what_is_seen(pieces: list[tuple[str, str]]) -> None:
    wraps = {
        "字": "{}", "插": f"{INS}{{}}</w:ins>", "控": CONTROL, "移来": f"<w:moveTo {BY}>{{}}</w:moveTo>",
        "移走": f"<w:moveFrom {BY}>{{}}</w:moveFrom>", "链": "<w:hyperlink>{}</w:hyperlink>",
    }  # fmt: skip
    inside = "".join(
        f"{DEL}<w:r><w:delText>{words}</w:delText></w:r></w:del>" if how == "删" else wraps[how].format(run(words))
        for words, how in pieces
    )
    buffer = io.BytesIO()
    write_word(buffer, paragraph(f"<w:bookmarkStart w:id='0' w:name='x'/>{inside}"))
    seen = "".join(words for words, how in pieces if how not in ("删", "移走"))
    assert "".join(text for _, text in word_text.read_word(buffer.getvalue()).paragraphs) == seen


def test_many_deleted_paragraphs_take_no_quadratic_time(tmp_path: Path) -> None:
    body = paragraph(f"{run('甲')}{GONE}", MARK_GONE) * 20_000 + paragraph("终")
    content = write_word(tmp_path / "a.docx", body).read_bytes()
    began = time.process_time()
    [(_, text)] = word_text.read_word(content).paragraphs
    assert text == "甲" * 20_000 + "终"
    assert time.process_time() - began < 20


# ---- automatic numbers


def levels(*patterns: tuple[str, str], extra: str = "") -> str:
    """Return the levels of a list: format and pattern of each."""
    return "".join(
        f'<w:lvl w:ilvl="{at}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/>{extra}'
        f'<w:lvlText w:val="{pattern}"/></w:lvl>'
        for at, (kind, pattern) in enumerate(patterns)
    )


def numbering(*lists: str, overrides: str = "") -> str:
    """Return a numbering part; the list with the number n is the n-th; one more shares the first with overrides."""
    abstract = "".join(f'<w:abstractNum w:abstractNumId="{at}">{each}</w:abstractNum>' for at, each in enumerate(lists))
    numbers = "".join(f'<w:num w:numId="{at + 1}"><w:abstractNumId w:val="{at}"/></w:num>' for at in range(len(lists)))
    more = f'<w:num w:numId="9"><w:abstractNumId w:val="0"/>{overrides}</w:num>' if overrides else ""
    return abstract + numbers + more


def item(words: str, level: int = 0, number: int = 1) -> str:
    """Return a paragraph of a list."""
    return paragraph(words, f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>')


def numbered(folder: Path, body: str, definition: str, styles: str = "") -> list[str]:
    parts = {"numbering": definition, **({"styles": styles} if styles else {})}
    path = write_word(folder / "a.docx", body, parts)
    return [text for _, text in word_text.read_word(path.read_bytes()).paragraphs]


RESTART = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>'
TWO = levels(("decimal", "%1."), ("decimal", "%1.%2"))
LISTS = {
    "数字": (item("甲") + item("乙"), numbering(levels(("decimal", "%1."))), ["1. 甲", "2. 乙"]),
    "中文": (item("甲") + item("乙"), numbering(levels(("chineseCounting", "（%1）"))), ["（一） 甲", "（二） 乙"]),
    "第几条": (item("甲"), numbering(levels(("chineseCountingThousand", "第%1条"))), ["第一条 甲"]),
    "带圈": (item("甲") + item("乙"), numbering(levels(("decimalEnclosedCircleChinese", "%1"))), ["① 甲", "② 乙"]),
    "全角": (item("甲"), numbering(levels(("decimalFullWidth", "%1、"))), ["１、 甲"]),
    "大写字母": (item("甲") + item("乙"), numbering(levels(("upperLetter", "%1)"))), ["A) 甲", "B) 乙"]),
    "罗马": (item("甲") * 4, numbering(levels(("upperRoman", "%1."))), ["I. 甲", "II. 甲", "III. 甲", "IV. 甲"]),
    "没有间隔": (
        item("甲"),
        numbering(levels(("decimal", "%1."), extra='<w:suff w:val="nothing"/>')),
        ["1.甲"],
    ),
    "中间有普通段落": (item("甲") + paragraph("续") + item("乙"), numbering(TWO), ["1. 甲", "续", "2. 乙"]),
    "两级": (
        item("甲") + item("乙", 1) + item("丙", 1) + item("丁") + item("戊", 1),
        numbering(TWO),
        ["1. 甲", "1.1 乙", "1.2 丙", "2. 丁", "2.1 戊"],
    ),
    "没有上级": (item("甲", 1), numbering(TWO), ["1.1 甲"]),
    "重新开始": (
        item("甲") + item("乙") + item("丙", 0, 9),
        numbering(TWO, overrides=RESTART),
        ["1. 甲", "2. 乙", "1. 丙"],
    ),
    "接着编": (item("甲") + item("乙", 0, 9), numbering(TWO, overrides=" "), ["1. 甲", "2. 乙"]),
    "两个列表": (item("甲") + item("乙", 0, 2), numbering(TWO, TWO), ["1. 甲", "1. 乙"]),
    "项目符号": (
        item("甲"),
        numbering(levels(("bullet", "\uf06c"), extra='<w:rPr><w:rFonts w:ascii="Wingdings"/></w:rPr>')),
        ["● 甲"],
    ),
    "取消编号": (item("甲") + item("乙", 0, 0) + item("丙"), numbering(TWO), ["1. 甲", "乙", "2. 丙"]),
    "空段不显示": (item("甲") + item("") + item("丙"), numbering(TWO), ["1. 甲", "3. 丙"]),
    "不编号的一级": (item("甲"), numbering(levels(("none", ""))), ["甲"]),
    "法定数字": (
        item("甲") + item("乙", 1),
        numbering(levels(("chineseCounting", "%1、"), ("decimal", "%1.%2"), extra="<w:isLgl/>")),
        ["1、 甲", "1.1 乙"],
    ),
    "删去的段不算": (
        item("甲") + paragraph(GONE, f'<w:numPr><w:numId w:val="1"/></w:numPr>{MARK_GONE}') + item("乙"),
        numbering(TWO),
        ["1. 甲", "2. 乙"],
    ),
}


@pytest.mark.parametrize("name", LISTS)
def test_automatic_numbers_are_read_as_shown(tmp_path: Path, name: str) -> None:
    body, definition, seen = LISTS[name]
    assert numbered(tmp_path, body, definition) == seen


def test_numbers_of_a_paragraph_style_are_read(tmp_path: Path) -> None:
    link = '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>'
    styles = f'<w:style w:type="paragraph" w:styleId="条">{link}</w:style>'
    styles += '<w:style w:type="paragraph" w:styleId="细条"><w:basedOn w:val="条"/></w:style>'
    body = paragraph("甲", '<w:pStyle w:val="条"/>') + paragraph("乙", '<w:pStyle w:val="细条"/>')
    assert numbered(tmp_path, body, numbering(TWO), styles) == ["1. 甲", "2. 乙"]


@pytest.mark.parametrize(
    ("kind", "count", "shown"),
    [
        ("chineseCounting", 10, "十"), ("chineseCounting", 11, "十一"), ("chineseCounting", 20, "二十"),
        ("chineseCounting", 35, "三十五"), ("chineseLegalSimplified", 10, "壹拾"), ("lowerLetter", 27, "aa"),
        ("lowerRoman", 9, "ix"), ("ideographTraditional", 3, "丙"), ("decimalZero", 7, "07"), ("unknown", 7, "7"),
        ("decimalEnclosedCircle", 21, "21"), ("decimalEnclosedParen", 2, "⑵"), ("ideographDigital", 10, "一〇"),
    ],
)  # fmt: skip
def test_number_formats(kind: str, count: int, shown: str) -> None:
    assert word_numbers.format_number(count, Level(format=kind)) == shown
