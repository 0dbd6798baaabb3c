"""Read videos: length, size and evenly spaced frames. The only module that uses PyAV."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from paperwork.core.faults import Unreadable
from paperwork.core.filenames import readable
from paperwork.core.hashing import sha256_of
from paperwork.formats.media.photos import ZERO_TAIL, print_pixels

VIDEOS = (
    ".mp4", ".mov", ".m4v", ".avi", ".wmv", ".asf", ".mkv", ".webm", ".mpg", ".mpeg", ".mpe", ".vob", ".ts", ".mts",
    ".m2ts", ".3gp", ".3g2", ".flv", ".f4v", ".rm", ".rmvb",
)  # fmt: skip
MAX_SECONDS = 4 * 3600
"""Longest video that is accepted."""
VIDEO_DEMUXERS = "mov,mp4,avi,matroska,webm,mpeg,mpegts,mpegvideo,asf,flv,rm"
"""FFmpeg demuxers that may open a video. A playlist format would make FFmpeg fetch other files and URLs."""
PLAYABLE = "请换一个能播放的文件"
"""Remedy for every video that cannot be read."""
MICROSECONDS = 1_000_000
"""FFmpeg's unit for the times of a container."""
CUT_SHARE, CUT_SECONDS = 0.97, 0.2
"""A video is cut off if its last packet ends before this share of its length, less this many seconds."""
MAX_CHUNKS = 10_000
"""Most RIFF chunks or MP4 boxes that are followed; a film written in fragments has two each second or so."""
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

    Raises `Unreadable` when the file is not a video, shows no frame, or ends before its stated length.
    """
    with _open_video(path) as (container, stream, seconds):
        shots, turned = [], 0.0
        for number, (moment, frame) in enumerate(_frames(container, stream, seconds, frames), 1):
            out = folder / f"{readable(path.stem)}-{number}.jpg"
            image = frame.to_image().rotate(frame.rotation, expand=True)
            image.thumbnail(print_pixels(FRAME_MM, FRAME_MM))
            image.save(out, "JPEG", quality=88)
            shots.append((moment, out))
            turned = frame.rotation
        _refuse_cut(container, path, seconds)
        # A phone held upright writes lying frames and the turn to show them with.
        width, height = (stream.width, stream.height)[:: -1 if round(turned) % 180 else 1]
        return VideoFacts(seconds, path.stat().st_size, width, height, sha256_of(path), tuple(shots))


def video_seconds(path: Path) -> float:
    """Return the duration in seconds of a video that shows frames at its beginning, in its middle and at its end.

    Raises `Unreadable` when the file is not a video, shows no frame, or ends before its stated length.
    """
    with _open_video(path) as (container, stream, seconds):
        for _ in _frames(container, stream, seconds, 3):
            pass
        _refuse_cut(container, path, seconds)
        return seconds


@contextmanager
def _open_video(path: Path) -> Iterator[tuple[Any, Any, float]]:
    """Open a video; yield its container, its first video stream and its duration in seconds."""
    import av

    try:
        with av.open(str(path), options={"format_whitelist": VIDEO_DEMUXERS}) as container:
            stream = container.streams.video[0]
            seconds = float(container.duration or 0) / MICROSECONDS
            if not 0 < seconds <= MAX_SECONDS:
                raise Unreadable("视频的长度读不出来，或超过 4 小时", PLAYABLE)
            yield container, stream, seconds
    except (av.FFmpegError, IndexError, OSError, ValueError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable("视频打不开，文件可能损坏或不是真正的视频", PLAYABLE) from None


def _frames(container: Any, stream: Any, seconds: float, count: int) -> Iterator[tuple[float, Any]]:
    """Yield exactly `count` frames with their times, each from the middle of an equal part of the video."""
    # A video may end before its stated duration: the last frame decoded so far then stands in.
    last = None
    start = float((stream.start_time or 0) * stream.time_base)
    for number in range(count):
        moment = seconds * (2 * number + 1) / (2 * count)
        # Seeking goes to the key frame before the moment, so frames are decoded until the moment is reached. Times
        # count from the start of the stream, which is an arbitrary number in an MPEG file.
        for place in (start + moment, 0.0):  # a transport stream has no index: a seek may miss all key frames
            container.seek(round(place / stream.time_base), stream=stream)
            frame = None
            for frame in container.decode(stream):
                if frame.time is None or frame.time >= start + moment - 0.05:
                    break
            last = frame or last
            if frame:
                break
        if last is None:
            raise Unreadable("视频打不开，里面没有画面", PLAYABLE)
        yield moment, last


def _refuse_cut(container: Any, path: Path, seconds: float) -> None:
    """Raise `Unreadable` when a video ends before its stated length: its copy was cut off."""
    start = float(container.start_time or 0) / MICROSECONDS
    # Packets are read and not decoded; from the last key frame on, these are few. Those of the sound count as well.
    container.seek(round((start + seconds * CUT_SHARE) * MICROSECONDS))
    times = (
        float((each.pts + (each.duration or 0)) * each.time_base) for each in container.demux() if each.pts is not None
    )
    if max(times, default=start) - start < seconds * CUT_SHARE - CUT_SECONDS or _is_cut(path):
        raise Unreadable("视频不完整，后面一段没有画面", "请从手机或相机里重新复制")


def _is_cut(path: Path) -> bool:
    """Return True if a file is shorter than its RIFF chunks or MP4 boxes say, or its end was never written."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        end = 0
        for _ in range(MAX_CHUNKS):
            end += (length := _chunk_length(_read_at(stream, end, 16)))
            if not length or end >= size:
                break
        tails = (max(0, size - ZERO_TAIL), size - size // 20)
        return end > size or not any(_read_at(stream, place, ZERO_TAIL).strip(b"\0") for place in tails)


def _read_at(stream: BinaryIO, place: int, count: int) -> bytes:
    stream.seek(place)
    return stream.read(count)


def _chunk_length(head: bytes) -> int:
    """Return the length of a RIFF chunk or a top-level MP4 box by its head; 0 if it states none."""
    if head.startswith(b"RIFF"):
        length = int.from_bytes(head[4:8], "little") + 8
        return length + length % 2
    if not re.match(rb"[a-z]{4}", head[4:8]):
        return 0
    length = int.from_bytes(head[:4])
    length = int.from_bytes(head[8:16]) if length == 1 else length
    return length if length >= 8 else 0  # the last box may have the length 0: it reaches to the end
