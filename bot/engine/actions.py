"""What a flow's `then` lines do: each verb one function; a turn elsewhere (goto, end, start) is said by returning True."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from bot.engine import identity, values, walk
from bot.engine.events import Alert, Handoff, Say, SetConsent, SetLanguage, SetTimer, ShareWords, StartFlow
from bot.engine.flow import Action, Step
from bot.engine.own_words import has_words
from bot.engine.talk import ALL_CLASSES, Talk

GRIEF_HOLD = timedelta(days=14)
"""How long we hold what can wait after a loss (`pause.grief_days`)."""
BEFORE_IT_IS_OVER = frozenset({"reminder"})
"""Flows about something that may be today: who helps with it does so the same day."""


def after(talk: Talk, step: Step, value: Any) -> bool:
    """Do what hangs on the chosen options, then what hangs on the step; True when the talk turned elsewhere."""
    chosen = value if isinstance(value, list) else [value]
    for option in step.options:
        if option.actions and option.id in chosen and run(talk, step, option.actions):
            return True
    return run(talk, step, step.actions)


def run(talk: Talk, step: Step, lines: tuple[Action, ...]) -> bool:
    """Do the lines in order. A line that ends or leaves the talk is the last."""
    for line in lines:
        names = talk.frame["n"] if talk.frame is not None else {}
        if line.when is not None and not line.when(names, talk.scene.screening.matched):
            continue
        if _VERBS[line.verb](talk, step, line):
            return True
    return False


def hand_off(talk: Talk, to: str, reason: str, within: str, step_id: str = "", text: str | None = None) -> None:
    """Give something to a person; texts said after it promise that person's day."""
    body = talk.text if text is None else text
    if within == "school_day" and talk.frame is not None and talk.frame.get("f") in BEFORE_IT_IS_OVER:
        within = "same_day"
    told = {(event.to_role, event.reason) for event in talk.events if type(event) is Handoff and event.text == body}
    known = (to, reason) in told or (reason == "unread_language" and (to, "not_screened") in told)
    if not known:
        talk.events.append(Handoff(to, reason, within, body, talk.scene.lang, step_id, talk.entry_id))
    talk.day = values.PROMISE.get(within, values.SCHOOL_DAY)


def _handoff(talk: Talk, step: Step, line: Action) -> bool:
    told = line.value
    said = talk.open()["n"].get(told["words"]) if "words" in told else None
    hand_off(talk, told["to"], told["reason"], told.get("within", "school_day"), step.id, said if isinstance(said, str) else None)
    if told["reason"] == "grief":
        pause(talk, step, talk.now + GRIEF_HOLD)
    return False


def _alert(talk: Talk, step: Step, line: Action) -> bool:
    del step
    told = line.value
    kind, domain = told.get("kind", talk.flow.alert), told.get("domain", talk.part.domain)
    talk.events.append(Alert(kind, domain, bool(told.get("urgent", False)), has_words(talk.part, talk.open())))
    return False


def _consent(talk: Talk, step: Step, line: Action) -> bool:
    days = line.extra.get("days")
    until = talk.now + timedelta(days=days) if days else _morning_of(talk, line.extra.get("until"))
    if line.value == "paused":
        pause(talk, step, until)
        if until is not None:
            talk.day = values.local(until, talk.scene.zone).date()
    else:
        talk.events.append(SetConsent(line.value, "number", until, step.asked_ref))
    if line.said is not None:
        talk.say(line.said.get(talk.lang), step.message_class, step.ref, "notice")
    return False


def pause(talk: Talk, step: Step, until: datetime | None) -> None:
    """Hold what the bot starts. What was open is taken up again that day, not closed while it was silent as asked."""
    talk.events.append(SetConsent("paused", "number", until, step.asked_ref))
    talk.quiet = True
    told = {"state": "paused", "scope": "number", "until": until.isoformat() if until is not None else ""}
    talk.write("consent", told, step_id=step.id, visibility=step.visibility, flow=talk.flow)
    if until is not None and talk.stack:
        talk.events.append(SetTimer("resume", until, until + timedelta(days=1)))
        talk.events.append(SetTimer("close", until + talk.library.limits.close, None))


_REVIEWED_AT = time(10)


def _morning_on(talk: Talk, day: str | None) -> datetime | None:
    """Ten in the morning of a day to come, where the family lives."""
    if not day:
        return None
    moment = datetime.combine(date.fromisoformat(day), _REVIEWED_AT, talk.local().tzinfo).astimezone(talk.now.tzinfo)
    return moment if moment > talk.now else None


