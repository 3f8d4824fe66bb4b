"""Time passes: a talk is started, nudged, rested, resumed or closed. The clock only rings; what is due is decided here."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import lru_cache

from bot.engine import actions, children, page, readback, values, walk
from bot.engine.answers import SHORTEST, read_one
from bot.engine.events import CancelTimers, SetTimer
from bot.engine.flow import Step
from bot.engine.talk import Frame, Talk
from bot.engine.words import fold
from bot.errors import FlowUnknown

SATURDAY = 5


@lru_cache(maxsize=256)
def names_of(lang: str, languages: tuple[str, ...]) -> tuple[str, ...]:
    """What the language is called in each of these languages ("Spanish", "español")."""
    from babel import Locale, UnknownLocaleError

    try:
        names = [Locale.parse(lang.replace("-", "_")).get_language_name(other) for other in languages]
    except (UnknownLocaleError, ValueError):
        return ()
    return tuple(filter(None, names))


@lru_cache(maxsize=4)
def language_names(languages: tuple[str, ...]) -> frozenset[str]:
    """Every language's folded name in each of these languages: who names one we do not write has said "other"."""
    from babel import Locale

    found: set[str] = set()
    for lang in languages:
        found.update(fold(name) for name in Locale.parse(lang.replace("-", "_")).languages.values())
    return frozenset(found - {""})


def start(talk: Talk) -> None:
    """The school (or a keyword) starts a talk; one that is open waits underneath and goes on afterwards."""
    flow_id, part = talk.scene.start
    flow = talk.library.flow(flow_id)
    if part and part not in flow.parts:
        raise FlowUnknown(f"flow {flow_id} has no part {part}")
    _make_way(talk, flow_id, part or flow.first)
    given = {name: talk.scene.values[name] for name in values.CARRIED if talk.scene.values.get(name)}
    frame = talk.push(flow, part)
    if given:
        frame["y"] = given
    from bot.engine import still  # it asks in the words of a flow, and so do we: a circle

    if still.needed(talk):
        still.ask(talk)
    else:
        walk.proceed(talk, 0)
    if talk.frame is not None and talk.blocked:
        # Not one word of it could be said: nothing is open, a person takes over.
        talk.drop("closed")


def _make_way(talk: Talk, flow_id: str, part: str) -> None:
    """Lay what is open under the talk to come: our small asides are over, and the same talk begins anew."""
    if talk.frame is not None:
        talk.keep([one for one in _waiting(talk) if (one["f"], one["p"]) != (flow_id, part)], "closed")


def put_by(talk: Talk) -> None:
    """STOP: what is open lies still, its answers kept, until their START; a week without one closes it as ever (F25, T-std)."""
    talk.keep(_waiting(talk), "stopped")
    if talk.frame is not None:
        talk.events.append(CancelTimers())
        talk.events.append(SetTimer("close", talk.now + talk.library.limits.close, None, str(talk.frame["at"])))


def _waiting(talk: Talk) -> list[Frame]:
    """The open talks that wait for an answer. Words kept until a child is chosen go to a person: nobody will choose any more."""
    frames = talk.frames()
    for frame in frames:
        if "f" not in frame and not children.date_request(talk, frame):
            actions.hand_off(talk, "liaison", "free_note", "school_day", text=frame["w"][0])
    return [one for one in frames if _waits(talk, one)]


def _waits(talk: Talk, frame: Frame) -> bool:
    """Whether a frame is a talk with time-outs of its own, and not one of our asides ("Did that help?", a reminder)."""
    flow = talk.library.flows.get((frame.get("f", ""), frame.get("v", 0)))
    return flow is not None and flow.timeout != "none"


def _uncover(talk: Talk) -> None:
    """Take unanswered asides off the talk whose timer rings."""
    frames = talk.frames()
    while len(frames) > 1 and "f" in frames[-1] and not _waits(talk, frames[-1]):
        frames.pop()
    if frames and frames[-1] is not talk.frame:
        talk.keep(frames, "closed")
        talk.case = next((case for case in talk.scene.cases if case.case_id == frames[-1].get("c")), talk.case)


def nudge(talk: Talk) -> None:
    """Ask the open question once more, kindly; at the second nudge of some flows, offer a call instead."""
    _uncover(talk)
    frame = talk.frame
    if frame is None or "f" not in frame or frame["at"] == "rest" or talk.scene.stale:
        return
    limits = talk.library.limits
    frame["g"] = count = frame.get("g", 0) + 1
    if talk.flow.call_at_nudge and count == talk.flow.call_at_nudge and talk.step is not None:
        frame["s"], frame["at"] = frame["at"], "call"
        talk.say(talk.library.inner["call"].spoken.get(talk.lang), talk.flow.message_class, "common/nudge_call", "nudge")
    else:
        _ask_once_more(talk, "nudge_1" if count == 1 else "nudge_2")
    if count < len(limits.nudge_hours):
        due = talk.now + timedelta(hours=limits.nudge_hours[count] - limits.nudge_hours[count - 1])
        talk.events.append(SetTimer("nudge", due, due + timedelta(hours=limits.late_hours), str(frame["at"])))


def _ask_once_more(talk: Talk, key: str) -> None:
    step = talk.step
    talk.before(key, talk.flow.message_class)
    if step is not None:
        if page.on_page(talk) and page.ask(talk, step, "nudge"):
            return
        if step.say_in or step.options_from:
            values.ask_in_languages(talk, step, "nudge")
        else:
            talk.say(step.spoken.get(talk.lang), step.message_class, step.ref, "nudge")
    elif talk.open()["at"] == "readback":
        readback.say(talk, "nudge")
    else:
        talk.prefix = ""


