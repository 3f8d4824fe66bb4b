"""The hash chain of a case: every entry and every mark is a link, so that a changed, removed or inserted row is found.

digest = SHA-256(salt + content), chain = SHA-256(previous chain + digest). The chain holds salted digests, not content: after a lawful
erasure (salt and content gone, digest kept) it still verifies, and nobody can guess the erased words from the digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson

from bot.store.types import Plain

GENESIS = b"\0" * 32
"""The chain before the first link."""

ENTRY_FIELDS = (
    "id",
    "district_id",
    "case_id",
    "student_id",
    "seq",
    "kind",
    "source_role",
    "contact_id",
    "entered_by",
    "message_id",
    "channel",
    "flow_id",
    "flow_version",
    "step_id",
    "asked_text_ref",
    "answer_raw",
    "answer_lang",
    "answer_norm",
    "media",
    "visibility",
    "corrects_id",
    "requirement_refs",
    "created_at",
)
"""What an entry's digest covers. Never change this tuple: rows written under it must verify for ever. A new column gets a new list."""

MARK_FIELDS = ("id", "district_id", "case_id", "entry_id", "seq", "kind", "value", "created_at")


def link(previous: bytes, content: Mapping[str, Any], salt: bytes) -> tuple[bytes, bytes]:
    """(digest, chain) of one row; `content` is what `entry_content` or `mark_content` gave."""
    digest = hashlib.sha256(salt + orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).digest()
    return digest, joined(previous, digest)


def joined(previous: bytes, digest: bytes) -> bytes:
    """The chain after a link whose content may no longer be there."""
    return hashlib.sha256(previous + digest).digest()


def entry_content(row: Mapping[str, Any]) -> dict[str, Any]:
    """What is hashed of an entry: from the values about to be written (sealed ones as `Plain`) or from the row as read."""
    return _content(row, ENTRY_FIELDS, ("answer_raw", "answer_norm"))


def mark_content(row: Mapping[str, Any]) -> dict[str, Any]:
    """The same for a mark."""
    return _content(row, MARK_FIELDS, ("value",))


def _content(row: Mapping[str, Any], names: tuple[str, ...], sealed: tuple[str, ...]) -> dict[str, Any]:
    content: dict[str, Any] = dict(zip(names, map(row.get, names)))  # noqa: B905 - one from the other
    for name in sealed:
        value = content[name]
        if value.__class__ is Plain:  # on its way into the column
            content[name] = value.text
    if isinstance(moment := content["created_at"], datetime):
        content["created_at"] = _written(moment)
    return content


@lru_cache(maxsize=256)
def _written(moment: datetime) -> str:
    """A time as it is hashed; the entries of one batch have the same."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


AUDIT_FIELDS = (
    "id",
    "district_id",
    "seq",
    "actor_kind",
    "actor_id",
    "action",
    "object_kind",
    "object_id",
    "message_class",
    "reason",
    "at",
)
"""What a line of the audit log is hashed from: ids and code words only, so it needs no salt."""


def audit_chain(previous: bytes, row: Mapping[str, Any]) -> bytes:
    """The chain after one line of a district's audit log."""
    content: dict[str, Any] = dict(zip(AUDIT_FIELDS, map(row.get, AUDIT_FIELDS), strict=True))
    content["at"] = row["at"].astimezone(UTC).isoformat(timespec="microseconds")
    return link(previous, content, b"")[1]
