"""The demo page: a phone, Slack and the case record side by side. Exists in demo mode only.

The page works without JavaScript (forms and a reload); with it the panes follow by themselves.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from flask import Blueprint, Response, abort, current_app, g, jsonify, redirect, render_template, request, url_for
from markupsafe import Markup, escape
from werkzeug.wrappers import Response as AnyResponse

from bot.errors import Conflict, NotFound
from bot.service import case_timeline, demo_mail, demo_view, family_chat, start_flow
from bot.service.runtime import Runtime
from bot.web import guard

demo = Blueprint("demo", __name__)

MAX_TEXT = 1600
MAX_MAIL = 4000
STARTS: tuple[tuple[str, str, str], ...] = (
    ("home-observations", "reading", "Reading at home"),
    ("home-observations", "core", "What the child loves and does well"),
    ("home-observations", "math", "Math at home"),
    ("home-observations", "behaviour", "Behavior at home"),
    ("home-observations", "attendance", "Coming to school"),
    ("home-observations", "feelings", "How the child has seemed lately"),
    ("welcome", "", "Welcome: language and consent"),
)
"""Talks the school may start: flow, variant, what the button says."""

TRY: dict[str, tuple[str, ...]] = {
    "en": ("She loves stories about horses", "1 and 3", "What is MTSS?", "PERSON", "Please test my child for dyslexia", "STOP"),
    "es": ("Le encantan los cuentos de dinosaurios", "1 y 3", "¿Qué es MTSS?", "PERSONA", "Quiero una evaluación para mi hijo", "ALTO"),
    "ar": ("يحب ابني كرة القدم", "هل يمكن أن يتصل بي أحد؟", "STOP"),
    "so": ("Wiilkaygu wuxuu jecel yahay kubbadda", "Ma i soo wici kartaa?", "STOP"),
}
"""What one might text, for a visitor who does not write the family's language."""

_SLACK_LINK = re.compile(r"&lt;(https?://[^|&\s]+)(?:\|([^&]*?))?&gt;|(?<![\"\w])(https?://[^\s<&]+)")
_MAIL_LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,)]")
_SLACK_BOLD = re.compile(r"(?<![\w*])\*([^*\n]+)\*(?![\w*])")
_SLACK_MENTION = re.compile(r"&lt;@([A-Z0-9]+)&gt;")


@demo.before_request
def gate() -> None:
    runtime = _runtime()
    g.page_lang = "en"
    guard.check_form(runtime)


def _runtime() -> Runtime:
    runtime: Runtime = current_app.extensions["runtime"]
    return runtime


def _family(families: list[demo_view.Family], contact_id: str) -> demo_view.Family:
    return next((one for one in families if one.contact_id == contact_id), families[0])


@demo.get("/")
def page() -> str:
    runtime = _runtime()
    with runtime.database.read() as conn:
        families = demo_view.families(conn)
    family = _family(families, request.args.get("family", ""))
    return render_template(
        "demo/page.html",
        families=families,
        family=family,
        starts=STARTS,
        tries=TRY.get(family.lang.split("-", maxsplit=1)[0], ()),
        panes=_panes(family, {}),
    )


@demo.get("/demo/panes")
def panes() -> Response:
    """The panes that changed since the browser saw them."""
    with _runtime().database.read() as conn:
        family = _family(demo_view.families(conn), request.args.get("family", ""))
    return jsonify(_panes(family, request.args))


def _panes(family: demo_view.Family, seen: Any) -> dict[str, dict[str, str]]:
    """Each pane with a version; a pane whose version the browser has is left out. The record is read (and audited) only when it changed."""
    runtime = _runtime()
    now = runtime.clock.now()
    bubbles = demo_view.phone(runtime, family.phone)
    rooms = demo_view.slack(runtime, family)
    with runtime.database.read() as conn:
        reader = demo_view.reader(conn)
        hood = current_app.extensions["hood"].newest(runtime, conn, bubbles, rooms, family.contact_id)
        versions = [case_timeline.version(conn, reader, code, now) for code in family.codes]
    made = {
        "phone": render_template("demo/phone.html", family=family, bubbles=bubbles),
        "slack": render_template("demo/slack.html", rooms=rooms, family=family),
        "hood": render_template("demo/hood.html", happenings=hood),
    }
    if demo_mail.is_there(runtime):
        made["mail"] = render_template("demo/mail.html", mail=demo_mail.pane(runtime, family.contact_id), family=family)
    found = {name: {"version": hashlib.sha256(html.encode()).hexdigest()[:16], "html": html} for name, html in made.items()}
    record = hashlib.sha256(repr((family.contact_id, versions)).encode()).hexdigest()[:16]
    if seen.get("record") != record:
        with runtime.database.begin() as conn:
            cases = [case_timeline.read(conn, runtime, reader, code, now) for code in family.codes]
        html = render_template("demo/record.html", cases=cases, reader=reader)
        found["record"] = {"version": record, "html": html}
    return {name: pane for name, pane in found.items() if seen.get(name) != pane["version"]}


