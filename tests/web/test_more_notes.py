"""Of several notes in a row the first is told who answers by when; the others are told that they were added, and go to the same person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from bot.service.runtime import Runtime
from bot.store import tables as t
from tests.fakes.clock import TickingClock

ES, EN = "+15550101002", "+15550101001"
NOTES = {
    EN: ("She luvs drawing and horses", "her uncle is back home now", "and the dog sleeps on her bed"),
    ES: ("Le gusta dibujar caballos", "su abuelita le cuenta cuentos", "el perro duerme con el"),
}
PROMISED = {EN: "You will hear back by Wednesday, November 18.", ES: "Tendrá respuesta a más tardar el miércoles 18 de noviembre."}
ADDED = {EN: "Thank you. I added that.", ES: "Gracias. Ya lo agregué."}
Texts = Callable[..., Any]


def said(runtime: Runtime) -> list[str]:
    with runtime.database.read() as conn:
        query = sa.select(t.Outbox.body).where(t.Outbox.audience == "family").order_by(t.Outbox.created_at, t.Outbox.id)
        return [str(body) for body in conn.execute(query).scalars()]


def tasks(runtime: Runtime) -> list[str]:
    with runtime.database.read() as conn:
        return [str(body) for body in conn.execute(sa.select(t.Handoff.body).order_by(t.Handoff.created_at)).scalars()]


@pytest.mark.parametrize("phone", [EN, ES])
def test_the_promise_is_said_once(runtime: Runtime, texts_in: Texts, phone: str) -> None:
    for text in NOTES[phone]:
        texts_in(phone, text)
    first, *more = said(runtime)
    assert first.endswith(PROMISED[phone])
    assert more == [ADDED[phone]] * 2
    assert tasks(runtime) == ["\n\n".join(NOTES[phone])]


def test_another_day_is_promised_anew(runtime: Runtime, texts_in: Texts, clock: TickingClock) -> None:
    texts_in(EN, NOTES[EN][0])
    clock.advance(days=1)
    texts_in(EN, NOTES[EN][1])
    assert said(runtime)[1].endswith("You will hear back by Thursday, November 19.")


def test_a_note_that_somebody_has_taken_is_no_reason(runtime: Runtime, texts_in: Texts) -> None:
    texts_in(EN, NOTES[EN][0])
    with runtime.database.begin() as conn:
        conn.execute(sa.update(t.Handoff).values(state="taken"))
    texts_in(EN, NOTES[EN][1])
    assert said(runtime)[1].endswith(PROMISED[EN])
