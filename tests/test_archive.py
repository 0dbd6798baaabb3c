"""End to end: from the inputs folder to a bound volume, read back."""

import json
import re
import shutil
from collections import Counter
from pathlib import Path
from threading import Event, Thread

import pypdfium2
import pytest
from docx import Document
from openpyxl import load_workbook
from pypdf import PdfReader

from paperwork import office, proof
from paperwork.build import VOLUME, Archive
from paperwork.faults import ExitCode, Stop
from tests import make
from tests.conftest import bind
from tests.test_office import kill_all

TEMPLATES = make.ROOT / "templates"


def manifest(archive: Archive) -> dict[str, list[dict[str, object]]]:
    """The manifest of an archive."""
    data: dict[str, list[dict[str, object]]] = json.loads((archive.folder / "manifest.json").read_text("utf-8"))
    return data


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def text_of(path: Path) -> str:
    """All words of a PDF, by a third library."""
    document = pypdfium2.PdfDocument(path)
    return "\n".join(page.get_textpage().get_text_bounded() for page in document)


def test_contents_bookmark_label_number_and_manifest_agree_for_every_item(sample: Archive) -> None:
    path = sample.folder / VOLUME
    items = manifest(sample)["items"]
    found = proof.items(path)
    assert [each.title for each in found] == [item["title"] for item in items]
    for item, seen in zip(items, found, strict=True):
        assert str(item["start"]) == seen.bookmark_number == seen.label == seen.printed
    assert proof.contents_links(path) == [each.bookmark_page for each in found]
    # The printed contents, read as words: number, …, title, date, page.
    front = "".join(text_of(path).split("\x0c")[:1])
    for item in items:
        assert re.search(rf"\b{item['start']}\b", front)


def test_every_page_of_the_items_bears_the_next_number(sample: Archive) -> None:
    reader = PdfReader(sample.folder / VOLUME)
    numbered = [place for place, label in enumerate(reader.page_labels) if label.isdigit()]
    assert [proof.printed_number(reader, place) for place in numbered] == [
        str(number) for number in range(1, sample.pages + 1)
    ]
    outside = [label for label in reader.page_labels if not label.isdigit()]
    assert {label.split("-")[0] for label in outside} == {"封面", "目录", "备考表"}


def test_nothing_that_should_not_be_printed_is_printed(sample: Archive) -> None:
    words = text_of(sample.folder / VOLUME)
    for bad in ("{{", "{%", "None", "nan", "Undefined", "｛｛"):
        assert bad not in words


def test_sample_data_are_marked_on_every_page_made_from_them(sample: Archive) -> None:
    document = pypdfium2.PdfDocument(sample.folder / VOLUME)
    scanned = sum(int(str(item["pages"])) - 1 for item in manifest(sample)["items"] if item["form"] == "附件隔页")
    unmarked = [n for n, page in enumerate(document) if "示例数据" not in page.get_textpage().get_text_bounded()]
    assert len(unmarked) == scanned


def test_every_font_is_embedded_and_none_is_a_screen_font(sample: Archive) -> None:
    fonts = set()
    for page in PdfReader(sample.folder / VOLUME).pages:
        for font in (page["/Resources"].get("/Font") or {}).values():
            font = font.get_object()
            inner = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
            descriptor = inner["/FontDescriptor"]
            assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor), font["/BaseFont"]
            fonts.add(str(font["/BaseFont"]).split("+")[-1])
    assert not [name for name in fonts if "DejaVu" in name or "Carlito" in name]
    assert [name for name in fonts if "Fang" in name]


def test_no_ink_lies_outside_the_paper_or_on_the_binding_edge(sample: Archive) -> None:
    document = pypdfium2.PdfDocument(sample.folder / VOLUME)
    items = manifest(sample)["items"]
    own = [int(str(item["start"])) for item in items if item["form"] != "附件隔页"]
    before = len(document) - sample.pages - 1
    for number in own:
        page = document[before + number - 1]
        boxes = [each.get_bounds() for each in page.get_objects()]
        width, height = page.get_size()
        assert min(box[0] for box in boxes) >= 20 / 25.4 * 72
        assert max(box[2] for box in boxes) <= width
        assert max(box[3] for box in boxes) <= height


def test_the_samples_are_what_they_say() -> None:
    size = sum(path.stat().st_size for path in (make.ROOT / "inputs").rglob("*"))
    assert size < 20 * 2**20


def test_project_1_is_complete_and_2_and_3_are_drafts(sample: Archive) -> None:
    number = int(sample.folder.name)
    assert sample.state == ("齐备" if number == 1 else "待补稿")
    cover = PdfReader(sample.folder / VOLUME).pages[0].extract_text()
    assert ("待补稿" in cover) == (number != 1)


