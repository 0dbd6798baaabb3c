"""A file counts only when it opens to its end: photos, videos and attachments, sound and spoilt."""

import io
import random
import zipfile
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from paperwork.core.faults import Unreadable
from paperwork.formats import detect, opening
from paperwork.formats.detect import FileType
from paperwork.formats.media import photos, videos
from tests import make, odd

Content = bytes


def noise(form: str, mode: str = "RGB", **options: Any) -> Content:
    """Return a picture of noise, so that no half of it compresses to nothing."""
    pixels = random.Random(1).randbytes(160 * 120 * len(Image.new(mode, (1, 1)).getbands()))
    out = io.BytesIO()
    Image.frombytes(mode, (160, 120), pixels).save(out, form, **options)
    return out.getvalue()


def pages(count: int) -> Content:
    """Return a TIFF of some pages."""
    out = io.BytesIO()
    sheets = [Image.new("RGB", (40, 30), (number, 0, 0)) for number in range(count)]
    sheets[0].save(out, "TIFF", save_all=True, append_images=sheets[1:])
    return out.getvalue()


def heif() -> Content:
    """Return a HEIC photo."""
    import pillow_heif

    out = io.BytesIO()
    pillow_heif.from_pillow(Image.effect_noise((160, 120), 60).convert("RGB")).save(out)
    return out.getvalue()


SOUND: dict[str, Callable[[], Content]] = {
    "01.jpg": lambda: noise("JPEG"),
    "01.jfif": lambda: noise("JPEG"),
    "01.jpe": lambda: noise("JPEG", progressive=True),
    "cmyk.jpg": lambda: noise("JPEG", "CMYK"),
    "01.webp": lambda: noise("WEBP"),
    "01.bmp": lambda: noise("BMP"),
    "01.tif": lambda: noise("TIFF"),
    "01.tiff": lambda: pages(3),
    "01.gif": lambda: noise("GIF", "L"),
    "01.avif": lambda: noise("AVIF"),
    "01.heif": heif,
    "a PNG called.jpg": lambda: noise("PNG"),
    "a HEIC called.jpg": heif,
    "no suffix": lambda: noise("PNG", "RGBA"),
    "padded.jpg": lambda: noise("JPEG") + bytes(8000),
    "with a film behind it.jpg": lambda: noise("JPEG") + b"motion" * 100,
}
HALF = ("01.jpg", "01.jpe", "01.webp", "01.bmp", "01.tif", "01.gif", "01.avif", "01.heif", "a PNG called.jpg")


