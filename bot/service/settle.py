"""What became of messages: the provider's answers in groups, and its status news. Each error carries its own policy."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy.engine import Connection

from bot.log import get_log
from bot.service import backoff, tell_staff
from bot.service.hand_over import Going
from bot.service.runtime import Runtime
from bot.store import fate, mail
from bot.store.fate import Accepted, Changed, News, RowFacts, Unsent
from channels.base import STATUS_RANK, Receipt, StatusUpdate
from channels.errors import BadAddress, InDoubt, Misconfigured, SendError, Stopped, Throttled, TooLong

_log = get_log("settle")

STATE = {"queued": "sent", "sent": "sent", "delivered": "delivered", "read": "delivered", "failed": "failed", "undelivered": "undelivered"}
"""The provider's news in our states. A word we do not know still proves that the provider has the message: sent."""

STAFF_MUST_ACT_AGAIN = timedelta(minutes=5)
"""A message that waits for staff to repair our account is tried again this often."""

ONCE_MORE = timedelta(minutes=2)
"""When a text goes again that a carrier did not deliver without a reason."""

SOFT_AT_MOST, SOFT_WITHIN = 3, timedelta(days=14)
"""So many mails that came back for now, within so many days, and the address counts as dead."""

TOLD_AFTER_TRIES = 5
"""Tries after which staff are told that the provider does not take our messages: well within five minutes (fault 22)."""

TOLD_AFTER_SECONDS = 60.0
"""Who is asked by a provider to stay away longer than this would not come to so many tries within five minutes: staff are told at once."""


class Answer(NamedTuple):
    """How one POST ended: a receipt, or the error it raised."""

    going: Going
    receipt: Receipt | None
    error: Exception | None


def rank(word: str) -> int:
    """The rank of a status word; an unknown one counts as taken by the provider."""
    return STATUS_RANK.get(word, STATUS_RANK["queued"])


def settle(conn: Connection, runtime: Runtime, answers: Sequence[Answer], now: datetime) -> datetime | None:
    """Write down how up to 64 POSTs ended. Gives the moment the first of them is to be tried again."""
    fate.accept(conn, [accepted(one.going.message.outbox_id, one.receipt) for one in answers if one.receipt is not None], now)
    again: datetime | None = None
    for one in answers:
        if one.error is None:
            continue
        verdict = verdict_on(one, now, chance=random.random(), recovery=runtime.settings.recovery == "on")  # noqa: S311 - jitter, no secret
        if not fate.keep_unsent(conn, [verdict], now):
            continue  # a callback was quicker: the provider has it
        _follow_up(conn, runtime, one, verdict, now)
        if verdict.state == "queued":
            again = verdict.not_before if again is None else min(again, verdict.not_before)
    return again


def accepted(outbox_id: str, receipt: Receipt) -> Accepted:
    """A receipt as the outbox keeps it."""
    state = STATE.get(receipt.status, "sent")
    return Accepted(outbox_id, receipt.provider, receipt.provider_id, state, rank(receipt.status), receipt.segments)


def verdict_on(answer: Answer, now: datetime, *, chance: float, recovery: bool) -> Unsent:
    """Where a message that was not accepted goes next: the error's own policy, as a table of decisions. Pure."""
    error = answer.error
    code = error.code if isinstance(error, SendError) else ""
    tries = answer.going.attempts

    def unsent(state: str, reason: str, at: datetime = now) -> Unsent:
        return Unsent(answer.going.message.outbox_id, state, reason, code[:40], at, tries)

    match error:
        case Stopped():
            return unsent("cancelled", "stopped_at_provider")
        case BadAddress():
            return unsent("failed", "bad_address")
        case TooLong():
            return unsent("failed", "too_long")
        case Misconfigured():
            return unsent("queued", "misconfigured", now + STAFF_MUST_ACT_AGAIN)
        case InDoubt():
            return unsent("in_doubt", "no_answer") if recovery else unsent("queued", "no_answer")
        case SendError(retryable=True) if tries >= backoff.MOST_TRIES:
            return unsent("failed", "gave_up")
        case Throttled():
            return unsent("queued", "throttled", now + backoff.wait(tries, chance, error.retry_after))
        case SendError(retryable=True):
            return unsent("queued", "not_accepted", now + backoff.wait(tries, chance))
        case SendError():
            return unsent("failed", "refused")
        case _:  # not a word of the channel's: it may have happened after the provider took it
            return unsent("in_doubt", "unexpected")


