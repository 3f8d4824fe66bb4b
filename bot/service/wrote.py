"""In which language somebody really wrote, where that is not the one they are written to in. Nearly every message is told without asking
the detector: one of the commonest words of the person's own language is in it, or it is too short to tell anything."""

from __future__ import annotations

from typing import Any

from bot.policy.language import FEWEST_WORDS, proposal
from bot.service.doing import Doing
from bot.store import said

_EN = (
    "the and is are was it they we you my his her of to for with not yes does did have will this that but please thanks thank good when"
    " what how she him i'm don't can't would like really"
)
_ES = (
    "el los las una y ella yo su sus del en con muy más gracias bien cómo tiene pero hijo hija niño niña ya ahi ahí aqui aquí"
    " ese esa eso esto estoy ando soy tengo conozco conosco le les entendi entendí veo"
)
COMMON = {lang: frozenset(words.split()) for lang, words in (("en", _EN), ("es", _ES))}
"""Words that say "this is my own language" at a glance. Those that another language of our schools has as well ("no", "a", "que") are
left out."""

_NO_EN = (
    "que de la lo le les se un mi por para nada ya es hay esta estoy está tengo tiene puedo puede quiero quiere hablo habla hablan leo lee"
    " va inglés ingles español espanol interprete intérprete x q"
)
NOT_ENGLISH = {"es": frozenset(_NO_EN.split())}
"""Of those, the ones English has not: "que no lee nada" is taken for English (Lee is a name there), and these words say that it is not."""

LONGEST = 1_000


def wrote(text: str, own: str, enabled: tuple[str, ...], endpoint: Any) -> str:
    """What `bot.policy.language.proposal` says of a message; "" for who chose their language themselves."""
    words, primary = text.casefold().split(), own.partition("-")[0]
    if len(words) < FEWEST_WORDS and text.isascii():
        return ""
    common = COMMON.get(primary)
    if (common is not None and not common.isdisjoint(words)) or endpoint.lang_by == "family":
        return ""
    from translations.detect import detect

    guess = detect(text[:LONGEST])
    if guess.lang == "en" and not NOT_ENGLISH.get(primary, frozenset()).isdisjoint(words):
        return ""
    return proposal(text, guess.lang, guess.share, sure=guess.sure, own=own, enabled=enabled)


def last_said(doing: Doing, text: str) -> tuple[str, str, str] | None:
    """What a "?" is about when no talk is open; read only then."""
    place, words = doing.place, doing.stage.runtime.library.words
    if place.session is not None or not words.puzzled(text):
        return None
    return said.last(doing.stage.batch.conn, place.contact_id, place.endpoint.id, doing.now)
