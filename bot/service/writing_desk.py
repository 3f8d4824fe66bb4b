"""What somebody needs before they write to a family: to whom, in which language, which kinds of text they may write, what is prepared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from bot.errors import NotAllowed, NotFound
from bot.policy import letters
from bot.service import access, templates
from bot.service.runtime import Runtime
from bot.service.templates import Template
from bot.service.viewer import Viewer
from bot.store import letters as store
from bot.store import timeline
from translations.base import primary


@dataclass(frozen=True, slots=True)
class Desk:
    """To write from. `classes` this person may write; `prepared` are texts that are approved and checked in the family's language;
    `known` fills the places of a prepared text that we know."""

    code: str
    child: str
    contact_id: str
    contact: str
    lang: str
    classes: tuple[str, ...]
    prepared: tuple[Template, ...]
    known: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Begun:
    """A letter somebody began and nobody sent."""

    id: str
    contact: str
    at: datetime


def desk(conn: Connection, runtime: Runtime, who: Viewer, code: str, contact_id: str, now: datetime) -> Desk:
    """The desk for one adult of one case; `NotAllowed` for whoever may write nothing."""
    case = access.case(conn, who, code, now)
    contact = store.contact(conn, who.district_id, contact_id, case.student_id)
    if contact is None:
        raise NotFound
    reader = access.reader(conn, who, case.school_id, now)
    classes = tuple(one for one in letters.COMPOSED if reader.may_send(one) and one != "E")
    if not classes:
        raise NotAllowed
    names = timeline.staff_names(conn, who.district_id)
    lang = primary(contact.lang_written)
    every = templates.every(conn, runtime, who, now)
    return Desk(
        code=case.code,
        child=case.child,
        contact_id=contact.id,
        contact=contact.name,
        lang=contact.lang_written,
        classes=classes,
        prepared=tuple(
            one for one in every if one.approved and one.message_class in classes and (primary(one.lang) == lang or lang in one.ready)
        ),
        known={
            "child": case.child,
            "school": case.school,
            "liaison": names.get(case.liaison_id, ""),
            "teacher": names.get(case.lead_id or "", ""),
            "name": who.name,
            "staff": who.name,
            "contact": contact.name,
        },
    )


def begun(conn: Connection, who: Viewer, code: str, now: datetime) -> list[Begun]:
    """Drafts of a case, the newest first, without their words."""
    case = access.case(conn, who, code, now)
    if not access.reader(conn, who, case.school_id, now).may_send("A"):
        return []
    adults = {one.id: one.name for one in timeline.contacts(conn, case.district_id, case.student_id)}
    return [Begun(row.id, adults.get(row.contact_id, ""), row.updated_at) for row in store.drafts(conn, case.id)]
