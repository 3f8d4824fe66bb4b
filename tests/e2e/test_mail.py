"""E-mail from end to end: our mail host, our listener, families' mail programs, and people who pretend to be somebody else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from bot.service.start_flow import start_flow
from bot.store import tables as t
from bot.store.types import Plain
from tests.channels.email.mails import HOSTILE, mutated
from tests.e2e.house import Family, House, wait_for
from tests.fakes.mail_programs import PROGRAMS, iphone
from tests.fakes.postgres import free_port
from tests.service.receiving import SHOWN

OURS = "school@families.demo.example"
CORE = {
    1: "Le encanta dibujar y cantar con su abuela",
    2: "1, 3",
    3: "Silencio y música",
    4: "Español en casa, inglés con sus primos",
    5: "Su tía Lola",
    6: "Que lea con alegría",
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """`hearthline serve` with a mail host to send through, and mail brought to its listener."""
    folder = tmp_path_factory.mktemp("mail_house")
    out, back = free_port(), free_port()
    extra = {
        "HEARTHLINE_MAIL_FROM": f"Cedar Valley Schools <{OURS}>",
        "HEARTHLINE_MAIL_SMTP_HOST": "127.0.0.1",
        "HEARTHLINE_MAIL_SMTP_PORT": str(out),
        "HEARTHLINE_MAIL_SMTP_TLS": "off",
        "HEARTHLINE_MAIL_LISTEN_PORT": str(back),
        "HEARTHLINE_MAIL_AUTHSERV_ID": "mx.mail.test",
    }
    options = {"mail_smtp_port": out, "mail_delivery": f"lmtp://127.0.0.1:{back}"}
    with House(folder, f"sqlite:///{folder}/hearthline.db", (("serve",),), extra, options) as opened:
        yield opened
    assert opened.killed == [], "they stop at Ctrl-C"


def writes_mail(house: House) -> tuple[Family, str]:
    """A Spanish-speaking family that likes e-mail best, and its address."""
    family = house.family("es")
    address = f"{family.contact_id.removeprefix('con_')}@home.test".lower()
    vault = house.database.vault
    index = vault.index("dst_demo", address)
    own = {"district_id": "dst_demo", "address_index": index}
    with house.database.begin() as conn:
        conn.execute(
            sa.insert(t.Endpoint).values(
                id=f"end_{family.contact_id[4:]}_m", contact_id=family.contact_id, channel="email", address=Plain("dst_demo", address),
                state="active", shared=False, confirmed_at=datetime.now(UTC), preferred=-1, **own,
            )
        )  # fmt: skip
        conn.execute(sa.insert(t.Consent).values(medium="email", state="granted", changed_at=datetime.now(UTC), **own))
    return family, address


def begin(house: House, family: Family) -> None:
    with house.database.begin() as conn:
        start_flow(conn, house.runtime, family.contact_id, None, "home-observations", "", datetime.now(UTC))


def mails(house: House, address: str) -> list[dict[str, Any]]:
    return list(house.sandbox.ask(f"mail/messages?to={address}")["messages"])


def next_mail(house: House, address: str, seen: int) -> dict[str, Any]:
    """Our mail after the first `seen` ones to this address."""
    return wait_for(lambda: mails(house, address)[seen : seen + 1], f"mail {seen + 1} to the family")[0]


def bring(house: House, sender: str, to: str, raw: bytes, **more: Any) -> None:
    """A mail arrives; it is taken when our listener has it in the database."""
    brought = house.sandbox.ask("mail/inbound", {"from": sender, "to": to, "raw": raw.decode("latin-1"), **more})
    wait_for(
        lambda: any(one["delivered"] for one in house.sandbox.ask("mail/coming")["coming"] if one["id"] == brought["id"]),
        "the mail taken",
    )


def record(house: House, family: Family) -> list[tuple[Any, ...]]:
    """The case's record entry by entry, and which of it the family confirmed."""
    marked = {row.entry_id for row in house.rows(sa.select(t.EntryMark.__table__)) if row.kind == "confirmed"}
    mine = sa.and_(t.CaseEntry.case_id == family.case_id, t.CaseEntry.flow_id == "home-observations")
    query = sa.select(t.CaseEntry.__table__).where(mine).order_by(t.CaseEntry.seq)
    return [(*(getattr(row, name) for name in SHOWN), row.id in marked) for row in house.rows(query)]


