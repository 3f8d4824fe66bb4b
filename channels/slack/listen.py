"""Socket Mode: Slack's requests over a WebSocket that we open, for a district whose server nobody may call from outside.

https://docs.slack.dev/apis/events-api/using-socket-mode
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from channels.base import Emit, Received
from channels.errors import Misconfigured, NotAccepted
from channels.slack.client import Workspace, silence

WATCH_SECONDS = 0.2

Take = Callable[[Mapping[str, Any]], Received]


def listen(workspace: Workspace, app_token: str, take: Take, emit: Emit, stop: Callable[[], bool]) -> None:
    """Run until `stop()`. Slack is acknowledged only after `emit` returned, that is when the events are durable.

    An envelope that is not acknowledged comes again by Slack's own rules; the SDK opens a new connection when one ends.
    """
    from slack_sdk.errors import SlackApiError
    from slack_sdk.socket_mode.builtin import SocketModeClient
    from slack_sdk.socket_mode.request import SocketModeRequest
    from slack_sdk.socket_mode.response import SocketModeResponse

    client = SocketModeClient(app_token=app_token, web_client=workspace.waiting_client(), logger=silence)
    client.proxy = None

    def on_request(_client: object, request: SocketModeRequest) -> None:
        received = take(request.payload)
        emit(received)
        client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id, payload=_answer(received)))

    client.socket_mode_request_listeners.append(on_request)
    try:
        client.connect()
        while not stop():
            time.sleep(WATCH_SECONDS)
    except SlackApiError as refusal:
        raise Misconfigured("Slack does not accept our app-level token.", code=str(refusal.response.get("error", ""))[:60]) from None
    except OSError as error:
        raise NotAccepted("Slack cannot be reached.", code=type(error).__name__) from None
    finally:
        close(client)


def close(client: Any) -> None:
    """Close the SDK's client. It looks at its socket outside its own lock: when Slack hangs up at the same moment it trips, once."""
    for _ in range(2):
        with suppress(AttributeError):
            client.close()
            return


def _answer(received: Received) -> dict[str, Any] | None:
    """Return the reply as Socket Mode carries it: a JSON object, or nothing."""
    if received.reply_type != "application/json" or not received.reply_body:
        return None
    said = json.loads(received.reply_body)
    return said if isinstance(said, dict) else None
