"""One installation as an operator runs it: a data folder, a database, the provider (sandbox), our processes, and people who write to it.

Nothing here reaches into the running product: it is spoken to by signed HTTP and by the `hearthline` command, and looked at through the
provider, its log output, and a database connection that only reads (two helpers that break a row on purpose say so).
"""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, Self

import httpx
import sqlalchemy as sa
from twilio.request_validator import RequestValidator

from bot.app import build_runtime
from bot.clock import RealIds
from bot.config import Settings
from bot.sandbox.options import Options, SlackChannel, SlackUser
from bot.sandbox.server import Handle, Sandbox
from bot.service.seed import seed_demo, seed_families
from bot.service.seed_people import CASES, CONTACTS, STAFF, TEAM
from bot.service.start_flow import start_flow
from bot.store import tables as t
from bot.store.database import Database, migrate, open_database
from tests.e2e.untranslated import untranslated
from tests.fakes.postgres import free_port

TOP = Path(__file__).resolve().parents[2]
OURS = "+15550100001"
OLD_TOKEN = "3c" * 16
START_SECONDS = 240.0
PATIENCE = 150.0
FAMILIES = 32
"""Families a house has of each language beside the seeded five: every story has one of its own."""

FIRST_ANSWER = {"en": "She loves books about axolotls", "es": "Le encantan los libros de ajolotes"}


class Family(NamedTuple):
    """Who writes: one contact, one child, one case."""

    contact_id: str
    phone: str
    case_id: str
    code: str
    slack_channel: str
    lang: str


DEMO = {
    contact.id: Family(
        contact.id,
        contact.phone,
        case.id,
        case.code,
        case.slack_channel,
        contact.lang,
    )
    for contact in CONTACTS
    for case in CASES
    if case.student_id == contact.students[0]
}


