"""Texts through an engine and back, carefully: masked before they leave, put together and checked after. The only way to an engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from translations import checks
from translations.base import Refused, TranslationError, Translator
from translations.mask import Masked, mask, unmask
from translations.names import Names

TOGETHER = 40
"""Texts in one call of an engine."""


class Result(NamedTuple):
    """What came of one text: a translation, or "" and why there is none."""

    text: str
    why: str = ""


def translate(
    engine: Translator,
    texts: Sequence[str],
    source_lang: str,
    target_lang: str,
    names: Names | None = None,
    glossary: Mapping[str, str] | None = None,
    together: int = TOGETHER,
) -> list[Result]:
    """Each text in the other language or refused, in order. Raises `TranslationError` when the engine as such does not answer."""
    found: list[Result] = []
    for start in range(0, len(texts), together):
        found += _together(engine, texts[start : start + together], source_lang, target_lang, names, glossary or {})
    return found


def _together(
    engine: Translator, texts: Sequence[str], source_lang: str, target_lang: str, names: Names | None, glossary: Mapping[str, str]
) -> list[Result]:
    results = [Result("", "too_long")] * len(texts)
    going: list[tuple[int, Masked]] = []
    for at, text in enumerate(texts):
        try:
            masked = mask(text, source_lang, target_lang, names, glossary)
        except Refused as refused:
            results[at] = Result("", refused.why)
            continue
        if masked.has_words:
            going.append((at, masked))
        else:  # a name, a number, a thumb: nothing to translate, nothing to send
            results[at] = Result(unmask(masked, masked.text, target_lang))
    if not going:
        return results
    answers = _answers(engine, [masked.text for _, masked in going], source_lang, target_lang)
    for (at, masked), answer in zip(going, answers, strict=True):
        results[at] = answer if answer.why else _read(texts[at], masked, answer.text, source_lang, target_lang)
    return results


def _answers(engine: Translator, masked: Sequence[str], source_lang: str, target_lang: str) -> list[Result]:
    """All in one call; each alone when they came back run together."""
    try:
        return [Result(text) for text in engine.translate(masked, source_lang, target_lang)]
    except Refused as refused:
        if len(masked) == 1:
            return [Result("", refused.why)]
    found = []
    for text in masked:
        try:
            found.append(Result(engine.translate([text], source_lang, target_lang)[0]))
        except Refused as refused:
            found.append(Result("", refused.why))
    return found


def _read(source: str, masked: Masked, answer: str, source_lang: str, target_lang: str) -> Result:
    try:
        result = unmask(masked, answer, target_lang)
        as_written = unmask(masked, answer, target_lang, as_written=True)
        names = [one.source for one in masked.kept if one.kind == "name"]
        checks.verify(source, as_written, source_lang, target_lang, names)
    except TranslationError as refused:
        return Result("", refused.why)
    return Result(result)
