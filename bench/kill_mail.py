"""The kill test with mail: the sandbox's mail host takes it, families answer through it, and ours listens for them by LMTP.

A mail is known by its Message-ID, which is made from the outbox id before the first try: what the host took twice is counted by it.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Sequence
from typing import Any

import orjson
import sqlalchemy as sa

from bench.kill_house import Family, House, Sent
from bot.store.tables import Endpoint, Message, Outbox
from tests.fakes.postgres import free_port

SCHOOL = "school@families.demo.example"
AUTHSERV = "mx.mail.test"
FAULTS: Sequence[dict[str, Any]] = (
    {"method": "smtp.mail", "kind": "500_before", "rate": 0.01},
    {"method": "smtp.mail", "kind": "drop_before", "rate": 0.01},
    {"method": "smtp.mail", "kind": "drop_after", "rate": 0.02},
    {"method": "smtp.mail", "kind": "late", "rate": 0.01, "seconds": 1.0},
)


class MailHouse(House):
    """One test's processes, with mail instead of texts."""

    channel = "email"
    faults_wanted = FAULTS

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.smtp_port, self.lmtp_port = free_port(), free_port()
        self.env |= {
            "HEARTHLINE_MAIL_FROM": f"Cedar Valley Schools <{SCHOOL}>",
            "HEARTHLINE_MAIL_AUTHSERV_ID": AUTHSERV,
            "HEARTHLINE_MAIL_SMTP_HOST": "127.0.0.1",
            "HEARTHLINE_MAIL_SMTP_PORT": str(self.smtp_port),
            "HEARTHLINE_MAIL_SMTP_TLS": "off",
            "HEARTHLINE_MAIL_LISTEN_PORT": str(self.lmtp_port),
        }

    def sandbox_words(self) -> list[str]:
        return ["--smtp-port", str(self.smtp_port), "--mail-delivery", f"lmtp://127.0.0.1:{self.lmtp_port}"]

    def phone(self, families: Sequence[Family], count: int, dice: random.Random) -> Letters:
        del dice
        return Letters(self, families, count)

    def sender(self, family: Any) -> str:
        del family
        return SCHOOL

    def accepted(self) -> int:
        return int(self.ask("mail/counts")["distinct"])

    def provider_messages(self) -> list[dict[str, Any]]:
        """What the host took, by the outbox id in its Message-ID."""
        return [{"to": one["to"], "body": outbox_id(one["message_id"])} for one in self.ask("mail/heads")["mails"]]

    def ids_changed(self) -> int:
        """Mails that were taken under more than one Message-ID."""
        names: dict[str, set[str]] = {}
        for one in self.ask("mail/heads")["mails"]:
            names.setdefault(outbox_id(one["message_id"]), set()).add(one["message_id"])
        return sum(len(ids) > 1 for ids in names.values())

    def outbox(self) -> list[Sent]:
        """The rows, with their id where texts have their words."""
        query = sa.select(Outbox.id, Endpoint.address, Outbox.state, Outbox.reason).join(Endpoint, Endpoint.id == Outbox.endpoint_id)
        with self.database.read() as conn:
            rows = conn.execute(query.where(Outbox.channel == "email")).all()
        return [Sent(row[1], row[0], row[2], row[3], row[0] in self.bulk) for row in rows]

    def stored_messages(self) -> dict[str, int]:
        """Message-ID of a family's mail -> how often it is stored."""
        found: dict[str, int] = {}
        with self.database.read() as conn:
            for raw in conn.execute(sa.select(Message.raw).where(Message.channel == "email")).scalars():
                name = str(orjson.loads(raw or "{}").get("raw", {}).get("message_id", ""))
                found[name] = found.get(name, 0) + 1
        return found


class Letters:
    """Families that write mail: given to the host once, which hands it on until we answer 250."""

    def __init__(self, house: MailHouse, families: Sequence[Family], count: int) -> None:
        self.house = house
        self.sent: list[str] = []
        self._families = [families[n % len(families)] for n in range(count)]
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def finish(self, patience: float) -> None:
        """Wait until every mail was written and taken."""
        self._thread.join(patience)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            coming = self.house.ask("mail/coming")["coming"]
            if all(one["delivered"] for one in coming):
                return
            self.house.start()
            time.sleep(0.2)

    def _run(self) -> None:
        for family in self._families:
            wish = {"from": f"{family.contact_id.removeprefix('con_')}@home.test", "to": SCHOOL, "subject": "Help", "text": "AYUDA"}
            self.sent.append(self.house.ask("mail/inbound", wish)["message_id"])
            time.sleep(0.1)


def outbox_id(message_id: str) -> str:
    """The outbox id our Message-IDs begin with."""
    return message_id.strip("<>").partition(".")[0]
