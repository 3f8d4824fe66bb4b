"""Write to a family: a text of one's own (checked, shown in the family's language, approved, sent) or a prepared one."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.errors import Conflict, NotAllowed
from bot.policy import permissions, places
from bot.service import audit, lint, send_template, templates, write_family, writing_desk
from bot.service.write_family import Draft
from bot.web import guard
from bot.web.console import console, runtime_and_now, seen_version, viewer

MAX_TEXT = 4000


@console.get("/cases/<code>/write/<contact_id>")
def write(code: str, contact_id: str) -> str:
    runtime, now = runtime_and_now()
    with runtime.database.read() as conn:
        desk = writing_desk.desk(conn, runtime, viewer(), code, contact_id, now)
    return render_template("console/write.html", desk=desk, viewer=viewer())


@console.post("/cases/<code>/write/<contact_id>")
def begin_letter(code: str, contact_id: str) -> Response:
    """Keep the draft, then ask for its preview. 307 sends the browser on with the same form: loading again makes no second draft."""
    runtime, now = runtime_and_now()
    with runtime.database.begin() as conn:
        desk = writing_desk.desk(conn, runtime, viewer(), code, contact_id, now)
        letter_class = _letter_class(desk.classes)
        made = write_family.draft(conn, runtime, viewer(), code, contact_id, letter_class, _text(), now)
    return redirect(url_for("console.letter_preview", draft_id=made.id), 307)


def _text() -> str:
    return guard.typed("text")[:MAX_TEXT]


def _letter_class(allowed: tuple[str, ...]) -> str:
    said = request.form.get("class", "")
    if said not in allowed:
        raise NotAllowed
    return said


def _page(draft: Draft, refused: str = "", lost: str = "") -> str:
    """The letter; `lost` is what was typed and could not be kept."""
    runtime, now = runtime_and_now()
    with runtime.database.read() as conn:
        desk = writing_desk.desk(conn, runtime, viewer(), draft.code, draft.contact_id, now)
    return render_template(
        "console/letter.html",
        draft=draft,
        desk=desk,
        stops=lint.stops(draft.findings),
        looks=[one for one in draft.findings if one.level == lint.LOOK],
        may_check=permissions.may_check_translations(viewer().grants or ()),
        refused=refused,
        lost=lost,
        said=(_text(), request.form.get("class", "")) if refused and "text" in request.form else (draft.text, draft.message_class),
        viewer=viewer(),
    )


@console.get("/letters/<draft_id>")
def letter(draft_id: str) -> str:
    runtime, now = runtime_and_now()
    with runtime.database.begin() as conn:
        draft = write_family.look(conn, runtime, viewer(), draft_id, now)
        audit.by_staff(conn, runtime, viewer(), "read", draft_id, now, kind="family_text", message_class=draft.message_class)
    return _page(draft)


@console.post("/letters/<draft_id>/preview")
def letter_preview(draft_id: str) -> str:
    """The words in the family's language and back again; engines are asked outside of any transaction."""
    runtime, now = runtime_and_now()
    draft = write_family.preview(runtime, viewer(), draft_id, now)
    with runtime.database.begin() as conn:
        audit.by_staff(conn, runtime, viewer(), "read", draft_id, now, kind="family_text", message_class=draft.message_class)
    return _page(draft)


@console.post("/letters/<draft_id>")
def change_letter(draft_id: str) -> Response | tuple[str, int]:
    """Write it anew, say yes to its translation, or send it."""
    runtime, now = runtime_and_now()
    form = request.form
    do = form.get("do", "")
    queued: list[str] = []
    try:
        with runtime.database.begin() as conn:
            draft = write_family.look(conn, runtime, viewer(), draft_id, now)
            if do == "send":
                queued = write_family.send(conn, runtime, viewer(), draft_id, now, form.getlist("seen"), seen_version())
            elif do == "approve":
                words = guard.typed("words")[:MAX_TEXT]
                write_family.approve(conn, runtime, viewer(), draft_id, now, words, seen_version())
            else:
                desk = writing_desk.desk(conn, runtime, viewer(), draft.code, draft.contact_id, now)
                chosen = _letter_class(desk.classes)
                write_family.draft(conn, runtime, viewer(), draft.code, draft.contact_id, chosen, _text(), now, draft_id, seen_version())
    except Conflict as why:
        with runtime.database.read() as conn:
            draft = write_family.look(conn, runtime, viewer(), draft_id, now)
        lost = guard.typed("words") or (_text() if draft.state != "draft" else "")
        return _page(draft, str(why), lost[:MAX_TEXT]), 409
    runtime.wake(queued)
    if do == "send":
        return redirect(url_for("console.case", code=draft.code, done="sent"), 303)
    if do == "approve":
        return redirect(url_for("console.letter", draft_id=draft_id), 303)
    return redirect(url_for("console.letter_preview", draft_id=draft_id), 307)


@console.get("/cases/<code>/write/<contact_id>/<template_id>")
def prepared(code: str, contact_id: str, template_id: str, refused: str = "") -> str:
    """A prepared text with its places to fill."""
    desk, chosen = _chosen(code, contact_id, template_id)
    fields = [
        {"name": name, "type": _FIELD[places.kind(name)], "value": request.form.get(name, desk.known.get(name, ""))[: places.MAX_VALUE]}
        for name in chosen.slots
    ]
    return render_template("console/prepared.html", desk=desk, chosen=chosen, fields=fields, refused=refused, viewer=viewer())


_FIELD = {"name": "text", "day": "date", "time": "time"}


def _chosen(code: str, contact_id: str, template_id: str) -> tuple[writing_desk.Desk, templates.Template]:
    runtime, now = runtime_and_now()
    with runtime.database.read() as conn:
        desk = writing_desk.desk(conn, runtime, viewer(), code, contact_id, now)
    chosen = next((one for one in desk.prepared if one.id == template_id), None)
    if chosen is None:
        raise NotAllowed
    return desk, chosen


@console.post("/cases/<code>/write/<contact_id>/<template_id>")
def send_prepared(code: str, contact_id: str, template_id: str) -> Response | str | tuple[str, int]:
    """Show it filled, in the family's language and back again; or send exactly that."""
    runtime, now = runtime_and_now()
    values = {name: value[: places.MAX_VALUE] for name, value in request.form.items() if name not in ("csrf", "do", "version", "once")}
    ask, refused = send_template.Ask(template_id, code, contact_id, values, request.form.get("once", "")), ""
    if request.form.get("do") == "send":
        try:
            with runtime.database.begin() as conn:
                queued = send_template.send(conn, runtime, viewer(), ask, now, seen_version())
            runtime.wake(queued)
            return redirect(url_for("console.case", code=code, done="sent"), 303)
        except Conflict as why:
            refused = str(why)
    try:
        shown = send_template.preview(runtime, viewer(), ask, now)
    except Conflict as why:
        return prepared(code, contact_id, template_id, refused=str(why)), 409
    desk, chosen = _chosen(code, contact_id, template_id)
    kept = {name: values.get(name, "") for name in chosen.slots}
    stops = lint.stops(shown.findings)
    more = {"stops": stops, "values": kept, "refused": refused, "once": runtime.ids.new("ltr")}
    page = render_template("console/prepared_shown.html", desk=desk, chosen=chosen, shown=shown, viewer=viewer(), **more)
    return (page, 409) if refused else page
