"""The suites: each yields one verdict a vector. An exception is counted apart: a wrong answer is a fault, a crash is two."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from channels import text
from channels.base import Request
from channels.email import mime
from channels.email.cut import cut
from channels.errors import Refused
from channels.slack import Slack
from channels.slack import signature as slack_signature
from channels.slack.home import teams
from channels.twilio import signature

Verdict = tuple[str, Callable[[], bool]]


@dataclass
class Score:
    """How one suite went. `failed` names the vectors that did not pass."""

    name: str
    total: int = 0
    passed: int = 0
    exceptions: int = 0
    failed: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.name} {self.passed}/{self.total} {self.exceptions}"


def sms_segments(root: Path) -> Iterator[Verdict]:
    """Encoding, segments, bits, characters and the text smart encoding sends."""
    for vector in json.loads((root / "upstream_vectors.json").read_text("utf-8")):

        def check(vector: dict[str, Any] = vector) -> bool:
            sent = text.smart(str(vector["body"])) if vector["smart_encoding"] else str(vector["body"])
            cost = text.count(sent)
            return (
                cost.encoding,
                cost.segments,
                cost.units * text.BITS[cost.encoding],
                cost.bits,
                cost.characters,
                len(sent),
            ) == (
                vector["encoding"],
                vector["segments"],
                vector["message_bits"],
                vector["total_bits"],
                vector["characters"],
                vector["unicode_scalars"],
            ) and sent == vector.get("sent_text", sent)

        yield str(vector["origin"]) + " " + ascii(str(vector["body"])[:12]), check


def twilio_signature(root: Path) -> Iterator[Verdict]:
    """The official SDKs' own test cases, the ones on which the SDKs disagree included."""
    for vector in json.loads((root / "vectors.json").read_text("utf-8")):

        def check(vector: dict[str, Any] = vector) -> bool:
            fields = None if vector["params"] is None else [(str(k), str(v)) for k, v in vector["params"]]
            body = (vector["body"] or "").encode()
            try:
                signature.verify(vector["url"], vector["signature"], [vector["auth_token"]], fields=fields, body=body)
            except Refused as refusal:
                # A crash that was turned into a refusal is still a crash here.
                if refusal.__cause__ is not None:
                    raise refusal.__cause__ from None
                return not vector["valid"]
            return bool(vector["valid"])

        yield vector["name"], check


def slack_payloads(root: Path) -> Iterator[Verdict]:
    """The published signature vectors, and every captured payload through the whole channel: none may raise or answer 5xx."""
    known = json.loads((root / "signature_vectors.json").read_text("utf-8"))
    for vector in known["vectors"]:

        def check(vector: dict[str, Any] = vector) -> bool:
            headers = {slack_signature.TIMESTAMP: vector["ts"], slack_signature.SIGNATURE: vector["sig"]}
            present = {name: value for name, value in headers.items() if value is not None}
            now = datetime.fromtimestamp(vector["now"], UTC)
            try:
                slack_signature.verify(present, vector["body"].encode(), [known["signing_secret"]], now)
            except Refused as refusal:
                if refusal.__cause__ is not None:
                    raise refusal.__cause__ from None
                return not vector["valid"]
            return bool(vector["valid"])

        yield vector["name"], check
    for path in sorted(root.glob("test_*.json")):

        def take(path: Path = path) -> bool:
            captured = json.loads(path.read_text("utf-8"))
            slack = Slack(
                bot_token="xoxb-vectors",
                signing_secret=known["signing_secret"],
                public_base_url="https://families.example.org",
                team_id=next(teams(captured.get("payload", {})), "T0"),
            )
            return all(_answered(slack, known["signing_secret"], body, kind) for body, kind in _as_sent(captured))

        yield path.stem, take


def _as_sent(captured: dict[str, Any]) -> Iterator[tuple[bytes, str]]:
    if "raw" in captured:
        yield captured["raw"].encode(), captured["content_type"]
        return
    text = json.dumps(captured["payload"])
    yield text.encode(), captured["content_type"]
    if "event" not in captured["payload"] and "challenge" not in captured["payload"]:
        form = captured["payload"] if "command" in captured["payload"] else {"payload": text}
        yield urlencode(form).encode(), "application/x-www-form-urlencoded"


def _answered(slack: Slack, secret: str, body: bytes, kind: str) -> bool:
    now = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
    ts = str(int(now.timestamp()))
    signed = "v0=" + hmac.new(secret.encode(), b"v0:" + ts.encode() + b":" + body, "sha256").hexdigest()
    headers = {"X-Slack-Request-Timestamp": ts, "X-Slack-Signature": signed, "Content-Type": kind}
    received = slack.receive(Request("POST", "/hooks/slack", headers, body, kind), now)
    return received.reply_status == 200 and len(received.events) > 0


def email_reply_crisp(root: Path) -> Iterator[Verdict]:
    """What was written now, cut out of a mail: equal without white space, or its beginning with little more behind it."""
    known = json.loads((root / "expected.json").read_text("utf-8"))
    for name, vector in known.items():
        if "first_fragment" not in vector:
            continue

        def check(name: str = name, wanted: str = vector["first_fragment"]) -> bool:
            found = cut((root / f"{name}.txt").read_text("utf-8"))
            squeezed, expected = "".join(found.reply.split()), "".join(wanted.split())
            return squeezed == expected or (squeezed.startswith(expected) and len(found.reply) < 1.3 * len(wanted) + 40)

        yield name, check


def bounce_flufl(root: Path) -> Iterator[Verdict]:
    """Bounces delivered with a null envelope sender name the addresses expected; delivered from somebody, only those that show what
    they are count."""
    known = json.loads((root / "expected.json").read_text("utf-8"))
    for name, vector in known.items():

        def check(name: str = name, vector: dict[str, list[str]] = vector) -> bool:
            raw = (root / "data" / name).read_bytes()
            found = mime.read(raw, "").bounce
            permanent, temporary = (found.permanent, found.temporary) if found is not None else ((), ())
            from_somebody = mime.read(raw, "somebody@example.org")
            head = raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0].lower()
            shows = from_somebody.null_return_path or b"multipart/report" in head
            return (
                set(permanent) == set(vector["permanent"])
                and set(temporary) == set(vector["temporary"])
                and (shows or from_somebody.bounce is None)
            )

        yield name, check


SUITES: dict[str, Callable[[Path], Iterator[Verdict]]] = {
    "twilio-signature": twilio_signature,
    "slack-payloads": slack_payloads,
    "sms-segments": sms_segments,
    "email-reply-crisp": email_reply_crisp,
    "bounce-flufl": bounce_flufl,
}


def run(name: str, root: Path) -> Score:
    """Run one suite over its folder."""
    score = Score(name)
    for title, check in SUITES[name](root / name):
        score.total += 1
        try:
            good = check()
        except Exception as error:
            score.exceptions += 1
            score.failed.append(f"{title}: {type(error).__name__}")
            continue
        if good:
            score.passed += 1
        else:
            score.failed.append(title)
    return score
