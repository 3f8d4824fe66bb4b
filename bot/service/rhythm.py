"""How often and when the bot begins to write by itself (domain.md 3.0, Rhythm)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.policy import cap, hours
from bot.service import directory
from bot.store.begun import begun
from bot.store.tables import Contact


class Wait(NamedTuple):
    """The moment at which one more may leave, and the family's zone to say it in."""

    at: datetime
    zone: str


def waits(conn: Connection, contact_id: str, now: datetime) -> Wait | None:
    """Until when this family hears nothing more that we begin, because they have heard enough this week; None when they have not."""
    zone, settings = _rules(conn, contact_id, now)
    free = cap.free_at(begun(conn, contact_id, now - 2 * cap.WEEK), now, cap.weekly(settings))
    return None if free <= now else Wait(_open(free, zone, settings), zone)


def leaves_at(conn: Connection, contact_id: str, now: datetime) -> datetime:
    """When what the school begins may leave, on the contact's own clock: `now` inside the allowed hours, else when they open."""
    return _open(now, *_rules(conn, contact_id, now))


def _rules(conn: Connection, contact_id: str, now: datetime) -> tuple[str, Mapping[str, Any]]:
    zone, district_id = conn.execute(sa.select(Contact.zone, Contact.district_id).where(Contact.id == contact_id)).one()
    return zone, directory.district(conn, district_id, now).settings


def _open(now: datetime, zone: str, settings: Mapping[str, Any]) -> datetime:
    return hours.next_open(now, zone, hours.window_of(settings)).astimezone(hours.zone_of(zone))
