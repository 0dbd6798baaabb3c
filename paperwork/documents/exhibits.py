"""Prepare the photos and videos that an activity's forms show: photos with captions, videos with frames and a QR code.

A caption gives 事由、时间、地点、人物, as DA/T 50-2014 and GB/T 11821-2002 require for archived photos. A QR code leads
from a printed page to a file; the same text gives the same picture, byte for byte.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Generic, TypeVar

from paperwork.core import filenames, hashing, values
from paperwork.core.cache import Cache
from paperwork.core.faults import Fault, Level, Unreadable, Where
from paperwork.core.processes import ChildProcess
from paperwork.documents.fields import Frame, Photo, PhotoRow, Video
from paperwork.formats import bagit
from paperwork.formats.media import photos, videos
from paperwork.formats.office.word import Picture
from paperwork.project import folders
from paperwork.project.model import Activity, PhotoNote, Project

T = TypeVar("T")
_Share = Sequence[tuple[Path, tuple[Path, int]]]
"""Copies to be made by one process: the copy's path, the photo and the number of columns."""
PHOTO_MM = {2: (72, 54), 3: (50, 38)}
"""Width and height of a photo in mm, by the number of columns."""
CAPTION_WIDTH = {2: 39.0, 3: 38.0}
"""Longest caption in Chinese characters, by the number of columns: two lines under a wide photo, three under a narrow
one, in 5号."""
LATIN_WIDTH, GAP = 0.55, 0.25
"""Average width of a Latin character, and the gap printed between 2022 and 年, in widths of a Chinese character."""
QR_MM = 34
"""Width of a QR code with its quiet zone; the code itself is then wider than 25 mm for any path and digest."""
MAX_REPORT_PHOTOS = 6
PAGE_COLUMNS = 2
"""Columns of a photo page."""
CAMERA_NAME = re.compile(r"^(IMG|DSC|PXL|VID|mmexport|微信图片|Screenshot)?[\W\d_]*$", re.IGNORECASE)
"""A file name given by a camera or a phone: it says nothing of the photo."""


