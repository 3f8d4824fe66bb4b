"""The translators we can be sent to, played: the web endpoint googletrans speaks to (over TLS) and a LibreTranslate server.

GET  /translate_a/single            q, sl, tl, client, dt: nested lists as the endpoint answers them, sentence by sentence
GET  /libretranslate/languages
POST /libretranslate/translate      {"q": text or texts, "source", "target", "format", "api_key"?}: https://docs.libretranslate.com

What they were sent is kept, for a test to search it for what must never leave. Misbehaviour, as `translator.google` and `translator.libre`:
what every provider does, and `captcha`, `wrong_figures`, `dropped_tokens`, `doubled_tokens`, `other_language`, `source_back`.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import orjson
from aiohttp import web

from bot.sandbox.misbehave import TRANSLATIONS, Rule
from bot.sandbox.played_words import WORDS, played
from bot.sandbox.state import State, as_json

KEPT: Final = 20_000
LONGEST_ADDRESS: Final = 16_384
LARGEST: Final = 100_000
CAPTCHA: Final = (
    "<html><head><title>Sorry...</title></head><body>Our systems have detected unusual traffic from your computer network.</body></html>"
)
_SENTENCE = re.compile(r".*?(?:[.!?…]\s+|\n+|$)", re.DOTALL)
_TOKEN = re.compile(r"\s?ZQ\d+X", re.IGNORECASE)


class Translators:
    """Both of them."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.heard: deque[dict[str, Any]] = deque(maxlen=KEPT)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/translate_a/single", self.google),
            web.get("/libretranslate/languages", self.languages),
            web.post("/libretranslate/translate", self.libre),
        ]

    async def google(self, request: web.Request) -> web.StreamResponse:
        if len(request.raw_path) > LONGEST_ADDRESS:
            return web.Response(status=413)
        return await self.state.answer(request, "translator.google", partial(self._google, request.query), _sorry)

    async def languages(self, request: web.Request) -> web.StreamResponse:
        async def act() -> web.Response:
            return as_json([{"code": code, "name": code, "targets": sorted(WORDS)} for code in sorted(WORDS)])

        return await self.state.answer(request, "translator.libre.languages", act, _libre_refusal)

    async def libre(self, request: web.Request) -> web.StreamResponse:
        body = orjson.loads(await request.read() or b"{}")
        return await self.state.answer(request, "translator.libre", partial(self._libre, body), _libre_refusal)

    async def _google(self, query: Mapping[str, str]) -> web.Response:
        text, source, target = query.get("q", ""), query.get("sl", "auto"), query.get("tl", "en")
        if query.get("client") != "gtx" or not text:
            return web.Response(status=400)
        rule = self._note("google", [text], source, target)
        if rule is not None and rule.kind == "captcha":
            return web.Response(text=CAPTCHA, content_type="text/html")
        parts = [part for part in _SENTENCE.findall(text) if part]
        said = [[self._say(rule, part, source, target), part, None, None, 10] for part in parts]
        heard = "en" if source == "auto" else source
        return as_json([[*said, [None, None, None, ""]], None, heard, None, None, None, 0.97, [], [[heard], None, [0.97], [heard]]])

    async def _libre(self, body: Mapping[str, Any]) -> web.Response:
        source, target = str(body.get("source", "")), str(body.get("target", ""))
        if source not in WORDS or target not in WORDS:
            return as_json({"error": f"{source or target} is not supported"}, 400)
        one = isinstance(body.get("q"), str)
        texts = [body["q"]] if one else list(body.get("q", ()))
        if sum(map(len, texts)) > LARGEST:
            return as_json({"error": "Request is too large"}, 400)
        rule = self._note("libre", texts, source, target)
        if rule is not None and rule.kind == "captcha":
            return web.Response(text=CAPTCHA, content_type="text/html")
        said = [self._say(rule, text, source, target) for text in texts]
        return as_json({"translatedText": said[0] if one else said})

    def _note(self, engine: str, texts: list[str], source: str, target: str) -> Rule | None:
        self.heard.append({"engine": engine, "q": texts, "source": source, "target": target})
        return self.state.misbehaviour.draw(f"translator.{engine}", TRANSLATIONS) if self.state.misbehaviour.rules else None

    def _say(self, rule: Rule | None, text: str, source: str, target: str) -> str:
        return played(text, source, target) if rule is None else WRONG[rule.kind](text, source, target)


def _other(text: str, source: str, target: str) -> str:
    return played(text, source, "fr" if target != "fr" else "es")


WRONG: Final[Mapping[str, Callable[[str, str, str], str]]] = {
    "wrong_figures": lambda text, source, target: f"{played(text, source, target).rstrip()} 7",
    "dropped_tokens": lambda text, source, target: _TOKEN.sub("", played(text, source, target)),
    "doubled_tokens": lambda text, source, target: _TOKEN.sub(lambda one: f"{one.group()} {one.group()}", played(text, source, target)),
    "other_language": _other,
    "source_back": lambda text, _source, _target: text,
}
"""What comes instead, by the kind of misbehaviour."""


def _sorry(rule: Rule) -> web.Response:
    headers = {"Retry-After": str(rule.retry_after)} if rule.kind == "429" else {}
    return web.Response(status=429 if rule.kind == "429" else 500, text=CAPTCHA, content_type="text/html", headers=headers)


def _libre_refusal(rule: Rule) -> web.Response:
    slow = rule.kind == "429"
    error = "Slowdown: 30 per 1 minute" if slow else "Internal server error"
    return as_json({"error": error}, 429 if slow else 500, {"Retry-After": str(rule.retry_after)} if slow else None)
