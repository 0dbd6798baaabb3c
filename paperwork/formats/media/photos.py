"""Prepare photos and pictures for print, and read facts and frames from videos.

This module alone imports Pillow, pillow-heif and PyAV. A file that cannot be opened raises `Unreadable` with the reason
in Chinese.
"""

import datetime as dt
import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from paperwork.core.faults import Unreadable
from paperwork.formats.paper import Picture, PlacedPage, place_picture

if TYPE_CHECKING:
    from PIL.Image import Image as Pillow


PHOTOS = (
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".heic", ".heif", ".hif", ".webp", ".avif", ".bmp", ".gif", ".tif",
    ".tiff",
)  # fmt: skip
PRINT_DPI = 200
"""Resolution of photos in the volume."""
MAX_PIXELS = 100_000_000
"""Most pixels of one picture or page; more is treated as a decompression bomb."""
MAX_CAMERA_PIXELS = 250_000_000
"""The same for JPEG and HEIF: phones make photos of 108 and 200 million pixels."""
CAMERA_FORMATS = ("JPEG", "MPO", "HEIF")
ZERO_TAIL = 4096
"""A file that ends in so many zero bytes was not copied to its end: programs reserve the space before they write."""
PAGE_DPI = 300
"""Resolution of scanned pages: finer than photos, to keep small print legible; courts and archives ask no more."""
SCREEN_DPI, WHOLE_DPI = 96, range(50, 2401)
"""Resolution assumed for a picture that states none, and the range in which a stated resolution is believed."""
PICTURES = ("JPEG", "PNG", "TIFF", "BMP", "WEBP", "GIF", "HEIF", "AVIF")
PICTURE_DAMAGED = ("图片打不开或不完整", "请重新扫描或导出")
PHOTO_DAMAGED = ("照片打不开，文件可能损坏或不是真正的图片", "请换一张，或从文件夹里删去")
EXIF, TAKEN = 0x8769, 0x9003
"""Tag numbers of the Exif IFD and of DateTimeOriginal."""


