"""Open a case in an emergency, close it again, and look at it later."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from bot.errors import Conflict, NotFound
from bot.service import break_glass
from bot.web import guard
from bot.web.console import console, runtime_and_now, viewer


@console.get("/emergency")
def emergency(refused: str = "") -> str:
    runtime, _ = runtime_and_now()
    with runtime.database.read() as conn:
        if not break_glass.may_ask(conn, viewer()):
            raise NotFound
    said = {name: guard.typed(name)[: break_glass.MAX_NOTE] for name in ("code", "why", "note")}
    return render_template("console/emergency.html", whys=break_glass.WHY, said=said, refused=refused, viewer=viewer())


@console.post("/emergency")
def open_emergency() -> Response | tuple[str, int]:
    runtime, now = runtime_and_now()
    code, why, note = (guard.typed(name) for name in ("code", "why", "note"))
    code = code.strip().upper()[:20]
    try:
        with runtime.database.begin() as conn:
            told = break_glass.open_case(conn, runtime, viewer(), code, why, note, now)
    except Conflict as no:
        return emergency(refused=str(no)), 409
    runtime.wake(told)
    return redirect(url_for("console.case", code=code), 303)


@console.post("/cases/<code>/emergency-over")
def end_emergency(code: str) -> Response:
    runtime, now = runtime_and_now()
    with runtime.database.begin() as conn:
        break_glass.close(conn, runtime, viewer(), code, now)
    return redirect(url_for("console.cases"), 303)


@console.post("/privacy/emergency/<glass_id>")
def review_emergency(glass_id: str) -> Response:
    runtime, now = runtime_and_now()
    with runtime.database.begin() as conn:
        break_glass.review(conn, runtime, viewer(), glass_id, now)
    return redirect(url_for("console.privacy"), 303)
