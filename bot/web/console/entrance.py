"""The way in and out: ask for a link, press the button on its page, sign out, choose the console's language."""

from __future__ import annotations

from flask import abort, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.service import demo_view, sign_in
from bot.service.wording import LANGUAGES
from bot.store import staff_queries
from bot.web import arrival, guard
from bot.web.console import console, runtime_and_now, viewer


@console.route("/sign-in", methods=["GET", "POST"])
def ask() -> Response | str:
    """Ask for a link. The answer is the same for every address, so that nobody learns who works here."""
    runtime, now = runtime_and_now()
    to = arrival.asked_for()
    if request.method == "POST":
        with runtime.database.begin() as conn:
            asked = sign_in.ask(conn, runtime, request.form.get("email", ""), now, to)
        if asked.outbox_id:
            runtime.wake([asked.outbox_id])
        answer = redirect(url_for("console.sent", to=to or None), 303)
        guard.set_cookie(runtime, answer, guard.ASKED_COOKIE, asked.proof, path="/console", seconds=900)
        return answer
    if to and g.viewer is not None:
        return redirect(to)
    people = []
    if runtime.settings.mode == "demo":
        with runtime.database.read() as conn:
            people = demo_view.people(conn)
    settings = runtime.settings
    return render_template(
        "console/sign_in.html",
        people=people,
        links=settings.sign_in_links == "on",
        account=settings.oidc_issuer,
        name=settings.oidc_name,
        by_mail="email" in runtime.channels,
        to=to,
    )


@console.get("/sign-in/sent")
def sent() -> str:
    runtime, _ = runtime_and_now()
    return render_template("console/sent.html", by_mail="email" in runtime.channels, to=arrival.asked_for())


@console.route("/sign-in/<token>", methods=["GET", "POST"])
def link(token: str) -> Response | str | tuple[str, int]:
    """A GET shows a button and changes nothing, whoever opens it; the POST uses the link up (fault 13)."""
    runtime, now = runtime_and_now()
    proof = request.cookies.get(guard.ASKED_COOKIE, "")
    if request.method == "POST":
        with runtime.database.begin() as conn:
            done = sign_in.use(conn, runtime, token, proof, request.form.get("email", ""), now)
        if done is not None:
            answer = arrival.come_in(runtime, done, done.way_back)
            answer.delete_cookie(guard.ASKED_COOKIE, path="/console")
            return answer
    with runtime.database.read() as conn:
        is_open, to = sign_in.is_open(conn, token, now), sign_in.way_back(conn, token)
    page = render_template(
        "console/link.html",
        is_open=is_open,
        asked_here=is_open and sign_in.asked_here(runtime, token, proof),
        refused=request.method == "POST",
        to=arrival.wanted(to),
    )
    return page, 200 if is_open and request.method == "GET" else 403 if is_open else 410


@console.post("/sign-out")
def sign_out() -> Response:
    runtime, now = runtime_and_now()
    with runtime.database.begin() as conn:
        sign_in.sign_out(conn, runtime, viewer(), now)
    answer = redirect(url_for("console.ask"), 303)
    answer.delete_cookie(guard.STAFF_COOKIE)
    return answer


@console.post("/language")
def language() -> Response:
    """The console's language is a setting of the person, kept with them."""
    runtime, _ = runtime_and_now()
    chosen = request.form.get("lang", "")
    if chosen not in LANGUAGES:
        abort(400)
    with runtime.database.begin() as conn:
        staff_queries.set_language(conn, viewer().staff_id, chosen)
    return redirect(arrival.way_back(request.form.get("back", "")) or url_for("console.cases"), 303)