def half(name: str) -> Content:
    """Return the first half of a sound photo."""
    content = SOUND[name]()
    return content[: len(content) // 2]


SPOILT: dict[str, tuple[Callable[[], Content], str]] = {
    "empty.jpg": (lambda: b"", "空的"),
    "zeros.jpg": (lambda: bytes(5000), "空的"),
    "text.jpg": (lambda: "照片".encode(), "打不开"),
    **{f"half {name}": (partial(half, name), "打不开") for name in HALF},
    "reserved.jpg": ((lambda: noise("JPEG")[:9000] + bytes(9000)), "打不开"),
    "a.psd": (lambda: b"8BPS\0\1" + bytes(50), "Photoshop"),
    "a.cdr": (lambda: b"RIFF\1\2\3\4CDR9", "CorelDRAW"),
    "a.dng": (lambda: noise("TIFF"), "RAW"),
    "a.CR3": (lambda: b"\0\0\0\x18ftypcrx " + bytes(50), "RAW"),
    "a.svg": (lambda: b"<svg/>", "矢量图"),
    "a.lnk": (lambda: b"L\0\0\0", "快捷方式"),
    "film.mp4": (lambda: b"\0\0\0\x18ftypmp42" + bytes(50) + b"x", "这是视频"),
    "film.jpg": (lambda: b"\0\0\0\x18ftypmp42" + bytes(50) + b"x", "这是视频"),
}  # fmt: skip


@pytest.mark.parametrize("name", SOUND)
def test_photo_of_any_common_kind_is_taken_and_printed(tmp_path: Path, name: str) -> None:
    (path := tmp_path / name).write_bytes(SOUND[name]())
    assert opening.photo_problem(path) is None
    photos.print_photo(path, tmp_path / "out.jpg", 72, 54)
    with Image.open(tmp_path / "out.jpg") as out:
        out.load()


@pytest.mark.parametrize("name", SPOILT)
def test_photo_that_does_not_open_is_told(tmp_path: Path, name: str) -> None:
    content, words = SPOILT[name]
    (path := tmp_path / name).write_bytes(content())
    problem = opening.photo_problem(path)
    assert problem and words in problem.wrong and problem.mend.count("请") == 1


def test_suffix_of_each_photo_and_video_is_known() -> None:
    assert {Path(name).suffix for name in SOUND} - {""} <= set(photos.PHOTOS)
    assert not set(photos.PHOTOS) & set(videos.VIDEOS)
    assert not {*photos.PHOTOS, *videos.VIDEOS} & set(opening.OF_SUFFIX)


RATE = 24
"""Frames a second; MPEG-2 allows only some rates."""


@cache
def still(number: int) -> Image.Image:
    """Return a picture of noise."""
    return Image.effect_noise((160, 90), 60 + number).convert("RGB")


def film(path: Path, codec: str = "libx264", turned: int = 0, seconds: int = 4, **options: str) -> Path:
    """Write a film of noise; `turned` is the turn in degrees with which a player shows it."""
    import av

    form = options.pop("form", None)
    with av.open(str(path), "w", format=form, options=options) as container:
        stream = container.add_stream(codec, rate=RATE)
        stream.width, stream.height, stream.pix_fmt = 160, 90, "yuv420p"
        for number in range(seconds * RATE):
            frame = av.VideoFrame.from_image(still(number % 7))
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    if turned:
        path.write_bytes(turn(path.read_bytes(), turned))
    return path


def turn(content: bytes, degrees: int) -> bytes:
    """Set the matrix of the track header (ISO 14496-12, 8.3.2) of an MP4 file that a phone would write."""
    cos, sin = {90: (0, 1), 180: (-1, 0), 270: (0, -1)}[degrees]
    one = 1 << 16
    matrix = b"".join(
        (value % 2**32).to_bytes(4) for value in (cos * one, sin * one, 0, -sin * one, cos * one, 0, 0, 0, 1 << 30)
    )
    at = content.index(b"tkhd") + 4 + 40
    return content[:at] + matrix + content[at + 36 :]


FILMS: dict[str, dict[str, str]] = {
    "a.mp4": {}, "a.mov": {}, "fast.mp4": {"movflags": "faststart"},
    "pieces.mp4": {"movflags": "frag_keyframe+empty_moov"},
    "a.m4v": {"form": "mp4"}, "a.3gp": {"form": "3gp"}, "a.mkv": {}, "a.webm": {"codec": "libvpx"},
    "a.avi": {"codec": "mpeg4"}, "a.wmv": {"codec": "wmv2", "form": "asf"}, "a.mpg": {"codec": "mpeg2video"},
    "a.mpeg": {"codec": "mpeg2video", "form": "mpeg"}, "a.ts": {"form": "mpegts"},
    "a.m2ts": {"form": "mpegts", "mpegts_m2ts_mode": "1"}, "a.flv": {"codec": "flv"},
    "an MP4 called.avi": {"form": "mp4"},
}  # fmt: skip
STREAMS = ("a.mpg", "a.mpeg", "a.ts", "a.m2ts", "pieces.mp4")
"""Films that state no length: one that was cut off plays to its end like any other."""


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a film of each kind."""
    folder = tmp_path_factory.mktemp("films")
    for name, options in FILMS.items():
        film(folder / name, **options)  # type: ignore[arg-type]
    return folder


@pytest.mark.parametrize("name", FILMS)
def test_film_of_any_common_kind_is_taken(films: Path, tmp_path: Path, name: str) -> None:
    assert detect.detect(films / name).type is FileType.VIDEO
    assert opening.video_problem(films / name) is None
    clip = videos.read_video(films / name, tmp_path)
    assert round(clip.seconds) == 4 and (clip.width, clip.height) == (160, 90) and len(clip.frames) == 3


@pytest.mark.parametrize("name", [name for name in FILMS if name not in STREAMS])
def test_film_that_was_cut_off_proves_nothing(films: Path, tmp_path: Path, name: str) -> None:
    content = (films / name).read_bytes()
    for share in (0.2, 0.5, 0.9):
        path = tmp_path / f"{share} {name}"
        path.write_bytes(content[: round(len(content) * share)])
        assert opening.video_problem(path), share
        with pytest.raises(Unreadable):  # the archive comes to the same result
            videos.read_video(path, tmp_path)


@pytest.mark.parametrize("name", FILMS)
def test_film_whose_end_was_never_written_proves_nothing(films: Path, tmp_path: Path, name: str) -> None:
    content = (films / name).read_bytes()
    (path := tmp_path / name).write_bytes(content[: len(content) // 2] + bytes(len(content) - len(content) // 2))
    assert opening.video_problem(path)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.mp4", b"", "空的"), ("a.mp4", "视频".encode(), "打不开"), ("a.mp3", b"ID3" + bytes(9), "录音"),
        ("a.jpg", None, "这是照片"), ("a.mp4", None, "这是照片"), ("a.m4a", b"\0\0\0\x18ftypM4A ", "录音"),
    ],
)  # fmt: skip
def test_file_that_is_no_film_is_told(tmp_path: Path, name: str, content: bytes | None, words: str) -> None:
    (path := tmp_path / name).write_bytes(noise("JPEG") if content is None else content)
    problem = opening.video_problem(path)
    assert problem and words in problem.wrong and problem.mend.count("请") == 1


@pytest.mark.parametrize(("turned", "size"), [(90, (90, 160)), (180, (160, 90)), (270, (90, 160))])
def test_size_of_a_film_is_that_of_the_picture_as_shown(tmp_path: Path, turned: int, size: tuple[int, int]) -> None:
    clip = videos.read_video(film(tmp_path / "a.mp4", turned=turned), tmp_path)
    assert (clip.width, clip.height) == size
    with Image.open(clip.frames[0][1]) as frame:
        assert (frame.width < frame.height) == (size[0] < size[1])


@pytest.mark.parametrize("name", [name for name in odd.ALL if name not in odd.OFFICE])
def test_check_refuses_just_the_attachments_that_cannot_be_bound(tmp_path: Path, name: str) -> None:
    path = odd.write(name, tmp_path)
    problem = opening.attachment_problem(path)
    assert bool(problem) == (name in odd.REFUSED_NAMES)
    assert not problem or odd.ALL[name].note in f"{problem.wrong}，{problem.mend}"


def test_damaged_office_file_is_told(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as target:
        target.writestr("[Content_Types].xml", "x")
        target.writestr("word/document.xml", f"<a>{'正文' * 1000}</a>")
    assert opening.attachment_problem(tmp_path / "a.docx") is None
    content = (tmp_path / "a.docx").read_bytes()
    (tmp_path / "b.docx").write_bytes(content.replace("正文正文".encode(), "正丈正丈".encode(), 1))
    assert opening.attachment_problem(tmp_path / "b.docx")
    with zipfile.ZipFile(tmp_path / "c.docx", "w") as target:
        target.writestr("word/document.xml", "<a>正文")
    assert opening.attachment_problem(tmp_path / "c.docx")


def test_finding_is_forgotten_when_the_file_changes(tmp_path: Path) -> None:
    path = make.photo(tmp_path / "a.jpg")
    assert opening.photo_problem(path) is None
    path.write_bytes(b"")
    assert opening.photo_problem(path)
    make.photo(path)
    assert opening.photo_problem(path) is None
