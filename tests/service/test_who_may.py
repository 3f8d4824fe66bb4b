"""Who may be told what about which child, asked before anything is queued and again when it leaves (G1, faults 1 and 2)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from bot.policy.recipients import OF_AGE
from bot.service import of_age, sharing, who_may
from bot.store.tables import Case, Contact, Endpoint, Guardianship, Handoff, Outbox, Student, WordSharing
from bot.store.types import Plain
from tests.service.posting import queue, row
from tests.service.receiving import EN, change, family_rows, rows, sms, start, take

MAYA, MOTHER, FATHER = "cas_demo_maya", "con_demo_en", "con_father"


@pytest.fixture
def clock(clock):
    clock.step = timedelta(0)
    return clock


def father(runtime, **right) -> None:
    """A second adult of Maya's, with a phone of his own."""
    now = runtime.clock.now()
    with runtime.database.begin() as conn:
        conn.execute(
            sa.insert(Contact).values(
                id=FATHER, district_id="dst_demo", name=Plain("dst_demo", "Robin Walker"), lang_written="en", lang_spoken="en",
                zone="America/Denver", identity="confirmed", created_at=now,
            )
        )  # fmt: skip
        number = "+15550101077"
        conn.execute(
            sa.insert(Endpoint).values(
                id="end_father", district_id="dst_demo", contact_id=FATHER, channel="sms", address=Plain("dst_demo", number),
                address_index=runtime.vault.index("dst_demo", number), confirmed_at=now,
            )
        )  # fmt: skip
        known = {"relation": "father", "rights_holder": True, "valid_from": now - timedelta(days=9)}
        key = {"id": "gua_father", "district_id": "dst_demo", "contact_id": FATHER, "student_id": "stu_demo_maya"}
        conn.execute(sa.insert(Guardianship).values(**key, **{**known, **right}))


def told(runtime, message_class: str = "C", case_id: str = MAYA, **more) -> dict[str, str]:
    with runtime.database.read() as conn:
        found = who_may.receivers(conn, case_id, message_class=message_class, now=runtime.clock.now(), **more)
    return {one.endpoint_id: one.refusal for one in found if one.channel == "sms"}


def test_both_parents_are_told_and_one_who_may_not_is_named_with_why(runtime) -> None:
    father(runtime)
    assert told(runtime) == {"end_demo_en_sms": "", "end_father": ""}
    change(runtime, Guardianship, Guardianship.id == "gua_father", restriction="court_order", may_receive=False)
    assert told(runtime) == {"end_demo_en_sms": "", "end_father": "restricted"}
    assert told(runtime, "D") == {"end_demo_en_sms": "needs_link", "end_father": "restricted"}
    assert told(runtime, contact_id=FATHER) == {"end_father": "restricted"}


def test_of_two_rights_over_time_the_one_in_force_counts(lite) -> None:
    father(lite, valid_to=lite.clock.now())
    assert told(lite)["end_father"] == "no_guardianship"
    with lite.database.begin() as conn:
        key = {"id": "gua_father_2", "district_id": "dst_demo", "contact_id": FATHER, "student_id": "stu_demo_maya", "relation": "father"}
        conn.execute(sa.insert(Guardianship).values(**key, rights_holder=True, valid_from=lite.clock.now() - timedelta(seconds=1)))
    assert told(lite)["end_father"] == ""


@pytest.mark.parametrize(
    ("other", "why"), [({"restriction": "court_order"}, "restricted"), ({"may_receive": False}, "restricted"), ({"hold": "teen"}, "held")]
)
def test_of_two_live_rights_the_stricter_counts(runtime, other, why) -> None:
    father(runtime)
    with runtime.database.begin() as conn:
        key = {"id": "gua_father_2", "district_id": "dst_demo", "contact_id": FATHER, "student_id": "stu_demo_maya", "relation": "father"}
        conn.execute(sa.insert(Guardianship).values(**key, rights_holder=True, valid_from=runtime.clock.now() - timedelta(1), **other))
    assert told(runtime)["end_father"] == why
    take(runtime, sms("Maya reads every day", "+15550101077"))
    about = rows(runtime, Outbox, Outbox.contact_id == FATHER, Outbox.case_id == MAYA)
    assert about == []


def test_one_address_is_chosen_the_one_of_the_talk_first(lite) -> None:
    def chosen(prefer: str = "", **more):
        with lite.database.read() as conn:
            found = who_may.first(conn, MAYA, MOTHER, message_class="C", now=lite.clock.now(), prefer=prefer, **more)
        return found.endpoint_id if found else None

    assert chosen() == chosen("end_unknown")
    assert chosen("end_demo_en_whatsapp") == "end_demo_en_whatsapp"
    change(lite, Guardianship, Guardianship.contact_id == MOTHER, may_receive=False)
    assert chosen() is None


