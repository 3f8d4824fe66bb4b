"""Plan a meeting, move one, cancel one: first one looks at what it will send to whom and when, then it is done."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.errors import Conflict
from bot.service import meeting_desk
from bot.service.meeting_desk import MAX_PLACE, Planned, Wish
from bot.web.console import console, runtime_and_now, viewer


@console.get("/cases/<code>/meetings")
def meetings(code: str, refused: str = "", wish: Wish | None = None, shown: Planned | None = None) -> str:
    runtime, now = runtime_and_now()
    with runtime.database.read() as conn:
        page = meeting_desk.page(conn, runtime, viewer(), code, now)
    if wish is None and request.args.get("move"):
        wish = meeting_desk.wish_of(page.planned, request.args.get("move", ""))
    return render_template(
        "console/meetings.html",
        page=page,
        wish=wish or Wish(),
        shown=shown,
        modes=meeting_desk.MODES,
        refused=refused,
        done=request.args.get("done", "") if request.method == "GET" else "",
        viewer=viewer(),
    )


def _wish() -> Wish:
    form = request.form
    day, time = form.get("day", ""), form.get("time", "")
    place = " ".join(form.get("place", "").split())[:MAX_PLACE]
    return Wish(f"{day}T{time}", form.get("mode", ""), place, form.get("interpreter") == "yes", form.get("moves", ""))


@console.post("/cases/<code>/meetings")
def change_meetings(code: str) -> Response | str | tuple[str, int]:
    """Look at what it would send; plan it; cancel one."""
    runtime, now = runtime_and_now()
    do, wish = request.form.get("do", ""), _wish()
    try:
        if do == "cancel":
            with runtime.database.begin() as conn:
                meeting_desk.cancel(conn, runtime, viewer(), code, request.form.get("meeting_id", ""), now)
            return redirect(url_for("console.meetings", code=code, done="cancelled"), 303)
        if do == "plan":
            with runtime.database.begin() as conn:
                meeting_desk.plan(conn, runtime, viewer(), code, wish, now)
            return redirect(url_for("console.meetings", code=code, done="moved" if wish.moves else "planned"), 303)
        with runtime.database.read() as conn:
            shown = meeting_desk.look(conn, runtime, viewer(), code, wish, now)
    except Conflict as why:
        return meetings(code, refused=str(why), wish=wish), 409
    return meetings(code, wish=wish, shown=shown)
