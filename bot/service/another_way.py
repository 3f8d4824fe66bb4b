"""EMAIL and TEXT take effect (F25): which ways a person has, a code to an address nobody has proved, and the address they like best.

An address that was texted is no address of theirs before its code came back: mail from it is a stranger's, and nothing but the code goes
to it. The code is made of the person and the address and kept nowhere.
"""

from __future__ import annotations

import hmac
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from bot.engine.channel import FLOW
from bot.engine.events import SendCode, SetConsent, UseAddress
from bot.engine.scene import Ways
from bot.service import directory
from bot.service.consent import NO_MORE, ledger_row
from bot.service.doing import PRIORITY_LIVE, Doing, outbox_row
from bot.store import inbound
from bot.store.outbox import medium
from bot.store.tables import Endpoint, Outbox
from channels.base import MAIL

WORDS = frozenset({"email", "text"})
REF = f"{FLOW}/code_mail"
CODES_A_DAY = 6
CODE_LIVES = timedelta(minutes=30)


def ways(doing: Doing, command: str) -> Ways | None:
    """What the engine must know to change the way; read only for who asks, or is in the middle of it."""
    place, contact_id = doing.place, doing.contact_id
    if contact_id is None or not (command in WORDS or place.talks_of({FLOW})):
        return None
    conn, runtime = doing.stage.batch.conn, doing.stage.runtime
    active = [one for one in inbound.endpoints_of(conn, [contact_id]) if one.state == "active"]
    rows = sorted(active, key=lambda one: (one.preferred, one.id))
    said = inbound.consents(conn, [(doing.district_id, bytes(one.address_index)) for one in rows])
    ended = {(index, one) for (_, index, one), row in said.items() if row.state in NO_MORE}
    mails = [one for one in rows if one.channel == MAIL]
    phones = [one for one in rows if medium(one.channel) == "phone"]
    open_phone = next((one for one in phones if (bytes(one.address_index), "phone") not in ended), None)
    ours = directory.sender_of(conn, doing.district_id, "sms", doing.now)
    sender = directory.sender_of(conn, doing.district_id, MAIL, doing.now)
    alone = place.trusted(doing.now) and not place.shared and place.endpoint.identity == "confirmed"
    return Ways(
        may_choose=alone and MAIL in runtime.channels and sender is not None,
        mail=_address(doing, mails[0].id) if mails else "",
        mail_first=bool(rows) and rows[0].channel == MAIL,
        phone="yes" if open_phone is not None else "stopped" if phones else "",
        our_phone=ours.address if ours is not None else "",
        code=lambda address: _code(doing, address),
        spent=_sent_today(doing) >= CODES_A_DAY,
    )


def _address(doing: Doing, endpoint_id: str) -> str:
    return str(doing.stage.batch.conn.scalar(sa.select(Endpoint.address).where(Endpoint.id == endpoint_id)) or "")


def _code(doing: Doing, address: str) -> str:
    """Six digits for this person and address; "" where no mail may go there."""
    conn, runtime = doing.stage.batch.conn, doing.stage.runtime
    index = runtime.vault.index(doing.district_id, address)
    said = inbound.consents(conn, [(doing.district_id, index)]).get((doing.district_id, index, MAIL))
    if said is not None and said.state in NO_MORE:
        return ""
    whose = f"mail code\0{doing.contact_id}\0".encode() + index
    number = int.from_bytes(hmac.digest(runtime.settings.session_secret.encode(), whose, "sha256")[:8], "big")
    return f"{number % 1_000_000:06d}"


def _sent_today(doing: Doing) -> int:
    codes = sa.select(sa.func.count()).select_from(Outbox).where(Outbox.contact_id == doing.contact_id, Outbox.ref == REF)
    return doing.stage.batch.conn.scalar(codes.where(Outbox.created_at >= doing.now - timedelta(days=1))) or 0


