"""Who reads or acts: a signed-in member of staff."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Viewer:
    """The staff member behind a request; `grants` are their roles where they were read already (`bot.service.access.grants`)."""

    staff_id: str
    district_id: str
    name: str
    lang: str
    session_hash: bytes
    grants: tuple[tuple[str, str | None], ...] | None = None
