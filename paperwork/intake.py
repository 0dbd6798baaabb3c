"""An uploaded file → its place in inputs/, as if it had been copied there, or the reason why not."""

import datetime as dt
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from paperwork import attach, bag, media, survey, swap, upload
from paperwork.faults import Stop
from paperwork.survey import Claim, Inputs
from paperwork.upload import BOOK, BOOKS, CATALOGUE, FILM, LISTS, PAPER, PHOTO

ELSEWHERE = "照片、视频和附件，请打开那个项目再放"


@dataclass(frozen=True)
class Landed:
    """Where a file lies now, and where the one lies that was there before."""

    kind: str
    """目录, 工作簿, 照片, 视频 or 附件."""
    number: int
    """The project it belongs to, 0 for the catalogue."""
    path: Path
    aside: Path | None
    listed: bool = True
    """No when it is an attachment that the sheet 附件 does not name."""


@dataclass(frozen=True)
class _Place:
    """Where a file goes, and others whose place it takes."""

    kind: str
    number: int
    path: Path
    before: Sequence[Path]


def land(
    path: Path,
    name: str,
    root: Path,
    number: int,
    activity: str,
    activities: Collection[str],
    named: Collection[str],
    moment: dt.datetime,
) -> Landed:
    """Put an uploaded file, which the browser calls `name`, where it belongs in the inputs folder. One file at a time.

    `number` is the project it was dropped on; on 0, the board, a workbook or the catalogue goes where its content says.
    `activity` is one of `activities`, or empty. `named` are the files that the sheet 附件 names. What lay there is kept
    aside, with the moment in its name. Raises `ValueError` with the reason and the remedy.
    """
    name = upload.fitting(name)
    what = upload.kind(path, name)
    try:
        found = survey.look(root)
        place = _of_table(path, name, what, found, number) if what in LISTS else None
        place = place or _beside(name, what, found, number, _known(activity, activities), named)
    except Stop as stop:
        raise ValueError(f"{stop.wrong}，{stop.mend}") from None
    upload.refuse_large(path, place.kind)
    if what == attach.PICTURE:
        media.whole(path)
    elif what == FILM:
        media.film(path)
    aside = swap.put(path, place.path, root, moment, place.before)
    listed = place.kind != PAPER or place.path.name in named
    return Landed(place.kind, place.number, place.path, aside, listed)


def _known(activity: str, activities: Collection[str]) -> str:
    """An activity's code as the name of a folder."""
    if activity and activity not in activities:
        raise ValueError("“活动”表里没有这次活动，请刷新网页再放")
    if activity and not upload.is_safe(activity):
        raise ValueError("这次活动的编号不能作文件夹的名字，请在“活动”表里改成 HD-01 的样子再放")
    return activity


# ---- workbooks and the catalogue


def _of_table(path: Path, name: str, what: str, found: Inputs, number: int) -> _Place | None:
    """The place of a workbook or the catalogue; none for a table that a project has as an attachment."""
    if what in BOOKS or not number:
        upload.refuse_large(path, BOOK)
    with tempfile.TemporaryDirectory() as folder:
        called = Path(folder) / name  # a text is told by its name
        called.symlink_to(path.absolute())
        if what in BOOKS and survey.is_workbook(called):
            if what != "xls":
                upload.refuse_damaged(path)
            return _of_book(survey.claim(called), called.suffix, found, number)
        if number:
            _refuse_catalogue(called)
            return None
        if not survey.is_catalogue(called):
            raise ValueError(f"这里只放工作簿（要有“基本信息”表，存成 .xlsx）和项目发布目录；{ELSEWHERE}")
    if len(found.catalogues) > 1:
        raise ValueError(f"已有 {len(found.catalogues)} 份项目发布目录，请先在 inputs 文件夹里只留一份")
    return _instead(CATALOGUE, 0, next(iter(found.catalogues), found.root / name), Path(name).suffix)


def _refuse_catalogue(called: Path) -> None:
    """Raise `ValueError` when it is the catalogue, which is no project's."""
    try:
        is_catalogue = survey.is_catalogue(called)
    except ValueError:  # an attachment need not be a table that can be read
        is_catalogue = False
    if is_catalogue:
        raise ValueError("这是项目发布目录，请到项目一览里放")


def _of_book(claim: Claim, ending: str, found: Inputs, number: int) -> _Place:
    """The place of a project's workbook: that of the present one. A real one leaves a sample where it is."""
    if claim.number not in found.entries:
        raise ValueError(f"项目发布目录里没有项目{claim.number}，请核对“基本信息”表里的项目序号")
    if number not in (0, claim.number):
        raise ValueError(f"这是项目{claim.number}的工作簿，请放到项目{claim.number}")
    present = found.workbook(claim.number)
    if present is None or (present in found.samples and not claim.sample):
        present = found.home(claim.number) / f"{survey.BOOK}{ending.lower()}"
    return _instead(BOOK, claim.number, present, ending)


def _instead(kind: str, number: int, present: Path, ending: str) -> _Place:
    """In the place of a table that may be there already; beside it when it is of another format."""
    fits = present.suffix.lower() == ending.lower()
    return _Place(kind, number, present if fits else present.with_suffix(ending), (present,))


# ---- photos, films, attachments


def _beside(name: str, what: str, found: Inputs, number: int, activity: str, named: Collection[str]) -> _Place:
    """The place of a photo, a film or an attachment beside the project's workbook."""
    if not number:
        raise ValueError(f"这里只放工作簿和项目发布目录；{ELSEWHERE}")
    if number not in found.entries:
        raise ValueError(f"项目发布目录里没有项目{number}，请刷新网页再放")
    book = found.workbook(number)
    folder = book.parent if book else found.home(number)
    name = next((each for each in named if bag.folded(each) == bag.folded(name) and upload.is_safe(each)), name)
    kind = _kind(name, what, activity, name in named)
    folder = folder / kind / activity if kind in (PHOTO, FILM) else folder / kind
    swap.refuse_outside(folder, found.root)
    present = folder.iterdir() if folder.is_dir() else ()
    return _Place(kind, number, folder / name, [each for each in present if bag.folded(each.name) == bag.folded(name)])


def _kind(name: str, what: str, activity: str, is_named: bool) -> str:
    """照片, 视频 or 附件. Raises `ValueError` when nobody could tell which."""
    ending = Path(name).suffix.lower()
    if what == upload.TEXT:
        raise ValueError("CSV 和文本不能作附件，请另存为 Excel、Word 或 PDF 再放；工作簿请另存为 .xlsx")
    if what == FILM and not activity:
        raise ValueError("视频请拖到它那次活动上")
    if what == FILM:
        return FILM
    if what == attach.PICTURE and activity and ending in media.PHOTOS:
        return PHOTO
    if what != attach.PICTURE or is_named or ending in upload.SCANS:
        return PAPER
    if activity:
        raise ValueError("活动的照片只收 JPG、PNG、HEIC，请另存后再放")
    raise ValueError("照片请拖到它那次活动上；是附件的话，请先在“附件”表里登记这个文件名，再放一次")
