"""The demo page shows what the sandbox took and sent, plays a real family, and exists in demo mode only."""

from __future__ import annotations

import re
import smtplib
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from bot import app
from bot.sandbox.options import Options, SlackChannel
from bot.sandbox.server import Handle, Sandbox
from bot.service import demo_view
from bot.service.runtime import Runtime
from bot.service.start_flow import check_variant
from bot.store import tables as t
from bot.store.database import Database
from bot.web.demo import STARTS, slack_text
from tests.fakes.clock import TickingClock
from tests.web.conftest import Browser, runtime_over

BASE = "http://127.0.0.1:8000"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Handle]:
    options = Options(mode="test", senders=("+15550100001",), slack_channels=(SlackChannel("C0DEMO1002", "case-cv-1002"),))
    handle = Sandbox(options).start_in_thread()
    yield handle
    handle.stop()


@pytest.fixture
def demo(compiled: Runtime, world_sqlite: Database, clock: TickingClock, sandbox: Handle) -> Iterator[Browser]:
    runtime = runtime_over(compiled, world_sqlite, clock, mode="demo", public_base_url=BASE, sandbox_url=sandbox.control_url)
    site = app.create_app(runtime)
    yield Browser(site.test_client(), world_sqlite, BASE)
    site.extensions["hearthline"].committer.close()


def test_outside_demo_mode_there_is_no_demo_page(site: Flask, browser: Any) -> None:
    assert browser().get("/").headers["Location"] == "/console/"
    assert {rule.endpoint for rule in site.url_map.iter_rules() if "demo" in rule.endpoint} == set()


def test_outside_demo_mode_the_sign_in_page_names_nobody(browser: Any) -> None:
    assert "demo.example" not in browser().get("/console/sign-in").text


def test_the_five_families_can_be_chosen(demo: Browser) -> None:
    assert re.findall(r'href="/\?family=(con_\w+)"', demo.get("/").text) == [
        "con_demo_es",
        "con_demo_en",
        "con_demo_ar",
        "con_demo_so",
        "con_demo_siblings",
    ]


def test_every_talk_a_button_starts_exists(compiled: Runtime) -> None:
    for flow_id, variant, _ in STARTS:
        check_variant(compiled.library.flow(flow_id), variant)


def test_a_language_without_checked_texts_says_so(demo: Browser) -> None:
    said = "Nobody has checked"
    assert {f: said in demo.get(f"/?family={f}").text for f in ("con_demo_es", "con_demo_ar", "con_demo_so")} == {
        "con_demo_es": False,
        "con_demo_ar": True,
        "con_demo_so": True,
    }


def test_the_phone_shows_what_the_sandbox_has_and_nothing_of_ours(demo: Browser, sandbox: Handle) -> None:
    with demo.database.begin() as conn:
        conn.execute(sa.update(t.Case).values(state="open"))
    sandbox.ask("twilio/inbound", {"from": "+15550101002", "body": "Le encanta dibujar"})
    panes = demo.get("/demo/panes?family=con_demo_es").json
    assert "Le encanta dibujar" in panes["phone"]["html"]
    assert "Le encanta dibujar" not in panes["record"]["html"]
    assert "Le encanta dibujar" not in demo.get("/demo/panes?family=con_demo_en").json["phone"]["html"]


def test_panes_the_browser_has_are_not_sent_and_the_record_is_not_read_again(demo: Browser) -> None:
    panes = demo.get("/demo/panes?family=con_demo_es").json
    seen = "&".join(f"{name}={pane['version']}" for name, pane in panes.items())
    reads = _reads(demo)
    assert demo.get(f"/demo/panes?family=con_demo_es&{seen}").json == {}
    assert _reads(demo) == reads


def test_a_text_posted_to_the_webhook_past_the_phone_is_seen_under_the_hood(demo: Browser, clock: TickingClock) -> None:
    before = demo.get("/demo/panes?family=con_demo_es").json["hood"]["html"]
    row = {"id": "msg_posted", "district_id": "dst_demo", "provider": "twilio", "provider_id": "SMposted", "channel": "sms"}
    with demo.database.begin() as conn:
        conn.execute(
            sa.insert(t.Message).values(**row, contact_id="con_demo_es", body=("dst_demo", "Hola"), lang="es", received_at=clock.now())
        )
    panes = demo.get("/demo/panes?family=con_demo_es").json
    assert (before.count("lit"), panes["hood"]["html"].count("lit")) == (0, 2)
    assert "Hola" not in panes["phone"]["html"]


