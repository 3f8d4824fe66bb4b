"""The open page of questions as a form on the family's own page: the same questions, numbers and choices as the mail that asked them.

The words are the mail's (its row in the outbox); which questions are still open, and how each is answered, is the talk's. What is sent
back is the same text a mail would hold ("1: ...", a line a question), on the way every message takes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from bot.engine import page
from bot.engine.flow import OptionList
from bot.service import family_chat, who_may
from bot.service.family_chat import Door
from bot.service.open_question import standing_at
from bot.service.runtime import Runtime
from bot.store import family_queries
from channels.base import Inbound, Received

LONGEST_ANSWER = 2_000


@dataclass(frozen=True, slots=True)
class Field:
    """One question. With choices: one of them, or (`many`) several."""

    number: int
    text: str
    choices: OptionList = ()
    many: bool = False


def fields(conn: Connection, runtime: Runtime, at: Door, now: datetime) -> tuple[Field, ...]:
    """The questions of the page this family was sent and has not answered; none when no page is open, or none they may read today."""
    talk = family_queries.open_talk(conn, at.contact_id)
    standing = standing_at(runtime, talk)
    if talk is None or standing is None:
        return ()
    frame, part = standing
    if "x" in frame or not isinstance(frame["at"], int):
        return ()
    if page.about_the_address(part):
        return ()
    sheet = family_queries.newest_page(conn, at.contact_id, talk.id)
    if sheet is None or not who_may.still_read(conn, [sheet], at.contact_id, now):
        return ()
    asked = page.parse(sheet.body)
    sent = [part.steps[index] for index in frame.get("u", ()) if frame["at"] in frame["u"]]
    open_ones = [step for step in sent if step.kind != "none" and step.name not in frame["n"]]
    found = [(page.number(part, step), step.kind == "many") for step in open_ones]
    return tuple(Field(number, *asked[number], many=many) for number, many in found if number in asked) if len(found) > 1 else ()


def words(asked: Sequence[Field], given: Mapping[str, Sequence[str]]) -> str:
    """The answers as one text, a line a question; what was left empty is left out."""
    lines = []
    for field in asked:
        said = [" ".join(one.split())[:LONGEST_ANSWER] for one in given.get(f"q{field.number}", ()) if one.strip()]
        if said:
            lines.append(f"{field.number}: {', '.join(said)}")
    return "\n".join(lines)


def receive(runtime: Runtime, at: Door, text: str, client_id: str, now: datetime) -> Received:
    """The answers as the chat channel knows them, marked as the answer to a page."""
    received = family_chat.receive(runtime, at, text, client_id, now)
    return replace(received, events=tuple(replace(one, full_text=text) if isinstance(one, Inbound) else one for one in received.events))
