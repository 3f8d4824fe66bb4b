"""Fault 20: a robot that answers everything, and does not say that it is one, for ten days. Every part is real but the network."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from email.utils import parseaddr
from typing import Any

import pytest
import sqlalchemy as sa

from bot.sandbox import mail_letters
from bot.sandbox.mail_letters import Letter
from bot.service.hand_over import hand_over
from bot.service.receive import receive_batch
from bot.service.runtime import Runtime
from bot.service.start_flow import start_flow
from bot.store.database import Database
from bot.store.tables import Endpoint, Outbox
from channels.base import Inbound, Outbound
from channels.email import Email
from channels.email.compose import compose, envelope_sender
from channels.email.receive import Envelope
from channels.email.relay import Host
from tests.fakes.clock import START
from tests.service.posting import Noon
from tests.service.receiving import rows, runtime_for

ROBOT = "es@home.test"
SCHOOL = "school@families.demo.example"
AUTHSERV = "mx.mail.test"
TICK = timedelta(hours=1)


class World:
    """Our side and the robot's, with one clock."""

    def __init__(self, runtime: Runtime, clock: Noon) -> None:
        self.runtime, self.clock = runtime, clock
        self.channel = Email(
            host=Host("127.0.0.1"), from_address=SCHOOL, domain="families.demo.example", secrets=("s",), authserv_ids=(AUTHSERV,)
        )
        self.sent: list[tuple[date, bool]] = []
        self.written = 0
        self.queue: list[Inbound] = []

    def round(self) -> None:
        """Take what the robot wrote, then hand over and send what may go; the robot answers each mail."""
        now = self.clock.now()
        coming, self.queue = self.queue, []
        for item in coming:
            with self.runtime.database.begin() as conn:
                receive_batch(conn, self.runtime, [item], now)
        for message in self._handed(now):
            self.sent.append((now.date(), message.automatic and bool(message.in_reply_to)))
            self.queue += self._robot(message, now)

    def _handed(self, now: datetime) -> list[Outbound]:
        due = sa.and_(Outbox.channel == "email", Outbox.state == "queued", Outbox.not_before <= now)
        with self.runtime.database.begin() as conn:
            ids = list(conn.scalars(sa.select(Outbox.id).where(due).order_by(Outbox.id)))
            conn.execute(sa.update(Outbox).where(due).values(state="claimed", lease_owner="me", lease_until=now + TICK))
            going = hand_over(conn, self.runtime, ids, owner="me", now=now, lease_until=now + TICK)
            gone = [one.message.outbox_id for one in going]
            conn.execute(sa.update(Outbox).where(Outbox.id.in_(gone)).values(state="sent"))
        return [one.message for one in going]

    def _robot(self, message: Outbound, now: datetime) -> list[Inbound]:
        signer = self.channel.desk.signer
        raw = compose(message, signer, SCHOOL, now)
        self.written += 1
        facts: dict[str, Any] = {"at": now.timestamp(), "message_id": f"<{self.written}@home.test>"}
        to = parseaddr(mail_letters.head(raw, "reply-to"))[1]
        assert envelope_sender(message, signer, now) in ("", to)
        letter: Letter = mail_letters.chatter(raw, sender=ROBOT, to=to, **facts)
        host = {"authserv_id": AUTHSERV, "host": AUTHSERV, "domain": "home.test", "at": now.timestamp()}
        stamped = mail_letters.arrived(letter, dmarc="pass", keep_forged=False, **host)  # type: ignore[arg-type]
        events = self.channel.desk.take(stamped, Envelope(letter.sender, (letter.to,)), now).events
        return [event for event in events if isinstance(event, Inbound)]


@pytest.fixture
def world(world_sqlite: Database) -> World:
    clock = Noon(START)
    return World(runtime_for(world_sqlite, clock), clock)


@pytest.mark.parametrize("flow", ["home-observations", "welcome", ""])
def test_a_robot_gets_at_most_one_answer_a_day_and_then_none(world: World, flow: str) -> None:
    by_mail = sa.and_(Endpoint.contact_id == "con_demo_es", Endpoint.channel == "email")
    with world.runtime.database.begin() as conn:
        conn.execute(sa.update(Endpoint).where(by_mail).values(preferred=-1))
        if flow:
            start_flow(conn, world.runtime, "con_demo_es", None, flow, "", world.clock.now())
    if not flow:
        first = Inbound("email", "first", "email", SCHOOL, ROBOT, "Thank you for your message!", full_text="Thank you for your message!")
        world.queue.append(first)
    for _ in range(10 * 24):
        world.round()
        world.clock.moment += TICK
    answers = Counter(day for day, automatic in world.sent if automatic)
    assert world.sent
    assert max(answers.values(), default=0) <= 1
    assert not answers or max(answers) < START.date() + timedelta(days=9), "it never ends"
    assert rows(world.runtime, Outbox, Outbox.reason == "mail_loop") or not answers or len(answers) <= 5
