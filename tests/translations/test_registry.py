"""Translators by name: the one that can, or plainly nobody."""

from __future__ import annotations

import pytest

from translations.base import Translator, primary
from translations.registry import ENGINES, build

SETTINGS = {"libretranslate_url": "http://127.0.0.1:9", "googletrans_base_url": "https://127.0.0.1:9"}


class Upper:
    """Turns Spanish into capitals: enough of a translator to choose."""

    name = "upper"
    leaves_house = False
    notice = ""

    def can(self, source_lang, target_lang):
        return (source_lang, target_lang) == ("es", "en")

    def translate(self, texts, source_lang, target_lang):
        return [text.upper() for text in texts]

    def close(self):
        pass


MAKERS = {"upper": lambda _settings: Upper(), "missing": lambda _settings: None}


def test_a_named_translator_is_built_and_keeps_the_contract():
    (made,) = build(["upper"], {}, MAKERS)
    assert isinstance(made, Translator)
    assert made.translate(["lee bien"], "es", "en") == ["LEE BIEN"]


def test_the_shipped_ones_are_built_from_settings_without_calling_anybody():
    made = build([name for name in ENGINES if name != "apertium"], SETTINGS)
    assert [one.name for one in made] == ["LibreTranslate", "Google web translator"]
    assert all(isinstance(one, Translator) for one in made)


def test_a_mistyped_name_is_refused_with_what_there_is():
    with pytest.raises(ValueError, match=r"no such translator: googel \(there are: missing, upper\)"):
        build(["googel"], {}, MAKERS)


def test_libretranslate_without_an_address_is_refused():
    with pytest.raises(ValueError, match="HEARTHLINE_LIBRETRANSLATE_URL"):
        build(["libretranslate"], {})


def test_no_name_none_and_what_is_not_installed_are_no_translator():
    assert build([]) == ()
    assert build(["none", "missing"], {}, MAKERS) == ()


def test_a_tag_without_script_and_region():
    assert [primary(tag) for tag in ("zh-Hant", "es-US", "EN")] == ["zh", "es", "en"]