def call_reply(talk: Talk) -> bool:
    """Handle the message as a reply to "May {liaison} call instead?"; any other words answer the question underneath."""
    frame = talk.open()
    frame["at"] = frame.pop("s")
    place = read_one(talk.library.inner["call"], talk.text, talk.lang, talk.library.words)
    if place == 0:
        actions.hand_off(talk, "liaison", "call_wish", "school_day", text="")
        talk.say_key("nudge_call_yes")
    elif place == 1:
        talk.say_key("no_rush")
    return place in {0, 1}


def put_off(talk: Talk, step: Step) -> bool:
    """Whether the reply is thanks or "later" and neither an answer nor an option in these words ("OK", "no puedo, gracias"). Where more
    than the option's words puts off ("later please"), it is no yes."""
    words, padded = talk.library.words, f" {fold(talk.text)} "
    if step.kind == "ack" or not words.puts_off(talk.text):
        return False
    picks = [label for label in step.accepted.get(talk.lang, {}) if label in words.waits and f" {label} " in padded]
    if padded.strip() in picks:
        return False
    for label in sorted((one for one in picks if len(one) >= SHORTEST), key=len, reverse=True):
        padded = padded.replace(f" {label} ", "  ")
    return padded.strip() == fold(talk.text) or any(f" {phrase} " in padded for phrase in words.delays)


def no_rush(talk: Talk, step: Step) -> None:
    """The question stays open and is not asked again at once; the nudges count from now."""
    talk.say_key("no_rush")
    if talk.flow.timeout != "none":
        talk.remind(step.id)


def close(talk: Talk) -> None:
    """A week of silence: the answers so far stay, the team is told, nobody is reproached."""
    _uncover(talk)
    frame = talk.frame
    if frame is None:
        return
    if "f" not in frame:
        actions.hand_off(talk, "liaison", "free_note", "school_day", text=frame["w"][0])
        talk.drop("closed")
        return
    if frame["e"]:
        walk.tell_team(talk)
    if talk.flow.person_after_close:
        actions.hand_off(talk, "liaison", "silence", "school_day", text="")
    talk.drop("closed")


def call(talk: Talk) -> None:
    """T-fast: two days of silence and a person calls."""
    _uncover(talk)
    if talk.frame is not None:
        actions.hand_off(talk, "liaison", "silence", "same_day", text="")
        talk.drop("closed")


def rest(talk: Talk, index: int) -> None:
    """Six questions are enough for today; the talk rests where it is."""
    frame = talk.open()
    frame["at"], frame["s"] = "rest", index
    due = next_sitting(talk)
    talk.day = values.local(due, talk.scene.zone).date()
    talk.flush()
    talk.say_key("enough_today", talk.flow.message_class)
    talk.events.append(SetTimer("resume", due, due + timedelta(hours=talk.library.limits.late_hours)))
    talk.events.append(SetTimer("close", talk.now + timedelta(days=talk.library.limits.close_days), None, "rest"))


def next_sitting(talk: Talk) -> datetime:
    """The same hour some days on, weekends stepped over."""
    day: date = talk.local().date() + timedelta(days=talk.library.limits.rest_days)
    while day.weekday() >= SATURDAY:
        day += timedelta(days=1)
    here = talk.local()
    return datetime.combine(day, time(here.hour, here.minute), here.tzinfo).astimezone(talk.now.tzinfo)


def rest_reply(talk: Talk) -> bool:
    """Handle the message as a reply to "More on {day}?": yes keeps the day, no leaves it to the family."""
    place = read_one(talk.library.inner["rest"], talk.text, talk.lang, talk.library.words)
    if place == 0:
        due = next_sitting(talk)
        talk.day = values.local(due, talk.scene.zone).date()
        talk.say_key("enough_yes", talk.flow.message_class)
        talk.events.append(SetTimer("resume", due, due + timedelta(hours=talk.library.limits.late_hours)))
    elif place == 1:
        talk.say_key("enough_no", talk.flow.message_class)
        # Moved, not cancelled: only the close of the talk is left to come.
        talk.events.append(SetTimer("resume", talk.now + timedelta(days=talk.library.limits.close_days), None))
        talk.open()["z"] = 1
    return place in {0, 1}


def resume(talk: Talk) -> None:
    """Another day: a line of recap, then the next question."""
    _uncover(talk)
    frame = talk.frame
    if frame is None or "f" not in frame:
        return
    if frame["at"] == "rest" and frame.get("z") and talk.scene.prompt == "resume":
        return
    if frame["at"] == "call":
        frame["at"] = frame.pop("s")
    if frame["at"] == "readback":
        readback.say(talk)
    if frame["at"] != "rest" and talk.step is None:
        return
    talk.before("resume" if talk.case is not None and talk.scene.trusted else "resume_plain", talk.flow.message_class)
    if talk.step is not None:
        talk.ask(talk.step)
        return
    frame.pop("z", None)
    frame["q"] = 0
    walk.proceed(talk, frame.pop("s"))


def wants_more(talk: Talk) -> bool:
    """Whether the message asks for the next sitting now."""
    return fold(talk.text) in {"more", "now"} or talk.scene.screening.command == "more"
