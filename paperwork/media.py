"""Photos upright, bounded and sized for print; pictures for pages; what a video is and what it shows.

Sole owner of Pillow, its reader of HEIC, and PyAV. What cannot be opened raises `ValueError` with the Chinese reason.
"""

import datetime as dt
import hashlib
import io
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paperwork import pack
from paperwork.paper import Picture, Placed, place_picture

if TYPE_CHECKING:
    from PIL.Image import Image as Pillow

MAKER = pack.digest(__file__)
"""Which version of this module makes the copies."""
PHOTOS = (".jpg", ".jpeg", ".png", ".heic", ".heif")
VIDEOS = (".mp4", ".mov", ".m4v", ".avi")
PRINT_DPI = 200
MAX_PIXELS = 100_000_000
MAX_SECONDS = 4 * 3600
PAGE_DPI = 300
"""A document's small print must stay legible: finer than a photo, and no finer than courts and archives ask."""
SCREEN_DPI, WHOLE_DPI = 96, range(50, 2401)
"""The resolution of a picture that names none, and what may be believed of one that does."""
PICTURES = ("JPEG", "PNG", "TIFF", "BMP", "WEBP", "GIF", "HEIF")
EXIF, TAKEN = 0x8769, 0x9003
FILMS = "mov,mp4,avi,matroska,webm,mpeg,mpegts,asf,flv"
"""What a video may be: files that hold their film themselves. A play list would have others fetched."""
FRAME_MM = 48
"""A frame of a video is printed this wide."""
Shot = tuple[float, Path]
"""A moment in seconds and the picture of it."""


@dataclass(frozen=True)
class Clip:
    """What a register page says of a video: seconds, bytes, pixels, digest, and frames with their second."""

    seconds: float
    size: int
    width: int
    height: int
    sha256: str
    frames: tuple[Shot, ...]


