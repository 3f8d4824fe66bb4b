"""The demo district is whole, fixed and marked as a demo."""

from __future__ import annotations

import itertools
import time
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from bot.engine.library import shipped
from bot.i18n import shipped_catalogues
from bot.service.seed import approve_demo, daytime_zone, is_seeded, keep_daytime, seed_families
from bot.service.seed_people import DISTRICT_SETTINGS
from bot.store import tables as t
from bot.store.chain import GENESIS
from bot.store.database import Database
from tests.fakes.clock import START, CountingIds

NUMBERS = itertools.count(1)


def hash_of(domain: str, lang: str) -> str:
    return f"{domain}-{lang}"


def test_five_families_wait_the_plain_ones_first(world: Database) -> None:
    with world.read() as conn:
        found = conn.execute(
            sa.select(t.Contact.id, t.Contact.lang_written, sa.func.count(t.Guardianship.id))
            .join(t.Guardianship, t.Guardianship.contact_id == t.Contact.id)
            .group_by(t.Contact.id, t.Contact.lang_written)
        ).all()
    assert sorted(map(tuple, found), key=lambda row: (row[2], row[0])) == [
        ("con_demo_ar", "ar", 1),
        ("con_demo_en", "en", 1),
        ("con_demo_es", "es", 1),
        ("con_demo_so", "so", 1),
        ("con_demo_siblings", "es", 2),
    ]


def test_a_family_s_number_leads_to_it_by_text_and_by_whatsapp(world: Database) -> None:
    index = world.vault.index("dst_demo", "+15550101002")
    with world.read() as conn:
        found = conn.execute(
            sa.select(t.Endpoint.contact_id, t.Endpoint.channel, t.Endpoint.address, t.Endpoint.shared)
            .where(t.Endpoint.address_index == index)
            .order_by(t.Endpoint.preferred)
        ).all()
        consent = conn.scalars(sa.select(t.Consent.state).where(t.Consent.address_index == index)).all()
    assert list(map(tuple, found)) == [
        ("con_demo_es", "sms", "+15550101002", False),
        ("con_demo_es", "whatsapp", "+15550101002", False),
    ]
    assert consent == ["granted"]


def test_the_siblings_phone_is_shared_and_their_cases_are_two(world: Database) -> None:
    with world.read() as conn:
        shared = conn.scalars(sa.select(t.Endpoint.contact_id).where(t.Endpoint.shared).distinct()).all()
        cases = conn.scalars(
            sa.select(t.Case.code)
            .join(t.Guardianship, t.Guardianship.student_id == t.Case.student_id)
            .where(t.Guardianship.contact_id == "con_demo_siblings")
            .order_by(t.Case.code)
        ).all()
    assert (shared, cases) == (["con_demo_siblings"], ["CV-1005", "CV-1006"])


def test_every_case_has_a_team_a_private_channel_and_an_empty_chain(world: Database) -> None:
    with world.read() as conn:
        cases = conn.execute(sa.select(t.Case.id, t.Case.slack_channel, t.Case.chain_seq, t.Case.chain_head)).all()
        members = conn.scalar(sa.select(sa.func.count()).select_from(t.CaseMember))
    assert len({row.slack_channel for row in cases}) == len(cases) == 6
    assert {(row.chain_seq, bytes(row.chain_head)) for row in cases} == {(0, GENESIS)}
    assert members == 18


def test_danger_and_evaluation_have_somebody_to_go_to(world: Database) -> None:
    with world.read() as conn:
        rota = conn.scalars(sa.select(t.OnCall.staff_id).order_by(t.OnCall.position)).all()
        evaluation = conn.scalars(sa.select(t.EvaluationContact.staff_id)).all()
    assert (rota, evaluation) == (["stf_demo_counselor", "stf_demo_principal"], ["stf_demo_evaluation"])


def test_staff_are_found_by_e_mail_without_it_lying_there(world: Database) -> None:
    with world.read() as conn:
        index = world.vault.index("dst_demo", "teacher@demo.example")
        assert conn.scalar(sa.select(t.Staff.id).where(t.Staff.email_index == index)) == "stf_demo_teacher"
        assert b"demo.example" not in bytes(conn.scalar(sa.text("select email from staff where id = 'stf_demo_teacher'")))


