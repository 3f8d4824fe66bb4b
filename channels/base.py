"""The contract every channel keeps.

`receive` turns one request of a provider into values, or raises `channels.errors.Refused`; it never touches a database.
`send` hands one message over and returns the provider's id, or raises a `channels.errors.SendError` that says what may be done next.
`look_up` asks a provider what became of a message whose fate we do not know (crash or timeout after the POST).
`listen` runs for channels that are not webhooks (Socket Mode, IMAP, LMTP); the worker calls it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

MAIL = "email"
"""The channel of e-mail, and the kind of address and of consent that goes with it."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request as the web room hands it over: raw bytes, never re-encoded.

    `path` is the path and query we were called under, without scheme and host: a channel builds the signed URL from its
    configured public address and this path, never from Host or X-Forwarded headers (fault 12).
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class MediaRef:
    """A photo or voice note that came with a message: where to fetch it, or its bytes when the provider sent them along. `refused` says
    that it is of a kind this channel takes from nobody, as is known before it is fetched."""

    content_type: str
    url: str = ""
    data: bytes | None = None
    provider_id: str = ""
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Inbound:
    """What a family wrote. `provider` + `provider_id` is unique for ever and is what duplicates are known by.

    `answered_by_provider` is set when the provider itself already replied (Twilio's default STOP handling): then we do not.
    Mail brings more: `text` is then only what was written new, `full_text` the whole original it was cut from (kept, shown beside it
    and screened, traps 3.4 and 3.5), `subject` its subject, `about` the outbox id that the signed reply address named ("" when the mail
    came to no such address), `beside` words that stand elsewhere in it (attached text, a mail sent along), heard but not taken for a
    reply. `doubt` is one of `DOUBTS` when this must not be taken for its sender's words: it is then kept for a person, changes nothing
    and is not answered (fault 11).
    `silent` and `ready` are for whoever takes it in, never for a channel: what `screen.silence` has said of this `text`, and what is kept
    of the whole so that its turn can be run again, in place of `raw`.
    """

    provider: str
    provider_id: str
    channel: str
    to: str
    sender: str
    text: str
    media: tuple[MediaRef, ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict)
    answered_by_provider: bool = False
    full_text: str = ""
    subject: str = ""
    doubt: str = ""
    about: str = ""
    beside: str = ""
    silent: Any = None
    ready: str = ""


DOUBTS: Mapping[str, str] = {
    "from": "no address, several addresses or several From headers",
    "dmarc": "the sender's domain was not proved by our own mail host",
    "reply_address": "the reply address was not made by us, or has expired",
    "automatic": "a machine wrote it: an absence note, a list, a robot, a bounce that names no message of ours",
    "no_district": "it came to an address of ours that is no district's",
    "unreadable": "its MIME structure could not be read within the limits",
}
"""Why an inbound message is not taken for its sender's words."""


@dataclass(frozen=True, slots=True)
class StatusUpdate:
    """News about a message we sent. `status` is ours (`STATUS_RANK`); the provider's own word travels in `raw`.

    `outbox_id` is the id our status-callback address carried, "" when the provider did not give it back.
    """

    provider: str
    provider_id: str
    status: str
    outbox_id: str = ""
    error_code: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StaffAction:
    """A staff member pressed a button, sent a command or a form. `event_id` is what duplicates are known by.

    `action` is one of ours: open, acknowledge, say_thanks, ask_liaison, acknowledge_page, unknown.
    `target` is the opaque id the button carried (an outbox id); `response_url` lets the channel answer later.
    """

    provider: str
    event_id: str
    actor: str
    action: str
    target: str = ""
    channel_id: str = ""
    response_url: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Challenge:
    """The provider asks whether we are there; the web room answers with these bytes."""

    body: bytes
    content_type: str = "text/plain"


@dataclass(frozen=True, slots=True)
class Ignored:
    """A genuine request that carries nothing for us (an event we did not ask for). Answered 200 and dropped."""

    reason: str


ELSEWHERE = "elsewhere"
"""The reason of a request whose person belongs to another customer of the provider (another Slack workspace)."""


Event = Inbound | StatusUpdate | StaffAction | Challenge | Ignored


@dataclass(frozen=True, slots=True)
class Received:
    """What one request came to, and what the provider is to be answered (within its time limit) once `events` are durable."""

    events: tuple[Event, ...]
    reply_body: bytes = b""
    reply_type: str = "text/plain"
    reply_status: int = 200


@dataclass(frozen=True, slots=True)
class Outbound:
    """One message to hand over. `valid_seconds` (1-36000) ends with the contact's own window, 600 for answers and class F.

    `blocks` is a channel's richer form (Slack blocks); `text` is always the complete plain form. `outbox_id` must come back
    with the status callback or be findable by `look_up`. `readers` are the people, by the provider's ids, who may read along where
    many do; a channel that posts into such a place refuses with `BadAddress` when anybody else is there (fault 14). None: not asked.

    Mail takes more: `subject` (never a child's name), `html` beside the text, `in_reply_to` and `references` (Message-IDs with their
    angle brackets), `automatic` when no person wrote it (marked so, sent with a null return path, never answered by robots),
    `unsubscribe` (the https address that ends this kind of mail by one POST), `reply_address` off when an answer should go to our
    plain address: a signed address of its own is made otherwise, and names this message. `lang` is the text's language.
    """

    outbox_id: str
    channel: str
    sender: str
    to: str
    text: str
    valid_seconds: int = 600
    media_urls: tuple[str, ...] = ()
    blocks: Sequence[Mapping[str, Any]] | None = None
    created_at: datetime | None = None
    readers: frozenset[str] | None = None
    subject: str = ""
    html: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    automatic: bool = False
    unsubscribe: str = ""
    reply_address: bool = True
    lang: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The provider took it: its id, our status word for what it answered, and how many segments it counted (0 = not said)."""

    provider: str
    provider_id: str
    status: str
    segments: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """What `look_up` found for a message in doubt: the receipt, or None when the provider certainly does not have it.

    `certain` is False when the provider's list may lag or was cut: then wait, never resend. `blind`: nobody can be asked, but a second
    copy is known to be the same message; it may be sent again a bounded number of times.
    """

    receipt: Receipt | None
    certain: bool
    blind: bool = False


STATUS_RANK: Mapping[str, int] = {
    "queued": 10,
    "sent": 20,
    "failed": 30,
    "undelivered": 30,
    "delivered": 40,
    "read": 50,
}
"""Our words for a message's fate after it was handed over.

A higher rank wins, whatever order the news arrives in; equal ranks keep the first.
"""


@runtime_checkable
class Channel(Protocol):
    """What every channel is. `name` is the provider; `channels` are the kinds of address it serves (sms, whatsapp, slack, email ...)."""

    name: str
    channels: tuple[str, ...]

    def receive(self, request: Request, now: datetime) -> Received:
        """Verify, parse, normalise. Raises `Refused` for anything not provably the provider's; any verifier exception is a refusal."""
        ...

    async def send(self, message: Outbound) -> Receipt:
        """Hand one message over, once. Raises `SendError`; `InDoubt` when the provider may have taken it."""
        ...

    async def look_up(self, message: Outbound, since: datetime, now: datetime) -> Found:
        """What became of a message whose fate is unknown."""
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...


Emit = Callable[[Received], None]


@runtime_checkable
class Listener(Protocol):
    """A channel that listens by itself instead of (or beside) webhooks, or one of several ways in that a channel names in `listeners`."""

    def listen(self, emit: Emit, stop: Callable[[], bool]) -> None:
        """Run until `stop()`; `emit` returns only when the events are durable, and only then the provider is acknowledged."""
        ...
