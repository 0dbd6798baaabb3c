"""Prepare the photos and videos that an activity's forms show: photos with captions, videos with frames and a QR code.

A caption gives 事由、时间、地点、人物, as DA/T 50-2014 and GB/T 11821-2002 require for archived photos. A QR code leads
from a printed page to a file; the same text gives the same picture, byte for byte.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

from paperwork.core import hashing, values
from paperwork.core.cache import Cache
from paperwork.core.faults import Fault, Level, Unreadable, Where
from paperwork.core.processes import ChildProcess
from paperwork.documents.fields import Frame, Photo, PhotoRow, Video
from paperwork.formats import bagit
from paperwork.formats.media import photos, videos
from paperwork.formats.office.word import Picture
from paperwork.project import folders
from paperwork.project.model import Activity, Project

PHOTO_MM = {2: (72, 54), 3: (50, 38)}
"""Width and height of a photo in mm, by the number of columns."""
CAPTION_WIDTH = {2: 39.0, 3: 38.0}
"""Longest caption in Chinese characters, by the number of columns: two lines under a wide photo, three under a narrow
one, in 5号."""
LATIN_WIDTH, GAP = 0.55, 0.25
"""Average width of a Latin character, and the gap printed between 2022 and 年, in widths of a Chinese character."""
QR_MM = 34
"""Width of a QR code with its quiet zone; the code itself is then wider than 25 mm for any path and digest."""
MAX_BRIEF_PHOTOS = 6
MAX_REPORT_PHOTOS = 6
CAMERA_NAME = re.compile(r"^(IMG|DSC|PXL|VID|mmexport|微信图片|Screenshot)?[\W\d_]*$", re.IGNORECASE)
"""A file name given by a camera or a phone: it says nothing of the photo."""


def select_report_photos(project: Project) -> list[tuple[Activity, Path]]:
    """Return the photos for the closing report: the first of an activity, from activities spread over the project."""
    first_photos = [
        (each, project.photos[each.code][0]) for each in project.activities if project.photos.get(each.code)
    ]
    # Rounded up, so that there are never more than MOST_PHOTOS_IN_THE_REPORT.
    step = max(1, -(-len(first_photos) // MAX_REPORT_PHOTOS))
    return first_photos[::step]


def select_brief_photos(project: Project, activity: Activity) -> tuple[tuple[Path, ...], int]:
    """Return an activity's photos for its brief, and the number of columns."""
    # Two columns for two or four photos, three for the others, so that a brief stays short.
    paths = project.photos.get(activity.code, ())[:MAX_BRIEF_PHOTOS]
    return paths, 2 if len(paths) in (1, 2, 4) else 3


class Exhibits:
    """Photos and videos of one project. Copies go to `work`; files that cannot be opened are added to `faults`.

    Copies sized for printing come from the cache `kept`, or are made in `jobs` child processes at once.
    """

    def __init__(self, project: Project, work: Path, faults: list[Fault], kept: Cache, jobs: int) -> None:
        self.project = project
        self.faults = faults
        self._kept = kept
        self._photos, self._videos = work / "photos", work / "videos"
        self._photos.mkdir(parents=True, exist_ok=True)
        self._refused: dict[Path, Unreadable] = {}
        self._copies = self._make_copies(jobs)

    def report_photos(self) -> tuple[PhotoRow, ...]:
        """Return the photos of the closing report, in rows."""
        chosen = select_report_photos(self.project)
        return _rows_of([shot for each, path in chosen for shot in self._shots(each, (path,), 2)], 2)

    def brief_photos(self, activity: Activity) -> tuple[PhotoRow, ...]:
        """Return the photos of an activity's brief, in rows."""
        paths, columns = select_brief_photos(self.project, activity)
        return _rows_of(list(self._shots(activity, paths, columns)), columns)

    def _shots(self, activity: Activity, paths: Iterable[Path], columns: int) -> Iterator[Photo]:
        """Yield the photos that could be copied; add a fault for each of the others."""
        for path in paths:
            copy = self._copies[path, columns]
            if reason := self._refused.get(copy):
                self._add_fault(path, reason)
            else:
                picture = Picture(copy, PHOTO_MM[columns][0])
                yield Photo(picture=picture, caption=caption(path, activity, CAPTION_WIDTH[columns]))

    def _make_copies(self, jobs: int) -> dict[tuple[Path, int], Path]:
        """Make the copies of all photos in all widths that the forms use, and return their paths.

        Reasons why copies could not be made are noted in `_refused`.
        """
        wanted = [(path, 2) for _, path in select_report_photos(self.project)]
        for activity in self.project.activities:
            paths, columns = select_brief_photos(self.project, activity)
            wanted += [(path, columns) for path in paths]
        copies = {each: self._photos / f"{_photo_key(*each)}.jpg" for each in dict.fromkeys(wanted)}
        missing = {copy: each for each, copy in copies.items() if not self._kept.get(copy.stem, copy)}
        shares = [list(missing.items())[start::jobs] for start in range(jobs)]
        children = [ChildProcess(partial(_print_photos, share)) for share in shares if share]
        try:
            for child in children:
                self._refused |= child.result()
        finally:
            # After an error or an interrupt the other processes would go on otherwise.
            for child in children:
                child.terminate()
        for copy in missing.keys() - self._refused.keys():
            self._kept.put(copy.stem, copy)
        return copies

    def videos(self, activity: Activity) -> tuple[Video, ...]:
        """Return the data of an activity's videos for 视频登记页; add a fault for each that cannot be read."""
        found = []
        for number, path in enumerate(self.project.videos.get(activity.code, ())):
            folder = self._videos / path.parent.name / str(number)
            folder.mkdir(parents=True, exist_ok=True)
            try:
                clip = videos.read_video(path, folder)
            except Unreadable as reason:
                self._add_fault(path, reason)
                continue
            frames = tuple(
                Frame(picture=Picture(shot, videos.FRAME_MM), moment=_clock(moment)) for moment, shot in clip.frames
            )
            write_qr_code(qr_text(path, self.project, clip.sha256), folder / "qr.png")
            found.append(
                Video(
                    name=path.name,
                    length=_clock(clip.seconds),
                    size=values.format_file_size(clip.size),
                    shape=f"{clip.width}×{clip.height}",
                    digest=clip.sha256,
                    frames=frames,
                    code=Picture(folder / "qr.png", QR_MM),
                )
            )
        return tuple(found)

    def _add_fault(self, path: Path, reason: Unreadable) -> None:
        """Add an error for a file of the project's folder."""
        place = path.relative_to(self.project.folder).as_posix()
        fault = Fault(Level.ERROR, Where(place), reason.wrong, reason.mend)
        if fault not in self.faults:  # a photo may be wanted in a brief and in the closing report
            self.faults.append(fault)


