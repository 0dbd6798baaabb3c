"""What the data say stands on the page: scripts, emoji and rare characters, from the cell to the finished files."""

import json
from collections.abc import Iterator
from pathlib import Path
from unicodedata import normalize

import pypdfium2
import pytest
from docx import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from paperwork.build.project import BuildResult
from paperwork.checks import check
from paperwork.core.faults import Level, Stop
from paperwork.formats.office import coverage
from paperwork.formats.pdf import shared_fonts
from paperwork.volume import readback
from tests import cases, make
from tests.conftest import bind

SCRIPTS = {
    "བཀྲ་ཤིས": "藏文", "ئايگۈل": "维吾尔文", "ᠮᠣᠩᠭᠣᠯ": "蒙古文", "한국어": "朝鲜文", "ᥖᥭᥰ": "傣哪文", "ᦟᦹᧉ": "傣仂文",
    "ꆈꌠꁱꂷ": "彝文", "Vahcuengh Ƽ": "壮文", "ꓡꓲꓢꓴ": "傈僳文", "王𰻞": "扩展G", "李𬱖": "扩展F",
    "张𠅤": "扩展B", "赵𤧛": "扩展B", "龚䶮": "扩展A", "朱镕堃喆": "GBK", "ภาษา": "泰文",
    "हिन्दी": "印地文", "José": "西文", "q̃e̊": "组合符",
    "👍🏻🎈🧧": "表情", "㊣㎡⑪✓☒": "符号",
}  # fmt: skip
"""Names of people in the roster and where they come from."""
BODY = "༄༅།།བོད་ཡིག་ནི།\n大家都很开心😀👨\u200d👩\u200d👧\u200d👦❤\ufe0f。\n\uf06c第一项\n\uf0d8第二项\uf0fc"
LONG = "Llanfairpwllgwyngyll" * 30


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> BuildResult:
    """Build an archive whose data are full of rare characters."""
    folder = tmp_path_factory.mktemp("characters")
    roster = [{"类别": "培育组织", "姓名或名称": name, "所属单位": origin} for name, origin in SCRIPTS.items()]
    inputs = make.make(
        folder,
        名册=roster,
        活动=[{"活动名称": "六一❤️亲子日🎈", "简报标题": "朵朵𬱖" * 100, "简报正文": BODY, "地点": LONG}],
        基本信息={"机构（问题）": "组联部𰻞", "承接单位": "自贡市𠅤社会工作服务中心"},
        支出=[{"摘要": "拨款㊣"}],
    )
    shot = inputs / "项目1" / "照片" / "HD-01" / "01 现场.jpg"
    shot.rename(shot.with_name("01 བོད་ཡིག𤧛.jpg"))
    return bind(inputs, folder / "outputs")


def pages(path: Path) -> Iterator[str]:
    """Yield the text of each page in NFKC."""
    with pypdfium2.PdfDocument(path) as document:
        for page in document:
            yield normalize("NFKC", page.get_textpage().get_text_range())


def has_all(text: str, words: str) -> bool:
    """Return True if a page shows each character of some words that has a picture."""
    return all(char in text for char in normalize("NFKC", words) if not coverage.needs_no_face(char) or char.isalnum())


def test_every_name_stands_in_the_roster(archive: BuildResult) -> None:
    text = "".join(page for page in pages(archive.folder / "项目档案.pdf") if "姓名或名称" in page).replace(" ", "")
    for name, origin in SCRIPTS.items():
        assert has_all(text, name), name
        assert origin in text


def test_text_of_a_brief_stands_on_its_page(archive: BuildResult) -> None:
    volume = list(pages(archive.folder / "项目档案.pdf"))
    [first] = [number for number, page in enumerate(volume) if "大家都很开心" in page]
    text = "".join(volume[first : first + 2])
    assert has_all(text, BODY.replace("\uf06c", "●").replace("\uf0d8", "➢").replace("\uf0fc", "✓"))
    assert "●第一项" in text.replace(" ", "")
    assert has_all(text, "བོད་ཡིག𤧛")  # the caption of a photo is the name of its file


def test_long_titles_and_words_are_whole(archive: BuildResult) -> None:
    text = "".join("".join(pages(archive.folder / "项目档案.pdf")).split())
    assert "朵朵𬱖" * 100 in text or text.count("𬱖") >= 100
    assert text.count("Llanfair") >= 30


def test_volume_is_pdf_a_and_bookmarks_hold_the_titles(archive: BuildResult) -> None:
    assert archive.archival.findings == ()
    titles = [item.title for item in readback.items(archive.folder / "项目档案.pdf")]
    assert any("六一❤️亲子日🎈" in title for title in titles)
    manifest = json.loads((archive.folder / "manifest.json").read_text("utf-8"))
    assert "六一❤️亲子日🎈" in json.dumps(manifest, ensure_ascii=False)


