"""A number we do not know wrote: the words are kept, danger and STOP still count, one short answer a day says whom to call."""

from __future__ import annotations

from dataclasses import replace

from bot.engine.events import Handoff, Say, SetConsent
from bot.engine.values import say_phone
from bot.service import acknowledge, directory
from bot.service.apply import apply, say
from bot.service.consent import NO_MORE, set_consent
from bot.service.doing import Doing
from bot.service.handoff import hand_off
from bot.service.turn import play
from bot.store import inbound, tasks
from bot.values.screening import Screening
from channels.base import MAIL

ANSWER = {
    "en": "Hello from {school}. We do not know this number. Please call {phone}.",
    "es": "Hola de {school}. No sabemos de quién es este número. Por favor llame al {phone}.",
}
BY_MAIL = {
    "en": "Hello from {school}. We do not know this address. Please call {phone}.",
    "es": "Hola de {school}. No sabemos de quién es esta dirección. Por favor llame al {phone}.",
}

ABOUT_A_NUMBER = ("unknown_sender", "stopped", "stop_phrase")
LONGEST = 4000
"""Characters of one number's words that are gathered in a task; all of them are kept as messages."""


def answer_stranger(doing: Doing, text: str, screening: Screening, *, answered_by_provider: bool) -> None:
    """No name, no case, no question; and nothing at all that an empty robot could be kept talking with."""
    paged = acknowledge.by_text(doing.stage.batch.conn, doing.stage.runtime, doing.district_id, doing.place.address_index, text, doing.now)
    if paged is not None:  # a colleague's "OK" to a page
        doing.wake += paged
        return
    serious = screening.danger_level or screening.stop
    doing.muted = True
    doing.allowed = frozenset() if answered_by_provider else frozenset({"confirm_stop"})
    if serious:
        only = Screening(
            screening.danger_level, screening.stop, screening.stop_scope, matched=screening.matched, self_harm=screening.self_harm
        )
        for lang in ("en", "es") if screening.danger_level else ("en",):
            scene = replace(doing.stage.scene(doing.place, text=text), lang=lang, screening=only, answered_by_provider=answered_by_provider)
            turn = play(doing.stage, scene)
            kept = turn.events if lang == "en" else tuple(one for one in turn.events if isinstance(one, Say))
            apply(doing, replace(turn, session=None, events=kept))
        return
    if screening.evaluation:  # whoever asks: the same day, to who answers for it (F26)
        hand_off(doing, Handoff("evaluation_contact", "evaluation_possible", "same_day", text))
        text = ""  # and to nobody else: the office looks whose number it is
    if doing.place.consent in NO_MORE:
        if screening.command != "start":
            _write_on(doing, text)
            return
        set_consent(doing, SetConsent("started"))
    key = f"stranger:{doing.district_id}:{doing.place.address_index.hex()[:32]}:{doing.now:%Y-%m-%d}"
    if inbound.already_said(doing.stage.batch.conn, [key]):
        _write_on(doing, text)
        return
    hand_off(doing, Handoff("office", "unknown_sender", "school_day", text))
    school = directory.first_school(doing.stage.batch.conn, doing.district_id, doing.now)
    if answered_by_provider or school is None:
        return
    answer = BY_MAIL if doing.place.channel == MAIL else ANSWER
    words = " ".join(answer[lang].format(school=school.name, phone=say_phone(school.phone)) for lang in ("en", "es"))
    say(doing, Say(words, "en", "A", "stranger", "notice"), dedupe_key=key)


def _write_on(doing: Doing, text: str) -> None:
    """What the number writes on, the same day or after its STOP, joins the task it has; a new one only where that was closed."""
    task = tasks.of_number(doing.stage.batch.conn, doing.district_id, doing.place.address_index, ABOUT_A_NUMBER)
    if task is None:
        hand_off(doing, Handoff("office", "unknown_sender", "school_day", text))
    elif text and len(task.body or "") < LONGEST:
        tasks.reword(doing.stage.batch.conn, task.id, doing.sealed("\n\n".join(filter(None, (task.body, text)))))