def test_word_files_are_numbered_as_in_the_contents(sample: Archive) -> None:
    items = manifest(sample)["items"]
    for item in items:
        path = sample.folder / str(item["file"])
        assert path.name.startswith(f"{item['no']:03}-")
        Document(str(path))


def test_the_volumes_record_says_which_font_stood_in(small: tuple[Archive, Path]) -> None:
    archive, _ = small
    words = re.sub(r"\s", "", text_of(archive.folder / VOLUME))
    stand_ins = manifest(archive)["fonts"]
    assert stand_ins
    for said in stand_ins:
        assert re.sub(r"\s", "", str(said)) in words


def test_the_same_input_gives_the_same_bytes(small: tuple[Archive, Path], tmp_path: Path) -> None:
    archive, inputs = small
    again = bind(inputs, tmp_path)
    assert snapshot(archive.folder / "word") == snapshot(again.folder / "word")
    assert manifest(archive)["items"] == manifest(again)["items"]


def test_personal_numbers_are_masked_on_paper(small: tuple[Archive, Path]) -> None:
    words = text_of(small[0].folder / VOLUME)
    assert "510399199001010016" not in words
    assert "13800000002" not in words
    assert "138******02" in words


def test_hostile_text_arrives_unharmed_in_the_pdf(tmp_path: Path) -> None:
    hostile = "&<>\"' {{ 7*7 }} {% raw %} 𬭛㛃䶮"
    inputs = make.make(tmp_path, 活动=[{"活动名称": hostile, "简报正文": "一\t二\n" + "长" * 1000}])
    words = text_of(bind(inputs, tmp_path / "out").folder / VOLUME)
    flat = re.sub(r"\s", "", words)
    assert re.sub(r"\s", "", hostile) in flat
    assert flat.count("长") >= 1000


def test_a_form_is_added_without_python(tmp_path: Path) -> None:
    """A new form is one Word file and one entry; a new column is just a column."""
    templates = tmp_path / "templates"
    shutil.copytree(TEMPLATES, templates)
    form = Document()
    form.add_paragraph("{{ 活动名称 }}的天气：{{ 天气 }}")
    form.save(str(templates / "docx" / "天气记录.docx"))
    with (templates / "forms.toml").open("a", encoding="utf-8") as declaration:
        declaration.write(
            '\n[[form]]\ntemplate = "天气记录"\nsection = "七、附件"\ntitle = "{活动名称}天气记录"\neach = "活动"\n'
        )
    inputs = make.make(tmp_path, 活动=[{"天气": "晴转多云"}, {"天气": "小雨"}])
    made = bind(inputs, tmp_path / "out", templates)
    titles = [item["title"] for item in manifest(made)["items"]]
    assert titles[-2:] == ["第1次培训天气记录", "第2次培训天气记录"]
    assert "晴转多云" in text_of(made.folder / VOLUME)


# ---- what goes wrong is told plainly, and what was there stays


@pytest.fixture
def standing(tmp_path: Path, small: tuple[Archive, Path]) -> tuple[Path, Path, dict[str, bytes]]:
    """A copy of the good inputs, an outputs folder with an archive in it, and what that archive holds."""
    inputs, outputs = tmp_path / "inputs", tmp_path / "outputs"
    shutil.copytree(small[1], inputs)
    shutil.copytree(small[0].folder, outputs / "1")
    return inputs, outputs, snapshot(outputs)


def refused(inputs: Path, outputs: Path, templates: Path = TEMPLATES) -> Stop:
    """Make the archive; it must be refused."""
    with pytest.raises(Stop) as stop:
        bind(inputs, outputs, templates)
    return stop.value


@pytest.mark.parametrize("break_it", ["missing", "unknown", "broken"])
def test_a_bad_template(standing: tuple[Path, Path, dict[str, bytes]], tmp_path: Path, break_it: str) -> None:
    inputs, outputs, before = standing
    templates = tmp_path / "templates"
    shutil.copytree(TEMPLATES, templates)
    path = templates / "docx" / "活动方案.docx"
    if break_it == "missing":
        path.unlink()
    else:
        document = Document(str(path))
        document.add_paragraph("{{ 地点点 }}" if break_it == "unknown" else "{{ 地点")
        document.save(str(path))
    stop = refused(inputs, outputs, templates=templates)
    assert stop.code is ExitCode.FAULTY
    assert any("活动方案.docx" in str(fault.where) for fault in stop.faults)
    assert snapshot(outputs) == before


