"""The suites: each yields one verdict a vector. An exception is counted apart: a wrong answer is a fault, a crash is two."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from channels import text
from channels.errors import Refused
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


SUITES: dict[str, Callable[[Path], Iterator[Verdict]]] = {
    "twilio-signature": twilio_signature,
    "sms-segments": sms_segments,
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
