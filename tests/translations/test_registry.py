"""Translators by name: the one that can, or plainly nobody."""

from __future__ import annotations

import hashlib

import pytest

from translations.base import Translated, Translator
from translations.registry import build, pick


class Upper:
    """Turns Spanish into capitals: enough of a translator to choose."""

    name = "upper"

    def can(self, source_lang, target_lang):
        return (source_lang, target_lang) == ("es", "en")

    def translate(self, text, source_lang, target_lang):
        source = hashlib.sha256(text.encode()).hexdigest()
        return Translated(text.upper(), source_lang, target_lang, self.name, source)


def test_a_named_translator_is_built_and_keeps_the_contract():
    (made,) = build(["upper"], {"upper": Upper})
    assert isinstance(made, Translator)
    assert made.translate("lee bien", "es", "en").text == "LEE BIEN"


def test_a_mistyped_name_is_refused_with_what_there_is():
    with pytest.raises(ValueError, match=r"no such translator: googel \(there are: upper\)"):
        build(["googel"], {"upper": Upper})


def test_no_name_is_no_translator():
    assert build([]) == ()


def test_a_pair_nobody_serves_goes_to_a_person():
    assert pick([Upper()], "so", "en") is None
    assert pick([Upper()], "es", "en").name == "upper"
