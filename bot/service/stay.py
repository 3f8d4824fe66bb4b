"""Whoever told us of danger and writes again hears that it was passed on: the helper stays, and says what it cannot do (F23).

Everything else about the child is held meanwhile. Nobody but who told of it hears this, so that nothing shows another parent that there is
a flag; and nothing follows a level 3, or goes to a phone that others read.
"""

from __future__ import annotations

from datetime import timedelta

from bot.engine.events import Say
from bot.service.apply import say
from bot.service.doing import Doing
from bot.service.who import OpenCase
from bot.store import safety

ANSWERS = frozenset({1, 2})
"""Levels after which something more may go to the phone. Who is afraid of somebody at home may not hold it alone."""
QUIET = timedelta(minutes=15)
"""So long one such text stands for everything written meanwhile. The pace at which the rota climbs for level 2."""

KEY = "passed_on"
REF = f"crisis/{KEY}"


def passed_on(doing: Doing, case: OpenCase | None) -> None:
    """Say it, in their language or else in English and Spanish, as the first text was."""
    contact_id, endpoint = doing.contact_id, doing.place.endpoint
    if contact_id is None or endpoint is None or doing.place.shared or not _is_theirs(doing, case):
        return
    if safety.told_since(doing.stage.batch.conn, contact_id, REF, doing.now - QUIET):
        return
    library = doing.stage.runtime.library
    if library.words.thanks_only(doing.body):
        return
    own = endpoint.lang_written
    for lang in [own] if library.text("crisis", KEY, own) else ["en", "es"]:
        text = library.text("crisis", KEY, lang)
        if text is not None:
            say(doing, Say(text.format, lang, "F", REF, "crisis", answers_family=True))


def _is_theirs(doing: Doing, case: OpenCase | None) -> bool:
    """Whether one of the flags they may be writing about is their own, of a level that may be answered."""
    conn, contact_id = doing.stage.batch.conn, doing.contact_id or ""
    held = [one for one in ([case] if case else doing.place.cases) if one.safety_hold]
    levels = {safety.told_by(conn, one.id, contact_id) for one in held} - {0}
    return bool(levels) and levels <= ANSWERS
