"""What comes due: timers, failed turns, attachments, overdue hand-offs, lost webhooks."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.errors import Busy
from bot.service import retry, sweep, timers
from bot.service import ring as talk
from bot.service.deliver import Deliverer
from bot.service.runtime import Runtime
from bot.store import due
from bot.store.database import Database
from bot.store.tables import Attachment, Handoff, Message, Timer
from bot.store.types import Plain
from channels.base import Inbound, MediaRef
from channels.errors import NotAccepted, Permanent
from tests.fakes.clock import START
from tests.service.posting import DISTRICT, Noon, Provider, runtime, tasks

NOW = START + timedelta(hours=1)


@pytest.fixture
def clock() -> Noon:
    return Noon(NOW)


class Archive(Provider):
    """A provider that keeps what families sent: messages in a list, photos to fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.list: Sequence[Inbound] = ()
        self.trouble: Exception | None = None

    async def missed(self, since: datetime, now: datetime) -> Sequence[Inbound]:
        assert now - since == timedelta(hours=24)
        if self.trouble:
            raise self.trouble
        return self.list

    async def fetch(self, media: MediaRef) -> tuple[str, bytes]:
        if self.trouble:
            raise self.trouble
        return "image/png", b"picture of " + media.url.encode()


@pytest.fixture
def archive() -> Archive:
    return Archive()


@pytest.fixture
def run(world: Database, clock: Noon, tmp_path: Path, archive: Archive) -> Runtime:
    woken: list[str] = []
    return replace(runtime(world, clock, tmp_path, archive), wake=woken.extend)


@pytest.fixture
def deliverer(run: Runtime) -> Iterator[Deliverer]:
    one = Deliverer(run)
    one.start()
    yield one
    one.stop()


def insert(run: Runtime, table: Any, *rows: dict[str, Any]) -> None:
    with run.database.begin() as conn:
        conn.execute(sa.insert(table), list(rows))


def column(run: Runtime, one: Any) -> list[Any]:
    with run.database.read() as conn:
        return list(conn.execute(sa.select(one).order_by(one.class_.id)).scalars())


# --- timers -------------------------------------------------------------------------------------------------------------------------------


def timer(number: int, **changes: Any) -> dict[str, Any]:
    values = {"id": f"tmr_{number}", "district_id": DISTRICT, "session_id": None, "contact_id": "con_demo_es", "subject_id": None}
    return {**values, "kind": "nudge", "due_at": NOW - timedelta(minutes=number), "not_after": None, "state": "pending", **changes}


def served(monkeypatch: pytest.MonkeyPatch, fails: str = "") -> list[str]:
    """The talk's own side of a timer is proved with the talk; here is noted which ones are rung."""
    rung: list[str] = []

    def ring(conn: Any, run: Runtime, timer_id: str, now: datetime) -> list[str]:
        del run, now
        rung.append(timer_id)
        if timer_id == fails:
            raise ZeroDivisionError
        conn.execute(sa.update(Timer).where(Timer.id == timer_id).values(state="done"))
        return [f"out_of_{timer_id}"]

    monkeypatch.setattr(talk, "ring", ring)
    return rung


