"""Photos and videos, with real files."""

import io
import resource
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from paperwork.core.processes import ChildProcess
from paperwork.formats.media import photos, videos
from tests import make
from tests.cases import CASES


def test_photo_is_rotated_upright_and_its_gps_data_removed(tmp_path: Path) -> None:
    image = Image.new("RGB", (400, 200), "blue")
    image.paste("red", (0, 0, 200, 200))
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: must be rotated 90° clockwise for display
    exif.get_ifd(0x8825)[1] = "N"
    image.save(tmp_path / "in.jpg", exif=exif)
    photos.print_photo(tmp_path / "in.jpg", tmp_path / "out.jpg", 72, 54)
    with Image.open(tmp_path / "out.jpg") as out:
        middle = out.width // 2
        assert out.convert("RGB").getpixel((middle, out.height // 8))[0] > 200
        assert out.convert("RGB").getpixel((middle, out.height * 7 // 8))[2] > 200
        assert not out.getexif()


@pytest.mark.parametrize("size", [(4000, 3000), (3000, 4000), (300, 200)])
def test_photo_is_limited_to_200_dpi_and_framed_4_to_3(tmp_path: Path, size: tuple[int, int]) -> None:
    photos.print_photo(make.photo(tmp_path / "in.jpg", size=size), tmp_path / "out.jpg", 72, 54)
    with Image.open(tmp_path / "out.jpg") as out:
        assert out.width <= round(72 / 25.4 * 200)
        assert abs(out.width / out.height - 4 / 3) < 0.02


def test_video_yields_its_duration_and_three_different_frames(tmp_path: Path) -> None:
    clip = videos.read_video(make.video(tmp_path / "a.mp4", 4), tmp_path)
    assert round(clip.seconds) == 4
    assert (clip.width, clip.height) == (160, 90)
    assert [round(moment, 2) for moment, _ in clip.frames] == [0.67, 2.0, 3.33]
    assert len({path.read_bytes() for _, path in clip.frames}) == 3
    assert len(clip.sha256) == 64


@pytest.mark.parametrize("content", [b"", b"no picture", b"\xff\xd8\xff\xe0 broken"])
def test_unreadable_photo_or_video_raises_a_plain_reason(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.jpg"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="照片打不开"):
        photos.print_photo(path, tmp_path / "out.jpg", 72, 54)
    with pytest.raises(ValueError, match="视频打不开"):
        videos.read_video(path, tmp_path)


# ---- transparent, deep and very large pictures


def drawn(path: Path, mode: str, **options: Any) -> Path:
    """Write a transparent picture with a red disc in the middle, in a mode that keeps transparency."""
    image = Image.new("RGBA", (400, 300), (0, 0, 0, 0))
    ImageDraw.Draw(image).ellipse((100, 50, 300, 250), fill=(220, 30, 30, 255))
    if mode == "LA":
        image = image.convert("LA")
    elif mode == "P":
        image = image.quantize(8)
    elif mode == "RGB":  # one colour is the transparent one
        image, options = image.convert("RGB"), {"transparency": (0, 0, 0), **options}
    image.save(path, **options)
    return path


def printed(path: Path, tmp_path: Path) -> Any:
    """Return the copy for print, decoded."""
    photos.print_photo(path, tmp_path / "out.jpg", 72, 54)
    with Image.open(tmp_path / "out.jpg") as out:
        return out.convert("RGB")


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "RGB"])
@pytest.mark.parametrize("suffix", [".png", ".webp", ".tif", ".gif"])
def test_transparent_parts_are_white(tmp_path: Path, mode: str, suffix: str) -> None:
    if suffix != ".png" and mode != "RGBA":
        return  # PNG alone has all of these modes
    out = printed(drawn(tmp_path / f"a{suffix}", mode), tmp_path)
    assert min(out.getpixel((5, 5))) > 245
    assert max(out.getpixel((out.width // 2, out.height // 2))[1:]) < 150


@pytest.mark.parametrize("name", ["01 海报.png", "03 图标.png"])
def test_transparent_poster_of_the_case_is_printed_on_white(tmp_path: Path, name: str) -> None:
    path = CASES / "d06-transparent" / "项目1" / "照片" / "HD-01" / name
    out = printed(path, tmp_path)
    assert min(out.getpixel((3, 3))) > 245
    red, green, blue = out.getpixel((out.width // 2, out.height // 2))
    assert red > 200 and max(green, blue) < 60


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("mode", ["I;16", "I", "F"])
def test_deep_picture_is_scaled_and_not_clipped(tmp_path: Path, mode: str, suffix: str) -> None:
    if suffix == ".png" and mode != "I;16":
        return  # PNG has 16 bits at most
    ramp = Image.linear_gradient("L").convert("I").point(lambda value: value * 257)
    ramp.convert(mode).save(tmp_path / f"a{suffix}")
    out = printed(tmp_path / f"a{suffix}", tmp_path).convert("L")
    levels = [out.getpixel((out.width // 2, out.height * part // 8)) for part in (1, 4, 7)]
    assert all(abs(level - wanted) < 12 for level, wanted in zip(levels, (32, 128, 224), strict=True))


@pytest.mark.parametrize("suffix", [".jpg", ".tif"])
def test_picture_in_printing_colours_is_converted(tmp_path: Path, suffix: str) -> None:
    Image.new("CMYK", (400, 300), (0, 255, 255, 0)).save(tmp_path / f"a{suffix}")
    red, green, blue = printed(tmp_path / f"a{suffix}", tmp_path).getpixel((200, 150))
    assert red > 200 and max(green, blue) < 90


@pytest.mark.parametrize(("width", "height"), [(12000, 9000), (16320, 12240)])
def test_photo_of_a_phone_is_taken_in_little_memory(tmp_path: Path, width: int, height: int) -> None:
    path = tmp_path / "a.jpg"
    Image.new("L", (width, height), 200).save(path, quality=50)

    def work() -> tuple[int, int]:
        photos.check_picture(path)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        photos.print_photo(path, tmp_path / "out.jpg", 72, 54)
        return before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    before, peak = ChildProcess.start(work).result(120)
    assert peak < before + 150_000  # kilobytes: an eighth of the picture in each direction
    with Image.open(tmp_path / "out.jpg") as out:
        assert out.width <= 567


def test_huge_scan_is_bound_in_its_own_size(tmp_path: Path) -> None:
    Image.new("L", (12000, 9000), 200).save(tmp_path / "a.jpg", dpi=(1200, 1200))
    Image.new("L", (1200, 900), 200).save(tmp_path / "b.jpg", dpi=(120, 120))
    [huge], [small] = (list(photos.read_pages(tmp_path / name, 1)) for name in ("a.jpg", "b.jpg"))
    assert huge.placed == small.placed and huge.pixels[0] > 2000


@pytest.mark.parametrize(("form", "words"), [("JPEG", "2.5 亿像素"), ("PNG", "1 亿像素")])
def test_bomb_is_refused_by_its_number_of_pixels(tmp_path: Path, form: str, words: str) -> None:
    content = io.BytesIO()
    Image.new("L", (64, 64)).save(content, form)
    data = bytearray(content.getvalue())
    at = data.index(b"\xff\xc0") + 5 if form == "JPEG" else 16
    size = (60_000).to_bytes(2) * 2 if form == "JPEG" else (60_000).to_bytes(4) * 2
    data[at : at + len(size)] = size
    if form == "PNG":
        data[29:33] = zlib.crc32(bytes(data[12:29])).to_bytes(4)
    (path := tmp_path / "a").write_bytes(bytes(data))
    for refuse in (photos.check_picture, lambda path: photos.print_photo(path, tmp_path / "out.jpg", 72, 54)):
        with pytest.raises(ValueError, match=words):
            refuse(path)
