"""Whether the record is still what was written: every case's hash chain, and every district's audit log, computed anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from sqlalchemy.engine import Connection

from bot.errors import CaseUnknown, VaultError
from bot.store.chain import GENESIS, audit_chain, entry_content, joined, link, mark_content
from bot.store.record import CaseHead, audit_lines, districts, heads, links
from bot.store.vault import Vault

_CONTENT = {"entry": entry_content, "mark": mark_content}
_SEALED = {"entry": ("answer_raw", "answer_norm"), "mark": ("value",)}


class Finding(NamedTuple):
    """What one chain came to. `broken_at` is the number of the first link that does not hold, 0 when all do.

    `why`: changed (its content is not what was hashed) | unlinked (it does not follow from the one before) | missing (a number is
    skipped) | unreadable (its seal is broken, its key is gone, or a column holds what it cannot) | cut (the chain ends elsewhere than the
    case says).
    """

    subject: str
    links: int
    broken_at: int = 0
    row_id: str = ""
    why: str = ""

    @property
    def holds(self) -> bool:
        return not self.broken_at


def verify(conn: Connection, vault: Vault, code: str = "") -> Iterator[Finding]:
    """Every case with this code or id; all cases and all audit logs when there is none.

    :raises CaseUnknown: no case has this code.
    """
    found = heads(conn, code)
    if code and not found:
        raise CaseUnknown
    for case in found:
        yield verify_case(conn, vault, case)
    if not code:
        for district_id in districts(conn):
            yield verify_audit(conn, district_id)


def verify_case(conn: Connection, vault: Vault, case: CaseHead) -> Finding:
    """One case. Rows written after `case` was read are left for the next time."""
    previous, seq, last_id = GENESIS, 0, ""
    try:
        rows = links(conn, case.id)
    except ValueError:  # a time or a list that is none: no row of ours; which one, the database does not say
        return Finding(case.code, 0, 1, "", "unreadable")
    for kind, row in rows:
        if seq == case.seq and heads(conn, case.id)[0].seq > case.seq:
            break  # somebody wrote meanwhile
        seq += 1
        last_id = row["id"]
        if why := _broken(vault, kind, row, seq, previous):
            return Finding(case.code, seq - 1, seq, last_id, why)
        previous = bytes(row["chain"])
    if (seq, previous) != (case.seq, case.head):
        return Finding(case.code, seq, max(1, min(seq, case.seq) + (seq != case.seq)), last_id, "cut")
    return Finding(case.code, seq)


def verify_audit(conn: Connection, district_id: str) -> Finding:
    """One district's audit log. Its end is known by nobody else, so a cut tail shows only against an older backup."""
    subject, previous, seq = f"audit {district_id}", GENESIS, 0
    for row in audit_lines(conn, district_id):
        seq += 1
        if row["seq"] != seq:
            return Finding(subject, seq - 1, seq, row["id"], "missing")
        if audit_chain(previous, row) != bytes(row["chain"]):
            return Finding(subject, seq - 1, seq, row["id"], "changed")
        previous = bytes(row["chain"])
    return Finding(subject, seq)


def _broken(vault: Vault, kind: str, row: Mapping[str, Any], seq: int, previous: bytes) -> str:
    if row["seq"] != seq:
        return "missing"
    if joined(previous, bytes(row["digest"])) != bytes(row["chain"]):
        return "unlinked"
    if row["salt"] is None:  # lawfully erased: only the digest is left, and it is in the chain
        return "" if all(row[name] is None for name in _SEALED[kind]) else "changed"
    opened = dict(row)
    try:
        for name in _SEALED[kind]:
            opened[name] = None if row[name] is None else vault.unseal(bytes(row[name])).decode()
    except (VaultError, UnicodeDecodeError):
        return "unreadable"
    return "" if link(previous, _CONTENT[kind](opened), bytes(row["salt"]))[0] == bytes(row["digest"]) else "changed"
