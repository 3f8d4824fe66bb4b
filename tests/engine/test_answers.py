"""What replies mean: every answer type, in every way families write."""

from __future__ import annotations

from datetime import date, time

import pytest

from bot.engine.answers import MISS, read, read_number
from bot.engine.flow import Step
from bot.engine.library import Library
from bot.engine.moments import read_date, read_days_ago, read_time
from bot.engine.words import emoji_word, fold

TODAY = date(2026, 11, 18)  # a Wednesday


def step_of(library: Library, step_id: str, part: str = "core", flow: str = "home-observations") -> Step:
    steps = library.flow(flow).parts[part].steps
    return next(step for step in steps if step.id == step_id)


def meaning(library: Library, step: Step, text: str, lang: str = "en") -> object:
    return read(step, text, lang, library.words, TODAY, library.limits.labels_for_other)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("1", ["kind"]),
        (" 3 ", ["curious"]),
        ("1 and 3", ["kind", "curious"]),
        ("1,3", ["kind", "curious"]),
        ("3, 1", ["kind", "curious"]),
        ("1 3 5", ["kind", "curious", "creative"]),
        ("1y3", ["kind", "curious"]),
        ("1 y 3", ["kind", "curious"]),
        ("1 & 3", ["kind", "curious"]),
        ("1+3", ["kind", "curious"]),
        ("13", ["kind", "curious"]),
        ("1.3", ["kind", "curious"]),
        ("١ و ٣", ["kind", "curious"]),
        ("۱، ۳", ["kind", "curious"]),
        ("१ ३", ["kind", "curious"]),
        ("１，３", ["kind", "curious"]),
        ("1️⃣ 3️⃣", ["kind", "curious"]),
        ("①③", ["kind", "curious"]),
        ("one and three", ["kind", "curious"]),
        ("uno y tres", ["kind", "curious"]),
        ("Kind", ["kind"]),
        ("KIND and funny", ["kind", "funny"]),
        ("kind, curious and brave", ["kind", "curious", "brave"]),
        ("curous", ["curious"]),
        ("creatve, funy", ["funny", "creative"]),
        ("hard working", ["hard_working"]),
        ("Hard-working!", ["hard_working"]),
        ("works hard", ["hard_working"]),
        ("she is very curious", ["curious"]),
        ("2 and brave", ["funny", "brave"]),
        ("all of them", ["kind", "funny", "curious", "hard_working", "creative", "brave", "good_helper"]),
        ("she sings to the cat", ["other"]),
        ("8", ["other"]),
        ("kind funny n curiuos", ["kind", "funny", "curious"]),
        ("the first one and the last one", ["kind", "other"]),
        ("la primera y la tercera", ["kind", "curious"]),
    ],
)
def test_several_choices_are_read_however_they_are_written(library: Library, text: str, ids: list[str]) -> None:
    assert meaning(library, step_of(library, "2"), text) == ids


@pytest.mark.parametrize("text", ["9", "1 and 9", "0", "1-3", "xyzzy", "?", "🎉", "", "not kind", "99999999999999999999"])
def test_what_picks_no_option_for_sure_is_not_guessed(library: Library, text: str) -> None:
    assert meaning(library, step_of(library, "2"), text) is MISS


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("1", "most_days"),
        ("2.", "some_days"),
        ("(3)", "rarely"),
        ("4)", "not_now"),
        ("number 2", "some_days"),
        ("#2", "some_days"),
        ("I pick 2", "some_days"),
        ("dos", "some_days"),
        ("٢", "some_days"),
        ("2️⃣", "some_days"),
        ("Most days", "most_days"),
        ("every day", "most_days"),
        ("rarley", "rarely"),
        ("MOST DAYS!!", "most_days"),
        ("some  days", "some_days"),
    ],
)
def test_one_choice_is_read_by_number_label_word_and_close_spelling(library: Library, text: str, option: str) -> None:
    assert meaning(library, step_of(library, "R2", "reading"), text) == option


@pytest.mark.parametrize("text", ["1 or 2", "5", "1 2", "whatever", "days", "12"])
def test_one_choice_is_never_read_out_of_two(library: Library, text: str) -> None:
    assert meaning(library, step_of(library, "R2", "reading"), text) is MISS


