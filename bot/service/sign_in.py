"""Staff sign in by a one-time link (fault 13): asked for with the work e-mail, sent to it (or by Slack), used up by a POST only.

Scanners open links and press buttons. So the button alone is not enough: either the browser is the one that asked (it holds a proof
in a cookie), or the person types their e-mail again, which no scanner knows. Only hashes of links and sessions are kept.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from bot.errors import KeyMissing
from bot.log import get_log
from bot.service import audit, mail_form
from bot.service.runtime import Runtime
from bot.service.viewer import Viewer
from bot.service.wording import wording
from bot.store import staff_queries
from bot.store.types import Plain
from channels.base import MAIL

LINK_LIFE = timedelta(minutes=15)
SESSION_LIFE = timedelta(hours=12)
MAX_LIVE_LINKS = 3
"""More unanswered links than this are not sent to one person: nobody's Slack is flooded by a stranger who knows an address."""

MAX_TRIES = 5
"""Wrong addresses typed at one link: after these it is dead, so that nobody who finds a link can guess whose it is."""

_log = get_log("sign_in")


@dataclass(frozen=True, slots=True)
class Asked:
    """`proof` goes into the asking browser's cookie, whether or not anybody was found: the answer must not tell who works here."""

    proof: str
    outbox_id: str = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A browser that is signed in. `token` is what its cookie holds; it is not kept. `way_back` is where its person was going."""

    token: str
    staff_id: str
    lang: str
    way_back: str = ""


def digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _proof(runtime: Runtime, token: str) -> str:
    key = runtime.settings.session_secret.encode()
    return hmac.new(key, b"asked here:" + digest(token), hashlib.sha256).hexdigest()


def _index(runtime: Runtime, district_id: str, address: str) -> bytes:
    """The look-up key of an address in one district; b"" while the district has no keys yet, so that it keeps nobody else out."""
    try:
        return runtime.vault.index(district_id, address)
    except KeyMissing:
        return b""


def ask(conn: Connection, runtime: Runtime, email: str, now: datetime, way_back: str = "") -> Asked:
    """Queue a link for the staff member with this address, if there is one who can be reached."""
    token = secrets.token_urlsafe(24)
    proof = _proof(runtime, token)
    address = email.strip().lower()
    if not address or len(address) > 254 or runtime.settings.sign_in_links == "off":
        return Asked(proof)
    staff = _staff_with(conn, runtime, address)
    way = _way(runtime, staff) if staff is not None else None
    if staff is None or way is None or staff_queries.live_links(conn, staff.id, now) >= MAX_LIVE_LINKS:
        _log.info("sign_in_link_not_sent", reason="unknown" if staff is None else "limit")
        return Asked(proof)
    staff_queries.add_link(
        conn,
        token_hash=digest(token),
        district_id=staff.district_id,
        staff_id=staff.id,
        expires_at=now + LINK_LIFE,
        used_at=None,
        way_back=way_back or None,
    )
    text = wording(staff.lang).gettext(
        "Sign in to Hearthline: {link}\nThe link works once, for 15 minutes. If you did not ask for it, you need do nothing."
    )
    outbox_id = runtime.ids.new("out")
    staff_queries.queue_direct_message(
        conn,
        id=outbox_id,
        district_id=staff.district_id,
        staff_id=staff.id,
        channel=way[0],
        address=Plain(staff.district_id, way[1]),
        address_index=runtime.vault.index(staff.district_id, way[1]),
        blocks=Plain(staff.district_id, mail_form.pack(wording(staff.lang).gettext("Sign in to Hearthline"))) if way[0] == MAIL else None,
        purpose="sign_in",
        ref="sign_in",
        body=Plain(staff.district_id, text.format(link=f"{runtime.settings.base_url}/console/sign-in/{token}")),
        lang=staff.lang,
        not_before=now,
        not_after=now + LINK_LIFE,
        created_at=now,
    )
    _log.info("sign_in_link_queued", staff_id=staff.id, outbox_id=outbox_id)
    return Asked(proof, outbox_id)


def _way(runtime: Runtime, staff: Any) -> tuple[str, str] | None:
    """How the link gets there: by e-mail where there is mail, else by Slack direct message. Never by a text: phones are shared."""
    if MAIL in runtime.channels and staff.email:
        return MAIL, staff.email
    if "slack" in runtime.channels and staff.slack_user:
        return "slack", staff.slack_user
    return None


def is_open(conn: Connection, token: str, now: datetime) -> bool:
    """Whether the link could still be used. Asking changes nothing, however often it is asked."""
    link = staff_queries.link(conn, digest(token))
    return _usable(link, now)


def way_back(conn: Connection, token: str) -> str:
    """Where the person who asked for this link was going, whether or not it is still good; "" where to nowhere else."""
    link = staff_queries.link(conn, digest(token))
    return (link.way_back or "") if link is not None else ""


def _usable(link: Any, now: datetime) -> bool:
    return link is not None and link.used_at is None and link.expires_at > now and bool(link.active) and link.tries < MAX_TRIES


def asked_here(runtime: Runtime, token: str, proof: str) -> bool:
    return hmac.compare_digest(_proof(runtime, token).encode(), proof.encode())


def use(conn: Connection, runtime: Runtime, token: str, proof: str, email: str, now: datetime) -> SignedIn | None:
    """Use the link up and open a session; None when it is not (or no longer) good or nothing shows that its owner pressed the button."""
    token_hash = digest(token)
    link = staff_queries.link(conn, token_hash)
    if link is None or not _usable(link, now):
        return None
    typed = runtime.vault.index(link.district_id, email.strip().lower()[:254]) if email.strip() else b""
    known = link.email_index is not None and hmac.compare_digest(typed, bytes(link.email_index))
    if not asked_here(runtime, token, proof) and not known:
        if typed:
            staff_queries.wrong_try(conn, token_hash)
        return None
    if not staff_queries.use_link(conn, token_hash, now):
        return None
    return replace(_open_session(conn, runtime, link.district_id, link.staff_id, link.lang, "link", now), way_back=link.way_back or "")


def by_address(conn: Connection, runtime: Runtime, email: str, now: datetime) -> SignedIn | None:
    """Open a session for the staff member with this address, which the district's own account service has proved; None when there is none.

    Nobody is made staff by signing in, and somebody who left is nobody.
    """
    staff = _staff_with(conn, runtime, email.strip().lower())
    if staff is None:
        _log.info("sign_in_unknown_account")
        return None
    return _open_session(conn, runtime, staff.district_id, staff.id, staff.lang, "account", now)


def _staff_with(conn: Connection, runtime: Runtime, address: str) -> Any:
    indexes = [one for district_id in staff_queries.district_ids(conn) if (one := _index(runtime, district_id, address))]
    return staff_queries.staff_by_email(conn, indexes)


def _open_session(conn: Connection, runtime: Runtime, district_id: str, staff_id: str, lang: str, how: str, now: datetime) -> SignedIn:
    session_token = secrets.token_urlsafe(32)
    staff_queries.add_session(
        conn,
        token_hash=digest(session_token),
        district_id=district_id,
        staff_id=staff_id,
        created_at=now,
        expires_at=now + SESSION_LIFE,
        ended_at=None,
    )
    audit.record(
        conn,
        district_id=district_id,
        actor_kind="staff",
        actor_id=staff_id,
        action="sign_in",
        object_kind="staff",
        object_id=staff_id,
        reason=how,
        now=now,
        new_id=runtime.ids.new,
    )
    return SignedIn(session_token, staff_id, lang)


def viewer(conn: Connection, token: str, now: datetime) -> Viewer | None:
    """Who holds this cookie, if the session is live and the person still works here."""
    if not token:
        return None
    row = staff_queries.session(conn, digest(token), now)
    if row is None:
        return None
    grants = tuple((one.role, one.school_id) for one in staff_queries.grants(conn, row.staff_id))
    return Viewer(row.staff_id, row.district_id, row.name, row.lang, digest(token), grants)


def sign_out(conn: Connection, runtime: Runtime, who: Viewer, now: datetime) -> None:
    staff_queries.end_session(conn, who.session_hash, now)
    audit.by_staff(conn, runtime, who, "sign_out", who.staff_id, now, kind="staff")
