"""EMAIL and TEXT by signed webhook: a known address is asked about, a typed one is proved by a code, and the way back (F25)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.clock import RealIds
from bot.engine.channel import TRIES
from bot.service.another_way import CODES_A_DAY
from bot.service.hand_over import hand_over
from bot.service.runtime import Runtime
from bot.service.start_flow import start_flow
from bot.store import tables as t
from tests.service.mailing import mail
from tests.service.receiving import take

ES, EN = "+15550101002", "+15550101001"
MOTHER, DANA = "con_demo_es", "con_demo_en"
Texts = Callable[..., Any]


@pytest.fixture
def runtime(runtime: Runtime) -> Runtime:
    """With mail; and Dana has no address on file."""
    channels: Any = {**runtime.channels, "email": object()}
    with runtime.database.begin() as conn:
        conn.execute(sa.delete(t.Endpoint).where(t.Endpoint.contact_id == DANA, t.Endpoint.channel == "email"))
    return replace(runtime, ids=RealIds(), channels=channels)


def said(runtime: Runtime, contact: str, channel: str = "sms") -> list[str]:
    with runtime.database.read() as conn:
        query = sa.select(t.Outbox.body).where(t.Outbox.contact_id == contact, t.Outbox.channel == channel).order_by(t.Outbox.id)
        return list(conn.execute(query).scalars())


def begun(runtime: Runtime, contact: str, variant: str = "") -> str:
    """By which channel the school would reach them now."""
    with runtime.database.begin() as conn:
        queued = start_flow(conn, runtime, contact, None, "home-observations", variant, runtime.clock.now())
        return str(conn.scalar(sa.select(t.Outbox.channel).where(t.Outbox.id == queued[0])))


def tasks(runtime: Runtime) -> list[str]:
    with runtime.database.read() as conn:
        return list(conn.execute(sa.select(t.Handoff.reason).order_by(t.Handoff.id)).scalars())


def code(runtime: Runtime, contact: str = DANA) -> str:
    return re.search(r"\d{6}", said(runtime, contact, "email")[-1])[0]  # type: ignore[index]


def test_the_address_on_file_is_asked_about_and_then_written_to_and_text_is_the_way_back(runtime: Runtime, texts_in: Texts) -> None:
    assert begun(runtime, MOTHER) == "sms"
    question = said(runtime, MOTHER)[0]
    texts_in(ES, "CORREO")
    assert re.fullmatch(r"¿Le escribo desde ahora a \S+@\S+\? 1 Sí 2 Otra dirección 3 No, siga con textos", said(runtime, MOTHER)[-1])
    texts_in(ES, "1")
    done, again = said(runtime, MOTHER)[-2:]
    assert done.endswith("Responda TEXTO para volver a los textos.")
    assert question in again  # the open talk is not lost
    texts_in(ES, "Cuentos de dinosaurios")
    with runtime.database.read() as conn:
        assert conn.scalars(sa.select(t.CaseEntry.kind).order_by(t.CaseEntry.seq)).all() == ["preference", "strength"]
        assert conn.scalar(sa.select(t.Endpoint.confirmed_at).where(t.Endpoint.id == "end_demo_es_email")) is not None
    assert begun(runtime, MOTHER, "reading") == "email"
    texts_in(ES, "TEXTO")
    assert "Desde ahora le escribo por texto." in said(runtime, MOTHER)[-2]


def test_a_typed_address_is_theirs_only_after_its_code_came_back(runtime: Runtime, texts_in: Texts) -> None:
    texts_in(EN, "EMAIL")
    assert said(runtime, DANA)[-1] == "What is your email address? I will send a code there first."
    texts_in(EN, "it is Dana.Reed@example.org, thanks")
    assert said(runtime, DANA)[-1].startswith("I sent a code to dana.reed@example.org.")
    (letter,) = said(runtime, DANA, "email")
    assert not any(name in letter for name in ("Maya", "Dana", "Reed"))
    with runtime.database.read() as conn:
        assert conn.scalars(sa.select(t.Endpoint.channel).where(t.Endpoint.contact_id == DANA)).all().count("email") == 0
    take(runtime, mail("Hello, who is this?", "dana.reed@example.org"))  # a slip of the finger: somebody else's mail
    assert said(runtime, DANA)[-1].startswith("I sent a code to")
    texts_in(EN, "000000" if code(runtime) != "000000" else "111111")
    assert said(runtime, DANA)[-1] == "Those are not the numbers I sent. Please look at the email again."
    assert begun(runtime, "con_demo_es") == "sms"
    texts_in(EN, f"{code(runtime)[:3]} {code(runtime)[3:]}")
    assert said(runtime, DANA)[-1] == "OK. From now on I write to you by email at dana.reed@example.org. Reply TEXT to change back."
    assert begun(runtime, DANA) == "email"
    with runtime.database.read() as conn:
        ledger = conn.execute(sa.select(t.ConsentLedger.state, t.ConsentLedger.medium, t.ConsentLedger.scope)).all()
    assert tuple(ledger[-1]) == ("granted", "email", "mail")
    take(runtime, mail("She loves to draw", "dana.reed@example.org"))
    texts_in(EN, "TEXT")
    assert "OK. From now on I text you. Reply EMAIL to change back." in said(runtime, DANA)[-2:]
    with runtime.database.read() as conn:
        assert "strength" in conn.scalars(sa.select(t.CaseEntry.kind)).all()


def test_the_code_leaves_at_once_to_the_address_alone(runtime: Runtime, texts_in: Texts) -> None:
    texts_in(EN, "EMAIL")
    texts_in(EN, "dana.reed@example.org")
    now = runtime.clock.now()
    with runtime.database.begin() as conn:
        row = conn.execute(sa.select(t.Outbox.id, t.Outbox.endpoint_id, t.Outbox.case_id).where(t.Outbox.channel == "email")).one()
        assert (row.endpoint_id, row.case_id) == (None, None)
        conn.execute(sa.update(t.Outbox).where(t.Outbox.id == row.id).values(state="claimed", lease_owner="me"))
        (going,) = hand_over(conn, runtime, [row.id], owner="me", now=now, lease_until=now + timedelta(minutes=1))
    assert (going.message.to, going.message.text) == ("dana.reed@example.org", said(runtime, DANA, "email")[0])


def test_another_address_in_the_middle_gets_a_code_of_its_own(runtime: Runtime, texts_in: Texts) -> None:
    for text in ("EMAIL", "dana@exmaple.org", "dana@example.org"):
        texts_in(EN, text)
    first, second = (re.search(r"\d{6}", one)[0] for one in said(runtime, DANA, "email"))  # type: ignore[index]
    assert first != second
    texts_in(EN, first)
    assert said(runtime, DANA)[-1].startswith("Those are not the numbers")
    texts_in(EN, second)
    assert "by email at dana@example.org" in said(runtime, DANA)[-1]


def asks_for_codes(texts_in: Texts, count: int) -> None:
    for number in range(count):
        if number % TRIES == 0:
            texts_in(EN, "EMAIL")
        texts_in(EN, f"dana{number}@example.org")


def test_the_last_code_of_a_day_proves_its_address(runtime: Runtime, texts_in: Texts) -> None:
    asks_for_codes(texts_in, CODES_A_DAY)
    texts_in(EN, code(runtime))
    assert f"by email at dana{CODES_A_DAY - 1}@example.org" in said(runtime, DANA)[-1]


def test_who_asks_for_one_more_gets_a_person_and_no_code(runtime: Runtime, texts_in: Texts) -> None:
    asks_for_codes(texts_in, CODES_A_DAY + 1)
    assert len(said(runtime, DANA, "email")) == CODES_A_DAY
    assert tasks(runtime) == ["not_built"]


@pytest.mark.parametrize("answers", [("hmm", "what", "later"), ("a@example.org", "b@example.org", "c@example.org", "d@example.org")])
def test_who_does_not_get_there_gets_a_person_with_a_day(runtime: Runtime, texts_in: Texts, answers: tuple[str, ...]) -> None:
    texts_in(EN, "EMAIL")
    for one in answers:
        texts_in(EN, one)
    assert tasks(runtime) == ["not_built"]
    assert said(runtime, DANA)[-1].startswith("Good. Elena Soto will set up email with you by ")
    assert begun(runtime, DANA) == "sms"


@pytest.mark.parametrize(
    ("table", "values"),
    [(t.Endpoint, {"shared": True}), (t.Endpoint, {"confirmed_at": None}), (t.Sender, {"channel": "fax"})],
)
def test_a_phone_others_read_or_a_school_without_mail_means_a_person(
    runtime: Runtime, texts_in: Texts, table: Any, values: dict[str, Any]
) -> None:
    from bot.service import directory

    where = t.Sender.channel == "email" if table is t.Sender else t.Endpoint.contact_id == DANA
    with runtime.database.begin() as conn:
        conn.execute(sa.update(table).where(where).values(**values))
        if "confirmed_at" in values:
            conn.execute(sa.update(t.Contact).where(t.Contact.id == DANA).values(identity="unconfirmed"))
    directory.forget(runtime.database.engine)
    texts_in(EN, "EMAIL")
    assert tasks(runtime) == ["not_built"]
    assert said(runtime, DANA, "email") == []


def test_nobody_is_written_to_at_an_address_that_ended_our_mail(runtime: Runtime, texts_in: Texts) -> None:
    index = runtime.vault.index("dst_demo", "other@example.org")
    with runtime.database.begin() as conn:
        stop = {"district_id": "dst_demo", "address_index": index, "medium": "email", "state": "stopped", "changed_at": runtime.clock.now()}
        conn.execute(sa.insert(t.Consent).values(**stop))
    texts_in(EN, "EMAIL")
    texts_in(EN, "other@example.org")
    assert said(runtime, DANA, "email") == []
    assert tasks(runtime) == ["not_built"]


def test_an_address_two_adults_have_is_shared_from_then_on(runtime: Runtime, texts_in: Texts) -> None:
    with runtime.database.read() as conn:
        theirs = conn.scalar(sa.select(t.Endpoint.address).where(t.Endpoint.id == "end_demo_es_email"))
    texts_in(EN, "EMAIL")
    texts_in(EN, str(theirs))
    texts_in(EN, code(runtime))
    with runtime.database.read() as conn:
        shared = conn.scalars(
            sa.select(t.Endpoint.shared).where(
                t.Endpoint.channel == "email", t.Endpoint.address_index == runtime.vault.index("dst_demo", str(theirs))
            )
        ).all()
    assert shared == [True, True]


def test_by_mail_the_word_for_texts_needs_a_phone_that_did_not_say_stop(runtime: Runtime, texts_in: Texts) -> None:
    texts_in(ES, "CORREO")
    texts_in(ES, "1")
    with runtime.database.read() as conn:
        address = str(conn.scalar(sa.select(t.Endpoint.address).where(t.Endpoint.id == "end_demo_es_email")))
    take(runtime, mail("CORREO", address))
    assert "Le sigo escribiendo por correo." in said(runtime, MOTHER, "email")[-1]
    texts_in(ES, "ALTO")
    take(runtime, mail("TEXTO", address))
    assert "mande START desde su teléfono al (555) 010-0001." in said(runtime, MOTHER, "email")[-1]
    texts_in(ES, "START")
    take(runtime, mail("TEXTO", address))
    assert "Desde ahora le escribo por texto." in said(runtime, MOTHER, "email")[-1]
    assert begun(runtime, MOTHER) == "sms"
    with runtime.database.begin() as conn:
        conn.execute(
            sa.update(t.Endpoint).where(t.Endpoint.contact_id == MOTHER, t.Endpoint.channel != "email").values(state="unreachable")
        )
    take(runtime, mail("TEXTO", address))
    assert tasks(runtime)[-1] == "not_built"


def test_skip_and_stop_in_the_middle_are_what_they_always_are(runtime: Runtime, texts_in: Texts) -> None:
    for text in ("EMAIL", "SKIP"):
        texts_in(EN, text)
    assert said(runtime, DANA, "email") == []
    for text in ("EMAIL", "STOP"):
        texts_in(EN, text)
    with runtime.database.read() as conn:
        assert conn.scalars(sa.select(t.Consent.medium).where(t.Consent.state == "stopped")).all() == ["phone"]


@pytest.mark.parametrize("words", ["no tengo", "no sé", "ninguno"])
def test_who_has_no_address_is_not_asked_again(runtime: Runtime, texts_in: Texts, words: str) -> None:
    for text in ("CORREO", "2", words):
        texts_in(ES, text)
    assert said(runtime, MOTHER)[-1].startswith("Está bien. Seguimos")
    assert tasks(runtime) == []


def test_who_keeps_texting_keeps_texting(runtime: Runtime, texts_in: Texts) -> None:
    for text in ("CORREO", "3"):
        texts_in(ES, text)
    assert begun(runtime, MOTHER) == "sms"
    for text in ("CORREO", "2", "nueva@example.org"):
        texts_in(ES, text)
    assert "Mandé un código a nueva@example.org." in said(runtime, MOTHER)[-1]