def test_a_label_with_digits_in_it_wins_over_the_numbers_it_holds(library: Library) -> None:
    minutes = step_of(library, "M3", "math")
    assert meaning(library, minutes, "15-30") == "from_15_to_30"
    assert meaning(library, minutes, "15 - 30") == "from_15_to_30"
    assert meaning(library, minutes, "2") == "from_15_to_30"


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("like 2 hours", "over_60"),
        ("como 2 horas", "over_60"),
        ("3 hours every night", "over_60"),
        ("3 hrs", "over_60"),
        ("una hora y media", "over_60"),
        ("an hour and a half", "over_60"),
        ("1.5 hours", "over_60"),
        ("1 hr", "from_30_to_60"),
        ("an hour", "from_30_to_60"),
        ("about 45 min", "from_30_to_60"),
        ("unos 40 minutos", "from_30_to_60"),
        ("half an hour", "from_15_to_30"),
        ("media hora", "from_15_to_30"),
        ("20min", "from_15_to_30"),
        ("around 5 minutes", "under_15"),
        ("٢٠ min", "from_15_to_30"),
        ("5", "none_given"),
        ("4", "over_60"),
    ],
)
def test_a_length_of_time_picks_its_bracket_and_never_the_option_of_that_number(library: Library, text: str, option: str) -> None:
    assert meaning(library, step_of(library, "M3", "math"), text) == option


@pytest.mark.parametrize(
    "text", ["yes", "Yes please", "y", "1", "sí", "si", "SÍ", "👍", "👍🏽👍🏽", "✅", "ok", "claro que sí", "uno", "١"]
)
def test_yes_is_understood_in_every_language_and_as_a_sign(library: Library, text: str) -> None:
    assert meaning(library, step_of(library, "A5", "attendance"), text) == "yes"


@pytest.mark.parametrize("text", ["no", "No thanks", "n", "2", "👎", "👎🏿", "❌", "no gracias", "dos", "٢"])
def test_no_is_understood_in_every_language_and_as_a_sign(library: Library, text: str) -> None:
    assert meaning(library, step_of(library, "A5", "attendance"), text) == "no"


def test_a_thumb_up_and_a_thumb_down_together_mean_neither() -> None:
    assert emoji_word("👍👎") == ""
    assert emoji_word("👍 sure") == ""


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("20", 20),
        ("about 20 minutes", 20),
        ("٢٠", 20),
        ("2.5", 2.5),
        ("2,5 horas", 2.5),
        ("veinte", 20),
        ("twenty", 20),
        ("20.", 20),
        ("three days", 3),
    ],
)
def test_numbers_are_read_in_digits_and_words(library: Library, text: str, number: float) -> None:
    assert read_number(text, library.words) == number


@pytest.mark.parametrize("text", ["", "many", "20 or 30", "20-30", "a lot of them really"])
def test_no_number_and_two_numbers_are_asked_again(library: Library, text: str) -> None:
    assert read_number(text, library.words) is MISS


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("since sept", 78),
        ("Desde septiembre", 78),
        ("en octubre", 48),
        ("nov", 17),
        ("since December", 352),
        ("desde el lunes", 2),
        ("on Wednesday", 7),
        ("10 days", 10),
        ("hace como 3 semanas", 21),
        ("ever since school started", 109),
        ("desde que empezó la escuela", 109),
        ("since the summer", 140),
        ("since like halloween", 18),
        ("since xmas", 328),
        ("desde navidad", 328),
        ("desde el dia de muertos", 16),
        ("since thanksgiving", 358),
        ("it may be worse now", None),
        ("since May", 201),
        ("between September and October", None),
        ("no sé", None),
    ],
)
def test_when_something_began_is_read_by_month_and_day(library: Library, text: str, days: int | None) -> None:
    assert read_days_ago(text, TODAY, library.words) == days


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("since sept", "longer"),
        ("desde el lunes", "week"),
        ("10 days", "month"),
        ("since like halloween", "month"),
        ("since xmas", "longer"),
        ("as of november", "month"),
        ("about a month", "month"),
        ("since kindergarten", "longer"),
        ("desde que nació su hermanito", "change"),
        ("since the new teacher in october", "change"),
        ("longer, since august", "longer"),
    ],
)
def test_a_worry_began_when_the_family_says(library: Library, text: str, option: str) -> None:
    assert meaning(library, step_of(library, "3", flow="early-concern"), text, "es" if "desde" in text else "en") == option


