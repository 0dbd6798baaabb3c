"""The three sample projects of the repository, end to end: each archive is built once and read back."""

import json
import re
from pathlib import Path

import pypdfium2
import pytest
from docx import Document
from docx.oxml.ns import qn
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from paperwork.build.project import BuildResult
from paperwork.checks import check
from paperwork.core import text
from paperwork.documents.fill import SAMPLE_MARK
from paperwork.documents.proofreading import fold_words
from paperwork.formats.pdf import verapdf
from paperwork.volume import readback
from paperwork.volume.binder import VOLUME
from tests import make
from tests.build.test_project import EVIDENCE, gaps, linked_numbers, manifest, sheets_of_paper, squeezed, text_of
from tests.readback import printed_number


def text_under(path: Path, label: str) -> str:
    """Return the text of the pages whose label begins so."""
    document, labels = pypdfium2.PdfDocument(path), PdfReader(path).page_labels
    pages = [page for page, each in zip(document, labels, strict=True) if each.split("-")[0] == label]
    return "\n".join(page.get_textpage().get_text_bounded() for page in pages)


def text_of_label(path: Path, label: str) -> str:
    """Return the text of the page with a label."""
    page = pypdfium2.PdfDocument(path)[PdfReader(path).page_labels.index(label)]
    words: str = page.get_textpage().get_text_bounded()
    return words.replace("\r", "")


def test_contents_bookmark_label_number_and_manifest_agree_for_every_item(sample: BuildResult) -> None:
    path = sample.folder / VOLUME
    items = manifest(sample)["items"]
    found = readback.items(path)
    assert [each.title for each in found] == [item["title"] for item in items]
    for item, read_back in zip(items, found, strict=True):
        assert str(item["start"]) == read_back.bookmark_number == read_back.label == read_back.printed
    assert readback.links(path, readback.CONTENTS) == [each.bookmark_page for each in found]
    # The printed contents as text: each line has a number, …, title, date, page.
    contents = squeezed(text_under(path, "目录"))
    for item in items:
        assert squeezed(str(item["title"])) in contents, item["title"]


def test_item_pages_are_numbered_consecutively(sample: BuildResult) -> None:
    reader = PdfReader(sample.folder / VOLUME)
    numbered = [place for place, label in enumerate(reader.page_labels) if label.isdigit()]
    assert [printed_number(reader, place) for place in numbered] == [
        str(number) for number in range(1, sample.pages + 1)
    ]
    outside = [label for label in reader.page_labels if not label.isdigit()]
    own = {"封面", "目录", "对照表", "备考表"} | ({"待补清单"} if sample.state == "待补稿" else set())
    assert {label.split("-")[0] for label in outside} == own


def test_no_template_residue_is_printed(sample: BuildResult) -> None:
    words = text_of(sample.folder / VOLUME)
    for bad in ("{{", "{%", "None", "nan", "Undefined", "｛｛"):
        assert bad not in words


def test_sample_data_are_marked_on_every_page_made_from_them(sample: BuildResult) -> None:
    """Leave out only the pages of the scanned attachments, which bear a mark of their own as part of the picture."""
    labels = PdfReader(sample.folder / VOLUME).page_labels
    document = pypdfium2.PdfDocument(sample.folder / VOLUME)
    slips = [item for item in manifest(sample)["items"] if item["form"] == "附件隔页"]
    starts = [(int(str(item["start"])), int(str(item["pages"]))) for item in slips]
    scanned = [str(number) for start, pages in starts for number in range(start + 1, start + pages)]
    unmarked = [
        label for label, page in zip(labels, document, strict=True)
        if SAMPLE_MARK not in page.get_textpage().get_text_bounded()
    ]  # fmt: skip
    assert unmarked == scanned


def test_every_font_is_embedded_and_none_is_a_screen_font(sample: BuildResult) -> None:
    fonts = set()
    for page in PdfReader(sample.folder / VOLUME).pages:
        resources = page["/Resources"].get_object()
        assert isinstance(resources, DictionaryObject)
        for font in (each.get_object() for each in resources.get("/Font", {}).values()):
            inner = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
            descriptor = inner["/FontDescriptor"]
            assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor), font["/BaseFont"]
            fonts.add(str(font["/BaseFont"]).split("+")[-1])
    assert not [name for name in fonts if "DejaVu" in name or "Carlito" in name]
    assert [name for name in fonts if "Fang" in name]


