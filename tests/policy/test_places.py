"""What stands in a prepared text's places: only what reads the same everywhere, or is said by rule."""

from __future__ import annotations

from bot.policy import places

TEXT = "{child} may come on {day} or {day_2} at {time}. {teacher}"


def test_a_day_and_a_time_are_said_in_the_language_and_names_stay() -> None:
    values = {"child": "Diego", "day": "2026-12-07", "day_2": "2026-12-08", "time": "15:05", "teacher": "Ms.  Bennett"}
    assert places.fill(TEXT, values, "en") == "Diego may come on Monday, December 7 or Tuesday, December 8 at 3:05 PM. Ms. Bennett"
    assert places.fill("{child}, {day}", values, "es") == "Diego, lunes 7 de diciembre"
    assert "٧" in places.fill("{day}", values, "ar")


def test_a_place_nobody_filled_or_filled_with_something_else_is_missing() -> None:
    assert places.missing(TEXT, {"child": " ", "day": "Monday", "day_2": "2026-12-08", "time": "3 PM"}) == [
        "child",
        "day",
        "time",
        "teacher",
    ]


def test_only_known_places_are_places() -> None:
    assert places.unknown("{child} {thing} {} {day_4} {Day}") == ("thing", "", "day_4", "Day")
    assert places.found("{child} {thing} {child}") == ("child", "child")
    assert places.fill("{thing} {child}", {"thing": "x", "child": "Ana"}, "en") == "{thing} Ana"
    assert places.same("{a} {day} {child}", "{child}, {day}")
    assert not places.same("{day}", "{day} {day}")


def test_a_value_makes_no_new_place() -> None:
    assert places.fill("{child} {day}", {"child": "{day}", "day": "2026-12-07"}, "en") == "day Monday, December 7"
