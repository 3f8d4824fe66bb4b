"""Which translators there are, by name. The composition root asks for those a district turned on; no name, no translator.

With none, a finished talk in another language is a task for the liaison, and the family's own words stand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from translations.base import Translator

Settings = Mapping[str, str]


def _apertium(_settings: Settings) -> Translator | None:
    from translations.apertium import Apertium

    engine = Apertium()
    return engine if engine.found else None


def _libretranslate(settings: Settings) -> Translator:
    from translations.libretranslate import LibreTranslate

    if not settings.get("libretranslate_url"):
        raise ValueError("the translator libretranslate needs HEARTHLINE_LIBRETRANSLATE_URL")
    return LibreTranslate(settings["libretranslate_url"], settings.get("libretranslate_key", ""), settings.get("sandbox_ca_file", ""))


def _googletrans(settings: Settings) -> Translator:
    from translations.google import GoogleTrans

    return GoogleTrans(settings["googletrans_base_url"], settings.get("sandbox_ca_file", ""))


Maker = Callable[[Settings], Translator | None]
ENGINES: Mapping[str, Maker] = {
    "apertium": _apertium,
    "libretranslate": _libretranslate,
    "googletrans": _googletrans,
}
NONE = "none"


def build(names: Iterable[str], settings: Settings | None = None, engines: Mapping[str, Maker] = ENGINES) -> tuple[Translator, ...]:
    """Make the translators named, in that order of preference; "none" makes none, nor does one that is not installed here.

    :raises ValueError: for a name that is no translator; a typing mistake must not quietly mean "none".
    """
    wanted = tuple(name for name in names if name != NONE)
    if unknown := sorted(set(wanted) - set(engines)):
        raise ValueError(f"no such translator: {', '.join(unknown)} (there are: {', '.join(sorted(engines)) or NONE})")
    made = (engines[name](settings or {}) for name in wanted)
    return tuple(one for one in made if one is not None)
