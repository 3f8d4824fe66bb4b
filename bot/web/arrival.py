"""Where somebody who has to sign in first was going: the page an alert named goes with them to the door, and from there into it.

Only the path of a page of the console is carried; it holds ids, as in the alert. The one-time link keeps it in its row, since it may be
opened on another device; the question to the school's accounts keeps it in its signed cookie.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import current_app, redirect, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from bot.service.runtime import Runtime
from bot.service.sign_in import SESSION_LIFE, SignedIn
from bot.web import guard

FIELD = "to"
MAX_PATH = 200
ARRIVED_COOKIE = "hl_arrived"
ARRIVING_SECONDS = 60
DOOR = "/console/sign-in"


def way_back(path: str) -> str:
    """A page of the console to go back to; "" for anything else, so that no form can send a person elsewhere or end a header's line."""
    return path if path.startswith("/console/") and path.isprintable() and "\\" not in path and "//" not in path else ""


def wanted(path: str) -> str:
    """The path, if there is such a page to be sent to; "" for all else, My cases and the way in among it."""
    if len(path) > MAX_PATH or not way_back(path) or path.startswith(DOOR):
        return ""
    try:
        endpoint, _ = current_app.url_map.bind("").match(path, method="GET")
    except HTTPException:
        return ""
    return "" if endpoint == "console.cases" else path


def asked_for() -> str:
    """What the door was told."""
    return wanted(request.values.get(FIELD, ""))


def door() -> str:
    """The address of the door for who asks for this page, or for the page this fragment belongs to."""
    if request.headers.get("HX-Request"):
        path = urlsplit(request.headers.get("HX-Current-URL", "")).path
    else:
        path = request.path if request.method == "GET" else ""
    return url_for("console.ask", to=wanted(path) or None)


def come_in(runtime: Runtime, done: SignedIn, path: str) -> Response:
    """The session, and the page they were going to. Whether it is theirs only that page knows: see `astray`."""
    path = wanted(path)
    answer = redirect(path or url_for("console.cases"), 303)
    guard.set_cookie(runtime, answer, guard.STAFF_COOKIE, done.token, seconds=int(SESSION_LIFE.total_seconds()))
    if path:
        guard.set_cookie(runtime, answer, ARRIVED_COOKIE, path, path="/console", seconds=ARRIVING_SECONDS)
    return answer


def nowhere() -> str:
    """My cases, which says there that a page is gone or not theirs, and not which."""
    return url_for("console.cases", done="astray")


def astray() -> Response | None:
    """My cases, once, for who has come in on the way to a page that is not theirs or not there."""
    if request.method != "GET" or request.cookies.get(ARRIVED_COOKIE, "") != request.path:
        return None
    answer = redirect(nowhere())
    answer.delete_cookie(ARRIVED_COOKIE, path="/console")
    return answer
