"""Photos and videos, with real files."""

from pathlib import Path

import pytest
from PIL import Image

from paperwork.formats.media import photos, videos
from tests import make


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