def select_report_photos(project: Project) -> list[tuple[Activity, Path]]:
    """Return the photos for the closing report: the first of an activity, from activities spread over the project."""
    first_photos = [(each, chosen[0]) for each in project.activities if (chosen := project.chosen_photos(each.code))]
    # Rounded up, so that there are never more than MOST_PHOTOS_IN_THE_REPORT.
    step = max(1, -(-len(first_photos) // MAX_REPORT_PHOTOS))
    return first_photos[::step]


def select_brief_photos(project: Project, activity: Activity) -> tuple[tuple[Path, ...], int]:
    """Return the photos printed in the text of an activity's brief, and the number of columns."""
    # Two columns for two or four photos, three for the others, so that a brief stays short.
    paths = project.bound_photos(activity.code)[: folders.MAX_BRIEF_PHOTOS] if activity.brief else ()
    return paths, 2 if len(paths) in (1, 2, 4) else 3


def select_page_photos(project: Project, activity: Activity) -> tuple[Path, ...]:
    """Return the bound photos of an activity that its brief has no room for: all of them if there is no brief."""
    paths, _ = select_brief_photos(project, activity)
    return project.bound_photos(activity.code)[len(paths) :]


@dataclass(frozen=True)
class Exhibit(Generic[T]):
    """What a form shows: the data for its template, the input files, and the faults of those that cannot be opened."""

    shown: tuple[T, ...] = ()
    files: tuple[Path, ...] = ()
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Exhibits:
    """Photos and videos of one project; `prepare` makes the copies of the photos."""

    project: Project
    videos_folder: Path
    """Folder for the frames and QR codes of videos."""
    copies: Mapping[tuple[Path, int], Path]
    """Copy of each photo, by the photo and the number of columns."""
    refused: Mapping[Path, Unreadable]
    """Reasons for the copies that could not be made, by the copy."""

    def report_photos(self) -> Exhibit[PhotoRow]:
        """Return the photos of the closing report, in rows."""
        chosen = []
        for activity, path in select_report_photos(self.project):
            note = self.project.notes_on(self.project.photos, activity.code).get(path)
            chosen.append((path, caption(path, activity, CAPTION_WIDTH[2], note.caption if note else "")))
        return self._rows(chosen, 2)

    def brief_photos(self, activity: Activity) -> Exhibit[PhotoRow]:
        """Return the photos in the text of an activity's brief, in rows."""
        paths, columns = select_brief_photos(self.project, activity)
        return self._activity_rows(activity, paths, columns, 1)

    def page_photos(self, activity: Activity) -> Exhibit[PhotoRow]:
        """Return the photos of an activity's photo pages, in rows."""
        first = len(select_brief_photos(self.project, activity)[0]) + 1
        return self._activity_rows(activity, select_page_photos(self.project, activity), PAGE_COLUMNS, first)

    def _activity_rows(self, activity: Activity, paths: Sequence[Path], columns: int, first: int) -> Exhibit[PhotoRow]:
        """Return photos of one activity in rows; their numbers in the captions begin with `first`."""
        captions = Captions.of(self.project, activity)
        words = [captions.caption(path, number, CAPTION_WIDTH[columns]) for number, path in enumerate(paths, first)]
        return self._rows(list(zip(paths, words, strict=True)), columns)

    def _rows(self, chosen: Sequence[tuple[Path, str]], columns: int) -> Exhibit[PhotoRow]:
        """Return the photos that could be copied in rows, each with its caption; a fault for each of the others."""
        shots, faults = [], []
        for path, words in chosen:
            copy = self.copies[path, columns]
            if reason := self.refused.get(copy):
                faults.append(self._fault(path, reason))
            else:
                shots.append(Photo(picture=Picture(copy, PHOTO_MM[columns][0], words), caption=words))
        return Exhibit(_rows_of(shots, columns), tuple(path for path, _ in chosen), tuple(faults))

    def videos(self, activity: Activity) -> Exhibit[Video]:
        """Return the data of an activity's videos for 视频登记页, with a fault for each that cannot be read."""
        found, faults = [], []
        paths = self.project.videos.get(activity.code, ())
        notes = self.project.notes_on(self.project.videos, activity.code)
        for number, path in enumerate(paths):
            try:
                clip = self._video(path, self.videos_folder / path.parent.name / str(number))
                note = notes.get(path)
                found.append(clip.described(note.photographer, note.caption) if note else clip)
            except Unreadable as reason:
                faults.append(self._fault(path, reason))
        return Exhibit(tuple(found), paths, tuple(faults))

    def _video(self, path: Path, folder: Path) -> Video:
        """Return the data of a video; its frames and its QR code go to `folder`. Raises `Unreadable`."""
        folder.mkdir(parents=True, exist_ok=True)
        clip = videos.read_video(path, folder)
        frames = tuple(
            Frame(
                picture=Picture(shot, videos.FRAME_MM, f"{filenames.readable(path.name)} 第 {_clock(moment)} 的画面"),
                moment=_clock(moment),
            )
            for moment, shot in clip.frames
        )
        write_qr_code(qr_text(path, self.project, clip.sha256), folder / "qr.png")
        return Video(
            name=filenames.readable(path.name),
            length=_clock(clip.seconds),
            size=values.format_file_size(clip.size),
            shape=f"{clip.width}×{clip.height}",
            digest=clip.sha256,
            frames=frames,
            code=Picture(folder / "qr.png", QR_MM, f"{filenames.readable(path.name)} 的二维码"),
        )

    def _fault(self, path: Path, reason: Unreadable) -> Fault:
        """Return an error for a file of the project's folder."""
        place = filenames.readable_path(path.relative_to(self.project.folder))
        return Fault(Level.ERROR, Where(place), reason.wrong, reason.mend)


def prepare(project: Project, work: Path, cache: Cache, jobs: int) -> Exhibits:
    """Make the copies of all photos, in all widths that the forms use, in the folder `work`.

    Copies made before come from the cache; new ones are made in `jobs` child processes at once.
    """
    folder = work / "photos"
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [(path, 2) for _, path in select_report_photos(project)]
    for activity in project.activities:
        paths, columns = select_brief_photos(project, activity)
        wanted += [(path, columns) for path in paths]
        wanted += [(path, PAGE_COLUMNS) for path in select_page_photos(project, activity)]
    copies = {each: folder / f"{_photo_key(*each)}.jpg" for each in dict.fromkeys(wanted)}
    missing = {copy: each for each, copy in copies.items() if not cache.get(copy.stem, copy)}
    refused = _print_in_children([list(missing.items())[start::jobs] for start in range(jobs)])
    for copy in missing.keys() - refused.keys():
        cache.put(copy.stem, copy)
    return Exhibits(project, work / "videos", copies, refused)


def _print_in_children(shares: Sequence[_Share]) -> dict[Path, Unreadable]:
    """Make copies of photos, each share in a child process; return the reasons for those that could not be made."""
    refused: dict[Path, Unreadable] = {}
    children = [ChildProcess.start(partial(_print_photos, share)) for share in shares if share]
    try:
        for child in children:
            refused |= child.result()
    finally:
        # After an error or an interrupt the other processes would go on otherwise.
        for child in children:
            child.terminate()
    return refused


def _photo_key(path: Path, columns: int) -> str:
    """Return the cache key of a photo's copy: all that the copy depends on.

    A photo that cannot be read is reported when its copy is made, so its path stands for its content here.
    """
    try:
        content = hashing.sha256_of(path)
    except OSError:
        content = str(path)
    return hashing.cache_key("照片", content, repr(PHOTO_MM[columns]))


def _print_photos(share: _Share) -> dict[Path, Unreadable]:
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
    return f"{bagit.PAYLOAD}/{folders.package_path(path, project.folder)}\nsha256:{digest}"


@dataclass(frozen=True)
class Captions:
    """Captions of the bound photos of one activity. What is the same for all of them is said once, in `shared`."""

    activity: Activity
    notes: Mapping[Path, PhotoNote]
    count: int
    shared: Mapping[str, str]
    """摄影 and 背景, if they are the same for all photos."""

    @classmethod
    def of(cls, project: Project, activity: Activity) -> "Captions":
        """Return the captions of an activity's photos."""
        paths, notes = project.bound_photos(activity.code), project.notes_on(project.photos, activity.code)
        shared = {}
        for word, read in NOTED.items():
            texts = {read(notes.get(path)) for path in paths}
            if len(texts) == 1 and "" not in texts:
                shared[word] = texts.pop()
        return cls(activity, notes, len(paths), shared)

    def caption(self, path: Path, number: int, width: float) -> str:
        """Return what is a photo's own: number, subject, day if the activity lasted several, 摄影 and 背景.

        A subject from a file's name is cut to fit `width`, in Chinese characters; what staff wrote in 照片说明 is not.
        """
        note, day = self.notes.get(path), _own_day(path, self.activity)
        place = f"图{number}" if self.count > 1 else ""
        details = [values.chinese_date(day).partition("年")[2]] if day else []
        details += [f"{word}：{read(note)}" for word, read in NOTED.items() if read(note) and word not in self.shared]
        rest = f"（{'，'.join(details)}）" if details else ""
        subject = " ".join(note.caption.split()) if note else ""
        if not subject:
            subject = _cut(_subject(path, self.activity.name), width - _width(f"{place}　{rest}"))
        # The line above the photos names the activity; a number tells them apart.
        own = "" if place and subject == self.activity.name else subject
        return "　".join(filter(None, (place, own))) + rest


NOTED: Mapping[str, Callable[[PhotoNote | None], str]] = {
    "摄影": lambda note: note.photographer if note else "",
    "背景": lambda note: note.background if note else "",
}
"""Words before what 照片说明 tells of a photo besides its subject, and the way to read it."""


def _subject(path: Path, otherwise: str) -> str:
    """Return what the name of a photo's file says of it, or `otherwise` if a camera gave the name."""
    stem = filenames.readable(path.stem)
    words = otherwise if CAMERA_NAME.match(stem) else re.sub(r"^[\d\s._、-]+", "", stem)
    return " ".join(words.split())


def _cut(words: str, width: float) -> str:
    """Return words cut to a printed width, with … for what is left out."""
    if _width(words) <= width:
        return words
    while words and _width(f"{words}…") > width:
        words = words[:-1]
    return f"{words}…"


def caption(path: Path, activity: Activity, width: float, subject: str = "") -> str:
    """Return the caption of a photo that stands alone: subject, date, place, people.

    The least important are left out to fit `width`, in Chinese characters. If even subject and date are too long, the
    subject is cut. Without a `subject` the file's name gives it.
    """
    about = " ".join(subject.split()) or _subject(path, activity.name)
    day, where = values.chinese_date(_own_day(path, activity) or activity.start), " ".join(activity.location.split())
    who, count = " ".join(activity.audience.split()), f"参与{activity.participants}人" if activity.participants else ""
    for details in ((day, where, who, count), (day, where, count), (day, where), (day, count), (day,)):
        text = f"{about}（{'，'.join(filter(None, details))}）"
        if _width(text) <= width:
            return text
    return f"{_cut(about, width - _width(f'（{day}）'))}（{day}）"


def _own_day(path: Path, activity: Activity) -> dt.date | None:
    """Return the day a photo was taken, if the activity lasted several days and it is one of them."""
    taken = photos.date_taken(path) if activity.last_day > activity.start else None
    return taken if taken and activity.start <= taken <= activity.last_day else None


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
