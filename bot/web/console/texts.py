"""Prepared texts: write one, have it approved, have its words checked in each language the district writes in."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.errors import Conflict, NotFound
from bot.policy import letters, permissions, places
from bot.service import access, lint, templates
from bot.web import guard
from bot.web.console import console, runtime_and_now, seen_version, viewer

MAX_TEXT = 4000


@console.get("/texts")
def texts() -> str:
    runtime, now = runtime_and_now()
    with runtime.database.read() as conn:
        grants = access.grants(conn, viewer())
        if not permissions.may_see_templates(grants):
            raise NotFound
        rows = templates.every(conn, runtime, viewer(), now)
    return render_template(
        "console/texts.html",
        rows=rows,
        may_write=permissions.may_write_templates(grants),
        done=request.args.get("done", ""),
        viewer=viewer(),
    )


@console.route("/texts/new", methods=["GET", "POST"])
def new_text() -> Response | str | tuple[str, int]:
    runtime, now = runtime_and_now()
    if not permissions.may_write_templates(viewer().grants or ()):
        raise NotFound
    refused = ""
    if request.method == "POST":
        try:
            with runtime.database.begin() as conn:
                made = templates.write(conn, runtime, viewer(), *_said(), now)
            return redirect(url_for("console.text", template_id=made.id), 303)
        except Conflict as why:
            refused = str(why)
    title, letter, text = _said() if request.method == "POST" else ("", "", "")
    page = render_template("console/new_text.html", title=title, chosen=letter, text=text, refused=refused, **_choices(), viewer=viewer())
    return (page, 409) if refused else page


def _said() -> tuple[str, str, str]:
    form = request.form
    return form.get("title", ""), form.get("class", ""), guard.typed("text")[:MAX_TEXT]


def _choices() -> dict[str, object]:
    """What the form offers: kinds of messages that can go as a text, and the places one may leave."""
    return {"classes": tuple(one for one in letters.COMPOSED if one != "E"), "slots": tuple(places.KINDS)}


@console.get("/texts/<template_id>")
def text(template_id: str, refused: str = "") -> str:
    runtime, now = runtime_and_now()
    with runtime.database.read() as conn:
        sheet = templates.look(conn, runtime, viewer(), template_id, now)
    return render_template(
        "console/text.html",
        sheet=sheet,
        stops=lint.stops(sheet.findings),
        said=_said() if refused and "title" in request.form else (sheet.template.title, sheet.template.message_class, sheet.template.text),
        refused=refused,
        done=request.args.get("done", "") if not refused else "",
        **_choices(),
        viewer=viewer(),
    )


@console.post("/texts/<template_id>")
def change_text(template_id: str) -> Response | tuple[str, int]:
    """Write it anew, approve it as it stands, or take it out of use."""
    runtime, now = runtime_and_now()
    do = request.form.get("do", "")
    try:
        with runtime.database.begin() as conn:
            if do == "approve":
                templates.approve(conn, runtime, viewer(), template_id, now, seen_version())
            elif do == "withdraw":
                templates.withdraw(conn, runtime, viewer(), template_id, now)
                return redirect(url_for("console.texts", done="withdrawn"), 303)
            else:
                templates.write(conn, runtime, viewer(), *_said(), now, template_id, seen_version())
    except Conflict as why:
        return text(template_id, refused=str(why)), 409
    return redirect(url_for("console.text", template_id=template_id, done="approved" if do == "approve" else "saved"), 303)


@console.get("/texts/<template_id>/<lang>")
def text_words(template_id: str, lang: str, refused: str = "", draft: str = "", back: str = "") -> str:
    """The words of one language beside the master."""
    runtime, now = runtime_and_now()
    with runtime.database.read() as conn:
        sheet = templates.look(conn, runtime, viewer(), template_id, now)
    words = next((one for one in sheet.words if one.lang == lang), None)
    if words is None or not sheet.may_check:
        raise NotFound
    return render_template(
        "console/text_words.html",
        sheet=sheet,
        words=words,
        draft=draft or words.text,
        back=back,
        machine=letters.machine_may(sheet.template.message_class),
        refused=refused,
        viewer=viewer(),
    )


@console.post("/texts/<template_id>/<lang>")
def change_words(template_id: str, lang: str) -> Response | str | tuple[str, int]:
    """A machine's first version, or a person's yes to the words as they stand in the form."""
    runtime, now = runtime_and_now()
    form = request.form
    if form.get("do") == "make":
        made, back, _ = templates.translate(runtime, viewer(), template_id, lang, now)
        return text_words(template_id, lang, refused="" if made else "no_machine", back=back)
    said = guard.typed("text")[:MAX_TEXT]
    if not said.strip():
        return text_words(template_id, lang, refused="empty"), 409
    try:
        with runtime.database.begin() as conn:
            templates.check(conn, runtime, viewer(), template_id, lang, now, said, seen_version())
    except Conflict as why:
        return text_words(template_id, lang, refused=str(why), draft=said), 409
    return redirect(url_for("console.text", template_id=template_id, done="checked"), 303)
