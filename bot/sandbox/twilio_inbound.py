"""A family's text reaches the provider: it is kept, the opt-out words are looked at, and our webhook is called, signed.

https://www.twilio.com/docs/messaging/guides/webhook-request
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any, Final

from bot.sandbox import segments, twilio_rules
from bot.sandbox.message import Media, Message
from bot.sandbox.misbehave import POSTS
from bot.sandbox.signing import twilio_signature
from bot.sandbox.state import State
from bot.sandbox.twilio_messages import TwilioApi
from bot.sandbox.twilio_rules import WHATSAPP
from bot.sandbox.twilio_schema import API_VERSION
from bot.sandbox.webhook import Attempt

STOP_WORDS: Final = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "END", "QUIT", "CANCEL", "REVOKE", "OPTOUT"})
START_WORDS: Final = frozenset({"START", "YES", "UNSTOP"})
HELP_WORDS: Final = frozenset({"HELP", "INFO"})
REPLIES: Final = {
    "STOP": (
        "You have successfully been unsubscribed. You will not receive any more messages from this number. Reply START to resubscribe."
    ),
    "START": (
        "You have successfully been re-subscribed to messages from this number. Reply HELP for help. "
        "Reply STOP to unsubscribe. Msg&Data Rates May Apply."
    ),
    "HELP": "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
}
PLACE: Final = {"City": "CEDAR VALLEY", "State": "MN", "Zip": "55555", "Country": "US"}


class BadInbound(Exception):
    """The control address was asked for a text no phone could send."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What one inbound text came to."""

    message: Message
    attempts: list[Attempt]

    def as_json(self) -> dict[str, Any]:
        posts = [
            {"url": post.url, "status": post.status, "failure": post.failure, "ms": post.milliseconds, "body": post.body}
            for post in self.attempts
        ]
        taken = bool(posts) and not posts[-1]["failure"]
        return {"sid": self.message.sid, "taken": taken, "status": posts[-1]["status"] if posts else 0, "attempts": posts}


def keyword(body: str) -> str:
    """STOP, START, HELP or "": only when the whole text is the word."""
    word = body.strip().upper()
    if word in STOP_WORDS:
        return "STOP"
    if word in START_WORDS:
        return "START"
    return "HELP" if word in HELP_WORDS else ""


class TwilioInbound:
    """The way from a phone to our webhook."""

    def __init__(self, state: State, api: TwilioApi) -> None:
        self.state = state
        self.api = api

    def take(self, wish: dict[str, Any]) -> Message:
        """Keep what {"from", "to"?, "body", "media"?, "channel"?} describes."""
        state = self.state
        prefix = WHATSAPP if wish.get("channel") == "whatsapp" else ""
        sender = prefix + str(wish.get("from", "")).removeprefix(WHATSAPP)
        to = prefix + str(wish.get("to") or state.options.senders[0]).removeprefix(WHATSAPP)
        if not twilio_rules.is_phone(sender.removeprefix(WHATSAPP)):
            raise BadInbound("from is no phone number")
        if to.removeprefix(WHATSAPP) not in state.options.senders:
            raise BadInbound("to is none of the account's numbers")
        body, now = str(wish.get("body", "")), state.now()
        media = tuple(self._media(part) for part in wish.get("media") or ())
        message = Message(
            n=state.ledger.last + 1,
            sid=state.new_id("MM" if media else "SM"),
            direction="inbound",
            sender=sender,
            to=to,
            body=body,
            status="received",
            created=now,
            updated=now,
            sent=now,
            segments=segments.count(body),
            media=media,
        )
        state.ledger.accept(message)
        state.ledger.note("twilio.inbound", sid=message.sid)
        return message

    def _media(self, part: dict[str, Any]) -> Media:
        try:
            data = base64.b64decode(part["data"], validate=True)
        except (KeyError, TypeError, binascii.Error) as error:
            raise BadInbound("media needs content_type and data (base64)") from error
        return Media(self.state.new_id("ME"), str(part.get("content_type", "image/jpeg")), data)

    async def arrive(self, message: Message) -> Arrival:
        """Do what the provider does with a new text: opt-out words first, then our webhook."""
        word = "" if message.whatsapp else keyword(message.body)
        ours = self.state.options.stop_replies == "ours"
        if word and not ours:
            self._opt(message, word)
        fields = self.fields(message)
        if word and not ours and self.state.options.advanced_opt_out:
            fields["OptOutType"] = word
        return Arrival(message, await self.post(message, fields))

    def _opt(self, message: Message, word: str) -> None:
        """Twilio's own opt-out: it answers itself and from then on refuses our texts with 21610."""
        pair = (message.to, message.sender)
        if word != "HELP":
            self.state.ledger.stop(pair, stopped=word == "STOP")
            self.state.ledger.note("twilio.opt_out", sid=message.sid, word=word)
        wanted = twilio_rules.Wanted(message.to, message.sender, REPLIES[word], "", 36_000, None, None, "", ())
        self.api.accept(wanted, "outbound-reply")

    def fields(self, message: Message) -> dict[str, str]:
        """The form of the webhook, every field a real one has."""
        options = self.state.options
        fields = {
            "AccountSid": options.account_sid,
            "ApiVersion": API_VERSION,
            "Body": message.body,
            "From": message.sender,
            "MessageSid": message.sid,
            "NumMedia": str(len(message.media)),
            "NumSegments": str(message.segments),
            "SmsMessageSid": message.sid,
            "SmsSid": message.sid,
            "SmsStatus": "received",
            "To": message.to,
            "MessagingServiceSid": options.messaging_service_sid,
        }
        base = f"{self.state.base_url}/{API_VERSION}/Accounts/{options.account_sid}/Messages/{message.sid}/Media/"
        for place, media in enumerate(message.media):
            fields[f"MediaContentType{place}"] = media.content_type
            fields[f"MediaUrl{place}"] = base + media.sid
        if message.whatsapp:
            kind = message.media[0].content_type.partition("/")[0] if message.media else "text"
            wa_id = message.sender.removeprefix(WHATSAPP + "+")
            profile = {"type": "whatsapp", "data": {"context": {"ProfileName": "Family", "WaId": wa_id}}}
            fields |= {
                "ChannelMetadata": json.dumps(profile, separators=(",", ":")),
                "MessageType": kind,
                "ProfileName": "Family",
                "ReferralNumMedia": "0",
                "WaId": wa_id,
            }
        else:
            fields |= {f"{end}{name}": value for end in ("From", "To") for name, value in PLACE.items()}
        return fields

    async def post(self, message: Message, fields: dict[str, str]) -> list[Attempt]:
        """Call our webhook; no address set means nobody listens yet."""
        state, options = self.state, self.state.options
        if not options.message_webhook:
            state.ledger.note("twilio.unheard", sid=message.sid)
            return []
        rule = state.misbehaviour.draw("webhook", POSTS) if state.misbehaviour.rules else None
        if rule is not None:
            state.ledger.note("misbehaved", method="webhook", kind=rule.kind, sid=message.sid)
            if rule.kind == "withhold":
                return []
            if rule.kind == "late":
                await asyncio.sleep(rule.seconds)
        attempts: list[Attempt] = []
        token = state.new_id("")
        for _ in range(2 if rule is not None and rule.kind == "duplicate" else 1):
            attempts += await state.poster.twilio(
                "twilio.webhook",
                options.message_webhook,
                fields,
                lambda url, form: twilio_signature(options.auth_token, url, form),
                token=token,
                fallback=options.message_fallback,
                ids={"sid": message.sid},
            )
        return attempts
