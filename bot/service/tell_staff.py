"""Tasks that delivery and the clock make for people: what could not be sent, came too late, or is in doubt. Ids only, never words."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.log import get_log
from bot.policy import calendar
from bot.service import directory, staff_post
from bot.service.doing import PRIORITY_FIRST
from bot.service.runtime import Runtime
from bot.service.wording import wording
from bot.store import case_people, due
from bot.store.tables import Case, District

_log = get_log("tell_staff")
_DISTRICT = cast("sa.Table", District.__table__)
_CASE = cast("sa.Table", Case.__table__)

TO_ROLE = {
    "message_too_late": ("liaison", "school_day"),
    "late_timer": ("liaison", "school_day"),
    "undelivered": ("liaison", "school_day"),
    "meeting_news": ("liaison", "same_day"),
    "bad_address": ("liaison", "school_day"),
    "alert_unseen": ("liaison", "school_day"),
    "in_doubt": ("liaison", "same_day"),
    "stopped": ("liaison", "school_day"),
    "mail_loop": ("liaison", "school_day"),
    "attachment": ("liaison", "school_day"),
    "attachment_unseen": ("on_call", "school_day"),
    "crisis_text_failed": ("on_call", "now"),
    "translation": ("liaison", "school_day"),
    "translation_unseen": ("on_call", "now"),
    "overdue": ("coordinator", "same_day"),
    "filtered": ("coordinator", "same_day"),
    "too_long": ("coordinator", "school_day"),
    "of_age": ("registrar", "school_day"),
    "concern_review": ("teacher", "school_day"),
    "rota_empty": ("coordinator", "now"),
    "nobody_acknowledged": ("coordinator", "now"),
    "evaluation_unread": ("coordinator", "now"),
    "provider_down": ("coordinator", "four_school_hours"),
    "misconfigured": ("coordinator", "four_school_hours"),
}
"""Who is told what, and within which time. These are all the reasons delivery and the clock ever give."""


def task(
    conn: Connection,
    runtime: Runtime,
    now: datetime,
    reason: str,
    *,
    district_id: str,
    case_id: str | None = None,
    contact_id: str | None = None,
    about: str | None = None,
    visibility: str = "team",
) -> bool:
    """Put one open task into the queue of the role that takes care of `reason`; a task that already waits is not doubled.

    :param about: the outbox row, timer or hand-off it came from.
    """
    role, within = TO_ROLE[reason]
    district = conn.execute(sa.select(_DISTRICT.c.zone, _DISTRICT.c.settings).where(_DISTRICT.c.id == district_id)).one()
    school_id, owner_id = _owner(conn, now, role, district_id, case_id)
    made = due.open_task(
        conn,
        {
            "id": runtime.ids.new("hnd"),
            "district_id": district_id,
            "school_id": school_id,
            "case_id": case_id,
            "contact_id": contact_id,
            "entry_id": None,
            "message_id": about,
            "to_role": role,
            "owner_id": owner_id,
            "reason": reason,
            "body": None,
            "lang": "",
            "visibility": visibility,
            "state": "open",
            "outcome": None,
            "due_at": calendar.due(within, now, district.zone, district.settings),
            "created_at": now,
            "closed_at": None,
        },
    )
    if made:
        _log.warning("staff_task_made", district_id=district_id, case_id=case_id, reason=reason, role=role)
    return made


_ = str
"""Marks a text for the console's catalogue; it is translated when it is said."""

LOUD = {
    "rota_empty": _("URGENT. {about}: nobody is on call, and a message needs a trained person now."),
    "nobody_acknowledged": _("URGENT. {about}: nobody on call has acknowledged a page."),
    "evaluation_unread": _("{about}: a request that must be answered today has not been taken yet."),
}
"""What is also said to the person at once, by every way they have. English masters; the console's catalogue has them."""


def loud(
    conn: Connection, runtime: Runtime, now: datetime, reason: str, *, district_id: str, case_id: str | None, about: str | None = None
) -> list[str]:
    """A task that cannot wait to be found: the owner is told by every way; the outbox ids. Case code and link, nothing else."""
    task(conn, runtime, now, reason, district_id=district_id, case_id=case_id, about=about, visibility="staff_only")
    _, owner_id = _owner(conn, now, TO_ROLE[reason][0], district_id, case_id)
    person = directory.staff(conn, [owner_id], now).get(owner_id or "")
    if person is None:
        return []
    gettext = wording(person.lang).gettext
    code = conn.execute(sa.select(_CASE.c.code).where(_CASE.c.id == case_id)).scalar() if case_id else None
    name = gettext("Case {code}").format(code=code) if code else gettext("A message without a case")
    text = gettext(LOUD[reason]).format(about=name)
    link = staff_post.task_link(runtime, about) if about else runtime.settings.base_url + "/console/"
    known: dict[str, Any] = {
        "message_class": "F",
        "purpose": "loud",
        "ref": reason,
        "priority": PRIORITY_FIRST,
        "case_id": case_id,
        "handoff_id": about,
    }
    return staff_post.post(conn, runtime, person.id, f"{text} {link}", now=now, every_way=True, **known)


def _owner(conn: Connection, now: datetime, role: str, district_id: str, case_id: str | None) -> tuple[str | None, str | None]:
    """The school, and who of it answers for this role: the case's own liaison or teacher first, then whoever has the role."""
    roles = directory.roles(conn, district_id, now)
    if case_id is None:
        return None, roles.holder(role, "") or None
    case = conn.execute(sa.select(_CASE.c.school_id, _CASE.c.liaison_id, _CASE.c.lead_id).where(_CASE.c.id == case_id)).one()
    own = {"liaison": case.liaison_id, "teacher": case_people.teacher(conn, case_id) or case.lead_id}.get(role)
    if own is None:
        return case.school_id, roles.holder(role, case.school_id) or (_here(conn, now, case.liaison_id) if role == "teacher" else None)
    known = (_here(conn, now, own), roles.holder(role, case.school_id), _here(conn, now, case.liaison_id))
    return case.school_id, next(filter(None, known), roles.holder("coordinator", case.school_id) or None)


def _here(conn: Connection, now: datetime, staff_id: str) -> str | None:
    """This person, unless they left: what waits for who left waits for nobody."""
    person = directory.staff(conn, [staff_id], now).get(staff_id)
    return staff_id if person is not None and person.active else None
