"""What the team is told in Slack, in the language its staff read."""

from __future__ import annotations

import pytest

from bot.engine.events import Alert
from bot.service.alert import alert_text, blocks, staff_language

EVENT = Alert(domain="behaviour", kind="strength")


@pytest.mark.parametrize(
    ("settings", "reads"), [({}, "en"), ({"lang.staff": "es"}, "es"), ({"lang.staff": "es-MX"}, "es"), ({"lang.staff": "tlh"}, "en")]
)
def test_a_district_says_what_its_staff_read(settings: dict[str, str], reads: str) -> None:
    assert staff_language(settings) == reads


@pytest.mark.parametrize(
    ("family", "reads", "said"),
    [
        ("ar", "en", "New family input on case CV-1002: behaviour, strength. Language: Arabic, translation waiting for the liaison."),
        (
            "en-US",
            "en",
            "New family input on case CV-1002: behaviour, strength. Language: English (United States), translation not needed.",
        ),
        (
            "ar",
            "es",
            "Nuevas palabras de la familia en el caso CV-1002: conducta, fortaleza. Idioma: árabe, la traducción espera al enlace.",
        ),
        ("es", "es", "Nuevas palabras de la familia en el caso CV-1002: conducta, fortaleza. Idioma: español, no hace falta traducción."),
        (
            "x-none",
            "es",
            "Nuevas palabras de la familia en el caso CV-1002: conducta, fortaleza. Idioma: x-none, la traducción espera al enlace.",
        ),
    ],
)
def test_an_alert_is_said_in_the_staffs_language(family: str, reads: str, said: str) -> None:
    assert alert_text("CV-1002", EVENT, family, reads) == said


def test_an_alert_of_answers_without_words_waits_for_no_translation() -> None:
    said = alert_text("CV-1002", EVENT._replace(words=False), "ar")
    assert said == "New family input on case CV-1002: behaviour, strength. Language: Arabic, translation not needed."


def test_feelings_are_named_in_no_channel() -> None:
    assert "general" in alert_text("CV-1002", EVENT._replace(domain="feelings"), "en")


def test_its_buttons_are_too() -> None:
    found = [element["text"]["text"] for element in blocks("out_1", "x", "es")[1]["elements"]]
    assert found == ["Abrir", "Confirmar", "Dar las gracias", "Preguntar al enlace"]
