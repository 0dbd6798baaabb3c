"""Map each item of the volume to the input files it shows, so that a photo, video or report can be found again."""

from pathlib import Path

from paperwork.documents.exhibits import select_brief_photos, select_report_photos
from paperwork.project.model import Activity, Attachment, Project
from paperwork.project.record import Record
from paperwork.volume.page_plan import PagePlan


def shown_files(project: Project, laid: PagePlan) -> dict[int, tuple[Path, ...]]:
    """Return the input files that each item shows, by the item's number; items that show none are left out."""
    rows = {row.place: row for row in (*project.activities, *project.attachments)}
    found = {entry.item.number: _files(project, entry.item.form, rows.get(entry.item.place)) for entry in laid.entries}
    return {number: paths for number, paths in found.items() if paths}


def _files(project: Project, form: str, row: Record | None) -> tuple[Path, ...]:
    """Return the files that a form shows for a row (None: for the project)."""
    # The names of the forms must be those in forms.toml.
    match form, row:
        case "活动简报", Activity():
            paths, _ = select_brief_photos(project, row)
            return paths
        case "视频登记页", Activity(code=code):
            return project.videos.get(code, ())
        case "附件隔页", Attachment(file=file):
            path = project.attachment_path(file)
            return (path,) if path else ()
        case "项目结项报告", None:
            return tuple(path for _, path in select_report_photos(project))
    return ()
