"""Put an uploaded file at its place in the inputs folder, as if it had been copied there, or say why not."""

import datetime as dt
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from dataclasses import replace as replace_fields
from pathlib import Path

from paperwork.core import filenames, text
from paperwork.core.faults import ExitCode, Stop, Unreadable
from paperwork.desk import replace, uploads, versions
from paperwork.desk.uploads import ATTACHMENT, CATALOGUE, CATALOGUE_TYPES, PHOTO, VIDEO, WORKBOOK, WORKBOOK_TYPES
from paperwork.desk.versions import Difference
from paperwork.formats import attachments
from paperwork.formats.detect import FileType
from paperwork.formats.media import photos, videos
from paperwork.formats.spreadsheets import xlsx
from paperwork.project import headers, input_folder
from paperwork.project.catalogue import published
from paperwork.project.catalogue.published import Catalogue
from paperwork.project.input_folder import Claim, Inputs

ELSEWHERE = "照片、视频和附件，请打开那个项目再放"


@dataclass(frozen=True)
class Accepted:
    """Result of an accepted upload: the new path, and the backup of the file it replaced."""

    kind: str
    """目录, 工作簿, 照片, 视频 or 附件."""
    number: int
    """Number of the project it belongs to; 0 for the catalogue."""
    path: Path
    backup: Path | None
    is_listed: bool = True
    """False for an attachment that the sheet 附件 does not list."""
    differences: str = ""
    """The cells in which a workbook differs from the one it replaced, in words."""


@dataclass(frozen=True)
class _Destination:
    """Target path of an upload, and the files it replaces."""

    kind: str
    number: int
    path: Path
    before: Sequence[Path]
    question: str = ""
    """What would be lost or changed, so that staff are asked first."""
    differences: Sequence[Difference] = ()
    """Cells in which a workbook differs from the one it replaces."""


def accept(
    path: Path,
    name: str,
    root: Path,
    number: int,
    activity: str,
    activities: Collection[str],
    named: Collection[str],
    moment: dt.datetime,
    agreed: bool = False,
    templates: Path | None = None,
) -> Accepted:
    """Copy an uploaded file, which the browser calls `name`, to its place in the inputs folder.

    `number` is the project it was dropped on. With 0, the board, only a workbook or the catalogue is accepted, and its
    content names the project. `activity` is one of the codes in `activities`, or empty. `named` are the files listed on
    the sheet 附件. A replaced file is kept as a backup with `moment` in its name. Tables are read with the words in
    `templates`. Calls must not overlap. Raises
    `Unreadable` with problem and remedy, and `Stop` with the code UNCONFIRMED, unless it is `agreed`, for a catalogue
    that changes what is published and for a workbook that undoes what somebody else has changed meanwhile.
    """
    name = uploads.checked_name(name)
    what = uploads.accepted_type(path, name)
    try:
        found = input_folder.scan_folder(root, templates)
        destination = _table_destination(path, name, what, found, number) if what in CATALOGUE_TYPES else None
        destination = destination or _media_destination(
            name, what, found, number, _checked_activity(activity, activities), named
        )
    except Stop as stop:
        raise Unreadable(stop.wrong, stop.mend) from None
    if destination.question and not agreed:
        mend = "请核对；仍要用这一份，请再确认一次，原来的会移到“.旧文件”里"
        raise Stop(ExitCode.UNCONFIRMED, destination.question, mend)
    # Cheap checks first: sizes before decoding.
    uploads.refuse_large(path, destination.kind)
    if what is FileType.PICTURE:
        photos.check_picture(path)
    elif what is FileType.VIDEO:
        videos.video_seconds(path)
    backup = replace.replace_file(path, destination.path, root, moment, destination.before)
    listed = destination.kind != ATTACHMENT or destination.path.name in named
    told = versions.words(destination.differences) if backup else ""
    return Accepted(destination.kind, destination.number, destination.path, backup, listed, told)


