"""Which words of a mail answer which question of the page it answers. Pure text work; no flow, no meaning.

Three ways people answer, looked for in this order: by number ("1: ..."), under or beside the quoted questions, or line by line in the
order asked. What fits none of them is `loose`. Quoted lines are known by their words (`quoted`): mail programs break and mark them anew.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bot.engine.quoted import Source, without_marks, words_of

_WORD = re.compile(r"\w+")
_LABEL = r"(?:(?:pregunta|respuesta|question|answer|n[uú]m(?:ero)?\.?|no\.)\s*|[pqra](?=\d)|#\s*)?"
_COLON = r"(?::(?!\d\d(?!\d))|[)=])"  # "3:30" is an hour
_NUMBERED = re.compile(rf"\s*{_LABEL}\(?(\d{{1,2}})\)?\s*(?:{_COLON}|[.\-\u2013](?!\d))[.):\-\u2013]*\s*(.*)", re.DOTALL | re.IGNORECASE)
_WITHIN = re.compile(rf"(?:^|(?<=\s)){_LABEL}\(?(\d{{1,2}})\)?\s*{_COLON}\s*", re.IGNORECASE)
_SAYS_ANSWER = re.compile(r"(?:r|a|resp|respuesta|answer)\s?:\s+", re.IGNORECASE)
_THANK_YOU = "gracias|thanks|thank you|obrigad[oa]|m[eè]si|спасибо|дякую|شكرا|شکریہ|谢谢|謝謝|cảm ơn|mahadsanid|ua tsaug"
_THANKS = re.compile(
    rf"\n(?:muchas |mil |many )?(?:{_THANK_YOU})(?: so much| very much)?[ .,!]*(?P<name>(?:\n[^\n]{{1,40}}){{0,2}})", re.IGNORECASE
)
"""Thanks at the end of a mail, and who says it: no part of the last answer."""
_BULLET = re.compile(r"^[\s\-*\u2022\u00b7]+")
_LINK = re.compile(r"<?https?://\S+/chat/\S+")
"""A family's own link stands in a page as a place and in the mail as an address: nobody's words."""

_LONGEST = 30_000
CLOSING = -1


class Answers(NamedTuple):
    """`by_number`: the words for each question. `structured` when the writer showed which is which; `loose` is what is nobody's answer.
    `in_order`: nothing shows it but that there are as many lines or paragraphs as questions."""

    by_number: Mapping[int, str]
    structured: bool = True
    loose: str = ""
    in_order: bool = False


def read(reply: str, whole: str, page: str, numbers: Sequence[int]) -> Answers:
    """Sort a mail's words.

    :param reply: what was written now, cut out of `whole`; `page` is what we asked, `numbers` its questions' numbers in order.
    """
    found, above = by_number(reply, numbers)
    if not found:
        found, above = _between(reply, whole[:_LONGEST], page, numbers)
    if found:
        return Answers(found, loose=above)
    lines = [_BULLET.sub("", line).strip() for line in reply.splitlines() if line.strip()]
    if found := _bare_numbers(lines, numbers):
        return Answers(found)
    if len(lines) == len(numbers) > 1:
        return Answers(dict(zip(numbers, lines, strict=True)), in_order=True)
    paragraphs = [" ".join(one.split()) for one in re.split(r"\n\s*\n", reply) if one.strip()]
    if len(paragraphs) == len(numbers) > 1:
        return Answers(dict(zip(numbers, paragraphs, strict=True)), in_order=True)
    return Answers({}, structured=False, loose=reply.strip())


def _alone(said: str) -> str:
    """An answer without "R:" before it and without the thanks and the name that end a mail."""
    said = _SAYS_ANSWER.sub("", said, count=1) if _SAYS_ANSWER.match(said) else said
    for thanks in _THANKS.finditer(said):
        words = thanks["name"].split()
        if thanks.end() == len(said) and len(words) <= 4 and all(word[:1].isupper() for word in words):
            return said[: thanks.start()].strip()
    return said


def _bare_numbers(lines: Sequence[str], numbers: Sequence[int]) -> dict[int, str]:
    """A line a question ("1 yes", "2 no", "3 at night"), each beginning with its number and nothing behind it. Two such lines may be two
    answers of several choices each; three, or one for every question, are not."""
    parts = [line.split(None, 1) for line in lines]
    if not all(len(part) == 2 and part[0].isdecimal() for part in parts):
        return {}
    named = [int(part[0]) for part in parts]
    rising = named == sorted(set(named)) and set(named) <= set(numbers)
    return dict(zip(named, (part[1] for part in parts), strict=True)) if rising and (len(named) > 2 or named == list(numbers)) else {}


def by_number(reply: str, numbers: Sequence[int]) -> tuple[dict[int, str], str]:
    """(answers by number, words above the first): ``1: ...`` a line each, or all in one line. A later word for a question is added."""
    pieces: list[tuple[int, str]] = []
    above: list[str] = []
    for line in _one_a_line(reply, numbers).splitlines():
        match = _NUMBERED.fullmatch(line)
        if match is not None and int(match[1]) in numbers:
            pieces.append((int(match[1]), match[2].strip()))
        elif pieces:
            number, said = pieces[-1]
            pieces[-1] = (number, f"{said}\n{line.strip()}".strip())
        else:
            above.append(line)
    found: dict[int, str] = {}
    for number, piece in pieces:
        if said := _alone(piece):
            found[number] = f"{found[number]}\n{said}" if number in found else said
    return found, "\n".join(above).strip() if found else ""


def _one_a_line(reply: str, numbers: Sequence[int]) -> str:
    """Break "1: yes 2: no" apart; only where the numbers rise as the questions do."""
    out = []
    for line in reply.splitlines():
        marks = [mark for mark in _WITHIN.finditer(line) if int(mark[1]) in numbers]
        rising = [int(mark[1]) for mark in marks]
        if len(marks) > 1 and rising == sorted(set(rising)):
            starts = [mark.start() for mark in marks]
            out += [line[: starts[0]], *(line[at:end] for at, end in zip(starts, [*starts[1:], len(line)], strict=True))]
        else:
            out.append(line)
    return "\n".join(out)


class _Token(NamedTuple):
    word: str
    line: int
    start: int
    end: int


def _tokens(lines: Sequence[str]) -> list[_Token]:
    return [
        _Token(match[0].casefold(), number, match.start(), match.end())
        for number, line in enumerate(lines)
        for match in _WORD.finditer(line)
    ]


def _between(reply: str, whole: str, page: str, numbers: Sequence[int]) -> tuple[dict[int, str], str]:
    """(answers under or beside the quoted questions, words above them)."""
    raw = _LINK.sub(" ", whole).splitlines()
    lines = [without_marks(line) for line in raw]
    tokens = _tokens(lines)
    labels = _labels(tokens, page, numbers)
    asked = [token.line for token, label in zip(tokens, labels, strict=True) if label is not None and label > 0]
    if not asked:
        return {}, ""
    marked = raw[asked[0]].lstrip("\ufeff \t").startswith(">")
    now_written = {" ".join(line.split()) for line in reply.splitlines() if line.strip()}
    words: dict[int, list[str]] = {}
    above: list[str] = []
    current, ended = 0, False
    for number, line in enumerate(lines):
        here = [(token, label) for token, label in zip(tokens, labels, strict=True) if token.line == number] if line.strip() else []
        ours = [label for _, label in here if label is not None]
        named = [label for label in ours if label > 0]
        if named and not ended:
            current = named[-1]
        elif CLOSING in ours and current:
            ended = True  # what follows is a signature, or older mail
        new = [token for token, label in here if label is None]
        if not new or (not current and raw[number].lstrip().startswith(">")):
            continue
        said = line[new[0].start :].strip() if ours else line.strip()
        if ended or (marked and not ours and " ".join(line.split()) not in now_written):
            continue
        if ours and (new[0].start < max(token.start for token, label in here if label is not None)):
            continue  # a broken line of ours with a stray word in it
        if current:
            words.setdefault(current, []).append(said)
        elif " ".join(line.split()) in now_written:
            above.append(said)
    return {number: _alone("\n".join(said)) for number, said in words.items()}, "\n".join(above).strip()


def _labels(tokens: Sequence[_Token], page: str, numbers: Sequence[int]) -> list[int | None]:
    """For each word: the question it quotes, 0 for other words of our page, CLOSING for those behind its last question, None for the
    writer's own."""
    owners: list[int] = []
    numbered: set[int] = set()
    last = max(numbers, default=0)
    behind = False
    for block in page.split("\n\n"):
        match = re.match(r"(\d{1,2})\. ", block)
        owner = int(match[1]) if match is not None and int(match[1]) in numbers else CLOSING if behind else 0
        behind = behind or owner == last
        numbered |= {len(owners)} if owner > 0 else set()
        owners += [owner] * len(words_of(block))
    places = Source([page]).quoted([token.word for token in tokens])
    # "2" under the first question is its answer, and no quote of the second's number, unless the second's words go on behind it.
    lone = [place in numbered and after != place + 1 for place, after in zip(places, [*places, -1][1:], strict=True)]
    return [owners[place] if place >= 0 and not alone else None for place, alone in zip(places, lone, strict=True)]
