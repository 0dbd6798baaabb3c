"""Plan, brief, photo pages, summary and film of an activity, filled with few and many data and printed at once."""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium_c
import pytest

from paperwork.core.cache import Cache
from paperwork.documents import fill
from paperwork.documents.declarations import read_forms
from paperwork.documents.fill import Document, Filler
from paperwork.formats.office import fonts, libreoffice
from paperwork.project import input_folder, workbook
from paperwork.project.model import Project
from tests import make

TEMPLATES = make.ROOT / "templates"
FORMS = read_forms(TEMPLATES / "forms.toml")
LINE = "项目组在示例社区举办专题培训，学员分组讨论了三个案例。"
"""One line of a brief."""
IMPRINT = {
    "brief_across": "自贡市民政局",
    "brief_down": "各区县妇女联合会",
    "brief_copies": 20,
    "brief_author": "甲撰稿",
    "brief_reviewer": "乙审核",
    "brief_signer": "丙签发",
}
DATED = {"planned": dt.date(2022, 4, 20), "issued": dt.date(2022, 5, 10), "issue_in_all": "15"}
FULL = {
    **IMPRINT,
    **DATED,
    "audience": "妇女骨干",
    "expected": 25,
    "theme": "学习新方法",
    "background": "新任骨干缺少训练。",
    "host": "某市妇女联合会",
    "partners": "示例居民委员会",
    "publicity": "公众号招募。",
    "supplies": "资料20份。",
    "safety": "专人引导。",
    "summary": "二十名学员全部到场。",
    "reflection": "学员能够独立接案。",
    "brief": f"{LINE}\n{LINE}",
}
NOTES = [
    {"文件": "02 讨论2", "说明": "代表发言", "摄影者": "戊摄影"},
    {"文件": "03 讨论3.jpg", "入册": "否"},
    {"文件": "小视频.mp4", "说明": "学员展示片段", "摄影者": "己摄影"},
]
SWEEP = {0: range(4, 14), 2: range(2, 12), 6: range(9)}
"""Lines of text before the last one, by the number of photos: round the lengths at which the last page changes."""
MM = 25.4 / 72


@dataclass(frozen=True)
class Printed:
    """A filled form, and its pages."""

    document: Document
    pages: tuple[pypdfium2.PdfPage, ...]

    @property
    def texts(self) -> list[str]:
        """Return the text of each page without blanks."""
        return [re.sub(r"\s", "", page.get_textpage().get_text_bounded()) for page in self.pages]


def boxes(page: pypdfium2.PdfPage, kind: int) -> list[tuple[float, float, float, float]]:
    """Return the edges (left, bottom, right, top) of a page's pictures or lines, in mm."""
    found: list[Any] = [each.get_bounds() for each in page.get_objects(filter=[kind])]
    return [(left * MM, bottom * MM, right * MM, top * MM) for left, bottom, right, top in found]


def pictures(page: pypdfium2.PdfPage) -> list[tuple[float, float, float, float]]:
    """Return the edges of a page's pictures, in mm."""
    return boxes(page, pdfium_c.FPDF_PAGEOBJ_IMAGE)


def filler_with(folder: Path, photos: int, **changes: Any) -> Filler:
    """Return a filler for the good project with so many photos of the first activity, and with some cells changed."""
    inputs = make.write_only(folder, **changes)
    for number in range(1, photos + 1):
        size = (30, 40) if number % 5 == 2 else (40, 30)
        make.photo(inputs / "项目1" / "照片" / "HD-01" / f"{number:02} 讨论{number}.jpg", (number * 9, 90, 90), size)
    if photos > 12:
        make.video(inputs / "项目1" / "视频" / "HD-01" / "小视频.mp4")
    project, faults = workbook.read_project(input_folder.scan_inputs(inputs), 1, make.FUNDER)
    assert project is not None, faults
    return fill.prepare(project, TEMPLATES / "docx", folder / "work", {}, Cache(folder / "store"), 1)


def changed(filler: Filler, **changes: Any) -> Filler:
    """Return a filler for the same project with the first activity changed."""
    first, *others = filler.project.activities
    activities = (first.model_copy(update=changes), *others)
    project: Project = filler.project.model_copy(update={"activities": activities})
    return replace(filler, project=project, exhibits=replace(filler.exhibits, project=project))


