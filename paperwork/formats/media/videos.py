"""Read videos: length, size and evenly spaced frames. The only module that uses PyAV."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paperwork.core.faults import Unreadable
from paperwork.core.hashing import sha256_of
from paperwork.formats.media.photos import print_pixels

VIDEOS = (".mp4", ".mov", ".m4v", ".avi")
MAX_SECONDS = 4 * 3600
"""Longest video that is accepted."""
VIDEO_DEMUXERS = "mov,mp4,avi,matroska,webm,mpeg,mpegts,asf,flv"
"""FFmpeg demuxers that may open a video. A playlist format would make FFmpeg fetch other files and URLs."""
PLAYABLE = "请换一个能播放的文件"
"""Remedy for every video that cannot be read."""
FRAME_MM = 48
"""Width of a printed video frame in millimetres."""
VideoFrame = tuple[float, Path]
"""A video frame: its time in seconds, and its JPEG file."""


@dataclass(frozen=True)
class VideoFacts:
    """A video's facts for the register page: duration in seconds, size in bytes, pixels, SHA-256 and frames."""

    seconds: float
    size: int
    width: int
    height: int
    sha256: str
    frames: tuple[VideoFrame, ...]


def read_video(path: Path, folder: Path, frames: int = 3) -> VideoFacts:
    """Read a video's facts and write evenly spaced frames as JPEG files into `folder`.

    Raises `Unreadable` when the file is not a video or shows no frame.
    """
    with _open_video(path) as (container, stream, seconds):
        shots = tuple(_write_frames(container, stream, seconds, frames, folder, path.stem))
        return VideoFacts(seconds, path.stat().st_size, stream.width, stream.height, sha256_of(path), shots)


def video_seconds(path: Path) -> float:
    """Return a video's duration in seconds. Raises `Unreadable` when the file is not a video or states no duration."""
    with _open_video(path) as (_, _, seconds):
        return seconds


@contextmanager
def _open_video(path: Path) -> Iterator[tuple[Any, Any, float]]:
    """Open a video; yield its container, its first video stream and its duration in seconds."""
    import av

    try:
        with av.open(str(path), options={"format_whitelist": VIDEO_DEMUXERS}) as container:
            stream = container.streams.video[0]
            seconds = float(container.duration or 0) / av.time_base
            if not 0 < seconds <= MAX_SECONDS:
                raise Unreadable("视频的长度读不出来，或超过 4 小时", PLAYABLE)
            yield container, stream, seconds
    except (av.FFmpegError, IndexError, OSError):
        raise Unreadable("视频打不开，文件可能损坏或不是真正的视频", PLAYABLE) from None


def _write_frames(
    container: Any, stream: Any, seconds: float, frames: int, folder: Path, stem: str
) -> Iterator[VideoFrame]:
    """Write and yield exactly `frames` frames, each from the middle of an equal part of the video."""
    # A video may end before its stated duration: the last frame decoded so far then stands in.
    last = None
    for number in range(frames):
        moment = seconds * (2 * number + 1) / (2 * frames)
        # Seeking goes to the key frame before the moment, so frames are decoded until the moment is reached.
        container.seek(round(moment / stream.time_base), stream=stream)
        for frame in container.decode(stream):
            last = frame
            if frame.time is None or frame.time >= moment - 0.05:
                break
        if last is None:
            raise Unreadable("视频打不开，里面没有画面", PLAYABLE)
        out = folder / f"{stem}-{number + 1}.jpg"
        image = last.to_image().rotate(last.rotation, expand=True)
        image.thumbnail(print_pixels(FRAME_MM, FRAME_MM))
        image.save(out, "JPEG", quality=88)
        yield moment, out