def print_photo(path: Path, out: Path, width_mm: int, height_mm: int) -> None:
    """Write a JPEG copy of a photo: upright by its EXIF, on white, at most 200 dpi, without metadata (such as GPS).

    Of several pages or frames the first is used. Raises `Unreadable` when the photo cannot be opened.
    """
    from PIL import Image, ImageOps

    with _opened(path, PHOTO_DAMAGED) as image:
        # Decode a JPEG at about twice the final size: a filter of half the cost is then as good as the best.
        image.draft("RGB", print_pixels(width_mm, height_mm, 2))
        _shrink_huge(image, print_pixels(width_mm, height_mm, 2))
        upright = _on_white(ImageOps.exif_transpose(image))
    # Nothing is cropped: the photo is fitted into its frame here, so that LibreOffice need not scale it again.
    upright.thumbnail(print_pixels(width_mm, height_mm), Image.Resampling.HAMMING)
    framed = Image.new("RGB", _shape(upright.size, width_mm, height_mm), "white")
    framed.paste(upright, ((framed.width - upright.width) // 2, (framed.height - upright.height) // 2))
    framed.save(out, "JPEG", quality=88, dpi=(PRINT_DPI, PRINT_DPI))


@cache
def _know_heic() -> None:
    """Register the HEIC decoder with Pillow, once.

    The decoder returns photos upright and resets their EXIF orientation, so that `exif_transpose` does not turn them
    again.
    """
    import pillow_heif

    pillow_heif.register_heif_opener()


def print_pixels(width_mm: int, height_mm: int, times: int = 1) -> tuple[int, int]:
    """Return the size in pixels of an area printed at `PRINT_DPI`, `times` as large."""
    return round(width_mm / 25.4 * PRINT_DPI) * times, round(height_mm / 25.4 * PRINT_DPI) * times


def _shape(size: tuple[int, int], width_mm: int, height_mm: int) -> tuple[int, int]:
    """Return the smallest frame of the given proportions round a picture, so that photos in a row have one height."""
    width, height = size
    return max(width, round(height * width_mm / height_mm)), max(height, round(width * height_mm / width_mm))


def read_pages(path: Path, most: int) -> Iterator[Picture]:
    """Yield the pages of a picture file: upright, RGB on white, without metadata, placed inside the page margins.

    Only a TIFF has several pages; of an animation the first frame is used. Raises `Unreadable` when the file is not a
    picture, is damaged, or has more than `most` pages or too many pixels.
    """
    from PIL import ImageSequence

    with _opened(path) as image:
        frames = getattr(image, "n_frames", 1) if image.format == "TIFF" else 1
        if frames > most:
            raise Unreadable(f"图片超过 {most} 页", "请分成几份")
        width = image.width
        if image.width * image.height > MAX_PIXELS:
            image.draft("RGB", (image.width // 2, image.height // 2))
            _shrink_huge(image, (image.width // 2, image.height // 2))
        for frame in ImageSequence.Iterator(image) if frames > 1 else (image,):
            _refuse_large(frame, image.format)  # the first page of a TIFF may be the smallest
            yield _picture(frame, width / image.width)


def _shrink_huge(image: "Pillow", size: tuple[int, int]) -> None:
    """Shrink a picture above `MAX_PIXELS` in place: each later step would hold one more copy of it in memory."""
    if image.width * image.height > MAX_PIXELS:
        image.thumbnail(size)


def check_picture(path: Path, damaged: tuple[str, str] = PICTURE_DAMAGED, most: int = 1) -> int:
    """Check that the pages of a picture, `most` at most, can be decoded to their end; return the number of its pages.

    Raises `Unreadable` when the file is not a picture, is damaged or has too many pixels.
    """
    from PIL import ImageSequence

    with _opened(path, damaged) as image:
        # A JPEG decoder can scale down by up to 8 while it decodes, which is faster; other formats ignore this.
        image.draft("L", (max(1, image.width // 8), max(1, image.height // 8)))
        image.load()
        frames = getattr(image, "n_frames", 1) if image.format == "TIFF" else 1
        for frame in islice(ImageSequence.Iterator(image), most) if frames > 1 and most > 1 else ():
            _refuse_large(frame, image.format)
            frame.load()
        if _ends_in_zeros(path):
            raise Unreadable(*damaged)
        return frames


def _ends_in_zeros(path: Path) -> bool:
    """Return True if the end of a file was never written; a JPEG decoder draws the rest of the picture grey."""
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - ZERO_TAIL))
        if stream.read().strip(b"\0"):
            return False
        stream.seek(0)
        # A whole JPEG may be padded: its last bytes are then the end-of-image marker. Other formats state their length.
        head = stream.read(3)
        return head == b"\xff\xd8\xff" and not (head + stream.read()).rstrip(b"\0").endswith(b"\xff\xd9")


def _refuse_large(image: "Pillow", form: str | None) -> None:
    """Raise `Unreadable` for a picture with too many pixels for its format, before it is decoded."""
    most = MAX_CAMERA_PIXELS if form in CAMERA_FORMATS else MAX_PIXELS
    if image.width * image.height > most:
        raise Unreadable(f"图片太大，超过 {most / 10**8:g} 亿像素", "请缩小后再放进来")


@contextmanager
def _opened(path: Path, damaged: tuple[str, str] = PICTURE_DAMAGED) -> Iterator["Pillow"]:
    """Open a picture without decoding it; turn errors, in the body of the `with` as well, into `Unreadable`."""
    from PIL import Image

    _know_heic()
    Image.MAX_IMAGE_PIXELS = None  # Pillow has one limit for all formats, and only warns at first
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd EXIF, which does not matter
            with Image.open(path, formats=PICTURES) as image:
                _refuse_large(image, image.format)
                yield image
    # Unreadable is a ValueError, which broken data raise as well.
    except Unreadable:
        raise
    except (OSError, SyntaxError, EOFError, RuntimeError, ValueError, struct.error, zlib.error):
        raise Unreadable(*damaged) from None


def count_pages(path: Path) -> int:
    """Return the number of pages of a TIFF or of frames of an animation. Raises `Unreadable` for a damaged file."""
    with _opened(path) as image:
        return getattr(image, "n_frames", 1)


def is_animated(path: Path) -> bool:
    """Return True if a picture is animated (GIF, WebP or PNG). The file must be one that can be opened."""
    from PIL import Image

    with Image.open(path, formats=PICTURES) as image:
        return image.format in ("GIF", "WEBP", "PNG") and getattr(image, "n_frames", 1) > 1


def _picture(frame: "Pillow", shrunk: float) -> Picture:
    """Return a picture, decoded `shrunk` times smaller, placed on A4 in its stated size and reduced to `PAGE_DPI`."""
    from PIL import Image, ImageOps

    dpi = frame.info.get("dpi", (0, 0))[0]
    dpi = (float(dpi) if round(dpi) in WHOLE_DPI else SCREEN_DPI) / shrunk
    upright = _on_white(ImageOps.exif_transpose(frame))
    placed = place_picture((upright.width / dpi * 72, upright.height / dpi * 72))
    most = (max(1, round(placed.width / 72 * PAGE_DPI)), max(1, round(placed.height / 72 * PAGE_DPI)))
    upright.thumbnail(most, Image.Resampling.LANCZOS)
    return compress_picture(upright.width, upright.height, upright.tobytes(), placed)


def _on_white(image: "Pillow") -> "Pillow":
    """Convert an image of any mode to RGB: transparent parts on white, colours converted by its ICC profile."""
    from PIL import Image

    if image.mode.startswith("I;16"):
        image = image.point(lambda value: value / 256).convert("L")  # convert() alone clips at 255 instead of scaling
    elif image.mode in ("I", "F"):
        # 32-bit values have no agreed white, so the brightest one becomes white.
        low, high = image.getextrema()
        span = max(float(high) - min(0.0, float(low)), 1.0)  # type: ignore[arg-type]
        image = image.convert("F").point(lambda value: value * (255 / span)).convert("L")
    elif image.mode in ("RGB", "CMYK", "LAB") and image.info.get("icc_profile"):
        image = _to_srgb(image)
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        white = Image.new("RGBA", layer.size, "white")
        white.alpha_composite(layer)
        image = white
    return image.convert("RGB")


def _to_srgb(image: "Pillow") -> "Pillow":
    """Convert an image to sRGB by its embedded ICC profile; return it unchanged when the profile is unusable."""
    from PIL import ImageCms

    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
        converted = ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    return converted or image


def compress_picture(width: int, height: int, rgb: bytes, placed: PlacedPage) -> Picture:
    """Compress RGB pixels for a PDF: as JPEG or deflated, whichever is shorter (JPEG for photos, not for drawings)."""
    from PIL import Image

    jpeg = io.BytesIO()
    Image.frombytes("RGB", (width, height), rgb).save(jpeg, "JPEG", quality=90)
    deflated = zlib.compress(rgb, 6)
    is_jpeg = len(jpeg.getvalue()) < len(deflated)
    return Picture(jpeg.getvalue() if is_jpeg else deflated, is_jpeg, (width, height), placed)


def png(width: int, height: int, rgb: bytes) -> bytes:
    """Encode RGB pixels as PNG."""
    from PIL import Image

    out = io.BytesIO()
    Image.frombytes("RGB", (width, height), rgb).save(out, "PNG", compress_level=3)
    return out.getvalue()


def date_taken(path: Path) -> dt.date | None:
    """Return the day a photo was taken by its EXIF DateTimeOriginal, or None when it has none."""
    from PIL import Image

    _know_heic()
    try:
        with Image.open(path, formats=PICTURES) as image:
            original = str(image.getexif().get_ifd(EXIF).get(TAKEN, ""))
        return dt.datetime.strptime(original[:10], "%Y:%m:%d").date()
    except (OSError, ValueError, SyntaxError, TypeError):
        return None  # no fault here: `print_photo` reports a photo that cannot be opened
