"""The site over the demo district, with the real channels and a clock of our own; delivery is not running, so the outbox can be read."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from twilio.request_validator import RequestValidator

from bot import app
from bot.config import Settings
from bot.service.runtime import Runtime
from bot.service.sign_in import digest
from bot.store import tables as t
from bot.store.database import Database
from tests.conftest import MASTER_KEY
from tests.fakes.clock import START, CountingIds, TickingClock
from tests.web.made_once import Route, Templates

PUBLIC = "https://hearthline.example"
AUTH_TOKEN = "0123456789abcdef0123456789abcdef"
SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"


def settings_for(url: str, **more: Any) -> Settings:
    return Settings(
        mode=more.pop("mode", "test"),
        database_url=url,
        master_key=MASTER_KEY,
        session_secret="s" * 64,
        public_base_url=more.pop("public_base_url", PUBLIC),
        twilio_account_sid="AC" + "0" * 31 + "1",
        twilio_auth_token=AUTH_TOKEN,
        twilio_base_url="http://127.0.0.1:9",
        slack_bot_token="xoxb-test",
        slack_signing_secret=SIGNING_SECRET,
        slack_base_url="http://127.0.0.1:9/api/",
        **more,
    )


@pytest.fixture(scope="session", autouse=True)
def _made_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Flask, "jinja_options", {**Flask.jinja_options, "bytecode_cache": Templates()})
        patch.setattr(Flask, "url_rule_class", Route)
        yield


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Runtime:
    """Flows, words, catalogues and channels, compiled once a run."""
    settings = settings_for(f"sqlite:///{tmp_path_factory.mktemp('compiled')}/unused.db")
    return app.build_runtime(settings)


def runtime_over(compiled: Runtime, database: Database, clock: TickingClock, **more: Any) -> Runtime:
    settings = settings_for(database.url, **more)
    return replace(compiled, settings=settings, clock=clock, ids=CountingIds(), database=database, vault=database.vault)


@pytest.fixture
def runtime(compiled: Runtime, world_sqlite: Database, clock: TickingClock) -> Runtime:
    return runtime_over(compiled, world_sqlite, clock)


@pytest.fixture
def site(runtime: Runtime) -> Iterator[Flask]:
    made = app.create_app(runtime)
    made.testing = False
    yield made
    made.extensions["hearthline"].committer.close()


@dataclass
class Browser:
    """One browser: a cookie jar, and forms posted with the token their page carried."""

    client: FlaskClient
    database: Database
    base: str = PUBLIC

    def get(self, path: str, **more: Any) -> Any:
        return self.client.get(path, base_url=self.base, **more)

    def post(self, path: str, page: str = "", **fields: str) -> Any:
        """Post a form as the page at `page` would."""
        fields.setdefault("csrf", self.token(page or path))
        return self.client.post(path, data=fields, base_url=self.base)

    def token(self, page: str) -> str:
        found = re.search(r'name="csrf" value="([0-9a-f]{64})"', self.get(page).text)
        return found[1] if found else ""

    def link_for(self, email: str) -> str:
        """Ask for a sign-in link and take it out of the direct message that would be sent."""
        before = set(direct_messages(self.database))
        assert self.post("/console/sign-in", email=email).status_code == 303
        new = [one for one in direct_messages(self.database) if one not in before]
        if not new:
            return ""
        return "/console/sign-in/" + re.search(r"/console/sign-in/(\S+)", new[-1])[1]

    def sign_in(self, email: str) -> Browser:
        link = self.link_for(email)
        answer = self.post(link)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/console/")
        return self


def enter(mine: Browser, staff_id: str) -> Browser:
    """A browser that is signed in already, for tests of what lies behind the door."""
    token = secrets.token_urlsafe(16)
    with mine.database.begin() as conn:
        district_id = conn.execute(sa.select(t.Staff.district_id).where(t.Staff.id == staff_id)).scalar_one()
        conn.execute(
            sa.insert(t.StaffSession).values(
                token_hash=digest(token),
                district_id=district_id,
                staff_id=staff_id,
                created_at=START,
                expires_at=START + timedelta(days=400),
                ended_at=None,
            )
        )
    mine.client.set_cookie("hl_staff", token, domain="hearthline.example", secure=True)
    return mine


def direct_messages(database: Database) -> list[str]:
    with database.read() as conn:
        query = sa.select(t.Outbox.body).where(t.Outbox.channel == "slack").order_by(t.Outbox.created_at, t.Outbox.id)
        return list(conn.execute(query).scalars())


@pytest.fixture
def browser(site: Flask, runtime: Runtime) -> Callable[[], Browser]:
    """A new browser at each call."""
    return lambda: Browser(site.test_client(), runtime.database)


@pytest.fixture
def liaison(browser: Callable[[], Browser]) -> Browser:
    return enter(browser(), "stf_demo_liaison")


@pytest.fixture
def coordinator(browser: Callable[[], Browser]) -> Browser:
    return enter(browser(), "stf_demo_coordinator")


@pytest.fixture
def texts_in(site: Flask) -> Callable[..., Any]:
    """A family texts: a form signed as Twilio signs, posted to our webhook."""
    validator = RequestValidator(AUTH_TOKEN)
    count = iter(range(1, 10_000))

    def send(phone: str, body: str, **more: str) -> Any:
        sid = more.pop("sid", f"SM{next(count):032x}")
        form = {"MessageSid": sid, "AccountSid": "AC" + "0" * 31 + "1", "From": phone, "To": "+15550100001", "Body": body, "NumMedia": "0"}
        form.update(more)
        signature = validator.compute_signature(f"{PUBLIC}/hooks/twilio/message", form)
        return site.test_client().post("/hooks/twilio/message", data=form, headers={"X-Twilio-Signature": signature})

    return send


def counts(database: Database) -> dict[str, int]:
    """How many rows each table has: what a request that must change nothing is held against."""
    with database.read() as conn:
        return {
            name: conn.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() for name, table in t.Base.metadata.tables.items()
        }
