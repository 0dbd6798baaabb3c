"""HTML endpoints: the board, one project, a running build, printing, a page of the volume."""

import asyncio
import hashlib
from collections.abc import AsyncIterator

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from paperwork.app.web import templates
from paperwork.app.web.files import WIDTHS, number_of
from paperwork.app.web.jobs import JobProgress
from paperwork.app.web.state import PageState
from paperwork.core.dates import today

TICK = 0.2
"""Seconds between two looks at a running build."""
KEEP_ALIVE_SECONDS = 15
"""Seconds after which an idle event stream sends a comment, so that no proxy closes it."""
UNCHANGED = 204
PART = "part_again.html"


async def board(request: Request) -> Response:
    """Show all projects of the catalogue."""
    return await _cards(request, "board.html")


async def cards(request: Request) -> Response:
    """Return the board without the page around it; 204 if its stamp is unchanged."""
    return await _cards(request, "cards.html")


async def _cards(request: Request, template: str) -> Response:
    """Render the cards of all projects."""
    site: PageState = request.app.state.site
    found = await site.board()
    known, busy = site.cached_dossiers(found), site.builds.active_states()
    stamp = "-".join([found.stamp, repr(busy), *(f"{card.stamp[:8]}{card.number in known:d}" for card in found.cards)])
    stamp = hashlib.sha256(stamp.encode()).hexdigest()[:16]
    if request.query_params.get("stamp") == stamp:
        return Response(status_code=UNCHANGED)
    return HTMLResponse(templates.render(template, board=found, known=known, busy=busy, stamp=stamp))


async def inputs(request: Request) -> Response:
    """Show what becomes of each file below the inputs folder."""
    site: PageState = request.app.state.site
    return HTMLResponse(templates.render("inputs.html", files=await site.files()))


async def card(request: Request) -> Response:
    """Return the card of one project after reading it."""
    site: PageState = request.app.state.site
    _, shown = await site.project(number_of(request))
    return HTMLResponse(templates.render("card.html", shown=shown, busy=site.builds.active_states()))


async def project(request: Request) -> Response:
    """Show one project."""
    return await _project(request, "project.html")


async def project_part(request: Request) -> Response:
    """Return the part of a project's page that depends on its files; 204 if its stamp is unchanged."""
    return await _project(request, PART)


async def _project(request: Request, template: str) -> Response:
    """Render a project's page or a part of it."""
    site: PageState = request.app.state.site
    number = number_of(request)
    stamp, shown = await site.project(number)
    if request.query_params.get("stamp") == stamp:
        return Response(status_code=UNCHANGED)
    labels = await site.labels(number) if shown.archive else ()
    current = site.builds.progress_of(number)
    page = templates.render(
        template,
        shown=shown,
        stamp=stamp,
        labels=labels,
        again=template == PART,
        **_build_data(number, current, stamp),
    )
    return HTMLResponse(page, headers={"HX-Trigger": "changed"} if template == PART else {})


# ---- building an archive


def _build_data(number: int, build: JobProgress | None, stamp: str) -> dict[str, object]:
    """Return template data of a build; `build_stamp` changes when the buttons must, `stamp` is the project's."""
    build_stamp = f"{stamp}-{build.run_count}{build.state}" if build else stamp
    return {"number": number, "build": build, "build_stamp": build_stamp, "is_update": False}


async def build(request: Request) -> Response:
    """Return progress and buttons of a build; 204 if the page has them already."""
    site: PageState = request.app.state.site
    number = number_of(request)
    stamp, shown = await site.project(number)
    current = site.builds.progress_of(number)
    data = _build_data(number, current, stamp)
    if request.query_params.get("stamp") == data["build_stamp"]:
        return Response(status_code=UNCHANGED)
    page = templates.render("build.html", shown=shown, **data | {"is_update": "hx-request" in request.headers})
    return HTMLResponse(page, headers={"HX-Trigger": "built"} if current and current.outcome else {})