def test_an_unreadable_workbook(standing: tuple[Path, Path, dict[str, bytes]]) -> None:
    inputs, outputs, before = standing
    (inputs / "项目1" / "项目数据.xlsx").write_bytes(b"PK\x03\x04 broken")
    stop = refused(inputs, outputs)
    assert stop.code is ExitCode.FAULTY
    assert [fault.where.file for fault in stop.faults] == ["项目1/项目数据.xlsx"]
    assert snapshot(outputs) == before


@pytest.mark.parametrize(
    ("name", "content", "place"),
    [
        ("照片/HD-01/01 现场.jpg", b"no photo", "照片/HD-01/01 现场.jpg"),
        ("视频/HD-01/小视频.mp4", b"no film", "视频/HD-01/小视频.mp4"),
        ("附件/审计.pdf", b"no pdf", "附件!C3"),
        ("附件/审计.pdf", None, "附件!C3"),
    ],
)
def test_a_file_that_cannot_be_opened(
    standing: tuple[Path, Path, dict[str, bytes]], name: str, content: bytes | None, place: str
) -> None:
    inputs, outputs, before = standing
    path = inputs / "项目1" / name
    path.unlink() if content is None else path.write_bytes(content)
    stop = refused(inputs, outputs)
    assert stop.code is ExitCode.FAULTY
    [fault] = [fault for fault in stop.faults if fault.level == "错误"]
    assert place in str(fault.where)
    assert fault.mend
    assert snapshot(outputs) == before


def test_a_missing_photo_is_a_gap_and_the_volume_a_draft(standing: tuple[Path, Path, dict[str, bytes]]) -> None:
    inputs, outputs, _ = standing
    (inputs / "项目1" / "照片" / "HD-02" / "01 现场.jpg").unlink()
    made = bind(inputs, outputs)
    assert made.state == "待补稿"
    assert [(str(fault.where), fault.level) for fault in made.faults] == [("项目1/项目数据.xlsx · 活动!A3", "缺件")]


def test_a_final_volume_is_refused_while_anything_is_missing(standing: tuple[Path, Path, dict[str, bytes]]) -> None:
    inputs, outputs, before = standing
    shutil.rmtree(inputs / "项目1" / "视频" / "HD-02")
    with pytest.raises(Stop) as stop:
        bind(inputs, outputs, final=True)
    assert stop.value.code is ExitCode.REFUSED
    assert snapshot(outputs) == before


def test_an_activity_code_with_a_slash_is_only_a_code(standing: tuple[Path, Path, dict[str, bytes]]) -> None:
    inputs, outputs, _ = standing
    path = inputs / "项目1" / "项目数据.xlsx"
    book = load_workbook(path)
    book["活动"]["A2"] = "../../HD/01"
    book.save(path)
    assert {fault.wrong for fault in bind(inputs, outputs).faults} == {
        "活动 ../../HD/01 有 0 张照片，至少要 2 张",
        "活动 ../../HD/01 没有小视频",
    }


def test_libreoffice_killed_in_mid_run(standing: tuple[Path, Path, dict[str, bytes]]) -> None:
    inputs, outputs, before = standing
    ended = Event()
    killer = Thread(target=kill_all, args=(str(outputs), ended))
    killer.start()
    try:
        stop = refused(inputs, outputs)
    finally:
        ended.set()
        killer.join()
    assert stop.code is ExitCode.FAILED
    assert "LibreOffice" in stop.wrong
    assert snapshot(outputs) == before


def test_libreoffice_killed_once_is_started_again(standing: tuple[Path, Path, dict[str, bytes]]) -> None:
    inputs, outputs, _ = standing
    once = Event()
    killer = Thread(target=kill_all, args=(str(outputs), once))
    killer.start()
    killer.join(4)
    once.set()
    assert bind(inputs, outputs).items == 21


def test_bad_cells_stop_the_archive_with_all_faults(tmp_path: Path) -> None:
    inputs = make.make(tmp_path, 活动=[{"地点": ""}, {"开始日期": "2022-13-01"}], 督导=[{"督导人": ""}])
    stop = refused(inputs, tmp_path / "out")
    assert stop.code is ExitCode.FAULTY
    assert {str(fault.where).split(" · ")[1] for fault in stop.faults if fault.level == "错误"} == {
        "活动!G2",
        "活动!E3",
        "督导!D2",
    }
    assert not (tmp_path / "out" / "1").exists()


def test_the_dropped_workbook_is_never_changed(small: tuple[Archive, Path]) -> None:
    path = small[1] / "项目1" / "项目数据.xlsx"
    assert load_workbook(path)["活动"]["A2"].value == "HD-01"
    assert Counter(path.name for path in path.parent.iterdir()) == Counter(["项目数据.xlsx", "照片", "视频", "附件"])


def test_libreoffice_is_there() -> None:
    """The tests print for real; without LibreOffice they must fail, not be skipped."""
    assert office.program()