def ended(house: House, family: Family) -> bool:
    query = sa.select(t.Session.status).where(t.Session.contact_id == family.contact_id, t.Session.flow_id == "home-observations")
    return [row.status for row in house.rows(query)] == ["done"]


@pytest.fixture(scope="module")
def wanted(house: House) -> list[tuple[Any, ...]]:
    """What the same answers write by text."""
    family = house.family("es")
    begin(house, family)
    for seen, text in enumerate((*CORE.values(), "1")):
        house.next_text(family.phone, seen)
        house.text(family.phone, text)
    wait_for(lambda: ended(house, family), "the talk by text at its end")
    return record(house, family)


@pytest.mark.parametrize("program", PROGRAMS)
def test_f07_by_mail_writes_what_it_writes_by_text(house: House, wanted: list[tuple[Any, ...]], program: str) -> None:
    family, address = writes_mail(house)
    begin(house, family)
    page = next_mail(house, address, 0)
    body, to = page["text"], page["reply_to"]
    assert [f"\n{number}. " in body for number in CORE] == [True] * 6
    first = PROGRAMS[program](
        address, to, body, CORE, in_reply_to=page["message_id"], message_id=f"<1.{program}@home.test>", above="Buenas tardes:"
    )
    bring(house, address, to, first)
    back = next_mail(house, address, 1)
    assert back["in_reply_to"] == f"<1.{program}@home.test>"
    assert "(1) " in back["text"]
    second = iphone(
        address, back["reply_to"], back["text"], {}, in_reply_to=back["message_id"], message_id=f"<2.{program}@home.test>", above="1"
    )
    bring(house, address, back["reply_to"], second)
    wait_for(lambda: ended(house, family), "the talk by mail at its end")
    assert record(house, family) == wanted
    assert len(wanted) == 6
    assert house.heard(family.phone) == []


