"""Staff ask for an evaluation: a few words, and the two people who act on it have them today (F26)."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from bot.errors import Conflict
from bot.service import suspicion
from bot.web import guard
from bot.web.console import console, runtime_and_now, viewer


@console.get("/cases/<code>/evaluation")
def evaluation(code: str, *, refused: bool = False) -> str:
    runtime, now = runtime_and_now()
    with runtime.database.read() as conn:
        case = suspicion.form(conn, viewer(), code, now)
    return render_template("console/evaluation.html", code=case.code, most=suspicion.MAX_WORDS, refused=refused, viewer=viewer())


@console.post("/cases/<code>/evaluation")
def raise_evaluation(code: str) -> Response | tuple[str, int]:
    runtime, now = runtime_and_now()
    words = guard.typed("words")[: suspicion.MAX_WORDS]
    try:
        with runtime.database.begin() as conn:
            told = suspicion.tell(conn, runtime, viewer(), code, words, now)
    except Conflict:
        return evaluation(code, refused=True), 409
    runtime.wake(told)
    return redirect(url_for("console.case", code=code, done="evaluation"), 303)