@pytest.mark.usefixtures("vera")
def test_build_and_verapdf_both_confirm_pdf_a(sample: BuildResult) -> None:
    pdfa = json.loads((sample.folder / "manifest.json").read_text("utf-8"))["pdfa"]
    assert (pdfa["passed"], pdfa["findings"]) == (True, [])
    assert verapdf.validate(sample.folder / VOLUME) == []


def test_no_content_lies_outside_the_page_or_in_the_binding_margin(sample: BuildResult) -> None:
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


def test_project_1_is_complete_and_2_and_3_are_drafts(sample: BuildResult) -> None:
    number = int(sample.folder.name)
    assert sample.state == ("齐备" if number == 1 else "待补稿")
    cover = PdfReader(sample.folder / VOLUME).pages[0].extract_text()
    assert ("待补稿" in cover) == (number != 1)


def test_word_files_are_numbered_as_in_the_contents(sample: BuildResult) -> None:
    items = manifest(sample)["items"]
    for item in items:
        path = sample.folder / str(item["file"])
        assert path.name.startswith(f"{item['no']:03}-")
        Document(str(path))


def test_every_page_number_in_the_table_of_clauses_leads_to_that_page(sample: BuildResult) -> None:
    found = linked_numbers(sample.folder / VOLUME)
    assert found
    assert [shown for shown, _ in found] == [printed for _, printed in found]


def test_clause_table_manifest_and_items_agree_on_the_evidence(sample: BuildResult) -> None:
    data = json.loads((sample.folder / "manifest.json").read_text("utf-8"))
    items = {item["no"]: item for item in data["items"]}
    evidence = [
        each for clause in data["clauses"] for obligation in clause["obligations"] for each in obligation["evidence"]
    ]
    numbered = [each for each in evidence if each["no"]]
    for each in numbered:
        item = items[each["no"]]
        assert item["title"] == each["item"] and 0 <= each["page"] - item["start"] < item["pages"]
    printed = {number for number, _ in linked_numbers(sample.folder / VOLUME)}
    assert printed == {str(each["page"]) for each in numbered}


def test_volume_contains_the_text_of_every_clause(sample: BuildResult) -> None:
    words = re.sub(r"\s", "", text_of(sample.folder / VOLUME))
    clauses = json.loads((sample.folder / "manifest.json").read_text("utf-8"))["clauses"]
    for clause in clauses:
        for part in filter(None, re.split("[，。；、：]", re.sub(r"\s", "", clause["text"]))):
            assert part in words, part
    published = [clause for clause in clauses if clause["source"] == "相关要求"]
    assert [clause["no"] for clause in published] == list(range(1, len(published) + 1))


def test_every_cited_page_shows_what_it_is_cited_for(sample: BuildResult) -> None:
    """Read the pages with pypdf, which neither wrote them nor chose them."""
    reader = PdfReader(sample.folder / VOLUME)
    clauses = json.loads((sample.folder / "manifest.json").read_text("utf-8"))["clauses"]
    checked = check.examine(int(sample.folder.name), make.ROOT / "inputs", make.LATER, make.TEMPLATES)
    shown: dict[int, str] = {}
    proven = 0
    duties = [duty for answer in checked.answers for duty in answer.judged]
    written = [duty for clause in clauses for duty in clause["obligations"]]
    for duty, entry in zip(duties, written, strict=True):
        assert duty.obligation.words == entry["words"]
        for evidence in duty.evidence:
            pages = {each["page"] for each in entry["evidence"] if each["role"] == (evidence.role or "")} - {None}
            for page in pages - shown.keys():
                leaf = reader.pages[reader.page_labels.index(str(page))]
                shown[page] = fold_words(leaf.extract_text()) + text.PICTURE * bool(len(leaf.images))
            facts = [fold_words(fact) for fact in evidence.facts]
            if pages and facts:
                assert any(all(fact in shown[page] for fact in facts) for page in pages), (facts, pages)
                proven += 1
    assert proven > (0 if sample.folder.name == "3" else 10)


CITED = {
    "幸福使者平台": ["申报书"],
    "第三方绩效评估报告": ["绩效评估报告"],
    "专项资金审计报告": ["专项资金审计报告"],
    "项目结项报告": ["结项报告"],
}


