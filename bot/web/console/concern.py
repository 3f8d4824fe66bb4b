"""An early concern begun by staff: say it, look at what each adult will read, tell the family the same day."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.errors import Conflict
from bot.service import early_concern, lint
from bot.service.early_concern import MAX_WORDS, Said
from bot.web import guard
from bot.web.console import console, runtime_and_now, viewer


@console.get("/cases/<code>/concern")
def concern(code: str, refused: str = "", said: Said | None = None, *, shown: bool = False) -> str:
    runtime, now = runtime_and_now()
    with runtime.database.read() as conn:
        form = early_concern.form(conn, runtime, viewer(), code, said or Said(), now)
    if said is None:
        told = tuple(one.id for one in form.adults if one.may_be_told)
        said = Said(contacts=told, review_on=form.latest.isoformat())
    return render_template(
        "console/concern.html",
        form=form,
        said=said,
        shown=shown,
        strengths=early_concern.STRENGTHS,
        topics=early_concern.TOPICS,
        stops=lint.stops(form.findings),
        refused=refused,
        viewer=viewer(),
    )


def _said() -> Said:
    form = request.form
    words = {name: guard.typed(name)[:MAX_WORDS].strip() for name in ("shows", "sees", "first_try")}
    picked = {name: form.get(name, "")[:40] for name in ("strength", "topic", "review_on")}
    return Said(**words, **picked, contacts=tuple(form.getlist("contact")))


@console.post("/cases/<code>/concern")
def begin_concern(code: str) -> Response | str | tuple[str, int]:
    """Look at it, or tell the family."""
    runtime, now = runtime_and_now()
    said = _said()
    try:
        if request.form.get("do") != "tell":
            with runtime.database.read() as conn:
                early_concern.check(conn, viewer(), code, said, now)
            return concern(code, said=said, shown=True)
        with runtime.database.begin() as conn:
            begun = early_concern.begin(conn, runtime, viewer(), code, said, now)
    except Conflict as why:
        return concern(code, refused=str(why), said=said), 409
    runtime.wake(begun.wake)
    done = "concern" if begun.asked and not begun.by_person else "concern_both" if begun.asked else "concern_person"
    return redirect(url_for("console.case", code=code, done=done), 303)
