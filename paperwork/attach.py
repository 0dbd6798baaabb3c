"""Whatever people attach → a PDF ready to bind: upright sheets of A4 or A3, nothing in it that an archive refuses.

What a file is, its first bytes say; its name is not believed. The original is only read.
"""

import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from paperwork import media, office, pages, raster
from paperwork.aside import Aside
from paperwork.faults import Stop
from paperwork.pages import Laid
from paperwork.paper import A4, Picture, Placed, place

DRAWN_DPI = 200
"""A page that must become a picture is drawn this fine."""
AT_ONCE = 100
"""Pictures held in memory at a time."""
MAX_SECONDS, MAX_MEMORY = 600, 4 * 2**30
"""What one attachment may take."""
MAX_UNPACKED = 2**30
HEAD = 4096
PICTURES = (
    (0, b"\xff\xd8\xff"), (0, b"\x89PNG\r\n\x1a\n"), (0, b"II*\0"), (0, b"MM\0*"), (0, b"BM"), (0, b"GIF8"),
    (8, b"WEBP"), (4, b"ftyphei"), (4, b"ftyphev"), (4, b"ftypmif1"), (4, b"ftypmsf1"),
)  # fmt: skip
"""Where a picture's first words stand, and what they are."""
PDF, PICTURE = "pdf", "picture"
OLE, ZIP = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04"
# What the older Office files hold inside, in the order of being asked: an Excel sheet may lie in a Word file.
OLE_STREAMS = (("doc", "WordDocument"), ("ppt", "PowerPoint Document"), ("xls", "Workbook"), ("xls", "Book"))
LOCKED = "EncryptedPackage"
ZIP_FOLDERS = (("docx", "word/"), ("xlsx", "xl/"), ("pptx", "ppt/"))
OPEN_DOCUMENTS = (("odt", b"text"), ("ods", b"spreadsheet"), ("odp", b"presentation"))
CALLED = {"doc": "Word", "docx": "Word", "xls": "Excel", "xlsx": "Excel", "ppt": "幻灯片", "pptx": "幻灯片"}
SAVE_AS = "请用 WPS 打开后另存为 PDF，再放进来"
UNKNOWN = "认不出"
"""How the reason begins when nothing is known of a file."""
STRANGERS = (
    (b"<", "这是网页，不是文档，" + SAVE_AS),
    (b"{\\rtf", "这是 RTF 文件，" + SAVE_AS),
    (b"MIME-Version", "这是网页存档，不是文档，" + SAVE_AS),
    (b"Rar!", "这是压缩包，请解开后把里面的文件分别登记"),
    (b"7z\xbc\xaf", "这是压缩包，请解开后把里面的文件分别登记"),
)
"""Beginnings of what cannot be bound, and what to do about it."""


@dataclass(frozen=True)
class Attached:
    """An outside document ready to bind."""

    pdf: Path
    """Upright pages, each exactly A4 or A3, portrait or landscape."""
    pages: int
    signed: bool = False
    """Carries a digital signature: only the original in the bag stays valid."""
    notes: tuple[str, ...] = ()
    """What was done to it, in plain Chinese."""


def ready(path: Path, work: Path, stem: str, env: Mapping[str, str]) -> Attached:
    """Make an outside document ready to bind, as `work/stem.pdf`.

    `env` is LibreOffice's environment, so that Office files print in the volume's fonts. Raises `ValueError` with the
    plain reason, which ends in a remedy.
    """
    out = work / f"{stem}.pdf"
    what = kind(path)
    if what == PDF:
        return _apart(lambda: _from_pdf(path, out, ()))
    if what == PICTURE:
        return _apart(lambda: _from_pictures(path, out))
    return _from_office(path, what, out, env)


def kind(path: Path) -> str:
    """What a file is by its content: pdf, picture, or the ending of an Office file. Raises `ValueError` as `ready`."""
    head = _head(path)
    if b"%PDF-" in head[:1024]:
        return PDF
    if any(head.startswith(magic, place) for place, magic in PICTURES):
        return PICTURE
    return _office_kind(path, head)


def _apart(make: Callable[[], Attached]) -> Attached:
    """Do it in a process of its own, ended when its time or memory is up.

    Nothing else stops a page that draws itself a hundred million times: the libraries do not look up while they draw,
    and what brings them down would bring down the whole volume.
    """
    try:
        return Aside(make, MAX_MEMORY).result(MAX_SECONDS)
    except (TimeoutError, MemoryError, Stop):
        raise ValueError("文件太复杂，处理不了，请打印后扫描，再放进来") from None


def _head(path: Path) -> bytes:
    if path.is_dir():
        raise ValueError("这是文件夹，不是文件，请把里面的文件分别登记")
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(HEAD)
    except OSError:
        raise ValueError("文件读不了，请检查它能否打开，再放一次") from None
    if not head.strip(b"\0 \r\n\t"):
        raise ValueError("文件是空的，请重新扫描或导出")
    if size > pages.MAX_BYTES:
        raise ValueError(f"文件超过 {pages.MAX_BYTES // 2**20} MB，请压缩或分成几份")
    return head


# ---- pictures


def _from_pictures(path: Path, out: Path) -> Attached:
    count = pages.picture_pages(media.pictures(path, pages.MAX_PAGES), out)
    return Attached(out, count, notes=("动图只印第一个画面，原件见电子档案包",) if media.moves(path) else ())


# ---- Office