@pytest.mark.parametrize("sample", [1], indirect=True)
def test_no_cover_and_no_divider_is_cited(sample: BuildResult) -> None:
    data = json.loads((sample.folder / "manifest.json").read_text("utf-8"))
    starts = {item["start"]: item["title"] for item in data["items"]}
    duties = {duty["kind"]: duty for clause in data["clauses"] for duty in clause["obligations"]}
    for kind in CITED:
        pages = [each["page"] for each in duties[kind]["evidence"]]
        assert pages and not starts.keys() & set(pages), kind
    roster = next(duty for clause in data["clauses"] for duty in clause["obligations"] if "47名" in duty["words"])
    pages = [each["page"] for each in roster["evidence"] if each["role"] == "名册"]
    words = text_of_label(sample.folder / VOLUME, str(pages[0]))
    assert re.search(r"^47 ", words, re.MULTILINE) and not re.search(r"^1 ", words, re.MULTILINE)
    news = next(duty for clause in data["clauses"] for duty in clause["obligations"] if duty["kind"] == "信息报送")
    assert len({each["page"] for each in news["evidence"]}) == 2


@pytest.mark.parametrize("sample", [1], indirect=True)
def test_table_on_paper_says_in_which_book_a_page_is(sample: BuildResult) -> None:
    assert len(sample.books) == 2
    first, second = sample.books
    paper = re.sub(r"\s", "", text_of(sample.folder / first.file))
    cited = set(map(int, re.findall(r"第2册第(\d+)页", paper)))
    assert cited and all(second.first <= page <= second.last for page in cited)
    assert "第2册第" not in re.sub(r"\s", "", text_under(sample.folder / VOLUME, "对照表"))


@pytest.mark.parametrize("sample", [3], indirect=True)
def test_cited_page_without_its_words_is_a_disagreement(sample: BuildResult) -> None:
    items = [(str(item["title"]), int(str(item["start"]))) for item in manifest(sample)["items"]]
    cited = {int(number): ["没有印的字"] for number, _ in linked_numbers(sample.folder / VOLUME)}
    first, *others = cited
    found = list(readback.disagreements(sample.folder / VOLUME, items, cited))
    assert found == [f"要求对照表引了第{page}页，那一页上没有能证明它的字" for page in cited]
    found = list(readback.disagreements(sample.folder / VOLUME, items, dict.fromkeys(others, ())))
    assert found == ["要求对照表里的链接没有指到所引的页"] and first


@pytest.mark.parametrize("sample", [1], indirect=True)
def test_evidence_matches_the_kind_of_its_obligation(sample: BuildResult) -> None:
    clauses = json.loads((sample.folder / "manifest.json").read_text("utf-8"))["clauses"]
    by_kind = {obligation["kind"]: obligation for clause in clauses for obligation in clause["obligations"]}
    for kind, words in EVIDENCE.items():
        assert by_kind[kind]["verdict"] in ("已满足", "人工确认")
        assert by_kind[kind]["evidence"]
        assert all(words in each["item"] for each in by_kind[kind]["evidence"]), kind


def test_draft_contains_the_list_of_missing_items_and_prints_it_separately(sample: BuildResult) -> None:
    alone = sample.folder / "待补材料清单.pdf"
    missing = gaps(sample)
    assert alone.exists() == bool(missing)
    if missing:
        for path in (alone, sample.folder / VOLUME):
            words = re.sub(r"\s", "", text_of(path))
            assert all(re.sub(r"\s", "", wrong) in words for _, wrong in missing)
        assert f"以下{len(missing)}项" in re.sub(r"\s", "", text_of(alone))


def test_no_punctuation_is_lost_at_the_end_of_a_line(sample: BuildResult) -> None:
    """Guard against justified styles: LibreOffice 7.4 drops a 「，」 at the end of a line of a justified paragraph."""
    printed = squeezed(text_of(sample.folder / VOLUME))
    lost = []
    for path in sorted((sample.folder / "word").glob("*.docx")):
        for paragraph in Document(str(path)).element.body.iter(qn("w:p")):
            text = squeezed("".join(node.text or "" for node in paragraph.iter(qn("w:t"))))
            for place, mark in enumerate(text):
                around = text[max(0, place - 5) : place], text[place + 1 : place + 6]
                if mark in "，、。；：" and all(len(each) == 5 for each in around):
                    lost += [mark.join(around)] * ("".join(around) in printed and mark.join(around) not in printed)
    assert lost == []


def test_both_editions_show_the_same_text_under_each_page_number(sample: BuildResult) -> None:
    reader, drawn = PdfReader(sample.folder / VOLUME), pypdfium2.PdfDocument(sample.folder / VOLUME)
    electronic = {
        label: sorted(squeezed(page.get_textpage().get_text_bounded()))
        for label, page in zip(reader.page_labels, drawn, strict=True)
        if label.isdigit()
    }
    paper = {number: sorted(words) for number, words in sheets_of_paper(sample) if number in electronic}
    assert paper == electronic


