"""The Flask site: which rooms it has, what every page gets, and what an error looks like."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, g, redirect, render_template, request, url_for
from markupsafe import Markup, escape
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from bot.engine.values import say_phone
from bot.errors import HearthlineError
from bot.log import get_log
from bot.service import demo_view, unsubscribe
from bot.service.runtime import Runtime
from bot.service.wording import LANGUAGES, NATIVE, Wording, wording
from bot.web import arrival, demo, guard, health, hooks, vocabulary
from bot.web.console import console, nav
from bot.web.family import family
from bot.web.mail_stop import mail_stop
from channels.direction import NUMBER, direction

if TYPE_CHECKING:
    from bot.service.openid import OpenId

_log = get_log("web")


def make_site(runtime: Runtime) -> Flask:
    """The whole site over one runtime. Demo pages exist in demo mode only."""
    site = Flask("bot.web", static_folder="static", template_folder="templates")
    site.config.update(MAX_CONTENT_LENGTH=guard.MAX_FORM_BYTES, MAX_FORM_PARTS=200, SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=30))
    site.json.sort_keys = False  # type: ignore[attr-defined]
    site.extensions["runtime"] = runtime
    site.extensions["openid"] = _account_provider(runtime)
    _set_up_templates(site, runtime)
    site.register_blueprint(health.health)
    site.register_blueprint(hooks.hooks)
    site.register_blueprint(console, url_prefix="/console")
    site.register_blueprint(family, url_prefix="/chat")
    site.register_blueprint(mail_stop)
    if runtime.settings.mode == "demo":
        site.extensions["hood"] = demo_view.UnderTheHood()
        site.register_blueprint(demo.demo)
    else:
        site.add_url_rule("/", "front", lambda: redirect(url_for("console.cases")))
    site.after_request(lambda response: guard.add_headers(runtime, response))
    site.register_error_handler(HTTPException, _http_error)
    site.register_error_handler(HearthlineError, _our_error)
    site.register_error_handler(Exception, _unexpected)
    return site


def _account_provider(runtime: Runtime) -> OpenId | None:
    """The district's own accounts, where it has them: most start without the libraries that takes."""
    if not runtime.settings.oidc_issuer:
        return None
    from bot.service.openid import OpenId

    return OpenId(runtime.settings)


def _set_up_templates(site: Flask, runtime: Runtime) -> None:
    env = site.jinja_env
    env.add_extension("jinja2.ext.i18n")
    env.trim_blocks = True
    env.lstrip_blocks = True
    env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: page_wording().gettext(text),
        lambda one, many, count: page_wording().ngettext(one, many, count),
        newstyle=True,
    )
    env.filters.update(vocabulary.filters(lambda text: page_wording().gettext(text)))
    env.filters["dir_of"] = direction
    env.filters["in_order"] = _in_order
    env.filters["to_dial"] = _to_dial
    env.filters["phone"] = say_phone
    env.filters["language"] = lambda tag: page_wording().language(tag)
    env.filters["day"] = lambda at, zone: page_wording().day(at, zone)
    env.filters["when"] = lambda at, zone: page_wording().when(at, runtime.clock.now(), zone)
    env.filters["moment"] = lambda at, zone: page_wording().moment(at, zone)
    env.globals["asset"] = lambda name: url_for("static", filename=name, v=_fingerprint(name))
    env.globals["csrf_token"] = lambda: guard.csrf_token(runtime)

    env.globals["places"] = nav.places

    @site.context_processor
    def page() -> dict[str, Any]:
        words = page_wording()
        return {"page_lang": words.lang, "page_dir": words.dir, "languages": [(tag, NATIVE[tag]) for tag in LANGUAGES]}


def _in_order(text: str, lang: str) -> str:
    """Words of this language with their phone numbers and dates as they are dialled and read, also where it is written right to left."""
    if direction(lang) == "ltr":
        return text
    return Markup(NUMBER.sub(r'<bdi class="in-order" dir="ltr">\g<0></bdi>', str(escape(text))))  # noqa: S704 - escaped first


_HELP_LINE = re.compile(r"(?<![\w#&;.-])(?:211|911|988)(?![\w-])", re.ASCII)


def _to_dial(text: str) -> str:
    """Our words with the numbers of help lines to press: who needs one shall not have to learn it by heart."""
    return Markup(_HELP_LINE.sub(r'<a href="tel:\g<0>">\g<0></a>', str(escape(text))))  # noqa: S704 - escaped first


@cache
def _fingerprint(name: str) -> str:
    """A changed file gets a changed address, so browsers may keep it."""
    return hashlib.sha256((resources.files("bot.web") / "static" / name).read_bytes()).hexdigest()[:12]


def page_wording() -> Wording:
    """The language of this page: the person's setting once we know them, else what their browser asks for."""
    chosen: str | None = g.get("page_lang")
    return wording(chosen or request.accept_languages.best_match(LANGUAGES, "en") or "en")


def _error_page(status: int) -> AnyResponse:
    if request.path.startswith(("/hooks/", "/healthz", "/readyz")):
        return Response(status=status)
    for_family = request.path.startswith(("/chat/", unsubscribe.PATH))
    if for_family and status == 404:  # the first page is the school's: it leads a family nowhere
        return Response(render_template("family/no_such_link.html"), status=status)
    return Response(render_template("error.html", status=status, for_family=for_family), status=status)


def _closed(status: int) -> AnyResponse:
    """Who came in on the way to a page that is not theirs, or not there, is sent on; for all others it is an error."""
    elsewhere = arrival.astray() if status in (403, 404) else None
    return elsewhere or _error_page(status)


def _http_error(error: HTTPException) -> AnyResponse:
    if error.code is not None and 300 <= error.code < 400:
        return error.get_response()
    return _closed(error.code or 500)


def _our_error(error: HearthlineError) -> AnyResponse:
    if error.http_status >= 500:
        _log.error("request_failed", path_name=request.endpoint or "", exc_info=error)
    return _closed(error.http_status)


def _unexpected(error: Exception) -> AnyResponse:
    _log.error("request_failed", path_name=request.endpoint or "", exc_info=error)
    return _error_page(500)