def variants(folder: Path) -> Iterator[tuple[str, Filler]]:
    """Yield each variant of the project under its name."""
    few = {count: filler_with(folder / str(count), count) for count in SWEEP}
    for count, lengths in SWEEP.items():
        for lines in lengths:
            text = "\n".join([LINE] * (lines + 1))
            yield f"sweep-{count}-{lines}", changed(few[count], **IMPRINT, brief=text)
    yield "bare", changed(few[0], quantity=None)
    yield "two", changed(few[2], audience="妇女骨干")
    yield "none", changed(few[2], brief="", headline="")
    yield "full", changed(filler_with(folder / "28", 28, 照片说明=NOTES), **FULL)


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Printed]:
    """Print the forms of the first activity in all variants, by variant and template, in one run of LibreOffice."""
    folder = tmp_path_factory.mktemp("activity_forms")
    made: dict[tuple[str, str], tuple[Document, Path]] = {}
    for name, filler in variants(folder):
        documents, faults = filler.documents(FORMS)
        assert not faults
        for document in documents:
            if document.form.each == "活动" and document.context["活动编号"] == "HD-01":
                path = folder / f"{name}-{document.form.template}.docx"
                if name.startswith("sweep") and document.form.template != "活动简报":
                    continue
                filler.fill_template(document.form.template, document.context, path)
                made[name, document.form.template] = (document, path)
    pdfs = libreoffice.convert_to_pdf([[path for _, path in made.values()]], folder / "pdf", fonts.environment(folder))
    return {key: Printed(document, tuple(pypdfium2.PdfDocument(pdfs[path]))) for key, (document, path) in made.items()}


def test_imprint_of_a_brief_never_stands_alone_on_a_page(printed: dict[tuple[str, str], Printed]) -> None:
    last_pages = set()
    for (name, template), each in printed.items():
        if not name.startswith("sweep") or template != "活动简报":
            continue
        [place] = [number for number, text in enumerate(each.texts) if "报：自贡市妇女联合会组联部" in text]
        assert place == len(each.pages) - 1, name
        text, shots = each.texts[place], pictures(each.pages[place])
        assert "共印20份" in text and "签发：丙签发" in text, f"{name}: the imprint is torn"
        assert shots or LINE[:5] in text, f"{name}: nothing but the imprint"
        last_pages.add((name.split("-")[1], place))
    # The lengths reach from one number of pages to the next.
    assert last_pages >= {("0", 0), ("0", 1), ("2", 0), ("2", 1), ("6", 0), ("6", 1)}


def test_imprint_below_photos_ends_at_the_bottom_of_the_type_area(printed: dict[tuple[str, str], Printed]) -> None:
    for (name, template), each in printed.items():
        if not name.startswith(("sweep-2", "sweep-6")) or template != "活动简报":
            continue
        rules = [box for box in boxes(each.pages[-1], pdfium_c.FPDF_PAGEOBJ_PATH) if box[2] - box[0] > 100]
        low, *_, high = sorted(box[1] for box in rules if box[3] < 100)
        assert low == pytest.approx(25, abs=0.6), name
        assert min(bottom for _, bottom, _, _ in pictures(each.pages[-1])) > high, f"{name}: a photo in the imprint"
        lowest = next(box for box in rules if box[1] == low)
        assert (lowest[0], lowest[2]) == pytest.approx((28, 184), abs=1), name


def test_imprint_has_only_the_lines_that_are_filled(printed: dict[tuple[str, str], Printed]) -> None:
    full, two = printed["full", "活动简报"].texts, printed["two", "活动简报"].texts[-1]
    imprint = next(text for text in full if "报：" in text)
    expected = "报：自贡市妇女联合会组联部送：自贡市民政局发：各区县妇女联合会"
    assert expected in imprint and "撰稿：甲撰稿审核：乙审核签发：丙签发共印20份" in imprint
    assert "报：自贡市妇女联合会组联部" in two
    assert not any(word in two for word in ("送：", "发：", "撰稿", "审核", "共印"))
    assert "第1期（总第15期）" in full[0] and "2022年5月10日" in full[0]
    assert "第1期" in two and "总第" not in two and two.count("2022年5月6日") == 2


