"""Status callbacks reach a real server, signed so that the vendor's own verifier agrees."""

from __future__ import annotations

import re

import pytest
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from bot.sandbox.server import Handle
from tests.sandbox.conftest import FAMILY, SENDER, Ear, Heard, eventually


def genuine(ear: Ear, heard: Heard, token: str = "5a" * 16) -> bool:
    return RequestValidator(token).validate(ear.url + heard.path, heard.form, heard.headers["x-twilio-signature"])


def statuses(heard: list[Heard]) -> list[str]:
    return [one.form["MessageStatus"] for one in heard]


def test_every_change_but_the_first_is_called_back_signed_to_the_given_address(client: Client, ear: Ear) -> None:
    message = client.messages.create(to=FAMILY, from_=SENDER, body="Hi", status_callback=f"{ear.url}/status/out_1")
    heard = ear.until(2)
    assert message.status == "queued"
    assert statuses(heard) == ["sent", "delivered"]
    assert [one.path for one in heard] == ["/status/out_1"] * 2
    assert all(genuine(ear, one) for one in heard)
    assert not any(genuine(ear, one, "00" * 16) for one in heard)
    common = {
        "AccountSid": client.account_sid,
        "ApiVersion": "2010-04-01",
        "From": SENDER,
        "To": FAMILY,
        "MessageSid": message.sid,
        "SmsSid": message.sid,
    }
    assert heard[0].form == common | {"MessageStatus": "sent", "SmsStatus": "sent"}
    done = heard[1].form
    assert re.fullmatch(r"\d{10}", done.pop("RawDlrDoneDate"))
    assert done == common | {"MessageStatus": "delivered", "SmsStatus": "delivered"}


def test_a_message_without_a_callback_address_calls_nobody(client: Client, ear: Ear) -> None:
    sid = client.messages.create(to=FAMILY, from_=SENDER, body="Hi").sid
    eventually(lambda: client.messages(sid).fetch(), lambda m: m.status == "delivered")
    assert ear.heard == []


def test_a_failed_delivery_says_why(client: Client, ear: Ear) -> None:
    client.messages.create(to="+15005530005", from_=SENDER, body="Hi", status_callback=f"{ear.url}/s")
    heard = ear.until(2)
    assert statuses(heard) == ["sent", "undelivered"]
    assert (heard[1].form["ErrorCode"], heard[1].form["ErrorMessage"]) == ("30005", "Unknown destination handset")
    assert "RawDlrDoneDate" in heard[1].form
    assert genuine(ear, heard[1])


def test_whatsapp_callbacks_carry_the_channels_fields_and_a_read_receipt(client: Client, sandbox: Handle, ear: Ear) -> None:
    sandbox.ask("twilio/inbound", {"from": FAMILY, "body": "Hola", "channel": "whatsapp"})
    message = client.messages.create(to=f"whatsapp:{FAMILY}", from_=f"whatsapp:{SENDER}", body="Hi", status_callback=f"{ear.url}/s")
    heard = ear.until(2, "/s")
    sandbox.ask("twilio/status", {"sid": message.sid, "status": "read"})
    heard = ear.until(3, "/s")
    assert statuses(heard) == ["sent", "delivered", "read"]
    assert [one.form["EventType"] for one in heard] == ["SENT", "DELIVERED", "READ"]
    assert {one.form["ChannelToAddress"] for one in heard} == {FAMILY}
    assert {one.form["ChannelPrefix"] for one in heard} == {"whatsapp"}
    assert all(genuine(ear, one) for one in heard)
    assert "RawDlrDoneDate" not in heard[1].form


