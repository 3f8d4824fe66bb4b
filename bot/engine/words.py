"""Words of answers: yes and no, "and", numbers, days and times, "I do not know", in every language shipped.

The lists are data (`flows/answers/<lang>.yaml`), read once. Matching is on folded text: no case, accents, marks or emoji,
every script's digits as European ones.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from functools import cached_property
from typing import Any

EMOJI = {
    **dict.fromkeys("👍✅✔👌🆗💯☑😊🙂😀❤", "yes"),
    **dict.fromkeys("👎❌✖🚫🙅", "no"),
}
SHRUG = "🤷"
KEYCAP_TEN = "\U0001f51f"
_APOSTROPHES = frozenset("'’ʼ`´")
"""Left out, not parted at: "don't" and "dont" are one word."""
_BESIDE = re.compile(r"(?<=\d)(?=[^\W\d])|(?<=[^\W\d])(?=\d)")


class _Folding(dict[int, str]):
    """What each character is folded to, worked out when it is first met and kept for the scripts people write in.

    Letters of Indic and South-East Asian scripts keep their vowel signs, which carry meaning; Latin, Greek, Cyrillic, Hebrew and
    Arabic lose their marks: families leave those out.
    """

    def __missing__(self, code: int) -> str:
        folded = _fold_character(chr(code))
        if code < 0x10000:
            self[code] = folded
        return folded


def _fold_character(character: str) -> str:
    if character == KEYCAP_TEN:
        return " 10 "
    if character in _APOSTROPHES:
        return ""
    pieces = []
    for char in unicodedata.normalize("NFKD", character.casefold()):
        category = unicodedata.category(char)
        if category == "Nd":
            pieces.append(str(unicodedata.decimal(char)))
        elif category[0] == "L" or category == "Mc" or (category == "Mn" and "\u0900" <= char <= "\u1fff"):
            pieces.append(char)
        elif category not in {"Mn", "Me", "Cf"}:
            pieces.append(" ")
    return "".join(pieces)


_FOLDING = _Folding()


def fold(text: str) -> str:
    """What matching sees: lower case, without accents and punctuation, single spaces, European digits."""
    return " ".join(text.translate(_FOLDING).split())


def apart(folded: str) -> str:
    """Folded text with digits and letters parted: "1y3" -> "1 y 3", "3pm" -> "3 pm"."""
    return _BESIDE.sub(" ", folded)


def emoji_word(text: str) -> str:
    """Return "yes" or "no" for a message that is thumbs, ticks or crosses (any skin tone, any number of them); else ""."""
    found = {EMOJI[char] for char in text if char in EMOJI}
    if len(found) != 1 or any(char.isalnum() for char in text):
        return ""
    return found.pop()


class AnswerWords:
    """All languages' lists, folded. `of_option` gives the words every option with that id understands."""

    def __init__(self, files: Iterable[Mapping[str, Any]]) -> None:
        self.by_lang: dict[str, Mapping[str, Any]] = {str(file["lang"]): file for file in files}
        self.dont_know = self._set("dont_know")
        self.dont_know_begins = frozenset(phrase[0] for phrase in self.dont_know)
        self.all = self._set("all")
        self.nothing = self._set("nothing")
        self.yes = self._set("yes")
        self.no = self._set("no")
        self.counselor = self._set("counselor")
        self.liaison = self._set("liaison")
        self.empty = self._set("empty")
        self.suffixes = tuple(sorted(self._set("suffixes"), key=len, reverse=True))
        self.thanks = self._set("thanks")
        self.greetings = self._set("greetings")
        self.greetings_begin = frozenset(phrase[0] for phrase in self.greetings)
        self.told, self.told_whom, self.titles = (self._set(key) for key in ("told", "told_whom", "titles"))
        self.new_number = self._set("new_number")
        self.waits = self._set("later") | self.thanks | self.greetings
        self.waits_begin = frozenset(" ".join(phrase.split()[:2]) for phrase in self.waits)
        self.told_begin = frozenset(" ".join(phrase.split()[:2]) for phrase in self.told | self.new_number)
        self.leave_it = self._set("leave_it") | self.no | self.thanks
        self.asks_first = self._set("asks_first")
        self.minutes = self._set("minutes")
        self.hours = self._set("hours")
        self.half_words = self._set("half_words")
        self.languages = self._set("languages")
        self.confused = self._set("confused")
        self.pointing = self._set("pointing") | self._set("articles")
        self.confused_begin = frozenset(phrase[0] for phrase in self.confused)
        self.not_me, self.is_child = self._set("not_me"), self._set("is_child")
        self.my = self._set("my")
        self.changing = self._set("changing")
        self.elders = self._set("elders")
        self.both, self.both_children = self._set("both"), self._set("both_children")
        self.half = self._set("half")
        self.reminders = self._set("reminders")
        self.wants_person, self.cannot_read = self._set("wants_person"), self._set("cannot_read")
        self.polite = self._set("polite") | self.yes
        self.nothing_to_add = self._set("nothing_to_add") | self.no | self.nothing | self.thanks
        self.asks_dates = self._set("asks_dates")
        self.last = self._set("last")
        self.articles = self._set("articles")
        self.and_ = self._set("and")
        self.joins = self._set("joins")
        self.morning, self.evening = self._set("morning"), self._set("evening")
        self.days, self.spans, self.began = self._map("days"), self._map("spans"), self._map("began")
        self.times = self._map("times")
        self.numbers = {lang: _numbers(file.get("numbers", {})) for lang, file in self.by_lang.items()}
        """By language: folded number words."""
        self.number: dict[str, int] = {}
        for known in self.numbers.values():
            for word, value in known.items():
                self.number.setdefault(word, value)

    def greets(self, text: str) -> bool:
        """Whether a reply is "hello" and nothing else."""
        return len(text) <= _SHORT and text.lstrip("¡¿ ")[:1].lower() in self.greetings_begin and fold(text) in self.greetings

    def spelled(self, text: str) -> str:
        """A text with what is written short on a telephone written out ("what do u mean", "gracias x todo"); itself where nothing is."""
        if self._short_begins.isdisjoint(fold(text).split()):
            return text
        return self._shortened.sub(lambda found: self.short[found[0].lower()], text)

    @cached_property
    def short(self) -> Mapping[str, str]:
        """By how it is written: the words it stands for."""
        return self._map("short")

    @cached_property
    def _short_begins(self) -> frozenset[str]:
        return frozenset(key.split()[0] for key in self.short)

    @cached_property
    def _shortened(self) -> re.Pattern[str]:
        longest_first = sorted(self.short, key=len, reverse=True)
        return re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})\b", re.IGNORECASE)

    @cached_property
    def delays(self) -> frozenset[str]:
        """What puts off by itself; "sorry" and "please" alone do not."""
        return frozenset(phrase for phrase in self._set("later") if not self.polite.issuperset(phrase.split()))

    def puts_off(self, text: str) -> bool:
        """Whether a reply is hello, thanks, "later", "I told you already" or "I have a new number" and nothing else: no answer,
        but no refusal either. Most replies are told by their first two words."""
        if len(text) > _SENTENCE:
            return False
        return self._puts_off(text) or ((spelled := self.spelled(text)) is not text and self._puts_off(spelled))

    def _puts_off(self, text: str) -> bool:
        pieces = text.split(None, 2)
        begins = fold(pieces[0]) if pieces else ""
        both = f"{begins} {fold(pieces[1])}".rstrip() if len(pieces) > 1 else begins
        begun = both in self.waits_begin or begins in self.waits
        if begun and made_of([word for word in fold(text).split() if word not in self.titles], self.waits):
            return True
        if both not in self.told_begin:
            return False
        return self.tells_it_is_told(text) or self.gives_number(text)

    def thanks_only(self, text: str) -> bool:
        """Whether a message is thanks and nothing else, however often ("ok, gracias maestra, bendiciones")."""
        if len(text) > _SENTENCE:
            return False
        return self._thanks(text) or ((spelled := self.spelled(text)) is not text and self._thanks(spelled))

    def _thanks(self, text: str) -> bool:
        tokens = [token for token in fold(text).split() if token not in self.titles]
        return bool(tokens) and made_of(tokens, self.thanks)

    def without_thanks(self, folded: str) -> str:
        """Folded words without the thanks they begin or end with, and a title behind those ("2 gracias maestra"); all where they are
        thanks only."""
        tokens = folded.split()
        for end in range(len(tokens) - 1, 0, -1):
            if made_of(tokens[:end], self.thanks):
                tokens = tokens[end:]
                break
        for begin in range(1, len(tokens)):
            if made_of([one for one in tokens[begin:] if one not in self.titles], self.thanks) and tokens[begin] not in self.titles:
                return " ".join(tokens[:begin])
        return " ".join(tokens)

    def tells_it_is_told(self, text: str) -> bool:
        """Whether a reply says that they told it already, perhaps whom, and not what: "ya se lo dije a la maestra"."""
        words = fold(text).split()
        for end in range(1, min(len(words), _PHRASE) + 1):
            whom = words[end:]
            if " ".join(words[:end]) in self.told and all(
                word in self.told_whom or (place and whom[place - 1] in self.titles) for place, word in enumerate(whom)
            ):
                return True
        return False

    def gives_number(self, text: str) -> bool:
        """Whether a reply says that their telephone number is another now, with the number or without."""
        words = fold(text).split()
        return any(
            " ".join(words[:end]) in self.new_number and all(word.isdigit() or word in self.told_whom for word in words[end:])
            for end in range(2, min(len(words), _PHRASE) + 1)
        )

    @cached_property
    def worry(self) -> frozenset[str]:
        """What a worry is told with."""
        return self._set("worry")

    def worries(self, folded: str) -> bool:
        """Whether a message says that its writer worries ("estoy preocupada porque ..."), and not that they do not."""
        padded = f" {folded} "
        return any(f" {phrase} " in padded and f" no {phrase} " not in padded for phrase in self.worry)

    def leaves_it(self, text: str) -> bool:
        """Whether a reply to a question asked again says that nothing is to be changed after all."""
        return len(text) <= _SENTENCE and made_of(fold(text).split(), self.leave_it)

    def wonders(self, text: str) -> bool:
        """Whether a reply is "what do you mean?" and nothing else, or that of one number ("I don't understand 3"): no answer either."""
        if len(text) > _SHORT or text.lstrip("¡¿ ")[:1].lower() not in self.confused_begin:
            return False
        folded = fold(text)
        if folded in self.confused or fold(self.spelled(text)) in self.confused:
            return True
        words = folded.split()
        left = [word for word in words if not word.isdigit()]
        if len(left) == len(words):
            return False
        while left and left[-1] in self.pointing:
            left.pop()
        return " ".join(left) in self.confused

    def goes_on(self, text: str) -> bool:
        """Whether a message begins as the rest of a sentence does: "and", "also"."""
        begins = fold(text[:_SHORT]).split()
        return len(begins) > 1 and (begins[0] in self.joins or f"{begins[0]} {begins[1]}" in self.joins)

    def asks_a_date(self, folded: str) -> bool:
        """Whether a message asks when or where something of theirs is: no answer of the bank knows that."""
        return any(phrase in folded for phrase in self.asks_dates)

    def puzzled(self, text: str) -> bool:
        """Whether a reply says that what we wrote is not understood: in words, or by question marks alone."""
        return self.wonders(text) or (("?" in text[:3] or "؟" in text[:3] or "？" in text[:3]) and not text.strip(" ?¿؟？!."))

    @cached_property
    def what_now(self) -> frozenset[str]:
        """What who waits for a person asks about the waiting."""
        return self._set("what_now")

    def asks_what_now(self, text: str) -> bool:
        """Whether a message is "what now?", "who will call me?" and nothing else."""
        if len(text) > _SENTENCE:
            return False
        folded = fold(text)
        return folded in self.what_now or " ".join(word for word in folded.split() if word not in self.polite) in self.what_now

    def says_nothing(self, text: str) -> bool:
        """Whether a reply is punctuation only: no letter, no digit, no picture."""
        if text[:1].isalnum() or len(text) > _SHORT:
            return False
        return not any(unicodedata.category(char)[0] in "LNS" or char > "\uffff" for char in text)

    def means_dont_know(self, text: str) -> bool:
        """Whether a short reply is "I do not know" (or a shrug) and nothing else. Most replies are told by their first letter."""
        if len(text) > _SHORT or not text or text.lstrip()[:1].lower() not in self.dont_know_begins:
            return text.lstrip()[:1] == SHRUG and len(text) <= _SHORT and not fold(text)
        return fold(text) in self.dont_know

    @cached_property
    def no_strength(self) -> frozenset[str]:
        """What names no strength where one is asked for."""
        return self._set("no_strength") | self.dont_know | self.nothing | self.no

    @cached_property
    def counted(self) -> frozenset[str]:
        """What a number before it counts: such a number is no option's."""
        return self._set("counted") | frozenset(self.spans) | self.minutes | self.hours

    @cached_property
    def around_number(self) -> frozenset[str]:
        """Words beside a number word that is meant as an option's number ("I think the second one")."""
        return frozenset(
            word for phrase in self._set("around_number") | self.said_with_it | self.polite | self.and_ for word in phrase.split()
        )

    def is_number(self, label: str) -> bool:
        """Whether an option's words are a number's: "first", "number two", "la segunda"."""
        said = label.split()
        return any(word in self.number for word in said) and all(word in self.number or word in self.around_number for word in said)

    @cached_property
    def limits(self) -> frozenset[str]:
        """What makes a yes less than one."""
        return self._set("limits")

    @cached_property
    def since(self) -> frozenset[str]:
        """What stands before a time at which something began."""
        return self._set("since")

    @cached_property
    def said_with_it(self) -> frozenset[str]:
        """What is said with that and says nothing by itself."""
        return self._set("said_with_it")

    def names_no_strength(self, text: str) -> bool:
        """Whether a reply to "what does your child do well?" is "nothing really", "I do not know" or the like and nothing else."""
        folded = fold(text) if len(text) <= _SENTENCE else ""
        return bool(folded) and folded not in self.said_with_it and made_of(folded.split(), self.no_strength | self.said_with_it)

    def of_option(self, lang: str, option_id: str, beside: Collection[str]) -> tuple[str, ...]:
        """Yes and no words belong to every option of that id; to Good and Change of a read-back as well, where they are `beside` each
        other: "after a change at school" is no "no", and only there are thanks a Good."""
        file = self.by_lang.get(lang, {})
        keys = () if option_id == "change" and "good" not in beside else _SHARED.get(option_id, ())
        found = (str(word) for key in keys for word in file.get(key, ()))
        return tuple(word for word in found if option_id != "good" or "change" in beside or fold(word) not in self.thanks)

    def listed(self, key: str) -> frozenset[str]:
        """The folded phrases of one of the lists, in every language."""
        return self._set(key)

    def _set(self, key: str) -> frozenset[str]:
        return frozenset(fold(str(word)) for file in self.by_lang.values() for word in file.get(key, ()))

    def _map(self, key: str) -> dict[str, Any]:
        return {fold(str(word)): value for file in self.by_lang.values() for word, value in file.get(key, {}).items()}


def made_of(words: list[str], phrases: AbstractSet[str]) -> bool:
    """Whether the words are these phrases in a row ("ok", "thanks", "I will answer later")."""
    return not words or any(" ".join(words[:end]) in phrases and made_of(words[end:], phrases) for end in range(1, len(words) + 1))


def _numbers(table: Mapping[Any, Iterable[Any]]) -> dict[str, int]:
    return {fold(str(word)): int(value) for value, words in table.items() for word in words}


_SHORT = 40
_SENTENCE = 80
_PHRASE = 6
_SHARED = {"yes": ("yes",), "no": ("no",), "good": ("good", "yes"), "ok": ("yes",), "change": ("change", "no")}