def test_one_click_ends_mail_for_this_address_and_nothing_else(house: House) -> None:
    """RFC 8058 with the addresses of a real mail: looking changes nothing, the mail program's POST ends it, texts go on."""
    family, address = writes_mail(house)
    begin(house, family)
    heads = dict(next_mail(house, address, 0)["headers"])
    assert heads["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = heads["List-Unsubscribe"].strip("<>")
    assert link.startswith(f"{house.base}/mail/stop/")
    assert house.http.get(link).status_code == house.http.head(link).status_code == 200
    index = house.database.vault.index("dst_demo", address)
    query = sa.select(t.Consent.state, t.Consent.medium).where(t.Consent.district_id == "dst_demo", t.Consent.address_index == index)
    assert [tuple(row) for row in house.rows(query)] == [("granted", "email")]
    said = house.http.post(link, data={"List-Unsubscribe": "One-Click"})
    assert (said.status_code, said.history) == (200, [])
    assert [tuple(row) for row in house.rows(query)] == [("stopped", "email")]
    tasks = sa.select(t.Handoff.reason).where(t.Handoff.contact_id == family.contact_id)
    assert [row.reason for row in house.rows(tasks)] == ["stopped"]
    said_by_text = len(house.heard(family.phone))
    begin(house, family)  # the talk by mail lies still: what the school begins now goes by text
    assert house.next_text(family.phone, said_by_text)
    assert house.ask(family.phone, "HELP")
    assert len(mails(house, address)) == 1


HEAD = "To: {to}\r\nSubject: Re: x\r\nMessage-ID: <forged.{n}@evil.test>\r\n"
BODY = "\r\n1: I take her out of this school\r\n\r\nSTOP\r\n"
SPOOFS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "not proved": ("From: {victim}\r\n", "fail", {}),
    "not looked at": ("From: {victim}\r\n", "none", {}),
    "a finding of ours below our host's": ("From: {victim}\r\nAuthentication-Results: mx.mail.test; dmarc=pass header.from=home.test\r\n", "fail", {"keep_forged": True}),
    "a finding of ours in a comment": ("From: {victim}\r\nAuthentication-Results: mx.mail.test (; dmarc=pass header.from=home.test\r\n", "fail", {"keep_forged": True}),
    "somebody else's finding": ("From: {victim}\r\nAuthentication-Results: mx.evil.test; dmarc=pass header.from=home.test\r\n", "none", {}),
    "two From, ours first": ("From: {victim}\r\nFrom: a@evil.test\r\n", "pass", {}),
    "two From, ours last": ("From: a@evil.test\r\nFrom: {victim}\r\n", "pass", {}),
    "From with a space": ("From : {victim}\r\nFrom: a@evil.test\r\n", "pass", {}),
    "From after a bare return": ("From: a@evil.test\rFrom: {victim}\r\n", "pass", {}),
    "two addresses": ("From: a@evil.test, {victim}\r\n", "pass", {}),
    "two in brackets": ("From: <a@evil.test> <{victim}>\r\n", "pass", {}),
    "the name is the address": ('From: "{victim}" <a@evil.test>\r\n', "pass", {}),
    "a comment is the address": ("From: a@evil.test ({victim})\r\n", "pass", {}),
    "a route": ("From: <@evil.test,@home.test:{victim}>\r\n", "pass", {}),
    "a group": ("From: family: {victim}, a@evil.test;\r\n", "pass", {}),
    "a zero byte": ("From: <{victim}>\x00<a@evil.test>\r\n", "pass", {}),
    "an encoded name": ("From: =?utf-8?q?=3C{victim}=3E?= <a@evil.test>\r\n", "pass", {}),
    "a folded list": ("From:\r\n <{victim}>,\r\n <a@evil.test>\r\n", "pass", {}),
    "Sender instead of From": ("Sender: {victim}\r\n", "pass", {}),
    "Sender beside From": ("From: {victim}\r\nSender: a@evil.test\r\n", "fail", {}),
    "nobody": ("", "pass", {}),
    "a null return path": ("From: {victim}\r\n", "pass", {"envelope_from": ""}),
    "a machine": ("From: {victim}\r\nAuto-Submitted: auto-replied\r\n", "pass", {}),
}  # fmt: skip


def standing(house: House, *families: Family) -> list[Any]:
    """What a forger would like to change, and every word we ever queued for these families or for somebody we do not know."""
    who = [one.contact_id for one in families]
    talks = sa.select(t.Session.id, t.Session.version, t.Session.status).where(t.Session.contact_id.in_(who)).order_by(t.Session.id)
    entries = sa.select(t.CaseEntry.id).where(t.CaseEntry.case_id.in_([one.case_id for one in families])).order_by(t.CaseEntry.id)
    addresses = (
        sa.select(t.Endpoint.id, t.Endpoint.state, t.Endpoint.address_index).where(t.Endpoint.contact_id.in_(who)).order_by(t.Endpoint.id)
    )
    consents = sa.select(t.Consent.state, t.Consent.medium).where(
        t.Consent.address_index.in_([row.address_index for row in house.rows(addresses)])
    )
    ledger = sa.select(t.ConsentLedger.id).where(t.ConsentLedger.contact_id.in_(who)).order_by(t.ConsentLedger.id)
    ours = sa.select(t.Outbox.id).where(t.Outbox.audience == "family", sa.or_(t.Outbox.contact_id.in_(who), t.Outbox.contact_id.is_(None)))
    consents, ours = consents.order_by(t.Consent.medium, t.Consent.state), ours.order_by(t.Outbox.id)
    return [house.rows(query) for query in (talks, entries, addresses, consents, ledger, ours)]


