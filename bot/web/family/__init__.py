"""The family's pages: a chat behind a signed link and a one-time code. Plain forms work without JavaScript; a small script only polls."""

from __future__ import annotations

import secrets
from datetime import datetime

from flask import Blueprint, abort, current_app, g, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from bot.errors import Busy
from bot.service import family_chat, family_form
from bot.service.runtime import Runtime
from bot.service.wording import LANGUAGES
from bot.web import guard
from channels.errors import ChannelError

family = Blueprint("family", __name__)

MAX_WORDS = 4000
EMPTY: MultiDict[str, str] = MultiDict()


@family.before_request
def gate() -> tuple[str, int] | None:
    runtime, now = _runtime_and_now()
    guard.check_form(runtime)
    with runtime.database.read() as conn:
        g.door = family_chat.door(
            conn, runtime, (request.view_args or {}).get("token", ""), request.cookies.get(guard.CHAT_COOKIE, ""), now
        )
    g.page_lang = g.door.lang
    if g.door.state != "ended" or request.endpoint == "family.news":
        return None
    return _entrance(g.door.token)


def _runtime_and_now() -> tuple[Runtime, datetime]:
    runtime: Runtime = current_app.extensions["runtime"]
    return runtime, runtime.clock.now()


@family.get("/<token>")
def talk(token: str) -> Response | str | tuple[str, int]:
    if g.door.state != "open":
        return _entrance(token)
    return _page(token, EMPTY)


def _page(token: str, kept: MultiDict[str, str], *, unsent: bool = False) -> str:
    """The talk with its form. `kept`: what stands in the form already; `unsent`: it did not get through."""
    runtime, now = _runtime_and_now()
    with runtime.database.read() as conn:
        chat = family_chat.chat(conn, runtime, g.door, now)
        asked = family_form.fields(conn, runtime, g.door, now)
    shown = {"door": g.door, "chat": chat, "token": token, "asked": asked, "kept": kept, "unsent": unsent}
    return render_template("family/chat.html", client_id=secrets.token_hex(12), known=_is_known(), **shown)


def _is_known() -> bool:
    """Whether the page's own words exist in the family's language."""
    return str(g.door.lang).split("-", maxsplit=1)[0] in LANGUAGES


def _entrance(token: str, *, refused: bool = False, wrong: str = "") -> tuple[str, int]:
    status = 410 if g.door.state in ("dead", "locked", "ended") else 403 if refused else 200
    page = render_template("family/entrance.html", door=g.door, token=token, refused=refused, wrong=wrong, known=_is_known())
    return page, status


@family.post("/<token>/code")
def code(token: str) -> Response:
    """Send a code to the number on file. The page says the same whether or not there is one."""
    runtime, now = _runtime_and_now()
    with runtime.database.begin() as conn:
        queued = family_chat.send_code(conn, runtime, g.door, now)
    if queued:
        runtime.wake(queued)
    return redirect(url_for("family.talk", token=token), 303)


@family.post("/<token>/enter")
def enter(token: str) -> Response | tuple[str, int]:
    runtime, now = _runtime_and_now()
    with runtime.database.begin() as conn:
        session = family_chat.enter(conn, runtime, g.door, request.form.get("code", ""), now)
    if session is None:
        with runtime.database.read() as conn:
            g.door = family_chat.door(conn, runtime, token, "", now)
        return _entrance(token, refused=True)
    answer = redirect(url_for("family.talk", token=token), 303)
    # the cookie goes to this link's page only: two children's links in one phone do not mix
    guard.set_cookie(
        runtime,
        answer,
        guard.CHAT_COOKIE,
        session,
        path=url_for("family.talk", token=token),
        seconds=int(family_chat.LINK_LIFE.total_seconds()),
    )
    return answer


@family.post("/<token>/pin")
def pin(token: str) -> Response | tuple[str, int]:
    """A phone that several people read: the code is not enough, the page asks for a PIN (F24)."""
    runtime, now = _runtime_and_now()
    with runtime.database.begin() as conn:
        wrong = family_chat.give_pin(conn, runtime, g.door, request.form.get("pin", ""), request.form.get("again", ""), now)
    if not wrong:
        return redirect(url_for("family.talk", token=token), 303)
    with runtime.database.read() as conn:
        g.door = family_chat.door(conn, runtime, token, request.cookies.get(guard.CHAT_COOKIE, ""), now)
    return _entrance(token, refused=True, wrong=wrong)


@family.post("/<token>/messages")
def write(token: str) -> Response | str | tuple[str, int]:
    """The family's words, on the same way as a text message: channel, committer, one turn, one commit. What stood in the form and is not
    part of what was pressed comes back in it."""
    runtime, now = _runtime_and_now()
    if g.door.state != "open":
        abort(403)
    pressed, words = request.form.get("press", ""), guard.typed("text")
    if len(words) > MAX_WORDS:
        abort(413)
    try:
        if pressed:
            _say(runtime, pressed, now)
        else:
            _answer(runtime, now)
            _say(runtime, family_chat.picked(request.form.getlist("choice"), words), now)
    except ChannelError:
        abort(400)
    except Busy:
        if request.headers.get("X-Requested-With"):
            return Response(status=503, headers={"Retry-After": "2"})
        return _page(token, request.form, unsent=True), 503
    if request.headers.get("X-Requested-With"):
        return Response(status=204)
    with runtime.database.read() as conn:
        g.door = family_chat.door(conn, runtime, token, request.cookies.get(guard.CHAT_COOKIE, ""), now)
    if pressed and g.door.state == "open" and (words.strip() or any(one.strip() for name, one in request.form.items() if name[0] == "q")):
        return _page(token, request.form)
    return redirect(url_for("family.talk", token=token) + "#write", 303)


family.add_url_rule("/<token>/answers", "answers", write, methods=["POST"])  # of pages that were opened before there was one form


def _say(runtime: Runtime, text: str, now: datetime) -> None:
    if text.strip():
        for event in family_chat.receive(runtime, g.door, text, request.form.get("client_id", ""), now).events:
            runtime.committer.submit(event)


def _answer(runtime: Runtime, now: datetime) -> None:
    """The form of a whole page of questions: one message with an answer a line, before what is said beside it."""
    with runtime.database.read() as conn:
        asked = family_form.fields(conn, runtime, g.door, now)
    text = family_form.words(asked, request.form.to_dict(flat=False))
    if text:
        for event in family_form.receive(runtime, g.door, text, f"{request.form.get('client_id', '')}p", now).events:
            runtime.committer.submit(event)


@family.get("/<token>/news")
def news(token: str) -> Response:
    """The talk alone, for polling: 204 while nothing changed."""
    del token
    runtime, now = _runtime_and_now()
    if g.door.state != "open":
        return Response(status=403)
    with runtime.database.read() as conn:
        if family_chat.version(conn, g.door, now) == request.args.get("seen", ""):
            return Response(status=204)
        chat = family_chat.chat(conn, runtime, g.door, now)
    return Response(render_template("family/talk.html", door=g.door, chat=chat), headers={"X-Version": chat.version})
