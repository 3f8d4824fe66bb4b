"""May another adult read this? Asked of the writer behind a finished talk; only a yes opens it (domain.md 0.2, rule 7b)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.service import sharing
from bot.store import inbound
from bot.store.tables import CaseEntry, Contact, Endpoint, Guardianship, Session, WordSharing
from tests.service.receiving import EN, ES, change, family_rows, rows, sms, take
from tests.service.test_who_may import FATHER, MOTHER, father

QUESTION = "You wrote to us about Maya. May Robin read it? 1 Yes 2 No 3 Ask me later"
TELLS = ("CONCERN", "1", "He cries over his book", "1", "He sings", "Songs", "1")


@pytest.fixture
def runtime(runtime):
    father(runtime)
    return runtime


@pytest.fixture
def lite(lite):
    father(lite)
    return lite


def tell(runtime, *texts: str, sender: str = EN) -> list[str]:
    """Send these, and give what the family hears to the last."""
    before = len(family_rows(runtime))
    for text in texts:
        before = len(family_rows(runtime))
        take(runtime, sms(text, sender))
    return [one["body"] for one in family_rows(runtime)[before:]]


def stands(runtime) -> dict[tuple[str, str], str]:
    return {(one["writer_id"], one["reader_id"]): one["state"] for one in rows(runtime, WordSharing)}


def may(runtime) -> bool:
    return stands(runtime).get((MOTHER, FATHER)) == "yes"


def test_who_has_told_us_something_is_asked_about_the_other_adult_and_a_yes_opens_it(runtime):
    assert tell(runtime, *TELLS, "1")[-1] == QUESTION
    assert stands(runtime) == {}
    assert tell(runtime, "1") == ["Thank you. Robin may read it. If you change your mind, reply PERSON."]
    assert stands(runtime) == {(MOTHER, FATHER): "yes"}
    assert may(runtime)
    (kept,) = [one for one in rows(runtime, CaseEntry) if one["step_id"] == "may-read"]
    assert (kept["kind"], kept["visibility"]) == ("consent", "staff_only")
    assert rows(runtime, Session, Session.status != "done") == []
    assert QUESTION not in tell(runtime, *TELLS, "1")


@pytest.mark.parametrize(
    ("reply", "state", "says"),
    [("2", "no", "OK. Only school staff read it."), ("later", "later", "OK. Until then only school staff read it.")],
)
def test_no_and_later_keep_it_for_staff(lite, reply, state, says):
    tell(lite, *TELLS, "1")
    assert tell(lite, reply) == [says]
    assert stands(lite) == {(MOTHER, FATHER): state}
    assert not may(lite)


def test_later_is_asked_again_another_day_and_no_is_not(lite, clock):
    tell(lite, *TELLS, "1", "3")
    assert QUESTION not in tell(lite, *TELLS, "1")
    clock.advance(days=2)
    assert QUESTION in tell(lite, *TELLS, "1")
    tell(lite, "2")
    assert stands(lite) == {(MOTHER, FATHER): "no"}
    clock.advance(days=2)
    assert QUESTION not in tell(lite, *TELLS, "1")


def test_one_reader_after_the_other_in_the_familys_language(lite):
    change(lite, Contact, Contact.id == MOTHER, lang_written="es")
    with lite.database.begin() as conn:
        now = lite.clock.now()
        key = {"id": "gua_aunt", "district_id": "dst_demo", "contact_id": "con_demo_so", "student_id": "stu_demo_maya", "relation": "aunt"}
        conn.execute(sa.insert(Guardianship).values(**key, rights_holder=True, valid_from=now - timedelta(days=1)))
    first = tell(lite, "PREOCUPACION", "1", "Llora con el libro", "1", "Canta", "Canciones", "1", "1")[-1]
    assert first.startswith("Usted nos escribió sobre Maya. ¿Puede leerlo ")
    assert tell(lite, "sí")[-1].startswith("Usted nos escribió sobre Maya. ¿Puede leerlo ")
    assert tell(lite, "después") == ["Está bien. Mientras tanto solo lo lee la escuela."]
    assert sorted(stands(lite).values()) == ["later", "yes"]


@pytest.mark.parametrize("why", ["shared", "restricted", "held", "frozen", "gone", "unconfirmed", "paused", "alone"])
def test_it_is_not_asked_where_it_may_not_be(lite, why):
    if why == "shared":
        change(lite, Endpoint, Endpoint.contact_id == MOTHER, shared=True)
    elif why == "unconfirmed":
        change(lite, Endpoint, Endpoint.contact_id == MOTHER, confirmed_at=None)
    elif why == "restricted":
        change(lite, Guardianship, Guardianship.id == "gua_father", restriction="court_order")
    elif why == "held":
        change(lite, Guardianship, Guardianship.id == "gua_father", hold="new_guardian")
    elif why == "gone":
        change(lite, Guardianship, Guardianship.id == "gua_father", valid_to=lite.clock.now())
    elif why == "frozen":
        with lite.database.begin() as conn:
            sharing.freeze(conn, MOTHER, lite.clock.now())
    elif why == "paused":
        tell(lite, "PAUSE", "3")
    sender = ES if why == "alone" else EN
    said = tell(lite, *TELLS, "1", sender=sender)
    assert not any("Robin" in one for one in said)


def test_a_do_not_tell_wish_takes_a_yes_back(lite):
    tell(lite, *TELLS, "1", "1")
    assert may(lite)
    take(lite, sms("please do not tell my ex where we live", EN))
    assert not may(lite)
    assert set(stands(lite).values()) == {"frozen"}


@pytest.mark.parametrize("alone", [False, True])
def test_nobody_is_looked_for_where_there_is_one_adult(lite, monkeypatch, alone):
    really, found = inbound.readers, []

    def readers(*given):
        found.append(really(*given))
        return found[-1]

    monkeypatch.setattr(inbound, "readers", readers)
    if alone:
        change(lite, Guardianship, Guardianship.contact_id == FATHER, student_id="stu_demo_diego")
    assert (QUESTION in tell(lite, *TELLS, "1"), bool(found)) == (not alone, not alone)
