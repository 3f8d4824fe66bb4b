"""A person must take this: a row with an owner and a due time, and a word to the owner that holds a case code and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from bot.engine import guardian
from bot.engine.events import Handoff
from bot.policy.hours import zone_of
from bot.service import directory, staff_post
from bot.service.doing import Doing
from bot.service.handoff_timer import evaluation_moment, timer
from bot.service.who import OpenCase
from bot.store import duty, meetings, tasks

SAFETY = frozenset({"danger", "danger_below", "doubtful_danger", "doubtful_danger_more", "safety_request", "held", "stopped_in_danger"})
"""Reasons only trained staff may read about."""

PAGED = frozenset({"danger", "safety_request"})
"""Reasons the page of the same turn has made its own task for."""

PRIVATE = frozenset(
    {
        "evaluation",
        "evaluation_possible",
        "evaluation_words",
        "rights_booklet",
        "counselor_wish",
        "distress",
        "grief",
        "upset",
        "basic_need",
        "new_guardian",
        "teen",
        "wrong_number",
        "blocked_number",
        "doubtful_mail",
        "doubtful_mail_more",
        "doubtful_evaluation",
        "doubtful_evaluation_more",
    }
)
"""Reasons that are not for the whole team."""

BY_TEXT = SAFETY | {"evaluation", "evaluation_possible", "distress", "running_late"}
"""Reasons that are also worth a text message where a person has nothing better."""

PICKED_WITHIN = timedelta(days=2)

TOLD_WITHIN = timedelta(minutes=15)
"""A person who was told of an unscreened message is told of the next after this time, or once the first is closed."""

JOINED = frozenset({"person", "blocked_number", "after_stop", "free_note", "upset", "grief", "evaluation_words"})
"""Reasons whose next message is put to the words of the task that waits already, as long as nobody has taken it."""
LONGEST = 4000
"""Characters of a contact's words that are gathered in one task."""

INSTEAD: Mapping[str, tuple[str, ...]] = {
    "liaison": ("coordinator",),
    "teacher": ("liaison", "coordinator"),
    "counselor": ("liaison", "coordinator"),
    "registrar": ("office", "coordinator"),
    "nurse": ("office", "coordinator"),
    "office": ("registrar", "coordinator"),
    "evaluation_contact": ("coordinator", "liaison"),
    "principal": ("coordinator",),
    "on_call": ("counselor", "coordinator"),
}
"""Who takes it when nobody has the role."""


def hand_off(doing: Doing, event: Handoff) -> None:
    """Make the row and tell its owner. What the rota was paged for is a task already."""
    if doing.paged and event.to_role == "on_call" and event.reason in PAGED:
        return
    case = doing.case or (doing.place.cases[0] if len(doing.place.cases) == 1 else None)
    owner = (event.reason == "running_late" and _facilitator(doing, case)) or owner_of(doing, event.to_role, case)
    if event.reason == "distress" and _moved(doing, event, case, owner):
        return
    due = doing.stage.due(event.within, doing.place.district, doing.zone)
    row = handoff_row(doing, event, case, owner, due)
    if event.reason in JOINED and _joins(doing, event, row):
        if event.reason == "upset" and event.to_role == "liaison":  # a second time: the principal is told
            hand_off(doing, event._replace(to_role="principal"))
        return
    doing.rows.handoff.append(row)
    doing.handed.append(event.reason)
    if event.to_role == "evaluation_contact" and event.reason in ("evaluation", "evaluation_possible"):
        doing.rows.timer.append(timer("eval", row["id"], doing.district_id, evaluation_moment(doing.now, due)))
    if owner and not (doing.paged and event.to_role == "on_call") and not _told(doing, event, owner):  # a page says more and sooner
        tell_owner(doing, row, case, owner)


def _told(doing: Doing, event: Handoff, owner: str) -> bool:
    """Each message no list heard is a task of its own; a family that answers six questions rings its owner once and not six times."""
    if event.reason != "not_screened" or not doing.contact_id:
        return False
    return duty.waits_already(doing.stage.batch.conn, doing.contact_id, event.reason, owner, doing.now - TOLD_WITHIN)


def called_by(doing: Doing) -> date | None:
    """The day a person promised to call this contact by, while nobody has taken it."""
    same = {"contact_id": doing.place.contact_id, "reason": "person"}
    found = duty.waiting(doing.stage.batch.conn, doing.district_id, same, doing.now)
    return None if found is None else found.due_at.astimezone(zone_of(doing.zone)).date()


def noted_by(doing: Doing, case_id: str) -> date | None:
    """The day by which this contact's note about a case is to be answered, while nobody has taken it: the next one is put to it."""
    same = {"contact_id": doing.place.contact_id, "case_id": case_id or None, "reason": "free_note"}
    found = duty.waiting(doing.stage.batch.conn, doing.district_id, same, doing.now)
    return None if found is None else found.due_at.astimezone(zone_of(doing.zone)).date()


def decides_by(doing: Doing) -> date | None:
    """The day by which somebody was to decide whether this contact is a new guardian, where they wait for it and may hear of no child."""
    if any(one.open_to_family for one in doing.place.cases):
        return None
    due = duty.undecided(doing.stage.batch.conn, doing.district_id, doing.place.contact_id, guardian.SIGNAL)
    return None if due is None else due.astimezone(zone_of(doing.zone)).date()


