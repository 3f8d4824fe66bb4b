"""How often and when the bot begins to write by itself (domain.md 3.0, Rhythm)."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

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
    zone, district_id = conn.execute(sa.select(Contact.zone, Contact.district_id).where(Contact.id == contact_id)).one()
    limit = cap.weekly(directory.district(conn, district_id, now).settings)
    free = cap.free_at(begun(conn, contact_id, now - 2 * cap.WEEK), now, limit)
    return None if free <= now else Wait(leaves_at(conn, contact_id, free), zone)


def leaves_at(conn: Connection, contact_id: str, now: datetime) -> datetime:
    """When what the school begins may leave, on the contact's own clock: `now` inside the allowed hours, else when they open."""
    contact = conn.execute(sa.select(Contact.zone, Contact.district_id).where(Contact.id == contact_id)).one()
    window = hours.window_of(directory.district(conn, contact.district_id, now).settings)
    return hours.next_open(now, contact.zone, window).astimezone(hours.zone_of(contact.zone))
