"""What Slack sends reaches a real server signed so that the vendor's own verifier agrees, within its time and retry rules."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from typing import Any

import pytest
import requests
from slack_bolt import App, BoltRequest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.webhook import WebhookClient

from bot.sandbox.options import SlackChannel
from bot.sandbox.server import Handle
from tests.sandbox.conftest import CASE, TEACHER, Ear, Heard, eventually

OUT = "out_01TEST"
BUTTONS = [
    {
        "type": "actions",
        "block_id": "alert",
        "elements": [
            {"type": "button", "action_id": "open", "value": OUT, "text": {"type": "plain_text", "text": "Open"}},
            {"type": "button", "action_id": "acknowledge", "value": OUT, "text": {"type": "plain_text", "text": "Acknowledge"}},
        ],
    },
    {
        "type": "section",
        "text": {"type": "mrkdwn", "text": "Who?"},
        "accessory": {
            "type": "static_select",
            "action_id": "who",
            "options": [{"text": {"type": "plain_text", "text": n}, "value": n} for n in ("a", "b")],
        },
    },
]
VIEW = {
    "type": "modal",
    "callback_id": "thanks",
    "private_metadata": OUT,
    "title": {"type": "plain_text", "text": "Say thanks"},
    "submit": {"type": "plain_text", "text": "Send"},
    "blocks": [
        {"type": "input", "block_id": "words", "label": {"type": "plain_text", "text": "Words"}, "element": {"type": "plain_text_input", "action_id": "text"}},
        {"type": "input", "block_id": "when", "label": {"type": "plain_text", "text": "When"}, "element": BUTTONS[1]["accessory"]},
        {"type": "divider"},
    ],
}  # fmt: skip


def genuine(heard: Heard, secret: str = "8f" * 16) -> bool:
    return SignatureVerifier(secret).is_valid_request(heard.body, heard.headers)


def payload(heard: Heard) -> dict[str, Any]:
    assert heard.headers["content-type"] == "application/x-www-form-urlencoded"
    return json.loads(heard.form["payload"])


def test_the_address_is_asked_whether_it_is_ours(sandbox: Handle, ear: Ear) -> None:
    assert sandbox.ask("slack/verify", {}) == {"status": 200, "verified": False}
    asked = json.loads(ear.heard[0].body)
    assert asked["type"] == "url_verification"
    assert genuine(ear.heard[0])
    assert not genuine(ear.heard[0], "00" * 16)


@pytest.mark.parametrize("shape", ["text", "json"])
def test_an_address_that_echoes_the_challenge_is_verified(sandbox: Handle, shape: str) -> None:
    class Echo(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            challenge = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["challenge"]
            said = challenge if shape == "text" else json.dumps({"challenge": challenge})
            self.send_response(200)
            self.end_headers()
            self.wfile.write(said.encode())

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        sandbox.ask("configure", {"slack_request_url": f"http://127.0.0.1:{server.server_port}"})
        assert sandbox.ask("slack/verify", {}) == {"status": 200, "verified": True}


def test_an_event_comes_in_its_envelope(sandbox: Handle, ear: Ear) -> None:
    told = sandbox.ask("slack/event", {"type": "member_joined_channel", "user": "U0X", "channel": CASE.id})
    (heard,) = ear.heard
    body = json.loads(heard.body)
    assert genuine(heard)
    assert (told["taken"], told["tries"], told["event_id"]) == (True, 1, body["event_id"])
    assert (body["type"], body["event"]["type"], body["api_app_id"]) == ("event_callback", "member_joined_channel", "A0SANDBOX01")
    assert "x-slack-retry-num" not in heard.headers


def test_an_unanswered_event_is_tried_three_times_more_with_the_retry_headers(sandbox: Handle, ear: Ear) -> None:
    sandbox.ask("configure", {"slack_retry_after": [0, 0.06, 0.3]})
    ear.answers[:] = [(500, b""), (404, b""), (503, b""), (200, b"")]
    told = sandbox.ask("slack/event", {"type": "app_mention"})
    assert (told["taken"], told["tries"]) == (True, 4)
    retries = [(one.headers.get("x-slack-retry-num"), one.headers.get("x-slack-retry-reason")) for one in ear.heard]
    assert retries == [(None, None), ("1", "http_error"), ("2", "http_error"), ("3", "http_error")]
    assert len({json.loads(one.body)["event_id"] for one in ear.heard}) == 1
    assert all(genuine(one) for one in ear.heard)
    gaps = [ear.heard[n + 1].at - ear.heard[n].at for n in range(3)]
    assert gaps[0] < gaps[1] < gaps[2]
    assert (gaps[1] >= 0.06, gaps[2] >= 0.3) == (True, True)


def test_slack_gives_up_after_three_retries_or_when_told_to(sandbox: Handle, ear: Ear) -> None:
    sandbox.ask("configure", {"slack_retry_after": [0, 0, 0]})
    ear.answers[:] = [(500, b"")]
    assert sandbox.ask("slack/event", {"type": "x"}) | {"event_id": ""} == {"event_id": "", "taken": False, "tries": 4, "status": 500}
    ear.reply_headers["X-Slack-No-Retry"] = "1"
    assert sandbox.ask("slack/event", {"type": "x"})["tries"] == 1


def test_three_seconds_are_the_limit(sandbox: Handle, ear: Ear, slack: WebClient) -> None:
    ts = slack.chat_postMessage(channel=CASE.id, text="Alert", blocks=BUTTONS)["ts"]
    sandbox.ask("configure", {"time_scale": 0.1})
    ear.wait = 0.6
    press = {"channel": CASE.id, "ts": ts, "action_id": "open", "user": TEACHER.id}
    told = sandbox.ask("slack/press", press)
    assert (told["taken"], told["status"], 280 <= told["ms"] < 600) == (False, 0, True)
    sandbox.ask("configure", {"slack_retry_after": [0], "slack_request_url": ""})
    assert sandbox.ask("slack/event", {"type": "x"})["taken"] is False


def test_a_pressed_button_arrives_with_everything_a_real_one_has(sandbox: Handle, ear: Ear, slack: WebClient) -> None:
    ts = slack.chat_postMessage(channel=CASE.id, text="Alert", blocks=BUTTONS)["ts"]
    told = sandbox.ask("slack/press", {"channel": CASE.id, "ts": ts, "action_id": "acknowledge", "user": TEACHER.id})
    (heard,) = ear.heard
    body = payload(heard)
    assert told["taken"] is True
    assert genuine(heard)
    (action,) = body["actions"]
    assert (action["action_id"], action["block_id"], action["value"], action["type"]) == ("acknowledge", "alert", OUT, "button")
    assert body["user"] == {"id": TEACHER.id, "username": "teacher", "name": "teacher", "team_id": "T0SANDBOX01"}
    assert body["channel"] == {"id": CASE.id, "name": "case-1"}
    assert body["container"] == {"type": "message", "message_ts": ts, "channel_id": CASE.id, "is_ephemeral": False}
    assert (body["type"], body["message"]["ts"], body["team"]["id"]) == ("block_actions", ts, "T0SANDBOX01")
    assert body["response_url"].startswith(sandbox.twilio_url)
    assert body["trigger_id"]


def test_a_chosen_option_arrives_as_chosen(sandbox: Handle, ear: Ear, slack: WebClient) -> None:
    ts = slack.chat_postMessage(channel=CASE.id, text="Alert", blocks=BUTTONS)["ts"]
    sandbox.ask("slack/press", {"channel": CASE.id, "ts": ts, "action_id": "who", "value": "b", "user": TEACHER.id})
    assert payload(ear.heard[0])["actions"][0]["selected_option"]["value"] == "b"


def test_what_cannot_be_pressed(sandbox: Handle, ear: Ear, slack: WebClient) -> None:
    ts = slack.chat_postMessage(channel=CASE.id, text="Alert", blocks=BUTTONS)["ts"]
    good = {"channel": CASE.id, "ts": ts, "action_id": "open", "user": TEACHER.id}
    told = [
        sandbox.ask("slack/press", good | change)["error"]
        for change in ({"ts": "1.2"}, {"channel": "C0NOWHERE1"}, {"action_id": "fly"}, {"value": "other"}, {"user": "U0NOBODY01"})
    ]
    assert told == ["message_not_found", "message_not_found", "action_not_found", "action_not_found", "user_not_found"]
    assert ear.heard == []


def test_the_response_url_replaces_whispers_posts_and_deletes(sandbox: Handle, ear: Ear, slack: WebClient) -> None:
    ts = slack.chat_postMessage(channel=CASE.id, text="Alert", blocks=BUTTONS)["ts"]
    sandbox.ask("slack/press", {"channel": CASE.id, "ts": ts, "action_id": "open", "user": TEACHER.id})
    answer = WebhookClient(payload(ear.heard[0])["response_url"])
    assert answer.send(text="Opened", replace_original=True).body == "ok"
    assert answer.send(text="For you").status_code == 200
    assert answer.send(text="For all", response_type="in_channel").status_code == 200
    shown = sandbox.ask(f"slack/messages?channel={CASE.id}")
    assert [m["text"] for m in shown["messages"]] == ["Opened", "For all"]
    assert [(w["to_user"], w["text"]) for w in shown["ephemeral"]] == [(TEACHER.id, "For you")]
    assert answer.send(delete_original=True).status_code == 200
    assert [m["text"] for m in sandbox.ask(f"slack/messages?channel={CASE.id}")["messages"]] == ["For all"]
    assert answer.send(text="fifth").status_code == 200
    assert answer.send(text="sixth").status_code == 404
    url = sandbox.twilio_url + "/slack/response/never"
    assert [requests.post(url, data=data, timeout=60).status_code for data in ("{}", "{")] == [404, 400]


def test_a_form_opens_changes_and_is_sent(sandbox: Handle, ear: Ear, slack: WebClient) -> None:
    ts = slack.chat_postMessage(channel=CASE.id, text="Alert", blocks=BUTTONS)["ts"]
    sandbox.ask("slack/press", {"channel": CASE.id, "ts": ts, "action_id": "open", "user": TEACHER.id})
    trigger = payload(ear.heard[0])["trigger_id"]
    view = slack.views_open(trigger_id=trigger, view=VIEW)["view"]
    changed = slack.views_update(view_id=view["id"], hash=view["hash"], view=VIEW)["view"]
    assert (changed["id"], changed["callback_id"], changed["private_metadata"]) == (view["id"], "thanks", OUT)
    wish = {"view_id": view["id"], "user": TEACHER.id, "values": {"text": "Thank you", "who": "a"}}
    assert sandbox.ask("slack/submit", wish)["taken"] is True
    sent = payload(ear.heard[1])
    assert (sent["type"], sent["view"]["private_metadata"]) == ("view_submission", OUT)
    values = sent["view"]["state"]["values"]
    assert values["words"] == {"text": {"type": "plain_text_input", "value": "Thank you"}}
    assert values["when"]["who"]["selected_option"]["value"] == "a"
    assert sandbox.ask("slack/submit", wish)["error"] == "not_found"


def test_forms_that_slack_refuses(sandbox: Handle, slack: WebClient) -> None:
    def word(act: Callable[[], object]) -> str:
        with pytest.raises(SlackApiError) as refused:
            act()
        return str(refused.value.response["error"])

    def trigger() -> str:
        return sandbox.sandbox.workspace.new_trigger(TEACHER.id)

    used = trigger()
    view = slack.views_open(trigger_id=used, view=VIEW | {"external_id": "mine"})["view"]
    assert word(lambda: slack.views_open(trigger_id=used, view=VIEW)) == "invalid_trigger_id"
    assert word(lambda: slack.views_open(trigger_id="", view=VIEW)) == "invalid_arguments"
    assert word(lambda: slack.views_open(trigger_id=trigger(), view={"type": "poem"})) == "invalid_arguments"
    assert word(lambda: slack.views_open(trigger_id=trigger(), view={"type": "modal", "blocks": []})) == "invalid_arguments"
    assert word(lambda: slack.views_update(view_id="V0NONE", view=VIEW)) == "not_found"
    assert word(lambda: slack.views_update(view_id=view["id"], hash="old", view=VIEW)) == "hash_conflict"
    assert slack.views_update(external_id="mine", view=VIEW)["view"]["id"] == view["id"]
    late = trigger()
    sandbox.ask("clock", {"ahead_seconds": 4})
    assert word(lambda: slack.views_open(trigger_id=late, view=VIEW)) == "expired_trigger_id"


def test_a_slash_command_and_its_answers(sandbox: Handle, ear: Ear) -> None:
    ear.answers[:] = [(200, b"Three cases."), (200, b'{"response_type": "in_channel", "text": "Hello all"}'), (200, b"")]
    wish = {"command": "/hearthline", "text": "cases", "channel": CASE.id, "user": TEACHER.id}
    for _ in range(3):
        assert sandbox.ask("slack/command", wish)["taken"] is True
    form = ear.heard[0].form
    assert genuine(ear.heard[0])
    assert (form["command"], form["text"], form["channel_id"], form["user_id"]) == ("/hearthline", "cases", CASE.id, TEACHER.id)
    assert (form["team_domain"], form["channel_name"], form["api_app_id"]) == ("cedar-valley", "case-1", "A0SANDBOX01")
    shown = sandbox.ask(f"slack/messages?channel={CASE.id}")
    assert [w["text"] for w in shown["ephemeral"]] == ["Three cases."]
    assert [m["text"] for m in shown["messages"]] == ["Hello all"]
    assert WebhookClient(form["response_url"]).send(text="Later").status_code == 200
    assert sandbox.ask("slack/command", wish | {"channel": "C0NOWHERE1"})["error"] == "channel_not_found"


def test_events_doubled_late_and_withheld(sandbox: Handle, ear: Ear) -> None:
    sandbox.ask("misbehave", [{"method": "event", "kind": kind, "next": 1, "seconds": 0.1} for kind in ("duplicate", "late", "withhold")])
    told = [sandbox.ask("slack/event", {"type": "x"})["tries"] for _ in range(3)]
    assert told == [1, 1, 0]
    ids = [json.loads(one.body)["event_id"] for one in ear.heard]
    assert (len(ids), ids[0] == ids[1]) == (3, True)


def test_a_direct_message_is_named_as_slack_names_it(sandbox: Handle, ear: Ear, slack: WebClient) -> None:
    posted = slack.chat_postMessage(channel=TEACHER.id, text="Page", blocks=BUTTONS)
    sandbox.ask("slack/press", {"channel": posted["channel"], "ts": posted["ts"], "action_id": "open", "user": TEACHER.id})
    assert payload(ear.heard[0])["channel"] == {"id": "D0TEACHER1", "name": "directmessage"}


def test_bolts_dispatcher_works_over_http(sandbox: Handle, slack: WebClient) -> None:
    done: list[str] = []
    app = App(client=slack, signing_secret="8f" * 16)
    app.action("open")(lambda ack, body: (ack(), done.append(body["actions"][0]["value"])))
    app.view("thanks")(lambda ack, view: (ack(), done.append(view["private_metadata"])))
    app.command("/hearthline")(lambda ack, command: (ack("Three cases."), done.append(command["text"])))
    app.event("member_joined_channel")(lambda event: done.append(event["channel"]))

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            answer = app.dispatch(BoltRequest(body=body, headers=dict(self.headers.items())))
            said = answer.body.encode()
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        sandbox.ask("configure", {"slack_request_url": f"http://127.0.0.1:{server.server_port}/slack"})
        assert sandbox.ask("slack/verify", {})["verified"] is True
        ts = slack.chat_postMessage(channel=CASE.id, text="Alert", blocks=BUTTONS)["ts"]
        view = slack.views_open(trigger_id=sandbox.sandbox.workspace.new_trigger(TEACHER.id), view=VIEW)["view"]
        told = [
            sandbox.ask("slack/press", {"channel": CASE.id, "ts": ts, "action_id": "open", "user": TEACHER.id}),
            sandbox.ask("slack/submit", {"view_id": view["id"], "user": TEACHER.id, "values": {"text": "x"}}),
            sandbox.ask("slack/command", {"command": "/hearthline", "text": "cases", "channel": CASE.id, "user": TEACHER.id}),
            sandbox.ask("slack/event", {"type": "member_joined_channel", "user": TEACHER.id, "channel": CASE.id}),
        ]
        eventually(lambda: done, lambda rows: len(rows) == 4)
        server.shutdown()
    assert [one["taken"] for one in told] == [True] * 4
    assert sorted(done) == sorted([OUT, OUT, "cases", CASE.id])
    assert [w["text"] for w in sandbox.ask(f"slack/messages?channel={CASE.id}")["ephemeral"]] == ["Three cases."]


def test_channels_given_at_the_start_are_there(start: Callable[..., Handle]) -> None:
    handle = start(slack_channels=(SlackChannel("C0OTHER001", "other"),))
    assert [one["id"] for one in handle.ask("slack/messages")["channels"]] == ["C0OTHER001"]
