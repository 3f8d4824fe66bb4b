"""A real browser before the real product: sandbox providers, database, committer, delivery and pages, all on this machine."""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from werkzeug.serving import make_server

from bot import app
from bot.commands.demo import Place, _sandbox
from bot.config import Settings
from bot.sandbox.server import Handle
from bot.service import family_chat
from bot.service.deliver import Deliverer
from bot.service.runtime import Runtime
from bot.service.seed import seed_demo
from bot.service.sign_in import digest
from bot.store import tables as t
from bot.store.database import migrate
from tests.fakes.postgres import free_port

CHROMIUM = "/usr/bin/chromium"
ARGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
expect.set_options(timeout=60_000)

PHONES = {"en": "+15550101001", "es": "+15550101002", "ar": "+15550101003"}


@dataclass
class House:
    """The running product."""

    url: str
    runtime: Runtime
    sandbox: Handle

    def text(self, phone: str, body: str) -> None:
        """A family texts."""
        told = self.sandbox.ask("twilio/inbound", {"from": phone, "body": body})
        assert told["taken"], told

    def last_text(self, phone: str, pattern: str) -> str:
        """Wait for a text to this phone."""
        return wait_for(lambda: next((m[0] for one in reversed(self._texts(phone)) if (m := re.search(pattern, one))), ""))

    def codes(self, phone: str) -> list[str]:
        """Every code this phone was sent so far, oldest first: who asks for one waits for a code beyond these."""
        return [found[0] for one in self._texts(phone) if (found := re.search(r"\b\d{6}\b", one))]

    def new_code(self, phone: str, before: list[str]) -> str:
        return str(wait_for(lambda: self.codes(phone)[len(before) :])[-1])

    def _texts(self, phone: str) -> list[str]:
        rows = self.sandbox.ask(f"twilio/messages?to=%2B{phone[1:]}")["messages"]
        return [row["body"] for row in rows]

    def direct_message(self, pattern: str, *, after: int = 0) -> str:
        """Wait for a Slack direct message; `after` is how many that match were there before (`direct_messages`)."""
        return wait_for(lambda: (self.direct_messages(pattern)[after:] or [""])[-1])

    def direct_messages(self, pattern: str) -> list[str]:
        """What of this pattern was said in direct messages, oldest first, whoever it was said to."""
        rooms = self.sandbox.ask("slack/messages")["channels"]
        posts = sorted((post for room in rooms if room["is_im"] for post in room["messages"]), key=lambda one: float(one["ts"]))
        return [match[0] for post in posts if (match := re.search(pattern, post["text"]))]

    def sign_in_links(self) -> list[str]:
        """Every sign-in link that was sent so far, by mail or by Slack, oldest first by way."""
        pattern = r"http://\S+/console/sign-in/[\w-]+"
        mails = self.sandbox.ask("mail/messages").get("messages", ()) if self.runtime.settings.mail_smtp_host else ()
        by_mail = [match[0] for one in mails if (match := re.search(pattern, one.get("text") or ""))]
        return [*self.direct_messages(pattern), *by_mail]

    def chat_link(self, contact_id: str) -> str:
        with self.runtime.database.begin() as conn:
            return f"{self.url}/chat/{family_chat.make_link(conn, self.runtime, contact_id, self.runtime.clock.now())}"


def wait_for(look: Callable[[], Any], seconds: float = 60) -> Any:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := look():
            return found
        time.sleep(0.1)
    raise AssertionError("it did not happen in time")


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder: Path = tmp_path_factory.mktemp("house")
    place = Place(folder, free_port(), f"sqlite:///{folder}/hearthline.db")
    first = Settings.load({**place.environment, "HEARTHLINE_EMBEDDED": "0"})
    runtime = app.build_runtime(first)
    migrate(runtime.database)
    with runtime.database.begin() as conn:
        seed_demo(conn, runtime.vault, runtime.clock.now(), runtime.ids.new)
    sandbox = _sandbox(runtime, place)
    options = sandbox.sandbox.state.options
    settings = replace(
        first,
        twilio_account_sid=options.account_sid,
        twilio_auth_token=options.auth_token,
        twilio_base_url=sandbox.twilio_url,
        slack_bot_token=options.bot_token,
        slack_signing_secret=options.signing_secret,
        slack_base_url=sandbox.slack_url,
        mail_from="Cedar Valley Schools <school@families.demo.example>",
        mail_smtp_host="127.0.0.1",
        mail_smtp_port=sandbox.smtp_port,
        mail_smtp_tls="off",
        sandbox_url=sandbox.control_url,
    )
    runtime.database.close()
    runtime = app.build_runtime(settings)
    deliverer = Deliverer(runtime)
    runtime = replace(runtime, wake=deliverer.wake)
    site = app.create_app(runtime)
    deliverer.start()
    server = make_server("127.0.0.1", place.port, site, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield House(place.address, site.extensions["hearthline"].runtime, sandbox)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        site.extensions["hearthline"].committer.close()
        deliverer.stop()
        runtime.database.close()
        sandbox.stop()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture
def context(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[BrowserContext]:
    """A fresh browser; parametrize it with a locale to ask in another language."""
    made = chromium.new_context(locale=getattr(request, "param", "en-US"))
    made.set_default_timeout(60_000)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that fails the test on any script error or anything the content policy refused."""
    faults: list[str] = []
    made = context.new_page()
    made.on("pageerror", lambda error: faults.append(str(error)))
    made.on("console", lambda message: faults.append(message.text) if "Content Security Policy" in message.text else None)
    yield made
    assert faults == []


@pytest.fixture(scope="session")
def full_house(house: House, chromium: Browser) -> House:
    """With talks on record: an English one to its end, a Spanish one under way, an Arabic message that waits for a person."""
    from bot.service.start_flow import start_flow

    for contact_id, variant in (("con_demo_en", "reading"), ("con_demo_es", "core")):
        with house.runtime.database.begin() as conn:
            queued = start_flow(conn, house.runtime, contact_id, None, "home-observations", variant, house.runtime.clock.now())
        house.runtime.wake(queued)
    for words in ("Stories about horses", "1", "2 and 4", "3", "skip", "Reading together on the sofa", "1"):
        house.text(PHONES["en"], words)
    for words in ("Le encanta dibujar", "1 y 3", "persona"):
        house.text(PHONES["es"], words)
    house.text(PHONES["ar"], "يحب ابني كرة القدم")
    house.last_text(PHONES["en"], "team has your words")
    return house


@pytest.fixture
def enter(house: House) -> Callable[..., None]:
    """Put a page behind the door as a member of the demo school, in one of the console's languages; the way in has tests of its own."""

    def sign_in(page: Page, login: str, lang: str = "en") -> None:
        token = secrets.token_urlsafe(16)
        staff_id = "stf_demo_" + login.replace(".", "_")
        now = house.runtime.clock.now()
        with house.runtime.database.begin() as conn:
            conn.execute(sa.update(t.Staff).where(t.Staff.id == staff_id).values(lang=lang))
            conn.execute(
                sa.insert(t.StaffSession).values(
                    token_hash=digest(token),
                    district_id="dst_demo",
                    staff_id=staff_id,
                    created_at=now,
                    expires_at=now + timedelta(hours=1),
                    ended_at=None,
                )
            )
        page.context.add_cookies([{"name": "hl_staff", "value": token, "url": house.url}])

    return sign_in
