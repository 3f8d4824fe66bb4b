"""A teacher or liaison begins F05: what they see, a strength first, a small first try, a day to look again; the family hears the same day.

What is told to the family is the flow's own checked sentence with a strength and a topic picked from its lists, in the family's language.
Where nobody has checked that language, or the family may not be texted, a person has a task due the same day instead (S1-04). Staff's
own words stay in the record, where the family may read them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection

from bot.errors import Conflict, FlowUnknown, NotFound
from bot.policy import calendar
from bot.service import access, assign, audit, directory, lint, post_letter, rhythm, start_flow, translators, who_may
from bot.service.lint import Finding
from bot.service.ring import NEVER
from bot.service.runtime import Runtime
from bot.service.staff_entry import Book
from bot.service.viewer import Viewer
from bot.store import meetings, thanks, timeline
from bot.store.tables import CaseEntry, Handoff, Outbox

FLOW, PART = "early-concern", "staff_started"
STRENGTHS = ("kind", "tries", "curious", "friends", "funny", "creative")
TOPICS = ("reading", "writing", "math", "behavior", "friends", "attendance")
LONGEST = timedelta(days=21)
"""Within three weeks somebody looks again (S1-04)."""

MAX_WORDS = 1000
PRESSED_AGAIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Said:
    """The form: a strength and a topic by their ids, staff's own words, the day to look again, and whom to tell."""

    strength: str = ""
    shows: str = ""
    topic: str = ""
    sees: str = ""
    first_try: str = ""
    review_on: str = ""
    contacts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Adult:
    """An adult of the family. `words` is what they would read, "" where nothing may go by itself; `why` says in a word why not.

    `may_be_told`: whether they may hear of it at all, if only from a person.
    """

    id: str
    name: str
    relation: str
    lang: str
    words: str
    why: str
    may_be_told: bool


@dataclass(frozen=True, slots=True)
class Form:
    """What the page shows."""

    code: str
    child: str
    zone: str
    adults: tuple[Adult, ...]
    today: date
    latest: date
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Begun:
    """What came of it: outbox ids to wake, who was asked by the helper, and for whom a person has a task."""

    wake: tuple[str, ...]
    asked: tuple[str, ...]
    by_person: tuple[str, ...]


def form(conn: Connection, runtime: Runtime, who: Viewer, code: str, said: Said, now: datetime) -> Form:
    """The page, with the sentence each adult would read once strength and topic are chosen."""
    case = access.case_to_send(conn, who, code, "C", now, open_only=True)
    today = now.astimezone(ZoneInfo(case.zone)).date()
    adults = tuple(_adult(conn, runtime, case, row, said, now) for row in timeline.contacts(conn, case.district_id, case.student_id))
    return Form(case.code, case.child, case.zone, adults, today, today + LONGEST, tuple(_findings(conn, case, said, now)))


def check(conn: Connection, who: Viewer, code: str, said: Said, now: datetime) -> None:
    """Whether it can begin as it is said; `Conflict` with a word for the page: strength, topic, words, day, nobody, findings."""
    case = access.case_to_send(conn, who, code, "C", now, open_only=True)
    if said.strength not in STRENGTHS:
        raise Conflict("strength")
    if said.topic not in TOPICS:
        raise Conflict("topic")
    if not said.sees.strip() or not said.first_try.strip():
        raise Conflict("words")
    _review_day(said, case.zone, now)
    if not said.contacts:
        raise Conflict("nobody")
    if lint.stops(_findings(conn, case, said, now)):
        raise Conflict("findings")