def _photo_key(path: Path, columns: int) -> str:
    """Return the cache key of a photo's copy: all that the copy depends on.

    A photo that cannot be read is reported when its copy is made, so its path stands for its content here.
    """
    try:
        content = hashing.sha256_of(path)
    except OSError:
        content = str(path)
    return hashing.cache_key("照片", content, repr(PHOTO_MM[columns]))


def _print_photos(share: Sequence[tuple[Path, tuple[Path, int]]]) -> dict[Path, Unreadable]:
    """Make copies of photos; return the reasons for those that could not be made, by the copy's path."""
    refused = {}
    for copy, (path, columns) in share:
        try:
            photos.print_photo(path, copy, *PHOTO_MM[columns])
        except Unreadable as reason:
            refused[copy] = reason
    return refused


def qr_text(path: Path, project: Project, digest: str) -> str:
    """Return the text of a video's QR code: the video's path in the package, and its SHA-256 to identify it."""
    return f"{bagit.PAYLOAD}/{folders.package_path(path, project)}\nsha256:{digest}"


def caption(path: Path, activity: Activity, width: float) -> str:
    """Return a photo's caption: subject, date, place, people. The least important are left out to fit `width`.

    `width` is in Chinese characters. If even subject and date are too long, the subject is cut.
    """
    words = re.sub(r"^[\d\s._、-]+", "", path.stem)
    about = " ".join((activity.name if CAMERA_NAME.match(path.stem) else words).split())
    day, where = values.chinese_date(_day(path, activity)), " ".join(activity.location.split())
    who, count = " ".join(activity.audience.split()), f"参与{activity.participants}人" if activity.participants else ""
    for details in ((day, where, who, count), (day, where, count), (day, where), (day, count), (day,)):
        text = f"{about}（{'，'.join(filter(None, details))}）"
        if _width(text) <= width:
            return text
    rest = width - _width(f"…（{day}）")
    while about and _width(about) > rest:
        about = about[:-1]
    return f"{about}…（{day}）"


def _day(path: Path, activity: Activity) -> dt.date:
    """Return the day a photo was taken, or the activity's first day.

    The photo's own date is used only if the activity lasted several days and the date is one of them.
    """
    taken = photos.date_taken(path) if activity.last_day > activity.start else None
    return taken if taken and activity.start <= taken <= activity.last_day else activity.start


def _width(words: str) -> float:
    """Return the printed width of words, in Chinese characters."""
    # Word and LibreOffice print a small gap between Chinese and Latin letters or digits.
    wide = [unicodedata.east_asian_width(char) in "WFA" for char in words]
    gaps = sum(one != other and words[place : place + 2].isalnum() for place, (one, other) in enumerate(pairwise(wide)))
    return sum(1 if each else LATIN_WIDTH for each in wide) + GAP * gaps


def _rows_of(shots: Sequence[Photo], columns: int) -> tuple[PhotoRow, ...]:
    """Arrange photos in rows of two or three columns; the last row may be shorter."""
    names = ("left", "right") if columns == 2 else ("left", "middle", "right")
    chunks = (shots[start : start + columns] for start in range(0, len(shots), columns))
    return tuple(PhotoRow(**dict(zip(names, chunk, strict=False))) for chunk in chunks)


def _clock(seconds: float) -> str:
    """Return a time as minutes and seconds: 01:23."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes:02}:{rest:02}"


QUIET_ZONE = 4
"""Width of the white border in modules, as ISO/IEC 18004 requires."""
MODULE_PIXELS = 10
"""Pixels per module: sharp at any size that fits a page."""


def write_qr_code(text: str, out: Path) -> None:
    """Write the QR code of a text as PNG: UTF-8, correction level M (15 %), quiet zone included."""
    import segno

    # By default segno raises the correction level if there is room; then the modules of two codes differ in size.
    code = segno.make(text, error="m", boost_error=False, micro=False, mode="byte", encoding="utf-8")
    code.save(str(out), kind="png", scale=MODULE_PIXELS, border=QUIET_ZONE)
