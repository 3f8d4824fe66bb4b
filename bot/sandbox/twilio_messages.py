"""The Messages resource over HTTP: create, fetch, list, change, delete, and the media of a message.

https://www.twilio.com/docs/messaging/api/message-resource
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import parse_qs

from aiohttp import web

from bot.sandbox import segments, twilio_list, twilio_rules
from bot.sandbox.message import Media, Message
from bot.sandbox.misbehave import Rule
from bot.sandbox.state import State, as_json
from bot.sandbox.twilio_callbacks import Deliveries
from bot.sandbox.twilio_errors import error_json
from bot.sandbox.twilio_schema import API_VERSION, FINAL_STATUSES, OUTCOMES, WAITING_STATUSES, feedback_json, media_json, message_json

ROOT: Final = f"/{API_VERSION}/Accounts/{{account}}/Messages"


def refused(code: int, subject: str = "", headers: dict[str, str] | None = None) -> web.Response:
    """Answer with one of the vendor's errors."""
    status, body = error_json(code, subject)
    return as_json(body, status, headers)


def bad_day(rule: Rule) -> web.Response:
    """Answer as the vendor does when it throttles or fails."""
    if rule.kind == "429":
        return refused(20429, headers={"Retry-After": f"{rule.retry_after:g}"})
    return refused(20500)


