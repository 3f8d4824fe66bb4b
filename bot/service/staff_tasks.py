"""One task in full, and taking it. The lists are `bot.service.task_desk`, how a task ends is `bot.service.task_outcome`.

A task without a case (a wrong number, a stranger's message) is nobody's page but this one. The family's words are for
who may read them, and that reading is audited.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from bot.errors import NotFound
from bot.policy.permissions import Grant
from bot.service import access, acknowledge, audit, case_timeline, kept, outcome, task_words
from bot.service.on_file import OnFile, on_file
from bot.service.runtime import Runtime
from bot.service.viewer import Viewer
from bot.store import rights, tasks, timeline
from bot.store.duty import on_call_now


@dataclass(frozen=True, slots=True)
class TaskCard:
    """One task. `words` are empty for who may not read them; `code` is "" when there is no case or it is not theirs to open.
    `wrote_from` is the phone or mail address the words came from: who takes the task must be able to call back. `may` is "nothing" for
    whom nothing may be told: who calls back must know it first. `on_file` is whose address a message names that nobody can vouch for.
    `may_write`: this person may answer by a text of their own.
    """

    id: str
    reason: str
    to_role: str
    state: str
    mine: bool
    owner: str
    code: str
    may_write: bool
    who: str
    relation: str
    may: str
    lang: str
    words: task_words.Words
    late: bool
    due_at: datetime
    zone: str
    at: datetime
    contact_id: str
    wrote_from: str
    on_file: tuple[OnFile, ...]
    entry_id: str
    outcome: outcome.Outcome
    closed_at: datetime | None


def open_task(conn: Connection, runtime: Runtime, who: Viewer, handoff_id: str, now: datetime) -> TaskCard:
    """One task in full; the family's words only for who may read them, and then audited."""
    row = find(conn, who, handoff_id, now, reading=True)
    may_read = _may_read(conn, who, row, now)
    came = outcome.read(row.outcome) if may_read or row.owner_id == who.staff_id else outcome.Outcome()
    said = task_words.words(conn, runtime, row.district_id, [row], now) if may_read else {}
    shown = _card(conn, runtime, who, row, now, words=said.get(row.id, task_words.Words()), came=came)
    audit.by_staff(conn, runtime, who, "read", row.id, now, kind="handoff", message_class="D")
    return shown


def take(conn: Connection, runtime: Runtime, who: Viewer, handoff_id: str, now: datetime) -> list[str]:
    """Say "I take this"; the ids of what was queued for others. Of two people one has it: who came second finds the other's name."""
    row = find(conn, who, handoff_id, now)
    _, queued = acknowledge.acknowledge(conn, runtime, row.id, who.staff_id, "console", now)
    return queued


def find(conn: Connection, who: Viewer, handoff_id: str, now: datetime, *, reading: bool = False) -> Any:
    """The task, if it is this person's, may become theirs, or is about a case of theirs; `NotFound` else.

    :param reading: nothing is changed: a case opened in an emergency counts.
    """
    row = tasks.task(conn, who.district_id, handoff_id)
    if row is None:
        raise NotFound
    mine = row.owner_id == who.staff_id and (row.state != "closed" or _still_theirs(conn, who, row, now))
    if mine or _for_my_role(row, access.grants(conn, who)) or _for_the_rota(conn, who, row, now):
        return row
    if row.code is not None and _may_read(conn, who, row, now):
        access.case(conn, who, row.code, now, reading=reading)
        return row
    raise NotFound


def _for_my_role(row: Any, grants: Sequence[Grant]) -> bool:
    """Nobody's yet, and for a role this person has at the task's school."""
    return row.owner_id is None and any(role == row.to_role and where in (None, row.school_id) for role, where in grants)


def _for_the_rota(conn: Connection, who: Viewer, row: Any, now: datetime) -> bool:
    """Not acknowledged yet, and this person is on call for it: whoever is quickest may take it, whoever was paged first."""
    on_call = row.to_role == "on_call" and row.state == "open"
    return on_call and who.staff_id in on_call_now(conn, row.district_id, row.school_id or "", now)


def _may_read(conn: Connection, who: Viewer, row: Any, now: datetime) -> bool:
    reader = access.reader(conn, who, row.school_id or "", now, row.case_id or "")
    may = reader.may_read(row.visibility, case_timeline.task_kind(row.reason), row.owner_id)
    return may and _still_theirs(conn, who, row, now)


def _still_theirs(conn: Connection, who: Viewer, row: Any, now: datetime) -> bool:
    """Whether what a task says is still for this person: who has left the team has lost the words of their old tasks too, and passes on
    those that are open. A page is for whom it called until it is done; a teacher has tasks by the team alone, others by their school."""
    if row.code is None or (row.to_role == "on_call" and row.state != "closed"):
        return True
    if row.to_role != "teacher" and any(role == row.to_role and where in (None, row.school_id) for role, where in access.grants(conn, who)):
        return True
    case = timeline.case_by_code(conn, who.district_id, row.code)
    return case is not None and (access.may_open(conn, who, case, now) or access.glass(conn, who, case.id, case.school_id, now) is not None)


def _may_hear(conn: Connection, row: Any, now: datetime) -> bool:
    """Whether this contact may be told about the task's child, or about any where it names none."""
    if row.contact_id is None:
        return True
    if row.student_id is not None:
        return rights.may_hear_of(conn, row.contact_id, row.student_id, now)
    return rights.may_hear_of_somebody(conn, row.contact_id, now)


def _card(
    conn: Connection, runtime: Runtime, who: Viewer, row: Any, now: datetime, words: task_words.Words, came: outcome.Outcome
) -> TaskCard:
    raw = tasks.raw_of(conn, row.message_id) if row.message_id and _still_theirs(conn, who, row, now) else None
    wrote_from = kept.written_from(raw)
    doubtful = row.contact_id is None and row.reason.startswith("doubtful") and wrote_from
    code = ""
    if row.code is not None:
        case = timeline.case_by_code(conn, who.district_id, row.code)
        code = row.code if access.may_open(conn, who, case, now) else ""
    may_hear = _may_hear(conn, row, now)
    may_write = bool(code and row.contact_id) and may_hear and row.to_role != "on_call" and row.state != "closed"
    return TaskCard(
        id=row.id,
        reason=row.reason,
        to_role=row.to_role,
        state=row.state,
        mine=row.owner_id == who.staff_id,
        owner=row.owner or "",
        code=code,
        may_write=may_write and access.reader(conn, who, row.school_id or "", now).may_send("A"),
        who=row.contact or "",
        relation=row.relation or "",
        may="" if may_hear else "nothing",
        lang=row.lang or row.contact_lang or "",
        words=words,
        late=row.state != "closed" and row.due_at < now,
        due_at=row.due_at,
        zone=row.zone,
        at=row.created_at,
        contact_id=row.contact_id or "",
        wrote_from=wrote_from,
        on_file=on_file(conn, runtime, row.district_id, wrote_from, now) if doubtful else (),
        entry_id=row.entry_id or "",
        outcome=came,
        closed_at=row.closed_at,
    )
