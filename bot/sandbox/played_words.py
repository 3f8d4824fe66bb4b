"""What the played translators know: a few dozen words of each language, enough that a result looks like the language it is said to be.

The same word always becomes the same word. Days and small numbers are translated truly; tokens and what holds a figure stay as they are.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from typing import Final

_TEXTS: Final = {
    "en": "the child reads with the family at home and likes to play after school when they are happy because there is always something"
    " good to share about what we do together in the evening while everyone is talking and helping each other with their homework",
    "es": "el niño lee con la familia en la casa y le gusta jugar después de la escuela cuando están contentos porque siempre hay algo"
    " bueno que compartir sobre lo que hacemos juntos por la tarde mientras todos hablan y se ayudan con sus tareas",
    "fr": "l'enfant lit avec la famille dans la maison et il aime jouer après l'école quand ils sont contents parce que nous avons"
    " toujours quelque chose de bon à partager avec vous pendant le soir",
    "ar": "الطفل يقرأ مع العائلة في البيت ويحب اللعب بعد المدرسة عندما يكونون سعداء لأن هناك دائما شيئا جيدا نشاركه معا",
    "pt": "a criança lê com a família em casa e gosta de brincar depois da escola quando estão contentes porque há sempre alguma coisa"
    " boa para partilhar sobre o que fazemos juntos à noite",
}
WORDS: Final[Mapping[str, tuple[str, ...]]] = {lang: tuple(text.split()) for lang, text in _TEXTS.items()}

_TRUE = (
    "monday lunes tuesday martes wednesday miércoles thursday jueves friday viernes saturday sábado sunday domingo"
    " two dos three tres four cuatro five cinco six seis seven siete eight ocho nine nueve ten diez eleven once twelve doce"
    " thirteen trece fourteen catorce fifteen quince twenty veinte thirty treinta forty cuarenta fifty cincuenta"
)
_ENGLISH, _SPANISH = _TRUE.split()[::2], _TRUE.split()[1::2]
TRUE: Final = {
    ("en", "es"): dict(zip(_ENGLISH, _SPANISH, strict=True)),
    ("es", "en"): dict(zip(_SPANISH, _ENGLISH, strict=True)) | {"miercoles": "wednesday", "sabado": "saturday"},
}
_WORD = re.compile(r"\w+")


def played(text: str, source: str, target: str) -> str:
    """The text in the played language; unknown targets play English."""
    known, truly = WORDS.get(target, WORDS["en"]), TRUE.get((source, target), {})

    def word(found: re.Match[str]) -> str:
        said = found.group()
        if any(char.isnumeric() and not char.isalpha() for char in said):
            return said
        other = truly.get(said.casefold()) or known[zlib.crc32(said.casefold().encode()) % len(known)]
        return other.capitalize() if said[0].isupper() else other

    return _WORD.sub(word, text)
