"""`hearthline flows check`: everything that can be known to be wrong with the flows before a family meets it.

Each check yields sentences with the place in front; an empty list means a district may be asked to approve these texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from bot.engine.compile import COMMON, PLACEHOLDER, VERBS
from bot.engine.expressions import names_in
from bot.engine.flow import Flow, Part, Step
from bot.engine.library import WORDED, Library
from bot.engine.reading_level import too_hard
from bot.i18n import MASTER, Catalogues, language_name
from channels.text import Limits, encoding, fits, normalise, units

PLAUSIBLE = {
    "child": "Maximiliano",
    "school": "Cedar Valley Elementary",
    "liaison": "Ms. Hernandez",
    "teacher": "Ms. Hernandez",
    "counselor": "Ms. Hernandez",
    "sped_contact": "Ms. Hernandez",
    "s504_contact": "Ms. Hernandez",
    "office": "The office",
    "contact_first": "Maximiliano",
    "phone": "+15550100100",
    "time": "12:30 PM",
}
"""The longest value a place will plausibly get; anything else counts as much as a short note."""
DAY = "Wednesday, September 30"
NOTE = "The school will tell you."
ANSWER = "x" * 12
_KEYWORD = re.compile(r"(?<![\w{}])([A-Z]{3,}[0-9]{0,3})(?![\w}])")
_NOT_KEYWORDS = frozenset({"MTSS", "RTI", "IEP", "CBM", "PIN", "OK", "SMS", "FAQ", "MENÚ", "PDF"})


class Said(NamedTuple):
    """One English text: where it stands, what stands behind it, and how long the whole may be."""

    place: str
    context: str
    source: str
    options: tuple[str, ...]
    limits: Limits


def problems(library: Library, catalogues: Catalogues, enabled: Sequence[str] = ()) -> list[str]:
    """Every problem as one line, in the order of the flows. `enabled` are the languages that must be complete."""
    languages = tuple(enabled) or library.languages
    found: list[str] = []
    for flow in sorted(library.latest.values(), key=lambda flow: (flow.number, flow.id)):
        for part in flow.parts.values():
            found += part_problems(flow, part, library)
        found += channel_problems(flow)
    for said in (*texts(library), *bank_texts(library)):
        found += text_problems(said, library, catalogues, languages)
    return list(dict.fromkeys(found))


def channel_problems(flow: Flow) -> Iterator[str]:
    """Words for a channel that replace no text of the flow."""
    texts = set(_strings({key: value for key, value in flow.source.items() if key not in WORDED.values()}))
    for key in WORDED.values():
        for text in flow.source.get(key, {}):
            if text not in texts:
                yield f"{flow.id}: {key} names a text that is not there: {text!r}"


def _strings(source: Any) -> Iterator[str]:
    if isinstance(source, str):
        yield source
    for value in source.values() if isinstance(source, Mapping) else source if isinstance(source, list) else ():
        yield from _strings(value)


def part_problems(flow: Flow, part: Part, library: Library) -> Iterator[str]:
    """Dead ends, steps nothing leads to, conditions on names nobody gave, carrier words as answers."""
    place = f"{flow.id}/{part.id}"
    yield from _unreachable(place, part)
    names = {step.name for step in part.steps} | _set_names(part)
    carriers = {word.lower() for word in library.settings["carrier_words"]}
    for step in part.steps:
        where = f"{flow.id}/{step.id}"
        for condition in _conditions(_source(flow, part, step)):
            for name in sorted(names_in(condition) - names):
                yield f"{where}: condition asks for {name!r}, which no step of the part answers"
        if step.kind in {"one", "many"} and len(step.options) + (2 if step.options_from else 0) < 2:
            yield f"{where}: dead end: a choice with fewer than two options"
        for option in step.options:
            if option.label.lower() in carriers and option.id not in {"yes", "no"}:
                yield f"{where}: {option.label!r} is a carrier's word and must not be offered as an answer"
        for action in (*step.actions, *(a for option in step.options for a in option.actions)):
            if action.verb == "start" and action.value["flow"] not in library.latest:
                yield f"{where}: starts {action.value['flow']}, which is not shipped"
    if part.readback is None and part.ends is None and not flow.texts and _ends_silently(part):
        yield f"{place}: dead end: the last answer is met with silence (no read-back, no closing text)"


def _unreachable(place: str, part: Part) -> Iterator[str]:
    """Walk every way through the part; what is never met is dead weight or a mistake."""
    reached: set[int] = set()
    waiting = [0]
    while waiting:
        index = waiting.pop()
        if index in reached or index >= len(part.steps):
            continue
        reached.add(index)
        step = part.steps[index]
        lines = [*step.actions, *(a for option in step.options for a in option.actions)]
        waiting += [part.by_id[str(a.value)] for a in lines if a.verb == "goto"]
        leaves = any(a.verb in {"end", "goto"} and a.when is None for a in step.actions)
        all_leave = bool(step.options) and all(any(a.verb in {"end", "goto"} and a.when is None for a in o.actions) for o in step.options)
        if not leaves and not (all_leave and not step.when and step.required):
            waiting.append(part.by_id[step.next_id] if step.next_id else index + 1)
        if step.when is not None:
            waiting.append(index + 1)
    for step in part.steps:
        if step.index not in reached:
            yield f"{place}: step {step.id} is unreachable"


def _ends_silently(part: Part) -> bool:
    last = part.steps[-1]
    lines = [*last.actions, *(a for option in last.options for a in option.actions)]
    return last.kind != "none" and not any(
        a.verb in {"say", "start", "consent", "identity", "language"} or a.said is not None for a in lines
    )


def _source(flow: Flow, part: Part, step: Step) -> Mapping[str, Any]:
    source: Mapping[str, Any] = flow.source["parts"][part.id]["steps"][step.index]
    return source


def _conditions(source: Any) -> Iterator[str]:
    if isinstance(source, Mapping):
        if "when" in source:
            yield str(source["when"])
        for value in source.values():
            yield from _conditions(value)
    elif isinstance(source, list):
        for value in source:
            yield from _conditions(value)


def _set_names(part: Part) -> set[str]:
    lines = [a for step in part.steps for a in (*step.actions, *(b for option in step.options for b in option.actions))]
    return {name for line in lines if line.verb == "set" for name in line.value}


def texts(library: Library) -> Iterator[Said]:
    """Every English text the flows can say, with its options."""
    for flow in library.latest.values():
        length = library.length
        for key, text in flow.source.get("texts", {}).items():
            yield Said(f"{flow.id}: {key}", flow.id, text, (), length)
        if flow.source.get("ends"):
            yield Said(f"{flow.id}: ends", flow.id, flow.source["ends"], (), length)
        for key in WORDED.values():
            for text in flow.source.get(key, {}).values():
                yield Said(f"{flow.id}: {key.replace('_', ' ')}", flow.id, text, (), length)
        for part in flow.parts.values():
            yield from _part_texts(flow, part, length)


def _part_texts(flow: Flow, part: Part, length: Limits) -> Iterator[Said]:
    source = flow.source["parts"][part.id]
    for step, raw in zip(part.steps, source["steps"], strict=True):
        where = f"{flow.id}/{step.id}"
        shown = tuple(option.label for option in step.options)
        if step.options_from == "languages":
            shown = ("English", "Español", "العربية", "Tiếng Việt", *shown)
        yield Said(where, flow.id, raw["say"], shown, length)
        for line in _lines(raw):
            if "say" in line:
                yield Said(f"{where} then", flow.id, line["say"], (), length)
    readback = source.get("readback", {})
    whole = [readback.get("opening", ""), *readback.get("sentences", ()), readback.get("closing", "")]
    for text in filter(None, whole):
        yield Said(f"{flow.id}/{part.id} read-back", flow.id, text, (), length)
    if source.get("ends"):
        yield Said(f"{flow.id}/{part.id} ends", flow.id, source["ends"], (), length)


def _lines(raw: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for holder in (raw, *raw.get("options", ())):
        for line in holder.get("then", ()):
            if VERBS.intersection(line):
                yield line


def bank_texts(library: Library) -> Iterator[Said]:
    """Questions and answers of the FAQ bank, which may be longer than other texts."""
    for entry in library.bank.entries.values():
        for kind, spoken in (("question", entry.question), ("answer", entry.answer)):
            english = spoken.get(MASTER)
            if english is not None:
                source = english.format if not english.names else english.format.replace("%s", "{}").replace("%%", "%")
                for name in english.names:
                    source = source.replace("{}", f"{{{name}}}", 1)
                yield Said(f"faq/{entry.id} {kind}", "faq", source, (), library.faq_length)


def text_problems(said: Said, library: Library, catalogues: Catalogues, languages: Sequence[str]) -> Iterator[str]:
    """One text in every language: there, with the same places, short enough, easy enough, its keywords handled."""
    for lang in languages:
        text = _translated(catalogues, lang, said.context, said.source)
        if text is None:
            yield f"{said.place}: no {language_name(lang)} translation"
            continue
        here = f"{said.place} ({lang})"
        given, wanted = sorted(PLACEHOLDER.findall(text)), sorted(PLACEHOLDER.findall(said.source))
        if given != wanted:
            yield f"{here}: places {given} where English has {wanted}"
        yield from _length(here, text, said, catalogues, lang)
        # A question of the bank is shown as an option, in the words families use for it.
        staff = said.context in library.settings["read_by_staff"] or said.place.endswith(" question")
        hard = "" if staff else too_hard(PLACEHOLDER.sub("Ana", text), lang, library.settings["reading"])
        if hard:
            yield f"{here}: {hard}"
        for word in _KEYWORD.findall(text) if lang == MASTER else ():
            if not _handled(word, library):
                yield f"{here}: offers {word}, which nothing handles"
            if word in library.settings["carrier_words"] and _offers_as_answer(word, text):
                yield f"{here}: {word} is a carrier's word and must not be offered as an answer"
    for option in said.options:
        for lang in languages:
            if _translated(catalogues, lang, said.context, option) is None and option not in {
                "English",
                "Español",
                "العربية",
                "Tiếng Việt",
            }:
                yield f"{said.place}: option {option!r} has no {language_name(lang)} translation"


def _translated(catalogues: Catalogues, lang: str, context: str, source: str) -> str | None:
    for where in (context, COMMON):
        found = catalogues.text("flows", lang, where, source)
        if found is not None:
            return normalise(found)
    return None


def _length(here: str, text: str, said: Said, catalogues: Catalogues, lang: str) -> Iterator[str]:
    labels = [_translated(catalogues, lang, said.context, option) or option for option in said.options]
    worst = " ".join([PLACEHOLDER.sub(_plausible, text), *(f"{number} {label}" for number, label in enumerate(labels, 1))])
    if not fits(worst, said.limits):
        kind = encoding(worst)
        most = said.limits.gsm7 if kind == "GSM-7" else said.limits.ucs2
        yield f"{here}: {units(worst)} {kind} characters with plausible values, {most} are allowed"


def _plausible(match: re.Match[str]) -> str:
    name = match[1]
    if name in {"day", "today"} or name.startswith(("day_", "promise_day")):
        return DAY
    return PLAUSIBLE.get(name, NOTE if name.endswith(("_note", "_line")) else ANSWER)


def _handled(word: str, library: Library) -> bool:
    from bot.engine.commands import ALWAYS, OFFERED

    known = word.lower()
    return (
        word in _NOT_KEYWORDS
        or known in ALWAYS
        or known in OFFERED
        or known in library.keywords
        or known in {"stop", "end"}
        or not word.isalpha()
    )


def _offers_as_answer(word: str, text: str) -> bool:
    return word != "STOP" and f"Reply {word}" in text


def offered_words(library: Library) -> Iterable[str]:
    """Every upper-case word the English texts offer, for the tests that send each of them."""
    for said in (*texts(library), *bank_texts(library)):
        for word in _KEYWORD.findall(said.source):
            if word not in _NOT_KEYWORDS:
                yield word