def _checked_activity(activity: str, activities: Collection[str]) -> str:
    """Return an activity's code after checking that it exists and is a valid folder name."""
    if activity and activity not in activities:
        raise Unreadable("“活动”表里没有这次活动", "请刷新网页再放")
    if activity and not filenames.is_safe(activity):
        raise Unreadable("这次活动的编号不能作文件夹的名字", "请在“活动”表里改成 HD-01 的样子再放")
    return activity


# ---- workbooks and the catalogue


def _table_destination(path: Path, name: str, what: FileType, found: Inputs, number: int) -> _Destination | None:
    """Return the target of a workbook or the catalogue, None for a table that is a project's attachment."""
    if what is FileType.RTF and number:
        raise Unreadable(*attachments.REFUSALS[what])
    if what in uploads.DOCUMENT_TYPES and number:
        return None
    if what in WORKBOOK_TYPES or not number:
        uploads.refuse_large(path, WORKBOOK)
    with tempfile.TemporaryDirectory() as folder:
        # The upload has a temporary name, but the reader needs the real suffix, and a CSV is a workbook or the
        # catalogue by its name. A link avoids a copy.
        link = Path(folder) / name
        link.symlink_to(path.absolute())
        words = headers.read_words(found.templates)
        if what in WORKBOOK_TYPES and input_folder.is_workbook(link, words):
            # Only .xls is no ZIP package; a damaged part of a package would fail later, when the sheet is read.
            if what is not FileType.XLS:
                uploads.refuse_damaged(path)
            destination = _workbook_destination(input_folder.read_claim(link, words), link.suffix, found, number)
            return _compared(destination, link, found)
        if number:
            _refuse_catalogue(link, found.templates)
            return None
        try:
            catalogue = published.read_catalogue(link, name, found.templates)
        except Unreadable as reason:
            if what not in uploads.DOCUMENT_TYPES:
                raise
            catalogue = Catalogue(reason=reason.wrong)
        if not catalogue.entries:
            why = f"；当目录看，{catalogue.reason}" if catalogue.reason else ""
            mend = f"{ELSEWHERE}；是目录的话，换成 Word 或 Excel 的" if what in uploads.DOCUMENT_TYPES else ELSEWHERE
            raise Unreadable(f"这里只放工作簿（要有“基本信息”表，存成 .xlsx）和项目发布目录{why}", mend)
        return _catalogue_destination(catalogue, name, found)


def _compared(destination: _Destination, new: Path, found: Inputs) -> _Destination:
    """Return the target of a workbook with what it changes, and what it would set back that somebody else changed."""
    present = next((path for path in destination.before if path.is_file()), None)
    if present is None:
        return destination
    lost = versions.find_conflict(new, present, found.root)
    question = f"这一份下载以后，别人改过工作簿，放进去会把别人改的改回去：{versions.words(lost)}" if lost else ""
    return replace_fields(destination, question=question, differences=versions.find_changes(new, present))


def _catalogue_destination(catalogue: Catalogue, name: str, found: Inputs) -> _Destination:
    """Return the target of the catalogue: it replaces that of the same year, and lies beside those of other years."""
    year = catalogue.year
    same = [path for path, other in found.years.items() if other == year]
    if len(same) > 1:
        raise Unreadable(f"已有 {len(same)} 份 {year} 年的项目发布目录", "请先在 inputs 文件夹里只留一份")
    if same:
        changed = "；".join(published.changes(found.entries_of(year), catalogue.entries))
        question = f"新的目录和现在的不同：{changed}" if changed else ""
        destination = _replacement(CATALOGUE, 0, same[0], Path(name).suffix)
        return replace_fields(destination, path=_recognisable(destination.path), question=question)
    place = _recognisable(found.root / name)
    return _Destination(CATALOGUE, 0, place.with_stem(f"{place.stem}-{year}") if place.exists() else place, ())


def _recognisable(place: Path) -> Path:
    """Return a path under which the catalogue is found: the name of a .doc or a PDF must say what it is."""
    return place if xlsx.may_hold_tables(place) else place.with_stem(f"{place.stem}-{headers.CATALOGUE}")


