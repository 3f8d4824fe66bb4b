"""Sign in with the district's own account: to its provider and back (OpenID Connect).

The way back is a GET because the standard says so. It changes something only for a browser that holds the cookie of the question, with a
code the provider gave for that question: whoever else opens the address (a scanner, a preview) meets a closed page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import abort, current_app, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.service import sign_in
from bot.web import arrival, guard
from bot.web.console import console, runtime_and_now

if TYPE_CHECKING:
    from bot.service.openid import OpenId

BACK = "/console/sign-in/account/back"
COOKIE_SECONDS = 3600
"""Longer than a question lives, so that who comes late hears that and not that the address was used."""


def _provider() -> OpenId:
    provider: OpenId | None = current_app.extensions["openid"]
    if provider is None:
        abort(404)
    return provider


@console.get("/sign-in/account")
def account() -> Response | tuple[str, int]:
    """Send the browser to the provider. A plain link: a form that leads elsewhere is forbidden by our own content policy."""
    runtime, now = runtime_and_now()
    to = arrival.asked_for()
    begun = _provider().begin(runtime.settings.base_url + BACK, now, to)
    if begun is None:
        return render_template("console/account_refused.html", why="provider", to=to), 502
    answer = redirect(begun.url)
    guard.set_cookie(runtime, answer, guard.ACCOUNT_COOKIE, begun.cookie, path=BACK, seconds=COOKIE_SECONDS)
    return answer


@console.get("/sign-in/account/back")
def account_back() -> Response:
    """What the provider says, proved; then the same kind of session a link opens."""
    runtime, now = runtime_and_now()
    cookie = request.cookies.get(guard.ACCOUNT_COOKIE, "")
    told = _provider().finish(request.args, cookie, runtime.settings.base_url + BACK, now)
    done = None
    if not told.refused:
        with runtime.database.begin() as conn:
            done = sign_in.by_address(conn, runtime, told.email, now)
    if told.refused in ("used", "late") and g.viewer is not None:
        return redirect(url_for("console.cases"), 303)  # "back" after signing in
    if done is None:
        page = render_template("console/account_refused.html", why=told.refused or "unknown", to=arrival.wanted(told.way_back))
        answer = Response(page, 403, content_type="text/html; charset=utf-8")
    else:
        answer = arrival.come_in(runtime, done, told.way_back)
    if told.refused != "used":  # the answer to another question than the cookie's leaves that one open: it may be another tab's
        answer.delete_cookie(guard.ACCOUNT_COOKIE, path=BACK)
    return answer
