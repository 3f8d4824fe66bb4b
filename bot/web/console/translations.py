"""Translations: what waits for a checker, one text beside its translation, and the words of a person in place of a machine's."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.errors import Conflict, NotFound
from bot.service import access, case_timeline, review_queue, translate, translators
from bot.web import guard
from bot.web.console import console, page_number, runtime_and_now, viewer

MAX_TEXT = 8000


@console.get("/translations")
def translations() -> str:
    runtime, now = runtime_and_now()
    lang = request.args.get("lang", "")[:20]
    with runtime.database.read() as conn:
        queue = review_queue.waiting(conn, viewer(), now, lang, page_number())
    return render_template("console/translations.html", queue=queue, done=request.args.get("done", ""), viewer=viewer())


@console.get("/translations/<translation_id>")
def translation(translation_id: str, refused: str = "", draft: str = "") -> str:
    runtime, now = runtime_and_now()
    with runtime.database.begin() as conn:
        item = translate.open_item(conn, runtime, viewer(), translation_id, now)
    page = {"item": item, "refused": refused, "draft": draft or item.text, "lang": request.values.get("lang", "")[:20]}
    return render_template("console/translation.html", viewer=viewer(), **page)


@console.post("/translations/<translation_id>")
def check_translation(translation_id: str) -> Response | tuple[str, int]:
    """The person's words; where they left the machine's as they are, that is an approval. A locked term goes into the glossary.

    Who looked through one language comes back to it.
    """
    runtime, now = runtime_and_now()
    form = request.form
    text = guard.typed("text")[:MAX_TEXT]
    term, meaning = form.get("term", "").strip(), form.get("meaning", "").strip()
    terms = [(term, meaning)] if term and meaning else []
    try:
        with runtime.database.begin() as conn:
            queued = translate.correct(conn, runtime, viewer(), translation_id, text, now, terms, form.get("mark", ""))
    except Conflict as why:
        return translation(translation_id, refused=str(why), draft=text), 409
    runtime.wake(queued)
    return redirect(url_for("console.translations", done="checked", lang=form.get("lang", "")[:20] or None), 303)


@console.get("/cases/<code>/lines/<entry_id>/translation")
def line_translation(code: str, entry_id: str, refused: str = "", draft: str = "") -> str:
    """One line of the record beside its translation, for who may correct it."""
    runtime, now = runtime_and_now()
    with runtime.database.begin() as conn:
        case = case_timeline.read(conn, runtime, viewer(), code, now)
        line = next((one for one in (*case.strengths, *case.lines) if one.id == entry_id and one.translation), None)
        if line is None or not case.may_translate:
            raise NotFound
        target = translators.staff_lang(conn, viewer().district_id, now)
    have = "" if line.translation == "waiting" else line.translation
    return render_template(
        "console/line_translation.html", case=case, line=line, target=target, refused=refused, draft=draft or have, viewer=viewer()
    )


@console.post("/cases/<code>/lines/<entry_id>/translation")
def write_translation(code: str, entry_id: str) -> Response | tuple[str, int]:
    runtime, now = runtime_and_now()
    text = guard.typed("text")[:MAX_TEXT]
    try:
        with runtime.database.begin() as conn:
            access.case(conn, viewer(), code, now)
            queued = translate.write_by_hand(conn, runtime, viewer(), entry_id, text, now)
    except Conflict as why:
        return line_translation(code, entry_id, refused=str(why), draft=text), 409
    runtime.wake(queued)
    return redirect(url_for("console.case", code=code, done="translated"), 303)
