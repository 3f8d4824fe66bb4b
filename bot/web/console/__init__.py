"""The staff console: sign-in, my cases, the timeline of a case. Every page needs a signed-in person, except the way in."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, current_app, g, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from bot.service import sign_in
from bot.service.runtime import Runtime
from bot.service.viewer import Viewer
from bot.web import arrival, guard
from bot.web.console import pressed

console = Blueprint("console", __name__)

OPEN_PAGES = frozenset({"console.ask", "console.sent", "console.link", "console.account", "console.account_back"})
"""The way in: the only pages without a signed-in person."""


def runtime_and_now() -> tuple[Runtime, datetime]:
    runtime: Runtime = current_app.extensions["runtime"]
    return runtime, runtime.clock.now()


def page_number() -> int:
    """Which page of a list was asked for; what is no number is the first."""
    return guard.whole_number("page") or 1


def seen_version() -> int | None:
    """Which version of a text the person had before them when they pressed the button."""
    return guard.whole_number("version")


def viewer() -> Viewer:
    """The signed-in person; the gate below made sure there is one."""
    who: Viewer = g.viewer
    return who


@console.before_request
def gate() -> Response | None:
    """Forms prove where they come from; pages know who reads. An expired session inside a fragment sends the whole page to sign-in."""
    runtime, now = runtime_and_now()
    g.viewer = None
    token = request.cookies.get(guard.STAFF_COOKIE, "")
    if token:
        with runtime.database.read() as conn:
            g.viewer = sign_in.viewer(conn, token, now)
    if g.viewer is not None:
        g.page_lang = g.viewer.lang
    guard.check_form(runtime)
    if request.endpoint in OPEN_PAGES:
        return None
    return _outside() if g.viewer is None else pressed.again(runtime, g.viewer)


@console.after_request
def keep(answer: Response) -> Response:
    pressed.done(runtime_and_now()[0], answer)
    return answer


def _outside() -> Response:
    """To the door; what somebody was writing when their session ended stays before them, to be sent once they are in again."""
    where = arrival.door()
    if request.headers.get("HX-Request"):
        # 286 is HTMX's word for "stop polling"
        return Response(status=286, headers={"HX-Redirect": where})
    said = [(name, value) for name, value in request.form.items(multi=True) if name != guard.CSRF_FIELD and value]
    if not said:
        return redirect(where)
    written = [(name, guard.typed(name)) for name, value in said if _is_writing(value)]
    rest = [(name, value) for name, value in said if not _is_writing(value)]
    return make_response(render_template("console/signed_out.html", written=written, rest=rest), 403)


def _is_writing(value: str) -> bool:
    """Whether this was typed by a person, more than a word of a list, a day or an id."""
    return any(sign.isspace() for sign in value.strip())


from bot.web.console import cases as _cases  # noqa: E402 - routes hang themselves on the blueprint above
from bot.web.console import concern as _concern  # noqa: E402
from bot.web.console import emergency as _emergency  # noqa: E402
from bot.web.console import entrance as _entrance  # noqa: E402
from bot.web.console import meetings as _meetings  # noqa: E402
from bot.web.console import new_case as _new_case  # noqa: E402
from bot.web.console import privacy as _privacy  # noqa: E402
from bot.web.console import safety as _safety  # noqa: E402
from bot.web.console import school_account as _school_account  # noqa: E402
from bot.web.console import suspicion as _suspicion  # noqa: E402
from bot.web.console import tasks as _tasks  # noqa: E402
from bot.web.console import texts as _texts  # noqa: E402
from bot.web.console import translations as _translations  # noqa: E402
from bot.web.console import write as _write  # noqa: E402

__all__ = [
    "_cases",
    "_concern",
    "_emergency",
    "_entrance",
    "_meetings",
    "_new_case",
    "_privacy",
    "_safety",
    "_school_account",
    "_suspicion",
    "_tasks",
    "_texts",
    "_translations",
    "_write",
    "console",
]