def test_only_english_and_spanish_are_approved_and_only_as_a_demo(world: Database) -> None:
    with world.read() as conn:
        found = conn.execute(sa.select(t.CatalogueApproval.subject, t.CatalogueApproval.lang, t.CatalogueApproval.demo)).all()
        assert is_seeded(conn)
    assert sorted(map(tuple, found)) == [(subject, lang, True) for subject in ("flows", "words") for lang in ("en", "es")]


def test_a_changed_catalogue_is_approved_again_and_an_equal_one_is_not(world: Database) -> None:
    ids = CountingIds()

    def new_id(kind: str) -> str:
        return ids.new(kind).replace("0", "A", 1)

    with world.begin() as conn:
        assert approve_demo(conn, START, new_id, hash_of) == 4
        assert approve_demo(conn, START, new_id, hash_of) == 0


def test_an_empty_database_is_not_seeded(database: Database) -> None:
    with database.read() as conn:
        assert not is_seeded(conn)


def test_many_families_come_quickly_each_with_one_case(world: Database) -> None:
    ids = CountingIds()

    def new_id(kind: str) -> str:
        return ids.new(kind).replace("0", "B", 1)

    start = time.thread_time()
    with world.begin() as conn:
        families = seed_families(conn, world.vault, START, new_id, 2000)
        more = seed_families(conn, world.vault, START, new_id, 2)
    assert time.thread_time() - start < 30
    assert len({family.phone for family in families + more}) == 2002
    with world.read() as conn:
        one = conn.execute(
            sa.select(t.Endpoint.contact_id, t.Endpoint.address, t.Consent.state)
            .join(t.Consent, t.Consent.address_index == t.Endpoint.address_index)
            .where(t.Endpoint.address_index == world.vault.index("dst_demo", more[1].phone))
        ).one()
        case = conn.scalar(
            sa.select(t.Case.id)
            .join(t.Guardianship, t.Guardianship.student_id == t.Case.student_id)
            .where(t.Guardianship.contact_id == more[1].contact_id)
        )
    assert tuple(one) == (more[1].contact_id, more[1].phone, "granted")
    assert (case, more[1].sender) == (more[1].case_id, "+15550100001")


def test_the_demo_lies_where_it_is_day(world: Database) -> None:
    hours = [START.replace(hour=hour, minute=minute) for hour in range(24) for minute in (0, 20, 40)]
    for now in hours:
        local = now.astimezone(ZoneInfo(daytime_zone(now)))
        assert 8 <= local.hour < 16, (now, local)
    assert daytime_zone(START) == "America/Denver"


def zones(database: Database) -> set[str]:
    with database.read() as conn:
        return {zone for table in (t.District, t.School, t.Contact) for zone in conn.scalars(sa.select(table.zone))}


def test_a_demo_that_has_become_night_moves_as_a_whole(world: Database) -> None:
    assert zones(world) == {"America/Denver"}
    with world.begin() as conn:
        assert keep_daytime(conn, START) == "America/Denver"
        moved = keep_daytime(conn, START.replace(hour=6))
    assert moved != "America/Denver"
    assert zones(world) == {moved}
    with world.begin() as conn:
        seed_families(conn, world.vault, START, lambda kind: f"{kind}_x{next(NUMBERS)}", 1)
    assert zones(world) == {moved}


def test_a_real_district_is_never_moved(world: Database) -> None:
    with world.begin() as conn:
        conn.execute(sa.update(t.District).values(demo=False))
        keep_daytime(conn, START.replace(hour=6))
    assert zones(world) == {"America/Denver"}


@pytest.mark.parametrize("lang", ["en", "es"])
def test_the_demo_district_can_answer_every_question_of_the_bank(lang: str) -> None:
    known = {"child", "day", "today", "liaison", "school", "sped_contact", "s504_contact", "phone"} | set(DISTRICT_SETTINGS)
    answers = [entry.answer[lang] for entry in shipped(shipped_catalogues()).bank.entries.values()]
    missing = {name for text in answers for name in text.names if not known & {name, f"{name}.{lang}"}}
    assert (len(answers), missing) == (65, set())


def test_what_a_district_says_in_one_language_it_says_in_every_language_it_enabled() -> None:
    said = [key.rpartition(".") for key in DISTRICT_SETTINGS if key.endswith((".en", ".es"))]
    assert {name for name, _, lang in said if lang == "en"} == {name for name, _, lang in said if lang == "es"}
    assert not {name for name, _, _ in said} & set(DISTRICT_SETTINGS)