# ---- what the volume says of itself


def pictures_in(sample: BuildResult, items: list[dict[str, object]]) -> int:
    """Return how many photos the Word files of the items show; 视频登记页 shows frames and codes of films."""
    files = [Document(str(sample.folder / str(item["file"]))) for item in items if item["form"] != "视频登记页"]
    return sum(len(list(file.element.body.iter(qn("wp:inline")))) for file in files)


@pytest.mark.parametrize("sample", [1], indirect=True)
def test_record_of_each_book_counts_what_is_bound_in_it(sample: BuildResult) -> None:
    items = manifest(sample)["items"]
    assert len(sample.books) == 2
    for book in sample.books:
        own = [item for item in items if book.first_item <= int(str(item["no"])) <= book.last_item]
        texts = [
            squeezed(each.get_textpage().get_text_bounded())
            for each in pypdfium2.PdfDocument(sample.folder / book.file)
        ]
        [record] = [text for text in texts if text.startswith("卷内备考表")]
        pages, films = sum(int(str(item["pages"])) for item in own), sum(item["form"] == "视频登记页" for item in own)
        assert f"本册件数{len(own)}件本册页数{pages}页" in record
        assert f"本册照片{pictures_in(sample, own)}张本册登记视频{films}个" in record
        assert f"第{book.first_item}件至第{book.last_item}件，页号{book.first}至{book.last}" in record
        assert f"全卷共2册、{len(items)}件、{sample.pages}页，照片{pictures_in(sample, items)}张" in record


def test_record_bears_a_date_only_if_the_volume_is_complete(sample: BuildResult) -> None:
    record = squeezed(text_under(sample.folder / VOLUME, "备考表"))
    assert ("立卷日期2022年12月30日" in record) == (sample.state == "齐备")
    assert ("立卷日期年月日" in record) == (sample.state == "待补稿")
    assert f"本卷件数{len(manifest(sample)['items'])}件本卷页数{sample.pages}页" in record


def test_contents_have_the_margins_of_the_standard(sample: BuildResult) -> None:
    """Measure those of GB/T 9705: top 20 mm, foot 15, spine 25, outside 15; only the sample mark is lower."""
    mm, line = 72 / 25.4, 0.2
    reader, document = PdfReader(sample.folder / VOLUME), pypdfium2.PdfDocument(sample.folder / VOLUME)
    for place in (at for at, label in enumerate(reader.page_labels) if label.startswith("目录")):
        boxes = [tuple(edge / mm for edge in each.get_bounds()) for each in document[place].get_objects()]
        table = [box for box in boxes if box[1] >= 15 - line]
        left, right, top = (min(b[0] for b in table), max(b[2] for b in table), max(b[3] for b in table))
        assert left >= 25 - line and right <= 195 + line and top <= 277 + line
        assert 165 < right - left <= 170 + 2 * line
        below = document[place].get_textpage().get_text_bounded(0, 0, 595, (15 - line) * mm)
        assert squeezed(below) == ""


def test_contents_name_bodies_in_full_and_date_every_item(sample: BuildResult) -> None:
    items = manifest(sample)["items"]
    assert [item["title"] for item in items if not item["date"]] == []
    visits = [item for item in items if item["form"] == "督导记录表"]
    assert bool(visits) == (sample.folder.name != "3")  # the third project has had none yet
    for item in visits:
        assert str(item["responsible"]).startswith("自贡市妇女联合会") and str(item["responsible"]).endswith("部")
        assert str(sample.title).split("2022年度")[1].removesuffix("档案") in str(item["title"])
    cover = squeezed(text_under(sample.folder / VOLUME, "封面"))
    assert sample.title.startswith("自贡市妇女联合会2022年度") and squeezed(sample.title) in cover


@pytest.mark.parametrize("sample", [1], indirect=True)
def test_roster_has_no_empty_column(sample: BuildResult) -> None:
    for item in manifest(sample)["items"]:
        if item["form"] == "名册":
            [table] = Document(str(sample.folder / str(item["file"]))).tables
            columns = zip(*([cell.text for cell in row.cells] for row in table.rows), strict=True)
            assert all(any(words.strip() for words in below) for _, *below in columns), item["title"]
