"""What the provider keeps of one message: values only."""

from __future__ import annotations

import base64
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(slots=True)
class Media:
    """A photo or voice note. `data` is there for inbound media, `url` for what we asked to be sent along."""

    sid: str
    content_type: str
    data: bytes = b""
    url: str = ""


@dataclass(slots=True)
class Message:
    """One message in either direction. `n` is its place in the order of acceptance, from 1."""

    n: int
    sid: str
    direction: str
    sender: str
    to: str
    body: str
    status: str
    created: float
    updated: float
    segments: int
    sent: float | None = None
    error_code: int | None = None
    error_message: str | None = None
    service: str | None = None
    callback: str = ""
    valid_seconds: int = 36_000
    send_at: float | None = None
    content_sid: str = ""
    media: tuple[Media, ...] = ()

    @property
    def inbound(self) -> bool:
        return self.direction == "inbound"

    @property
    def whatsapp(self) -> bool:
        return self.to.startswith("whatsapp:")

    def packed(self) -> dict[str, Any]:
        """For the journal: everything, media bytes as base64."""
        row = asdict(self)
        row["media"] = [{**part, "data": base64.b64encode(part["data"]).decode()} for part in row["media"]]
        return row

    @classmethod
    def unpacked(cls, row: dict[str, Any]) -> Message:
        """From the journal."""
        media = tuple(Media(**{**part, "data": base64.b64decode(part["data"])}) for part in row.pop("media"))
        return cls(**row, media=media)
