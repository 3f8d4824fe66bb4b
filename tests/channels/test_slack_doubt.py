"""Slack when it is unsure or away: messages in doubt, answers to a press, the socket that does not hold."""

from __future__ import annotations

from datetime import timedelta

import pytest

from channels.base import Found, Outbound, Receipt
from channels.errors import BadAddress, Misconfigured, NotAccepted, Permanent, SendError
from channels.slack.listen import close
from tests.channels.contract import NOW, run
from tests.channels.provider import Answer, Provider, hangs_up, says
from tests.channels.test_slack import CHANNEL, INFO, MINE, OTHER, history, look_up, no, ok, slack


@pytest.mark.parametrize("answer", [no("user_not_found"), ok(channel={}), ok(channel="x"), no("user_disabled")])
def test_a_person_who_is_not_there_is_a_bad_address(vendor: Provider, answer: Answer) -> None:
    vendor.will(answer)
    channel = slack(vendor.url)
    with pytest.raises(BadAddress):
        run(channel, channel.send(Outbound("out_1", "slack", "", "U0GONE", "x")))


def test_a_message_of_ours_is_changed_in_place_and_never_in_doubt(vendor: Provider) -> None:
    channel = slack(vendor.url)
    vendor.will(INFO, ok(channel=CHANNEL, ts="5.5", text="x"))
    message = Outbound("out_1", "slack", "", f"{CHANNEL}:5.5", "Acknowledged", blocks=[])
    assert run(channel, channel.send(message)) == Receipt("slack", f"{CHANNEL}:5.5", "delivered")
    assert (vendor.seen[1].path, vendor.seen[1].json["ts"], vendor.seen[1].json["blocks"]) == ("/api/chat.update", "5.5", [])
    vendor.will(INFO, hangs_up)
    with pytest.raises(NotAccepted):
        run(channel, channel.send(message))
    assert run(channel, channel.look_up(message, NOW, NOW)) == Found(None, certain=True)


def test_a_message_in_doubt_is_found_by_its_metadata_on_a_later_page(vendor: Provider) -> None:
    vendor.will(history(OTHER, {"ts": "7.7", "text": "people talk"}, cursor="more"), history(MINE))
    assert look_up(vendor) == Found(Receipt("slack", f"{CHANNEL}:9.9", "delivered"), certain=True)
    assert [seen.query.get("cursor") for seen in vendor.seen] == [None, "more"]
    assert vendor.seen[0].query["include_all_metadata"] in {"1", "true"}


def test_a_message_that_is_not_there_is_certain_once_it_had_time_to_arrive(vendor: Provider) -> None:
    vendor.will(history(OTHER))
    assert look_up(vendor) == Found(None, certain=True)
    assert look_up(vendor, NOW + timedelta(seconds=5)) == Found(None, certain=False)


@pytest.mark.parametrize(
    "answer", [hangs_up, no("ratelimited"), no("channel_not_found"), ok(messages=5), ok(), history(OTHER, has_more=True)]
)
def test_a_history_that_cannot_be_read_is_no_answer(vendor: Provider, answer: Answer) -> None:
    vendor.will(answer)
    assert look_up(vendor) == Found(None, certain=False)


def test_a_history_without_end_is_never_certain(vendor: Provider) -> None:
    vendor.will(history(OTHER, cursor="more"))
    assert look_up(vendor) == Found(None, certain=False)
    assert len(vendor.seen) == 20


def test_a_press_can_be_answered_after_its_acknowledgement(vendor: Provider) -> None:
    vendor.will(says(200, "ok", content_type="text/plain"))
    channel = slack(vendor.url)
    run(channel, channel.answer(vendor.url + "/response/1", "Acknowledged by a teacher", [{"type": "divider"}]))
    run(channel, channel.answer(vendor.url + "/response/1", "Only you see this", replace=False))
    assert [seen.json for seen in vendor.seen] == [
        {"text": "Acknowledged by a teacher", "replace_original": True, "blocks": [{"type": "divider"}]},
        {"text": "Only you see this", "replace_original": False, "response_type": "ephemeral"},
    ]


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.slack.com/x",
        "https://hooks.slack.com.evil.example/x",
        "https://evil.example",
        "http://169.254.169.254/",
        "",
        "file:///x",
    ],
)
def test_an_answer_goes_to_slack_and_nowhere_else(vendor: Provider, url: str) -> None:
    channel = slack(vendor.url)
    with pytest.raises(Permanent):
        run(channel, channel.answer(url, "x"))
    assert vendor.seen == []


@pytest.mark.parametrize(
    ("answer", "error"), [(says(404, "expired_url"), Permanent), (says(500, ""), NotAccepted), (hangs_up, NotAccepted)]
)
def test_an_answer_that_is_not_taken_says_so(vendor: Provider, answer: Answer, error: type[SendError]) -> None:
    vendor.will(answer)
    channel = slack(vendor.url)
    with pytest.raises(error):
        run(channel, channel.answer(vendor.url + "/response/1", "x"))


def test_socket_mode_with_a_wrong_token_says_that_staff_must_act(vendor: Provider) -> None:
    vendor.will(no("invalid_auth"))
    with pytest.raises(Misconfigured):
        slack(vendor.url, app_token="xapp-wrong").listen(lambda _: None, lambda: True)


def test_socket_mode_without_a_socket_behind_it_goes_on_trying_until_it_is_told_to_stop(vendor: Provider) -> None:
    vendor.will(ok(url="ws://127.0.0.1:9/none"))
    asked: list[bool] = []
    slack(vendor.url, app_token="xapp-1").listen(lambda _: None, lambda: len(asked) > 2 or asked.append(True) is not None)
    assert len(asked) == 3


def test_socket_mode_that_cannot_be_reached_may_be_tried_again() -> None:
    with pytest.raises(NotAccepted):
        slack(app_token="xapp-1").listen(lambda _: None, lambda: True)


def test_a_client_that_trips_over_its_own_hanging_up_is_closed_again() -> None:
    tries: list[str] = []

    class Sdk:
        def close(self) -> None:
            tries.append("close")
            if len(tries) == 1:
                raise AttributeError("'NoneType' object has no attribute 'close'")

    close(Sdk())
    assert tries == ["close", "close"]