def test_a_forged_sender_changes_nothing_and_gets_no_answer(house: House) -> None:
    family, address = writes_mail(house)
    begin(house, family)
    page = next_mail(house, address, 0)
    other, other_address = writes_mail(house)
    before, kept = standing(house, family, other), {row.id for row in house.rows(sa.select(t.Message.id))}
    for number, (heads, dmarc, more) in enumerate(SPOOFS.values()):
        for to in (page["reply_to"], OURS):
            raw = (heads.format(victim=address) + HEAD.format(to=to, n=f"{number}.{to[:3]}") + BODY).encode("latin-1")
            bring(house, address, to, raw, dmarc=dmarc, **more)
    honest = f"From: {other_address}\r\n" + HEAD.format(to=page["reply_to"], n="token") + BODY
    bring(house, other_address, page["reply_to"], honest.encode())
    name, _, domain = page["reply_to"].partition("@")
    altered = f"{name[:9]}{'a' if name[9] != 'a' else 'b'}{name[10:]}@{domain}"
    bring(house, address, altered, (f"From: {address}\r\n" + HEAD.format(to=altered, n="altered") + BODY).encode())
    assert standing(house, family, other) == before
    query = sa.select(t.Message.id, t.Message.state, t.Message.contact_id).where(t.Message.provider == "email")
    new = [row for row in house.rows(query) if row.id not in kept]
    forged = [row for row in new if row.state == "quarantined"]
    strangers = [row for row in new if row.state != "quarantined" and row.contact_id is None]
    assert strangers == []
    assert len(forged) == 2 * len(SPOOFS) + 2
    assert {row.contact_id for row in forged} == {None}
    to_families = [one for one in house.sandbox.ask("mail/messages")["messages"] if not one["to"].endswith("@demo.example")]
    assert [one for one in to_families if one["to"] in (address, other_address, "a@evil.test")] == [page]
    assert house.heard(family.phone) == house.heard(other.phone) == []


def settled(coming: dict[str, Any]) -> bool:
    """Whether our listener took a mail, or refused it for good (a line of half a megabyte is no mail)."""
    return bool(coming["delivered"] or any(answer.startswith("500 Line too long") for answer in coming["answers"]))


def test_hostile_mail_holds_nobody_up(house: House) -> None:
    """Mail that no reader can finish, among mail of a family: theirs is answered, all of it is kept, the listener lives (fault 19)."""
    family, address = writes_mail(house)
    begin(house, family)
    page = next_mail(house, address, 0)
    before = house.scalar(sa.select(sa.func.count()).select_from(t.Message).where(t.Message.provider == "email"))
    names = [
        "nested fifty thousand deep",
        "forwarded five thousand times",
        "fifty thousand parts",
        "html a hundred thousand deep",
        "broken utf-8",
    ]
    for name in names:
        raw = HOSTILE[name].replace(b"r+abc@mail.example.org", OURS.encode())
        house.sandbox.ask("mail/inbound", {"from": "x@evil.test", "to": OURS, "raw": raw.decode("latin-1"), "dmarc": "fail"})
    for number, raw in enumerate(mutated(60)):
        mine = raw + f"\n{number}".encode()
        house.sandbox.ask("mail/inbound", {"from": "x@evil.test", "to": OURS, "raw": mine.decode("latin-1"), "dmarc": "fail"})
    answer = PROGRAMS["gmail"](address, page["reply_to"], page["text"], CORE, in_reply_to=page["message_id"], message_id="<9@home.test>")
    bring(house, address, page["reply_to"], answer)
    assert "(1) " in next_mail(house, address, 1)["text"]
    wait_for(lambda: all(map(settled, house.sandbox.ask("mail/coming")["coming"])), "every mail taken or refused")
    kept = house.scalar(sa.select(sa.func.count()).select_from(t.Message).where(t.Message.provider == "email"))
    assert kept - before >= len(names) + 30
    assert len(record(house, family)) == 6