@pytest.mark.parametrize("hours_later", [0, 25])
def test_whatsapp_needs_a_message_of_the_family_in_the_last_24_hours(client: Client, sandbox: Handle, hours_later: int) -> None:
    def send() -> tuple[str, int | None]:
        sid = client.messages.create(to=f"whatsapp:{FAMILY}", from_=f"whatsapp:{SENDER}", body="Hi").sid
        done = eventually(lambda: client.messages(sid).fetch(), lambda m: m.status in {"delivered", "undelivered"})
        return done.status, done.error_code

    assert send() == ("undelivered", 63016)
    sandbox.ask("twilio/inbound", {"from": FAMILY, "body": "Hola", "channel": "whatsapp"})
    sandbox.ask("clock", {"ahead_seconds": hours_later * 3600})
    assert send() == (("undelivered", 63016) if hours_later else ("delivered", None))


def test_whatsapp_outside_the_window_takes_a_template(client: Client) -> None:
    sid = client.messages.create(to=f"whatsapp:{FAMILY}", from_=f"whatsapp:{SENDER}", content_sid="HX" + "1" * 32).sid
    assert eventually(lambda: client.messages(sid).fetch(), lambda m: m.status == "delivered").error_code is None


def test_a_status_does_not_change_after_the_end(client: Client, sandbox: Handle) -> None:
    sid = client.messages.create(to=FAMILY, from_=SENDER, body="Hi").sid
    eventually(lambda: client.messages(sid).fetch(), lambda m: m.status == "delivered")
    assert sandbox.ask("twilio/status", {"sid": sid, "status": "failed"})["status"] == "delivered"


def test_a_callback_refused_by_us_is_not_repeated_without_being_asked(client: Client, sandbox: Handle, ear: Ear) -> None:
    ear.answers[:] = [(500, b""), (200, b"")]
    client.messages.create(to=FAMILY, from_=SENDER, body="Hi", status_callback=f"{ear.url}/s")
    ear.until(2)
    assert statuses(ear.heard) == ["sent", "delivered"]

    def posts() -> list[tuple[object, ...]]:
        rows = [row for row in sandbox.ask("log")["events"] if row["what"] == "twilio.callback"]
        return [(row["message_status"], row["status"], row["attempt"]) for row in rows]

    # Our answer reaches the sandbox's log a moment after we have heard the callback.
    assert eventually(posts, lambda found: len(found) >= 2) == [("sent", 500, 1), ("delivered", 200, 1)]


def test_retries_of_one_callback_carry_the_same_idempotency_token(client: Client, ear: Ear) -> None:
    ear.answers[:] = [(503, b""), (502, b""), (200, b"")]
    client.messages.create(to=FAMILY, from_=SENDER, body="Hi", status_callback=f"{ear.url}/s#rc=5&rp=all")
    heard = ear.until(4)
    assert statuses(heard) == ["sent", "sent", "sent", "delivered"]
    tokens = [one.headers["i-twilio-idempotency-token"] for one in heard]
    assert len(set(tokens[:3])) == 1
    assert tokens[3] != tokens[0]
    assert all(genuine(ear, one) for one in heard)


def test_callbacks_doubled_reordered_and_withheld(client: Client, sandbox: Handle, ear: Ear) -> None:
    def send(kind: str, **more: float) -> None:
        ear.heard.clear()
        sandbox.ask("misbehave", {"method": "callback", "kind": kind, "next": 1, **more})
        client.messages.create(to=FAMILY, from_=SENDER, body=kind, status_callback=f"{ear.url}/s")

    send("duplicate")
    assert statuses(ear.until(3)) == ["sent", "sent", "delivered"]
    send("reorder")
    assert statuses(ear.until(2)) == ["delivered", "sent"]
    send("withhold")
    assert statuses(ear.until(1)) == ["delivered"]
    send("late", seconds=0.2)
    heard = ear.until(2)
    assert statuses(heard) == ["sent", "delivered"]
    struck = [(rule["kind"], rule["times"]) for rule in sandbox.ask("misbehave")["rules"]]
    assert struck == [("duplicate", 1), ("reorder", 1), ("withhold", 1), ("late", 1)]
