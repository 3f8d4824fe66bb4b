"""The page that ends e-mail for one address. A GET shows it and changes nothing; the button, or a mail program's own POST, ends it.

RFC 8058. The signed address is all the proof there is and all that is needed: no cookie, no code, no name on the page. A mail program
posts from anywhere, so there is no form token here.
"""

from __future__ import annotations

from flask import Blueprint, abort, current_app, g, render_template

from bot.service import unsubscribe
from bot.service.runtime import Runtime

mail_stop = Blueprint("mail_stop", __name__, url_prefix=unsubscribe.PATH)


@mail_stop.get("/<token>")
def ask(token: str) -> str:
    """Say what the button does."""
    runtime: Runtime = current_app.extensions["runtime"]
    with runtime.database.read() as conn:
        found = unsubscribe.look(conn, runtime, token)
    if found is None:
        abort(404)
    g.page_lang = found.lang
    return render_template("family/mail_stop.html", token=token, done=False, door=found)


@mail_stop.post("/<token>")
def end(token: str) -> str:
    """End it, durably, before we say so."""
    runtime: Runtime = current_app.extensions["runtime"]
    with runtime.database.begin() as conn:
        found = unsubscribe.stop(conn, runtime, token, runtime.clock.now())
    if found is None:
        abort(404)
    g.page_lang = found.lang
    return render_template("family/mail_stop.html", token=token, done=True, door=found)
