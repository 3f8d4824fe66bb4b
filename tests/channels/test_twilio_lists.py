"""What is asked of Twilio later: messages in doubt, the sweep of its lists, photos, and addresses that are not ours."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from channels.base import Found, MediaRef, Outbound, Receipt
from channels.errors import (
    InDoubt,
    Malformed,
    Misconfigured,
    NotAccepted,
    Permanent,
    Refused,
    SendError,
    Throttled,
    Untaken,
)
from channels.twilio import Twilio
from channels.twilio.signature import spellings
from tests.channels.contract import NOW, NUMBER, SECRET, WORDS, run
from tests.channels.provider import Answer, Provider, hangs_up, says
from tests.channels.test_twilio import ACCOUNT, FORM, PUBLIC, SID, fetch, hook, look_up, message, page, refusal, twilio


def test_a_message_in_doubt_is_found_on_a_later_page(vendor: Provider) -> None:
    vendor.will(
        page(message(sid="SM2", body="another text"), following=f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json?Page=1"),
        page(message(status="delivered", num_segments="1")),
    )
    assert look_up(vendor) == Found(Receipt("twilio", SID, "delivered", 1), certain=True)
    assert [s.query for s in vendor.seen] == [{"To": NUMBER, "From": "+15550100001", "PageSize": "100"}, {"Page": "1"}]


@pytest.mark.parametrize(
    "other",
    [
        message(body=WORDS + "!"),
        message(direction="inbound"),
        message(date_created="Sat, 21 Nov 2026 14:59:00 +0000"),
        message(to="+15550109999"),
    ],
)
def test_a_message_that_is_not_there_is_only_certain_after_the_lists_lag(vendor: Provider, other: dict[str, Any]) -> None:
    vendor.will(page(other))
    assert look_up(vendor) == Found(None, certain=True)
    assert look_up(vendor, NOW + timedelta(seconds=119)) == Found(None, certain=False)


@pytest.mark.parametrize(
    "answer",
    [
        hangs_up,
        refusal(500, 20500),
        says(200, "nonsense"),
        refusal(429, 20429),
        says(200, {"messages": [{}]}),
        page(message(date_created=None)),
    ],
)
def test_a_list_that_cannot_be_read_is_no_answer(vendor: Provider, answer: Answer) -> None:
    vendor.will(answer)
    assert look_up(vendor) == Found(None, certain=False)


def test_a_list_without_end_is_never_certain(vendor: Provider) -> None:
    vendor.will(page(message(body="another"), following=f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json?Page=1"))
    assert look_up(vendor) == Found(None, certain=False)
    assert len(vendor.seen) == 21


def test_what_families_wrote_while_we_were_away_is_found_by_the_list(vendor: Provider) -> None:
    inbound = {
        "direction": "inbound",
        "status": "received",
        "from": NUMBER,
        "to": "+15550100001",
        "date_sent": "Sat, 21 Nov 2026 15:00:00 +0000",
    }
    media = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{SID}/Media/ME1"
    vendor.will(
        page(
            message(**inbound, num_media="1"),
            message(**(inbound | {"sid": "SM4", "from": "no address\n"})),
            message(),
            following=f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json?Page=1",
        ),
        says(200, {"media_list": [{"sid": "ME1", "content_type": "audio/ogg", "uri": media + ".json"}], "next_page_uri": None, "page": 0}),
        page(
            message(**(inbound | {"sid": "SM3", "body": "earlier"})),
            message(**(inbound | {"date_created": "Sat, 21 Nov 2026 09:00:00 +0000"})),
        ),
    )
    channel = twilio(vendor.url)
    found = run(channel, channel.missed(NOW - timedelta(hours=1), NOW))
    assert [(m.provider_id, m.text, m.sender) for m in found] == [("SM3", "earlier", NUMBER), (SID, WORDS, NUMBER)]
    assert found[1].media == (MediaRef("audio/ogg", vendor.url + media, None, "ME1"),)
    assert vendor.seen[0].query["DateSent>"] == "2026-11-21T14:00:00Z"


@pytest.mark.parametrize(
    ("answer", "error"), [(refusal(401, 20003), Misconfigured), (refusal(503, 20503), NotAccepted), (hangs_up, InDoubt)]
)
def test_a_list_that_refuses_the_sweep_says_why(vendor: Provider, answer: Answer, error: type[SendError]) -> None:
    vendor.will(answer)
    channel = twilio(vendor.url)
    with pytest.raises(error):
        run(channel, channel.missed(NOW, NOW))


def test_a_photo_is_fetched_with_our_credentials(vendor: Provider) -> None:
    vendor.will(says(307, "", Location=f"{vendor.url}/there"), says(200, b"\x89PNG", content_type="image/png"))
    assert fetch(vendor, vendor.url + "/media") == ("image/png", b"\x89PNG")
    assert [(s.path, s.headers["Authorization"].split()[0]) for s in vendor.seen] == [("/media", "Basic"), ("/there", "Basic")]


@pytest.mark.parametrize("kind", ["application/pdf", "text/vcard"])
def test_a_paper_and_a_contact_a_family_sends_are_fetched_too(vendor: Provider, kind: str) -> None:
    vendor.will(says(200, b"data", content_type=kind))
    assert fetch(vendor, vendor.url + "/media") == (kind, b"data")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/x",
        "http://169.254.169.254/latest",
        "http://api.twilio.com/plain",
        "https://api.twilio.com.evil.example/x",
        "https://evil.example/?api.twilio.com",
        "https://api.twilio.com@evil.example/x",
        "https://api.twilio.com:8443/x",
        "file:///etc/passwd",
        "//api.twilio.com/x",
        "",
    ],
)
def test_an_address_elsewhere_is_never_called(vendor: Provider, url: str) -> None:
    with pytest.raises(Permanent):
        fetch(vendor, url)
    vendor.will(says(302, "", Location=url or "http://evil.example"))
    with pytest.raises(Permanent):
        fetch(vendor, vendor.url + "/media")
    assert {s.path for s in vendor.seen} == {"/media"}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (says(200, b"<svg/>", content_type="image/svg+xml"), Permanent),
        (says(200, b"<html>", content_type="text/html"), Permanent),
        (says(200, b"PK", content_type="application/zip"), Permanent),
        (says(200, b"x" * (16 * 1024 * 1024 + 1), content_type="image/png"), Permanent),
        (says(410, ""), Permanent),
        (says(404, ""), NotAccepted),
        (says(401, ""), NotAccepted),
        (says(503, ""), NotAccepted),
        (says(429, ""), NotAccepted),
        (hangs_up, NotAccepted),
    ],
)
def test_a_file_that_is_not_taken_says_whether_to_try_again(vendor: Provider, answer: Answer, error: type[SendError]) -> None:
    vendor.will(answer)
    with pytest.raises(error):
        fetch(vendor, vendor.url + "/media")


@pytest.mark.parametrize(
    ("said", "error"), [("image/jpeg", Untaken), ("", Untaken), ("text/html", Permanent)], ids=["a photo", "unsaid", "refused before"]
)
@pytest.mark.parametrize(
    "answer",
    [says(200, b"x", content_type="text/html"), says(200, b"x" * (16 * 1024 * 1024 + 1), content_type="image/png")],
    ids=["kind", "size"],
)
def test_only_a_file_that_is_not_what_was_said_is_news_to_who_sent_it(
    vendor: Provider, answer: Answer, said: str, error: type[SendError]
) -> None:
    vendor.will(answer)
    channel = twilio(vendor.url)
    with pytest.raises(Permanent) as raised:
        run(channel, channel.fetch(MediaRef(said, vendor.url + "/media")))
    assert type(raised.value) is error


def test_a_redirect_without_end_is_given_up(vendor: Provider) -> None:
    vendor.will(says(302, "", Location=f"{vendor.url}/again"))
    with pytest.raises(Permanent):
        fetch(vendor, vendor.url + "/media")
    assert len(vendor.seen) == 4


def test_our_token_is_shown_to_nobody_but_the_accounts_own_host() -> None:
    from channels.twilio.client import Account
    from channels.twilio.media import _headers

    account = Account(ACCOUNT, SECRET)
    assert _headers(account, "https://mms.twiliocdn.com/x") == {}
    assert set(_headers(account, "https://api.twilio.com/x")) == {"Authorization"}


def test_the_vendors_address_is_the_default() -> None:
    channel = Twilio(account_sid=ACCOUNT, auth_token=SECRET, public_base_url=PUBLIC)
    assert channel._account.base_url == "https://api.twilio.com"


def test_an_address_in_the_settings_that_is_none_is_ours_to_mend() -> None:
    channel = twilio("http://[not-an-address")
    with pytest.raises(Misconfigured):
        run(channel, channel.send(Outbound("out_1", "sms", "+15550100001", NUMBER, "x")))


@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), ("soon", 1.0), ("-5", 0.0), ("999999", 3600.0)])
def test_a_strange_retry_after_is_bounded(vendor: Provider, header: str, seconds: float) -> None:
    vendor.will(says(429, "", **{"Retry-After": header}))
    channel = twilio(vendor.url)
    with pytest.raises(Throttled) as raised:
        run(channel, channel.send(Outbound("out_1", "sms", "+15550100001", NUMBER, "x")))
    assert raised.value.retry_after == seconds


def test_an_address_without_end_is_never_ours() -> None:
    assert spellings("https://x.example/" + "a" * 5000) == spellings("ftp://x.example/") == ()


def test_what_a_request_without_a_mapping_of_headers_does_is_a_refusal() -> None:
    with pytest.raises(Refused):
        twilio().receive(replace(hook(FORM), headers={"x-twilio-signature": None}), NOW)  # type: ignore[dict-item]
    with pytest.raises(Malformed):
        twilio().receive(replace(hook(FORM), headers=None), NOW)  # type: ignore[arg-type]