def wait_for(look: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """What `look` finds once it finds something."""
    until = time.monotonic() + seconds
    while True:
        if found := look():
            return found
        if time.monotonic() > until:
            raise AssertionError(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.03)


@dataclass
class House:
    """`with House(folder, url, commands) as house:` starts it; leaving stops every process it started."""

    folder: Path
    url: str
    commands: Sequence[Sequence[str]] = (("serve",),)
    extra: Mapping[str, str] = field(default_factory=dict)
    sandbox_options: Mapping[str, Any] = field(default_factory=dict)

    def __enter__(self) -> Self:
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.webhook = f"{self.base}/hooks/twilio/message"
        self.sandbox: Handle = self._provider()
        options = self.sandbox.sandbox.state.options
        self.account, self.token, self.signing_secret = options.account_sid, options.auth_token, options.signing_secret
        self.env = self._environment()
        self.settings = Settings.load({key: value for key, value in self.env.items() if key.startswith("HEARTHLINE_")})
        self.database: Database = open_database(self.url, self.settings.master_key)
        self._furnish()
        self.http = httpx.Client(timeout=60)
        self.log_path = self.folder / "processes.log"
        self._log = self.log_path.open("ab")
        self._sids = itertools.count(1)
        self.said: list[str] = []
        self.killed: list[Sequence[str]] = []
        self.running = [self._spawn(command) for command in self.commands]
        wait_for(self._answers, f"the house did not open: {self.log()[-2000:]}", START_SECONDS)
        self._ask_first_questions()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self.http.close()
        self.database.close()
        self.sandbox.stop()
        self._log.close()

    # --- building -----------------------------------------------------------------------------------------------------------------------

    def _provider(self) -> Handle:
        channels = [one.slack_channel for one in CASES] + [f"C0F{i:06d}" for i in self._numbers()]
        members = tuple(one.slack_user for one in STAFF if one.id in dict(TEAM))
        return Sandbox(
            Options(
                mode="test",
                message_webhook=self.webhook,
                slack_request_url=f"{self.base}/hooks/slack",
                slack_transport="http",
                slack_users=tuple(SlackUser(one.slack_user, one.login.replace(".", "-"), one.name) for one in STAFF),
                slack_channels=tuple(SlackChannel(one, f"case-{one.lower()}", members=members) for one in channels),
                slack_retry_after=(0.0,),
                **dict(self.sandbox_options),
            )
        ).start_in_thread()

    @staticmethod
    def _numbers() -> range:
        return range(len(CONTACTS) + 1, len(CONTACTS) + 1 + 2 * FAMILIES)

    def _environment(self) -> dict[str, str]:
        handle, options = self.sandbox, self.sandbox.sandbox.state.options
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HEARTHLINE_")}
        return {
            **kept,
            "HOME": str(self.folder),
            "PYTHONPATH": str(TOP),
            "HEARTHLINE_MODE": "demo",
            "HEARTHLINE_DATA_DIR": str(self.folder),
            "HEARTHLINE_DATABASE_URL": self.url,
            "HEARTHLINE_PORT": str(self.port),
            # the same with and without Apertium on the machine; what is translated has tests of its own
            "HEARTHLINE_TRANSLATORS": "none",
            "HEARTHLINE_PUBLIC_BASE_URL": self.base,
            "HEARTHLINE_TWILIO_ACCOUNT_SID": options.account_sid,
            "HEARTHLINE_TWILIO_AUTH_TOKEN": options.auth_token,
            "HEARTHLINE_TWILIO_AUTH_TOKEN_PREVIOUS": OLD_TOKEN,
            "HEARTHLINE_TWILIO_BASE_URL": handle.twilio_url,
            "HEARTHLINE_SLACK_BOT_TOKEN": options.bot_token,
            "HEARTHLINE_SLACK_APP_TOKEN": options.app_token,
            "HEARTHLINE_SLACK_SIGNING_SECRET": options.signing_secret,
            "HEARTHLINE_SLACK_BASE_URL": handle.slack_url,
            "HEARTHLINE_SANDBOX_URL": handle.control_url,
            **self.extra,
        }

    def _furnish(self) -> None:
        """Tables, the demo district, more families; half of them are in the middle of the talk about reading at home."""
        migrate(self.database)
        now, new_id, vault = datetime.now(UTC), RealIds().new, self.database.vault
        with self.database.begin() as conn:
            seed_demo(conn, vault, now, new_id)
            made = [(one, "es") for one in seed_families(conn, vault, now, new_id, FAMILIES, lang="es")]
            made += [(one, "en") for one in seed_families(conn, vault, now, new_id, FAMILIES, lang="en")]
            conn.execute(sa.update(t.Sender).where(t.Sender.channel == "sms").values(segments_per_second=100.0))
        families = [
            Family(
                one.contact_id,
                one.phone,
                one.case_id,
                one.contact_id.removeprefix("con_").upper(),
                f"C0{one.contact_id.removeprefix('con_').upper()}",
                lang,
            )
            for one, lang in made
        ]
        fresh = {lang: [one for one in families if one.lang == lang] for lang in ("es", "en")}
        self._talking = {lang: iter(some[: FAMILIES // 2]) for lang, some in fresh.items()}
        self._free = {lang: iter(some[FAMILIES // 2 :]) for lang, some in fresh.items()}
        self._fresh = [family for some in fresh.values() for family in some[: FAMILIES // 2]]

    def _ask_first_questions(self) -> None:
        """Once our address answers: news about a text sent before that would find nobody."""
        self.runtime = build_runtime(self.settings)
        self.runtime.database.close()
        with self.database.begin() as conn:
            for family in self._fresh:
                start_flow(conn, self.runtime, family.contact_id, None, "home-observations", "reading", datetime.now(UTC))

    def family(self, lang: str) -> Family:
        """A family nobody has written to yet."""
        return next(self._free[lang])

    def talking(self, lang: str) -> Family:
        """A family that was asked the first question of `home-observations --variant reading`, and answers it."""
        family = next(self._talking[lang])
        self.next_text(family.phone, 0)
        self.ask(family.phone, FIRST_ANSWER[lang])
        return family

    # --- processes ----------------------------------------------------------------------------------------------------------------------

    def _spawn(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "bot", *command],
            env=self.env,
            cwd=self.folder,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )

    def _answers(self) -> bool:
        assert all(one.poll() is None for one in self.running), self.log()[-2000:]
        with suppress(httpx.HTTPError):
            return self.http.get(f"{self.base}/console/sign-in").status_code == 200
        return False

    def stop(self) -> None:
        """Ctrl-C everywhere; `killed` names who did not listen and was ended."""
        for one in self.running:
            with suppress(ProcessLookupError):
                os.killpg(one.pid, signal.SIGINT)
        for command, one in zip(self.commands, self.running, strict=False):
            try:
                one.wait(60)
            except subprocess.TimeoutExpired:
                self.killed.append(command)
            with suppress(ProcessLookupError):
                os.killpg(one.pid, signal.SIGKILL)
            one.wait(60)
        self.running = []

    def hearthline(self, *words: str) -> str:
        """The command in another terminal: what it printed; it must have gone well."""
        done = subprocess.run(
            [sys.executable, "-m", "bot", *words], env=self.env, cwd=self.folder, capture_output=True, text=True, timeout=180, check=False
        )
        with self.log_path.open("a") as log:
            log.write(done.stderr)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    def log(self) -> str:
        """Everything our processes have printed."""
        return self.log_path.read_text("utf-8", errors="replace")

    # --- families -----------------------------------------------------------------------------------------------------------------------

    def form(self, phone: str, body: str, **more: str) -> dict[str, str]:
        """An inbound webhook's fields, with a MessageSid of its own."""
        return {
            "MessageSid": f"SM{next(self._sids):032x}",
            "AccountSid": self.account,
            "From": phone,
            "To": OURS,
            "Body": body,
            "NumMedia": "0",
            "NumSegments": "1",
        } | more

    def post(self, form: Mapping[str, str], *, url: str = "", token: str = "", headers: Mapping[str, str] | None = None) -> httpx.Response:
        """Post a form to our webhook, signed as Twilio's own library signs."""
        url = url or self.webhook
        signature = RequestValidator(token or self.token).compute_signature(url, dict(form))
        return self.http.post(url, data=dict(form), headers={"X-Twilio-Signature": signature, **(headers or {})})

    def text(self, phone: str, body: str, **more: str) -> httpx.Response:
        """A family texts; the product must take it."""
        self.said.append(body)
        answer = self.post(self.form(phone, body, **more))
        assert answer.status_code == 200, (answer.status_code, self.log()[-1500:])
        return answer

    def heard(self, phone: str) -> list[str]:
        """Every text the provider accepted for this phone, in order."""
        return [one["body"] for one in self.messages(phone)]

    def messages(self, phone: str) -> list[dict[str, Any]]:
        return list(self.sandbox.ask(f"twilio/messages?direction=outbound&to=%2B{phone.removeprefix('+')}")["messages"])

    def next_text(self, phone: str, seen: int) -> str:
        """The text after the first `seen` ones."""
        return wait_for(lambda: self.heard(phone)[seen : seen + 1], f"text {seen + 1} to the family", PATIENCE)[0]

    def ask(self, phone: str, body: str) -> str:
        """Text something, and what comes back first."""
        seen = len(self.heard(phone))
        self.text(phone, body)
        return self.next_text(phone, seen)

    def start(self, family: Family, flow: str = "home-observations", variant: str = "reading") -> str:
        """The school starts a talk from the command line; its first text."""
        seen = len(self.heard(family.phone))
        more = ["--variant", variant] if variant else []
        self.hearthline("flows", "start", flow, *more, "--contact", family.contact_id)
        return self.next_text(family.phone, seen)

    def begin(self, contact_id: str) -> list[str]:
        """The school starts the talk about reading, as the command does but without its start-up time; what was queued.

        :raises HearthlineError: with a sentence, when the family may not be written to.
        """
        with self.database.begin() as conn:
            return start_flow(conn, self.runtime, contact_id, None, "home-observations", "reading", datetime.now(UTC))

    def quiet(self) -> None:
        """Wait until nothing is on its way: every row of the outbox rests, and every accepted text has come to its end."""
        moving = sa.or_(
            t.Outbox.state.in_(("queued", "claimed", "handed", "in_doubt")),
            sa.and_(t.Outbox.state == "sent", t.Outbox.channel == "sms"),
        )
        query = sa.select(sa.func.count()).select_from(t.Outbox).where(moving)
        wait_for(lambda: self.scalar(query) == 0, "the outbox at rest")

    def words(self, lang: str, context: str, english: str, **values: str) -> str:
        """A text of the flows as a person approved it, with its names filled in."""
        text = self.runtime.catalogues.text("flows", lang, context, english)
        assert text is not None, f"{context}: no {lang} text for {english!r}"
        return re.sub(r"\{(\w+)\}", lambda found: values[found[1]], text)

    # --- looking ------------------------------------------------------------------------------------------------------------------------

    def rows(self, query: Any) -> list[Any]:
        with self.database.read() as conn:
            return list(conn.execute(query))

    def scalar(self, query: Any) -> Any:
        return self.rows(query)[0][0]

    def entries(self, case_id: str) -> list[Any]:
        """The case's entries in the order of the record."""
        return self.rows(sa.select(t.CaseEntry.__table__).where(t.CaseEntry.case_id == case_id).order_by(t.CaseEntry.seq))

    def inbound(self, phone: str) -> list[Any]:
        """What we stored of a family's texts, by what the provider's form said."""
        return [one for one in self.rows(sa.select(t.Message.__table__).order_by(t.Message.id)) if phone in str(one.raw)]

    def talk(self, family: Family) -> Any:
        """The contact's newest session row."""
        query = sa.select(t.Session.__table__).where(t.Session.contact_id == family.contact_id).order_by(t.Session.opened_at.desc())
        return next(iter(self.rows(query)), None)

    def handoffs(self, family: Family) -> list[Any]:
        query = sa.select(t.Handoff.__table__).where(t.Handoff.contact_id == family.contact_id).order_by(t.Handoff.id)
        return self.rows(query)

    def everything(self) -> dict[str, Any]:
        """Row counts of every table that a stranger must not change, and each talk as it stands, once all that families wrote is followed up."""
        wait_for(lambda: not untranslated(self.runtime, self.database), "each family's words looked at by the translator")
        self.quiet()
        beats = {"executor_slot", "sender_pace", "scan_mark"}  # how far our own sweeps are
        with self.database.read() as conn:
            counts = {
                name: conn.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
                for name, table in t.Base.metadata.tables.items()
                if name not in beats
            }
            query = sa.select(t.Session.id, t.Session.version, t.Session.status).order_by(t.Session.id)
            talks = [tuple(row) for row in conn.execute(query)]
            outbox = [tuple(row) for row in conn.execute(sa.select(t.Outbox.id, t.Outbox.state, t.Outbox.rank).order_by(t.Outbox.id))]
            said = sa.select(t.Consent.address_index, t.Consent.state).order_by(t.Consent.address_index)
            return {"counts": counts, "talks": talks, "outbox": outbox, "consent": [tuple(row) for row in conn.execute(said)]}

    # --- Slack --------------------------------------------------------------------------------------------------------------------------

    def rooms(self) -> list[dict[str, Any]]:
        return list(self.sandbox.ask("slack/messages")["channels"])

    def channel(self, channel: str) -> list[dict[str, Any]]:
        """A channel's posts as Slack keeps them."""
        return list(self.sandbox.ask(f"slack/messages?channel={channel}")["messages"])

    def direct(self, user: str) -> list[str]:
        """What we wrote to this person directly, oldest first."""
        posts = [post for room in self.rooms() if room["is_im"] and room["user"] == user for post in room["messages"]]
        return [post["text"] for post in sorted(posts, key=lambda one: float(one["ts"]))]

    def all_channels(self) -> list[str]:
        """Everything any channel (no direct messages) received, as JSON text."""
        return [json.dumps(post, ensure_ascii=False) for room in self.rooms() if not room["is_im"] for post in room["messages"]]