def print_photo(path: Path, out: Path, width_mm: int, height_mm: int) -> None:
    """Write a JPEG copy of a photo: upright by its EXIF, no larger than 200 dpi asks for, without metadata (GPS)."""
    from PIL import Image, ImageOps

    _know_heic()
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    try:
        with Image.open(path) as image:
            image.draft("RGB", _pixels(width_mm, height_mm, 2))
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise ValueError("照片打不开，文件可能损坏或不是真正的图片") from None
    # Wider than its frame: crop nothing, just fit inside it; LibreOffice must not scale it again.
    # Twice too large at first, so that a filter of half the cost is as good as the best.
    upright.thumbnail(_pixels(width_mm, height_mm), Image.Resampling.HAMMING)
    framed = Image.new("RGB", _shape(upright.size, width_mm, height_mm), "white")
    framed.paste(upright, ((framed.width - upright.width) // 2, (framed.height - upright.height) // 2))
    framed.save(out, "JPEG", quality=88, dpi=(PRINT_DPI, PRINT_DPI))


@cache
def _know_heic() -> None:
    """Teach Pillow to open the photos of today's telephones, once.

    They come upright already, and their EXIF says so: nothing is turned twice.
    """
    import pillow_heif

    pillow_heif.register_heif_opener()


def _pixels(width_mm: int, height_mm: int, times: int = 1) -> tuple[int, int]:
    return round(width_mm / 25.4 * PRINT_DPI) * times, round(height_mm / 25.4 * PRINT_DPI) * times


def _shape(size: tuple[int, int], width_mm: int, height_mm: int) -> tuple[int, int]:
    """A white frame of the wanted proportions round a picture, so that photos in a row stand level."""
    width, height = size
    return max(width, round(height * width_mm / height_mm)), max(height, round(width * height_mm / width_mm))


def pictures(path: Path, most: int) -> Iterator[Picture]:
    """The pages of a picture file, one by one: upright, RGB on white, without metadata, clear of a page's margins.

    Only a TIFF has pages; of what moves the first moment is shown. Raises `ValueError`: not a picture, damaged, too
    many pages or pixels.
    """
    from PIL import Image, ImageSequence

    with _opened(path) as image:
        frames = getattr(image, "n_frames", 1) if image.format == "TIFF" else 1
        if frames > most:
            raise ValueError(f"图片超过 {most} 页，请分成几份")
        for frame in ImageSequence.Iterator(image) if frames > 1 else (image,):
            if frame.width * frame.height > MAX_PIXELS:  # later pages of a TIFF are not asked by Pillow
                raise Image.DecompressionBombError
            yield _picture(frame)


def whole(path: Path) -> None:
    """See that a picture can be opened to its end. Raises `ValueError`: not a picture, damaged, too many pixels."""
    with _opened(path) as image:
        image.draft("L", (max(1, image.width // 8), max(1, image.height // 8)))  # as small as its format can be drawn
        image.load()


@contextmanager
def _opened(path: Path) -> Iterator["Pillow"]:
    """A picture opened, not drawn yet; whatever is wrong with it is told in words."""
    from PIL import Image

    _know_heic()
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    try:
        with warnings.catch_warnings():
            # Pillow only warns of a bomb below twice the limit, and of whatever a camera wrote into its notes.
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=PICTURES) as image:
                if image.width * image.height > MAX_PIXELS:  # whoever else is at work may have changed the filters
                    raise Image.DecompressionBombError
                yield image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ValueError(f"图片太大，超过 {MAX_PIXELS // 10**8} 亿像素，请缩小后再放进来") from None
    except (OSError, SyntaxError, EOFError, RuntimeError):
        raise ValueError("图片打不开或不完整，请重新扫描或导出") from None


def moves(path: Path) -> bool:
    """Whether a picture that can be opened is a moving one."""
    from PIL import Image

    with Image.open(path, formats=PICTURES) as image:
        return image.format in ("GIF", "WEBP", "PNG") and getattr(image, "n_frames", 1) > 1


def _picture(frame: "Pillow") -> Picture:
    from PIL import Image, ImageOps

    dots = frame.info.get("dpi", (0, 0))[0]
    dots = float(dots) if round(dots) in WHOLE_DPI else SCREEN_DPI
    upright = _on_white(ImageOps.exif_transpose(frame))
    placed = place_picture((upright.width / dots * 72, upright.height / dots * 72))
    most = (max(1, round(placed.width / 72 * PAGE_DPI)), max(1, round(placed.height / 72 * PAGE_DPI)))
    upright.thumbnail(most, Image.Resampling.LANCZOS)
    return coded(upright.width, upright.height, upright.tobytes(), placed)


def _on_white(image: "Pillow") -> "Pillow":
    """An image of any kind as RGB, on white where one can see through it; colours as its profile means them."""
    from PIL import Image

    if image.mode.startswith("I;16"):
        image = image.point(lambda value: value / 256).convert("L")  # a plain conversion cuts at 255
    elif image.mode in ("I", "F"):
        low, high = image.getextrema()
        span = max(float(high) - min(0.0, float(low)), 1.0)  # type: ignore[arg-type]
        image = image.convert("F").point(lambda value: value * (255 / span)).convert("L")
    elif image.mode in ("RGB", "CMYK", "LAB") and image.info.get("icc_profile"):
        image = _as_meant(image)
    if image.has_transparency_data:
        seen = image.convert("RGBA")
        white = Image.new("RGBA", seen.size, "white")
        white.alpha_composite(seen)
        image = white
    return image.convert("RGB")


def _as_meant(image: "Pillow") -> "Pillow":
    """The colours in sRGB, as the profile that came with them says; unchanged when it says nothing sensible."""
    from PIL import ImageCms

    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
        seen = ImageCms.profileToProfile(image, own, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    return seen or image


def coded(width: int, height: int, rgb: bytes, placed: Placed) -> Picture:
    """RGB pixels as they go into a PDF: deflated or JPEG, whichever is shorter (drawings and photos differ)."""
    from PIL import Image

    jpeg = io.BytesIO()
    Image.frombytes("RGB", (width, height), rgb).save(jpeg, "JPEG", quality=90)
    flat = zlib.compress(rgb, 6)
    is_jpeg = len(jpeg.getvalue()) < len(flat)
    return Picture(jpeg.getvalue() if is_jpeg else flat, is_jpeg, (width, height), placed)


def png(width: int, height: int, rgb: bytes) -> bytes:
    """A drawn page as a PNG."""
    from PIL import Image

    out = io.BytesIO()
    Image.frombytes("RGB", (width, height), rgb).save(out, "PNG", compress_level=3)
    return out.getvalue()


def clip(path: Path, folder: Path, frames: int = 3) -> Clip:
    """Read a video's facts and write evenly spaced frames as JPEG files into `folder`."""
    with _film(path) as (container, stream, seconds):
        shots = tuple(_shots(container, stream, seconds, frames, folder, path.stem))
        return Clip(seconds, path.stat().st_size, stream.width, stream.height, digest(path), shots)


def film(path: Path) -> float:
    """How many seconds a video lasts. Raises `ValueError` when it is none, or has no end."""
    with _film(path) as (_, _, seconds):
        return seconds


@contextmanager
def _film(path: Path) -> Iterator[tuple[Any, Any, float]]:
    """A video opened, the film in it, and its length."""
    import av

    try:
        with av.open(str(path), options={"format_whitelist": FILMS}) as container:
            stream = container.streams.video[0]
            seconds = float(container.duration or 0) / av.time_base
            if not 0 < seconds <= MAX_SECONDS:
                raise ValueError("视频的长度读不出来，或超过 4 小时")
            yield container, stream, seconds
    except (av.FFmpegError, IndexError, OSError):
        raise ValueError("视频打不开，文件可能损坏或不是真正的视频") from None


def _shots(container: Any, stream: Any, seconds: float, frames: int, folder: Path, stem: str) -> Iterator[Shot]:
    """Yield exactly `frames` frames, each from the middle of its share of the film."""
    last = None
    for number in range(frames):
        moment = seconds * (2 * number + 1) / (2 * frames)
        container.seek(round(moment / stream.time_base), stream=stream)
        for frame in container.decode(stream):
            last = frame
            if frame.time is None or frame.time >= moment - 0.05:
                break
        if last is None:
            raise ValueError("视频打不开，里面没有画面")
        out = folder / f"{stem}-{number + 1}.jpg"
        image = last.to_image().rotate(last.rotation, expand=True)
        image.thumbnail(_pixels(FRAME_MM, FRAME_MM))
        image.save(out, "JPEG", quality=88)
        yield moment, out


def digest(path: Path) -> str:
    """A file's SHA-256 in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def taken(path: Path) -> dt.date | None:
    """The day a photo says it was taken (EXIF DateTimeOriginal); None when it says nothing."""
    from PIL import Image

    _know_heic()
    try:
        with Image.open(path) as image:
            said = str(image.getexif().get_ifd(EXIF).get(TAKEN, ""))
        return dt.datetime.strptime(said[:10], "%Y:%m:%d").date()
    except (OSError, ValueError, SyntaxError, TypeError):
        return None  # a photo that cannot be opened is told where it is printed