def test_due_timers_are_rung_oldest_first_and_one_that_fails_stops_nobody(run: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    rung = served(monkeypatch, fails="tmr_2")
    insert(run, Timer, timer(1), timer(2), timer(3), timer(4, due_at=NOW + timedelta(seconds=1)), timer(5, state="cancelled"))
    assert timers.ring(run) == 2
    assert rung == ["tmr_3", "tmr_2", "tmr_1"]
    assert column(run, Timer.state) == ["done", "pending", "done", "pending", "cancelled"]
    assert timers.ring(run) == 0


def test_a_timer_rung_too_late_becomes_a_task_and_no_text(run: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    rung = served(monkeypatch)
    late = {"not_after": NOW - timedelta(seconds=1)}
    insert(run, Timer, timer(1, **late), timer(2, **late), timer(3, contact_id=None), timer(4, not_after=NOW + timedelta(hours=1)))
    assert timers.ring(run) == 4
    assert rung == ["tmr_4"]
    assert tasks(run.database) == [("liaison", "late_timer", "con_demo_es")]
    assert set(column(run, Timer.state)) == {"done"}


def test_a_timer_moved_while_it_was_looked_at_is_left_alone(run: Runtime) -> None:
    insert(run, Timer, timer(1))
    with run.database.begin() as conn:
        (one,) = due.timers(conn, NOW, 10)
        assert not due.finish_timer(conn, one.id, one.due_at + timedelta(seconds=1))
        assert due.finish_timer(conn, one.id, one.due_at)
    assert timers._one(run, one._replace(contact_id=None)) == []


# --- hand-offs ----------------------------------------------------------------------------------------------------------------------------


def handoff(number: int, **changes: Any) -> dict[str, Any]:
    values = {
        "id": f"hnd_{number}",
        "district_id": DISTRICT,
        "case_id": "cas_demo_diego",
        "contact_id": "con_demo_es",
        "to_role": "liaison",
    }
    more = {
        "reason": "question",
        "lang": "es",
        "state": "open",
        "visibility": "staff_only",
        "created_at": NOW - timedelta(hours=1),
        "due_at": NOW,
    }
    return {**values, **more, **changes}


def test_what_was_taken_and_not_answered_is_told_a_day_after_its_time(run: Runtime) -> None:
    insert(run, Handoff, handoff(1, state="acknowledged"), handoff(2, state="acknowledged", due_at=NOW - timedelta(days=1)))
    with run.database.read() as conn:
        assert [one.id for one in due.overdue_handoffs(conn, NOW, 10)] == [handoff(2)["id"]]


def test_an_overdue_question_is_told_to_the_coordinator_once(run: Runtime) -> None:
    insert(
        run, Handoff, handoff(1), handoff(2, state="closed"), handoff(3, due_at=NOW + timedelta(seconds=1)), handoff(4, reason="overdue", contact_id=None),
        handoff(5, state="acknowledged"), handoff(6, contact_id="con_demo_en", created_at=NOW),
    )  # fmt: skip
    assert (timers.escalate(run), timers.escalate(run)) == (1, 0)
    with run.database.read() as conn:
        made = conn.execute(sa.select(Handoff.__table__).where(Handoff.reason == "overdue", Handoff.contact_id.is_not(None))).one()
    assert (made.to_role, made.message_id, made.visibility, made.case_id, made.state) == (
        "coordinator",
        "hnd_1",
        "staff_only",
        "cas_demo_diego",
        "open",
    )
    assert made.due_at > NOW


def test_two_workers_escalate_one_question_once(run: Runtime) -> None:
    insert(run, Handoff, handoff(1))
    with run.database.begin() as conn:
        (one,) = due.overdue_handoffs(conn, NOW, 10)
        assert [due.mark_escalated(conn, one, NOW) for _ in range(2)] == [True, False]


def test_an_escalation_a_colleague_was_quicker_with_makes_no_task(run: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    insert(run, Handoff, handoff(1))
    monkeypatch.setattr(due, "mark_escalated", lambda *_: False)
    assert timers.escalate(run) == 0


# --- turns that failed --------------------------------------------------------------------------------------------------------------------


def message(number: int, **changes: Any) -> dict[str, Any]:
    values = {"id": f"msg_{number}", "district_id": DISTRICT, "provider": "twilio", "provider_id": f"SM{number}", "channel": "sms"}
    more = {"body": Plain(DISTRICT, "Hola"), "lang": "es", "state": "failed", "attempts": 1, "received_at": NOW - timedelta(hours=1)}
    return {**values, **more, **changes}


def test_failed_turns_are_tried_again_later_each_time(run: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.service import receive

    tried: list[str] = []

    def again(conn: Any, run: Runtime, message_id: str, now: datetime) -> list[str]:
        del conn, run, now
        tried.append(message_id)
        if message_id == "msg_2":
            raise ZeroDivisionError
        return ["out_1"]

    monkeypatch.setattr(receive, "retry", again)
    fresh = {"received_at": NOW - timedelta(seconds=7)}
    insert(run, Message, message(1), message(2), message(3, state="done"), message(4, **fresh), message(5, **fresh, attempts=2))
    assert retry.failed_messages(run) == 2
    assert tried == ["msg_1", "msg_2", "msg_4"]


# --- attachments --------------------------------------------------------------------------------------------------------------------------


def attachment(number: int, **changes: Any) -> dict[str, Any]:
    values = {"id": f"att_{number}", "district_id": DISTRICT, "message_id": "msg_1", "content_type": "image/jpeg", "attempts": 0}
    return {**values, "url": Plain(DISTRICT, f"https://x/{number}"), "state": "pending", "created_at": NOW - timedelta(hours=2), **changes}


def test_attachments_are_fetched_and_kept_sealed(run: Runtime, deliverer: Deliverer) -> None:
    insert(run, Message, message(1))
    insert(run, Attachment, attachment(1), attachment(2, state="stored"))
    assert sweep.attachments(run, deliverer) == 1
    with run.database.read() as conn:
        kept = conn.execute(sa.select(Attachment.__table__).where(Attachment.id == "att_1")).one()
    data = b"picture of https://x/1"
    assert (kept.state, kept.content_type, kept.data, kept.size, kept.sha256) == (
        "stored",
        "image/png",
        data,
        len(data),
        sha256(data).hexdigest(),
    )
    with run.database.engine.connect() as conn:
        raw = conn.execute(sa.text("select data from attachment where id = 'att_1'")).scalar_one()
    assert data not in bytes(raw)


def test_an_attachment_that_cannot_be_fetched_becomes_a_task_in_the_end(run: Runtime, deliverer: Deliverer, archive: Archive) -> None:
    archive.trouble = NotAccepted()
    insert(run, Message, message(1), message(2, channel="fax"))
    last = {"attempts": sweep.ATTACHMENT_TRIES - 1, "created_at": NOW - timedelta(days=1)}
    insert(
        run,
        Attachment,
        attachment(1),
        attachment(2, **last),
        attachment(3, url=None),
        attachment(4, message_id="msg_2"),
        attachment(5, attempts=9, created_at=NOW),
    )
    assert sweep.attachments(run, deliverer) == 0
    with run.database.read() as conn:
        kept = {row.id: (row.state, row.attempts) for row in conn.execute(sa.select(Attachment.id, Attachment.state, Attachment.attempts))}
    assert kept == {
        "att_1": ("pending", 1),
        "att_2": ("failed", 8),
        "att_3": ("pending", 1),
        "att_4": ("pending", 1),
        "att_5": ("pending", 9),
    }
    assert tasks(run.database) == [("liaison", "attachment", None)]


def test_an_attachment_from_elsewhere_is_refused_once_and_given_to_a_person(run: Runtime, deliverer: Deliverer, archive: Archive) -> None:
    archive.trouble = Permanent("The file is not at Twilio; it was not fetched.", code="host")
    insert(run, Message, message(1, state="done"))
    insert(run, Attachment, attachment(1))
    assert sweep.attachments(run, deliverer) == sweep.attachments(run, deliverer) == 0
    with run.database.read() as conn:
        (kept,) = conn.execute(sa.select(Attachment.state, Attachment.attempts)).all()
        (words,) = conn.scalars(sa.select(Message.body)).all()
    assert (tuple(kept), words) == (("failed", 1), "Hola")
    assert tasks(run.database) == [("liaison", "attachment", None)]


@pytest.mark.parametrize(("visibility", "task"), [("team", ("liaison", "attachment")), ("safety_only", ("on_call", "attachment_unseen"))])
def test_whoever_is_to_ask_for_a_lost_file_again_is_told_whose_it_was(
    run: Runtime, deliverer: Deliverer, archive: Archive, visibility: str, task: tuple[str, str]
) -> None:
    archive.trouble = Permanent("This kind of file is not taken.", code="content_type")
    whose = {"contact_id": "con_demo_es", "case_id": "cas_demo_diego", "visibility": visibility}
    insert(run, Message, message(1, state="done", **whose))
    insert(run, Attachment, attachment(1))
    sweep.attachments(run, deliverer)
    assert tasks(run.database) == [(*task, "con_demo_es")]
    with run.database.read() as conn:
        assert tuple(conn.execute(sa.select(Handoff.case_id, Handoff.visibility)).one()) == ("cas_demo_diego", visibility)


def test_files_that_wait_for_another_try_hold_up_no_other(run: Runtime, deliverer: Deliverer) -> None:
    insert(run, Message, message(1, state="done"))
    waiting = [attachment(n, attempts=5, created_at=NOW - timedelta(minutes=1)) for n in range(10, 10 + sweep.BATCH)]
    insert(run, Attachment, *waiting, attachment(1, created_at=NOW))
    assert sweep.attachments(run, deliverer) == 1


# --- lost webhooks ------------------------------------------------------------------------------------------------------------------------


class Ledger:
    """A committer that knows what it has seen."""

    def __init__(self) -> None:
        self.seen: set[str] = set()

    def submit(self, item: Inbound) -> Any:
        if item.provider_id == "SMbusy":
            raise Busy
        state = "duplicate" if item.provider_id in self.seen else "done"
        self.seen.add(item.provider_id)
        return type("Outcome", (), {"state": state})()


def test_messages_whose_webhook_never_came_are_taken_in_once(run: Runtime, deliverer: Deliverer, archive: Archive) -> None:
    def inbound(sid: str) -> Inbound:
        return Inbound("twilio", sid, "sms", "+15550100001", "+15550101002", "Hola")

    run = replace(run, committer=Ledger())
    archive.list = (inbound("SM1"), inbound("SM2"), inbound("SMbusy"))
    assert [sweep.inbound(run, deliverer) for _ in range(2)] == [2, 0]
    archive.trouble = NotAccepted()
    assert sweep.inbound(run, deliverer) == 0


def test_a_channel_without_a_list_is_passed_over(run: Runtime, deliverer: Deliverer) -> None:
    class Plainly:
        name = "plain"

    assert sweep.inbound(replace(run, channels={"slack": Plainly()}), deliverer) == 0  # type: ignore[dict-item]


def test_approvals_are_of_an_exact_version(run: Runtime) -> None:
    check: Callable[..., set[tuple[str, str]]] = due.approved
    with run.database.read() as conn:
        assert check(conn, []) == set()
        assert check(conn, [(DISTRICT, "es", "another")]) == set()
        assert check(conn, [(DISTRICT, "es", run.catalogues.hash("flows", "es"))]) == {(DISTRICT, "es")}
