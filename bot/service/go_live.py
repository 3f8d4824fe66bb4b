"""The rest of a district's go-live list (domain.md 11): what the database can see of it, and what only people can attest.

Each finding is (check, sentence). What is attested stands in the district's settings as `golive.<item>`: by whom and when; the district
file writes it. `ADVICE` are checks that are worth a sentence and shut nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.engine import Connection

from bot.exchange.district_file import ATTESTED
from bot.policy import calendar
from bot.store import readiness, roster
from bot.values.local_window import LocalWindow

ADVICE = frozenset(
    {"mail_in", "mail_receiver", "mail_sender", "roster_lines", "partnering_baseline", "unreviewed", "unscreened", "calendar_past"}
)

Finding = tuple[str, str]


def findings(conn: Connection, district_id: str, settings: Mapping[str, Any], now: datetime) -> Iterator[Finding]:
    """What is missing of the list, in its order."""
    for school in readiness.schools_without(conn, district_id, ("liaison", "coordinator")):
        yield "liaison_named", f"{school} has no active liaison, and no coordinator stands in: give one the role under [[staff]]."
    yield from _settings(settings, now.date())
    yield from _schools(readiness.schools(conn, district_id))
    yield from _people_in(roster.newest(conn, district_id), was_clean=roster.was_clean(conn, district_id))
    yield from _attested(settings, readiness.staff_ids(conn, district_id), now.date())


def approve(lang: str, what: str = "texts") -> str:
    """How a person says that they have checked a language."""
    return f"read them, then say `hearthline district approve --lang {lang}{' --what words' if what == 'words' else ''} --by EMAIL`."


def languages(enabled: Collection[str], flows: Collection[str], words: Collection[str]) -> Iterator[Finding]:
    """Enabled languages nobody of the district has checked: families who read them get a person instead of the bot's words."""
    for lang in enabled:
        if lang not in flows:
            yield "unreviewed", f"{lang}: nobody has checked the texts, so a person answers these families: {approve(lang)}"
        if lang not in words:
            yield (
                "unscreened",
                f"{lang}: nobody has checked the word lists, so every message in it also goes to a person: {approve(lang, 'words')}",
            )


def _settings(settings: Mapping[str, Any], today: date) -> Iterator[Finding]:
    if not settings.get("eval.timeline_days"):
        yield "eval_clock", "The evaluation clock of your state is not set (eval.timeline_days, checked by counsel)."
    if not settings.get("hours.school") or not settings.get("calendar.closed"):
        yield "calendar", "School hours and closed days are not set (hours.school, calendar.closed)."
    for key in ("hours.school", "hours.allowed"):
        if settings.get(key) and LocalWindow.read(str(settings[key])) is None:
            yield "calendar", f"{key} cannot be read: write it as 08:00-15:30."
    if calendar.unreadable(settings):
        yield "calendar", "calendar.closed holds what is no date: write each as 2027-01-18."
    elif (closed := calendar.closed_days(settings)) and max(closed) < today:
        yield (
            "calendar_past",
            "Every day of calendar.closed is over: add this school year's, or families are promised answers on a holiday.",
        )


def _schools(schools: Sequence[tuple[str, str]]) -> Iterator[Finding]:
    if not schools:
        yield "school", "There is no school: give the district file a [[school]]."
    for name, phone in schools:
        if not phone:
            yield "school", f"{name} has no telephone number that a person answers: set phone in its [[school]]."


def _people_in(counts: Mapping[str, int] | None, *, was_clean: bool) -> Iterator[Finding]:
    """Before the first clean roster nobody is written to; a bad line in a later one must not silence a whole district."""
    if counts is None:
        yield "roster", "No roster has been imported (hearthline roster import contacts.csv)."
    elif counts.get("unreadable"):
        check = "roster_lines" if was_clean else "roster"
        yield check, f"The newest roster had {counts['unreadable']} lines that could not be read: mend them and import again."


def _attested(settings: Mapping[str, Any], people: Collection[str], today: date) -> Iterator[Finding]:
    for item, what in ATTESTED.items():
        said = settings.get(f"golive.{item}")
        if not isinstance(said, Mapping) or said.get("by") not in people:
            yield item, f"Nobody has attested that {what} ([golive.{item}] in the district file)."
        elif str(said.get("on", "")) > today.isoformat():
            yield item, f"It is attested for a day to come that {what}."