def _morning_of(talk: Talk, name: str | None) -> datetime | None:
    """The first hour of the day that was answered, where the family lives; a day gone by is a day from now."""
    day = talk.open()["n"].get(name) if name else None
    if not day:
        return None
    moment = datetime.combine(date.fromisoformat(day), time(8), talk.local().tzinfo).astimezone(talk.now.tzinfo)
    return max(moment, talk.now + timedelta(days=1))


def _identity(talk: Talk, step: Step, line: Action) -> bool:
    return identity.take_effect(talk, line.value, step)


def _start(talk: Talk, step: Step, line: Action) -> bool:
    del step
    told = line.value
    if days := told.get("after_days"):
        due = _morning_on(talk, values.known(talk, told["day"]) if "day" in told else None) or talk.now + timedelta(days=days)
        talk.events.append(StartFlow(told["flow"], told.get("part", ""), int((due - talk.now).total_seconds())))
        return False
    from bot.engine.commands import start_flow  # a command may start a flow whose action starts another: a circle

    return start_flow(talk, told["flow"], told.get("part", ""))


def _say(talk: Talk, step: Step, line: Action) -> bool:
    text = line.said.get(talk.lang) if line.said is not None else None
    if text is None or all(type(event) is not Say or event.text != talk.fill(text) for event in talk.events):
        # Two chosen options may say the same thing; it is said once.
        talk.say(text, step.message_class, step.ref, "reply")
    return False


def _write(talk: Talk, step: Step, line: Action) -> bool:
    told = line.value
    talk.write(told["kind"], told.get("norm", {}), step_id=step.id, visibility=step.visibility, refs=step.refs, flow=talk.flow)
    return False


def _goto(talk: Talk, step: Step, line: Action) -> bool:
    del step
    index = talk.part.by_id[str(line.value)]
    talk.open()["n"].pop(talk.part.steps[index].name, None)
    walk.proceed(talk, index)
    return True


def _end(talk: Talk, step: Step, line: Action) -> bool:
    del step
    walk.end(talk, str(line.value), quiet=True)
    return True


def _set(talk: Talk, step: Step, line: Action) -> bool:
    del step
    talk.open()["n"].update(line.value)
    return False


def _language(talk: Talk, step: Step, line: Action) -> bool:
    frame = talk.open()
    chosen = {"wrote": frame.get("w"), "kept": talk.scene.lang}.get(line.value, frame["n"].get(step.name))
    if isinstance(chosen, str) and chosen in talk.scene.enabled:
        change_language(talk, chosen)
        if talk.flow.id in ("stop-help", "language-offer"):
            said = talk.library.text("stop-help", "language_set", talk.lang)
            talk.prefix = talk.fill(said) if said is not None and "A" in talk.classes else ""
    return False


def change_language(talk: Talk, lang: str) -> None:
    """From here on the talk is in this language, as far as the district approved it."""
    talk.events.append(SetLanguage(lang))
    talk.lang = talk.library.resolve(lang)
    given = talk.scene.approved.get(lang)
    talk.classes = given if given is not None else (talk.scene.classes_ok if talk.lang else "AF")
    assert set(talk.classes) <= set(ALL_CLASSES)


def _booklet(talk: Talk, step: Step, line: Action) -> bool:
    """The rights booklet in the family's language, where the district set its address; else a person brings it."""
    del step, line
    url = values.known(talk, "rights.booklet_url")
    if not url:
        hand_off(talk, "evaluation_contact", "rights_booklet", "school_day", text="")
    said = talk.say_key("booklet_link" if url else "booklet_person", "E" if url else "A", "evaluation-request")
    if url and said:
        talk.write(
            "document_delivery", {"document": "rights_booklet", "lang": talk.lang}, raw="", visibility="staff_only", source_role="bot"
        )
    return False


def _share(talk: Talk, step: Step, line: Action) -> bool:
    """What this adult said about one reader; who that is the talk has kept since it was asked."""
    del step
    reader = talk.open().get("y", {}).get("reader_id", "")
    if reader:
        talk.events.append(ShareWords(reader, line.value))
    return False


_VERBS: dict[str, Callable[[Talk, Step, Action], bool]] = {
    "handoff": _handoff,
    "alert": _alert,
    "consent": _consent,
    "identity": _identity,
    "start": _start,
    "say": _say,
    "write": _write,
    "goto": _goto,
    "end": _end,
    "set": _set,
    "language": _language,
    "booklet": _booklet,
    "share": _share,
}
