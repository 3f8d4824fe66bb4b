"""The on-call rota, its drill, and the end of a safety hold."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.errors import Conflict
from bot.service import break_glass, drill, outcome, release, rota
from bot.web import guard
from bot.web.console import console, runtime_and_now, viewer
from bot.web.console.cases import case


@console.get("/on-call")
def on_call(refused: str = "") -> str:
    runtime, now = runtime_and_now()
    with runtime.database.read() as conn:
        shown = rota.shown(conn, viewer(), now)
        may_ask = break_glass.may_ask(conn, viewer())
    done = request.args.get("done", "") if not refused else ""
    said = {name: request.form.get(name, "")[:60] for name in ("staff_id", "school_id", "starts", "ends")}
    return render_template("console/on_call.html", rota=shown, may_ask=may_ask, refused=refused, done=done, said=said, viewer=viewer())


@console.post("/on-call")
def change_rota() -> Response | tuple[str, int]:
    """One change: a new turn, one taken away, one called earlier."""
    runtime, now = runtime_and_now()
    form = request.form
    try:
        with runtime.database.begin() as conn:
            rota.shown(conn, viewer(), now)
            if form.get("do") == "remove":
                rota.remove(conn, runtime, viewer(), form.get("turn_id", ""), now)
            elif form.get("do") == "up":
                rota.up(conn, runtime, viewer(), form.get("turn_id", ""), now)
            else:
                school, person, starts, ends = (form.get(name, "") for name in ("school_id", "staff_id", "starts", "ends"))
                rota.add(conn, runtime, viewer(), school, person, starts, ends, now)
    except Conflict as why:
        return on_call(refused=str(why)), 409
    return redirect(url_for("console.on_call"), 303)


@console.post("/on-call/drill")
def start_drill() -> Response | tuple[str, int]:
    """Page the rota as in an emergency, marked as a drill."""
    runtime, now = runtime_and_now()
    try:
        with runtime.database.begin() as conn:
            rota.shown(conn, viewer(), now)
            queued = drill.start(conn, runtime, viewer().district_id, viewer().staff_id, now)
    except Conflict as why:
        return on_call(refused=str(why)), 409
    runtime.wake(queued)
    return redirect(url_for("console.on_call", done="drill"), 303)


@console.post("/cases/<code>/release")
def release_hold(code: str) -> Response | tuple[str, int]:
    """Trained staff end the hold; without a reason it stays, and what they wrote stays on the form."""
    runtime, now = runtime_and_now()
    note = guard.typed("note")[: outcome.MAX_NOTE]
    try:
        with runtime.database.begin() as conn:
            held = release.release(conn, runtime, viewer(), code, request.form.get("why", ""), now, note)
    except Conflict as why:
        return case(code, str(why), note), 409
    runtime.wake(held)
    return redirect(url_for("console.case", code=code, done="released"), 303)
