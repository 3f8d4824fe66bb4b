"""Play a known contact's message, or keep it for a person where no text may go out."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bot.engine import less
from bot.engine.events import Handoff
from bot.service import acknowledge, another_way, kept, mail_in, stay
from bot.service.apply import run
from bot.service.consent import NO_MORE, mail_stopped
from bot.service.doing import Doing
from bot.service.handoff import called_by, decides_by, hand_off, noted_by
from bot.service.wrote import last_said, wrote
from bot.values.screening import Screening

if TYPE_CHECKING:
    from bot.service.receive import Arrival

OPENS_AGAIN = frozenset({"start", "help"})
SAFETY_TALKS = frozenset({"crisis", "identity"})
"""Talks that go on while a child's messages are held: "is it safe to call this phone?"."""


def answer(doing: Doing, arrival: Arrival, found: Screening, text: str) -> str:
    """Play a known contact's message, or keep it for a person where no text may go out. Gives the message's visibility."""
    place, by_provider = doing.place, arrival.item.answered_by_provider
    if acknowledge.may_be_answer(text) and acknowledge.answers(doing, text):
        return "staff_only"
    case = place.case()
    held = any(one.safety_hold for one in ([case] if case else place.cases))
    silent = place.consent in NO_MORE
    blocked = place.endpoint.state == "blocked"
    asked = place.talks_of(SAFETY_TALKS)
    serious = bool(found.danger_level or found.stop or found.evaluation or found.identity) or (held and asked)
    opens = silent and (found.command in OPENS_AGAIN or place.talks_of({less.FLOW})) and not found.danger_level
    back = opens and found.command == "start"
    if (
        (blocked and not (found.danger_level or found.stop))
        or (held and not serious and not back)
        or (silent and not serious and not opens)
    ):
        if found.evaluation:  # whoever asks: the same day, to who answers for it (F26)
            hand_off(doing, Handoff("evaluation_contact", "evaluation_possible", "same_day", text, place.endpoint.lang_written))
        return _keep_for_a_person(doing, text, blocked=blocked, held=held, silent=silent)
    if not serious and mail_in.is_of_a_calendar(doing, arrival.item):
        return "team"
    doing.muted = blocked or by_provider or held or (silent and not opens)
    doing.allowed = frozenset({"confirm_stop"}) if found.stop and not by_provider and not blocked and not silent else frozenset()
    doing.confirming = silent and found.command == "help"
    scene = doing.stage.scene(
        place,
        text=text,
        today=doing.heard_at if found.evaluation else None,
        media=arrival.media,
        not_kept=kept.not_kept(arrival.item),
        voice=any(one.content_type.startswith("audio/") for one in arrival.item.media),
        start=arrival.start,
        screening=found,
        answered_by_provider=by_provider,
        whole=arrival.item.full_text,
        last_said=last_said(doing, text),
        ways=another_way.ways(doing, found.command),
        second=place.second(doing.heard_at or doing.now, doing.stage.runtime.settings.unread_seconds),
        called_by=called_by(doing) if found.person else None,
        noted_by=partial(noted_by, doing),
        decides_by=decides_by(doing),
        mail_stopped=found.command == "start" and mail_stopped(doing),
        wrote=wrote(text, place.endpoint.lang_written, doing.stage.allowed(place).enabled, place.endpoint),
        screens=partial(doing.stage.screened, place, lang=place.endpoint.lang_written),
    )
    visibility = run(doing, scene).message_visibility
    return "safety_only" if held and visibility == "team" else visibility


def _keep_for_a_person(doing: Doing, text: str, *, blocked: bool, held: bool, silent: bool) -> str:
    """No engine: a number that is not the family's, a child under a safety hold, or a family that asked for no texts. Nothing is answered
    but, under a hold of their own, that it was passed on."""
    doing.case = doing.place.case()
    lang = doing.place.endpoint.lang_written
    if blocked:
        hand_off(doing, Handoff("office", "blocked_number", "school_day", text, lang))
        return "staff_only"
    if held:
        hand_off(doing, Handoff("on_call", "held", "now", text, lang))
        if not silent:
            stay.passed_on(doing, doing.case)
        return "safety_only"
    hand_off(doing, Handoff("liaison", "after_stop", "school_day", text, lang))
    return "team"