def test_inside_a_turn_a_text_that_may_never_go_is_not_queued_and_a_person_is_told_once(lite) -> None:
    change(lite, Guardianship, Guardianship.contact_id == MOTHER, rights_holder=False)
    start(lite, variant="reading")
    assert family_rows(lite) == []
    assert [(one["to_role"], one["reason"]) for one in rows(lite, Handoff)] == [("liaison", "not_told")]


# --- the eighteenth birthday -----------------------------------------------------------------------------------------------------------------


def birthday(runtime, day: date) -> None:
    born = day.replace(year=day.year - OF_AGE)
    change(runtime, Student, Student.id == "stu_demo_maya", birth_date=Plain("dst_demo", born.isoformat()))


def test_on_the_eighteenth_birthday_the_parents_rights_end_by_the_schools_clock(runtime, clock) -> None:
    father(runtime)
    birthday(runtime, date(2026, 11, 18))
    queue(runtime.database, row(1, clock.now(), contact="demo_en", not_before=clock.now() + timedelta(days=1)))
    clock.set(datetime(2026, 11, 18, 6, 59, tzinfo=UTC))
    assert (of_age.look(runtime), told(runtime)) == (0, {"end_demo_en_sms": "", "end_father": ""})
    clock.set(datetime(2026, 11, 18, 7, 0, tzinfo=UTC))
    assert told(runtime) == {"end_demo_en_sms": "of_age", "end_father": "of_age"}, "from the first minute, whether we looked or not"
    assert (of_age.look(runtime), of_age.look(runtime)) == (2, 0)
    assert told(runtime) == {"end_demo_en_sms": "no_guardianship", "end_father": "no_guardianship"}
    assert [(one["state"], one["reason"]) for one in rows(runtime, Outbox)] == [("cancelled", "of_age")]
    assert [(one["to_role"], one["reason"], one["case_id"]) for one in rows(runtime, Handoff)] == [("registrar", "of_age", MAYA)]
    take(runtime, sms("She read to grandma", EN))
    assert rows(runtime, Outbox, Outbox.case_id == MAYA, Outbox.state != "cancelled") == []


def test_the_young_adult_is_told_everything(lite) -> None:
    father(lite, relation="self")
    birthday(lite, date(2026, 11, 1))
    assert told(lite) == {"end_demo_en_sms": "of_age", "end_father": ""}
    assert of_age.look(lite) == 1


def test_a_student_of_age_without_a_case_is_nobodys_task(lite) -> None:
    birthday(lite, date(2026, 11, 1))
    change(lite, Case, Case.id == MAYA, state="closed")
    assert of_age.look(lite) == 1
    assert rows(lite, Handoff) == []


# --- may another adult read this? ------------------------------------------------------------------------------------------------------------


def say(runtime, *, yes: bool) -> None:
    with runtime.database.begin() as conn:
        sharing.answer(conn, case_id=MAYA, writer_id=MOTHER, reader_id=FATHER, yes=yes, now=runtime.clock.now())


def test_what_one_adult_wrote_goes_to_another_only_after_their_yes(runtime) -> None:
    father(runtime)
    assert told(runtime, words_of=MOTHER) == {"end_demo_en_sms": "", "end_father": "not_shared"}
    say(runtime, yes=True)
    assert told(runtime, words_of=MOTHER) == {"end_demo_en_sms": "", "end_father": ""}
    assert told(runtime, words_of=FATHER)["end_demo_en_sms"] == "not_shared", "a yes is one way"
    queue(
        runtime.database,
        row(
            1,
            runtime.clock.now(),
            contact="demo_en",
            contact_id=FATHER,
            endpoint_id="end_father",
            guardianship_id="gua_father",
            words_of=MOTHER,
        ),
    )
    say(runtime, yes=False)
    assert told(runtime, words_of=MOTHER)["end_father"] == "not_shared"
    assert [(one["state"], one["reason"]) for one in rows(runtime, Outbox)] == [("cancelled", "not_shared")]
    assert [one["state"] for one in rows(runtime, WordSharing)] == ["no"]


def test_a_wish_not_to_be_found_freezes_it_both_ways(runtime) -> None:
    father(runtime)
    say(runtime, yes=True)
    take(runtime, sms("please do not tell my ex where we live"))
    assert {one["state"] for one in rows(runtime, WordSharing)} == {"frozen"}
    say(runtime, yes=True)
    assert {one["state"] for one in rows(runtime, WordSharing)} == {"frozen"}, "no robot's question undoes it"
