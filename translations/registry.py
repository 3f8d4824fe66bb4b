"""Which translators there are, by name. The composition root asks for those a district turned on; no name, no translator.

None ships yet: until one does, a finished talk in another language is a task for the liaison, and the family's own words stand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from translations.base import Translator

ENGINES: Mapping[str, Callable[[], Translator]] = {}


def build(names: Iterable[str], engines: Mapping[str, Callable[[], Translator]] = ENGINES) -> tuple[Translator, ...]:
    """Make the translators named, in that order of preference.

    :raises ValueError: for a name that is no translator; a typing mistake must not quietly mean "none".
    """
    wanted = tuple(names)
    if unknown := sorted(set(wanted) - set(engines)):
        raise ValueError(f"no such translator: {', '.join(unknown)} (there are: {', '.join(sorted(engines)) or 'none'})")
    return tuple(engines[name]() for name in wanted)


def pick(translators: Iterable[Translator], source_lang: str, target_lang: str) -> Translator | None:
    """The first translator that serves this pair of languages, or None: then a person translates."""
    return next((one for one in translators if one.can(source_lang, target_lang)), None)