def _follow_up(conn: Connection, runtime: Runtime, answer: Answer, verdict: Unsent, now: datetime) -> None:
    """What else a failed message means: for the consent ledger, the endpoint, the team."""
    row = fate.row_facts(conn, verdict.id)
    _log.info(
        "message_not_taken",
        outbox_id=verdict.id,
        state=verdict.state,
        reason=verdict.reason,
        provider_code=verdict.error_code,
        attempts=verdict.attempts,
    )
    reason = ""
    if verdict.reason == "stopped_at_provider":
        fate.record_stop(conn, row, runtime.ids.new("led"), now)
        reason = "stopped"
    elif verdict.reason == "bad_address":
        if answer.going.audience == "staff" and fate.redirect_to_lead(conn, row, now):
            return
        fate.mark_unreachable(conn, row)
        reason = "bad_address"
    elif verdict.reason in ("too_long", "misconfigured"):
        reason = verdict.reason
    elif verdict.reason in ("gave_up", "refused"):
        reason = "undelivered"
    elif verdict.state == "queued" and (
        verdict.attempts == TOLD_AFTER_TRIES or getattr(answer.error, "retry_after", 0.0) > TOLD_AFTER_SECONDS
    ):
        reason = "provider_down"
    _tell(conn, runtime, row, reason, now)


def _tell(conn: Connection, runtime: Runtime, row: RowFacts, reason: str, now: datetime) -> None:
    """Give the failure to a person. A family that opted out is nobody's task, unless what it missed was a crisis text."""
    if row.message_class == "F" and reason:
        _log.error("crisis_text_failed", outbox_id=row.id, reason=reason)
        reason = "crisis_text_failed"
    if reason in ("misconfigured", "provider_down"):  # one task for the district, not one a family
        _log.error("delivery_needs_staff", outbox_id=row.id, reason=reason)
        tell_staff.task(conn, runtime, now, reason, district_id=row.district_id, about=row.id)
    elif reason not in ("", "stopped"):
        tell_staff.task(
            conn, runtime, now, reason, district_id=row.district_id, case_id=row.case_id, contact_id=row.contact_id, about=row.id
        )


def apply_status(conn: Connection, runtime: Runtime, updates: Sequence[StatusUpdate], now: datetime) -> None:
    """Apply the provider's news, each once, never backwards. Runs inside the group committer's transaction."""
    updates = _about_ours(conn, runtime, updates, now)
    news = [
        News(
            update.provider,
            update.provider_id,
            update.status,
            STATE.get(update.status, "sent"),
            rank(update.status),
            update.outbox_id,
            update.error_code[:40],
        )
        for update in updates
    ]
    for update in updates:
        if update.status == "delayed" and update.outbox_id:
            _came_back_for_now(conn, runtime, update.outbox_id, now)
    for changed in fate.apply_news(conn, news, now):
        if changed.state in ("failed", "undelivered"):
            _undelivered(conn, runtime, changed, str(updates[changed.news].raw.get("advice", "")), now)


def _about_ours(conn: Connection, runtime: Runtime, updates: Sequence[StatusUpdate], now: datetime) -> list[StatusUpdate]:
    """The news without reports about an address we did not write to: whoever was shown a mail of ours could send one. A person is told,
    since a forwarded mail may come back so as well."""
    named = [one for one in updates if one.outbox_id and "addresses" in one.raw]
    went_to = fate.addresses_of(conn, [one.outbox_id for one in named]) if named else {}
    others = [one for one in named if went_to.get(one.outbox_id, "").strip().lower() not in one.raw["addresses"]]
    for one in others:
        _log.warning("report_about_another_address", outbox_id=one.outbox_id)
        if one.outbox_id in went_to:
            _tell(conn, runtime, fate.row_facts(conn, one.outbox_id), "undelivered", now)
    return [one for one in updates if one not in others]


def _came_back_for_now(conn: Connection, runtime: Runtime, outbox_id: str, now: datetime) -> None:
    """A soft bounce. Three in a fortnight and the address is given up: the other channels of the family are used, and staff told (1.5)."""
    mail.note_soft(conn, [outbox_id])
    row = fate.row_facts(conn, outbox_id) if fate.exists(conn, outbox_id) else None
    if row is None or row.endpoint_id is None or mail.soft_count(conn, row.endpoint_id, now - SOFT_WITHIN) < SOFT_AT_MOST:
        return
    fate.mark_unreachable(conn, row)
    _tell(conn, runtime, row, "bad_address", now)


def _undelivered(conn: Connection, runtime: Runtime, changed: Changed, advice: str, now: datetime) -> None:
    row = fate.row_facts(conn, changed.id)
    reason = advice if advice in ("stopped", "bad_address", "filtered") else "undelivered"
    _log.info("message_undelivered", outbox_id=row.id, reason=reason, provider_code=changed.error_code)
    if reason == "stopped":
        fate.record_stop(conn, row, runtime.ids.new("led"), now)
    elif reason == "bad_address":
        fate.mark_unreachable(conn, row)
    elif advice == "once_more" and fate.send_once_more(conn, row.id, now + ONCE_MORE) and row.message_class != "F":
        return  # of a crisis text a person hears at once all the same
    _tell(conn, runtime, row, reason, now)
