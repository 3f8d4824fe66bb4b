"""After "I am the new guardian" nothing is told until a person has decided; "what now?" hears who calls and by when (F24)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from bot.service.runtime import Runtime
from bot.store import tables as t
from tests.fakes.clock import TickingClock

ES, EN = "+15550101002", "+15550101001"
CLAIM = {ES: "Ahora yo soy el tutor legal del niño", EN: "I am the new guardian"}
Texts = Callable[..., Any]


def last(runtime: Runtime) -> str:
    with runtime.database.read() as conn:
        query = sa.select(t.Outbox.body).where(t.Outbox.audience == "family").order_by(t.Outbox.created_at.desc(), t.Outbox.id.desc())
        return str(conn.execute(query.limit(1)).scalar_one())


def tasks(runtime: Runtime) -> list[str]:
    with runtime.database.read() as conn:
        return list(conn.execute(sa.select(t.Handoff.reason).order_by(t.Handoff.created_at)).scalars())


@pytest.mark.parametrize(
    ("phone", "asked", "told"),
    [
        (ES, "¿y ahora?", "Maple Elementary le llamará a más tardar el miércoles 18 de noviembre"),
        (ES, "y ahora qué hago", "Maple Elementary le llamará a más tardar el miércoles 18 de noviembre"),
        (ES, "ok gracias, ¿cuándo me llaman?", "Maple Elementary le llamará"),
        (EN, "what now?", "Maple Elementary will call you by Wednesday, November 18"),
        (EN, "OK, so what do I do now?", "Maple Elementary will call you by Wednesday, November 18"),
        (EN, "who will call me", "Maple Elementary will call you by Wednesday, November 18"),
    ],
)
def test_what_now_hears_who_calls_and_by_when_and_no_answer_of_the_bank(
    runtime: Runtime, texts_in: Texts, phone: str, asked: str, told: str
) -> None:
    texts_in(phone, CLAIM[phone])
    texts_in(phone, asked)
    assert told in last(runtime)
    assert tasks(runtime) == ["new_guardian"]


@pytest.mark.parametrize(
    ("phone", "told"),
    [
        (ES, "Maple Elementary le llamará a más tardar el miércoles 18 de noviembre. No mandaré más sobre Diego hasta entonces."),
        (EN, "Maple Elementary will call you by Wednesday, November 18. I will not send more about Maya until then."),
    ],
)
def test_the_first_answer_says_by_when_too(runtime: Runtime, texts_in: Texts, phone: str, told: str) -> None:
    texts_in(phone, CLAIM[phone])
    assert last(runtime).endswith(told)


def test_in_the_middle_of_a_question_as_well(runtime: Runtime, texts_in: Texts) -> None:
    texts_in(EN, CLAIM[EN])
    texts_in(EN, "What is MTSS?")
    assert "MTSS" in last(runtime), "what is no child's business is answered as ever"
    texts_in(EN, "what now?")
    assert "will call you by" in last(runtime)


def test_a_day_that_has_passed_is_promised_anew(runtime: Runtime, texts_in: Texts, clock: TickingClock) -> None:
    texts_in(EN, CLAIM[EN])
    clock.advance(days=2)
    texts_in(EN, "what now?")
    assert "will call you by" in last(runtime)
    assert "November 18" not in last(runtime)


def test_once_a_person_has_decided_and_for_everybody_else_it_is_a_question_as_ever(runtime: Runtime, texts_in: Texts) -> None:
    texts_in(EN, CLAIM[EN])
    with runtime.database.begin() as conn:
        conn.execute(sa.update(t.Handoff).values(state="closed"))
    texts_in(EN, "what now?")
    assert "will call you by" not in last(runtime)
    texts_in(ES, "¿y ahora?")
    assert "le llamará" not in last(runtime)
