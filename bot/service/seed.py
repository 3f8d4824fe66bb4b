"""The demo district: Cedar Valley, its schools, staff and five families. Invented people, numbers nobody has (+1555...).

Ids are readable and never change, so that a demo page, a test or a bench may name them: con_demo_en, con_demo_es, con_demo_ar,
con_demo_so, con_demo_siblings. The district is marked `demo`: its approvals can be exported nowhere and it can never go live.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.service.seed_people import CASES, CONTACTS, DISTRICT_SETTINGS, SCHOOLS, SENDERS, STAFF, STUDENTS, TEAM, Child, Parent
from bot.store import tables as t
from bot.store.chain import GENESIS
from bot.store.types import Plain
from bot.store.vault import Vault
from bot.values.local_window import LocalWindow

DISTRICT = "dst_demo"
APPROVED = ("en", "es")
"""Languages whose catalogue the demo district "checked"; the other families see what the product does without that."""

ZONE = "America/Denver"
DAYTIME_ZONES = (
    ZONE,
    "America/New_York",
    "Pacific/Honolulu",
    "America/Anchorage",
    "America/Noronha",
    "Europe/Lisbon",
    "Africa/Nairobi",
    "Asia/Dubai",
    "Asia/Kolkata",
    "Asia/Bangkok",
    "Pacific/Guam",
    "Pacific/Auckland",
)
"""Somewhere among these it is about ten in the morning, whenever a demo is shown: quiet hours are real there too."""

_SCHOOL_DAY = LocalWindow(time(8, 0), time(16, 0))

HashOf = Callable[[str, str], str]
"""`hash_of(domain, lang)`: what an approval of a catalogue names (`bot.i18n.Catalogues.hash`)."""

NewId = Callable[[str], str]


class SeededFamily(NamedTuple):
    """One of `seed_families`: who writes, about which case, from which number, to which of ours."""

    contact_id: str
    case_id: str
    phone: str
    sender: str


def seed_demo(conn: Connection, vault: Vault, now: datetime, new_id: NewId, hash_of: HashOf | None = None) -> None:
    """Put the demo district into an empty database, in the caller's transaction."""
    zone = daytime_zone(now)
    district = {"id": DISTRICT, "name": "Cedar Valley (demo)", "zone": zone, "settings": DISTRICT_SETTINGS, "demo": True, "created_at": now}
    conn.execute(sa.insert(t.District), [district])
    vault.new_keys(conn, DISTRICT, now, new_id)
    conn.execute(sa.insert(t.School), [{"district_id": DISTRICT, "zone": zone, **school._asdict()} for school in SCHOOLS])
    conn.execute(sa.insert(t.Sender), [{"district_id": DISTRICT, **sender._asdict()} for sender in SENDERS])
    _staff(conn, vault, now, new_id)
    conn.execute(sa.insert(t.Student), [_student(child) for child in STUDENTS])
    _contacts(conn, vault, now, new_id, CONTACTS, zone)
    _guardianships(conn, now, CONTACTS)
    _cases(conn, now, new_id)
    _meetings(conn, now, zone)
    approve_demo(conn, now, new_id, hash_of)


def daytime_zone(now: datetime) -> str:
    """Where the demo district lies at this hour: in Denver in its daytime, else where it is nearest to ten in the morning."""
    if _SCHOOL_DAY.holds(now.astimezone(ZoneInfo(ZONE)).time()):
        return ZONE
    return min(DAYTIME_ZONES, key=lambda zone: _minutes_from_ten(now.astimezone(ZoneInfo(zone))))


def keep_daytime(conn: Connection, now: datetime) -> str:
    """Move the demo district to where it is day, if it has become evening where it lies; says where it is. Never another district."""
    zone = _zone(conn)
    is_demo = conn.scalar(sa.select(t.District.demo).where(t.District.id == DISTRICT))
    if not is_demo or _SCHOOL_DAY.holds(now.astimezone(ZoneInfo(zone)).time()):
        return zone
    zone = daytime_zone(now)
    conn.execute(sa.update(t.District).where(t.District.id == DISTRICT).values(zone=zone))
    for table in (t.School, t.Contact):
        conn.execute(sa.update(table).where(table.district_id == DISTRICT).values(zone=zone))
    return zone


def _zone(conn: Connection) -> str:
    return conn.scalar(sa.select(t.District.zone).where(t.District.id == DISTRICT)) or ZONE


def _minutes_from_ten(local: datetime) -> int:
    return abs(local.hour * 60 + local.minute - 600)


def is_seeded(conn: Connection) -> bool:
    """Whether the demo district is already there."""
    return conn.scalar(sa.select(t.District.id).where(t.District.id == DISTRICT)) is not None


