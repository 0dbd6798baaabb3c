"""Change what an archive is made from while it is made, and read volume and package back: they are of one moment."""

import hashlib
import os
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from docx import Document
from openpyxl import load_workbook
from pypdf import PdfReader

from paperwork.archive.sources import source_files
from paperwork.build import frozen, project
from paperwork.build.progress import Step
from paperwork.build.project import BuildResult
from paperwork.checks import check
from paperwork.core.faults import ExitCode, Stop
from paperwork.desk.dossier import read_dossier
from paperwork.volume.binder import VOLUME
from tests import make
from tests.conftest import link_cache

FORMS = ("活动简报", "视频登记页", "附件隔页")


class Change(NamedTuple):
    """A kind of input: how it is changed, and what the volume and the package say of it, as (volume, package)."""

    apply: Callable[[Path], None]
    told: Callable[[Path], tuple[str, str]]


def words(archive: Path) -> str:
    """Return the text of the volume without blanks."""
    return re.sub(r"\s", "", "".join(page.extract_text() for page in PdfReader(archive / VOLUME).pages))


def packed(archive: Path, name: str) -> Path:
    """Return a source file in the package."""
    return archive / "电子档案包" / "data" / "原始数据" / name


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def change_workbook(folder: Path) -> None:
    path = folder / "inputs" / "项目1" / "项目数据.xlsx"
    book = load_workbook(path)
    book["活动"]["H2"] = 99
    book.save(path)


def change_template(folder: Path) -> None:
    path = folder / "templates" / "docx" / "活动简报.docx"
    document = Document(str(path))
    document.add_paragraph("后来加的一句")
    document.save(str(path))


def change_catalogue(folder: Path) -> None:
    path = folder / "inputs" / "项目发布目录.docx"
    document = Document(str(path))
    cell = next(row.cells[-1] for row in document.tables[0].rows if row.cells[0].text.strip() == "1")
    cell.paragraphs[-1].add_run("后来添的字")
    document.save(str(path))


def rewrite(name: str, make_new: Callable[[Path], object]) -> Callable[[Path], None]:
    """Return a change that replaces a file of the project by a new one in place, as programs do that do not rename."""

    def change(folder: Path) -> None:
        path, new = folder / "inputs" / "项目1" / name, folder / f"new{Path(name).suffix}"
        make_new(new)
        path.write_bytes(new.read_bytes())

    return change


def told_of_workbook(archive: Path) -> tuple[str, str]:
    count = load_workbook(packed(archive, "项目数据.xlsx"))["活动"]["H2"].value
    found = re.search(r"2022年5月6日地点：示例社区参与人数：(\d+)人", words(archive))
    return found[1] if found else "", str(count)


def told_of_film(archive: Path) -> tuple[str, str]:
    own = digest(packed(archive, "视频/HD-01/小视频.mp4"))
    return next((each for each in re.findall(r"[0-9a-f]{64}", words(archive)) if each == own), "other"), own


def told_of_attachment(archive: Path) -> tuple[str, str]:
    volume, pages = PdfReader(archive / VOLUME), len(PdfReader(packed(archive, "附件/评估.pdf")).pages)
    items = (archive / "manifest.json").read_text("utf-8")
    found = re.search(r'"title": "绩效评估报告".*?"pages": (\d+)', items, re.DOTALL)
    assert found
    assert len(volume.pages) > int(found[1])
    return str(int(found[1]) - 1), str(pages)  # the slip page before the report


def told_of_catalogue(archive: Path) -> tuple[str, str]:
    own = "".join(
        cell.text for row in Document(str(packed(archive, "项目发布目录.docx"))).tables[0].rows for cell in row.cells
    )
    return str("后来添的字" in words(archive)), str("后来添的字" in own)


