"""Names in a text: those of the case and the roster, and what is written like one.

The people of a case are found however they are written. Names of the rest of the roster that are ordinary words as well (Will, Rosa, Luz)
count only with a capital letter. A capital letter in the middle of a sentence marks a name that is on no list: a friend, a neighbour.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

_WORD = re.compile(r"[^\W\d_]+(?:['’‘ʼ`´-][^\W\d_]+)*")
_APOSTROPHES = dict.fromkeys(map(ord, "’‘ʼ`´"), "'")
"""As telephones write them: a roster has O'Neil, a message O’Neil."""

_LEADS = re.compile("[وف]?[بلك]?")
_STARTS = frozenset('.!?:;…\n"“«¿¡(-')

_ORDINARY = (
    "abril alba alegria alma amor angel april art august autumn aurora azul bell bill blanca bob bravo brown bueno calle campo cielo"
    " clara claro conde consuelo cruz dawn day delgado dolores drew duke esperanza estrella eva eve faith flor flores frank gene gloria"
    " grace grant gray green guerra guy hall hill hope ivy jack jade jean joy june king lake lane lee leal linda long luna luz mar march"
    " mark max may mercedes milagros moreno nieves olivo paloma pat paz perla piedad pilar pina rain ray reina reyes rey rich rico rio"
    " rob rojas rojo rosa rose rosario royal sandy santa sky sol soledad son star stone summer sunny todd torre valle vega vera verde"
    " victoria violeta virginia white will willow wood worth young zapata"
)
ORDINARY = frozenset(_ORDINARY.split())
"""Names that are words of English or Spanish too."""

_NAMELESS = (
    "i i'm i'll i've i'd english spanish español inglés arabic somali chinese vietnamese creole monday tuesday wednesday thursday friday"
    " saturday sunday january february march april may june july august september october november december mom mommy mum dad daddy mama"
    " mamá papa papá grandma grandpa ok tv pe math science reading thanksgiving christmas god dios ms mrs mr miss dr señora señor sra sr"
    " maestra maestro lunes martes miércoles jueves viernes sábado domingo enero febrero marzo abril mayo junio julio agosto septiembre"
    " octubre noviembre diciembre matemáticas ciencias lectura navidad"
)
_NO_NAMES = frozenset(_NAMELESS.split())
"""Words with a capital letter that name nobody."""

_CAPITALISES_NOUNS = frozenset({"de", "pdc"})
_MANY = 0.6
"""From this share of capitals on somebody writes Every Word Like This, and a capital tells nothing."""


def folded(text: str) -> str:
    """Small letters without accents, as people type names on a phone."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_APOSTROPHES))
    return "".join(char for char in plain if not unicodedata.combining(char))


@dataclass(frozen=True, slots=True)
class Names:
    """`people` are the case's own (child, adults, staff, school), `roster` everybody else's of the district. `compiled`
    are the roster's words made once by `words_of`, for who has many texts: a roster is long."""

    people: frozenset[str] = frozenset()
    roster: frozenset[str] = frozenset()
    guess: bool = True
    lang: str = ""
    compiled: frozenset[str] | None = None
    _people: frozenset[str] = field(init=False)
    _roster: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_people", words_of(self.people))
        object.__setattr__(self, "_roster", words_of(self.roster) if self.compiled is None else self.compiled)

    def find(self, text: str, taken: Iterable[tuple[int, int]] = ()) -> list[tuple[int, int]]:
        """Where names stand in a text; what is written together ("Ana María López") is one."""
        busy = sorted(taken)
        words = [one for one in _WORD.finditer(text) if not any(start < one.end() and one.start() < end for start, end in busy)]
        inside = [one.group() for one in words if not _starts_sentence(text, one.start())]
        capitals = sum(word[0].isupper() for word in inside)
        telling = self.guess and self.lang not in _CAPITALISES_NOUNS and capitals <= max(1, _MANY * len(inside))
        spans = [(one.start(), _without_s(one)) for one in words if self._is_name(text, one, telling=telling)]
        spans += [(one.start() + led, one.end()) for one in words if (led := self._led(one.group()))]
        spans += self._unspaced(text, busy)
        return _joined(text, sorted(spans))

    def others(self, text: str) -> list[str]:
        """Names of the roster in a text that are not the case's own: what a message about one child must not hold."""
        words = [(text[one.start() : _without_s(one)], _forms(one.group())) for one in _WORD.finditer(text)]
        return [word for word, forms in words if word[0].isupper() and forms & self._roster and not forms & self._people]

    def _is_name(self, text: str, word: re.Match[str], *, telling: bool) -> bool:
        raw = word.group()
        plain = folded(raw)
        forms = _forms(raw)
        if not forms.isdisjoint(self._people):
            return True
        if not forms.isdisjoint(self._roster):
            return raw[0].isupper() or plain not in ORDINARY
        if not telling or not raw[0].isupper() or raw.casefold() in _NO_NAMES or (len(raw) > 1 and raw.isupper()):
            return False
        return not _starts_sentence(text, word.start())

    def _led(self, word: str) -> int:
        """How many letters of Arabic's "and", "to", "by" or "like", written together with a name, stand before it."""
        led = _LEADS.match(word)
        ends = range(1, led.end() + 1) if led else ()
        return next((at for at in ends for one in _forms(word[at:]) if one in self._people or one in self._roster), 0)

    def _unspaced(self, text: str, busy: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """Names in scripts without gaps are found as they stand."""
        found = []
        for name in self.people:
            if name and "\u2e80" <= name[0] <= "\u9fff":
                for one in re.finditer(re.escape(name), text):
                    if not any(start < one.end() and one.start() < end for start, end in busy):
                        found.append((one.start(), one.end()))
        return found


def _starts_sentence(text: str, at: int) -> bool:
    while at and text[at - 1] in " \t":
        at -= 1
    return at == 0 or text[at - 1] in _STARTS


def _forms(word: str) -> set[str]:
    """What a word may be on a list: itself, without "'s", each part of a double name."""
    plain = folded(word)
    return {plain, plain.removesuffix("'s"), *plain.removesuffix("'s").split("-")}


def _without_s(word: re.Match[str]) -> int:
    """Where a name ends without the "'s" that makes it an owner's."""
    return word.end() - (2 if word.group()[-2:].casefold().translate(_APOSTROPHES) == "'s" else 0)


def words_of(names: Iterable[str]) -> frozenset[str]:
    """The single words of names, folded, also without hyphens and apostrophes; initials and little words between names are none."""
    found = {folded(one.group()) for name in names for one in _WORD.finditer(name)}
    words = {form for word in found for form in (word, *word.split("-"), word.replace("'", ""))}
    return frozenset(word for word in words if len(word) > 1) - {
        "de",
        "la",
        "del",
        "los",
        "las",
        "el",
        "al",
        "bin",
        "van",
        "von",
        "da",
        "dos",
    }


def _joined(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for start, end in spans:
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        elif found and text[found[-1][1] : start] == " ":
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found