def _joins(doing: Doing, event: Handoff, row: Mapping[str, Any]) -> bool:
    """Put the words to the task that waits for the same person about the same thing; False when there is none."""
    same = ("contact_id", "case_id", "reason", "to_role", "owner_id", "visibility")
    if any(all(one[name] == row[name] for name in same) for one in doing.rows.handoff):
        return True  # this very turn has made it
    found = (
        duty.waiting(doing.stage.batch.conn, doing.district_id, {name: row[name] for name in same}, doing.now) if doing.contact_id else None
    )
    if found is None or len(found.body or "") + len(event.text) > LONGEST:
        return False
    if row["body"] is not None:
        tasks.reword(doing.stage.batch.conn, found.id, doing.sealed("\n\n".join(filter(None, (found.body, event.text)))))
    doing.joined.add(event.reason)
    return True


def _moved(doing: Doing, event: Handoff, case: OpenCase | None, owner: str) -> bool:
    """The family picked who shall call (F23, level 4): what waits for one of the two goes to the other, words and all."""
    found = duty.open_distress(doing.stage.batch.conn, doing.contact_id or "", doing.now - PICKED_WITHIN)
    if found is None:
        return False
    if (found.to_role, found.owner_id) != (event.to_role, owner or None):
        duty.move(doing.stage.batch.conn, found.id, event.to_role, owner)
        if owner:
            tell_owner(doing, {"id": found.id, "reason": event.reason, "due_at": found.due_at}, case, owner)
    return True


def handoff_row(doing: Doing, event: Handoff, case: OpenCase | None, owner: str, due: datetime) -> dict[str, Any]:
    """The row. Words that only trained staff may see go to nobody else with another hand-off of the same message, and a request's words
    not to the whole team."""
    school = case.school.id if case else None
    safety = event.to_role == "on_call" or event.reason in SAFETY
    private = event.reason in PRIVATE or (bool(event.text) and doing.visibility == "staff_only")
    visibility = "safety_only" if safety else "staff_only" if private else "team"
    text = event.text if safety or doing.visibility != "safety_only" else ""
    return {
        "id": doing.new_id("hnd"),
        "district_id": doing.district_id,
        "school_id": school,
        "case_id": case.id if case else None,
        "contact_id": doing.contact_id,
        "entry_id": event.entry_id or None,
        "message_id": doing.message_id or None,
        "to_role": event.to_role,
        "owner_id": owner or None,
        "reason": event.reason,
        "body": doing.sealed(text) if text else None,
        "lang": event.lang,
        "visibility": visibility,
        "state": "open",
        "outcome": None,
        "due_at": due,
        "created_at": doing.heard_at or doing.now,
        "closed_at": None,
    }


def owner_of(doing: Doing, role: str, case: OpenCase | None) -> str:
    """The staff id that answers for this: the case's own people first, then whoever has the role, then who stands in; "" if nobody."""
    batch = doing.stage.batch
    roles = directory.roles(batch.conn, doing.district_id, batch.now)
    school_id = case.school.id if case else ""
    if not school_id:
        first = directory.first_school(batch.conn, doing.district_id, batch.now)
        school_id = first.id if first else ""
    if role == "on_call" and (ready := _on_duty(doing, school_id, case)):
        return ready
    for one in (role, *INSTEAD.get(role, ("coordinator",))):
        # of the teachers only those of the case: another child is nothing to the rest of them
        if found := _of_case(doing, one, case) or (roles.holder(one, school_id) if one != "teacher" else ""):
            return found
    return ""


def _facilitator(doing: Doing, case: OpenCase | None) -> str:
    """Who leads the meeting this family is late for, unless they left; "" where there is none."""
    conn = doing.stage.batch.conn
    meeting = meetings.next_of(conn, [case.id], doing.now) if case is not None else None
    found = meeting.facilitator_id if meeting is not None else ""
    person = directory.staff(conn, [found], doing.now).get(found) if found else None
    return person.id if person is not None and person.active else ""


def _on_duty(doing: Doing, school_id: str, case: OpenCase | None) -> str:
    """Who has acknowledged the page about this family already; else whoever is first on the rota now."""
    batch = doing.stage.batch
    if has_it := duty.has_it(batch.conn, case.id if case else None, doing.contact_id):
        return has_it
    rota = duty.on_call_now(batch.conn, doing.district_id, school_id, doing.now)
    known = directory.staff(batch.conn, rota, doing.now)
    return next((one for one in rota if one in known and known[one].active), "")


def _of_case(doing: Doing, role: str, case: OpenCase | None) -> str:
    """The case's own person for this role, unless they left."""
    own = {"liaison": case.liaison_id, "teacher": case.teacher_id or case.lead_id}.get(role, "") if case else ""
    known = directory.staff(doing.stage.batch.conn, [own], doing.now)
    return own if own in known and known[own].active else ""


def tell_owner(doing: Doing, row: Mapping[str, Any], case: OpenCase | None, owner: str) -> None:
    """A word to the owner: a direct message or an e-mail; for what may not wait also a text. Otherwise the console has it."""
    batch, runtime = doing.stage.batch, doing.stage.runtime
    person = directory.staff(batch.conn, [owner], doing.now).get(owner)
    if person is None or not person.active:
        return
    found = staff_post.ways(batch.conn, runtime, person, doing.now)
    way = next((one for one in found if one.channel != "sms" or row["reason"] in BY_TEXT), None)
    if way is None:
        return
    queued = staff_post.row(
        runtime,
        person,
        way,
        staff_post.waiting(runtime, person.lang, case.code if case else "", row["id"], row["due_at"], doing.zone),
        doing.now,
        message_id=doing.message_id or None,
        case_id=case.id if case else None,
        handoff_id=row["id"],
        purpose="handoff",
        ref="handoff",
    )
    doing.rows.outbox.append(queued)
    doing.wake.append(queued["id"])
