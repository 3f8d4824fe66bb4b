"""Tasks: the list, one in full, and what is done with it: take it, give it to a colleague, say what came of it."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.errors import Conflict, NotAllowed
from bot.policy import permissions
from bot.service import staff_tasks, task_desk, task_outcome
from bot.service.outcome import HOW
from bot.web import guard
from bot.web.arrival import way_back
from bot.web.console import console, page_number, runtime_and_now, viewer


@console.get("/tasks")
def tasks() -> str:
    """The three lists with their first rows, or one of them whole by pages."""
    runtime, now = runtime_and_now()
    which = request.args.get("show", "")
    with runtime.database.read() as conn:
        desk = task_desk.Desk(conn, viewer(), now)
        if which in task_desk.LISTS:
            parts = [desk.part(which, page=page_number(), kind=_kind())]
        else:
            parts = [desk.part(one, size=task_desk.FIRST) for one in task_desk.LISTS]
    return render_template("console/tasks.html", parts=parts, whole=which in task_desk.LISTS, viewer=viewer())


@console.get("/tasks/<handoff_id>")
def task(handoff_id: str, refused: str = "", how: str = "", note: str = "") -> str:
    """One task. Who came to it from the tasks of one kind goes back to them."""
    runtime, now = runtime_and_now()
    with runtime.database.begin() as conn:
        colleagues = task_outcome.colleagues(conn, viewer(), handoff_id, now)
        shown = staff_tasks.open_task(conn, runtime, viewer(), handoff_id, now)
    may_translate = permissions.may_check_translations(viewer().grants or ())
    page = {"task": shown, "colleagues": colleagues, "may_translate": may_translate, "hows": HOW, "refused": refused}
    page |= {"how": how, "note": note, "kind": _kind()}
    return render_template("console/task.html", viewer=viewer(), **page)


@console.post("/tasks/<handoff_id>/take")
def take_task(handoff_id: str) -> Response:
    """Somebody says: I take this. Who came second finds it taken."""
    runtime, now = runtime_and_now()
    with runtime.database.begin() as conn:
        queued = staff_tasks.take(conn, runtime, viewer(), handoff_id, now)
    runtime.wake(queued)
    return redirect(way_back(request.form.get("back", "")) or url_for("console.task", handoff_id=handoff_id, kind=_kind() or None), 303)


@console.post("/tasks/<handoff_id>/done")
def close_task(handoff_id: str) -> Response | tuple[str, int]:
    """What came of it; without a word about that the page asks again."""
    runtime, now = runtime_and_now()
    how, note = request.form.get("how", ""), guard.typed("note")
    try:
        with runtime.database.begin() as conn:
            queued = task_outcome.close(conn, runtime, viewer(), handoff_id, how, note, now)
    except Conflict as why:
        return task(handoff_id, str(why), how, note), 409
    runtime.wake(queued)
    kind = _kind()
    there = url_for("console.tasks", show="mine", kind=kind) if kind else url_for("console.tasks")
    return redirect(way_back(request.form.get("back", "")) or there, 303)


@console.post("/tasks/<handoff_id>/give")
def give_task(handoff_id: str) -> Response | tuple[str, int]:
    runtime, now = runtime_and_now()
    try:
        with runtime.database.begin() as conn:
            queued = task_outcome.give(conn, runtime, viewer(), handoff_id, request.form.get("staff_id", ""), now)
    except (Conflict, NotAllowed):
        return task(handoff_id, refused="give"), 409
    runtime.wake(queued)
    return redirect(url_for("console.tasks"), 303)


def _kind() -> str:
    return request.values.get("kind", "")[:40]
