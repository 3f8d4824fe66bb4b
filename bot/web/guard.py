"""What every page carries and every form proves: security headers, the visitor cookie, CSRF tokens, the signed-in person.

A GET never changes state (fault 13); a POST without a token made for this browser changes nothing and is answered 403.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping

from flask import Response, abort, g, request
from werkzeug.wrappers import Response as AnyResponse

from bot.service.runtime import Runtime

VISITOR_COOKIE = "hl_visit"
STAFF_COOKIE = "hl_staff"
ASKED_COOKIE = "hl_asked"
ACCOUNT_COOKIE = "hl_account"
CHAT_COOKIE = "hl_chat"
CSRF_FIELD = "csrf"
_FORM_SIGNS = 16
MAX_FORM_BYTES = 64 * 1024
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": _CSP,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "X-Robots-Tag": "noindex, nofollow",
}


def is_https(runtime: Runtime) -> bool:
    return runtime.settings.public_base_url.startswith("https://")


def headers(runtime: Runtime, *, keep: bool = False) -> dict[str, str]:
    """What every answer carries; `keep` when browsers may keep it."""
    found = dict(HEADERS)
    if is_https(runtime):
        found["Strict-Transport-Security"] = "max-age=31536000"
    if not keep:
        found["Cache-Control"] = "no-store"
    return found


def add_headers(runtime: Runtime, response: Response) -> Response:
    """On every answer, errors included."""
    own = response.headers.get("Content-Security-Policy")  # a page may allow itself less: the attachments do
    response.headers.update(headers(runtime, keep=request.endpoint == "static"))
    if own:
        response.headers["Content-Security-Policy"] = own
    visitor = g.pop("new_visitor", None)
    if visitor is not None:
        set_cookie(runtime, response, VISITOR_COOKIE, visitor)
    return response


def set_cookie(runtime: Runtime, response: AnyResponse, name: str, value: str, *, path: str = "/", seconds: int | None = None) -> None:
    """HttpOnly always; Lax, so that a link from Slack finds a signed-in browser; Secure wherever we are reached by https."""
    response.set_cookie(name, value, max_age=seconds, path=path, httponly=True, samesite="Lax", secure=is_https(runtime))


def _visitor() -> str:
    known: str | None = g.get("visitor")
    if known is None:
        known = request.cookies.get(VISITOR_COOKIE, "")
        if len(known) != 32 or not known.isalnum():
            known = secrets.token_hex(16)
            g.new_visitor = known
        g.visitor = known
    return known


def typed(name: str) -> str:
    """What was typed into a box of this form. A browser counts the end of a line as one sign and sends two, so it is one again before
    anybody measures."""
    return request.form.get(name, "").replace("\r\n", "\n")


def whole_number(name: str) -> int | None:
    """The number in a field; None where it holds none, or one greater than anything of ours has."""
    said = request.values.get(name, "")
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 10 else None


def csrf_token(runtime: Runtime, form: str = "") -> str:
    """A token for this browser's forms; the cookie it is made from is HttpOnly, so no other site can make one. It begins with 16 signs
    that are each form's own, by which the same form sent twice is known."""
    form = form or secrets.token_hex(_FORM_SIGNS // 2)
    key = runtime.settings.session_secret.encode()
    made = hmac.new(key, f"form:{form}:{_visitor()}".encode(), hashlib.sha256)
    return form + made.hexdigest()[_FORM_SIGNS:]


def check_form(runtime: Runtime) -> None:
    """Refuse a POST that this browser did not get from us."""
    if request.method in SAFE_METHODS:
        return
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        abort(403)
    sent = request.form.get(CSRF_FIELD, "") or request.headers.get("X-Csrf-Token", "")
    form = sent[:_FORM_SIGNS]
    if len(form) < _FORM_SIGNS or not hmac.compare_digest(csrf_token(runtime, form).encode(), sent.encode()):
        abort(403)
