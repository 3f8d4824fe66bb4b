"""The lists of `flows/words/`, compiled once: every phrase of every language behind one dictionary look-up a word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from bot.screen.fold import SENTENCE_ENDS, as_written, fold, is_sign, keep_accents
from bot.screen.likeness import Likeness
from bot.screen.network import Network
from bot.screen.notation import Element, Notation, NotationError, Pattern, Rarity, around, match, spellings
from bot.screen.spelling import Heard, Spelling, is_drawn, undrawn

LISTS = {
    "danger": ("1", "2", "3", "4", "5"),
    "stop": ("number", "all"),
    "evaluation": ("clear", "possible"),
    "identity": ("wrong_number", "shared_phone", "teen", "new_guardian", "safety_request"),
    "person": ("asks",),
    "loss": ("loss",),
    "grief": ("grief",),
    "anger": ("upset", "complaint"),
    "context": (),
    "question": ("starts", "anywhere"),
}
"""Every list of phrases and its labels. `not_<list>` holds the phrases that look like one and are none."""

KEYS = frozenset(
    {
        "language",
        "about",
        "accents",
        "sets",
        "context",
        "short",
        "sounds",
        "real_words",
        "frequent",
        "polite",
        "kin",
        "says_no",
        "prefixes",
        "danger_words",
        "stop_words",
        "stop_words_as_written",
        "commands",
    }
    | {name for name in LISTS if name != "context"}
    | {f"not_{name}" for name in LISTS if name != "context"}
)

_FINDINGS = frozenset(LISTS) - {"context"}
_REMEMBERED = 40_000
_FREQUENT = 10_000  # an everyday word weighs so much that no phrase is anchored at it if any other word is there


class Row(NamedTuple):
    """One phrase of a list. `unless` names contexts that, found in the same message, make it harmless."""

    list_name: str
    label: str
    row_id: str
    unless: tuple[str, ...]
    lang: str


class Hit(NamedTuple):
    """A phrase found: its row, and the tokens it covers around its anchor."""

    row: Row
    pattern: Pattern
    at: int
    start: int
    end: int


Anchored = tuple[tuple[Pattern, Row], ...]


class Known(NamedTuple):
    """What a token may stand for, the phrases to try at it, and those to try only when one of the first is found: idioms, contexts.
    `exact` is what it is letter for letter, `folded` the token without accents."""

    meant: frozenset[str]
    tried: Anchored
    weighing: Anchored
    exact: frozenset[str]
    folded: str


class Remembered(dict[str, Known]):
    """What is known of each token, worked out once: families use the same few thousand words, so a message costs one look-up a word.
    Bounded, because anybody may text anything."""

    def __init__(self, spelling: Spelling, anchored: Mapping[str, Anchored]) -> None:
        super().__init__()
        self._spelling = spelling
        self._anchored = anchored

    def __missing__(self, token: str) -> Known:
        if len(self) >= _REMEMBERED:
            self.clear()
        meant = self._spelling.meant(token)
        pairs = [pair for word in sorted(meant) for pair in self._anchored.get(word, ())]
        known = Known(
            meant,
            tuple(pair for pair in pairs if pair[1].list_name in _FINDINGS),
            tuple(pair for pair in pairs if pair[1].list_name not in _FINDINGS),
            self._spelling.exactly(token),
            fold(token),
        )
        self[token] = known
        return known


class Words:
    """All lists of all languages, ready. Nothing of it changes but the memory of spellings already worked out.

    `likeness` and `network` are what was learned beside the lists, set by who has it (`bot.lists`).
    """

    def __init__(self, files: Mapping[str, Mapping[str, Any]]) -> None:
        self.likeness: Likeness | None = None
        self.network: Network | None = None
        self.languages = frozenset(files)
        self.polite: frozenset[str] = frozenset()
        self.kin: dict[str, frozenset[str]] = {}
        self.says_no: dict[str, frozenset[str]] = {}
        self.danger_words: dict[str, tuple[str, str]] = {}
        self.stop_words: dict[str, tuple[str, str]] = {}
        self.stop_words_as_written: dict[str, tuple[str, str]] = {}
        self.commands: dict[str, tuple[str, str]] = {}
        share = _Shared()
        parsed: list[tuple[Row, tuple[Element, ...]]] = []
        short: dict[str, list[str]] = {}
        self._frequent: dict[str, frozenset[str]] = {}
        heard: list[Heard] = []
        prefixes: set[str] = set()
        real: set[str] = set()
        for lang, file in files.items():
            if unknown := set(file) - KEYS:
                raise NotationError(f"{lang}: unknown lists {sorted(unknown)}")
            rows = [(row, share.row(elements)) for row, elements in _rows(lang, file)]
            parsed += rows
            self._take_whole(lang, file)
            for token, meant in file.get("short", {}).items():
                short.setdefault(fold(token), []).extend(map(keep_accents, meant))
            self._frequent[lang] = frozenset(map(fold, file.get("frequent", ())))
            real |= set(map(fold, file.get("real_words", ())))
            self.polite |= set(map(fold, file.get("polite", ())))
            self.kin[lang] = frozenset(map(fold, file.get("kin", ())))
            self.says_no[lang] = frozenset(map(fold, file.get("says_no", ())))
            prefixes |= set(map(fold, file.get("prefixes", ())))
            heard.append((file.get("sounds", ()), {word for _, elements in rows for element in elements for word in _words(element)}))
        for lang, frequent in self._frequent.items():  # English words among those of another language; "no" is "this" in Hmong
            for told in (self.kin, self.says_no):
                told[lang] |= told.get("en", frozenset()) - frequent
        for known in (self.danger_words, self.stop_words, self.commands):
            self._also_bare(known, {lang: set(map(fold, file.get("polite", ()))) for lang, file in files.items()})
        self._weighing = {row.list_name for row, _ in parsed} - _FINDINGS
        anchored, vocabulary = _anchor(parsed, set().union(*self._frequent.values()), share)
        self._anchored = anchored
        self._spelling = Spelling(vocabulary, short=short, heard=heard, real_words=real, prefixes=prefixes)
        self._known = Remembered(self._spelling, anchored)
        near = Spelling((command for command in self.commands if " " not in command), short={}, heard=(), real_words=real, typo_from=4)
        self.near_commands = Remembered(near, {})

    def _take_whole(self, lang: str, file: Mapping[str, Any]) -> None:
        """Words that count only as the whole message, each with its label and the id of its row."""
        notation = Notation(file.get("sets", {}))
        for name, known in (("danger_words", self.danger_words), ("stop_words", self.stop_words), ("commands", self.commands)):
            for label, phrases in file.get(name, {}).items():
                for n, phrase in enumerate(phrases):
                    row = str(label), f"{name}.{lang}.{label}.{n}"
                    for spelled in spellings(notation.parse(str(phrase)), phrase):
                        known.setdefault(spelled, row)
        for label, phrases in file.get("stop_words_as_written", {}).items():
            for n, phrase in enumerate(phrases):
                self.stop_words_as_written[as_written(phrase)] = (str(label), f"stop_words_as_written.{lang}.{label}.{n}")

    def _also_bare(self, known: dict[str, tuple[str, str]], polite: Mapping[str, set[str]]) -> None:
        """What is polite in one language is cut out of every message ("la" in Creole): a phrase that holds another language's is known
        without it as well, or "ver la grafica por favor" would be none. One word left alone could be anything, and is not."""
        for phrase, row in list(known.items()):
            words, own = phrase.split(), polite[row[1].split(".")[1]]
            bare = " ".join(word for word in words if word not in self.polite)
            if " " in bare and own.isdisjoint(words):
                known.setdefault(bare, row)

    def look(self, text_tokens: Sequence[str], lang: str = "") -> list[Hit]:
        """Every phrase found in the text, idioms and contexts already weighed.

        `lang` is what the family writes as a rule: another language's list must be met letter for letter, unless the text is rather in
        that language. A slip of the finger in one language is a word of another.
        """
        known = list(map(self._known.__getitem__, text_tokens))
        hot = [(at, token.tried) for at, token in enumerate(known) if token.tried]
        if not hot:
            return []
        line = [token.meant for token in known]
        here = frozenset().union(*line)
        hits = _hits(line, here, hot)
        own = lang.partition("-")[0]
        if own in self.languages and any(hit.row.lang != own for hit in hits):
            hits = self._meant(hits, known, own)
        asked = {f"not_{hit.row.list_name}" for hit in hits} | {"context" for hit in hits if hit.row.unless}
        asked &= self._weighing
        if not asked:
            return hits
        doubts = [(at, tuple(pair for pair in token.weighing if pair[1].list_name in asked)) for at, token in enumerate(known)]
        return _weighed(hits, _hits(line, here, doubts))

    def _meant(self, hits: list[Hit], known: Sequence[Known], own: str) -> list[Hit]:
        line = [token.exact for token in known]
        folded = [token.folded for token in known]
        spoken = {lang: sum(map(self._frequent[lang].__contains__, folded)) for lang in {own, *(hit.row.lang for hit in hits)}}
        return [hit for hit in hits if hit.row.lang == own or spoken[hit.row.lang] > spoken[own] or self._stands(hit, line)]

    def _stands(self, hit: Hit, line: Sequence[frozenset[str]]) -> bool:
        anchors = (pattern for word in line[hit.at] for pattern, _ in self._anchored.get(word, ()))
        return any(pattern is hit.pattern for pattern in anchors) and match(hit.pattern, line, hit.at) is not None

    def shielded(self, list_name: str, text_tokens: Sequence[str]) -> bool:
        """Whether an idiom of the list (`not_<list_name>`) is in the text."""
        wanted = f"not_{list_name}"
        known = list(map(self._known.__getitem__, text_tokens))
        hot = [(at, tuple(pair for pair in token.weighing if pair[1].list_name == wanted)) for at, token in enumerate(known)]
        line = [token.meant for token in known]
        return bool(_hits(line, frozenset().union(*line), hot))


def _rows(lang: str, file: Mapping[str, Any]) -> Iterator[tuple[Row, tuple[Element, ...]]]:
    notation = Notation(file.get("sets", {}), accents=bool(file.get("accents")))
    contexts = file.get("context", {})
    for list_name, labels in LISTS.items():
        groups = file.get(list_name, {})
        if isinstance(groups, list):
            groups = {labels[0]: groups}
        groups = {str(label): rows for label, rows in groups.items()}
        if unknown := set(groups) - set(labels or groups):
            raise NotationError(f"{lang}: unknown labels {sorted(unknown)} of {list_name}")
        groups_and_masks = [(list_name, label, rows) for label, rows in groups.items()]
        groups_and_masks.append((f"not_{list_name}", "", file.get(f"not_{list_name}", ())))
        for name, label, rows in groups_and_masks:
            for n, (phrase, unless) in enumerate(_phrases(rows)):
                if missing := set(unless) - set(contexts):
                    raise NotationError(f"{lang}: unknown contexts {sorted(missing)}")
                row_id = ".".join(filter(None, (name, lang, label, str(n))))
                yield Row(name, label, row_id, tuple(unless), lang), notation.parse(phrase)


def _phrases(rows: Sequence[Any]) -> Iterator[tuple[str, Sequence[str]]]:
    for row in rows:
        if isinstance(row, Mapping):
            for phrase in row["say"] if isinstance(row["say"], list) else [row["say"]]:
                yield str(phrase), row.get("unless", ())
        else:
            yield str(row), ()


def _anchor(
    parsed: Sequence[tuple[Row, tuple[Element, ...]]], frequent: set[str], share: _Shared
) -> tuple[dict[str, tuple[tuple[Pattern, Row], ...]], set[str]]:
    used = Counter(word for _, elements in parsed for element in elements for word in _words(element))
    rarity = Rarity({word: count + (_FREQUENT if word in frequent else 0) for word, count in used.items()})
    anchored: dict[str, list[tuple[Pattern, Row]]] = {}
    for row, elements in parsed:
        for anchors, pattern in around(elements, rarity):
            pattern = share.pattern(pattern)  # noqa: PLW2901
            for word in anchors:
                anchored.setdefault(word, []).append((pattern, row))
    return {word: tuple(patterns) for word, patterns in anchored.items()}, set(used)


class _Shared:
    """Equal parts of phrases kept once: the lists say "my child" in a thousand phrases, and each copy takes memory in every process."""

    def __init__(self) -> None:
        self._sets: dict[frozenset[str], frozenset[str]] = {}
        self._phrases: dict[tuple[tuple[str, ...], ...], tuple[tuple[str, ...], ...]] = {}
        self._elements: dict[Element, Element] = {}
        self._places: dict[tuple[Element, ...], tuple[Element, ...]] = {}
        self._needs: dict[tuple[frozenset[str], ...], tuple[frozenset[str], ...]] = {}

    def _set(self, one: frozenset[str]) -> frozenset[str]:
        return self._sets.setdefault(one, one)

    def element(self, one: Element) -> Element:
        known = self._elements.get(one)
        if known is None:
            singles, first, last = map(self._set, (one.singles, one.first, one.last))
            phrases = self._phrases.setdefault(one.phrases, one.phrases)
            known = self._elements[one] = one._replace(singles=singles, phrases=phrases, first=first, last=last)
        return known

    def row(self, places: tuple[Element, ...]) -> tuple[Element, ...]:
        return self._places.setdefault(places, tuple(map(self.element, places)))

    def pattern(self, one: Pattern) -> Pattern:
        needs = self._needs.setdefault(one.needs, tuple(map(self._set, one.needs)))
        return Pattern(self.row(one.before), self.row(one.after), needs)


def _words(element: Element) -> Iterator[str]:
    yield from element.singles
    for phrase in element.phrases:
        yield from phrase


def _hits(line: Sequence[frozenset[str]], here: frozenset[str], hot: Sequence[tuple[int, Anchored]]) -> list[Hit]:
    return [
        Hit(row, pattern, at, *span)
        for at, tried in hot
        for pattern, row in tried
        if not any(map(here.isdisjoint, pattern.needs)) and (span := match(pattern, line, at)) is not None
    ]


def _weighed(hits: Sequence[Hit], weighing: Sequence[Hit]) -> list[Hit]:
    """The hits that stand: not inside an idiom of their list, and none of the contexts that make them harmless in the message."""
    contexts = {hit.row.label for hit in weighing if hit.row.list_name == "context"}
    masked: dict[str, set[int]] = {}
    for hit in weighing:
        masked.setdefault(hit.row.list_name.removeprefix("not_"), set()).update(range(hit.start, hit.end))
    return [hit for hit in hits if hit.at not in masked.get(hit.row.list_name, ()) and contexts.isdisjoint(hit.row.unless)]


def whole(words: Words, text_tokens: Sequence[str]) -> tuple[str, str]:
    """The message as one line of words, and the same without "please" and "thank you".

    Letters spelled out ("S T O P") are joined, drawn-out ones ("stooop") shortened.
    """
    plain = [token for token in text_tokens if token not in SENTENCE_ENDS]
    if is_drawn(" ".join(plain)):
        plain = list(map(undrawn, plain))
    if len(plain) > 2 and all(len(token) == 1 and not is_sign(token) for token in plain):
        plain = ["".join(plain)]
    return " ".join(plain), " ".join(token for token in plain if token not in words.polite)