def _refuse_catalogue(path: Path, templates: Path | None) -> None:
    """Raise `Unreadable` if the file is the catalogue, which belongs to no project."""
    try:
        is_catalogue = published.is_catalogue(path, templates)
    except Unreadable:  # an attachment may be a table that cannot be read
        is_catalogue = False
    if is_catalogue:
        raise Unreadable("这是项目发布目录", "请到项目一览里放")


def _workbook_destination(claim: Claim, ending: str, found: Inputs, number: int) -> _Destination:
    """Return the target of a project's workbook; a real workbook does not replace a sample."""
    own = found.number_of(claim)
    if own not in found.entries and own.year:
        raise Unreadable(*found.unlisted(own))
    if own not in found.entries:
        raise Unreadable(f"项目发布目录里没有项目{own}", "请核对“基本信息”表里的项目序号")
    if number not in (0, own):
        raise Unreadable(f"这是项目{own}的工作簿", f"请放到项目{own}")
    present, name = found.workbook(own), found.entries[own].name
    is_other = bool(claim.name) and not text.is_same_name(claim.name, name)
    if is_other and present and text.is_same_name(found.claims[present].name or name, name):
        wrong = f"工作簿里的项目名称是“{claim.name}”，目录里的项目{own}是“{name}”，没有换掉它的工作簿"
        raise Unreadable(wrong, "请核对项目序号和名称，改成一样再放")
    if present is None or (present in found.samples and not claim.sample):
        present = found.new_folder(own) / f"{input_folder.WORKBOOK_STEM}{ending.lower()}"
    return _replacement(WORKBOOK, own, present, ending)


def _replacement(kind: str, number: int, present: Path, ending: str) -> _Destination:
    """Return the target that replaces a table; the path keeps its name but takes the new file's suffix."""
    fits = present.suffix.lower() == ending.lower()
    return _Destination(kind, number, present if fits else present.with_suffix(ending), (present,))


# ---- photos, videos, attachments


def _media_destination(
    name: str, what: FileType, found: Inputs, number: int, activity: str, named: Collection[str]
) -> _Destination:
    """Return the target of a photo, a video or an attachment, beside the project's workbook."""
    if not number:
        raise Unreadable("这里只放工作簿和项目发布目录", ELSEWHERE)
    if number not in found.entries:
        raise Unreadable(f"项目发布目录里没有项目{number}", "请刷新网页再放")
    workbook = found.workbook(number)
    folder = workbook.parent if workbook else found.new_folder(number)
    # Take the spelling of the sheet 附件: names that differ only in case or Unicode form are one file on some systems,
    # and the sheet must find it.
    name = next(
        (
            each
            for each in named
            if filenames.collision_key(each) == filenames.collision_key(name) and filenames.is_safe(each)
        ),
        name,
    )
    kind = _kind(name, what, activity, name in named)
    folder = folder / kind / activity if kind in (PHOTO, VIDEO) else folder / kind
    # Check before listing: the folder may be a link to a place outside of the inputs.
    replace.refuse_outside(folder, found.root)
    present = folder.iterdir() if folder.is_dir() else ()
    return _Destination(
        kind,
        number,
        folder / name,
        [each for each in present if filenames.collision_key(each.name) == filenames.collision_key(name)],
    )


def _kind(name: str, what: FileType, activity: str, is_named: bool) -> str:
    """Return 照片, 视频 or 附件; raises `Unreadable` if the file could be either or is none of them."""
    if what is FileType.TEXT:
        raise Unreadable("CSV 和文本不能作附件", "请另存为 Excel、Word 或 PDF 再放（工作簿存成 .xlsx）")
    if what is FileType.VIDEO and not activity:
        raise Unreadable("看不出这段视频是哪次活动的", "请拖到它那次活动上")
    if what is FileType.VIDEO:
        return VIDEO
    if what is FileType.PICTURE and activity:
        return PHOTO
    if what is not FileType.PICTURE or is_named or Path(name).suffix.lower() in uploads.SCANS:
        return ATTACHMENT
    raise Unreadable(
        "看不出这张照片是哪次活动的", "请拖到它那次活动上；是附件的话，先在“附件”表里登记这个文件名，再放一次"
    )