def _done(family_id: str, *, good: bool = True, why: str = "") -> AnyResponse:
    """Back to the page; to the script, 204 or a sentence that says why not."""
    if request.headers.get("X-Requested-With"):
        return Response(status=204) if good else jsonify({"say": why or "That did not get through. Please try again."})
    return redirect(url_for("demo.page", family=family_id), 303)


@demo.post("/demo/text")
def text() -> AnyResponse:
    """The family texts, through the sandbox's signed webhook."""
    runtime = _runtime()
    body = request.form.get("body", "")
    with runtime.database.read() as conn:
        family = _family(demo_view.families(conn), request.form.get("family", ""))
    if not body.strip():
        return _done(family.contact_id)
    if len(body) > MAX_TEXT:
        abort(413)
    return _done(family.contact_id, good=demo_view.text_in(runtime, family.phone, body))


@demo.post("/demo/mail")
def mail() -> AnyResponse:
    """The family writes a mail, or answers one of ours: its host signs it and hands it to our listener."""
    runtime = _runtime()
    text = guard.typed("text")
    with runtime.database.read() as conn:
        family = _family(demo_view.families(conn), request.form.get("family", ""))
    if not text.strip():
        return _done(family.contact_id)
    if len(text) > MAX_MAIL:
        abort(413)
    return _done(family.contact_id, good=demo_mail.write(runtime, family.contact_id, text, guard.whole_number("number")))


@demo.post("/demo/start")
def start() -> AnyResponse:
    """The school starts a talk, as `hearthline flows start` does."""
    runtime = _runtime()
    flow_id, _, variant = request.form.get("talk", "").partition("/")
    if (flow_id, variant) not in {(flow, part) for flow, part, _ in STARTS}:
        abort(400)
    with runtime.database.read() as conn:
        family = _family(demo_view.families(conn), request.form.get("family", ""))
    try:
        with runtime.database.begin() as conn:
            queued = start_flow.start_flow(conn, runtime, family.contact_id, None, flow_id, variant, runtime.clock.now())
            later = start_flow.waits_until(conn, family.contact_id, flow_id, variant)
    except Conflict as refusal:
        return _done(family.contact_id, good=False, why=str(refusal))
    runtime.wake(queued)
    if later is not None:
        return _done(family.contact_id, good=False, why=f"{start_flow.ENOUGH} It starts at {later:%H:%M on %A, %d %B}.")
    return _done(family.contact_id)


@demo.post("/demo/press")
def press() -> AnyResponse:
    """Somebody presses a button in the Slack pane: a signed interaction, as Slack would send it."""
    form = request.form
    good = demo_view.press(_runtime(), form.get("channel", ""), form.get("ts", ""), form.get("action_id", ""), form.get("user", ""))
    return _done(form.get("family", ""), good=good)


@demo.post("/demo/chat")
def chat() -> AnyResponse:
    """Open the family's web chat: a fresh signed link; the code arrives on the phone beside."""
    runtime = _runtime()
    with runtime.database.begin() as conn:
        known = {one.contact_id for one in demo_view.families(conn)}
        contact_id = request.form.get("family", "")
        if contact_id not in known:
            raise NotFound
        token = family_chat.make_link(conn, runtime, contact_id, runtime.clock.now())
    return redirect(url_for("family.talk", token=token), 303)


def _anchor(found: re.Match[str]) -> str:
    """A link as Slack shows it; a bare address is one too."""
    address = found[1] or found[3]
    return f'<a href="{address}" target="_blank" rel="noopener noreferrer">{found[2] or address}</a>'


@demo.app_template_filter("letter_parts")
def letter_parts(text: str) -> list[tuple[str, str]]:
    """A mail's words as (words, address): an address of ours is a link, as a mail program shows it."""
    parts: list[tuple[str, str]] = []
    at = 0
    for found in _MAIL_LINK.finditer(text):
        parts += [(text[at : found.start()], ""), (found[0], found[0])]
        at = found.end()
    return [part for part in [*parts, (text[at:], "")] if part[0]]


@demo.app_template_filter("slack_text")
def slack_text(text: str) -> Markup:
    """Slack's own mark-up, escaped first: links, bold, mentions."""
    safe = str(escape(text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")))
    safe = _SLACK_LINK.sub(_anchor, safe)
    safe = _SLACK_MENTION.sub(r"@\1", safe)
    safe = _SLACK_BOLD.sub(r"<strong>\1</strong>", safe)
    return Markup(safe.replace("\n", "<br>"))  # noqa: S704 - escaped above; what is added is ours