def told_of_template(archive: Path) -> tuple[str, str]:
    versions = packed(archive, "../其他/版本与字体.txt").read_text("utf-8")
    [recorded] = re.findall(r"([0-9a-f]{64})  docx/活动简报\.docx", versions)
    return str("后来加的一句" in words(archive)), str(recorded != digest(make.TEMPLATES / "docx" / "活动简报.docx"))


def told_of_photo(archive: Path) -> tuple[str, str]:
    """Compare the red of the picture in the volume with that of the photo: both are of one colour."""
    from PIL import Image

    own = Image.open(packed(archive, "照片/HD-01/01 现场.jpg")).getpixel((9, 9))
    assert isinstance(own, tuple)
    reds = {
        each.image.getpixel((9, 9))[0] // 16
        for page in PdfReader(archive / VOLUME).pages
        for each in page.images
        if each.image and each.image.mode == "RGB"
    }
    return str(own[0] // 16 if own[0] // 16 in reds else "other"), str(own[0] // 16)


CHANGES = {
    "workbook": Change(change_workbook, told_of_workbook),
    "photo": Change(rewrite("照片/HD-01/01 现场.jpg", lambda path: make.photo(path, (250, 0, 0))), told_of_photo),
    "film": Change(rewrite("视频/HD-01/小视频.mp4", lambda path: make.video(path, 3)), told_of_film),
    "attachment": Change(rewrite("附件/评估.pdf", lambda path: make.scan(path, pages=5)), told_of_attachment),
    "catalogue": Change(change_catalogue, told_of_catalogue),
    "template": Change(change_template, told_of_template),
}
STEPS = tuple(Step)


class Changer:
    """Progress listener that applies changes when a step begins."""

    def __init__(self, step: Step, apply: Callable[[], None]) -> None:
        self.wanted, self.apply = step, apply

    def step(self, name: str, total: int = 0) -> None:
        """Apply the changes if this is the step."""
        if name == self.wanted:
            self.apply()

    def advance(self) -> None:
        """Ignore finished documents."""


class Built(NamedTuple):
    """An archive built while its inputs changed, and what the page says of it."""

    folder: Path
    made: BuildResult
    is_outdated: bool


def build(folder: Path, step: Step, apply: Callable[[], None]) -> Built:
    """Build the good project, with few forms, while something happens at a step."""
    inputs, templates, outputs = folder / "inputs", folder / "templates", folder / "outputs"
    link_cache(outputs)
    made = project.archive(1, inputs, outputs, templates, Changer(step, apply), make.LATER)
    shown = read_dossier(inputs, outputs, 1, make.LATER, templates)
    assert shown.archive
    return Built(folder, made, shown.archive.is_outdated)


@pytest.fixture(scope="module", params=STEPS, ids=[step.name for step in STEPS])
def changed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Step, Built]]:
    """Build an archive while all kinds of inputs are changed at one step."""
    folder = tmp_path_factory.mktemp("changed")
    make.make(folder)
    make.forms(folder, FORMS)

    def change_all() -> None:
        for change in CHANGES.values():
            change.apply(folder)

    yield request.param, build(folder, request.param, change_all)


@pytest.mark.parametrize("kind", CHANGES)
def test_volume_and_package_are_of_one_moment(changed: tuple[Step, Built], kind: str) -> None:
    step, built = changed
    in_volume, in_package = CHANGES[kind].told(built.made.folder)
    assert in_volume == in_package
    new = {"workbook": "99", "photo": "15", "attachment": "5", "catalogue": "True", "template": "True"}.get(kind)
    if kind == "film":
        new = digest(built.folder / "inputs" / "项目1" / "视频" / "HD-01" / "小视频.mp4")
    # The copies are made right after the first step has begun: what came later is in no part of the archive.
    assert (in_package == new) == (step is Step.CHECK)


def test_later_change_makes_the_archive_outdated_at_once(changed: tuple[Step, Built]) -> None:
    step, built = changed
    late = step is not Step.CHECK
    assert built.is_outdated == late
    notices = [fault for fault in built.made.faults if "已经旧了" in fault.wrong]
    assert [str(fault.where) for fault in notices] == ["项目1/项目数据.xlsx"] * late or len(notices) == late


