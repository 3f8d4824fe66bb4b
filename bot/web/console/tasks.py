"""One task of a person, and the two things to do with it: take it, say it is done."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.service import staff_tasks
from bot.web.console import console, runtime_and_now, viewer, way_back


@console.get("/tasks/<handoff_id>")
def task(handoff_id: str) -> str:
    runtime, now = runtime_and_now()
    with runtime.database.begin() as conn:
        shown = staff_tasks.open_task(conn, runtime, viewer(), handoff_id, now)
    return render_template("console/task.html", task=shown, viewer=viewer())


@console.post("/tasks/<handoff_id>/take")
def take_task(handoff_id: str) -> Response:
    """Somebody says: I take this. Who came second finds it taken."""
    runtime, now = runtime_and_now()
    with runtime.database.begin() as conn:
        queued = staff_tasks.take(conn, runtime, viewer(), handoff_id, now)
    runtime.wake(queued)
    return redirect(way_back(request.form.get("back", "")) or url_for("console.task", handoff_id=handoff_id), 303)


@console.post("/tasks/<handoff_id>/done")
def close_task(handoff_id: str) -> Response:
    runtime, now = runtime_and_now()
    with runtime.database.begin() as conn:
        staff_tasks.close(conn, runtime, viewer(), handoff_id, now)
    return redirect(way_back(request.form.get("back", "")) or url_for("console.cases"), 303)
