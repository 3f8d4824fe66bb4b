"""The life of an accepted message: queued, sent, delivered or not, and the signed status callback for each change.

The first status has no callback. Callbacks of one message are posted in order unless told to misbehave; different messages do not
wait for each other.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass
from typing import Final

from bot.sandbox.message import Message
from bot.sandbox.misbehave import POSTS
from bot.sandbox.signing import twilio_signature
from bot.sandbox.state import State
from bot.sandbox.twilio_errors import DELIVERY_ERRORS, FAILING_TO
from bot.sandbox.twilio_rules import WHATSAPP
from bot.sandbox.twilio_schema import API_VERSION, FINAL_STATUSES, WAITING_STATUSES

WHATSAPP_WINDOW: Final = 24 * 3600
EVENT_TYPES: Final = {"sent": "SENT", "delivered": "DELIVERED", "read": "READ", "undelivered": "UNDELIVERED", "failed": "FAILED"}


@dataclass(frozen=True, slots=True)
class Callback:
    """One post to make: its fields are fixed when the status changes, not when the post leaves."""

    url: str
    fields: dict[str, str]
    wait: float = 0.0


def callback_fields(message: Message, account: str) -> dict[str, str]:
    """The form of one status callback.

    https://www.twilio.com/docs/messaging/guides/track-outbound-message-status
    """
    fields = {
        "AccountSid": account,
        "ApiVersion": API_VERSION,
        "From": message.sender,
        "MessageSid": message.sid,
        "MessageStatus": message.status,
        "SmsSid": message.sid,
        "SmsStatus": message.status,
        "To": message.to,
    }
    if message.service is not None:
        fields["MessagingServiceSid"] = message.service
    if message.error_code is not None:
        fields["ErrorCode"] = str(message.error_code)
        fields["ErrorMessage"] = message.error_message or ""
    if message.whatsapp:
        fields |= {
            "ChannelInstallSid": "XE" + account[2:],
            "ChannelPrefix": "whatsapp",
            "ChannelToAddress": message.to.removeprefix(WHATSAPP),
            "EventType": EVENT_TYPES.get(message.status, message.status.upper()),
            "StructuredMessage": "false",
        }
    elif message.status in {"delivered", "undelivered"}:
        fields["RawDlrDoneDate"] = time.strftime("%y%m%d%H%M", time.gmtime(message.updated))
    return fields


class Deliveries:
    """Moves messages along and posts their callbacks."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.fates: dict[str, tuple[str, int]] = {}
        self._free_at: dict[str, float] = {}
        self._lines: dict[str, deque[Callback]] = {}
        self._held: dict[str, list[Callback]] = {}
        self._ready: asyncio.Queue[str] = asyncio.Queue()
        self._posters: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Start the posters; messages a journal brought back unfinished go on."""
        for _ in range(self.state.options.callbacks_in_flight):
            self._posters.add(asyncio.get_running_loop().create_task(self._post_lines()))
        for message in self.state.ledger.messages:
            if message.status in WAITING_STATUSES:
                self.begin(message)
            elif message.status not in FINAL_STATUSES:
                self._arrive(message)

    def stop(self) -> None:
        for task in self._posters:
            task.cancel()

    def queue_seconds(self, sender: str) -> float:
        """How long a new message of this sender would wait."""
        return max(0.0, self._free_at.get(sender, 0.0) - self.state.now())

    def begin(self, message: Message) -> None:
        """Take an accepted message into the sender's queue."""
        state, now = self.state, self.state.now()
        start = now if message.send_at is None else message.send_at
        pace = state.options.segments_per_second
        if pace > 0:
            start = max(start, self._free_at.get(message.sender, 0.0))
            self._free_at[message.sender] = start + message.segments / pace
        later = asyncio.get_running_loop().call_later
        queued_from = message.created if message.send_at is None else message.send_at
        if start - queued_from > message.valid_seconds:
            later(queued_from + message.valid_seconds - now, self.move, message, "failed", 30036)
            return
        later(start - now + state.options.sent_after, self._leave, message)

    def move(self, message: Message, status: str, error_code: int | None = None) -> None:
        """Change the status and call back, unless the message is already where nothing changes any more."""
        if message.status in FINAL_STATUSES and not (message.status == "delivered" and status == "read"):
            return
        message.status = status
        message.updated = self.state.now()
        if status == "sent":
            message.sent = message.updated
        if error_code is not None:
            message.error_code = error_code
            message.error_message = DELIVERY_ERRORS.get(error_code, ("", "Unknown error"))[1]
        self.state.ledger.changed(message)
        self.state.ledger.note("twilio.status", sid=message.sid, status=status, error_code=error_code)
        if message.callback:
            self._call_back(message)

    def _leave(self, message: Message) -> None:
        if message.status not in WAITING_STATUSES:
            return
        failing = self._failure(message)
        if failing is not None and failing[0] == "failed":
            self.move(message, *failing)
            return
        self.move(message, "sent")
        self._arrive(message)

    def _arrive(self, message: Message) -> None:
        status, code = self._failure(message) or ("delivered", None)
        wait = max(0.0, self.state.options.delivered_after - self.state.options.sent_after)
        asyncio.get_running_loop().call_later(wait, self.move, message, status, code)

    def _failure(self, message: Message) -> tuple[str, int] | None:
        if message.to in self.fates:
            return self.fates[message.to]
        code = FAILING_TO.get(message.to.removeprefix(WHATSAPP))
        if code is None and message.whatsapp and not message.content_sid:
            heard = self.state.ledger.last_inbound.get((message.sender, message.to))
            if heard is None or self.state.now() - heard > WHATSAPP_WINDOW:
                code = 63016
        return None if code is None else (DELIVERY_ERRORS[code][0], code)

    def _call_back(self, message: Message) -> None:
        job = Callback(message.callback, callback_fields(message, self.state.options.account_sid))
        rule = self.state.misbehaviour.draw("callback", POSTS) if self.state.misbehaviour.rules else None
        kind = "" if rule is None else rule.kind
        if kind:
            self.state.ledger.note("misbehaved", method="callback", kind=kind, sid=message.sid)
        if kind == "withhold":
            return
        if kind == "reorder" and message.status not in FINAL_STATUSES:
            self._held.setdefault(message.sid, []).append(job)
            return
        if kind == "late" and rule is not None:
            job = Callback(job.url, job.fields, rule.seconds)
        jobs = [job, job] if kind == "duplicate" else [job]
        self._line_up(message.sid, jobs + self._held.pop(message.sid, []))

    def _line_up(self, sid: str, jobs: list[Callback]) -> None:
        line = self._lines.get(sid)
        if line is None:
            self._lines[sid] = deque(jobs)
            self._ready.put_nowait(sid)
        else:
            line.extend(jobs)

    async def _post_lines(self) -> None:
        while True:
            sid = await self._ready.get()
            line = self._lines[sid]
            while line:
                await self._post(line.popleft())
            del self._lines[sid]

    async def _post(self, job: Callback) -> None:
        if job.wait:
            await asyncio.sleep(job.wait)
        options = self.state.options
        await self.state.poster.twilio(
            "twilio.callback",
            job.url,
            job.fields,
            lambda url, fields: twilio_signature(options.auth_token, url, fields),
            token=self.state.new_id(""),
            ids={"sid": job.fields["MessageSid"], "message_status": job.fields["MessageStatus"]},
        )