def test_nothing_names_the_frozen_copies(changed: tuple[Step, Built]) -> None:
    _, built = changed
    outputs = built.folder / "outputs"
    texts = [*outputs.glob("1/*.json"), *outputs.glob("1/电子档案包/**/*.txt"), *outputs.glob(".日志/*")]
    for path in texts:
        assert b"/.1-" not in path.read_bytes()
    assert not [path for path in outputs.glob(".1-*") if path.is_dir()]


def test_files_of_the_package_are_no_links(changed: tuple[Step, Built]) -> None:
    _, built = changed
    assert {path.stat().st_nlink for path in built.made.folder.glob("电子档案包/data/原始数据/**/*.*")} == {1}


# ---- freezing alone: many small changes, without a build


@pytest.fixture
def laid(tmp_path: Path) -> Path:
    """Lay out the good project, and its templates; return the folder."""
    make.make(tmp_path)
    shutil.copytree(make.TEMPLATES, tmp_path / "templates")
    (tmp_path / "work").mkdir()
    return tmp_path


def freeze(folder: Path) -> frozen.Frozen:
    return frozen.freeze(1, folder / "inputs", folder / "templates", folder / "work")


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_copies_are_the_same_files_under_the_same_names(laid: Path) -> None:
    copies = freeze(laid)
    assert content(copies.inputs) == content(laid / "inputs")
    assert content(copies.templates) == content(laid / "templates")
    assert not copies.changed()
    assert {path.stat().st_nlink for path in copies.inputs.rglob("*.*")} == {1}


def overwrite_in_place(path: Path) -> None:
    """Change one byte without a new file, a new size or a new time of the content."""
    stat = path.stat()
    with path.open("r+b") as stream:
        first = stream.read(1)
        stream.seek(0)
        stream.write(bytes([first[0] ^ 1]))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def append_to(path: Path) -> None:
    """Append an empty line to a text file."""
    path.write_text(path.read_text("utf-8") + "\n", "utf-8")


LATER_CHANGES: dict[str, Callable[[Path], object]] = {
    "photo in place": lambda inputs: overwrite_in_place(inputs / "项目1/照片/HD-01/01 现场.jpg"),
    "film in place": lambda inputs: overwrite_in_place(inputs / "项目1/视频/HD-01/小视频.mp4"),
    "attachment in place": lambda inputs: overwrite_in_place(inputs / "项目1/附件/评估.pdf"),
    "workbook in place": lambda inputs: overwrite_in_place(inputs / "项目1/项目数据.xlsx"),
    "catalogue in place": lambda inputs: overwrite_in_place(inputs / "项目发布目录.docx"),
    "template in place": lambda inputs: overwrite_in_place(inputs.parent / "templates/docx/活动简报.docx"),
    "forms.toml": lambda inputs: append_to(inputs.parent / "templates/forms.toml"),
    "表头.toml": lambda inputs: append_to(inputs.parent / "templates/表头.toml"),
    "binding.toml": lambda inputs: append_to(inputs.parent / "templates/binding.toml"),
    "photo added": lambda inputs: make.photo(inputs / "项目1/照片/HD-01/09.jpg"),
    "photo removed": lambda inputs: (inputs / "项目1/照片/HD-01/01 现场.jpg").unlink(),
    "photo renamed": lambda inputs: (inputs / "项目1/照片/HD-01/01 现场.jpg").rename(inputs / "项目1/照片/HD-01/3.jpg"),
    "folder added": lambda inputs: make.photo(inputs / "项目1/照片/HD-09/1.jpg"),
    "folder added empty, then a photo": lambda inputs: make.photo(inputs / "项目1/照片/HD-09/子/1.jpg"),
    "folder removed": lambda inputs: shutil.rmtree(inputs / "项目1/视频"),
    "attachment removed": lambda inputs: (inputs / "项目1/附件/审计.pdf").unlink(),
    "attachment replaced by an older file": lambda inputs: replace_by_older(inputs / "项目1/附件/审计.pdf"),
    "workbook removed": lambda inputs: (inputs / "项目1/项目数据.xlsx").unlink(),
    "second workbook": lambda inputs: shutil.copy(inputs / "项目1/项目数据.xlsx", inputs / "又一份.xlsx"),
    "second catalogue": lambda inputs: shutil.copy(inputs / "项目发布目录.docx", inputs / "目录2.docx"),
    "catalogue removed": lambda inputs: (inputs / "项目发布目录.docx").unlink(),
    "template removed": lambda inputs: (inputs.parent / "templates/docx/活动简报.docx").unlink(),
    "template added": lambda inputs: shutil.copy(
        inputs.parent / "templates/docx/活动简报.docx", inputs.parent / "templates/docx/简报二.docx"
    ),
}