def approve_demo(conn: Connection, now: datetime, new_id: NewId, hash_of: HashOf | None = None) -> int:
    """Let the demo district approve the catalogues as they are now; says how many approvals were missing.

    Called again at every start of the demo, because a changed text makes a new hash.
    """
    hash_of = hash_of or _shipped_hash()
    have = {
        (row.subject, row.lang, row.hash)
        for row in conn.execute(
            sa.select(t.CatalogueApproval)
            .where(t.CatalogueApproval.district_id == DISTRICT)
            .with_only_columns(t.CatalogueApproval.subject, t.CatalogueApproval.lang, t.CatalogueApproval.hash)
        )
    }
    rows = [
        {
            "id": new_id("apr"),
            "district_id": DISTRICT,
            "subject": subject,
            "lang": lang,
            "hash": digest,
            "approved_by": "demo",
            "approved_at": now,
            "demo": True,
        }
        for subject in ("flows", "words")
        for lang in APPROVED
        for digest in [hash_of(subject, lang)]
        if (subject, lang, digest) not in have
    ]
    if rows:
        conn.execute(sa.insert(t.CatalogueApproval), rows)
    return len(rows)


def seed_families(
    conn: Connection, vault: Vault, now: datetime, new_id: NewId, n: int, *, lang: str = "es", media: tuple[str, ...] = ("sms",)
) -> list[SeededFamily]:
    """`n` more families of the demo district, one child and one open case each, consent granted: for benches and load tests."""
    first = 1 + (conn.scalar(sa.select(sa.func.count()).select_from(t.Contact)) or 0)
    numbers = range(first, first + n)
    students = [Child(f"stu_f{i:06d}", SCHOOLS[0].id, "Sol", "Ejemplo", "2017-09-01", "3") for i in numbers]
    parents = [Parent(f"con_f{i:06d}", f"Familia {i}", lang, f"+1555{2000000 + i}", (f"stu_f{i:06d}",), "mother") for i in numbers]
    conn.execute(sa.insert(t.Student), [_student(child) for child in students])
    _contacts(conn, vault, now, new_id, parents, _zone(conn), media=media)
    _guardianships(conn, now, parents)
    cases = [_case(f"cas_f{i:06d}", f"F{i:06d}", f"stu_f{i:06d}", SCHOOLS[0].id, ("reading",), f"C0F{i:06d}", now) for i in numbers]
    conn.execute(sa.insert(t.Case), cases)
    _teams(conn, now, new_id, [case["id"] for case in cases])
    return [SeededFamily(f"con_f{i:06d}", f"cas_f{i:06d}", f"+1555{2000000 + i}", SENDERS[0].address) for i in numbers]


def _shipped_hash() -> HashOf:
    from bot.i18n import shipped_catalogues

    return shipped_catalogues().hash


def _staff(conn: Connection, vault: Vault, now: datetime, new_id: NewId) -> None:
    people, roles = [], []
    for one in STAFF:
        email = f"{one.login}@demo.example"
        people.append(
            {
                "id": one.id,
                "district_id": DISTRICT,
                "name": Plain(DISTRICT, one.name),
                "email": Plain(DISTRICT, email),
                "email_index": vault.index(DISTRICT, email),
                "phone": Plain(DISTRICT, one.phone),
                "slack_user": one.slack_user,
                "lang": "en",
                "active": True,
            }
        )
        roles += [
            {"id": new_id("rol"), "district_id": DISTRICT, "staff_id": one.id, "school_id": one.school_id, "role": role}
            for role in one.roles
        ]
    conn.execute(sa.insert(t.Staff), people)
    conn.execute(sa.insert(t.StaffRole), roles)
    rota = [one.id for one in STAFF if one.on_call]
    conn.execute(
        sa.insert(t.OnCall),
        [
            {
                "id": new_id("onc"),
                "district_id": DISTRICT,
                "school_id": None,
                "staff_id": staff_id,
                "position": position,
                "starts_at": None,
                "ends_at": None,
            }
            for position, staff_id in enumerate(rota)
        ],
    )
    named = {"id": new_id("evc"), "district_id": DISTRICT, "school_id": None, "staff_id": "stf_demo_evaluation", "approved_at": now}
    conn.execute(sa.insert(t.EvaluationContact), [named])


def _student(child: Child) -> dict[str, Any]:
    return {
        "id": child.id,
        "district_id": DISTRICT,
        "school_id": child.school_id,
        "first_name": Plain(DISTRICT, child.first_name),
        "last_name": Plain(DISTRICT, child.last_name),
        "birth_date": Plain(DISTRICT, date.fromisoformat(child.birth_date).isoformat()),
        "grade": child.grade,
    }


