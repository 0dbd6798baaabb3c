"""End-to-end tests: build an archive from an inputs folder and read the bound volume back."""

import datetime as dt
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pypdfium2
import pytest
from docx import Document
from openpyxl import load_workbook
from pypdf import PdfReader

from paperwork.archive import register
from paperwork.build import project
from paperwork.build.progress import Step
from paperwork.build.project import BuildResult
from paperwork.core import cache
from paperwork.core.faults import ExitCode, Level, Stop
from paperwork.documents.declarations import read_forms
from paperwork.documents.fill import SAMPLE_MARK
from paperwork.formats.office import installation
from paperwork.volume.binder import VOLUME
from tests import make
from tests.cases import lay
from tests.conftest import RecordingWatcher, bind, link_cache
from tests.formats.office.test_libreoffice import kill_all
from tests.readback import printed_number

TEMPLATES = make.ROOT / "templates"


def manifest(archive: BuildResult) -> dict[str, list[dict[str, object]]]:
    """Return the manifest of an archive."""
    data: dict[str, list[dict[str, object]]] = json.loads((archive.folder / "manifest.json").read_text("utf-8"))
    return data


def snapshot(folder: Path) -> dict[str, bytes]:
    """Return the content of each file below a folder, except marked workbooks, lock files and the cache."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.parent.name != "校验")
    files = (path for path in files if cache.CACHE_FOLDER not in path.parts and path.suffix != ".lock")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def gaps(archive: BuildResult) -> list[tuple[str, str]]:
    """Return the missing items (缺件) as (place, message) pairs."""
    return [(str(fault.where), fault.wrong) for fault in archive.faults if fault.level == "缺件"]


def text_of(path: Path) -> str:
    """Return all text of a PDF, extracted by PDFium."""
    document = pypdfium2.PdfDocument(path)
    return "\n".join(page.get_textpage().get_text_bounded() for page in document)


def test_package_and_manifest_name_the_substituted_fonts_and_no_page_does(small: tuple[BuildResult, Path]) -> None:
    archive, _ = small
    words = re.sub(r"\s", "", text_of(archive.folder / VOLUME))
    [told] = (archive.folder / "电子档案包").rglob("版本与字体.txt")
    stand_ins = [str(font) for font in manifest(archive)["fonts"]]
    assert stand_ins
    assert set(stand_ins) <= set(told.read_text("utf-8").splitlines())
    for word in (*(re.sub(r"\s", "", font) for font in stand_ins), "工作簿数据", "自动编制", "程序判断"):
        assert word not in words


def test_archive_is_byte_identical_on_another_day_in_another_folder(
    small: tuple[BuildResult, Path], tmp_path: Path
) -> None:
    """Run the real command in another folder, with one worker and a faked clock."""
    elsewhere = tmp_path / "别处"
    shutil.copytree(small[1], elsewhere / "inputs")
    command = Path(sys.executable).parent / "paperwork"
    ran = subprocess.run(
        ["faketime", "2031-01-02 03:04:05", command, "archive", "1", "--inputs", "inputs", "--outputs", "out",
         "--jobs", "1"], cwd=elsewhere, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    first, again = small[0].folder, elsewhere / "out" / "1"
    names = {path.relative_to(first) for path in first.rglob("*") if path.is_file()}
    assert names == {path.relative_to(again) for path in again.rglob("*") if path.is_file()}
    assert [str(name) for name in sorted(names) if (first / name).read_bytes() != (again / name).read_bytes()] == []


def test_personal_numbers_are_masked_on_paper(small: tuple[BuildResult, Path]) -> None:
    words = text_of(small[0].folder / VOLUME)
    assert "510399199001010016" not in words
    assert "13800000002" not in words
    assert "138******02" in words


def test_markup_and_rare_characters_reach_the_pdf_unchanged(tmp_path: Path) -> None:
    hostile = "&<>\"' {{ 7*7 }} {% raw %} 𬭛㛃䶮"
    inputs = make.make(tmp_path, 活动=[{"活动名称": hostile, "简报正文": "一\t二\n" + "长" * 1000}])
    words = text_of(bind(inputs, tmp_path / "out").folder / VOLUME)
    flat = re.sub(r"\s", "", words)
    assert re.sub(r"\s", "", hostile) in flat
    assert flat.count("长") >= 1000


def test_form_is_added_without_python_code(tmp_path: Path) -> None:
    """Add a form as a Word file and an entry in forms.toml, and a field as a new column."""
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


# ---- a failed build reports the cause and keeps the old archive


@pytest.fixture
def existing(tmp_path: Path, small: tuple[BuildResult, Path]) -> tuple[Path, Path, dict[str, bytes]]:
    """Copy the good inputs and their archive; return inputs, outputs and a snapshot of the outputs."""
    inputs, outputs = tmp_path / "inputs", tmp_path / "outputs"
    shutil.copytree(small[1], inputs)
    shutil.copytree(small[0].folder, outputs / "1")
    return inputs, outputs, snapshot(outputs)


def refused(inputs: Path, outputs: Path, templates: Path = TEMPLATES) -> Stop:
    """Build an archive that must be refused, and return the error."""
    with pytest.raises(Stop) as stop:
        bind(inputs, outputs, templates)
    return stop.value


@pytest.mark.parametrize("damage", ["missing", "unknown", "broken"])
def test_template_error_names_the_file_and_keeps_the_old_archive(
    existing: tuple[Path, Path, dict[str, bytes]], tmp_path: Path, damage: str
) -> None:
    inputs, outputs, before = existing
    templates = tmp_path / "templates"
    shutil.copytree(TEMPLATES, templates)
    path = templates / "docx" / "活动方案.docx"
    if damage == "missing":
        path.unlink()
    else:
        document = Document(str(path))
        document.add_paragraph("{{ 地点点 }}" if damage == "unknown" else "{{ 地点")
        document.save(str(path))
    stop = refused(inputs, outputs, templates=templates)
    assert stop.code is ExitCode.FAULTY
    assert any("活动方案.docx" in str(fault.where) for fault in stop.faults)
    assert snapshot(outputs) == before


def test_unreadable_workbook_is_reported_and_keeps_the_old_archive(
    existing: tuple[Path, Path, dict[str, bytes]],
) -> None:
    inputs, outputs, before = existing
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
    ],
)
def test_unreadable_photo_video_or_attachment_is_an_error_at_its_place(
    existing: tuple[Path, Path, dict[str, bytes]], name: str, content: bytes, place: str
) -> None:
    inputs, outputs, before = existing
    path = inputs / "项目1" / name
    path.write_bytes(content)
    stop = refused(inputs, outputs)
    assert stop.code is ExitCode.FAULTY
    [fault] = [fault for fault in stop.faults if fault.level == "错误"]
    assert place in str(fault.where)
    assert fault.mend
    assert snapshot(outputs) == before


def test_missing_photo_makes_the_volume_a_draft(existing: tuple[Path, Path, dict[str, bytes]]) -> None:
    inputs, outputs, _ = existing
    (inputs / "项目1" / "照片" / "HD-02" / "01 现场.jpg").unlink()
    made = bind(inputs, outputs, replacing=True)
    assert made.state == "待补稿"
    assert gaps(made) == [("项目1/项目数据.xlsx · 活动!A3", "活动 HD-02（第2次培训）有 1 张照片，至少要 2 张")]


def test_missing_report_file_is_reported_once(existing: tuple[Path, Path, dict[str, bytes]]) -> None:
    inputs, outputs, _ = existing
    (inputs / "项目1" / "附件" / "审计.pdf").unlink()
    made = bind(inputs, outputs, replacing=True)
    assert gaps(made) == [
        ("项目1/项目数据.xlsx · 附件!C3", "缺专项资金审计报告：文件夹“附件”里没有“审计.pdf”"),
    ]
    assert "专项审计报告" not in [item["title"] for item in manifest(made)["items"]]


def test_final_volume_is_refused_while_anything_is_missing(existing: tuple[Path, Path, dict[str, bytes]]) -> None:
    inputs, outputs, before = existing
    shutil.rmtree(inputs / "项目1" / "视频" / "HD-02")
    with pytest.raises(Stop) as stop:
        bind(inputs, outputs, final=True)
    assert stop.value.code is ExitCode.REFUSED
    assert snapshot(outputs) == before


def test_activity_code_with_slashes_is_not_used_as_a_path(existing: tuple[Path, Path, dict[str, bytes]]) -> None:
    inputs, outputs, _ = existing
    path = inputs / "项目1" / "项目数据.xlsx"
    book = load_workbook(path)
    book["活动"]["A2"] = "../../HD/01"
    book.save(path)
    assert {wrong for _, wrong in gaps(bind(inputs, outputs, replacing=True))} == {
        "活动 ../../HD/01（第1次培训）有 0 张照片，至少要 2 张",
        "活动 ../../HD/01（第1次培训）没有小视频",
    }


def test_build_fails_when_libreoffice_keeps_being_killed(existing: tuple[Path, Path, dict[str, bytes]]) -> None:
    inputs, outputs, before = existing
    ended = Event()
    killer = Thread(target=kill_all, args=(str(outputs), ended))
    killer.start()
    try:
        with pytest.raises(Stop) as raised:
            bind(inputs, outputs, fresh=True)
    finally:
        ended.set()
        killer.join()
    stop = raised.value
    assert stop.code is ExitCode.FAILED
    assert "LibreOffice" in stop.wrong
    assert snapshot(outputs) == before


def test_cell_errors_stop_the_build_and_are_all_reported(tmp_path: Path) -> None:
    inputs = make.make(tmp_path, 活动=[{"地点": ""}, {"开始日期": "2022-13-01"}], 督导=[{"督导人": ""}])
    stop = refused(inputs, tmp_path / "out")
    assert stop.code is ExitCode.FAULTY
    assert {str(fault.where).split(" · ")[1] for fault in stop.faults if fault.level == "错误"} == {
        "活动!G2",
        "活动!E3",
        "督导!D2",
    }
    assert [path.name for path in (tmp_path / "out" / "1").iterdir()] == ["校验"]


def test_build_leaves_the_inputs_unchanged(existing: tuple[Path, Path, dict[str, bytes]], tmp_path: Path) -> None:
    inputs, _, _ = existing

    def state() -> dict[Path, tuple[int, int, bytes]]:
        """Return mode, time and content of every file and folder of the inputs."""
        paths = [inputs, *inputs.rglob("*")]
        stats = {path: path.stat() for path in paths}
        return {
            path: (stats[path].st_mode, stats[path].st_mtime_ns, path.read_bytes() if path.is_file() else b"")
            for path in paths
        }

    before = state()
    assert len(before) > 10
    assert bind(inputs, tmp_path / "new").items == 22
    assert state() == before


def test_libreoffice_is_installed() -> None:
    """Fail, rather than skip, when LibreOffice is missing: the tests convert real documents."""
    assert installation.find_program()


# ---- links from 要求对照表 to the pages that prove each clause


def linked_numbers(path: Path) -> list[tuple[str, str]]:
    """Return, for each link in 要求对照表, the number it shows and the number printed on its target page."""
    reader = PdfReader(path)
    document = pypdfium2.PdfDocument(path)
    found = []
    for place in (at for at, label in enumerate(reader.page_labels) if label.startswith("对照表-")):
        words = document[place].get_textpage()
        for note in (each.get_object() for each in reader.pages[place].get("/Annots", ())):
            target = reader.get_page_number(note["/Dest"][0].get_object())
            assert target is not None
            left, bottom, right, top = (float(edge) for edge in note["/Rect"])
            text = words.get_text_bounded(left, bottom, right, top)
            found.append(("".join(re.findall(r"\d+", text)), printed_number(reader, target)))
    return found


EVIDENCE = {
    "督导": "督导记录表",
    "每次活动方案": "活动方案",
    "每次活动简报": "（活动简报）",
    "每次活动小视频": "视频登记页",
    "第三方绩效评估报告": "绩效评估报告",
    "专项资金审计报告": "专项资金审计报告",
    "项目专账": "专账",
    "项目结项报告": "结项报告",
    "进展报送": "进展报告",
}


def test_unfinished_project_cannot_be_built_final(
    existing: tuple[Path, Path, dict[str, bytes]],
) -> None:
    inputs, outputs, before = existing
    (inputs / "项目1" / "附件" / "审计.pdf").unlink()
    when = dt.date(2022, 12, 1)
    with pytest.raises(Stop) as stop:
        bind(inputs, outputs, final=True, as_of=when)
    assert stop.value.code is ExitCode.REFUSED
    assert "还缺 1 项材料" in stop.value.wrong
    assert snapshot(outputs) == before
    made = bind(inputs, outputs, as_of=when, replacing=True)
    assert (made.state, [wrong for _, wrong in gaps(made)]) == ("待补稿", ["文件夹“附件”里没有“审计.pdf”"])


def squeezed(text: str) -> str:
    """Remove white space and the watermark of sample projects from a text."""
    return re.sub(r"\s", "", text).replace(re.sub(r"\s", "", SAMPLE_MARK), "")


# ---- the paper edition and the PDF metadata


def sheets_of_paper(archive: BuildResult) -> list[tuple[str, str]]:
    """Return (page number, text) of each numbered side of the paper edition."""
    found = []
    for book in archive.books:
        reader, drawn = PdfReader(archive.folder / book.file), pypdfium2.PdfDocument(archive.folder / book.file)
        assert len(reader.pages) == 2 * book.paper_sheets
        for place, page in enumerate(drawn):
            number = printed_number(reader, place, is_left=place % 2 == 1)
            if number:
                found.append((number, squeezed(page.get_textpage().get_text_bounded())))
    return found


def test_pdf_metadata_comes_from_the_workbook(small: tuple[BuildResult, Path]) -> None:
    reader = PdfReader(small[0].folder / VOLUME)
    about, xmp = reader.metadata, reader.xmp_metadata
    assert about
    assert xmp
    assert (about.title, about.author) == (small[0].title, "自贡市试验社会工作服务中心")
    assert about.subject == "《盐都“紫薇伙伴”项目》"
    days = {about.creation_date, about.modification_date}
    assert {day.date() for day in days if day} == {dt.date(2022, 12, 30)}
    assert {xmp.xmp_create_date.date(), xmp.xmp_modify_date.date(), xmp.xmp_metadata_date.date()} <= {
        dt.date(2022, 12, 29), dt.date(2022, 12, 30),
    }  # fmt: skip
    assert reader.trailer["/Root"]["/Lang"] == "zh-CN"


# ---- progress and register


def test_build_reports_every_step_in_order(tmp_path: Path) -> None:
    link_cache(tmp_path / "outputs")
    templates, watcher = make.forms(tmp_path, ["督导记录表"]), RecordingWatcher()
    project.build(1, make.make(tmp_path), tmp_path / "outputs", templates, watcher, make.LATER)
    assert [step for step in watcher.steps if step != "·"] == list(Step)


def test_finished_archive_is_registered_with_the_notices_of_the_register(tmp_path: Path) -> None:
    outputs = tmp_path / "outputs"
    (outputs / "9").mkdir(parents=True)
    (outputs / "9" / "manifest.json").write_text("{}", "utf-8")
    made = bind(make.make(tmp_path), outputs, make.forms(tmp_path, ["督导记录表"]))
    assert (outputs / register.FILE).is_file()
    assert [fault.wrong for fault in made.faults if str(fault.where).startswith("9/")] == [
        "读不出来，文件损坏，没有登记"
    ]


def test_register_that_cannot_be_written_is_a_notice(small: tuple[BuildResult, Path], tmp_path: Path) -> None:
    """Put a folder in the place of the register; the archive itself is finished."""
    (tmp_path / "1").mkdir()
    shutil.copy(small[0].folder / "manifest.json", tmp_path / "1")
    (tmp_path / register.FILE / "folder").mkdir(parents=True)
    [notice] = project.register_archives(tmp_path)
    assert (notice.level, notice.where.file) == (Level.NOTICE, register.FILE)
    assert notice.wrong.startswith("没有登记：读写文件失败")


# ---- forms renamed by staff


def rename_form(folder: Path, old: str, new: str) -> Path:
    """Copy the templates and rename one form: its Word file and its entry in forms.toml. Return the copy."""
    templates = Path(shutil.copytree(TEMPLATES, folder / "templates"))
    (templates / "docx" / f"{old}.docx").rename(templates / "docx" / f"{new}.docx")
    declared = (templates / "forms.toml").read_text("utf-8")
    (templates / "forms.toml").write_text(declared.replace(f'template = "{old}"', f'template = "{new}"'), "utf-8")
    return templates


def test_renamed_form_still_proves_its_clauses(small: tuple[BuildResult, Path], tmp_path: Path) -> None:
    before, inputs = small
    made = bind(inputs, tmp_path / "outputs", rename_form(tmp_path, "活动简报", "活动纪实"))
    assert made.state == before.state == "齐备"
    assert [each["form"] for each in manifest(made)["items"]] == [
        "活动纪实" if each["form"] == "活动简报" else each["form"] for each in manifest(before)["items"]
    ]
    assert evidence(made) == evidence(before)
    assert len(evidence(made)["每次活动简报"]) == len(evidence(made)["每次活动照片"]) == 2
    assert all(page for pages in (evidence(made)["每次活动简报"], evidence(made)["每次活动照片"]) for _, page in pages)
    assert links_of_answers(made.folder / VOLUME) == links_of_answers(before.folder / VOLUME)
    assert "活动纪实 2 件" in text_of(made.folder / VOLUME)
    pages, old_pages = (
        (each.folder / "电子档案包" / "data" / "其他" / "页码对照.csv").read_text("utf-8-sig")
        for each in (made, before)
    )
    assert pages == old_pages


def evidence(archive: BuildResult) -> dict[str, list[tuple[object, object]]]:
    """Return number and page of the items that prove each kind of obligation, from the manifest."""
    clauses: Any = manifest(archive)["clauses"]
    return {
        duty["kind"]: [(each["no"], each["page"]) for each in duty["evidence"]]
        for clause in clauses
        for duty in clause["obligations"]
    }


def links_of_answers(volume: Path) -> list[int]:
    """Return the pages that the links of 要求对照表 lead to, in order."""
    reader = PdfReader(volume)
    pages = [page for page, label in zip(reader.pages, reader.page_labels, strict=True) if label.startswith("对照表")]
    annotations = [each.get_object() for page in pages for each in page.get("/Annots", [])]
    targets = [each.get("/Dest") or each["/A"]["/D"] for each in annotations if each["/Subtype"] == "/Link"]
    found = [reader.get_page_number(target[0].get_object()) for target in targets]
    assert found
    return [number for number in found if number is not None]


@pytest.mark.parametrize(
    ("proves", "found"), [('["活动简报", "活动相片"]', "活动相片"), ('"活动简报"', "活动简报"), ("[7]", "7")]
)
def test_unknown_role_of_a_form_is_refused(tmp_path: Path, proves: str, found: str) -> None:
    templates = make.forms(tmp_path, ["活动简报"])
    declared = (templates / "forms.toml").read_text("utf-8")
    (templates / "forms.toml").write_text(declared.replace('["活动简报", "活动照片"]', proves), "utf-8")
    with pytest.raises(Stop) as stopped:
        read_forms(templates / "forms.toml")
    assert stopped.value.wrong == f"表单清单读不了：proves 写的是“{found}”"
    assert stopped.value.mend.startswith('请写成 ["活动简报"] 的样子，可以写几样：申报书、预算、')


@pytest.mark.parametrize("name", ["b02a-wide", "b06b-footnote-wrong"])
def test_fault_of_a_template_stops_the_build_and_is_not_blamed_on_the_workbook(tmp_path: Path, name: str) -> None:
    case = lay(tmp_path, name)
    with pytest.raises(Stop) as stopped:
        bind(case.inputs, tmp_path / "outputs", case.templates)
    assert stopped.value.wrong == "模板有错，没有生成档案"
    assert {fault.where.file for fault in stopped.value.faults} == {"模板 活动方案.docx"}
    assert not (tmp_path / "outputs" / "1" / VOLUME).exists()
