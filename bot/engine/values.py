"""What stands in a text's places: names, promise days, today; and the texts said in several languages at once.

A place nobody filled takes the next person who can answer for it (no counsellor named: the liaison), never a hole or a code.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.engine.flow import OptionList, Step
from bot.i18n import language_name, say_date, say_day, say_time
from channels.text import fits

if TYPE_CHECKING:
    from bot.engine.talk import Talk

SCHOOL_DAY = "promise_day_school_day"
SAME_DAY = "promise_day_same_day"
FOUR_HOURS = "promise_day_four_hours"
PROMISE = {"school_day": SCHOOL_DAY, "same_day": SAME_DAY, "now": SAME_DAY, "four_school_hours": FOUR_HOURS, "dated": SCHOOL_DAY}
_DAY_NAMES = {
    "day_school_day": SCHOOL_DAY,
    "day_same_day": SAME_DAY,
    "day_four_hours": FOUR_HOURS,
    SCHOOL_DAY: SCHOOL_DAY,
    SAME_DAY: SAME_DAY,
    FOUR_HOURS: FOUR_HOURS,
}
_INSTEAD = {
    "counselor": "liaison",
    "teacher": "liaison",
    "sped_contact": "liaison",
    "s504_contact": "sped_contact",
    "cultural_liaison": "liaison",
    "liaison": "office",
    "office": "school",
}
OPTIONAL = frozenset({"state_written_line", "988_language_line", "staff_line"})
LINK = "{link}"
"""Stands in a text until the service has made the family's own link: the engine makes no secrets."""

_PHONE = re.compile(r"\+1(\d{3})(\d{3})(\d{4})")
_SPACES = re.compile(r" {2,}")
_BEFORE = re.compile(r" +([.,;:?!])")


def of(talk: Talk, name: str) -> str:
    """The value for a place, "" when there is none."""
    found = known(talk, name)
    return "" if found is None else found


def known(talk: Talk, name: str) -> str | None:
    """The value for a place, None when nobody set it."""
    scene, case = talk.scene, talk.case
    if name == "child":
        return _child(talk)
    if name == "day":
        return _promise(talk, talk.day)
    if name in _DAY_NAMES:
        return _promise(talk, _DAY_NAMES[name])
    if name == "today":
        return say_date(talk.local().date(), talk.lang)
    if name == "request_day":
        dated = talk.frame.get("d") if talk.frame is not None else None
        return say_date(date.fromisoformat(dated) if dated else talk.local().date(), talk.lang)
    if name == "link":
        return LINK
    if name in ("mail", "code", "our_phone"):
        return _way(talk, name)
    if name == "language":
        return _in_a_sentence(talk.lang, talk.lang)
    if name == "wrote":
        return _in_a_sentence(talk.frame["w"], talk.lang) if talk.frame is not None and "w" in talk.frame else None
    if name in ("strength", "topic"):
        return _of_staff(talk, name)
    if name in ("reader", "review_on") and (kept := _carried(talk, name)):
        return kept
    if name == "time":
        return say_time(talk.local().time(), talk.lang)
    # what a district wrote itself stands under "name.<language>"; words of one language never go into a text of another (rule 2)
    found = (case.values.get(name) if case is not None else None) or scene.values.get(f"{name}.{talk.lang}") or scene.values.get(name)
    if found:
        return say_phone(found) if name == "phone" else str(found)
    if name in _INSTEAD:
        return known(talk, _INSTEAD[name])
    return "" if name in OPTIONAL else None


def _way(talk: Talk, name: str) -> str | None:
    """The address this is about: the one just told, else the one on file; the code that proves it; our own number."""
    ways = talk.scene.ways
    told = talk.frame["n"].get("address", "") if talk.frame is not None and "n" in talk.frame else ""
    if ways is None:
        return told or None
    return {"mail": told or ways.mail, "code": ways.code(told) if told else "", "our_phone": say_phone(ways.our_phone)}[name] or None


CARRIED = ("strength", "topic", "review_on", "reader", "reader_id")
"""What a talk is begun with and keeps to its end."""


def _carried(talk: Talk, name: str) -> str:
    return str(talk.frame.get("y", {}).get(name, "")) if talk.frame is not None else ""