def _reads(demo: Browser) -> int:
    with demo.database.read() as conn:
        return conn.execute(sa.select(sa.func.count()).select_from(t.Audit)).scalar_one()


def test_the_school_starts_a_talk(demo: Browser) -> None:
    assert demo.post("/demo/start", page="/", family="con_demo_es", talk="home-observations/reading").status_code == 303
    with demo.database.read() as conn:
        assert tuple(conn.execute(sa.select(t.Outbox.ref, t.Outbox.contact_id)).one()) == ("home-observations/R1", "con_demo_es")


def test_what_may_not_be_started_says_why(demo: Browser) -> None:
    with demo.database.begin() as conn:
        conn.execute(sa.update(t.Consent).values(state="stopped"))
    data = {"csrf": demo.token("/"), "family": "con_demo_es", "talk": "home-observations/reading"}
    answer = demo.client.post("/demo/start", data=data, headers={"X-Requested-With": "demo"}, base_url=BASE)
    assert answer.json == {"say": "This family asked for no more texts; only their own START opens the line again."}


def test_what_must_wait_says_until_when(demo: Browser) -> None:
    with demo.database.begin() as conn:
        conn.execute(sa.update(t.District).values(settings={"cap.weekly": 1}))
    demo.post("/demo/start", page="/", family="con_demo_es", talk="home-observations/reading")
    data = {"csrf": demo.token("/"), "family": "con_demo_es", "talk": "welcome/"}
    answer = demo.client.post("/demo/start", data=data, headers={"X-Requested-With": "demo"}, base_url=BASE)
    assert answer.json["say"].startswith("This family has had as many messages from us this week as they should. It starts at ")


@pytest.mark.parametrize("talk", ["", "welcome/x", "home-observations", "nothing/here", "../../etc"])
def test_only_the_offered_talks_can_be_started(demo: Browser, talk: str) -> None:
    assert demo.post("/demo/start", page="/", family="con_demo_es", talk=talk).status_code == 400


def test_a_text_too_long_for_a_phone_is_refused_and_an_empty_one_is_none(demo: Browser, sandbox: Handle) -> None:
    assert demo.post("/demo/text", page="/", family="con_demo_es", body="x" * 1601).status_code == 413
    assert demo.post("/demo/text", page="/", family="con_demo_es", body=" ").status_code == 303
    assert sandbox.ask("twilio/messages")["messages"] == []


def test_a_button_that_is_not_there_changes_nothing(demo: Browser) -> None:
    data = {"csrf": demo.token("/"), "channel": "C0DEMO1002", "ts": "1.1", "action_id": "open", "user": "U0DEMOTEACH"}
    answer = demo.client.post("/demo/press", data=data, headers={"X-Requested-With": "demo"}, base_url=BASE)
    assert answer.json == {"say": "That did not get through. Please try again."}


def test_the_web_chat_opens_by_a_fresh_signed_link_for_seeded_families_only(demo: Browser) -> None:
    answer = demo.post("/demo/chat", page="/", family="con_demo_es")
    assert re.fullmatch(r"/chat/[\w-]+\.[\w-]+", answer.headers["Location"])
    assert demo.post("/demo/chat", page="/", family="con_nobody").status_code == 404


def test_without_a_sandbox_the_page_says_it_is_our_fault(compiled: Runtime, world_sqlite: Database, clock: TickingClock) -> None:
    runtime = runtime_over(compiled, world_sqlite, clock, mode="demo", public_base_url=BASE, sandbox_url="http://127.0.0.1:9/sandbox")
    site = app.create_app(replace(runtime))
    assert Browser(site.test_client(), world_sqlite, BASE).get("/").status_code == 503
    site.extensions["hearthline"].committer.close()


