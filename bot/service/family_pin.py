"""A PIN for the family's page where several people read the phone (F24): the code that comes by text is then not enough.

Six digits, chosen on the page and never sent or typed in a text. Only a salted, slow hash of their keyed index is kept. After five wrong
tries the page stays shut until staff forget the PIN and the family sets a new one.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from datetime import datetime

from sqlalchemy import Connection

from bot.service import audit
from bot.service.runtime import Runtime
from bot.store import family_pins
from channels.text import digits

DIGITS = 6
TRIES = 5
_SALT = 16


def asked_for(conn: Connection, contact_id: str, *, passed: bool) -> str:
    """What stands between a browser with the right code and the page: "" nothing, set_pin, pin, or locked."""
    if passed or not family_pins.shares_phone(conn, contact_id):
        return ""
    row = family_pins.pin(conn, contact_id)
    if row is None:
        return "set_pin"
    return "locked" if row.tries >= TRIES else "pin"


def choose(conn: Connection, runtime: Runtime, district_id: str, contact_id: str, first: str, again: str, now: datetime) -> str:
    """Set the first PIN. "" when it is set, else what is wrong: digits, simple, differ."""
    pin = digits(first)
    if len(pin) != DIGITS:
        return "digits"
    if len(set(pin)) == 1 or pin in "01234567890" or pin in "09876543210":
        return "simple"
    if pin != digits(again):
        return "differ"
    salt = os.urandom(_SALT)
    if family_pins.keep(conn, contact_id, district_id, salt + _hash(runtime, district_id, contact_id, pin, salt), now):
        _note(conn, runtime, district_id, "contact", contact_id, "set_pin", contact_id, now)
    return ""


def is_right(conn: Connection, runtime: Runtime, district_id: str, contact_id: str, given: str) -> bool:
    """Whether this is the PIN; a wrong one counts, a right one begins the counting anew."""
    row = family_pins.pin(conn, contact_id)
    if row is None or row.tries >= TRIES:
        return False
    kept = bytes(row.hash)
    found = _hash(runtime, district_id, contact_id, digits(given), kept[:_SALT])
    right = hmac.compare_digest(found, kept[_SALT:])
    family_pins.count(conn, contact_id, 0 if right else row.tries + 1)
    return right


def forget(conn: Connection, runtime: Runtime, district_id: str, contact_id: str, staff_id: str, now: datetime) -> None:
    """A person who spoke with the family lets them choose a new one; every page that was open shuts."""
    family_pins.forget(conn, contact_id)
    _note(conn, runtime, district_id, "staff", staff_id, "forget_pin", contact_id, now)


def _hash(runtime: Runtime, district_id: str, contact_id: str, pin: str, salt: bytes) -> bytes:
    keyed = runtime.vault.index(district_id, f"pin:{contact_id}:{pin}")
    return hashlib.scrypt(keyed, salt=salt, n=2**14, r=8, p=1, dklen=32)


def _note(
    conn: Connection, runtime: Runtime, district_id: str, actor_kind: str, actor_id: str, action: str, contact_id: str, now: datetime
) -> None:
    audit.record(
        conn,
        district_id=district_id,
        actor_kind=actor_kind,
        actor_id=actor_id,
        action=action,
        object_kind="contact",
        object_id=contact_id,
        now=now,
        new_id=runtime.ids.new,
    )
