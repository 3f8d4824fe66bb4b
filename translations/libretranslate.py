"""A LibreTranslate server by its address: https://libretranslate.com/docs/, `POST /translate` and `GET /languages`.

A district runs its own, or has a contract with who does: what it is sent leaves the house.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

from translations import web
from translations.base import Refused, TranslationError, primary
from translations.breaker import Breaker

_CODES = {"zh": "zh-Hans", "nb": "nb", "fil": "tl"}
"""Their name for a language of ours, where it differs from the first part of the tag."""


class LibreTranslate:
    """One server. `key` where it wants one."""

    leaves_house = True
    notice = ""
    name = "LibreTranslate"

    def __init__(self, url: str, key: str = "", ca_file: str = "", seconds: float = web.SECONDS, breaker: Breaker | None = None) -> None:
        self._url = url.rstrip("/")
        self._key = key
        self._ca_file = ca_file
        self._seconds = seconds
        self._breaker = breaker or Breaker()
        self._lock = threading.Lock()
        self._pairs: dict[str, frozenset[str]] = {}

    def can(self, source_lang: str, target_lang: str) -> bool:
        """Asked of the server once; while it does not answer it serves nothing."""
        source, target = _code(source_lang), _code(target_lang)
        if source == target:
            return False
        try:
            with self._lock:
                if not self._pairs:
                    self._pairs = _pairs(self._call("GET", "/languages"))
        except TranslationError:
            return False
        served = self._pairs.get(source) or self._pairs.get(primary(source), frozenset())
        return target in served or primary(target) in served

    def translate(self, texts: Sequence[str], source_lang: str, target_lang: str) -> list[str]:
        body = {"q": list(texts), "source": self._their(source_lang), "target": self._their(target_lang), "format": "text"}
        if self._key:
            body["api_key"] = self._key
        answer = self._call("POST", "/translate", body)
        found = answer.get("translatedText") if isinstance(answer, dict) else None
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            raise Refused("unreadable")
        if len(found) != len(texts):
            raise Refused("count")
        return found

    def close(self) -> None:
        """Nothing is kept open."""

    def _their(self, lang: str) -> str:
        code = _code(lang)
        return code if code in self._pairs or not self._pairs else primary(code)

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        self._breaker.ask()
        try:
            answer = asyncio.run(self._send(method, path, body))
        except Exception as error:  # noqa: BLE001 - whatever it is, it counts as a failure
            wait = error.wait if isinstance(error, _AskedToWait) else 0.0
            self._breaker.failed(wait=wait, at_once=isinstance(error, _AskedToWait))
            raise web.failure(error) from None
        self._breaker.worked()
        return answer

    async def _send(self, method: str, path: str, body: Any) -> Any:
        async with web.client(self._ca_file, self._seconds) as client:
            response = await client.request(method, self._url + path, json=body)
            if response.status_code in (403, 429):
                raise _AskedToWait(web.pause(response))
            response.raise_for_status()
            return response.json()


class _AskedToWait(TranslationError):
    """The server has enough of us for now."""

    def __init__(self, wait: float) -> None:
        super().__init__("asked_to_wait")
        self.wait = wait


def _code(lang: str) -> str:
    short = primary(lang)
    return "zh-Hant" if lang == "zh-Hant" else _CODES.get(short, short)


def _pairs(answer: Any) -> dict[str, frozenset[str]]:
    """Their list of languages with what each is translated to."""
    if not isinstance(answer, list):
        raise TranslationError("unreadable")
    found = {}
    for one in answer:
        if isinstance(one, dict) and isinstance(one.get("code"), str):
            targets = one.get("targets")
            found[one["code"]] = frozenset(str(target) for target in targets) if isinstance(targets, list) else frozenset()
    return found
