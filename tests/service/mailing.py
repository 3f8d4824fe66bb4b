"""Families that write by e-mail: an address on file, and their mails as the channel hands them over."""

from __future__ import annotations

import itertools
from typing import Any

from bot.service import directory
from bot.store.tables import Consent, Endpoint
from bot.store.types import Plain
from channels.base import Inbound, MediaRef
from channels.email.cut import cut

OURS = "school@mail.example.org"
ADDRESS = {"con_demo_es": "lucia@example.org", "con_demo_en": "dana@example.org", "con_demo_siblings": "both@example.org"}

_number = itertools.count(1)


def give_email(runtime: Any, contact: str = "con_demo_es", *, preferred: int = -1) -> str:
    """Give a contact the address of `ADDRESS`, with consent; the one the school writes to unless `preferred` says otherwise."""
    address = ADDRESS[contact]
    index = runtime.vault.index("dst_demo", address)
    endpoint = Endpoint.__table__
    with runtime.database.begin() as conn:
        change = endpoint.update().where(endpoint.c.contact_id == contact, endpoint.c.channel == "email")
        conn.execute(change.values(address=Plain("dst_demo", address), address_index=index, preferred=preferred))
        consent = {"district_id": "dst_demo", "address_index": index, "medium": "email", "state": "granted", "until": None}
        conn.execute(Consent.__table__.insert(), {**consent, "changed_at": runtime.clock.now()})
    directory.forget(runtime.database.engine)
    return address


def mail(text: str, sender: str = "lucia@example.org", *, full: str = "", message_id: str = "", **more: Any) -> Inbound:
    """A mail as the e-mail channel hands it over; with `full` its words are cut out of the whole."""
    number = next(_number)
    return Inbound(
        "email",
        message_id or f"mail_{number:08d}",
        "email",
        OURS,
        sender,
        cut(full).reply if full else text,
        media=more.pop("media", (MediaRef("message/rfc822", data=b"raw", provider_id="original"),)),
        raw={"message_id": f"<{number}@example.org>"},
        full_text=full or text,
        subject=more.pop("subject", "Re: A message from your school"),
        **more,
    )
