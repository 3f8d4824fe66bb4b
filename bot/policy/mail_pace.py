"""How often mail may answer by itself, so that two robots do not write to each other for ever (fault 20, RFC 3834).

| an answer to an address | leaves |
|---|---|
| class F, danger, the one confirmation of a STOP | always |
| the next step of a talk: the turn wrote into the record, or was asked for by a word (HELP) | now, up to `MOVES_A_DAY` in 24 hours |
| the first in 24 hours, or more texts of the same answer | now |
| another within 24 hours | when 24 hours are over |
| after `ENDS_AFTER` answers in seven days that moved nothing | not at all, until it was quiet for days: a person looks |
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from bot.policy import classes

EVERY = timedelta(hours=24)
WEEK = timedelta(days=7)
ENDS_AFTER = 5
MOVES_A_DAY = 12
"""More steps of a talk than anybody takes by mail in a day: the next one counts as one that moves nothing."""


class Answer(NamedTuple):
    """An answer that left for an address: when, and whether it was the next step of a talk."""

    at: datetime
    moved: bool = False


def leaves_at(message_class: str, purpose: str, earlier: Sequence[Answer], now: datetime, *, moved: bool = False) -> datetime | None:
    """The first moment from `now` on at which an answer may leave; None when this exchange is over.

    :param earlier: the answers to other messages that left for this address in the last seven days.
    :param moved: it is the next step of a talk.
    """
    if classes.always(message_class, purpose):
        return now
    if moved and sum(one.moved and one.at > now - EVERY for one in earlier) < MOVES_A_DAY:
        return now
    if sum(not one.moved for one in earlier) >= ENDS_AFTER:
        return None
    return max([now, *(one.at + EVERY for one in earlier)])