async def begin_build(request: Request) -> Response:
    """Start a build; if one is running already it is shown."""
    site: PageState = request.app.state.site
    number = number_of(request)
    async with request.form(max_files=0, max_fields=1) as form:
        site.builds.begin(number, today(), replacing=form.get("replace") == "1")
    return await _after_change(request, number)


async def restore(request: Request) -> Response:
    """Put an earlier archive back in place."""
    site: PageState = request.app.state.site
    number = number_of(request)
    async with request.form(max_files=0, max_fields=1) as form:
        await site.restore(number, str(form.get("state", "")))
    return RedirectResponse(f"/projects/{number}#making", 303)


async def cancel_build(request: Request) -> Response:
    """Cancel the build."""
    site: PageState = request.app.state.site
    number = number_of(request)
    site.builds.cancel(number)
    return await _after_change(request, number)


async def _after_change(request: Request, number: int) -> Response:
    """Redirect to the project's page, or return the new part of it to htmx."""
    # Without JavaScript the form is posted by the browser: 303 makes a reload harmless.
    if "hx-request" not in request.headers:
        return RedirectResponse(f"/projects/{number}#making", 303)
    return await build(request)


async def events(request: Request) -> Response:
    """Stream a running build as server-sent events: `progress` with HTML, and `ended`."""
    site: PageState = request.app.state.site
    number = number_of(request)

    async def stream() -> AsyncIterator[str]:
        before, quiet_seconds = "", 0.0
        while site.builds.is_active(number):
            current = site.builds.progress_of(number)
            # Between the last step and the end no progress is reported; keep the bar instead of resetting it to 0.
            is_finishing = before and not (current and current.progress.step)
            shown = before if is_finishing else templates.render("progress.html", build=current)
            quiet_seconds = 0 if shown != before else quiet_seconds + TICK
            if shown != before:
                yield _event("progress", shown)
            elif quiet_seconds > KEEP_ALIVE_SECONDS:
                quiet_seconds = 0
                # A line that begins with a colon is a comment, which the browser ignores.
                yield ": still here\n\n"
            before = shown
            await asyncio.sleep(TICK)
        yield _event("ended", "ended")

    return StreamingResponse(stream(), media_type="text/event-stream", headers={"cache-control": "no-store"})


def _event(name: str, data: str) -> str:
    """Format one server-sent event; each line of data needs its own prefix."""
    # The package sse-starlette would replace only this line and the comment that keeps the connection open.
    return f"event: {name}\n" + "".join(f"data: {line}\n" for line in data.splitlines()) + "\n"


# ---- printing


async def printing(request: Request) -> Response:
    """Show the print order, its printer, and what was sent before."""
    site: PageState = request.app.state.site
    number = number_of(request)
    _, shown = await site.project(number)
    if shown.archive is None:
        return RedirectResponse(f"/projects/{number}#making", 303)
    order = await site.order(number, request.query_params.get("printer", ""))
    return HTMLResponse(templates.render("printing.html", shown=shown, order=order, sent=site.sent.get(number, ())))


async def send_to_printer(request: Request) -> Response:
    """Send the order to the printer and redirect to the page that lists what was sent."""
    site: PageState = request.app.state.site
    number = number_of(request)
    async with request.form(max_files=0, max_fields=2) as form:
        await site.print(number, str(form.get("printer", "")), str(form.get("ticket", "")))
    return RedirectResponse(f"/projects/{number}/printing", 303)


# ---- pages of the volume


async def volume_page(request: Request) -> Response:
    """Show one page of the volume."""
    site: PageState = request.app.state.site
    number, label = number_of(request), request.path_params["label"]
    labels = await site.labels(number)
    if label not in labels:
        raise HTTPException(404, "整卷里没有这一页；可能还没有生成档案，或重新生成后页号变了")
    stamp, shown = await site.project(number)
    place = labels.index(label)
    before = labels[place - 1] if place else ""
    after = labels[place + 1] if place + 1 < len(labels) else ""
    navigation = {"before": before, "after": after, "place": place + 1, "count": len(labels), "width": WIDTHS[1]}
    return HTMLResponse(templates.render("volume_page.html", shown=shown, label=label, stamp=stamp, **navigation))
