"""HTML endpoints of the reading: how the project's texts are read, clause by clause, and the forms that change it.

All of it works without JavaScript: one form at a time is open, and each button loads the page again.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from paperwork.app.web import templates
from paperwork.app.web.files import number_of
from paperwork.app.web.state import PageState
from paperwork.core.dates import today
from paperwork.core.faults import ExitCode, Stop
from paperwork.desk.readings import edits
from paperwork.desk.readings.edits import MOST_ROWS, Form
from paperwork.desk.readings.page import COLUMNS, DAY, WHO, ReadingPage

MOST_FIELDS = MOST_ROWS * (len(COLUMNS) + 1) + 8
FAULTY, CONFLICT = 422, 409
ADD, DROP = "add", re.compile(r"drop-(\d{1,2})")
"""Buttons that only change the form: a further row, one row less."""
ROW_FIELD = re.compile(r"(\d{1,2})\.(.+)")


@dataclass(frozen=True)
class Open:
    """What is open on the page: the form of a part, or the question about a clause (0: about the project)."""

    form: Form | None = None
    clause: int | None = None
    is_changed: bool = False
    """True if the form has values that are not in the workbook yet."""


CLOSED = Open()


async def show(request: Request) -> Response:
    """Show the reading of a project; `edit` opens the form of a part, `confirm` the question about a clause."""
    page = await _page(request)
    query = request.query_params
    part = page.part(query.get("edit", ""))
    opened = CLOSED
    if part:
        opened = Open(edits.form_of(part, page.stamp, today()))
    elif query.get("confirm", "").isdecimal():
        opened = Open(Form("", page.stamp, day=today().isoformat()), int(query["confirm"]))
    return _render(request, page, opened)


async def change(request: Request) -> Response:
    """Do what a form of the page asks for, and show it again, with what is wrong beside each field."""
    site: PageState = request.app.state.site
    number = number_of(request)
    async with request.form(max_files=0, max_fields=MOST_FIELDS) as sent:
        form, button = _form_sent(sent), str(sent.get("do", ""))
    if button == ADD or DROP.fullmatch(button):
        return await _with_other_rows(request, form, button)
    if button not in edits.ACTIONS:
        raise HTTPException(400, "没有这样的按钮，请从页面上的按钮进去")
    clause = int(form.target) if button == "confirm" and form.target.isdecimal() else None
    try:
        outcome = await site.change_reading(number, button, form)
    except Stop as stop:
        if stop.code is not ExitCode.REFUSED:
            raise
        page = await _page(request)
        # The values are kept, and rest on what the page shows now: sent again, they count.
        kept = replace(form, stamp=page.stamp)
        return _render(request, page, Open(kept, clause, is_changed=True), CONFLICT, trouble=stop)
    if outcome.faults:
        faulty = replace(form, faults=outcome.faults)
        return _render(request, await _page(request), Open(faulty, clause, is_changed=True), FAULTY)
    left_out = f"&left={outcome.left_out}" if outcome.left_out else ""
    return RedirectResponse(f"/projects/{number}/readings?saved={button}{left_out}{_anchor(button, form)}", 303)


def _anchor(button: str, form: Form) -> str:
    """Return the place of the page to which a form leads back."""
    if button in ("save", "withdraw"):
        return f"#part-{form.target}"
    return f"#clause-{form.target}" if button == "confirm" and form.target != "0" else "#top"


async def _with_other_rows(request: Request, form: Form, button: str) -> Response:
    """Show a form with one row more or less; nothing is written."""
    page = await _page(request)
    part = page.part(form.target)
    dropped = DROP.fullmatch(button)
    if part is not None:
        form = form.without_row(int(dropped[1]), part) if dropped else form.with_new_row()
    return _render(request, page, Open(form, is_changed=True))


async def _page(request: Request) -> ReadingPage:
    site: PageState = request.app.state.site
    page = await site.reading(number_of(request))
    if page is None:
        raise HTTPException(404, "项目发布目录里没有这个项目，请从项目一览进去")
    return page


def _render(
    request: Request, page: ReadingPage, opened: Open, status: int = 200, trouble: Stop | None = None
) -> Response:
    """Render the page of a reading."""
    query = request.query_params if status == 200 else {}
    left_out = query.get("left", "")
    html = templates.render(
        "readings.html",
        page=page,
        opened=opened,
        trouble=trouble,
        saved=query.get("saved", ""),
        left_out=int(left_out) if left_out.isdecimal() else 0,
        columns=COLUMNS,
        most_rows=MOST_ROWS,
    )
    return HTMLResponse(html, status)


def _form_sent(sent: FormData) -> Form:
    """Return the form that was sent. Its fields are named by row and column: `0.认作`."""
    words: Mapping[str, str] = {name: value for name, value in sent.items() if isinstance(value, str)}
    rows: dict[int, dict[str, str]] = {}
    for name, value in words.items():
        if found := ROW_FIELD.fullmatch(name):
            rows.setdefault(int(found[1]), {})[found[2]] = value.strip()
    return Form(
        words.get("target", ""),
        words.get("stamp", ""),
        tuple({"at": "", **dict.fromkeys(COLUMNS, ""), **row} for _, row in sorted(rows.items())[:MOST_ROWS]),
        words.get(WHO, "").strip(),
        words.get(DAY, "").strip(),
    )
