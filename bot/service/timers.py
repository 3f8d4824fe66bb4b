"""Timers that came due. The clock only rings; the row decides: in time it prompts the talk, too late it becomes a task for a person."""

from __future__ import annotations

from bot.log import get_log
from bot.service import alert_seen, tell_staff
from bot.service import escalate as escalation
from bot.service import ring as talk
from bot.service.runtime import Runtime
from bot.store import due
from bot.store.due import DueTimer

_log = get_log("timers")

BATCH = 200


def ring(runtime: Runtime) -> int:
    """Work off the timers that are due, each in its own transaction: one that raises waits for the next ring and stops nobody else."""
    now = runtime.clock.now()
    with runtime.database.read() as conn:
        waiting = due.timers(conn, now, BATCH)
    done = 0
    for timer in waiting:
        try:
            wake = _one(runtime, timer)
        except Exception:  # noqa: BLE001 - a timer of one family must not silence the others
            _log.exception("timer_failed", timer_id=timer.id, kind=timer.kind)
            continue
        runtime.wake(wake)
        done += 1
    return done


def _one(runtime: Runtime, timer: DueTimer) -> list[str]:
    now = runtime.clock.now()
    with runtime.database.begin() as conn:
        if timer.kind == alert_seen.KIND:
            return alert_seen.ring(conn, runtime, timer, now)
        if timer.kind in escalation.KINDS:
            return escalation.ring(conn, runtime, timer, now)
        late = timer.not_after is not None and timer.not_after < now
        if not late and timer.contact_id is not None:
            return talk.ring(conn, runtime, timer.id, now)
        if not due.finish_timer(conn, timer.id, timer.due_at):
            return []  # somebody answered, or moved it, while we looked
        if late:
            tell_staff.task(
                conn,
                runtime,
                now,
                "late_timer",
                district_id=timer.district_id,
                case_id=timer.case_id,
                contact_id=timer.contact_id,
                about=timer.id,
            )
        return []


def escalate(runtime: Runtime) -> int:
    """Tell the coordinator about hand-offs that nobody took in time, once each."""
    now = runtime.clock.now()
    with runtime.database.begin() as conn:
        overdue = due.overdue_handoffs(conn, now, BATCH)
        told = 0
        for one in overdue:
            if due.mark_escalated(conn, one, now):
                tell_staff.task(
                    conn,
                    runtime,
                    now,
                    "overdue",
                    district_id=one.district_id,
                    case_id=one.case_id,
                    contact_id=one.contact_id,
                    about=one.id,
                    visibility=one.visibility,
                )
                told += 1
    return told
