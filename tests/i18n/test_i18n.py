"""Catalogues and the way languages write days, times, numbers."""

from __future__ import annotations

import os
import time as clock
from datetime import date, time
from pathlib import Path

import pytest

from bot.i18n import (
    Catalogues,
    catalogue_hash,
    compile_all,
    digits,
    language_name,
    open_catalogues,
    say_date,
    say_day,
    say_time,
)

HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
PO = (
    HEAD
    + 'msgctxt "home"\nmsgid "Kind"\nmsgstr "Amable"\n\n'
    + 'msgid "Good"\nmsgstr "Bien"\n\n'
    + '#, fuzzy\nmsgid "Change"\nmsgstr "Cambiar"\n\n'
    + 'msgid "Later"\nmsgstr ""\n\n'
    + 'msgid "{n} day"\nmsgid_plural "{n} days"\nmsgstr[0] "{n} día"\nmsgstr[1] "{n} días"\n'
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    target = tmp_path / "es" / "LC_MESSAGES"
    target.mkdir(parents=True)
    (target / "flows.po").write_text(PO, encoding="utf-8")
    return tmp_path


def test_a_text_is_found_by_its_context(folder: Path) -> None:
    catalogues = open_catalogues(folder)
    assert catalogues.text("flows", "es", "home", "Kind") == "Amable"
    assert catalogues.text("flows", "es", "", "Kind") is None
    assert catalogues.text("flows", "es", "", "Good") == "Bien"


def test_what_is_missing_or_fuzzy_is_not_said(folder: Path) -> None:
    catalogues = open_catalogues(folder)
    assert [catalogues.text("flows", "es", "", text) for text in ("Change", "Later", "Nowhere")] == [None, None, None]


def test_english_is_its_own_master(folder: Path) -> None:
    assert open_catalogues(folder).text("flows", "en", "home", "Kind") == "Kind"


def test_a_dialect_falls_back_to_its_language_and_staff_pages_to_english(folder: Path) -> None:
    catalogues = open_catalogues(folder)
    assert [catalogues.resolve("flows", lang) for lang in ("es-MX", "es-419-x", "es", "en", "so", "")] == ["es", "es", "es", "en", "", ""]
    assert catalogues.gettext("flows", "es-MX", "Good") == "Bien"
    assert catalogues.gettext("flows", "so", "Good") == "Good"


def test_plural_forms_follow_the_language(folder: Path) -> None:
    catalogues = open_catalogues(folder)
    assert [catalogues.ngettext("flows", "es", "{n} day", "{n} days", n) for n in (1, 2, 0)] == ["{n} día", "{n} días", "{n} días"]
    assert [catalogues.ngettext("flows", "so", "{n} day", "{n} days", n) for n in (1, 2)] == ["{n} day", "{n} days"]


def test_languages_begin_with_english(folder: Path) -> None:
    assert open_catalogues(folder).languages("flows") == ("en", "es")
    assert open_catalogues(folder).languages("console") == ("en",)


def test_compiled_and_source_catalogues_say_the_same_and_have_one_hash(folder: Path) -> None:
    before = open_catalogues(folder)
    (written,) = compile_all(folder)
    assert written.name == "flows.mo"
    after = open_catalogues(folder)
    assert after.text("flows", "es", "home", "Kind") == "Amable"
    assert [after.ngettext("flows", "es", "{n} day", "{n} days", n) for n in (1, 2)] == ["{n} día", "{n} días"]
    assert before.hash("flows", "es") == after.hash("flows", "es")
    assert compile_all(folder) == []


def test_an_older_compiled_catalogue_is_not_used(folder: Path) -> None:
    compile_all(folder)
    source = folder / "es" / "LC_MESSAGES" / "flows.po"
    source.write_text(PO.replace("Amable", "Cariñosa"), encoding="utf-8")
    later = clock.time() + 5
    os.utime(source, (later, later))
    assert open_catalogues(folder).text("flows", "es", "home", "Kind") == "Cariñosa"


def test_the_hash_changes_with_a_text_and_not_with_a_comment(folder: Path) -> None:
    source = folder / "es" / "LC_MESSAGES" / "flows.po"
    first = open_catalogues(folder).hash("flows", "es")
    source.write_text(PO.replace("#, fuzzy", "# a note\n#, fuzzy"), encoding="utf-8")
    assert open_catalogues(folder).hash("flows", "es") == first
    source.write_text(PO.replace("Bien", "Bueno"), encoding="utf-8")
    assert open_catalogues(folder).hash("flows", "es") != first


def test_the_hash_of_english_is_that_of_its_texts(folder: Path) -> None:
    template = folder / "flows.pot"
    template.write_text(HEAD + 'msgid "Good"\nmsgstr ""\n', encoding="utf-8")
    first = open_catalogues(folder).hash("flows", "en")
    template.write_text(HEAD + 'msgid "Very good"\nmsgstr ""\n', encoding="utf-8")
    assert open_catalogues(folder).hash("flows", "en") != first
    assert catalogue_hash(Catalogues(), "flows", "en") == catalogue_hash(Catalogues(), "flows", "es")


@pytest.mark.parametrize(
    ("lang", "day"),
    [
        ("en", "Wednesday, November 25"),
        ("es", "miércoles 25 de noviembre"),
        ("es-MX", "miércoles 25 de noviembre"),
        ("ar", "الأربعاء، ٢٥ نوفمبر"),
        ("so", "Arbaco, Noofeembar 25"),
        ("vi", "Thứ Tư, 25 tháng 11"),
        ("zh", "11月25日星期三"),
        ("hmn", "Wednesday, November 25"),
    ],
)
def test_the_month_is_a_word(lang: str, day: str) -> None:
    assert say_day(date(2026, 11, 25), lang) == day


@pytest.mark.parametrize(("lang", "said"), [("en", "November 25, 2026"), ("es", "25 de noviembre de 2026"), ("ar", "٢٥ نوفمبر ٢٠٢٦")])
def test_a_kept_date_has_its_year(lang: str, said: str) -> None:
    assert say_date(date(2026, 11, 25), lang) == said


@pytest.mark.parametrize(("lang", "said"), [("en", "3:05 PM"), ("es", "3:05 p. m."), ("ar", "٣:٠٥ م"), ("fr", "3:05 PM")])
def test_the_clock_has_twelve_hours_and_no_narrow_spaces(lang: str, said: str) -> None:
    assert say_time(time(15, 5), lang) == said
    assert "\u202f" not in say_time(time(15, 5), lang)


def test_digits_are_the_languages_own() -> None:
    assert digits("Room 12", "fa") == "Room ۱۲"
    assert digits("Room 12", "en") == "Room 12"


@pytest.mark.parametrize(
    ("lang", "name"), [("es", "Español"), ("ar", "العربية"), ("vi", "Tiếng Việt"), ("so", "Soomaali"), ("hmn", "hmn"), ("en", "English")]
)
def test_a_language_is_listed_under_its_own_name(lang: str, name: str) -> None:
    assert language_name(lang) == name
