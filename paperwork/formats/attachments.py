"""Convert an attached file (PDF, picture or Office document) into a PDF ready to bind: upright A4 or A3 pages.

The type is detected from the file's content, because the name may be wrong. Every page of the result fits into a
PDF/A-2b volume; a page that cannot is replaced by a picture of itself. The original is only read.
"""

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from paperwork.core.faults import Stop, Unreadable
from paperwork.core.processes import ChildProcess
from paperwork.formats import detect
from paperwork.formats.detect import FileType
from paperwork.formats.media import photos
from paperwork.formats.office import libreoffice, page_setup, word_text
from paperwork.formats.paper import A4, Picture, PlacedPage, place_page
from paperwork.formats.pdf import foreign, render
from paperwork.formats.pdf.foreign import ForeignPdf

T = TypeVar("T")
DRAWN_DPI = 200
"""Resolution at which a page is rasterised when it cannot be kept as it is."""
PAGES_IN_MEMORY = 100
"""Rasterised pages held in memory at a time."""
MAX_SECONDS, MAX_MEMORY = 600, 4 * 2**30
"""Limits of the child process that converts one attachment: seconds, and bytes of address space."""
APPLICATION_NAMES = {"doc": "Word", "docx": "Word", "xls": "Excel", "xlsx": "Excel", "ppt": "幻灯片", "pptx": "幻灯片"}
SPREADSHEETS = (FileType.XLSX, FileType.XLS, FileType.ODS)
SAVE_AS = "请用 WPS 打开后另存为 PDF，再放进来"
LOCKED = ("文件有打开密码", "请去掉密码后另存，再放进来")
REFUSALS = {
    FileType.VIDEO: ("这是视频，不能装进卷里", "请放到“视频”文件夹里它那次活动下"),
    FileType.RTF: ("这是 RTF 文件", SAVE_AS),
    FileType.HTML: ("这是网页，不是文档", SAVE_AS),
    FileType.MHTML: ("这是网页存档，不是文档", SAVE_AS),
    FileType.OFD: (
        "这是 OFD 版式文件（电子发票、电子公文常用），还不能直接装进卷里",
        "请用 WPS 或 OFD 阅读器打开后另存为（或打印成）PDF，把 PDF 放进来，并在“附件”表里改成它的名字",
    ),
    FileType.XML: (
        "这是 XML 数据文件（如数电票的 XML），没有可以印的页面",
        "请在电子税务局或开票软件里下载它的 PDF 版式文件放进来，并在“附件”表里改成它的名字",
    ),
    FileType.TEXT: ("认不出这是什么文件（只收 PDF、图片、Word、Excel）", SAVE_AS),
    FileType.ARCHIVE: ("这是压缩包", "请解开后把里面的文件分别登记"),
    FileType.ENCRYPTED: LOCKED,
    FileType.DAMAGED: ("文件不完整或有密码", SAVE_AS),
    FileType.HUGE: ("文件解开后太大", "请把里面的图片压缩后另存"),
    FileType.OTHER_OLE: ("认不出这是哪种 Office 文件", SAVE_AS),
    FileType.EMPTY: ("文件是空的", "请重新扫描或导出"),
    FileType.UNKNOWN: ("认不出这是什么文件（只收 PDF、图片、Word、Excel）", SAVE_AS),
}
"""Types that cannot be bound, with the problem and the remedy."""


@dataclass(frozen=True)
class ConvertedAttachment:
    """An attachment converted to a PDF that is ready to bind."""

    pdf: Path
    """File whose pages are upright and exactly A4 or A3, portrait or landscape."""
    pages: int
    signed: bool = False
    """True when the original carries a digital signature, which stays valid only in the original in the bag."""
    notes: tuple[str, ...] = ()
    """Notes for staff on what the conversion changed, in plain Chinese."""


def convert_attachment(path: Path, work: Path, stem: str, env: Mapping[str, str]) -> ConvertedAttachment:
    """Convert an attachment into `work/stem.pdf`, ready to bind.

    `env` is the environment for LibreOffice, so that Office files print in the volume's fonts. Raises `Unreadable` with
    problem and remedy in plain Chinese.
    """
    out = work / f"{stem}.pdf"
    kind = bindable_type(path)
    if kind is FileType.PDF:
        return _in_child(lambda: _from_pdf(path, out, ()))
    if kind is FileType.PICTURE:
        return _in_child(lambda: _from_pictures(path, out))
    return _from_office(path, kind, out, env)


