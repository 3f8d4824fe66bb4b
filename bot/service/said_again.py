"""LANGUAGE, then the last message once more (F25): what we said last is said again in the language just chosen, where no question is open.

A promised day stays the day that was promised. What a person wrote has no other language that a machine may give it: a person calls.
"""

from __future__ import annotations

from bot.engine.events import Event, Handoff, Say, SetLanguage, Write
from bot.engine.library import Library
from bot.engine.retold import retold
from bot.engine.scene import Scene, Turn
from bot.engine.talk import NOTICE, Talk
from bot.policy.hours import zone_of
from bot.service.doing import Doing
from bot.service.mail_form import BY_A_PERSON
from bot.store import said

NOT_AGAIN = frozenset({"language-offer", "unclear", "chat_code", "chat_link", "stop-help/language", "stop-help/language-other", NOTICE})
"""The talk about the language itself (texts, or whole flows), and what opens a page."""


def again(doing: Doing, turn: Turn, scene: Scene) -> tuple[Event, ...]:
    """What to do behind this turn; nothing when a question is open (it asks itself) or there is nothing to repeat."""
    if turn.session is not None:
        return ()
    chosen = next((one.lang for one in turn.events if isinstance(one, SetLanguage)), "")
    place = doing.place
    kept = any(isinstance(one, Write) and one.norm.get("language_offer") == "no" for one in turn.events)  # they could read it
    if not chosen or kept or place.endpoint is None or doing.muted:
        return ()
    library = doing.stage.runtime.library.on(place.channel)
    lang = library.resolve(chosen)
    lately = said.lately(doing.stage.batch.conn, place.contact_id, place.endpoint.id, doing.now)
    last = next((one for one in lately if NOT_AGAIN.isdisjoint({one.ref, one.ref.partition("/")[0]})), None)
    if last is None or not lang:
        return ()
    was = library.resolve(last.lang)
    if last.purpose in BY_A_PERSON:
        return _a_person(scene, library, lang) if was != lang else ()
    on = last.created_at.astimezone(zone_of(doing.zone)).date()
    text = retold(library, last.ref, last.body, was, lang, on)
    return () if text is None else (Say(text, lang, last.message_class, last.ref, "reply"),)


def _a_person(scene: Scene, library: Library, lang: str) -> tuple[Event, ...]:
    talk = Talk(library, scene)
    talk.lang = lang
    talk.say_key("person", purpose="promise")
    return (Handoff("liaison", "not_understood", "school_day", "", lang), *talk.events)
