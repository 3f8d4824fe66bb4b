"""The goals, on phrases that were held out: neither the lists nor the learned weights were tuned on them."""

from __future__ import annotations

from collections import Counter

import pytest

from bench.engine import SCRIPTS
from bench.screening.measure import measured, ours
from bench.screening.ordinary import ordinary
from bench.screening.phrases import KINDS, PHRASES, TEMPLATES, phrases, strangers
from bench.turn import ANSWERS
from bot.lists import shipped_words
from bot.screen.screen import screen

pytestmark = pytest.mark.no_cover

LANGUAGES = sorted({path.stem.partition("_")[0] for path in PHRASES.glob("*.yaml")})
FIRST = {"en", "es"}
FALSE = {"danger": 0.10, "evaluation": 0.10, "stop": 0.05, "wrong_number": 0.05, "person": 0.10}


@pytest.fixture(scope="module")
def shipped():
    return shipped_words()


@pytest.mark.parametrize("lang", sorted({path.stem.partition("_")[0] for path in TEMPLATES.glob("*.yaml")} & set(LANGUAGES)))
def test_the_goals_are_met_on_phrases_held_out(shipped, lang):
    short = []
    for row in measured(shipped, [phrase for phrase in ours(lang) if phrase.held_out]):
        goal = 0.98 if lang in FIRST else 0.90
        # A small set allows one miss: of twenty phrases, one is five in a hundred.
        if row.kind != "person" and len(row.missed) > max(1, (1 - goal) * row.meant):
            short.append((row.kind, "recall", row.recall, row.meant))
        if len(row.false) > max(3, FALSE[row.kind] * row.innocent):
            short.append((row.kind, "false", row.false_rate, row.innocent))
    assert short == []


@pytest.fixture(scope="module")
def theirs(shipped):
    return measured(shipped, [phrase for phrase in strangers() if phrase.held_out])


# What is heard of strangers' texts that were never learned from: not the goals, but what must not be lost again.
@pytest.mark.parametrize(
    "kind, first, rest", [("danger", 0.94, 0.91), ("stop", 0.94, 0.89), ("evaluation", 0.95, 0.95), ("wrong_number", 0.91, 0.87)]
)
def test_strangers_are_heard_no_worse_than_before(theirs, kind, first, rest):
    for goal, rows in ((first, [row for row in theirs if row.lang in FIRST]), (rest, [row for row in theirs if row.lang not in FIRST])):
        here = [row for row in rows if row.kind == kind]
        meant, innocent = sum(row.meant for row in here), sum(row.innocent for row in here)
        assert meant > 100
        assert 1 - sum(len(row.missed) for row in here) / meant >= goal
        assert sum(len(row.false) for row in here) / innocent <= FALSE[kind]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_language_is_measured_on_forty_phrases_half_of_them_innocent(lang):
    counted = Counter(phrase.kind for phrase in phrases(lang))
    assert min(counted[kind] for kind in KINDS if kind != "person") >= 8
    assert counted[""] >= 40
    assert sum(counted.values()) >= 120


def test_the_weights_raise_next_to_nothing_over_ordinary_texts(shipped, alone):
    told = ordinary()
    assert len(told) > 1000
    more = [(p.text, a.fired) for p in told if (a := screen(shipped, p.text, p.lang)).fired != screen(alone, p.text, p.lang).fired]
    assert len(more) <= 0.015 * len(told), more


def test_answers_to_our_own_questions_raise_nothing(shipped):
    answers = {*ANSWERS, *(text for told in SCRIPTS.values() for one in told for text in one)}
    assert [text for text in answers if screen(shipped, text, "es").fired] == []


HARMLESS = """
Re: A message from your school
On Sat, school wrote:
On Sat, Nov 21, 2026 at 3:00 PM Cedar Valley Schools <school@cv.test> wrote:
El sáb, 21 nov 2026 a las 15:00, Cedar Valley Schools escribió:
Sent from my iPhone
Su papá también batalló, allá en Ñuu Savi.
Su abuela y el entrenador
Un aventón
Hola, Diego leyó un libro entero ayer.
Mi suegra lo cuida en las tardes
He turns letters round
my husband works nights and his grandma helps
"""


@pytest.mark.parametrize("text", HARMLESS.strip().splitlines())
def test_what_was_once_taken_for_more_is_not_again(shipped, text):
    assert screen(shipped, text).fired == ()


@pytest.mark.parametrize(
    "answer", ["que le tenga paciencia", "Que se ponga al corriente", "que alguien esté con ella", "a veces", "como 20 minutos"]
)
def test_a_spanish_wish_or_amount_is_no_question(shipped, answer):
    assert not screen(shipped, answer, "es", ("en", "es")).question


@pytest.mark.parametrize("question", ["que es mtss", "que hago si no puedo ir", "what is mtss", "quien es el enlace", "什么是MTSS"])
def test_a_question_is_heard_in_the_familys_and_the_schools_languages(shipped, question):
    assert screen(shipped, question, "es", ("en", "es")).question
