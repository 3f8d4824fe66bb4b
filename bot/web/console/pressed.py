"""The same form sent twice is done once: a button pressed twice, a page sent again, two windows.

A form is the same when the same person sends the same fields to the same address with the token their page carried, and every page
carries another one. The second press waits for the first and is led where that was led. What was refused, or failed, may be sent again.
"""

from __future__ import annotations

import hashlib
import time

import orjson
from flask import g, redirect, request
from werkzeug.wrappers import Response

from bot.log import get_log
from bot.service.runtime import Runtime
from bot.service.viewer import Viewer
from bot.store import presses
from bot.web import guard

PATIENCE, LOOK = 10.0, 0.1
"""Seconds the second press waits for the first, and how often it looks."""

_log = get_log("web")


def again(runtime: Runtime, who: Viewer) -> Response | None:
    """Where the same form led before; None when this one is the first, to be told of by `done`."""
    if request.method != "POST" or request.files or guard.CSRF_FIELD not in request.form:
        return None
    press_id = _id(who)
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with runtime.database.begin() as conn:
            if presses.claim(conn, press_id, who.district_id, runtime.clock.now()):
                g.press = press_id
                return None
            where = presses.location(conn, press_id)
        if where:
            status, _, path = where.partition(" ")
            return redirect(path, int(status))
        time.sleep(LOOK)
    return None


def done(runtime: Runtime, answer: Response) -> None:
    """Keep where it led; an answer that leads nowhere has changed nothing."""
    press_id = g.pop("press", "")
    if not press_id:
        return
    where = f"{answer.status_code} {answer.headers['Location']}" if "Location" in answer.headers else ""
    try:
        with runtime.database.begin() as conn:
            if where:
                presses.finish(conn, press_id, where)
            else:
                presses.forget(conn, press_id)
    except Exception as error:  # noqa: BLE001 - the answer stands; the row is given up in half a minute
        _log.error("press_not_kept", exc_info=error)


def _id(who: Viewer) -> str:
    fields = sorted(request.form.items(multi=True))
    return hashlib.sha256(orjson.dumps([who.staff_id, request.path, request.query_string.decode("latin-1"), fields])).hexdigest()[:40]
