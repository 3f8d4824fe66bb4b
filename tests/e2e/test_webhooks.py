"""What strangers, networks and providers on a bad day post to us: nothing of it changes a row, nothing of it is answered 5xx."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import httpx
import pytest
import sqlalchemy as sa
from twilio.request_validator import RequestValidator

from bot.store import tables as t
from tests.e2e.house import OLD_TOKEN, OURS, Family, House, wait_for

FORM = "application/x-www-form-urlencoded"
Shot = Callable[[House, dict[str, str]], httpx.Response]


@pytest.fixture(scope="module")
def asked(house: House) -> Family:
    """A family that was asked something and could answer now."""
    return house.talking("es")


def raw(
    house: House, body: bytes, signature: bytes | str | None, *, content_type: str = FORM, url: str = "", **more: str
) -> httpx.Response:
    headers: list[tuple[bytes, bytes]] = [(b"Content-Type", content_type.encode())]
    if signature is not None:
        headers.append((b"X-Twilio-Signature", signature if isinstance(signature, bytes) else signature.encode()))
    headers += [(name.encode(), value.encode()) for name, value in more.items()]
    return house.http.post(url or house.webhook, content=body, headers=headers)


def signed(house: House, form: Mapping[str, str], *, url: str = "", token: str = "") -> str:
    return RequestValidator(token or house.token).compute_signature(url or house.webhook, dict(form))


FORGED: dict[str, tuple[Shot, int]] = {
    "no signature": (lambda house, form: raw(house, urlencode(form).encode(), None), 403),
    "an empty signature": (lambda house, form: raw(house, urlencode(form).encode(), ""), 403),
    "a signature of another account": (lambda house, form: house.post(form, token="00" * 16), 403),
    "a token that was retired long ago": (lambda house, form: house.post(form, token="99" * 16), 403),
    "a signature with other letters than ASCII": (lambda house, form: raw(house, urlencode(form).encode(), "ñé".encode()), 403),
    "a signature of five thousand letters": (lambda house, form: raw(house, urlencode(form).encode(), "A" * 5000), 403),
    "words changed on the way": (lambda house, form: raw(house, urlencode(form | {"Body": "2"}).encode(), signed(house, form)), 403),
    "a field added on the way": (lambda house, form: raw(house, urlencode(form | {"X": "1"}).encode(), signed(house, form)), 403),
    "a query added on the way": (
        lambda house, form: raw(house, urlencode(form).encode(), signed(house, form), url=house.webhook + "?a=1"),
        403,
    ),
    "signed for the address in a forged Host header": (
        lambda house, form: raw(
            house, urlencode(form).encode(), signed(house, form, url="http://evil.example/hooks/twilio/message"), Host="evil.example"
        ),
        403,
    ),
    "another account's form": (lambda house, form: house.post(form | {"AccountSid": "AC" + "f" * 32}), 403),
    "JSON that is not signed": (lambda house, form: raw(house, json.dumps(form).encode(), "x", content_type="application/json"), 403),
}
MALFORMED: dict[str, Shot] = {
    "no MessageSid": lambda house, form: house.post({name: value for name, value in form.items() if name != "MessageSid"}),
    "a MessageSid with a quote": lambda house, form: house.post(form | {"MessageSid": "SM';drop table message--"}),
    "a sender that is none": lambda house, form: house.post(form | {"From": "<script>"}),
    "no sender": lambda house, form: house.post({name: value for name, value in form.items() if name != "From"}),
    "three hundred fields": lambda house, form: house.post(form | {f"Field{n}": "x" for n in range(300)}),
    "bytes that are not UTF-8": lambda house, form: raw(house, urlencode(form).encode() + b"&Extra=%ff%fe%80", signed(house, form)),
    "raw bytes that are not UTF-8": lambda house, form: raw(house, b"Body=\xff\xfe&From=" + form["From"].encode(), signed(house, form)),
    "a body that is only half there": lambda house, form: raw(house, urlencode(form).encode()[:40], signed(house, form)),
    "an empty body": lambda house, _form: raw(house, b"", signed(house, {})),
    "seventy thousand letters": lambda house, form: house.post(form | {"Body": "a" * 70_000}),
    "three hundred thousand letters": lambda house, form: house.post(form | {"Body": "a" * 300_000}),
    "no method of ours": lambda house, _form: house.http.get(house.webhook),
    "a file upload": lambda house, form: house.http.post(house.webhook, data=form, files={"f": b"x"}, headers={"X-Twilio-Signature": "x"}),
}


@pytest.mark.parametrize("what", FORGED)
def test_a_forged_text_is_refused_and_changes_nothing(house: House, asked: Family, what: str) -> None:
    house.quiet()
    before = house.everything()
    shoot, status = FORGED[what]
    assert shoot(house, house.form(asked.phone, "1")).status_code == status
    assert house.everything() == before


@pytest.mark.parametrize("what", MALFORMED)
def test_a_malformed_text_changes_nothing_and_is_no_failure_of_ours(house: House, asked: Family, what: str) -> None:
    house.quiet()
    before = house.everything()
    assert MALFORMED[what](house, house.form(asked.phone, "1")).status_code < 500
    assert house.everything() == before


def test_a_replayed_text_is_answered_and_counts_once(house: House) -> None:
    family = house.talking("es")
    form = house.form(family.phone, "2")
    assert house.post(form).status_code == 200
    house.next_text(family.phone, 2)
    house.quiet()
    before, heard = house.everything(), house.heard(family.phone)
    assert [house.post(form).status_code for _ in range(3)] == [200, 200, 200]
    assert house.post(form | {"Body": "1"}).status_code == 200, "the id says that it is the same text"
    house.quiet()
    assert house.everything() == before
    assert house.heard(family.phone) == heard


@pytest.mark.parametrize("where", ["house", pytest.param("postgres_house", marks=pytest.mark.postgres)])
def test_five_copies_at_the_same_moment_are_one_text(where: str, request: pytest.FixtureRequest) -> None:
    house: House = request.getfixturevalue(where)
    family = house.talking("es")
    form = house.form(family.phone, "Algunos días")
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: house.post(form).status_code, range(5)))
    assert answers == [200] * 5
    house.next_text(family.phone, 2)
    house.quiet()
    stored = sa.select(sa.func.count()).select_from(t.Message).where(t.Message.provider_id == form["MessageSid"])
    assert house.scalar(stored) == 1
    assert [one.step_id for one in house.entries(family.case_id)] == ["R1", "R2"]
    assert len(house.heard(family.phone)) == 3


def test_ten_different_texts_of_one_family_at_the_same_moment_are_all_kept(house: House) -> None:
    family = house.family("es")
    forms = [house.form(family.phone, f"Quiero contarles algo {n}") for n in range(10)]
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda form: house.post(form).status_code, forms))
    assert answers == [200] * 10
    kept = sa.select(t.Message.body).where(t.Message.contact_id == family.contact_id)
    assert sorted(row.body for row in house.rows(kept)) == [f"Quiero contarles algo {n}" for n in range(10)]


def test_the_previous_token_is_good_while_the_account_changes_it(house: House) -> None:
    family = house.family("es")
    assert house.post(house.form(family.phone, "Hola"), token=OLD_TOKEN).status_code == 200
    assert house.next_text(family.phone, 0)


# --- news about our own texts ----------------------------------------------------------------------------------------------------------------


def news(house: House, outbox_id: str, sid: str, status: str, **more: str) -> int:
    url = f"{house.base}/hooks/twilio/status/{outbox_id}"
    form = {"MessageSid": sid, "AccountSid": house.account, "From": OURS, "To": "+15550109999", "MessageStatus": status, **more}
    return house.post(form, url=url).status_code


def test_news_that_comes_late_never_takes_a_delivered_text_back(house: House, asked: Family) -> None:
    house.quiet()
    last = house.messages(asked.phone)[-1]
    outbox_id = last["status_callback"].rsplit("/", 1)[1]
    before = house.everything()
    assert (outbox_id, "delivered") in [row[:2] for row in before["outbox"]]
    late = ("queued", "sending", "sent", "sent", "delivered", "accepted", "a word nobody knows", "")
    assert [news(house, outbox_id, last["sid"], status) for status in late] == [200] * len(late)
    after = house.everything()
    assert (after["outbox"], after["talks"]) == (before["outbox"], before["talks"])
    before["counts"].pop("seen_event")
    after["counts"].pop("seen_event")
    assert after["counts"] == before["counts"]


UNKNOWN: dict[str, tuple[str, str]] = {
    "an outbox id and a text nobody sent": ("out_01AAAAAAAAAAAAAAAAAAAAAAAA", "SM" + "d" * 32),
    "an outbox id that is none": ("..%2f..%2fetc", "SM" + "e" * 32),
}


@pytest.mark.parametrize("what", UNKNOWN)
def test_news_about_a_text_nobody_sent_changes_nothing(house: House, asked: Family, what: str) -> None:
    house.quiet()
    before = house.everything()
    outbox_id, sid = UNKNOWN[what]
    assert news(house, outbox_id, sid, "delivered") < 500
    assert news(house, outbox_id, "no sid", "delivered") < 500
    after = house.everything()
    assert (after["outbox"], after["talks"]) == (before["outbox"], before["talks"])
    assert {name: count for name, count in after["counts"].items() if name != "seen_event"} == {
        name: count for name, count in before["counts"].items() if name != "seen_event"
    }


def test_forged_news_is_refused(house: House, asked: Family) -> None:
    house.quiet()
    last = house.messages(asked.phone)[-1]
    before = house.everything()
    form = {"MessageSid": last["sid"], "AccountSid": house.account, "MessageStatus": "failed", "ErrorCode": "30003"}
    answer = house.post(form, url=last["status_callback"], token="00" * 16)
    assert answer.status_code == 403
    assert house.everything() == before


# --- Slack -----------------------------------------------------------------------------------------------------------------------------------


def slack(house: House, body: bytes, *, stamp: str = "", signature: bytes | None = None, kind: str = "application/json") -> int:
    stamp = stamp or str(int(time.time()))
    base = b"v0:" + stamp.encode() + b":" + body
    genuine = b"v0=" + hmac.new(house.signing_secret.encode(), base, hashlib.sha256).hexdigest().encode()
    headers = [
        (b"Content-Type", kind.encode()),
        (b"X-Slack-Request-Timestamp", stamp.encode()),
        (b"X-Slack-Signature", genuine if signature is None else signature),
    ]
    return house.http.post(f"{house.base}/hooks/slack", content=body, headers=headers).status_code


EVENT = json.dumps({"type": "event_callback", "team_id": "T0SANDBOX01", "event_id": "Ev0REPEAT", "event": {"type": "app_mention"}}).encode()

SLACK_REFUSED: dict[str, Callable[[House], int]] = {
    "a timestamp of letters": lambda house: slack(house, EVENT, stamp="abc"),
    "a timestamp with a fraction": lambda house: slack(house, EVENT, stamp="1531420618.5"),
    "a timestamp of five thousand digits": lambda house: slack(house, EVENT, stamp="1" * 5000),
    "a timestamp below zero": lambda house: slack(house, EVENT, stamp="-1"),
    "a timestamp six minutes old": lambda house: slack(house, EVENT, stamp=str(int(time.time()) - 360)),
    "a timestamp six minutes ahead": lambda house: slack(house, EVENT, stamp=str(int(time.time()) + 360)),
    "a wrong signature": lambda house: slack(house, EVENT, signature=b"v0=" + b"0" * 64),
    "no signature": lambda house: slack(house, EVENT, signature=b""),
    "a signature with other letters than ASCII": lambda house: slack(house, EVENT, signature="v0=ñandú".encode()),
    "a signature that is no hex": lambda house: slack(house, EVENT, signature=b"v0=" + b"z" * 64),
}


@pytest.mark.parametrize("what", SLACK_REFUSED)
def test_what_slack_did_not_send_is_refused(house: House, what: str) -> None:
    house.quiet()
    before = house.everything()
    assert SLACK_REFUSED[what](house) in (401, 403)
    assert house.everything() == before


SLACK_ODD: dict[str, tuple[bytes, str]] = {
    "JSON cut in half": (b'{"type": "event_call', "application/json"),
    "a list": (b"[1, 2]", "application/json"),
    "a number": (b"7", "application/json"),
    "a kind nobody knows": (b'{"type": "brand_new"}', "application/json"),
    "an empty body": (b"", "application/json"),
    "bytes that are not UTF-8": (b"\xff\xfe", "application/json"),
    "a form without payload": (b"a=1", FORM),
    "a payload that is no JSON": (b"payload=%7Bbroken", FORM),
    "a button of nobody on nothing": (
        urlencode(
            {"payload": json.dumps({"type": "block_actions", "user": {"id": "U0NOBODY"}, "actions": [{"action_id": "acknowledge"}]})}
        ).encode(),
        FORM,
    ),
    "a button with a value of another kind": (
        urlencode(
            {
                "payload": json.dumps(
                    {
                        "type": "block_actions",
                        "user": {"id": "U0DEMOTEACH"},
                        "container": {"message_ts": 5, "channel_id": None},
                        "actions": [{"action_id": ["acknowledge"], "value": {"a": 1}, "action_ts": 0}],
                    }
                )
            }
        ).encode(),
        FORM,
    ),
}


@pytest.mark.parametrize("what", SLACK_ODD)
def test_odd_payloads_with_a_good_signature_change_nothing_and_are_no_failure_of_ours(house: House, what: str) -> None:
    house.quiet()
    before = house.everything()
    body, kind = SLACK_ODD[what]
    assert slack(house, body, kind=kind) < 500
    after = house.everything()
    before["counts"].pop("seen_event")
    after["counts"].pop("seen_event")
    assert after == before


def test_a_button_pressed_counts_once_however_often_slack_says_so(house: House) -> None:
    """The whole way: the alert in the channel, the press as Slack signs it, the post that says who has it."""
    family = house.talking("es")
    for answer in ("2", "1", "1", "saltar", "Leer con su tía", "1"):
        house.ask(family.phone, answer)
    (post,) = wait_for(lambda: house.channel(family.slack_channel), "the alert")
    button = next(one for block in post["blocks"] for one in block.get("elements", []) if one["action_id"] == "acknowledge")
    press = {
        "type": "block_actions",
        "team": {"id": "T0SANDBOX01"},
        "user": {"id": "U0DEMOTEACH"},
        "container": {"type": "message", "message_ts": post["ts"], "channel_id": family.slack_channel},
        "actions": [{"action_id": "acknowledge", "value": button["value"], "action_ts": "1795295208.000100", "type": "button"}],
    }
    body = urlencode({"payload": json.dumps(press)}).encode()
    assert slack(house, body, kind=FORM) == 200
    wait_for(lambda: "Acknowledged by Ms. Bennett." in json.dumps(house.channel(family.slack_channel)), "the post says who has it")
    house.quiet()
    once = house.everything()
    assert [slack(house, body, kind=FORM) for _ in range(3)] == [200, 200, 200]
    house.quiet()
    assert house.everything() == once
    assert len(house.channel(family.slack_channel)) == 1, "the post is changed, not repeated"


def test_who_is_not_on_the_case_presses_in_vain(house: House) -> None:
    family = house.talking("es")
    for answer in ("2", "1", "1", "saltar", "Leer con su tía", "1"):
        house.ask(family.phone, answer)
    (post,) = wait_for(lambda: house.channel(family.slack_channel), "the alert")
    house.quiet()
    before, shown = house.everything(), house.channel(family.slack_channel)
    before["counts"].pop("seen_event")
    for user in ("U0DEMOOTHER",):
        told = house.sandbox.ask(
            "slack/press", {"channel": family.slack_channel, "ts": post["ts"], "action_id": "say_thanks", "user": user}
        )
        assert told["status"] == 200
    house.quiet()
    after = house.everything()
    after["counts"].pop("seen_event")
    assert (after, house.channel(family.slack_channel)) == (before, shown)


def test_slack_finds_our_address(house: House) -> None:
    assert house.sandbox.ask("slack/verify", {}) == {"status": 200, "verified": True}