def begin(conn: Connection, runtime: Runtime, who: Viewer, code: str, said: Said, now: datetime) -> Begun:
    """Write it down and tell the family the same day; a button pressed twice does it once, and tells only an adult added since. Raises
    what `check` raises."""
    check(conn, who, code, said, now)
    case = access.case_to_send(conn, who, code, "C", now, open_only=True)
    meetings.lock_case(conn, case.id)
    review_on = _review_day(said, case.zone, now)
    known = {row.id: row for row in timeline.contacts(conn, case.district_id, case.student_id)}
    told = [_adult(conn, runtime, case, known[one], said, now) for one in dict.fromkeys(said.contacts) if one in known]
    told = [one for one in told if one.may_be_told]
    if not told:
        raise Conflict("nobody")
    wake: list[str] = []
    asked, by_person = [], []
    again = _written(conn, who, case, said, review_on, now)
    if again:
        texted, by_call = _told(conn, case, now)
        asked = [one for one in told if one.id in texted - by_call]
        by_person = [one for one in told if one.id in by_call]
        told = [one for one in told if one.id not in texted | by_call]
    else:
        _write(conn, runtime, who, case, said, review_on, now)
    for one in told:
        sent = _ask(conn, runtime, case, one, said, review_on, now) if one.words else []
        wake += sent
        if sent and start_flow.texts_among(conn, sent):
            asked.append(one)
        else:
            by_person.append(one)
            due_at = assign.due(conn, case, "same_day", now)
            task_id = assign.assign(conn, runtime, case, "liaison", case.liaison_id, "concern_tell", due_at, now, contact_id=one.id)
            if case.liaison_id != who.staff_id:
                wake += assign.tell(conn, runtime, case, task_id, case.liaison_id, due_at, now)
    if not again:
        _look_again(conn, runtime, case, review_on, now)
    if told:
        audit.by_staff(conn, runtime, who, "begin_concern", case.id, now, message_class="C")
    return Begun(tuple(wake), tuple(one.name for one in asked), tuple(one.name for one in by_person))


def _look_again(conn: Connection, runtime: Runtime, case: Any, review_on: date, now: datetime) -> None:
    """The family's own question waits for its yes; that staff look again does not. When both fall due it is one task: the same case, the
    same reason, nobody's in particular."""
    closes = calendar.school_hours(directory.district(conn, case.district_id, now).settings).closes
    when = datetime.combine(review_on, closes, ZoneInfo(case.zone))
    assign.assign(conn, runtime, case, "teacher", case.lead_id or case.liaison_id, "concern_review", when, now)


def _written(conn: Connection, who: Viewer, case: Any, said: Said, review_on: date, now: datetime) -> bool:
    """Whether this person wrote these very words a moment ago."""
    lines = sa.select(CaseEntry.kind, CaseEntry.step_id, CaseEntry.answer_raw, CaseEntry.answer_norm).where(
        CaseEntry.case_id == case.id, CaseEntry.entered_by == who.staff_id, CaseEntry.created_at > now - PRESSED_AGAIN
    )
    found = {(row.step_id, row.answer_raw or "", row.answer_norm) for row in conn.execute(lines)}
    return {(step, words, orjson.dumps(norm).decode()) for _, norm, words, step in _lines(said, review_on)} <= found


def _told(conn: Connection, case: Any, now: datetime) -> tuple[set[str], set[str]]:
    """Whom the helper has just texted of it, and for whom a person has just been given a task."""
    since = now - PRESSED_AGAIN
    texts = sa.select(Outbox.contact_id).where(
        Outbox.case_id == case.id, Outbox.created_at > since, Outbox.ref.startswith(f"{FLOW}/", autoescape=True)
    )
    tasks = sa.select(Handoff.contact_id).where(Handoff.case_id == case.id, Handoff.created_at > since, Handoff.reason == "concern_tell")
    return {str(one) for one in conn.scalars(texts)}, {str(one) for one in conn.scalars(tasks)}


def _review_day(said: Said, zone: str, now: datetime) -> date:
    try:
        day = date.fromisoformat(said.review_on)
    except ValueError:
        raise Conflict("day") from None
    today = now.astimezone(ZoneInfo(zone)).date()
    if not today < day <= today + LONGEST:
        raise Conflict("day")
    return day


