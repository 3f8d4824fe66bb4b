"""Each engine on good days and bad: what it serves, how it fails, when it is left alone."""

from __future__ import annotations

import pytest

from tests.translations.conftest import make
from translations.apertium import Apertium
from translations.base import Refused, Resting, TranslationError, Translator
from translations.google import NOTICE, GoogleTrans
from translations.libretranslate import LibreTranslate

LONG = "Al niño le gusta leer mucho con su abuela todas las noches en la casa"


def test_every_engine_keeps_the_contract(engine):
    assert isinstance(engine, Translator)
    assert engine.can("es", "en")
    assert engine.can("es-US", "en-US")
    assert not engine.can("es", "es")
    said = engine.translate(["hola", "Tiene ZQ1X libros.\nLee bien.", LONG], "es", "en")
    assert len(said) == 3
    assert "ZQ1X" in said[1]
    assert "\n" in said[1]
    assert engine.name


def test_who_sends_text_away_says_so(sandbox, watch):
    assert [make(kind, sandbox, watch).leaves_house for kind in ("google", "libre")] == [True, True]
    assert Apertium().leaves_house is False
    assert GoogleTrans().notice == NOTICE


def test_a_language_nobody_serves_is_no_error(web_engine, sandbox):
    assert not web_engine.can("kjb", "en")
    assert not Apertium().can("so", "en")


@pytest.mark.parametrize("kind", ["429", "captcha", "500_before", "drop_before", "drop_after"])
def test_a_bad_answer_is_one_code_word(web_engine, sandbox, kind):
    web_engine.can("es", "en")
    sandbox.ask("misbehave", {"method": "translator.*", "kind": kind, "next": 1})
    with pytest.raises(TranslationError) as failed:
        web_engine.translate(["secreto"], "es", "en")
    assert failed.value.why in {"asked_to_wait", "unreadable", "unreachable"}
    assert "secreto" not in repr(failed.value.__cause__)


def test_a_slow_engine_is_not_waited_for(sandbox, watch):
    sandbox.ask("misbehave", {"method": "translator.*", "kind": "late", "next": 2, "seconds": 2})
    for engine in (GoogleTrans(sandbox.google_url, sandbox.ca_file, 0.2), LibreTranslate(sandbox.libretranslate_url, seconds=0.2)):
        with pytest.raises(TranslationError) as failed:
            engine.translate(["hola"], "es", "en")
        assert failed.value.why == "slow"
        engine.close()
    sandbox.ask("misbehave", {"clear": True})


def test_an_engine_that_pushes_us_away_is_left_alone_longer_each_time(web_engine, sandbox, watch):
    web_engine.can("es", "en")
    sandbox.ask("misbehave", {"method": "translator.*", "kind": "429", "rate": 1, "retry_after": 90})
    waits = []
    for _ in range(3):
        with pytest.raises(TranslationError):
            web_engine.translate(["hola"], "es", "en")
        started = watch.now
        while True:
            watch.now += 10
            try:
                web_engine.translate(["hola"], "es", "en")
            except Resting:
                continue
            except TranslationError:
                break
        waits.append(watch.now - started)
    assert waits == sorted(waits)
    assert waits[0] >= 60
    sandbox.ask("misbehave", {"clear": True})
    watch.now += 4000
    assert web_engine.translate(["hola"], "es", "en")


def test_three_failures_open_the_breaker_and_a_success_forgets_them(web_engine, sandbox, watch):
    web_engine.can("es", "en")
    for _ in range(3):
        sandbox.ask("misbehave", {"method": "translator.*", "kind": "drop_before", "next": 1})
        with pytest.raises(TranslationError) as failed:
            web_engine.translate(["hola"], "es", "en")
        assert failed.value.why == "unreachable"
    with pytest.raises(Resting):
        web_engine.translate(["hola"], "es", "en")
    watch.now += 61
    assert web_engine.translate(["hola"], "es", "en")


def test_another_authority_is_not_trusted(sandbox):
    engine = GoogleTrans(sandbox.google_url)
    with pytest.raises(TranslationError) as failed:
        engine.translate(["hola"], "es", "en")
    assert failed.value.why == "unreachable"
    engine.close()


def test_a_text_too_long_for_an_address_is_refused(sandbox, watch):
    engine = make("google", sandbox, watch)
    with pytest.raises(Refused):
        engine.translate(["a" * 2_000], "es", "en")
    engine.close()


def test_libretranslate_down_serves_nothing_and_one_with_a_key_is_given_it(sandbox):
    assert not LibreTranslate("http://127.0.0.1:9").can("es", "en")
    assert LibreTranslate(sandbox.libretranslate_url, "key").translate(["hola"], "es", "en")


def test_a_script_of_chinese_is_asked_for_by_its_name():
    engine = LibreTranslate("http://127.0.0.1:9")
    engine._pairs = {"zh-Hans": frozenset({"en"}), "zh-Hant": frozenset({"en"}), "en": frozenset({"zh-Hans"})}
    assert engine.can("zh", "en")
    assert engine.can("zh-Hant", "en")
    assert engine.can("en", "zh-Hans")
    assert not engine.can("es", "en")


def command(tmp_path, script, seconds=60.0):
    file = tmp_path / "apertium"
    file.write_text(f"#!/bin/sh\ncase $1 in -l) echo spa-eng;; -V) echo nothing;; *) {script};; esac\n")
    file.chmod(0o755)
    return Apertium(str(file), seconds=seconds)


@pytest.mark.parametrize(
    ("script", "why"),
    [("exit 3", "command_failed"), ("sleep 30 | cat", "slow"), ("cat >/dev/null; echo one", "count")],
)
def test_an_apertium_that_fails_is_one_code_word(tmp_path, script, why):
    engine = command(tmp_path, script, 0.5 if why == "slow" else 60.0)
    assert engine.name == "Apertium"
    with pytest.raises(TranslationError) as failed:
        engine.translate(["hola", "adiós"], "es", "en")
    assert failed.value.why == why


def test_the_gaps_apertium_leaves_are_closed(tmp_path):
    engine = command(tmp_path, "cat >/dev/null; printf 'Puede  venir.\\n\\n  Gracias  '")
    assert engine.translate(["You can come.\n\n  Thanks"], "es", "en") == ["Puede venir.\n\n  Gracias"]


def test_without_the_command_nothing_is_served(tmp_path):
    engine = Apertium(str(tmp_path / "nowhere"))
    assert (engine.found, engine.pairs, engine.can("es", "en"), engine.name) == (False, frozenset(), False, "Apertium")
    with pytest.raises(TranslationError):
        engine.translate(["hola"], "es", "en")
