"""File endpoints: uploads, downloads, and pages of the volume as images."""

import io
import secrets
import shutil
import tempfile
from asyncio import to_thread
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from paperwork.app.web import templates
from paperwork.app.web.state import PageState, is_inside
from paperwork.archive import finished
from paperwork.core import filenames
from paperwork.core.faults import ExitCode, Stop, Unreadable, as_stop
from paperwork.core.values import ProjectNumber
from paperwork.desk import versions

MAX_FILES, MOST_FIELDS = 60, 4
MAX_ASKED = 4
"""Files that are kept while they wait for a confirmation."""
WIDTHS = (160, 1100)
"""Pixels: a thumbnail, a readable page."""
IMMUTABLE = "private, max-age=31536000, immutable"
STATIC = Path(__file__).parent / "static"
# Listed once at import: a request can only name one of these files, never a path.
SERVED = {path.name: path for path in STATIC.iterdir() if path.suffix in (".css", ".js", ".svg")}
DAY = "private, max-age=86400"
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def icon(request: Request) -> Response:
    """Serve the icon at the path where browsers look for it when a tab shows a PDF, which names none."""
    return FileResponse(SERVED["icon.svg"], headers={"cache-control": DAY})


async def static(request: Request) -> Response:
    """Serve a style sheet, a script or an icon."""
    path = SERVED.get(request.path_params["name"])
    if path is None:
        raise HTTPException(404, "没有这个文件")
    return FileResponse(path, headers={"cache-control": DAY})


def _inside(path: Path | None, root: Path, wrong: str) -> Path:
    """Return the path if it is a file inside the folder; raises 404 with the given text otherwise."""
    if path is None or not is_inside(root, path):
        raise HTTPException(404, wrong)
    return path


def number_of(request: Request) -> ProjectNumber:
    """Return the project number from the request path; 0 if it has none."""
    return ProjectNumber(request.path_params.get("number", 0))


async def accept_uploads(request: Request) -> Response:
    """Accept uploaded files and report for each one where it was put or why it was refused."""
    site: PageState = request.app.state.site
    number, answers = number_of(request), []
    async with request.form(max_files=MAX_FILES, max_fields=MOST_FIELDS) as form:
        activity = str(form.get("activity", ""))
        uploads = [each for each in form.getlist("file") if isinstance(each, UploadFile) and each.filename]
        for upload in uploads:
            answers.append(await _accept(site, upload, number, activity))
    if not uploads:
        answers.append(templates.UploadAnswer("没有选文件", "请选一个文件，或把文件拖到框里", False))
    return await _answer(site, answers, number)


async def confirm_upload(request: Request) -> Response:
    """Put a file in place whose changes were shown before."""
    site: PageState = request.app.state.site
    async with request.form(max_files=0, max_fields=1) as form:
        name, content = site.asked.pop(str(form.get("token", "")), ("", b""))
    if not name:
        answer = templates.UploadAnswer("没有收下：等得太久，或已经放过了", "请再放一次", False)
    else:
        upload = UploadFile(io.BytesIO(content), filename=name)
        answer = await _accept(site, upload, ProjectNumber(0), "", agreed=True)
    return await _answer(site, [answer], ProjectNumber(0))


async def _answer(site: PageState, answers: list[templates.UploadAnswer], number: ProjectNumber) -> Response:
    """Return the answers, with the state of the projects that they touched."""
    touched = sorted({answer.number for answer in answers if answer.number})
    dossiers = [(await site.project(each))[1] for each in touched]
    page = templates.render("answer.html", answers=answers, dossiers=dossiers, number=number)
    return Response(page, headers={"HX-Trigger": "dropped"}, media_type="text/html")


async def _accept(
    site: PageState, upload: UploadFile, number: int, activity: str, agreed: bool = False
) -> templates.UploadAnswer:
    """Accept one file; any failure becomes its answer, so that the other files are still handled."""
    name = upload.filename or ""
    # Some browsers send the whole Windows path.
    shown = Path(name.replace("\\", "/")).name[:80]
    try:
        async with _saved(upload) as path:
            accepted = await site.accept_upload(path, name, number, activity, agreed)
    except (Unreadable, Stop, OSError) as error:
        stop = as_stop(error)
        if stop.code is ExitCode.UNCONFIRMED:
            token = await _ask(site, upload, name)
            return templates.UploadAnswer(f"请看“{shown}”：{stop.wrong}", stop.mend, False, token=token)
        return templates.UploadAnswer(f"没有收下“{shown}”：{stop.wrong}", stop.mend, False)
    place = filenames.readable_path(accepted.path.relative_to(site.job.inputs).parent)
    notes = "；原来的那一份已移到“.旧文件”里" if accepted.backup else ""
    notes += f"；和原来的不同：{accepted.differences}" if accepted.differences else ""
    notes += "" if accepted.is_listed else "；“附件”表里还没有登记它，请在表里加一行"
    return templates.UploadAnswer(
        f"已收下{accepted.kind}“{shown}”", f"放在 inputs/{place}{notes}", True, accepted.number
    )


