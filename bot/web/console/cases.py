"""My cases, and the timeline of one. The page asks for news every three seconds; content is read, and audited, only when there is some."""

from __future__ import annotations

from flask import Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from bot.errors import Conflict
from bot.service import case_timeline, my_cases, staff_action, staff_tasks
from bot.web import guard
from bot.web.console import console, runtime_and_now, viewer


@console.get("/")
def cases() -> str:
    runtime, now = runtime_and_now()
    with runtime.database.read() as conn:
        cards = my_cases.my_cases(conn, viewer(), now)
        tasks = staff_tasks.waiting(conn, viewer(), now)
    return render_template("console/cases.html", cards=cards, tasks=tasks, viewer=viewer())


@console.get("/cases/<code>")
def case(code: str) -> str:
    runtime, now = runtime_and_now()
    with runtime.database.begin() as conn:
        shown = case_timeline.read(conn, runtime, viewer(), code, now)
    return render_template("console/case.html", case=shown, viewer=viewer(), done=request.args.get("done", ""))


@console.get("/cases/<code>/timeline")
def timeline(code: str) -> Response:
    """The timeline alone, for polling: 204 while nothing changed."""
    runtime, now = runtime_and_now()
    with runtime.database.read() as conn:
        if case_timeline.version(conn, viewer(), code, now) == request.args.get("seen", ""):
            return Response(status=204)
    with runtime.database.begin() as conn:
        shown = case_timeline.read(conn, runtime, viewer(), code, now)
    return Response(render_template("console/timeline.html", case=shown, viewer=viewer(), fresh=True))


@console.post("/cases/<code>/chat-link/<contact_id>")
def chat_link(code: str, contact_id: str) -> AnyResponse:
    """Text the family a link to its chat page; why not is said on the case's page."""
    runtime, now = runtime_and_now()
    try:
        with runtime.database.begin() as conn:
            queued = staff_action.send_chat_link(conn, runtime, viewer(), code, contact_id, guard.base_url(runtime), now)
    except Conflict as why:
        return redirect(url_for("console.case", code=code, done=str(why)), 303)
    runtime.wake(queued)
    return redirect(url_for("console.case", code=code, done="chat_link"), 303)