def _of_staff(talk: Talk, name: str) -> str | None:
    """What a teacher chose when they began the talk (F05), in the family's words; kept with the talk, because it may be asked again."""
    frame = talk.frame if talk.frame is not None else {}
    chosen = talk.scene.values.get(name) or frame.get("y", {}).get(name)
    text = talk.library.text("early-concern", f"{name}_{chosen}", talk.lang) if chosen else None
    if text is None:
        return None
    frame.setdefault("y", {})[name] = chosen
    return text.format


@lru_cache(maxsize=64)
def _in_a_sentence(lang: str, reader: str) -> str:
    """What a language is called inside a sentence of the reader's: "Spanish", but "español"."""
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(lang, sep="-").get_language_name(reader) or language_name(lang)
    except (UnknownLocaleError, ValueError):
        return language_name(lang)


def say_phone(number: str) -> str:
    """A number of this country as people write it; another one as it is."""
    found = _PHONE.fullmatch(number)
    return f"({found[1]}) {found[2]}-{found[3]}" if found else number


def _child(talk: Talk) -> str:
    """The first name, or "your child" to a number we are not sure of."""
    if talk.case is not None and talk.scene.trusted:
        return talk.case.child
    text = talk.library.text("common", "your_child", talk.lang)
    return text.format if text is not None else ""


def _promise(talk: Talk, day: str | date) -> str:
    """A promise day in the family's language. The service counts school days; without its value it is the next day."""
    if isinstance(day, date):
        return say_day(day, talk.lang)
    given = talk.scene.values.get(day) or talk.scene.values.get(SCHOOL_DAY)
    return say_day(date.fromisoformat(given) if given else talk.local().date() + timedelta(days=1), talk.lang)


def tidy(text: str) -> str:
    """The text without the holes an empty place leaves."""
    return _BEFORE.sub(r"\1", _SPACES.sub(" ", text)).strip() if "  " in text or " ." in text or text[-1:] == " " else text


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def local(now: datetime, zone: str) -> datetime:
    """The moment on the family's clock."""
    return now.astimezone(_zone(zone)) if zone else now.astimezone(UTC)


def in_languages(talk: Talk, step: Step, key: str = "") -> list[str]:
    """A question without its options, once in each language it is said in (`say_in`): every reader finds their line.

    :param key: a common text to be said in its place.
    """
    lines = []
    for lang in spoken_in(talk) if step.say_in == "enabled" else (talk.lang,):
        text = talk.library.text("common", key, lang) if key else step.bare.get(lang)
        if text is not None:
            kept, talk.lang = talk.lang, lang
            lines.append(talk.fill(text))
            talk.lang = kept
    return list(dict.fromkeys(lines))


def ask_in_languages(talk: Talk, step: Step, purpose: str, key: str = "") -> bool:
    """Say a question in its languages, a line each, then its options; with a `key`, that common text in place of the question."""
    lines = in_languages(talk, step, key)
    if not lines or step.message_class not in talk.classes:
        talk.blocked = True
        return False
    options = listed(talk, step)
    body = "\n".join(lines)
    if options:
        body = f"{body}\n{' '.join(f'{number} {label}' for number, label in options)}"
    if key and not fits(body, talk.library.length):
        return False
    talk.speak(body, step.message_class, step.ref, purpose, options)
    return True


def spoken_in(talk: Talk) -> tuple[str, ...]:
    """At most four enabled languages, the contact's own first: more lines than that nobody reads."""
    own = [lang for lang in talk.scene.enabled if talk.library.resolve(lang) == talk.lang]
    rest = [lang for lang in talk.scene.enabled if lang not in own]
    return tuple(dict.fromkeys(filter(None, (talk.library.resolve(lang) for lang in (*own, *rest)))))[:4]


def listed(talk: Talk, step: Step) -> OptionList:
    """Numbered options of a step whose options are the enabled languages, each under its own name; then the step's own."""
    labels = [language_name(lang) for lang in offered(talk)] if step.options_from == "languages" else []
    labels += [step.labels.get(talk.lang, {}).get(option.id, option.label) for option in step.options]
    return tuple((str(place), label) for place, label in enumerate(labels, 1))


def offered(talk: Talk) -> tuple[str, ...]:
    """Languages the family can choose: what the district enabled, in its order, at most eight."""
    return talk.scene.enabled[:8]
