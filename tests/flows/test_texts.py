"""Every text of every flow: whole in Spanish, short, plain, kind, and true about what can be replied."""

from __future__ import annotations

import importlib.resources
import re

import polib
import pytest

from bot.engine.check import problems
from channels.text import GSM7, encoding
from translations.extract import messages, write

KEYWORD = re.compile(r"(?<![\w{}])([A-ZÁÉÍÓÚÑ]{3,})(?![\w}])")
NO_KEYWORDS = {"MTSS", "RTI", "IEP", "PIN", "AYUDA"}
BLAME = re.compile(
    r"\b(you failed|your fault|fail to|failed to|refus\w+|uncooperative|no-show|non-?complian\w+|deficits?|remediat\w+|at-risk|"
    r"what is wrong|why didn't you|calm down|don't worry|it will be fine|as i said|behind)\b"
    r"|\b(su culpa|no cumpli\w+|se neg\w+|qué le pasa|por qué no hizo|cálmese|no se preocupe|atrasad\w+|deficiente\w*)\b",
    re.IGNORECASE,
)
PO = importlib.resources.files("translations") / "es" / "LC_MESSAGES" / "flows.po"


@pytest.fixture(scope="module")
def spanish():
    return polib.pofile(str(PO))


def test_nothing_is_wrong_with_the_flows(library, catalogues):
    assert problems(library, catalogues, ("en", "es")) == []


def test_spanish_is_whole_and_says_that_no_person_checked_it(spanish):
    said = {(message.context, message.source) for message in messages()}
    have = {(entry.msgctxt, entry.msgid) for entry in spanish if entry.msgstr and not entry.fuzzy}
    assert said - have == set()
    assert spanish.metadata["X-Checked-By"] == "not checked by a person"


def test_the_template_and_catalogues_are_up_to_date(tmp_path):
    import shutil
    from pathlib import Path

    import translations

    here = Path(translations.__file__).parent
    for name in ("flows.pot", "es/LC_MESSAGES/flows.po"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(here / name, tmp_path / name)
    assert write(tmp_path) == {"es": 0}
    known = {(e.msgctxt, e.msgid) for e in polib.pofile(str(here / "flows.pot"))}
    assert known == {(e.msgctxt, e.msgid) for e in polib.pofile(str(tmp_path / "flows.pot"))}


def test_a_text_that_is_gone_leaves_the_catalogues(tmp_path):
    from translations.extract import Message

    first = [Message("a", "One", "flows/a.yaml:1", ""), Message("a", "Two", "flows/a.yaml:2", "")]
    folder = tmp_path / "es" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "flows.po").write_text('msgid ""\nmsgstr ""\n"Language: es\\n"\n', encoding="utf-8")
    assert write(tmp_path, first) == {"es": 2}
    assert write(tmp_path, first[:1]) == {"es": 1}


def test_english_masters_cost_one_alphabet():
    assert [m.source for m in messages() if encoding(m.source) != GSM7] == []


def test_no_text_blames_scolds_or_forecasts(spanish):
    # The bank says plainly what the school may not refuse and what a score does not mean; its wording is the domain's.
    english = [m.source for m in messages() if m.context != "faq"]
    assert [text for text in (*english, *(e.msgstr for e in spanish if e.msgctxt != "faq")) if BLAME.search(text)] == []


def test_one_question_is_asked_at_a_time():
    twice = [m for m in messages() if m.context != "faq" and m.source.count("?") > 2]
    assert twice == []


def test_every_word_a_text_offers_is_handled(words, spanish):
    handled = {**words.commands, **words.stop_words}
    offered = {}
    for text in (*(m.source for m in messages() if m.context != "staff-companion"), *(entry.msgstr for entry in spanish)):
        for word in KEYWORD.findall(text):
            offered.setdefault(word, text)
    from bot.screen.fold import fold

    nobody = {word: text for word, text in offered.items() if word not in NO_KEYWORDS and fold(word) not in handled}
    assert nobody == {}


def test_carrier_words_are_never_offered_as_answers(library):
    carrier = set(library.settings["carrier_words"])
    labels = {
        (flow.id, step.id, option.label)
        for flow in library.latest.values()
        for part in flow.parts.values()
        for step in part.steps
        for option in step.options
        if option.label.upper() in carrier - {"YES"}
    }
    assert labels == set()


def test_spanish_speaks_to_an_adult_with_usted(spanish):
    familiar = re.compile(r"\b(tú|tu|tus|contigo|puedes|quieres|tienes|responde|llama|escribe|dime|eres)\b", re.IGNORECASE)
    long = [entry for entry in spanish if not (entry.comment or "").startswith("other words")]
    said = {(entry.msgctxt, entry.msgstr): match[0] for entry in long if (match := familiar.search(entry.msgstr))}
    # "responde" and "llama" are also what he or she does; each is looked at here once.
    assert {text: word for text, word in said.items() if word.lower() not in {"responde", "llama", "escribe"}} == {}


def test_spanish_keeps_its_accents(spanish):
    bare = re.compile(
        r"\b(mas|esta bien|ano|anos|nino|nina|matematicas|telefono|numero|dia|tambien|evaluacion|educacion|leccion|manana)\b", re.IGNORECASE
    )
    long = [entry for entry in spanish if not (entry.comment or "").startswith("other words")]
    said = [entry.msgstr for entry in long if bare.search(entry.msgstr)]
    assert said == []


@pytest.mark.parametrize("level", [1, 2, 3])
def test_crisis_texts_ask_nothing_about_what_happened(library, level):
    step = library.flow("crisis").parts[f"level_{level}"].steps[0]
    for lang in ("en", "es"):
        text = step.spoken[lang].format
        assert not re.search(r"\b(who|how|why|when|did (he|she|they)|quién|cómo|por qué|cuándo)\b", text, re.IGNORECASE)


def test_the_resource_stands_in_the_first_lines_of_a_crisis_text(library):
    for level, resource in {1: "911", 2: "988", 5: "211"}.items():
        for lang in ("en", "es"):
            assert resource in library.flow("crisis").parts[f"level_{level}"].steps[0].spoken[lang].format[:134]
