"""Who did or read what, when and why: one line of ids, chained per district, in the same transaction as the thing itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.service.runtime import Runtime
from bot.service.viewer import Viewer
from bot.store.chain import GENESIS, audit_chain
from bot.store.tables import Audit

_TABLE = cast("sa.Table", Audit.__table__)


def record(
    conn: Connection,
    *,
    district_id: str,
    actor_kind: str,
    actor_id: str,
    action: str,
    object_kind: str,
    object_id: str,
    now: datetime,
    new_id: Callable[[str], str],
    message_class: str = "",
    reason: str = "",
) -> str:
    """Append one line and return its id. `reason` is a code word or a staff member's own reason; never a family's words.

    Lines of one district wait for each other until the transaction ends, so do this last.
    """
    if conn.dialect.name == "postgresql":
        conn.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(f"audit:{district_id}", 0))))
    newest = sa.select(_TABLE.c.seq, _TABLE.c.chain).where(_TABLE.c.district_id == district_id).order_by(_TABLE.c.seq.desc()).limit(1)
    last = conn.execute(newest).one_or_none()
    row: dict[str, Any] = {
        "id": new_id("aud"),
        "district_id": district_id,
        "seq": 1 + (last.seq if last else 0),
        "actor_kind": actor_kind,
        "actor_id": actor_id,
        "action": action,
        "object_kind": object_kind,
        "object_id": object_id,
        "message_class": message_class,
        "reason": reason,
        "at": now,
    }
    row["chain"] = audit_chain(bytes(last.chain) if last else GENESIS, row)
    conn.execute(sa.insert(_TABLE), [row])
    return str(row["id"])


def by_staff(
    conn: Connection,
    runtime: Runtime,
    who: Viewer,
    action: str,
    object_id: str,
    now: datetime,
    *,
    kind: str = "case",
    message_class: str = "",
    reason: str = "",
) -> str:
    """`record` for what a signed-in staff member did or read."""
    return record(
        conn,
        district_id=who.district_id,
        actor_kind="staff",
        actor_id=who.staff_id,
        action=action,
        object_kind=kind,
        object_id=object_id,
        message_class=message_class,
        reason=reason,
        now=now,
        new_id=runtime.ids.new,
    )
