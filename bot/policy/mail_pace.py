"""How often mail may answer by itself, so that two robots do not write to each other for ever (fault 20, RFC 3834).

| an answer to an address | leaves |
|---|---|
| class F, danger, the one confirmation of a STOP | always |
| the first in 24 hours, or more texts of the same answer | now |
| another within 24 hours | when 24 hours are over |
| after `ENDS_AFTER` answers in seven days | not at all, until it was quiet for days: a person looks, since nobody talks like that by mail |
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.policy import classes

EVERY = timedelta(hours=24)
WEEK = timedelta(days=7)
ENDS_AFTER = 5


def leaves_at(message_class: str, purpose: str, earlier: Sequence[datetime], now: datetime) -> datetime | None:
    """The first moment from `now` on at which another answer may leave; None when this exchange is over.

    :param earlier: when answers to other messages left for this address, one moment each, in the last seven days.
    """
    if classes.always(message_class, purpose):
        return now
    if len(earlier) >= ENDS_AFTER:
        return None
    return max((one + EVERY for one in earlier), default=now) if earlier and max(earlier) + EVERY > now else now
