"""Whom a case's Slack channel may hold: staff who may open the case anyway (fault 14). Decided anew before every post."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.engine import Connection

from bot.policy import permissions
from bot.store import readers as store


def readers(conn: Connection, case_ids: Sequence[str], now: datetime) -> dict[str, frozenset[str]]:
    """The Slack accounts that may read alerts of each of these cases."""
    cases = store.homes(conn, case_ids)
    if not cases:
        return {}
    teams = store.members(conn, case_ids, now)
    staff = store.colleagues(conn, sorted({case.district_id for case in cases}))
    return {case.id: frozenset(one.slack_user for one in staff if _may_read(case, one, teams)) for case in cases}


def _may_read(case: store.Home, one: store.Colleague, teams: set[tuple[str, str]]) -> bool:
    if one.district_id != case.district_id:
        return False
    on_team = (case.id, one.staff_id) in teams or one.staff_id in (case.lead_id, case.liaison_id)
    grants = [(one.role, one.school_id)] if one.role else []
    return permissions.may_open_case(grants, school_id=case.school_id, on_team=on_team)
