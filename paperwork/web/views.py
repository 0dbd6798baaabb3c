"""What the page answers with: the board, one project, an archive as it is made, a page of the volume."""

import asyncio
import hashlib
from collections.abc import AsyncIterator

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from paperwork.dates import today
from paperwork.web import html
from paperwork.web.files import WIDTHS, number_of
from paperwork.web.making import Making
from paperwork.web.site import Site

TICK = 0.2
"""Seconds between two looks at an archive that is being made."""
PATIENCE = 15
"""Seconds after which a silent stream says something, lest it be cut."""
UNCHANGED = 204
PART = "part_again.html"


async def board(request: Request) -> Response:
    """All projects of the catalogue."""
    return await _cards(request, "board.html")


async def cards(request: Request) -> Response:
    """The same without the page round it; nothing when nothing has changed."""
    return await _cards(request, "cards.html")


async def _cards(request: Request, template: str) -> Response:
    site: Site = request.app.state.site
    told = await site.board()
    known, busy = site.at_hand(told), site.makings.busy()
    stamp = "-".join([told.stamp, repr(busy), *(f"{card.stamp[:8]}{card.number in known:d}" for card in told.cards)])
    stamp = hashlib.sha256(stamp.encode()).hexdigest()[:16]
    if request.query_params.get("stamp") == stamp:
        return Response(status_code=UNCHANGED)
    return HTMLResponse(html.render(template, board=told, known=known, busy=busy, stamp=stamp))


async def card(request: Request) -> Response:
    """One project on the board, looked at."""
    site: Site = request.app.state.site
    _, shown = await site.project(number_of(request))
    return HTMLResponse(html.render("card.html", shown=shown, busy=site.makings.busy()))


async def project(request: Request) -> Response:
    """One project."""
    return await _project(request, "project.html")


async def part(request: Request) -> Response:
    """What changes of it with its files; nothing when nothing has changed."""
    return await _project(request, PART)


async def _project(request: Request, template: str) -> Response:
    site: Site = request.app.state.site
    number = number_of(request)
    stamp, shown = await site.project(number)
    if request.query_params.get("stamp") == stamp:
        return Response(status_code=UNCHANGED)
    labels = await site.labels(number) if shown.archive else ()
    told = site.makings.seen(number)
    page = html.render(
        template, shown=shown, stamp=stamp, labels=labels, again=template == PART, **_told(number, told, stamp)
    )
    return HTMLResponse(page, headers={"HX-Trigger": "changed"} if template == PART else {})


# ---- making an archive


def _told(number: int, making: Making | None, stamp: str) -> dict[str, object]:
    """`seen` changes when the buttons must; `stamp` is that of the project."""
    seen = f"{stamp}-{making.times}{making.now}" if making else stamp
    return {"number": number, "making": making, "seen": seen, "alone": False}


async def making(request: Request) -> Response:
    """How far the archive is, and the buttons; nothing when they are seen already."""
    site: Site = request.app.state.site
    number = number_of(request)
    stamp, shown = await site.project(number)
    told = site.makings.seen(number)
    data = _told(number, told, stamp)
    if request.query_params.get("seen") == data["seen"]:
        return Response(status_code=UNCHANGED)
    page = html.render("making.html", shown=shown, **data | {"alone": "hx-request" in request.headers})
    return HTMLResponse(page, headers={"HX-Trigger": "made"} if told and told.outcome else {})


async def begin(request: Request) -> Response:
    """Have the archive made; when it is being made already it is just shown."""
    site: Site = request.app.state.site
    number = number_of(request)
    site.makings.begin(number, today())
    return await _after(request, number)


async def stop(request: Request) -> Response:
    """Have it dropped."""
    site: Site = request.app.state.site
    number = number_of(request)
    site.makings.stop(number)
    return await _after(request, number)


async def _after(request: Request, number: int) -> Response:
    if "hx-request" not in request.headers:
        return RedirectResponse(f"/projects/{number}#making", 303)
    return await making(request)


async def events(request: Request) -> Response:
    """The archive as it is made, as server-sent events: `progress` with HTML, and `ended`."""
    site: Site = request.app.state.site
    number = number_of(request)

    async def stream() -> AsyncIterator[str]:
        before, silent = "", 0.0
        while site.makings.runs(number):
            told = site.makings.seen(number)
            # Between the last step and the end nothing is told any more: the bar stays where it is.
            idle = before and not (told and told.doing.step)
            shown = before if idle else html.render("progress.html", making=told)
            silent = 0 if shown != before else silent + TICK
            if shown != before:
                yield _event("progress", shown)
            elif silent > PATIENCE:
                silent = 0
                yield ": still here\n\n"
            before = shown
            await asyncio.sleep(TICK)
        yield _event("ended", "ended")

    return StreamingResponse(stream(), media_type="text/event-stream", headers={"cache-control": "no-store"})


def _event(name: str, data: str) -> str:
    return f"event: {name}\n" + "".join(f"data: {line}\n" for line in data.splitlines()) + "\n"


# ---- printing


async def printing(request: Request) -> Response:
    """What would go to which printer, and what went."""
    site: Site = request.app.state.site
    number = number_of(request)
    _, shown = await site.project(number)
    if shown.archive is None:
        return RedirectResponse(f"/projects/{number}#making", 303)
    order = await site.order(number, request.query_params.get("printer", ""))
    return HTMLResponse(html.render("printing.html", shown=shown, order=order, sent=site.sent.get(number, ())))


async def send(request: Request) -> Response:
    """Send it to the printer; what was sent then stands on the same page."""
    site: Site = request.app.state.site
    number = number_of(request)
    async with request.form(max_files=0, max_fields=2) as form:
        await site.print(number, str(form.get("printer", "")), str(form.get("ticket", "")))
    return RedirectResponse(f"/projects/{number}/printing", 303)


# ---- pages of the volume


async def leaf(request: Request) -> Response:
    """A page of the volume, to be looked at."""
    site: Site = request.app.state.site
    number, label = number_of(request), request.path_params["label"]
    labels = await site.labels(number)
    if label not in labels:
        raise HTTPException(404, "整卷里没有这一页；可能还没有生成档案，或重新生成后页号变了")
    stamp, shown = await site.project(number)
    place = labels.index(label)
    before = labels[place - 1] if place else ""
    after = labels[place + 1] if place + 1 < len(labels) else ""
    turns = {"before": before, "after": after, "place": place + 1, "count": len(labels), "width": WIDTHS[1]}
    return HTMLResponse(html.render("leaf.html", shown=shown, label=label, stamp=stamp, **turns))