@pytest.mark.parametrize("name", ["项目档案.pdf", "打印版.pdf", "脊背与盒签.pdf"])
def test_no_character_is_a_box(archive: BuildResult, name: str) -> None:
    assert shared_fonts.undrawn_texts(archive.folder / name) == []


def test_labels_show_rare_characters(archive: BuildResult) -> None:
    text = "".join(pages(archive.folder / "脊背与盒签.pdf"))
    assert text.count("𰻞") >= 2  # spine and front of the box


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("c02-scripts", ("བོད་ཡིག", "ئۇيغۇرچە", "ᠮᠣᠩᠭᠣᠯ", "한국어", "ᥖᥭᥰ", "Ƽƽ", "ئايگۈل", "བཀྲ་ཤིས")),
        ("c03-emoji", ("六一❤️亲子日🎈", "😀👨\u200d👩\u200d👧\u200d👦👍🏻", "㈠㊣✓✔☑")),
    ],
)
def test_published_cases_are_printed_whole(name: str, wanted: tuple[str, ...], tmp_path: Path) -> None:
    inputs, templates = cases.lay(tmp_path, name)
    made = bind(inputs, tmp_path / "outputs", templates)
    assert made.state == check.COMPLETE
    assert made.archival.findings == ()
    text = "".join(pages(made.folder / "项目档案.pdf"))
    assert all(has_all(text, words) for words in wanted)


def test_private_character_is_the_one_fault_of_its_case(tmp_path: Path) -> None:
    inputs, templates = cases.lay(tmp_path, "c04-rare")
    checked = check.examine(1, inputs, make.LATER, templates)
    [fault] = [fault for fault in checked.faults if fault.level is Level.ERROR]
    assert str(fault.where) == "项目1/项目数据.xlsx · 活动!R2"
    assert "U+E863" in fault.wrong
    assert "䶮" in fault.mend
    [activity, _] = checked.project.activities
    assert activity.brief.startswith("一级项目符号：●第一项\n➢第二项")
    with pytest.raises(Stop) as stop:
        bind(inputs, tmp_path / "outputs", templates)
    assert fault in stop.value.faults


def spoilt(folder: Path, xml: str) -> Path:
    """Return templates of which 活动简报 begins with some XML; only it is declared."""
    templates = make.forms(folder, ["活动简报"])
    path = templates / "docx" / "活动简报.docx"
    document = Document(str(path))
    document.element.body.insert(0, parse_xml(xml.replace("<w:p>", f"<w:p {nsdecls('w')}>", 1)))
    document.save(str(path))
    return templates


def test_text_that_a_template_cuts_off_refuses_the_archive_each_time(tmp_path: Path) -> None:
    box = '<v:rect style="position:absolute;width:60pt;height:20pt"><v:textbox><w:txbxContent><w:p><w:r><w:t>'
    end = "</w:t></w:r></w:p></w:txbxContent></v:textbox></v:rect></w:pict></w:r></w:p>"
    start = '<w:p><w:r><w:pict xmlns:v="urn:schemas-microsoft-com:vml">'
    templates = spoilt(tmp_path, f"{start}{box}{{{{ 活动目的 }}}}{end}")
    words = "".join(f"第{number}句话。" for number in range(30))
    inputs = make.make(tmp_path, 活动=[{"活动目的": words}])
    for _ in range(2):  # a document with a loss is never taken from the cache as sound
        with pytest.raises(Stop) as stop:
            bind(inputs, tmp_path / "outputs", templates)
        errors = [fault for fault in stop.value.faults if fault.level is Level.ERROR]
        assert {fault.where.cell for fault in errors} == {"L2", "L3"}
        assert any("第1次培训顺利举行（活动简报）”印出来以后少了“句话。第1句话。" in fault.wrong for fault in errors)
    assert not (tmp_path / "outputs" / "1" / "项目档案.pdf").exists()


def test_private_character_in_a_template_names_the_document(tmp_path: Path) -> None:
    templates = spoilt(tmp_path, "<w:p><w:r><w:t>固定的字\ue123</w:t></w:r></w:p>")
    with pytest.raises(Stop) as stop:
        bind(make.make(tmp_path), tmp_path / "outputs", templates)
    errors = [fault for fault in stop.value.faults if fault.level is Level.ERROR]
    assert errors
    assert all("活动简报" in str(fault.where) and "U+E123" in fault.wrong for fault in errors)