def check_in_child(path: Path, kind: FileType) -> None:
    """Check in a child process that a PDF or a picture can be bound. Raises `Unreadable` if not."""
    _in_child(lambda: foreign.check_pdf(path) if kind is FileType.PDF else _check_pages(path))


def _check_pages(path: Path) -> None:
    """Check that all pages of a picture file can be decoded. Raises `Unreadable` if not."""
    if photos.check_picture(path, most=detect.MAX_PAGES) > detect.MAX_PAGES:
        raise Unreadable(f"图片超过 {detect.MAX_PAGES} 页", "请分成几份")


def bindable_type(path: Path) -> FileType:
    """Return the type of a file that can be bound. Raises `Unreadable` for any other."""
    if path.is_dir():
        raise Unreadable("这是文件夹，不是文件", "请把里面的文件分别登记")
    try:
        found = detect.detect(path)
        size = path.stat().st_size
    except OSError:
        raise Unreadable("文件读不了", "请检查它能否打开，再放一次") from None
    if found.type in REFUSALS:
        raise Unreadable(*REFUSALS[found.type])
    # An .xls may be encrypted with the password that Excel itself uses and knows; LibreOffice opens such a file.
    if found.is_encrypted and found.type is not FileType.XLS:
        raise Unreadable(*LOCKED)
    if size > detect.MAX_BYTES:
        raise Unreadable(f"文件超过 {detect.MAX_BYTES // 2**20} MB", "请压缩或分成几份")
    return found.type


def _in_child(make: Callable[[], T]) -> T:
    """Run a conversion or a check in a child process that is killed when it exceeds its time or memory limit.

    Raises `Unreadable` for a conversion that was killed or that crashed.
    """
    # A page may draw itself a hundred million times. The PDF libraries check no timeout while they draw, and a crash
    # in them would end the whole build.
    try:
        return ChildProcess.start(make, MAX_MEMORY).result(MAX_SECONDS)
    except (TimeoutError, MemoryError, Stop):
        raise Unreadable("文件太复杂，处理不了", "请打印后扫描，再放进来") from None


# ---- pictures


def _from_pictures(path: Path, out: Path) -> ConvertedAttachment:
    """Convert a picture file into a PDF with one page for each picture."""
    count = foreign.write_picture_pages(photos.read_pages(path, detect.MAX_PAGES), out)
    return ConvertedAttachment(
        out, count, notes=("动图只印第一个画面，原件见电子档案包",) if photos.is_animated(path) else ()
    )


# ---- Office


def _from_office(path: Path, kind: FileType, out: Path, env: Mapping[str, str]) -> ConvertedAttachment:
    """Print an Office file with LibreOffice, then convert the resulting PDF like any other."""
    # LibreOffice names the PDF after its input and trusts the extension, so it gets a copy with the right one.
    folder = out.with_suffix(".office")
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / f"{out.stem}.{kind}"
    shutil.copyfile(path, copy)
    notes: tuple[str, ...] = (f"原件是 {APPLICATION_NAMES.get(kind, kind)} 文件，卷内是打印件，原件见电子档案包",)
    copy, more_notes = _settle(copy, folder, env)
    notes += more_notes
    if kind in SPREADSHEETS:
        if kind is not FileType.XLSX:
            copy = libreoffice.convert_foreign_to_xlsx(copy, folder / "sheets", env)
        notes += _in_child(lambda: page_setup.fit_to_width(copy))
    printed = libreoffice.convert_foreign_to_pdf(copy, folder / "printed", env)
    attached = _in_child(lambda: _from_pdf(printed, out, notes))
    shutil.rmtree(folder)
    return attached


def _settle(path: Path, folder: Path, env: Mapping[str, str]) -> tuple[Path, tuple[str, ...]]:
    """Return a text document as it is to be printed, and notes on what was changed in it."""
    # LibreOffice prints deleted text, struck through, whatever the document says; and a date field as today's date.
    if path.suffix != ".docx" and not (path.suffix in (".doc", ".odt") and word_text.may_have_changes(path)):
        return path, ()
    source = path if path.suffix == ".docx" else libreoffice.convert_foreign_to_docx(path, folder / "docx", env)
    try:
        settled = ChildProcess.start(lambda: word_text.settle(source.read_bytes()), MAX_MEMORY).result(MAX_SECONDS)
    except (TimeoutError, MemoryError, Stop):
        if not word_text.may_have_changes(path):
            return path, ()
        mend = "请在 Word 里“审阅”→“接受所有修订”，保存后再放进来"
        raise Unreadable("里面有没接受的修订，程序接受不了", mend) from None
    # A document of another format without changes is printed from the original.
    if settled is None or (source is not path and not settled[1]):
        return path, ()
    content, has_changes, has_dates = settled
    target = folder / "settled" / f"{path.stem}.docx"
    target.parent.mkdir()
    target.write_bytes(content)
    notes = ("原件里有没接受的修订，卷内照全部接受以后的样子打印",) if has_changes else ()
    return target, (*notes, *(("原件里有会自己变的日期或文件名，卷内照保存时的样子打印",) if has_dates else ()))


