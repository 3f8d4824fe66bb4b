"""A thank-you to a family: the address of the talk, whether its words were checked, and the row. Never commits."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.store.tables import CatalogueApproval, Outbox, Session


def talk_endpoint(conn: Connection, session_id: str | None) -> str:
    """The address the talk was on; "" when there was none."""
    return conn.execute(sa.select(Session.endpoint_id).where(Session.id == session_id)).scalar() or "" if session_id else ""


def is_approved(conn: Connection, district_id: str, lang: str, digest: str) -> bool:
    """Whether this very catalogue was approved by the district."""
    query = sa.select(CatalogueApproval.id).where(
        CatalogueApproval.district_id == district_id,
        CatalogueApproval.subject == "flows",
        CatalogueApproval.lang == lang,
        CatalogueApproval.hash == digest,
    )
    return conn.execute(query).first() is not None


def queue(conn: Connection, **values: Any) -> bool:
    """Queue it unless the same alert was thanked for before."""
    key = values["dedupe_key"]
    if conn.execute(sa.select(Outbox.id).where(Outbox.dedupe_key == key)).first() is not None:
        return False
    fixed = {
        "audience": "family",
        "message_class": "C",
        "purpose": "notice",
        "answers_family": False,
        "ref": "staff_thanks",
        "priority": 5,
        "seq": 0,
        "state": "queued",
    }
    conn.execute(sa.insert(Outbox).values(**{**fixed, **values}))
    return True