def _contacts(
    conn: Connection,
    vault: Vault,
    now: datetime,
    new_id: NewId,
    parents: tuple[Parent, ...] | list[Parent],
    zone: str,
    media: tuple[str, ...] = ("sms", "whatsapp", "webchat", "email"),
) -> None:
    contacts, endpoints, consents, ledger = [], [], [], []
    for parent in parents:
        contacts.append(
            {
                "id": parent.id,
                "district_id": DISTRICT,
                "name": Plain(DISTRICT, parent.name),
                "lang_written": parent.lang,
                "lang_spoken": parent.lang,
                "modality": "read",
                "zone": zone,
                "identity": "confirmed",
                "created_at": now,
            }
        )
        for place, channel in enumerate(media):
            # one number is one address, by text and by WhatsApp; web chat is known by the contact itself
            address = {"webchat": parent.id, "email": parent.mail}.get(channel, parent.phone)
            index = vault.index(DISTRICT, address)
            endpoints.append(
                {
                    "id": f"end_{parent.id.removeprefix('con_')}_{channel}",
                    "district_id": DISTRICT,
                    "contact_id": parent.id,
                    "channel": channel,
                    "address": Plain(DISTRICT, address),
                    "address_index": index,
                    "state": "active",
                    "shared": parent.shared and channel in ("sms", "whatsapp"),
                    "confirmed_at": now,
                    "last_inbound_at": None,
                    "preferred": place,
                }
            )
            if channel == "whatsapp":
                continue  # its consent is the phone's
            medium = {"webchat": "chat", "email": "email"}.get(channel, "phone")
            granted = {"district_id": DISTRICT, "address_index": index, "medium": medium, "state": "granted", "until": None}
            consents.append({**granted, "changed_at": now})
            entry = {"id": new_id("led"), "contact_id": parent.id, "source": "demo", "notice_version": "welcome/3@1", "message_id": None}
            ledger.append({**granted, **entry, "created_at": now})
    for table, rows in ((t.Contact, contacts), (t.Endpoint, endpoints), (t.Consent, consents), (t.ConsentLedger, ledger)):
        conn.execute(sa.insert(table), rows)


def _guardianships(conn: Connection, now: datetime, parents: tuple[Parent, ...] | list[Parent]) -> None:
    rows = [
        {
            "id": f"gua_{parent.id.removeprefix('con_')}_{student_id.removeprefix('stu_')}",
            "district_id": DISTRICT,
            "contact_id": parent.id,
            "student_id": student_id,
            "relation": parent.relation,
            "rights_holder": True,
            "may_receive": True,
            "restriction": "",
            "hold": "",
            "valid_from": now - timedelta(days=365),
            "valid_to": None,
        }
        for parent in parents
        for student_id in parent.students
    ]
    conn.execute(sa.insert(t.Guardianship), rows)


def _case(
    case_id: str, code: str, student_id: str, school_id: str, domains: tuple[str, ...], channel: str, now: datetime
) -> dict[str, Any]:
    return {
        "id": case_id,
        "district_id": DISTRICT,
        "student_id": student_id,
        "school_id": school_id,
        "code": code,
        "state": "open",
        "domains": list(domains),
        "lead_id": "stf_demo_teacher",
        "liaison_id": "stf_demo_liaison",
        "slack_channel": channel,
        "safety_hold": False,
        "chain_seq": 0,
        "chain_head": GENESIS,
        "opened_at": now,
        "closed_at": None,
    }


def _cases(conn: Connection, now: datetime, new_id: NewId) -> None:
    homes = {child.id: child.school_id for child in STUDENTS}
    rows = [_case(one.id, one.code, one.student_id, homes[one.student_id], one.domains, one.slack_channel, now) for one in CASES]
    conn.execute(sa.insert(t.Case), rows)
    _teams(conn, now, new_id, [one.id for one in CASES])


def _meetings(conn: Connection, now: datetime, zone: str) -> None:
    """One meeting a case, on a Tuesday in a week or two at half past three; nothing reminds of it until somebody asks for it."""
    day = (now + timedelta(days=7)).astimezone(ZoneInfo(zone)).date()
    wall = datetime.combine(day + timedelta(days=(1 - day.weekday()) % 7), time(15, 30))
    row = {
        "district_id": DISTRICT,
        "wall": f"{wall:%Y-%m-%dT%H:%M}",
        "zone": zone,
        "starts_at": wall.replace(tzinfo=ZoneInfo(zone)),
        "place": Plain(DISTRICT, "Room 12"),
        "mode": "in_person",
        "interpreter": True,
        "state": "planned",
        "facilitator_id": "stf_demo_teacher",
        "planned_by": "demo",
        "created_at": now,
    }
    conn.execute(sa.insert(t.Meeting), [{"id": f"mtg_{one.id.removeprefix('cas_')}", "case_id": one.id, **row} for one in CASES])


def _teams(conn: Connection, now: datetime, new_id: NewId, case_ids: list[str]) -> None:
    members = [
        {
            "id": new_id("mem"),
            "district_id": DISTRICT,
            "case_id": case_id,
            "staff_id": staff_id,
            "role": role,
            "since": now,
            "until": None,
        }
        for case_id in case_ids
        for staff_id, role in TEAM
    ]
    conn.execute(sa.insert(t.CaseMember), members)