def _office_kind(path: Path, head: bytes) -> str:
    """The ending that fits what an Office file is. Raises `ValueError` for all that cannot be bound."""
    if head.startswith(OLE):
        return _ole_kind(path.read_bytes())
    if head.startswith(ZIP):
        return _zip_kind(path)
    beginning = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for magic, reason in STRANGERS:
        if beginning.startswith(magic):
            raise ValueError(reason)
    raise ValueError(f"{UNKNOWN}这是什么文件（只收 PDF、图片、Word、Excel），" + SAVE_AS)


def _ole_kind(content: bytes) -> str:
    if LOCKED.encode("utf-16-le") in content:
        raise ValueError("文件有打开密码，请去掉密码后另存，再放进来")
    for ending, name in OLE_STREAMS:
        if name.encode("utf-16-le") in content:
            return ending
    raise ValueError(f"{UNKNOWN}这是哪种 Office 文件，" + SAVE_AS)


def _zip_kind(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(member.file_size for member in archive.infolist()) > MAX_UNPACKED:
                raise ValueError("文件解开后太大，请把里面的图片压缩后另存")
            names = archive.namelist()
            kind = archive.read("mimetype") if "mimetype" in names else b""
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError):
        raise ValueError("文件不完整或有密码，" + SAVE_AS) from None
    for ending, folder in ZIP_FOLDERS:
        if "[Content_Types].xml" in names and any(name.startswith(folder) for name in names):
            return ending
    for ending, word in OPEN_DOCUMENTS:
        if kind.startswith(b"application/vnd.oasis.opendocument." + word):
            return ending
    raise ValueError("这是压缩包，请解开后把里面的文件分别登记")


def _from_office(path: Path, ending: str, out: Path, env: Mapping[str, str]) -> Attached:
    folder = out.with_suffix(".office")  # LibreOffice names the PDF after the file, and believes its ending
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / f"{out.stem}.{ending}"
    shutil.copyfile(path, copy)
    printed = office.print_foreign(copy, folder / "printed", env)
    name = CALLED.get(ending, ending)
    attached = _apart(lambda: _from_pdf(printed, out, (f"原件是 {name} 文件，卷内是打印件，原件见电子档案包",)))
    shutil.rmtree(folder)
    return attached


# ---- PDF


def _from_pdf(path: Path, out: Path, notes: Sequence[str]) -> Attached:
    laid = pages.lay(path, out)
    count = len(laid.sizes)
    seen_only = set(range(count) if laid.layered else laid.undrawn)
    if seen_only:
        _draw(path, laid, seen_only, out)
    unfit = pages.unfit(out)
    if unfit:
        _draw(path, laid, seen_only | set(unfit), out)
        if pages.unfit(out):  # each page passed alone, together they do not
            unfit = tuple(range(count))
            _draw(path, laid, unfit, out)
    told = tuple(_told(laid, [page for page in unfit if page not in seen_only]))
    return Attached(out, count, laid.signed, (*notes, *told))


def _draw(path: Path, laid: Laid, numbers: Iterable[int], out: Path) -> None:
    """Put pictures in the place of some pages; drawn from the original, whose forms a renderer can still fill in."""
    plain, mixed = out.with_suffix(".plain.pdf"), out.with_suffix(".mixed.pdf")
    pages.plain_copy(path, plain)
    wanted = sorted(numbers)
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        pages.exchange(out, dict(_pictures(plain, {number: place(laid.sizes[number]) for number in some})), mixed)
        mixed.replace(out)
    plain.unlink()


def _pictures(plain: Path, placed: Mapping[int, Placed]) -> Iterator[tuple[int, Picture]]:
    widths = {number: max(1, round(where.width / 72 * DRAWN_DPI)) for number, where in placed.items()}
    for drawn in raster.draw(plain, widths):
        yield drawn.page, media.coded(drawn.width, drawn.height, drawn.data, placed[drawn.page])


def _told(laid: Laid, unfit: Sequence[int]) -> Iterator[str]:
    """What staff should know of what was done."""
    if laid.signed:
        yield "有数字签名，卷内是打印件，原件见电子档案包"
    if laid.restricted:
        yield "作者加过权限限制（限制打印或修改），卷内照原样打印"
    if laid.repaired:
        yield "文件结构有损坏，已修复，页面齐全"
    if laid.embedded:
        yield f"文件里夹带 {laid.embedded} 个附件，没有装进本卷，原件见电子档案包"
    if laid.scripts:
        yield "文件里的脚本和自动动作已去掉"
    if laid.layered:
        yield "文件有隐藏的图层，照打开时的样子转成图像"
    elif laid.undrawn:
        yield f"{_listed(laid.undrawn)}的表单或批注没有自带画面，已转成图像"
    if laid.unshown:
        yield f"{_listed(laid.unshown)}有画不出来的文字批注，请看原件"
    folded = [number for number, size in enumerate(laid.sizes) if max(place(size).sheet) > max(A4)]
    if folded:
        yield f"{_listed(folded)}是 A3，纸质版里单面打印、向内折"
    if unfit:
        yield f"{_listed(unfit)}的字体没有嵌入（或颜色是印刷色），已转成图像"


def _listed(numbers: Iterable[int]) -> str:
    """Pages counted from 0 in words: 第1、3—5页."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return "第" + "、".join(f"{a + 1}" if a == b else f"{a + 1}—{b + 1}" for a, b in runs) + "页"