def replace_by_older(path: Path) -> None:
    """Put another file of the same size and an older time in its place, as unpacking does."""
    new = path.with_name("new.pdf")
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    new.write_bytes(data)
    os.utime(new, (1e9, 1e9))
    os.replace(new, path)


@pytest.mark.parametrize("name", LATER_CHANGES)
def test_change_after_freezing_is_seen_and_not_in_the_copies(laid: Path, name: str) -> None:
    copies = freeze(laid)
    before = content(laid / "work")
    LATER_CHANGES[name](laid / "inputs")
    assert copies.changed()
    assert content(laid / "work") == before


@pytest.mark.parametrize("gone", ["inputs", "templates"])
def test_folder_that_is_gone_is_a_change(laid: Path, gone: str) -> None:
    """The stick with the inputs was pulled out: the archive is of the moment before."""
    copies = freeze(laid)
    shutil.rmtree(laid / gone)
    [fault] = copies.changes()
    assert "已经旧了" in fault.wrong


@pytest.mark.parametrize(
    "name", [".~lock.项目数据.xlsx#", "~$项目数据.xlsx", "照片/HD-01/Thumbs.db", "附件/.~lock.评估.pdf#"]
)
def test_file_left_by_a_program_is_no_change(laid: Path, name: str) -> None:
    copies = freeze(laid)
    (laid / "inputs" / "项目1" / name).write_bytes(b"x")
    assert not copies.changed()


