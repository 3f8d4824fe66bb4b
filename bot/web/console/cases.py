"""My cases, and the timeline of one. The page asks for news every three seconds; content is read, and audited, only when there is some."""

from __future__ import annotations

from io import BytesIO

from flask import Response, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response as AnyResponse

from bot.errors import Conflict, NotFound
from bot.service import access, case_team, case_timeline, my_cases, open_attachment, open_case, release, staff_action, writing_desk
from bot.store import meetings
from bot.web import arrival
from bot.web.console import console, page_number, runtime_and_now, viewer


@console.get("/")
def cases() -> str:
    return _cases("")


@console.post("/find")
def find_case() -> str:
    """The same page with the cases that match. A POST, so that no child's name stands in an address or a log (ASVS 14.2)."""
    return _cases(request.form.get("wanted", "").strip()[:60])


def _cases(wanted: str) -> str:
    runtime, now = runtime_and_now()
    with runtime.database.read() as conn:
        page = my_cases.my_cases(conn, viewer(), now, wanted, page_number())
        may_begin = open_case.may_begin(conn, viewer())
    astray = request.args.get("done", "") == "astray"
    return render_template("console/cases.html", page=page, wanted=wanted, may_begin=may_begin, astray=astray, viewer=viewer())


@console.get("/cases/<code>")
def case(code: str, refused: str = "", note: str = "") -> str:
    """The case. `refused`: why what was asked for on it was not done; `note` is what was typed for it."""
    runtime, now = runtime_and_now()
    with runtime.database.begin() as conn:
        shown = case_timeline.read(conn, runtime, viewer(), code, now)
        found = access.case(conn, viewer(), code, now, reading=True)
        reading = shown.glass_until is not None
        may_write = not reading and access.reader(conn, viewer(), found.school_id, now).may_send("A")
        coming = meetings.next_of(conn, [found.id], now)
        page = {
            "may_name": not reading and case_team.may_name(conn, viewer(), found),
            "may_write": may_write,
            "begun": writing_desk.begun(conn, viewer(), code, now) if may_write else [],
            "next_meeting": coming.starts_at if coming is not None and coming.starts_at > now else None,
            "whys": release.WHY if shown.safety_hold and not reading and release.may_release(conn, viewer(), found, now) else (),
        }
    return render_template(
        "console/case.html", case=shown, viewer=viewer(), done=refused or request.args.get("done", ""), note=note, **page
    )


@console.get("/cases/<code>/timeline")
def timeline(code: str) -> Response:
    """The timeline alone, for polling: 204 while nothing changed. Whoever has lost the case loses its page as well."""
    runtime, now = runtime_and_now()
    try:
        with runtime.database.read() as conn:
            if case_timeline.version(conn, viewer(), code, now) == request.args.get("seen", ""):
                return Response(status=204)
    except NotFound:
        if request.headers.get("HX-Request"):
            return Response(status=286, headers={"HX-Redirect": arrival.nowhere()})
        raise
    with runtime.database.begin() as conn:
        shown = case_timeline.read(conn, runtime, viewer(), code, now)
    return Response(render_template("console/timeline.html", case=shown, viewer=viewer(), fresh=True))


@console.post("/cases/<code>/chat-link/<contact_id>")
def chat_link(code: str, contact_id: str) -> AnyResponse:
    """Text the family a link to its chat page; why not is said on the case's page."""
    runtime, now = runtime_and_now()
    try:
        with runtime.database.begin() as conn:
            queued = staff_action.send_chat_link(conn, runtime, viewer(), code, contact_id, now)
    except Conflict as why:
        return redirect(url_for("console.case", code=code, done=str(why)), 303)
    runtime.wake(queued)
    return redirect(url_for("console.case", code=code, done="chat_link"), 303)


@console.get("/attachments/<attachment_id>")
def attachment(attachment_id: str) -> AnyResponse:
    """A photo or voice note. Nothing in it runs: its kind is one of a short list, or it is a file to keep (ASVS 3.2.1)."""
    runtime, now = runtime_and_now()
    with runtime.database.begin() as conn:
        file = open_attachment.open_attachment(conn, runtime, viewer(), attachment_id, now)
    answer = send_file(
        BytesIO(file.data), mimetype=file.content_type, as_attachment=not file.shown, download_name=file.name, conditional=True, etag=False
    )
    answer.headers["Content-Security-Policy"] = "default-src 'none'; img-src 'self'; media-src 'self'; sandbox"
    return answer


@console.post("/cases/<code>/forget-pin/<contact_id>")
def forget_pin(code: str, contact_id: str) -> AnyResponse:
    """A family that shares its phone may choose another PIN: a person has spoken with them."""
    runtime, now = runtime_and_now()
    with runtime.database.begin() as conn:
        staff_action.forget_pin(conn, runtime, viewer(), code, contact_id, now)
    return redirect(url_for("console.case", code=code, done="pin_forgotten"), 303)
