"""What a text costs, how typography is made plain, and where a text may be cut."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels import text
from channels.text import Limits


@pytest.mark.parametrize(
    ("body", "kind", "parts"),
    [
        ("a" * 160, text.GSM7, 1),
        ("a" * 161, text.GSM7, 2),
        ("a" * 306, text.GSM7, 2),
        ("a" * 307, text.GSM7, 3),
        ("a" * 152 + "€" + "a" * 152, text.GSM7, 3),
        ("á" * 70, text.UCS2, 1),
        ("á" * 71, text.UCS2, 2),
        ("á" * 268, text.UCS2, 4),
        ("á" * 66 + "😀" + "a" * 66, text.UCS2, 3),
        ("", text.GSM7, 1),
        ("é" + "\u0301" * 500, text.UCS2, 8),
        ("á" + "😀" * 40, text.UCS2, 2),
    ],
)
def test_segments_are_counted_as_the_phone_network_cuts_them(body: str, kind: str, parts: int) -> None:
    assert (text.encoding(body), text.segments(body)) == (kind, parts)


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("It’s “good” – really…", 'It\'s "good" - really...'),
        ("3\xa0PM\u200b", "3 PM"),
        ("Ana lee cafe\u0301".replace("fe\u0301", "fé"), "Ana lee café"),
        ("cafe\u0301", "café"),
        ("¿Le gusta leer? Sí, “mucho”", "¿Le gusta leer? Sí, “mucho”"),
        ("«Да» – 3", "«Да» – 3"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d👧 ok", "👩\u200d👧 ok"),
        ("\ufeffyes", "yes"),
    ],
)
def test_our_own_texts_lose_typography_only_when_that_saves_a_segment(written: str, sent: str) -> None:
    assert text.normalise(written) == sent


def test_limits_follow_the_encoding() -> None:
    limits = Limits(10, 5)
    assert [text.fits(t, limits) for t in ("a" * 10, "a" * 11, "í" * 5, "í" * 6, "€" * 5, "€" * 6)] == [
        True,
        False,
        True,
        False,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("body", "limits", "short"),
    [
        ("short", Limits(10, 5), "short"),
        ("Maya loves drawing horses", Limits(18, 9), "Maya loves..."),
        ("abcdefghijklmnop", Limits(10, 5), "abcdefg..."),
        ("😀😀😀😀", Limits(10, 7), "😀😀..."),
        ("👩\u200d👩\u200d👧👩\u200d👩\u200d👧", Limits(10, 11), "👩\u200d👩\u200d👧..."),
        ("🇺🇸🇲🇽🇸🇴", Limits(10, 11), "🇺🇸🇲🇽..."),
        ("e\u0301e\u0301e\u0301", Limits(10, 5), "e\u0301..."),
        ("नमस्ते नमस्ते", Limits(20, 7), "नम..."),
        ("anything", Limits(2, 1), ""),
    ],
)
def test_a_cut_never_splits_what_a_reader_sees_as_one_character(body: str, limits: Limits, short: str) -> None:
    assert text.cut(body, limits) == short


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        ("a\r\nb", ["a", "\r\n", "b"]),
        ("1\ufe0f\u20e32", ["1\ufe0f\u20e3", "2"]),
        ("👍🏽👍", ["👍🏽", "👍"]),
        ("한국", ["한", "국"]),
        ("\u1112\u1161\u11ab", ["\u1112\u1161\u11ab"]),
        ("가\u11a8ᄀ", ["가\u11a8", "ᄀ"]),
        ("각\u11a8가", ["각\u11a8", "가"]),
        ("\u1112\u1112\u1161", ["\u1112\u1112\u1161"]),
        ("क्\u200dष", ["क्\u200dष"]),
        ("a\u200db", ["a\u200d", "b"]),
        ("🏴\U000e0067\U000e007fx", ["🏴\U000e0067\U000e007f", "x"]),
        ("क्षमा", ["क्ष", "मा"]),
        ("\u0301a", ["\u0301", "a"]),
        ("", []),
    ],
)
def test_graphemes_are_what_a_reader_sees(body: str, seen: list[str]) -> None:
    assert list(text.graphemes(body)) == seen


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=400), st.integers(4, 320), st.integers(4, 280))
def test_a_cut_text_always_fits_and_begins_as_the_original(body: str, gsm7: int, ucs2: int) -> None:
    limits = Limits(gsm7, ucs2)
    short = text.cut(body, limits)
    assert text.fits(short, limits)
    assert short == body or body.startswith(short.removesuffix("..."))
    assert "".join(text.graphemes(body)) == body


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=400))
def test_normalising_twice_changes_nothing_more_and_never_costs_a_segment(body: str) -> None:
    once = text.normalise(body)
    assert text.normalise(once) == once
    assert text.segments(once) <= text.segments(unicodedata.normalize("NFC", body))
