"""Our answers hold every field of the vendor's published schema, with its type; our table knows no other field than the SDK."""

from __future__ import annotations

import inspect
import re
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests
from twilio.rest import Client
from twilio.rest.api.v2010.account.message import MessageInstance, MessageList
from twilio.rest.api.v2010.account.message.feedback import FeedbackInstance
from twilio.rest.api.v2010.account.message.media import MediaInstance

from bot.sandbox import twilio_schema
from bot.sandbox.server import Handle
from tests.sandbox.conftest import FAMILY, SENDER, eventually

DATES = {"date_created", "date_updated", "date_sent"}


def payload_names(kind: type) -> set[str]:
    """The names the SDK reads from a payload, taken from its own source."""
    return set(re.findall(r'payload\.get\(\s*"(\w+)"', inspect.getsource(kind.__init__)))


def constants(kind: type) -> set[str]:
    return {value for name, value in vars(kind).items() if not name.startswith("_")}


def check(row: dict[str, Any], table: dict[str, tuple[type, ...]]) -> None:
    assert sorted(row) == sorted(table)
    wrong = {name: value for name, value in row.items() if type(value) not in table[name]}
    assert wrong == {}
    for name in DATES & set(row):
        if row[name] is not None:
            assert re.fullmatch(r"[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} \+0000", row[name])
            assert parsedate_to_datetime(row[name]).utcoffset().total_seconds() == 0


def test_the_tables_name_what_the_sdk_reads() -> None:
    assert set(twilio_schema.MESSAGE_FIELDS) == payload_names(MessageInstance)
    assert set(twilio_schema.MEDIA_FIELDS) == payload_names(MediaInstance)
    assert set(twilio_schema.FEEDBACK_FIELDS) == payload_names(FeedbackInstance)
    assert set(twilio_schema.OUTCOMES) == constants(FeedbackInstance.Outcome)
    assert set(twilio_schema.STATUSES) == constants(MessageInstance.Status)
    assert set(twilio_schema.DIRECTIONS) == constants(MessageInstance.Direction)


def test_the_create_form_is_the_sdks() -> None:
    source = inspect.getsource(MessageList._create)
    assert set(twilio_schema.CREATE_FIELDS) == set(re.findall(r'"([A-Z]\w+)":', source))


@pytest.mark.parametrize("to", [FAMILY, f"whatsapp:{FAMILY}", "+15005530003"])
def test_every_answer_about_a_message_holds_every_field(client: Client, sandbox: Handle, to: str) -> None:
    base = f"{sandbox.twilio_url}/2010-04-01/Accounts/{client.account_sid}/Messages"
    sender = f"whatsapp:{SENDER}" if to.startswith("whatsapp:") else SENDER
    form = {"To": to, "From": sender, "Body": "Hello", "MediaUrl": "https://demo.example/a.jpg"}
    made = requests.post(f"{base}.json", form, auth=client.auth, timeout=60)
    assert made.status_code == 201
    check(made.json(), twilio_schema.MESSAGE_FIELDS)
    one = f"{base}/{made.json()['sid']}"
    done = eventually(
        lambda: requests.get(f"{one}.json", auth=client.auth, timeout=60).json(),
        lambda row: row["status"] in twilio_schema.FINAL_STATUSES,
    )
    check(done, twilio_schema.MESSAGE_FIELDS)
    assert done["uri"] == f"/2010-04-01/Accounts/{client.account_sid}/Messages/{done['sid']}.json"
    listed = requests.get(f"{base}.json", auth=client.auth, timeout=60).json()
    check({k: v for k, v in listed.items() if k != "messages"}, twilio_schema.PAGE_FIELDS)
    check(listed["messages"][0], twilio_schema.MESSAGE_FIELDS)
    media = requests.get(f"{one}/Media.json", auth=client.auth, timeout=60).json()
    check({k: v for k, v in media.items() if k != "media_list"}, twilio_schema.PAGE_FIELDS)
    check(media["media_list"][0], twilio_schema.MEDIA_FIELDS)
    check(
        requests.get(f"{one}/Media/{media['media_list'][0]['sid']}.json", auth=client.auth, timeout=60).json(), twilio_schema.MEDIA_FIELDS
    )


def test_an_inbound_message_holds_every_field_too(client: Client, sandbox: Handle) -> None:
    sid = sandbox.ask("twilio/inbound", {"from": FAMILY, "body": "Hola"})["sid"]
    url = f"{sandbox.twilio_url}/2010-04-01/Accounts/{client.account_sid}/Messages/{sid}.json"
    row = requests.get(url, auth=client.auth, timeout=60).json()
    check(row, twilio_schema.MESSAGE_FIELDS)
    assert (row["direction"], row["status"], row["body"]) == ("inbound", "received", "Hola")


def test_feedback_is_taken_with_every_field(client: Client, sandbox: Handle) -> None:
    message = client.messages.create(to=FAMILY, from_=SENDER, body="Hello")
    assert message.feedback.create(outcome="unconfirmed").outcome == "unconfirmed"
    url = f"{sandbox.twilio_url}/2010-04-01/Accounts/{client.account_sid}/Messages/{message.sid}/Feedback.json"
    check(requests.post(url, auth=client.auth, timeout=60).json(), twilio_schema.FEEDBACK_FIELDS)
    assert requests.post(url, {"Outcome": "perhaps"}, auth=client.auth, timeout=60).json()["code"] == 20001
    nowhere = url.replace(message.sid, "SMnone")
    assert requests.post(nowhere, auth=client.auth, timeout=60).json()["code"] == 20404