def test_slacks_markup_is_escaped_before_it_is_shown() -> None:
    assert slack_text("<script>x</script> *bold* <https://a.example/b|here>") == (
        '&lt;script&gt;x&lt;/script&gt; <strong>bold</strong> <a href="https://a.example/b" target="_blank" rel="noopener noreferrer">here</a>'
    )
    assert slack_text("see https://a.example/b\nnow, <@U0DEMO>") == (
        'see <a href="https://a.example/b" target="_blank" rel="noopener noreferrer">https://a.example/b</a><br>now, @U0DEMO'
    )
    assert "<a" not in slack_text("<javascript:alert(1)|x>")


def test_direct_messages_about_other_families_stay_out() -> None:
    about = [demo_view._is_about(text, ("CV-1002",)) for text in ("Case CV-1002: x", "Case CV-1001: x", "Sign in to Hearthline")]
    assert about == [True, False, True]


@pytest.fixture
def mailed(compiled: Runtime, world_sqlite: Database, clock: TickingClock, sandbox: Handle) -> Iterator[Browser]:
    """The demo with mail; two mails are out: a sign-in link and words for the Spanish family."""
    runtime = runtime_over(compiled, world_sqlite, clock, mode="demo", public_base_url=BASE, sandbox_url=sandbox.control_url)
    site = app.create_app(replace(runtime, channels={**runtime.channels, "email": object()}))
    with smtplib.SMTP("127.0.0.1", sandbox.smtp_port, timeout=60) as host:
        for to, words in (("liaison@demo.example", f"Sign in: {BASE}/console/sign-in/abc."), ("es@home.test", "<b>Hola</b>, Lucía")):
            mail = EmailMessage()
            mail["From"], mail["To"], mail["Subject"], mail["Message-ID"] = "school@families.demo.example", to, "Hearthline", f"<{to}>"
            mail.set_content(words)
            host.send_message(mail)
    yield Browser(site.test_client(), world_sqlite, BASE)
    site.extensions["hearthline"].committer.close()


def test_the_mail_pane_shows_what_the_host_took_for_staff_and_for_this_family_only(mailed: Browser) -> None:
    pane = mailed.get("/demo/panes?family=con_demo_es").json["mail"]["html"]
    assert f'<a href="{BASE}/console/sign-in/abc" target="_blank" rel="noopener noreferrer">{BASE}/console/sign-in/abc</a>.' in pane
    assert "&lt;b&gt;Hola&lt;/b&gt;, Lucía" in pane
    other = mailed.get("/demo/panes?family=con_demo_en").json["mail"]["html"]
    assert ("console/sign-in/abc" in other, "Hola" in other) == (True, False)


def test_the_family_answers_a_mail_and_writes_one(mailed: Browser, sandbox: Handle) -> None:
    number = re.search(r'name="number" value="(\d+)"', mailed.get("/?family=con_demo_es").text)
    assert number is not None
    assert mailed.post("/demo/mail", page="/", family="con_demo_es", number=number[1], text="Gracias").status_code == 303
    assert mailed.post("/demo/mail", page="/", family="con_demo_en", text="Hello").status_code == 303
    assert mailed.post("/demo/mail", page="/", family="con_demo_en", text="  ").status_code == 303
    assert mailed.post("/demo/mail", page="/", family="con_demo_en", text="x" * 4001).status_code == 413
    assert [(one["to"], one["subject"]) for one in sandbox.ask("mail/coming")["coming"]] == [
        ("school@families.demo.example", "Re: Hearthline"),
        ("school@families.demo.example", "Hello"),
    ]


def test_an_answer_to_a_mail_that_is_not_there_does_not_get_through(mailed: Browser) -> None:
    data = {"csrf": mailed.token("/"), "family": "con_demo_es", "number": "999", "text": "x"}
    answer = mailed.client.post("/demo/mail", data=data, headers={"X-Requested-With": "demo"}, base_url=BASE)
    assert answer.json == {"say": "That did not get through. Please try again."}


def test_a_demo_without_mail_has_no_mail_pane(demo: Browser) -> None:
    assert "pane-mail" not in demo.get("/").text
    assert "mail" not in demo.get("/demo/panes?family=con_demo_es").json
