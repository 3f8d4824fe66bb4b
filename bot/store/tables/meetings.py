"""Meetings of a case's team with the family."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables.base import Base, datetime, district, key, moment, ref, word
from bot.store.types import SealedText


class Meeting(Base):
    """One meeting. `wall` is the time as the school said it ("2026-12-03T15:30") in `zone`: the truth; `starts_at` is what it means in UTC.

    `mode`: in_person | phone | video. `state`: planned | moved | cancelled | held | over (its day has passed, and
    nobody said what came of it). `facilitator_id` is told when a family runs late.
    """

    __tablename__ = "meeting"
    id: Mapped[str] = key()
    district_id: Mapped[str] = district()
    case_id: Mapped[str] = ref("cases.id", index=True)
    wall: Mapped[str] = word(16)
    zone: Mapped[str] = word(60)
    starts_at: Mapped[datetime] = moment()
    place: Mapped[str] = mapped_column(SealedText, nullable=False)
    mode: Mapped[str] = word()
    interpreter: Mapped[bool] = mapped_column(sa.Boolean, nullable=False, default=False)
    state: Mapped[str] = word(default="planned")
    facilitator_id: Mapped[str | None] = ref("staff.id", null=True)
    planned_by: Mapped[str] = word(120)
    created_at: Mapped[datetime] = moment()