async def _ask(site: PageState, upload: UploadFile, name: str) -> str:
    """Keep a file until staff confirm what it changes, beside the few before it; return its token."""
    await upload.seek(0)
    token = secrets.token_urlsafe(18)
    site.asked = dict([*site.asked.items(), (token, (name, await upload.read()))][-MAX_ASKED:])
    return token


@asynccontextmanager
async def _saved(upload: UploadFile) -> AsyncIterator[Path]:
    """Save an uploaded file under a temporary name while the context lasts."""
    with tempfile.TemporaryDirectory(prefix="paperwork-upload-") as folder:
        path = Path(folder, "upload")

        def copy() -> None:
            with path.open("wb") as out:
                shutil.copyfileobj(upload.file, out)

        # Copying 600 MB in the event loop would stop every other request.
        await to_thread(copy)
        yield path


async def marked(request: Request) -> Response:
    """Serve a copy of the workbook with its faults marked."""
    site: PageState = request.app.state.site
    number = number_of(request)
    await site.mark(number)
    path = _inside(
        finished.find_marked_workbook(site.job.outputs, number),
        site.job.outputs,
        "没有标出问题的副本，项目还没有工作簿",
    )
    return FileResponse(path, filename=f"项目{number}-校验.xlsx", media_type=WORKBOOK)


async def workbook(request: Request) -> Response:
    """Serve the project's workbook, marked with its version, so that it is known what comes back is based on."""
    site: PageState = request.app.state.site
    number = number_of(request)
    _, shown = await site.project(number)
    if not shown.source:
        raise HTTPException(404, "这个项目还没有工作簿")
    path = _inside(shown.source, site.job.inputs, "工作簿不在 inputs 文件夹里")
    content = await to_thread(versions.hand_out, path)
    name = quote(f"项目{number}-{filenames.portable(path.name)}")
    disposition = f"attachment; filename*=utf-8''{name}"
    return Response(content, media_type=WORKBOOK, headers={"content-disposition": disposition})


async def blank_workbook(request: Request) -> Response:
    """Serve a blank workbook, filled with what the catalogue says."""
    site: PageState = request.app.state.site
    number = number_of(request)
    content = await site.blank(number)
    if content is None:
        raise HTTPException(404, "项目发布目录里没有这个项目")
    disposition = f"attachment; filename*=utf-8''{quote(f'项目{number}-空白.xlsx')}"
    return Response(content, media_type=WORKBOOK, headers={"content-disposition": disposition})


async def archive_file(request: Request) -> Response:
    """Serve a file of a finished archive: only files listed on the page, by their key."""
    site: PageState = request.app.state.site
    number = number_of(request)
    _, shown = await site.project(number)
    offered = {templates.key(each): each for each in (shown.archive.files if shown.archive else ())}
    file = offered.get(request.path_params["key"])
    path = site.job.outputs / str(number) / file.name if file else None
    path = _inside(path, site.job.outputs, "没有这个文件，可能还没有生成，或刚刚重新生成过")
    # Only PDFs open in the browser; anything else is saved, so nothing from staff can run as a page of ours.
    kind = "inline" if path.suffix == ".pdf" else "attachment"
    return FileResponse(path, filename=f"项目{number}-{path.name}", content_disposition_type=kind)


async def picture(request: Request) -> Response:
    """Serve a page of the volume as PNG."""
    site: PageState = request.app.state.site
    width: int = request.path_params["width"]
    if width not in WIDTHS:
        raise HTTPException(404, "没有这样大小的图")
    image = await site.picture(number_of(request), request.path_params["label"], width)
    if image is None:
        raise HTTPException(404, "整卷里没有这一页")
    # With the volume's stamp in the URL the image never changes; without it, the next build may change it.
    headers = {"cache-control": IMMUTABLE} if request.query_params.get("v") else {}
    return Response(image, media_type="image/png", headers=headers)