def test_file_that_changes_while_it_is_copied_is_copied_again(laid: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Change the workbook right after the first of all files is copied, and once more in the second round."""
    path, copy, left = laid / "inputs" / "项目1" / "项目数据.xlsx", frozen._copy_content, [b"one", b"two"]
    good = path.read_bytes()

    def copy_and_change(original: Path, target: Path) -> None:
        copy(original, target)
        if left:
            path.write_bytes(good + left.pop(0))

    monkeypatch.setattr(frozen, "_copy_content", copy_and_change)
    copies = freeze(laid)
    assert (copies.inputs / "项目1" / "项目数据.xlsx").read_bytes() == path.read_bytes() == good + b"two"


def test_file_that_never_stops_changing_is_refused_by_its_own_name(laid: Path) -> None:
    path, ended = laid / "inputs" / "项目1" / "视频" / "HD-01" / "小视频.mp4", threading.Event()

    def grow() -> None:
        while not ended.wait(0.005):
            with path.open("ab") as stream:
                stream.write(b"0" * 1000)

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        with pytest.raises(Stop) as stop:
            freeze(laid)
    finally:
        ended.set()
        writer.join()
    assert (stop.value.code, stop.value.wrong) == (
        ExitCode.REFUSED, "“项目1/视频/HD-01/小视频.mp4”一直在变，没有生成档案",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("link", "target"),
    [("附件/出.pdf", "../../../别处.pdf"), ("附件/原件.pdf", "../原件/真.pdf"), ("附件/断.pdf", "没有.pdf"),
     ("照片/HD-01/出.jpg", "../../../../别处.jpg"), ("照片/HD-03", "../../../别的照片"), ("照片/HD-04", "HD-01"),
     ("照片/HD-01/内.jpg", "01 现场.jpg"), ("附件/内.pdf", "评估.pdf"), ("照片/HD-01/绝对.jpg", "/没有/这里.jpg")],
)  # fmt: skip
def test_links_are_told_as_the_originals_are(laid: Path, link: str, target: str) -> None:
    home = laid / "inputs" / "项目1"
    make.scan(laid / "别处.pdf")
    make.scan(home / "原件" / "真.pdf")
    make.photo(laid / "别的照片" / "1.jpg")
    make.photo(laid / "别处.jpg")
    (home / link).symlink_to(target)
    same_check(laid)


def same_check(laid: Path) -> None:
    """Assert that a check of the copies gives the same faults and files as a check of the originals."""
    copies = freeze(laid)
    checks = [check.examine(1, root, make.LATER, make.TEMPLATES) for root in (laid / "inputs", copies.inputs)]
    assert checks[0].faults == checks[1].faults
    for name in ("photos", "videos"):
        media = [
            {code: [path.name for path in paths] for code, paths in getattr(each.project, name).items() if paths}
            for each in checks
        ]
        assert media[0] == media[1]
    sources = [source_files(each, each.project) for each in checks]
    assert {name: path.read_bytes() for name, path in sources[0].items()} == {
        name: path.read_bytes() for name, path in sources[1].items()
    }


STRAYS = (
    "项目1/合影.jpg", "项目1/图片/1.jpg", "项目1/照片/2.jpg", "项目1/照片/HD-99/1.jpg", "项目1/视频/HD-01/片.rmvb",
    "说明.doc",
    "片子.mp4", "别的/表.xlsx", "项目1/附件/深/里/评估2.pdf", "项目1/照片/HD-01/空.jpg", "项目1/照片/HD-01/._1.jpg",
    "项目1/旧表.xlsx", "项目1/附件/没登记.pdf", "别的项目/照片/HD-01/1.jpg",
)  # fmt: skip


@pytest.mark.parametrize("name", STRAYS)
def test_files_that_are_not_used_are_told_as_the_originals_are(laid: Path, name: str) -> None:
    path = laid / "inputs" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"" if "空" in name else b"x" * 1000)
    same_check(laid)


def test_large_file_that_nothing_reads_takes_no_space(laid: Path) -> None:
    with (laid / "inputs" / "电影.mp4").open("wb") as stream:
        stream.write(b"x" * 20_000_000)
    copies = freeze(laid)
    stat = (copies.inputs / "电影.mp4").stat()
    assert (stat.st_size, stat.st_blocks) == (20_000_000, 0)


def test_workbook_in_the_inputs_folder_itself(laid: Path) -> None:
    for path in (laid / "inputs" / "项目1").iterdir():
        path.rename(laid / "inputs" / path.name)
    (laid / "inputs" / "项目1").rmdir()
    same_check(laid)


def test_pipe_and_dead_link_do_not_hold_up_the_copying(laid: Path) -> None:
    os.mkfifo(laid / "inputs" / "项目1" / "附件" / "管道.pdf")
    (laid / "inputs" / "项目1" / "附件" / "断.pdf").symlink_to("没有.pdf")
    begun = time.monotonic()
    freeze(laid)
    assert time.monotonic() - begun < 5


def test_file_error_names_the_file_of_the_staff(laid: Path) -> None:
    copies = freeze(laid)
    with pytest.raises(OSError, match="没有") as error, copies.naming_originals():
        raise FileNotFoundError(2, "没有", str(copies.inputs / "项目1" / "照片" / "a.jpg"))
    assert error.value.filename == str(laid / "inputs" / "项目1" / "照片" / "a.jpg")