# ---- PDF


def _from_pdf(path: Path, out: Path, notes: Sequence[str]) -> ConvertedAttachment:
    """Convert a foreign PDF; rasterise the pages that only a renderer can show or that PDF/A-2b refuses."""
    laid = foreign.convert_pages(path, out)
    count = len(laid.sizes)
    # One hidden layer may draw on any page, so a file with layers is rasterised as a whole.
    render_only = set(range(count) if laid.has_hidden_layers else laid.pages_to_render)
    if render_only:
        _rasterise(path, laid, render_only, out)
    nonconforming = foreign.nonconforming_pages(out)
    if nonconforming:
        _rasterise(path, laid, render_only | set(nonconforming), out)
        if foreign.nonconforming_pages(out):  # each page passes alone, but all together do not
            nonconforming = tuple(range(count))
            _rasterise(path, laid, nonconforming, out)
    more_notes = tuple(_notes(laid, [page for page in nonconforming if page not in render_only]))
    return ConvertedAttachment(out, count, laid.signed, (*notes, *more_notes))


def _rasterise(path: Path, laid: ForeignPdf, numbers: Iterable[int], out: Path) -> None:
    """Replace some pages of `out` (counted from 0) by pictures of the same pages of the original."""
    # Rendered from the original: `out` has no form any more, and PDFium can still draw the values of its fields.
    plain, mixed = out.with_suffix(".plain.pdf"), out.with_suffix(".mixed.pdf")
    foreign.write_repaired_copy(path, plain)
    ordered = sorted(numbers)
    for start in range(0, len(ordered), PAGES_IN_MEMORY):
        batch = ordered[start : start + PAGES_IN_MEMORY]
        foreign.replace_pages(
            out, dict(_pictures(plain, {number: place_page(laid.sizes[number]) for number in batch})), mixed
        )
        mixed.replace(out)
    plain.unlink()


def _pictures(plain: Path, placed: Mapping[int, PlacedPage]) -> Iterator[tuple[int, Picture]]:
    """Yield page number and picture of each page in `placed`, rendered at `DRAWN_DPI`."""
    widths = {number: max(1, round(where.width / 72 * DRAWN_DPI)) for number, where in placed.items()}
    for drawn in render.render_pages(plain, widths):
        yield drawn.page, photos.compress_picture(drawn.width, drawn.height, drawn.data, placed[drawn.page])


def _notes(laid: ForeignPdf, rasterised: Sequence[int]) -> Iterator[str]:
    """Yield notes for staff on what the conversion changed; `rasterised` are the pages that PDF/A-2b refused."""
    if laid.signed:
        yield "有数字签名，卷内是打印件，原件见电子档案包"
    if laid.restricted:
        yield "作者加过权限限制（限制打印或修改），卷内照原样打印"
    if laid.repaired:
        yield "文件结构有损坏，已修复，页面齐全"
    if laid.embedded_files:
        yield f"文件里夹带 {laid.embedded_files} 个附件，没有装进本卷，原件见电子档案包"
    if laid.has_scripts:
        yield "文件里的脚本和自动动作已去掉"
    if laid.has_hidden_layers:
        yield "文件有隐藏的图层，照打开时的样子转成图像"
    elif laid.pages_to_render:
        yield f"{_listed(laid.pages_to_render)}的表单或批注没有自带画面，已转成图像"
    if laid.undrawable_pages:
        yield f"{_listed(laid.undrawable_pages)}有画不出来的文字批注，请看原件"
    # Larger than A4 means A3 here: `paper` knows no other size of paper.
    folded = [number for number, size in enumerate(laid.sizes) if max(place_page(size).paper_size) > max(A4)]
    if folded:
        yield f"{_listed(folded)}是 A3，纸质版里单面打印、向内折"
    if rasterised:
        yield f"{_listed(rasterised)}的字体没有嵌入（或颜色是印刷色），已转成图像"


def _listed(numbers: Iterable[int]) -> str:
    """Format page numbers counted from 0 as text counted from 1: 第1、3—5页."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return "第" + "、".join(f"{a + 1}" if a == b else f"{a + 1}—{b + 1}" for a, b in runs) + "页"
