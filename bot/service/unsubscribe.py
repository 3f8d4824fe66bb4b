"""The address in every family mail that ends this kind of mail: by one POST of a mail program (RFC 8058), or by a button for people.

A GET shows a page and changes nothing, since scanners open every link (fault 13). The address names one mail by its outbox id and proves
itself; it does not expire, because an old mail is where people look for it. What it ends is mail, not texts, and never class F.
"""

from __future__ import annotations

import base64
import hmac
import re
from datetime import datetime

from sqlalchemy import Connection

from bot.log import get_log
from bot.service import tell_staff
from bot.service.runtime import Runtime
from bot.store import family_queries, fate, mail
from bot.store.mail import Receiver

PATH = "/mail/stop"
_TOKEN = re.compile(r"(out_[0-9A-Za-z_-]{1,36})\.([0-9A-Za-z_-]{22})", re.ASCII)
_log = get_log("unsubscribe")


def address_for(runtime: Runtime, outbox_id: str) -> str:
    """The address for this mail."""
    settings = runtime.settings
    return f"{settings.base_url}{PATH}/{outbox_id}.{_mac(settings.session_secret, outbox_id)}"


def look(conn: Connection, runtime: Runtime, token: str) -> Receiver | None:
    """Whose mail this address ends; None for an address we did not make. Changes nothing."""
    given = _TOKEN.fullmatch(token)
    if given is None:
        return None
    if not any([hmac.compare_digest(_mac(one, given[1]), given[2]) for one in runtime.settings.session_secrets]):  # noqa: C419 - all are compared
        return None
    found = mail.receiver(conn, given[1])
    school = family_queries.school_of(conn, found.contact_id) if found is not None and found.contact_id else None
    return found._replace(place=school.name, phone=school.phone) if found is not None and school is not None else found


def stop(conn: Connection, runtime: Runtime, token: str, now: datetime) -> Receiver | None:
    """End mail to this address, in the caller's transaction: like a STOP, and what waits is cancelled. Staff hear which papers must now go
    another way. None for an address we did not make."""
    found = look(conn, runtime, token)
    if found is None:
        return None
    row = fate.row_facts(conn, found.id)
    if row.number is None or mail.is_stopped(conn, found.district_id, bytes(row.number)):
        return found
    fate.record_stop(conn, row, runtime.ids.new("led"), now, source="unsubscribe")
    tell_staff.task(
        conn, runtime, now, "stopped", district_id=found.district_id, case_id=found.case_id, contact_id=found.contact_id, about=found.id
    )
    _log.info("mail_stopped", outbox_id=found.id)
    return found


def _mac(secret: str, outbox_id: str) -> str:
    digest = hmac.digest(secret.encode(), b"mail stop\0" + outbox_id.encode(), "sha256")[:16]
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