def test_all_chosen_photos_are_bound_in_the_order_of_their_names(printed: dict[tuple[str, str], Printed]) -> None:
    brief = printed["full", "活动简报"]
    chosen = [f"{number:02} 讨论{number}.jpg" for number in range(1, 29) if number != 3][:24]
    assert [path.name for path in brief.document.files] == chosen
    counts = [len(pictures(page)) for page in brief.pages]
    assert sum(counts) == 24 and counts[-3:] == [6, 6, 6]
    text = "".join(brief.texts)
    for number, path in enumerate(chosen, 1):
        words = "代表发言（摄影：戊摄影）" if path.startswith("02") else Path(path).stem[3:]
        assert f"图{number}{words}" in text
    assert "照片共24张，图7起见后附的照片页" in brief.texts[0]
    assert all("图1—图6见简报；另有4张未印入本卷，存电子档案包" in page for page in brief.texts[-3:])
    assert "后附" not in "".join(printed["two", "活动简报"].texts)


def test_time_place_and_people_are_said_once_above_the_photos(printed: dict[tuple[str, str], Printed]) -> None:
    [text] = printed["two", "活动简报"].texts
    assert text.count("时间：2022年5月6日地点：示例社区人物：妇女骨干，参与20人数量：8课时") == 1
    assert "图1讨论1" in text and "图2讨论2" in text and "（2022年" not in text


def test_photos_of_an_activity_without_a_brief_have_a_page(printed: dict[tuple[str, str], Printed]) -> None:
    page = printed["none", "活动照片"]
    assert ("none", "活动简报") not in printed and ("two", "活动照片") not in printed
    assert page.document.title == "第1次培训（活动照片）" and len(page.document.files) == 2
    assert [len(pictures(each)) for each in page.pages] == [2]
    assert "照片共2张" in page.texts[0] and "见简报" not in page.texts[0]


def test_plan_bears_its_own_date_and_numbers_its_parts_right(printed: dict[tuple[str, str], Printed]) -> None:
    full, bare = printed["full", "活动方案"], printed["bare", "活动方案"]
    text, short = "".join(full.texts), "".join(bare.texts)
    assert full.document.date == dt.date(2022, 4, 20) and bare.document.date == dt.date(2022, 5, 6)
    assert "2022年4月20日" in full.texts[-1] and "2022年5月6日" not in full.texts[-1]
    for words in ("活动主题：学习新方法", "新任骨干缺少训练", "主办单位：某市妇女联合会", "协办单位：示例居民委员会",
                  "预计25人", "数量：8课时", "公众号招募"):  # fmt: skip
        assert words in text and words not in short
    assert re.findall(r"([一二三四五六七八])、(?!、)", text) == list("一二三四五六七八")
    assert re.findall(r"([一二三四五六七八])、", short) == list("一二三四五")
    assert "人数：20人" in short and "数量" not in short and "主办" not in short


@pytest.mark.parametrize("template", ["活动方案", "活动简报"])
def test_plan_and_brief_state_the_quantity_with_the_unit_of_its_goal(
    printed: dict[tuple[str, str], Printed], template: str
) -> None:
    assert "数量：8课时" in "".join(printed["two", template].texts)
    assert "数量：" not in "".join(printed["bare", template].texts)


def test_quantity_without_a_goal_is_a_bare_number(tmp_path: Path) -> None:
    filler = changed(filler_with(tmp_path, 0), kind="参访")
    units = [each.context["数量单位"] for each in filler.documents(FORMS)[0] if each.form.template == "活动方案"]
    assert units == ["", "课时"]


def test_summary_is_bound_behind_the_brief(printed: dict[tuple[str, str], Printed]) -> None:
    assert [template for name, template in printed if name == "full"] == [
        "活动方案",
        "活动简报",
        "活动总结",
        "视频登记页",
    ]
    assert ("two", "活动总结") not in printed
    text = "".join(printed["full", "活动总结"].texts)
    for words in ("20人（预计25人）", "8课时", "一、开展情况二十名学员全部到场", "二、成效与反思学员能够独立接案"):
        assert words in text


def test_film_is_described_by_its_row(printed: dict[tuple[str, str], Printed]) -> None:
    text = "".join(printed["full", "视频登记页"].texts)
    assert "内容：学员展示片段" in text and "拍摄者：己摄影" in text