class TwilioApi:
    """What answers under /2010-04-01."""

    def __init__(self, state: State, deliveries: Deliveries) -> None:
        self.state = state
        self.deliveries = deliveries

    def routes(self) -> list[web.RouteDef]:
        one = ROOT + "/{sid}"
        return [
            web.post(ROOT + ".json", self._guarded("create", self.create)),
            web.get(ROOT + ".json", self._guarded("list", self.list)),
            web.get(one + "/Media.json", self._guarded("media", self.media_list)),
            web.get(one + "/Media/{media}.json", self._guarded("media", self.media_fetch)),
            web.get(one + "/Media/{media}", self._guarded("media", self.media_bytes)),
            web.post(one + "/Feedback.json", self._guarded("feedback", self.feedback)),
            web.get(one + ".json", self._guarded("fetch", self.fetch)),
            web.post(one + ".json", self._guarded("update", self.update)),
            web.delete(one + ".json", self._guarded("delete", self.delete)),
            web.route("*", f"/{API_VERSION}/{{rest:.*}}", self._guarded("other", self.nothing)),
        ]

    def _guarded(
        self, name: str, act: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        method = f"twilio.{name}"

        async def handle(request: web.Request) -> web.StreamResponse:
            if not self._authorised(request):
                return refused(20003, headers={"WWW-Authenticate": 'Basic realm="Twilio API"'})
            if request.match_info.get("account", self.state.options.account_sid) != self.state.options.account_sid:
                return refused(20404, request.path)
            return await self.state.answer(request, method, lambda: act(request), bad_day)

        return handle

    def _authorised(self, request: web.Request) -> bool:
        kind, _, coded = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "basic":
            return False
        try:
            user, _, password = base64.b64decode(coded, validate=True).decode().partition(":")
        except ValueError:
            return False
        options = self.state.options
        tokens = [token for token in (options.auth_token, options.auth_token_secondary) if token]
        return user == options.account_sid and any(hmac.compare_digest(password.encode(), token.encode()) for token in tokens)

    def _message(self, request: web.Request) -> Message | None:
        return self.state.ledger.by_sid.get(request.match_info["sid"])

    def _json(self, message: Message, status: int = 200) -> web.Response:
        return as_json(message_json(message, self.state.options.account_sid), status)

    async def create(self, request: web.Request) -> web.Response:
        """Accept a message, or refuse it for the vendor's reason."""
        state = self.state
        form = parse_qs((await request.read()).decode(errors="replace"), keep_blank_values=True)
        wanted = twilio_rules.check(form, state.options, state.ledger.stopped, state.now())
        if isinstance(wanted, twilio_rules.Refusal):
            state.ledger.note("twilio.refused", code=wanted.code)
            return refused(wanted.code, wanted.subject)
        if self.deliveries.queue_seconds(wanted.sender) > twilio_rules.MAX_QUEUE_SECONDS:
            state.ledger.note("twilio.refused", code=21611)
            return refused(21611, wanted.sender)
        return self._json(self.accept(wanted), 201)

    def accept(self, wanted: twilio_rules.Wanted, direction: str = "outbound-api") -> Message:
        """From here on the message is the provider's."""
        state, now = self.state, self.state.now()
        status = "queued" if wanted.service is None else "accepted"
        message = Message(
            n=state.ledger.last + 1,
            sid=state.new_id("MM" if wanted.media_urls else "SM"),
            direction=direction,
            sender=wanted.sender,
            to=wanted.to,
            body=wanted.body,
            status="scheduled" if wanted.send_at is not None else status,
            created=now,
            updated=now,
            segments=segments.count(wanted.body),
            service=wanted.service,
            callback=wanted.callback,
            valid_seconds=wanted.valid_seconds,
            send_at=wanted.send_at,
            content_sid=wanted.content_sid,
            media=tuple(Media(state.new_id("ME"), "image/jpeg", url=url) for url in wanted.media_urls),
        )
        state.ledger.accept(message)
        state.ledger.note("twilio.accepted", sid=message.sid, segments=message.segments, direction=direction)
        self.deliveries.begin(message)
        return message

    async def list(self, request: web.Request) -> web.Response:
        """Newest first, in pages, behind the truth by the configured lag."""
        state = self.state
        query = twilio_list.Query.parse(request.query)
        if query is None:
            return refused(20001)
        visible_until = state.now() - state.options.list_lag_seconds
        account = state.options.account_sid
        path = request.path
        return as_json(twilio_list.page(state.ledger, query, visible_until, path, lambda message: message_json(message, account)))

    async def fetch(self, request: web.Request) -> web.Response:
        message = self._message(request)
        return refused(20404, request.path) if message is None else self._json(message)

    async def update(self, request: web.Request) -> web.Response:
        """Cancel what has not left yet, or redact what is finished."""
        message = self._message(request)
        if message is None:
            return refused(20404, request.path)
        form = parse_qs((await request.read()).decode(errors="replace"), keep_blank_values=True)
        if form.get("Status") == ["canceled"]:
            if message.status not in WAITING_STATUSES:
                return refused(30409)
            self.deliveries.move(message, "canceled")
        if form.get("Body") == [""]:
            if message.status not in FINAL_STATUSES:
                return refused(20009)
            message.body = ""
            self.state.ledger.changed(message)
        return self._json(message)

    async def delete(self, request: web.Request) -> web.Response:
        message = self._message(request)
        if message is None:
            return refused(20404, request.path)
        if message.status not in FINAL_STATUSES:
            return refused(20009)
        self.state.ledger.forget(message)
        return web.Response(status=204)

    async def feedback(self, request: web.Request) -> web.Response:
        """Take the sender's word that a message had its effect; the vendor keeps it for its statistics."""
        message = self._message(request)
        if message is None:
            return refused(20404, request.path)
        form = parse_qs((await request.read()).decode(errors="replace"))
        outcome = form.get("Outcome", ["confirmed"])[0]
        if outcome not in OUTCOMES:
            return refused(20001)
        return as_json(feedback_json(message, outcome, self.state.now(), self.state.options.account_sid), 201)

    async def media_list(self, request: web.Request) -> web.Response:
        message = self._message(request)
        if message is None:
            return refused(20404, request.path)
        items = [media_json(media, message, self.state.options.account_sid) for media in message.media]
        return as_json({"media_list": items, **twilio_list.single_page(request.path, len(items))})

    async def media_fetch(self, request: web.Request) -> web.Response:
        found = self._media(request)
        if found is None:
            return refused(20404, request.path)
        message, media = found
        return as_json(media_json(media, message, self.state.options.account_sid))

    async def media_bytes(self, request: web.Request) -> web.Response:
        found = self._media(request)
        if found is None or not found[1].data:
            return refused(20404, request.path)
        return web.Response(body=found[1].data, content_type=found[1].content_type)

    def _media(self, request: web.Request) -> tuple[Message, Media] | None:
        message = self._message(request)
        for media in () if message is None else message.media:
            if message is not None and media.sid == request.match_info["media"]:
                return message, media
        return None

    async def nothing(self, request: web.Request) -> web.Response:
        return refused(20404, request.path)
