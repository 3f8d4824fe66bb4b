"""The unofficial web translator, by the googletrans library: off until a district turns it on knowing what `NOTICE` says.

The library's other way of asking ("webapp") runs code it finds in the answer; only the plain endpoint is ever used here. Its habit of
giving the source back when something went wrong is switched off. One connection is kept, in a loop of its own.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import httpx

from translations import web
from translations.base import Refused, TranslationError, primary
from translations.breaker import Breaker

NOTICE = (
    "googletrans sends text to a public web translator of Google by an address meant for browsers. There is no contract, no promise of "
    "privacy or of service, and it may stop or ask for a pause at any time. Names, numbers, dates, phones, links and locked terms are "
    "taken out before a text leaves; the rest of a family's words does leave, and sending it is a disclosure under FERPA. "
    "What only trained staff may see, and messages of classes D to F, are never sent."
)
"""What a district must have read before it turns this on. Changed words need a new yes."""

LARGEST = 1_800
"""Characters in one request: the text travels in the address, three to nine bytes a character."""

_CODES = {"zh": "zh-cn", "zh-Hans": "zh-cn", "zh-Hant": "zh-tw", "fil": "tl", "he": "iw", "nb": "no"}
_BETWEEN = "\n"


class GoogleTrans:
    """`base_url` is the public endpoint, or the sandbox's."""

    name = "Google web translator"
    leaves_house = True
    notice = NOTICE

    def __init__(
        self,
        base_url: str = "https://translate.googleapis.com",
        ca_file: str = "",
        seconds: float = web.SECONDS,
        breaker: Breaker | None = None,
    ) -> None:
        self._host = urlsplit(base_url).netloc
        self._ca_file = ca_file
        self._seconds = seconds
        self._breaker = breaker or Breaker()
        self._lock = threading.Lock()
        self._runner: asyncio.Runner | None = None
        self._library: Any = None

    def can(self, source_lang: str, target_lang: str) -> bool:
        from googletrans import LANGUAGES

        source, target = _code(source_lang), _code(target_lang)
        return source != target and source in LANGUAGES and target in LANGUAGES

    def translate(self, texts: Sequence[str], source_lang: str, target_lang: str) -> list[str]:
        """One line a text, several in one request; a text of several lines goes alone."""
        found: list[str] = []
        for group in _groups(texts):
            said = self._call(_BETWEEN.join(group), source_lang, target_lang)
            parts = said.split(_BETWEEN) if len(group) > 1 else [said]
            if len(parts) != len(group):
                raise Refused("count")
            found += [part.strip() for part in parts]
        return found

    def close(self) -> None:
        with self._lock:
            if self._runner is not None:
                self._runner.run(self._library.client.aclose())
                self._runner.close()
                self._runner = self._library = None

    def _call(self, text: str, source_lang: str, target_lang: str) -> str:
        if len(text) > LARGEST:
            raise Refused("too_long")
        self._breaker.ask()
        source, target = _code(source_lang), _code(target_lang)
        with self._lock:
            try:
                answer = self._run(text, source, target)
            except Exception as error:  # noqa: BLE001 - the library raises bare ones
                # a status other than 200 (429, 5xx) is a bare Exception of the library; HTML instead of JSON (a captcha) a ValueError
                pushed_away = not isinstance(error, httpx.TransportError)
                self._breaker.failed(at_once=pushed_away)
                raise TranslationError("asked_to_wait") if pushed_away else web.failure(error) from None
        self._breaker.worked()
        if str(answer.src).lower() not in (source, "auto", ""):
            raise Refused("other_source")
        return str(answer.text)

    def _run(self, text: str, source: str, target: str) -> Any:
        if self._runner is None:
            self._runner = asyncio.Runner()
            self._library = self._runner.run(self._open())
        return self._runner.run(self._library.translate(text, dest=target, src=source))

    async def _open(self) -> Any:
        from googletrans import Translator

        library = Translator(raise_exception=True, http2=False)
        await library.client.aclose()
        library.client = web.client(self._ca_file, self._seconds, headers={"User-Agent": "Mozilla/5.0"})
        library.service_urls = [self._host]
        library.client_type = "gtx"
        return library


def _code(lang: str) -> str:
    return _CODES.get(lang) or _CODES.get(primary(lang)) or primary(lang).lower()


def _groups(texts: Sequence[str]) -> list[list[str]]:
    """Texts that go together: single lines, as many as one request takes."""
    found: list[list[str]] = []
    for text in texts:
        last = found[-1] if found else None
        fits = last is not None and _BETWEEN not in text + last[0] and sum(map(len, last)) + len(last) + len(text) <= LARGEST
        if last is not None and fits:
            last.append(text)
        else:
            found.append([text])
    return found