def send_code(doing: Doing, event: SendCode) -> None:
    """Queue the mail. It answers what was just texted, but no mail: it waits neither for the morning nor for another answer's day."""
    sender = directory.sender_of(doing.stage.batch.conn, doing.district_id, MAIL, doing.now)
    doing.said += 1
    row = outbox_row(
        doing,
        audience="family",
        contact_id=doing.contact_id,
        channel=MAIL,
        sender=sender.address if sender is not None else "",
        address=doing.sealed(event.address),
        address_index=doing.stage.runtime.vault.index(doing.district_id, event.address),
        purpose="notice",
        answers_family=True,
        ref=REF,
        body=doing.sealed(event.text),
        lang=event.lang,
        priority=PRIORITY_LIVE,
        seq=doing.said,
        not_after=doing.now + CODE_LIVES,
    )
    doing.rows.outbox.append(row | {"message_id": None})
    doing.wake.append(row["id"])


def use_address(doing: Doing, event: UseAddress) -> None:
    """This address first from now on; one that is new becomes theirs. Asking for mail there is a yes to mail there."""
    conn = doing.stage.batch.conn
    assert doing.contact_id is not None
    rows = [one for one in inbound.endpoints_of(conn, [doing.contact_id]) if one.state == "active"]
    if event.channel == MAIL:
        index = doing.stage.runtime.vault.index(doing.district_id, event.address)
        chosen = next((one.id for one in rows if one.channel == MAIL and bytes(one.address_index) == index), "")
        chosen = _proved(doing, chosen) if chosen else _added(doing, event.address, index)
        _yes(doing, index)
    else:
        chosen = _phone(doing, rows)
    theirs = Endpoint.contact_id == doing.contact_id
    conn.execute(sa.update(Endpoint).where(theirs, Endpoint.id != chosen, Endpoint.preferred <= 0).values(preferred=1))
    conn.execute(sa.update(Endpoint).where(Endpoint.id == chosen).values(preferred=0))


def _phone(doing: Doing, rows: Any) -> str:
    own = [one for one in rows if one.id == doing.place.endpoint.id and medium(one.channel) == "phone"]
    phones = [one for one in rows if medium(one.channel) == "phone"]
    return str((own or sorted(phones, key=lambda one: (one.channel != "sms", one.preferred, one.id)))[0].id)


def _proved(doing: Doing, endpoint_id: str) -> str:
    doing.stage.batch.conn.execute(sa.update(Endpoint).where(Endpoint.id == endpoint_id).values(confirmed_at=doing.now))
    return endpoint_id


def _added(doing: Doing, address: str, index: bytes) -> str:
    """A new address of theirs; one that another adult has as well is shared from now on."""
    conn = doing.stage.batch.conn
    here = sa.and_(Endpoint.district_id == doing.district_id, Endpoint.channel == MAIL, Endpoint.address_index == index)
    mine = conn.scalar(sa.select(Endpoint.id).where(here, Endpoint.contact_id == doing.contact_id))
    if mine is not None:  # nothing arrived there for a while; now something did
        conn.execute(sa.update(Endpoint).where(Endpoint.id == mine).values(state="active"))
        return _proved(doing, str(mine))
    others = bool(conn.scalar(sa.select(sa.func.count()).select_from(Endpoint).where(here)))
    if others:
        conn.execute(sa.update(Endpoint).where(here).values(shared=True))
    new = doing.new_id("end")
    conn.execute(
        sa.insert(Endpoint).values(
            id=new,
            district_id=doing.district_id,
            contact_id=doing.contact_id,
            channel=MAIL,
            address=doing.sealed(address),
            address_index=index,
            state="active",
            shared=others,
            confirmed_at=doing.now,
            last_inbound_at=None,
            preferred=0,
        )
    )
    return new


def _yes(doing: Doing, index: bytes) -> None:
    doing.rows.consent_ledger.append(ledger_row(doing, SetConsent("granted", "mail"), index, MAIL))
    doing.rows.consent.append(
        {
            "district_id": doing.district_id,
            "address_index": index,
            "medium": MAIL,
            "state": "granted",
            "until": None,
            "changed_at": doing.now,
            "stopped_for": None,
        }
    )
