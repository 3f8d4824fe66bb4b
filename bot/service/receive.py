"""A batch of inbound messages becomes durable: words, talk, entries, tasks and replies together, in the caller's transaction.

`receive_batch` never commits; the group committer does (`bot.service.committer`). Reads and writes are set by set: about a dozen
statements, whether one family writes or sixty-four. Two messages of one contact in a batch are two waves, the second reading what the
first wrote. A turn that raises fails the batch; the committer replays it and keeps the raw message (`rescue`) for `retry`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection

from bot.engine.events import Handoff
from bot.log import get_log
from bot.service import directory, failed_turn, kept, mail_in
from bot.service.answer_family import answer
from bot.service.commits import Commits, Do
from bot.service.committer import Committer
from bot.service.doing import Doing
from bot.service.handoff import hand_off
from bot.service.listened import listened_to
from bot.service.ring import ring
from bot.service.runtime import Runtime
from bot.service.stranger import answer_stranger
from bot.service.turn import Stage
from bot.service.who import Batch, Place, bare, find_writers
from bot.store import inbound
from bot.store.tables import Attachment
from bot.store.turn_rows import TurnRows, quarantine
from channels.base import MAIL, Inbound, MediaRef, StaffAction, StatusUpdate

__all__ = ["Outcome", "commits_for", "committer_for", "receive_batch", "rescue", "retry", "ring"]

TRIES = 5
SECOND = 2
HEARD_AGAIN = timedelta(hours=1)
"""How exactly we remember when a number was last heard from: coarse, so that most turns need no write for it."""

log = get_log("receive")
Item = Inbound | StatusUpdate | StaffAction


class Outcome(NamedTuple):
    """What an item came to. `state`: done | duplicate | failed | unknown_sender | unknown_receiver | put_aside | settled | acted.

    `wake` are outbox ids that should leave at once.
    """

    state: str
    message_id: str = ""
    wake: tuple[str, ...] = ()


@dataclass(slots=True)
class Arrival:
    """One message on its way through the batch. `again` is its number of tries when it has failed before; `start` the flow it is known
    to begin (a rehearsal's). A mail may have a `doubt`, or be `about` a row of ours (`mail_in`)."""

    item: Inbound
    message_id: str = ""
    place: Place | None = None
    received_at: datetime | None = None
    again: int = 0
    media: tuple[str, ...] = ()
    start: tuple[str, str] = ("", "")
    outcome: Outcome | None = None
    doubt: str = ""
    about: Any = None
    key: tuple[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.key = self.item.provider, kept.provider_id(self.item)


def commits_for(runtime: Runtime) -> Commits[Item, Outcome]:
    """How batches become durable in this process."""

    def work(conn: Connection, items: Sequence[Item]) -> Sequence[Outcome]:
        return receive_batch(conn, runtime, items, runtime.clock.now())

    return Commits(runtime.database, work, partial(_rescue, runtime))


def committer_for(runtime: Runtime, do: Do | None = None) -> Committer[Item, Outcome]:
    """The committer of this process; `runtime.wake` is told what should leave at once. No thread runs before the first item.

    :param do: how a batch becomes durable, where that is not in this process (`bot.service.apart`).
    """
    commits = do or commits_for(runtime)

    def after(outcomes: Sequence[Outcome]) -> None:
        if ids := [one for outcome in outcomes for one in outcome.wake]:
            runtime.wake(ids)

    prepare = partial(listened_to, runtime.words) if commits.apart else None
    return Committer(commits, key=conversation, prepare=prepare, after=after)


def conversation(item: Item) -> str:
    """Whose turn an item is, as far as its envelope tells."""
    return bare(item.sender) if isinstance(item, Inbound) else ""


def _rescue(runtime: Runtime, conn: Connection, item: Item, error: Exception) -> Outcome:
    return rescue(conn, runtime, item, error, runtime.clock.now())


def receive_batch(conn: Connection, runtime: Runtime, items: Sequence[Item], now: datetime) -> list[Outcome]:
    """Do all items in the caller's transaction, one outcome each, in order. Never commits."""
    arrivals = [Arrival(one) if isinstance(one, Inbound) else None for one in items]
    take_in(conn, runtime, [one for one in arrivals if one is not None], now)
    updates = [one for one in items if isinstance(one, StatusUpdate)]
    if updates:
        from bot.service import settle

        settle.apply_status(conn, runtime, updates, now)
    outcomes: list[Outcome] = []
    for item, arrival in zip(items, arrivals, strict=True):
        if arrival is not None:
            assert arrival.outcome is not None
            outcomes.append(arrival.outcome)
        elif isinstance(item, StaffAction):
            from bot.service import staff_action

            outcomes.append(Outcome("acted", "", tuple(staff_action.act(conn, runtime, item, now))))
        else:
            outcomes.append(Outcome("settled"))
    return outcomes


def take_in(conn: Connection, runtime: Runtime, arrivals: Sequence[Arrival], now: datetime) -> None:
    """Give every arrival its outcome."""
    waiting = []
    mails = [one for one in arrivals if one.item.channel == MAIL]
    if mails:
        mail_in.read_addresses(conn, mails)
    for one in arrivals:
        one.place = _door(conn, runtime, one, now)
        if one.place is None:
            log.error("unknown_receiver", provider=one.item.provider, channel=one.item.channel)
            one.outcome = Outcome("unknown_receiver")
        else:
            waiting.append(one)
    while waiting:
        waiting = _wave(conn, runtime, waiting, now)


def _door(conn: Connection, runtime: Runtime, arrival: Arrival, now: datetime) -> Place | None:
    """Which of our addresses was written to, and the index of the address that wrote."""
    item = arrival.item
    ours = item.to.removeprefix("whatsapp:")
    found = directory.receiver(conn, item.channel, ours, now)  # what answers a mail of ours is its district's, whoever has the address
    if arrival.about and (found is None or found.district_id != arrival.about.district_id):
        found = directory.sender_of(conn, arrival.about.district_id, item.channel, now)
    district_id = arrival.about.district_id if arrival.about else found.district_id if found else directory.only_district(conn, now)
    if not district_id and item.channel == MAIL:
        district_id, arrival.doubt = directory.home(conn, item.channel, now), arrival.doubt or "no_district"
    if not district_id:
        return None
    # one that nobody wrote down is answered from one that is: the provider may refuse the other, and the talk would stand still
    found = found or directory.sender_of(conn, district_id, item.channel, now)
    return Place(
        district=directory.district(conn, district_id, now),
        channel=item.channel,
        address_index=runtime.vault.index(district_id, mail_in.index_of(item, arrival.doubt)),
        our_address=found.address if found else ours,
        their_address=item.sender,
    )


def _wave(conn: Connection, runtime: Runtime, arrivals: Sequence[Arrival], now: datetime) -> list[Arrival]:
    """Do the first message of each contact; give back the others."""
    batch = Batch(conn, runtime.vault, now)
    places = [one.place for one in arrivals if one.place is not None]
    find_writers(batch, places)
    mails = [one for one in arrivals if one.about is not None]
    for one in mails:
        mail_in.settle_writer(one)
    already = batch.know(places, [one.key for one in arrivals])  # after the lock on contacts: a copy elsewhere has committed by now
    for one in mails:
        mail_in.settle_case(one)
    first: list[Arrival] = []
    later: list[Arrival] = []
    busy: set[Any] = set()
    for one in arrivals:
        place = one.place
        assert place is not None
        who = place.contact_id if place.endpoint is not None else (place.district.id, place.address_index)
        if one.key in already and not one.again:
            one.outcome = Outcome("duplicate", already[one.key])
        elif who in busy:
            later.append(one)
        else:
            busy.add(who)
            first.append(one)
    if first:
        _play(batch, runtime, first)
    return later


def _play(batch: Batch, runtime: Runtime, arrivals: Sequence[Arrival]) -> None:
    stage, rows = Stage(runtime, batch), TurnRows()
    for one in arrivals:
        _turn(stage, rows, one)
    batch.close(rows)
    rows.write(batch.conn)


def _turn(stage: Stage, rows: TurnRows, arrival: Arrival) -> None:
    """One message: keep it, play it, note what it came to."""
    place, item, now = arrival.place, arrival.item, stage.batch.now
    assert place is not None
    text = kept.clean(item.text)
    message = _message(stage, rows, arrival, place)
    doing = Doing(stage, rows, place, message["id"], body=text, heard_at=arrival.received_at)
    if arrival.doubt:
        mail_in.put_aside(doing, arrival, message)
        _store(rows, arrival, message)
        arrival.outcome = Outcome("put_aside", message["id"], tuple(doing.wake))
        return
    known = place.endpoint is not None
    lang = place.endpoint.lang_written if known else "en"
    found = stage.screened(place, text, lang, silent=item.silent)
    if item.channel == MAIL:
        found = mail_in.hear_below(stage, doing, item, found, lang)
    message["screened"], message["lang"] = ",".join(found.fired)[:200], lang if known else ""
    if known:
        message["visibility"] = answer(doing, arrival, found, text)
        message["contact_id"], message["endpoint_id"] = place.contact_id, place.endpoint.id
        message["case_id"] = doing.case.id if doing.case else None
        message["session_id"] = doing.session_id or None
        _note_heard(rows, place, now)
    else:
        answer_stranger(doing, text, found, answered_by_provider=item.answered_by_provider)
        message["visibility"] = "safety_only" if found.grave else "team"
    mail_in.page_below(doing, lang, message)
    _store(rows, arrival, message)
    arrival.outcome = Outcome("done" if known else "unknown_sender", message["id"], tuple(doing.wake))


def _message(stage: Stage, rows: TurnRows, arrival: Arrival, place: Place) -> dict[str, Any]:
    runtime, now = stage.runtime, stage.batch.now
    arrival.message_id = arrival.message_id or runtime.ids.new("msg")
    if arrival.item.media and not arrival.again:
        attached = kept.attachment_rows(arrival.item, arrival.message_id, place.district.id, runtime, now)
        rows.attachment += attached
        arrival.media = tuple(row["id"] for row in attached if row["content_type"] != kept.ORIGINAL)
    return kept.message_row(arrival.item, arrival.message_id, place.district.id, arrival.received_at or now)


def _store(rows: TurnRows, arrival: Arrival, message: dict[str, Any]) -> None:
    if not arrival.again:
        rows.message.append(message)
        return
    changed = ("contact_id", "case_id", "session_id", "visibility", "screened", "state", "error")
    new = {f"new_{name}": message[name] for name in changed}
    rows.message_again.append({"row_id": message["id"], "new_attempts": arrival.again, **new})


def _note_heard(rows: TurnRows, place: Place, now: datetime) -> None:
    """Remember that the number is alive; one that was silent too long must be confirmed first (fault 10)."""
    heard = place.endpoint.last_inbound_at
    if (heard is None or now - heard > HEARD_AGAIN) and (place.endpoint.confirmed_at is None or place.trusted(now)):
        rows.seen.append({"id": place.endpoint.id, "last_inbound_at": now})


def rescue(conn: Connection, runtime: Runtime, item: Item, error: Exception, now: datetime) -> Outcome:
    """The turn raised: keep the raw message alone, to be tried again. News about our own messages is found again by look-up."""
    if not isinstance(item, Inbound):
        return Outcome("failed")
    message_id, district_id = kept.keep_raw(conn, runtime, item, error, now)
    log.error("message_kept_raw", message_id=message_id, district_id=district_id, error=type(error).__name__)
    return Outcome("failed", message_id)


def retry(conn: Connection, runtime: Runtime, message_id: str, now: datetime) -> list[str]:
    """Run a failed message's turn again, in the caller's transaction; after five tries it is quarantined and a person's task."""
    row = inbound.failed_message(conn, message_id)
    if row is None:
        return []
    raw = orjson.loads(row.raw)
    attached = sa.select(Attachment.id, Attachment.state).where(
        Attachment.message_id == message_id, Attachment.content_type != kept.ORIGINAL
    )
    media = conn.execute(attached.order_by(Attachment.id)).all()
    item = Inbound(
        row.provider,
        row.provider_id,
        row.channel,
        raw["to"],
        raw["sender"],
        row.body,
        tuple(MediaRef("", refused=one.state == "failed") for one in media),
        raw["raw"],
        raw["answered_by_provider"],
        **{name: raw[name] for name in kept.OF_MAIL if name in raw},
    )
    arrival = Arrival(item, message_id, received_at=row.received_at, again=row.attempts + 1, media=tuple(one.id for one in media))
    try:
        with conn.begin_nested():
            take_in(conn, runtime, [arrival], now)
    except Exception as error:  # noqa: BLE001 - whatever it is, it counts as a try
        _failed_again(conn, runtime, row, arrival, error, now)
        return []
    return list(arrival.outcome.wake) if arrival.outcome else []


def _failed_again(conn: Connection, runtime: Runtime, row: Any, arrival: Arrival, error: Exception, now: datetime) -> None:
    """Count the try. Soon after the first, and when nobody will try any more, people hear of it."""
    given_up = arrival.again >= TRIES
    log.error("turn_failed_again", message_id=row.id, attempts=arrival.again, exc_info=error)
    quarantine(conn, row.id, arrival.again, type(error).__name__, given_up=given_up)
    if arrival.again not in (SECOND, TRIES):
        return
    place = _door(conn, runtime, arrival, now)
    assert place is not None
    batch = Batch(conn, runtime.vault, now)
    find_writers(batch, [place])
    batch.know([place])
    doing = Doing(Stage(runtime, batch), TurnRows(), place, row.id, body=row.body, case=place.case(), heard_at=row.received_at)
    if given_up:
        hand_off(doing, Handoff("office", "quarantine", "school_day"))
        doing.rows.write(conn)
    else:
        failed_turn.hear(conn, doing)