@pytest.mark.parametrize("text", ["mejor una junta", "junta", "que nos juntemos"])
def test_a_junta_is_a_meeting(library: Library, text: str) -> None:
    assert meaning(library, step_of(library, "6", flow="early-concern"), text, "es") == "meet"


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("meeting reminders only please", "en"),
        ("just the meetings", "en"),
        ("nada mas las juntas", "es"),
        ("nomás lo de las juntas porfa", "es"),
        ("solo los recordatorios", "es"),
    ],
)
def test_only_meetings_is_understood_in_other_words_and_ends_no_texts(library: Library, text: str, lang: str) -> None:
    assert meaning(library, step_of(library, "less", "less", "stop-help"), text, lang) == "only_reminders"
    assert meaning(library, step_of(library, "4", flow="welcome"), text, lang) == "reminders_only"


@pytest.mark.parametrize(
    ("text", "lang", "value"),
    [
        ("yes but after 5pm", "en", "yes"),
        ("si pero despues de las 5", "es", "yes"),
        ("sí, en la tarde", "es", "yes"),
        ("sure, mornings", "en", "yes"),
        ("yes and no", "en", MISS),
        ("ok but not today", "en", MISS),
        ("después", "es", "no"),
    ],
)
def test_a_yes_may_have_a_condition_where_a_person_calls(library: Library, text: str, lang: str, value: object) -> None:
    assert meaning(library, step_of(library, "S5", "feelings"), text, lang) == value


@pytest.mark.parametrize("text", ["yes but after 5pm", "si pero es de mi esposo"])
def test_a_yes_about_whose_phone_it_is_has_no_condition(library: Library, text: str) -> None:
    assert meaning(library, step_of(library, "2", flow="welcome"), text, "en") is MISS


@pytest.mark.parametrize(
    ("text", "lang", "ids"),
    [
        ("the bus comes too early", "en", ["ride"]),
        ("she gets up late", "en", ["sleep"]),
        ("se le va el camión, se desvela mucho", "es", ["ride", "sleep"]),
        ("le da asma", "es", ["sick"]),
    ],
)
def test_what_keeps_a_child_from_school_is_heard_in_a_sentence(library: Library, text: str, lang: str, ids: list[str]) -> None:
    assert meaning(library, step_of(library, "A2", "attendance"), text, lang) == ids


@pytest.mark.parametrize(
    ("text", "lang", "ids"),
    [
        ("i read it first then him", "en", MISS),
        ("me la leo yo primero y luego el", "es", MISS),
        ("he gets tired first thing", "en", ["tired"]),
        ("primero lento y luego bien", "es", ["slow"]),
        ("reads slow, 2 pages", "en", ["slow"]),
        ("lee 3 hojas", "es", MISS),
        ("the second one", "en", ["slow"]),
        ("I would say the third", "en", ["guesses"]),
        ("creo que la primera", "es", ["with_ease"]),
        ("2 i think", "en", ["slow"]),
    ],
)
def test_a_number_that_counts_or_orders_something_is_no_options(library: Library, text: str, lang: str, ids: object) -> None:
    assert meaning(library, step_of(library, "R3", "reading"), text, lang) == ids


@pytest.mark.parametrize(
    ("text", "lang", "option"),
    [
        ("4 times a week", "en", "most_days"),
        ("most days i guess? like 4 times a week", "en", "most_days"),
        ("1 or 2 nights a week", "en", "some_days"),
        ("two times per week", "en", "some_days"),
        ("5 veces por semana", "es", "most_days"),
        ("dos o tres noches a la semana", "es", "some_days"),
        ("3 times", "en", MISS),
        ("4 veces", "es", MISS),
        ("4", "en", "not_now"),
        ("4 gracias", "es", "not_now"),
    ],
)
def test_how_often_a_week_picks_its_option_and_never_the_one_of_that_number(library: Library, text: str, lang: str, option: object) -> None:
    assert meaning(library, step_of(library, "R2", "reading"), text, lang) == option