def _findings(conn: Connection, case: Any, said: Said, now: datetime) -> list[Finding]:
    """What a colleague would say about staff's own words: the family may read them."""
    text = "\n".join(part for part in (said.shows, said.sees, said.first_try) if part.strip())
    if not text:
        return []
    lang = translators.staff_lang(conn, case.district_id, now)
    others = translators.names(conn, case.district_id, case.id, lang, now).others(text)
    return [one for one in lint.lint(text, lang, "C", others) if one.code not in ("too_long", "several_questions", "class_d")]


def _adult(conn: Connection, runtime: Runtime, case: Any, row: Any, said: Said, now: datetime) -> Adult:
    receivers = who_may.receivers(conn, case.id, message_class="C", now=now, contact_id=row.id)
    good = next((one for one in receivers if one.may_be_queued), None)
    why = "" if good is not None else receivers[0].refusal if receivers else "no_guardianship"
    may_be_told = good is not None or why in BY_A_PERSON
    words = ""
    if not why:
        said_of_texts = post_letter.said(conn, runtime, post_letter.To(case.id, row.id, "C"), now, FLOW)
        why = "" if said_of_texts == "granted" else said_of_texts if said_of_texts in WORDS else "consent_unknown"
    if not why and rhythm.waits(conn, row.id, now) is not None:
        why = "enough_this_week"  # the family hears of it today (S1-04), so a person says it
    if not why:
        lang = runtime.library.resolve(row.lang_written)
        if lang and thanks.is_approved(conn, case.district_id, lang, runtime.catalogues.hash("flows", lang)):
            words = _words(conn, runtime, case, lang, said)
        why = "" if words or not said.strength else "no_words"
    return Adult(row.id, row.name, row.relation, row.lang_written, words, why, may_be_told)


WORDS = NEVER | {"wants_less", "reminders_only"}
BY_A_PERSON = frozenset({"endpoint_unreachable", "not_confirmed", "shared_phone", "needs_link"})
"""Why nothing goes by itself to somebody who may hear of it."""


def _words(conn: Connection, runtime: Runtime, case: Any, lang: str, said: Said) -> str:
    """The sentence in the family's language; "" until strength and topic are chosen."""
    library = runtime.library
    step = library.flow(FLOW).parts[PART].steps[0]
    text, strength = step.bare.get(lang), library.text(FLOW, f"strength_{said.strength}", lang)
    topic = library.text(FLOW, f"topic_{said.topic}", lang)
    if text is None or strength is None or topic is None:
        return ""
    names = timeline.staff_names(conn, case.district_id)
    values: Mapping[str, str] = {
        "teacher": names.get(case.lead_id or case.liaison_id, ""),
        "child": case.child,
        "strength": strength.format,
        "topic": topic.format,
    }
    return str(text.format % tuple(values.get(name, "") for name in text.names))


def _write(conn: Connection, runtime: Runtime, who: Viewer, case: Any, said: Said, review_on: date, now: datetime) -> None:
    book = Book(conn, runtime, case.id, now)
    for kind, norm, words, step in _lines(said, review_on):
        book.entry(kind, norm, words=words, step=step, staff_id=who.staff_id, visibility="team")
    book.close()


def _lines(said: Said, review_on: date) -> tuple[tuple[str, dict[str, Any], str, str], ...]:
    """What the record keeps of it: kind, values, words and step of each line."""
    seen = {"domains": [said.topic], "review_on": review_on.isoformat()}
    first_try = said.first_try.strip()
    return (
        ("strength", {"strength": said.strength}, said.shows.strip(), "staff-strength"),
        ("concern", seen, said.sees.strip(), "staff-sees"),
        ("concern", {"first_try": first_try}, first_try, "staff-first-try"),
    )


def _ask(conn: Connection, runtime: Runtime, case: Any, adult: Adult, said: Said, review_on: date, now: datetime) -> list[str]:
    """Begin the talk; nothing where the family's own words about texts forbid it, or the talk is open already."""
    given = {"strength": said.strength, "topic": said.topic, "review_on": review_on.isoformat()}
    try:
        return start_flow.start_flow(conn, runtime, adult.id, case.id, FLOW, PART, now, given)
    except (Conflict, FlowUnknown, NotFound):
        return []
