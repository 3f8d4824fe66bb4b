"""Every text the pages say is in the catalogues, whole, with its placeholders; what is vendored is what it was."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import polib
import pytest

from bot.service.wording import LANGUAGES, wording
from bot.web import vocabulary
from channels.direction import direction
from translations import extract_console

WEB = Path(str(files("bot.web")))


def said() -> dict[str, str]:
    """Every text of templates, tables and services, with its plural ("" where there is none)."""
    return {text: many for text, (many, _) in extract_console.said().items()}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_catalogue_holds_exactly_what_is_said(lang: str) -> None:
    catalogue = polib.pofile(str(files("translations") / lang / "LC_MESSAGES" / "console.po"))
    assert {entry.msgid: entry.msgid_plural for entry in catalogue} == said()
    assert [entry.msgid for entry in catalogue if not entry.translated()] == []


def test_every_word_of_the_tables_is_extracted() -> None:
    assert vocabulary.all_texts() - set(said()) == set()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_placeholders_survive_translation(lang: str) -> None:
    pattern = re.compile(r"%\(\w+\)s|\{\w+\}")
    for entry in polib.pofile(str(files("translations") / lang / "LC_MESSAGES" / "console.po")):
        for text in entry.msgstr_plural.values() if entry.msgid_plural else [entry.msgstr]:
            assert sorted(pattern.findall(text)) == sorted(pattern.findall(entry.msgid)), entry.msgid


def test_no_template_says_a_bare_word_to_staff_or_families() -> None:
    bare = []
    for template in [*(WEB / "templates/console").glob("*.html"), *(WEB / "templates/family").glob("*.html"), WEB / "templates/error.html"]:
        without_classes = re.sub(r"\{% block \w+_class %\}.*?\{% endblock %\}", "", template.read_text())
        text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<[^>]*>", "", without_classes, flags=re.DOTALL)
        bare += [(template.name, word) for word in re.findall(r"[A-Za-z]{3,}", text) if word != "Hearthline"]
    assert bare == []


@pytest.mark.parametrize(
    ("tag", "dir_"),
    [
        ("ar", "rtl"),
        ("ar-EG", "rtl"),
        ("ur", "rtl"),
        ("fa-AF", "rtl"),
        ("ps", "rtl"),
        ("ckb", "rtl"),
        ("kmr", "ltr"),
        ("pa-Arab", "rtl"),
        ("ar-Latn", "ltr"),
        ("es", "ltr"),
        ("zh-Hant", "ltr"),
        ("", "ltr"),
    ],
)
def test_the_direction_of_a_language(tag: str, dir_: str) -> None:
    assert direction(tag) == dir_


def test_dates_have_their_month_in_words_on_the_schools_clock() -> None:
    at = datetime(2026, 11, 21, 20, 5, tzinfo=UTC)
    assert wording("en").moment(at, "America/Denver").replace("\u202f", " ") == "November 21, 2026, 1:05 PM"
    assert wording("es-MX").day(at, "America/Denver") == "21 de noviembre de 2026"


def test_languages_have_names_and_an_unknown_one_keeps_its_tag() -> None:
    assert [wording("es").language(tag) for tag in ("ar", "so", "es-MX", "x-none")] == ["árabe", "somalí", "español (México)", "x-none"]


def test_an_unknown_code_word_is_shown_as_it_is() -> None:
    assert vocabulary.filters(str)["reason_word"]("something_new") == "something new"


def test_vendored_files_are_unmodified() -> None:
    vendor = WEB / "static/vendor"
    for listed in vendor.glob("*.sha256"):
        digest, name = listed.read_text().split()
        assert hashlib.sha256((vendor / name).read_bytes()).hexdigest() == digest
    assert {file.suffix for file in vendor.iterdir()} == {".js", ".sha256", ".txt"}


def test_every_line_of_the_privacy_log_has_words() -> None:
    from bot.engine.events import Say
    from bot.service.post_letter import PURPOSE

    sources = "".join(file.read_text() for file in Path(str(files("bot.service"))).glob("*.py"))
    done = set(re.findall(r'action="(\w+)"', sources)) | set(re.findall(r'by_staff\(conn, runtime, who, "(\w+)"', sources))
    done |= {"set_pin", "forget_pin", "approve_flows", "approve_words", "allow_translator", "forbid_translator"}
    sent = re.search(r"`purpose`: ([a-z_ |]+)\.", str(Say.__doc__))
    assert sent is not None
    assert done - set(vocabulary.ACTIONS) == set()
    assert {*sent[1].split(" | "), PURPOSE} - set(vocabulary.PURPOSES) == set()


def test_every_reason_for_a_task_has_words() -> None:
    from bot.service.handoff import PRIVATE, SAFETY
    from bot.service.tell_staff import TO_ROLE

    said_in_flows = {
        reason
        for file in Path(str(files("flows"))).glob("*.yaml")
        for reason in re.findall(r"handoff: \{[^}]*reason: (\w+)", file.read_text())
    }
    assert (set(TO_ROLE) | SAFETY | PRIVATE | said_in_flows) - set(vocabulary.REASONS) == set()


def test_every_kind_of_line_a_talk_writes_has_words() -> None:
    by_flows = {kind for file in Path(str(files("flows"))).glob("*.yaml") for kind in re.findall(r"\bwrite: (\w+)", file.read_text())}
    by_rules = {
        kind for file in Path(str(files("bot.engine"))).glob("*.py") for kind in re.findall(r'\.write\(\s*"(\w+)"', file.read_text())
    }
    assert "document_delivery" in by_rules
    assert (by_flows | by_rules) - set(vocabulary.KINDS) == set()