@pytest.mark.parametrize(
    ("text", "lang"), [("reading, mostly", "en"), ("mainly, reading", "en"), ("lectura, mayormente", "es"), ("lectura, supongo", "es")]
)
def test_a_hedge_beside_a_choice_is_nothing_more(library: Library, text: str, lang: str) -> None:
    assert meaning(library, step_of(library, "1", flow="early-concern"), text, lang) == ["reading"]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("today", date(2026, 11, 18)),
        ("mañana", date(2026, 11, 19)),
        ("Friday", date(2026, 11, 20)),
        ("next friday", date(2026, 11, 20)),
        ("el lunes", date(2026, 11, 23)),
        ("Wednesday", date(2026, 11, 25)),
        ("May 4", date(2027, 5, 4)),
        ("4 de mayo", date(2027, 5, 4)),
        ("Dec 1st", date(2026, 12, 1)),
        ("Dec 1", date(2026, 12, 1)),
        ("11/24", date(2026, 11, 24)),
        ("24/11", date(2026, 11, 24)),
        ("11/24/27", date(2027, 11, 24)),
        ("2026-12-01", date(2026, 12, 1)),
        ("٢٤/١١", date(2026, 11, 24)),
        ("11/4", None),
        ("31/2", None),
        ("Monday or Tuesday", None),
        ("soon", None),
    ],
)
def test_days_are_read_and_doubtful_ones_are_not(library: Library, text: str, day: date | None) -> None:
    assert read_date(text, TODAY, library.words) == day


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("3 pm", time(15)),
        ("3pm", time(15)),
        ("3:30", time(15, 30)),
        ("8:15", time(8, 15)),
        ("08:15", time(8, 15)),
        ("15:45", time(15, 45)),
        ("a las 3 de la tarde", time(15)),
        ("9 de la mañana", time(9)),
        ("12 am", time(0)),
        ("noon", time(12)),
        ("٣:٣٠", time(15, 30)),
        ("7 at night", time(19)),
        ("25:00", None),
        ("3 or 4", None),
        ("later", None),
    ],
)
def test_times_are_read_as_school_hours_go(library: Library, text: str, moment: time | None) -> None:
    assert read_time(text, library.words) == moment


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  Hé,  LLO! ", "he llo"),
        ("Ñandú", "nandu"),
        ("straße", "strasse"),
        ("٣٤", "34"),
        ("مُدرِّسة", "مدرسة"),
        ("हिन्दी", "हिन्दी"),
        ("1️⃣", "1"),
        ("🔟", "10"),
        ("Việt Nam", "viet nam"),
        ("a.m.", "a m"),
    ],
)
def test_folding_keeps_letters_and_drops_the_rest(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("lang", "reply", "meant"),
    [
        ("en", "2 months ago", "longer"),
        ("en", "2 weeks ago", "month"),
        ("es", "hace 2 meses", "longer"),
        ("en", "number 2", "month"),
        ("en", "2", "month"),
    ],
)
def test_a_number_beside_words_of_another_option_does_not_pick_by_its_place(library: Library, lang: str, reply: str, meant: str) -> None:
    assert meaning(library, step_of(library, "3", flow="early-concern"), reply, lang) == meant


def test_every_option_copied_with_its_number_is_that_option(library: Library) -> None:
    for flow in library.latest.values():
        for step in (step for part in flow.parts.values() for step in part.steps if not step.options_from):
            for lang, spoken in step.spoken.items():
                for place, (number, label) in enumerate(spoken.options):
                    for reply in (label, f"{number}. {label}", f"{number} {label.upper()}", f"({number})"):
                        found = meaning(library, step, reply, lang)
                        assert found in (step.options[place].id, [step.options[place].id]), (flow.id, step.id, lang, reply)


@pytest.mark.parametrize(
    ("lang", "reply"), [("en", "no"), ("en", "nope"), ("en", "nothing really"), ("es", "no"), ("es", "la verdad no"), ("en", "👎")]
)
def test_no_is_no_change_at_school(library: Library, lang: str, reply: str) -> None:
    assert meaning(library, step_of(library, "3", flow="early-concern"), reply, lang) != "change"
