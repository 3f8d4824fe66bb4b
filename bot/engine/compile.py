"""From a flow's YAML to its compiled form, all languages at once.

Whatever is wrong with a file is said here with the file's own words (`FlowInvalid`), before anybody is asked anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.engine.expressions import Condition, compile_condition
from bot.engine.flow import Action, Flow, Line, Option, Part, Readback, Sentence, Spoken, Step, Text
from bot.engine.own_words import OTHER
from bot.engine.words import AnswerWords, fold
from bot.errors import FlowInvalid
from bot.i18n import Catalogues
from channels.text import normalise

KINDS = frozenset({"yn", "one", "many", "scale", "num", "date", "time", "text", "name", "ack", "none"})
CHOICES = frozenset({"yn", "one", "many"})
VERBS = frozenset(
    {"handoff", "alert", "consent", "identity", "start", "say", "write", "goto", "end", "set", "language", "booklet", "share"}
)
TIMEOUTS = frozenset({"std", "fast", "none"})
PLACEHOLDER = re.compile(r"\{([a-z0-9_.]+)\}")
COMMON = "common"
EXTRAORDINARY = frozenset({"crisis", "evaluation-request", "question"})


class Tongue:
    """Texts of one flow in every language of the catalogues."""

    def __init__(self, catalogues: Catalogues, flow: str, step: str = "") -> None:
        self.catalogues = catalogues
        self.contexts = tuple(dict.fromkeys(filter(None, (step, flow, COMMON))))
        self.languages = catalogues.languages("flows")

    def one(self, lang: str, source: str) -> str | None:
        """The text in this language: the flow's own wording first, then the words all flows share."""
        if not source:
            return ""
        for context in self.contexts:
            found = self.catalogues.text("flows", lang, context, source)
            if found is not None:
                return normalise(found)
        return None

    def at(self, step_id: str) -> Tongue:
        """The same for one question: a label that stands in two questions may have a word of its own in each ("Quiet")."""
        flow = self.contexts[0]
        return Tongue(self.catalogues, flow, f"{flow}/{step_id}")

    def spoken(self, source: str, options: Sequence[str] = ()) -> Spoken:
        """The text with its numbered options behind it, by language; None where any piece is missing."""
        return {lang: self._with_options(lang, source, options) for lang in self.languages}

    def _with_options(self, lang: str, source: str, options: Sequence[str]) -> Text | None:
        text = self.one(lang, source)
        labels = [self.one(lang, label) for label in options]
        if text is None or None in labels:
            return None
        listed = tuple((str(place), str(label)) for place, label in enumerate(labels, 1))
        return compile_text(" ".join([text, *(f"{number} {label}" for number, label in listed)]).strip(), listed)

    def words(self, lang: str, words: Sequence[str]) -> list[str]:
        """Further words of an option: one catalogue string for the list, or one for each word."""
        if lang == "en" or not words:
            return list(words)
        together = self.one(lang, ", ".join(words))
        if together is not None:
            return [word.strip() for word in together.split(",")]
        return [found for word in words if (found := self.one(lang, word)) is not None]


def compile_text(text: str, options: tuple[tuple[str, str], ...] = ()) -> Text:
    """Make "{child} reads" a %-format and its names: filling one is then a single C call."""
    names = tuple(PLACEHOLDER.findall(text))
    if not names:
        return Text(text, (), options)
    return Text(PLACEHOLDER.sub("%s", text.replace("%", "%%")), names, options)


def compile_flow(source: Mapping[str, Any], catalogues: Catalogues, words: AnswerWords) -> Flow:
    """Compile one file. Raises `FlowInvalid` with the flow's id and what is wrong."""
    flow_id = source.get("flow")
    if not isinstance(flow_id, str) or not isinstance(source.get("version"), int):
        raise FlowInvalid("a flow file needs `flow` (its id) and a whole `version`")
    try:
        return _flow(source, flow_id, Tongue(catalogues, flow_id), words)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FlowInvalid(f"{flow_id}: {type(error).__name__}: {error}") from error
    except FlowInvalid as error:
        raise FlowInvalid(f"{flow_id}: {error}") from error


def _flow(source: Mapping[str, Any], flow_id: str, tongue: Tongue, words: AnswerWords) -> Flow:
    timeout = source.get("timeout", "std")
    if timeout not in TIMEOUTS:
        raise FlowInvalid(f"timeout {timeout!r} is none of {sorted(TIMEOUTS)}")
    texts = {key: tongue.spoken(text) for key, text in source.get("texts", {}).items()}
    parts = {name: _part(name, part, source, tongue, words, texts) for name, part in source.get("parts", {}).items()}
    first = "core" if "core" in parts else next(iter(parts), "")
    return Flow(
        id=flow_id,
        number=source.get("number", ""),
        version=source["version"],
        message_class=source.get("class", "C"),
        title=source.get("title", flow_id),
        begins=source.get("begins", "bot"),
        timeout=timeout,
        call_at_nudge=source.get("liaison_call_at_nudge", 0),
        person_after_close=bool(source.get("person_after_close", False)),
        alert=source.get("alert", ""),
        first=first,
        parts=parts,
        texts=texts,
        source=source,
        ordinary=flow_id not in EXTRAORDINARY,
    )


def _part(
    name: str,
    part: Mapping[str, Any],
    flow: Mapping[str, Any],
    tongue: Tongue,
    words: AnswerWords,
    texts: Mapping[str, Spoken],
) -> Part:
    steps = _followed(tuple(_step(index, step, flow, tongue, words, texts) for index, step in enumerate(part["steps"])))
    by_id = {step.id: step.index for step in steps}
    by_name = {step.name: step.index for step in steps}
    if len(by_id) != len(steps) or len(by_name) != len(steps):
        raise FlowInvalid(f"part {name}: step ids and names must be unique")
    for step in steps:
        for target in (step.next_id, *(str(a.value) for a in _all_actions(step) if a.verb == "goto")):
            if target and target not in by_id:
                raise FlowInvalid(f"part {name}: step {step.id} goes on to {target}, which is not there")
    ends = part.get("ends", flow.get("ends"))
    return Part(
        id=name,
        domain=part.get("domain", "general"),
        whole=bool(part.get("one_sitting", name != "core")),
        steps=steps,
        by_id=by_id,
        by_name=by_name,
        readback=_readback(part["readback"], by_name, steps, tongue) if "readback" in part else None,
        ends=tongue.spoken(ends) if ends else None,
    )


def _followed(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Tie each question to those that may come next, for `quick`. The tied steps are only said, so they need no ties themselves."""
    tied = []
    for step in steps:
        followers: list[Step] = []
        last, simple = True, True
        for after in steps[step.index + 1 :]:
            if simple := _simply_asked(after):
                followers.append(after)
                last = after.when is not None
            if not last or not simple:
                break
        quick = simple and not step.actions and not step.next_id and not step.options_from and step.kind != "none"
        tied.append(replace(step, followers=tuple(followers), last=last) if quick else step)
    return tuple(tied)


def _simply_asked(step: Step) -> bool:
    """Nothing but the child is named in it, and it is said in one language."""
    named = all(text is None or set(text.names) <= {"child"} for text in step.spoken.values())
    return named and step.kind != "none" and not step.say_in and not step.options_from


def _step(
    index: int,
    step: Mapping[str, Any],
    flow: Mapping[str, Any],
    tongue: Tongue,
    words: AnswerWords,
    texts: Mapping[str, Spoken],
) -> Step:
    tongue = tongue.at(str(step["id"]))
    kind = step.get("answer", "text")
    if kind not in KINDS:
        raise FlowInvalid(f"step {step['id']}: answer {kind!r} is none of {sorted(KINDS)}")
    options = tuple(_option(option, tongue, texts) for option in _options_of(step, kind))
    dynamic = step.get("options_from", "")
    labels = {lang: {o.id: tongue.one(lang, o.label) or o.label for o in options} for lang in tongue.languages}
    entry_kind, _, field = step.get("write", "").partition(".")
    shown = [option.label for option in options] if not dynamic and not step.get("say_in") else []
    actions = _actions(step.get("then", ()), tongue, texts)
    return Step(
        index=index,
        id=str(step["id"]),
        name=step.get("name", str(step["id"])),
        kind=kind,
        entry_kind=entry_kind,
        field=field or entry_kind,
        visibility=step.get("visibility", "team"),
        required=bool(step.get("required", False)),
        when=_condition(step),
        next_id=str(step.get("next", "")),
        actions=actions,
        message_class=step.get("class", flow.get("class", "C")),
        refs=tuple(step.get("refs", flow.get("refs", ()))),
        asked_ref=f"{flow['flow']}/{step['id']}@{flow['version']}",
        ref=f"{flow['flow']}/{step['id']}",
        options=options,
        options_from=dynamic,
        say_in=step.get("say_in", ""),
        spoken=tongue.spoken(step["say"], shown),
        bare=tongue.spoken(step["say"]),
        labels=labels,
        accepted=_accepted(options, labels, tongue, words) if kind in CHOICES else {},
        spans=_spans(_options_of(step, kind), "minutes"),
        ages=_spans(_options_of(step, kind), "days_ago"),
        often=_spans(_options_of(step, kind), "per_week"),
        loaded=frozenset(option.id for option in options if option.actions or option.id == OTHER),
        plain=kind != "none" and not actions and not any(o.actions for o in options) and not dynamic and not step.get("say_in"),
    )


def _options_of(step: Mapping[str, Any], kind: str) -> Iterable[Mapping[str, Any]]:
    options: list[Mapping[str, Any]] = step.get("options", [])
    if kind == "yn" and not options:
        return ({"id": "yes", "say": "Yes"}, {"id": "no", "say": "No"})
    if kind in CHOICES and not options and not step.get("options_from"):
        raise FlowInvalid(f"step {step['id']}: answer {kind} needs options")
    return options


def _spans(options: Iterable[Mapping[str, Any]], key: str) -> tuple[tuple[int, int] | None, ...]:
    spans = tuple((int(option[key][0]), int(option[key][1])) if key in option else None for option in options)
    return spans if any(spans) else ()


def _option(option: Mapping[str, Any], tongue: Tongue, texts: Mapping[str, Spoken]) -> Option:
    return Option(
        str(option["id"]), str(option["say"]), tuple(map(str, option.get("words", ()))), _actions(option.get("then", ()), tongue, texts)
    )


def _accepted(
    options: Sequence[Option],
    labels: Mapping[str, Mapping[str, str]],
    tongue: Tongue,
    words: AnswerWords,
) -> dict[str, dict[str, int]]:
    """Per language: every text that picks an option. Numbers first, then labels, then words; own language before the others."""
    found: dict[str, dict[str, int]] = {}
    known = dict.fromkeys((*tongue.languages, *words.by_lang))
    ids = {option.id for option in options}
    for lang in tongue.languages:
        accepted = {str(place + 1): place for place in range(len(options))}
        order = [lang, *(other for other in known if other != lang)]
        for spoken in order:
            for place, option in enumerate(options):
                accepted.setdefault(fold(labels.get(spoken, labels[lang])[option.id]), place)
        for spoken in order:
            for place, option in enumerate(options):
                for word in (*tongue.words(spoken, option.words), *words.of_option(spoken, option.id, ids)):
                    accepted.setdefault(fold(word), place)
        for spoken in order:
            for word, number in words.numbers.get(spoken, {}).items():
                if 1 <= number <= len(options):
                    accepted.setdefault(word, number - 1)
        accepted.pop("", None)
        found[lang] = accepted
    return found


def _actions(lines: Iterable[Mapping[str, Any]], tongue: Tongue, texts: Mapping[str, Spoken]) -> tuple[Action, ...]:
    found = []
    for line in lines:
        verbs = [key for key in line if key in VERBS]
        if len(verbs) != 1:
            raise FlowInvalid(f"an action has exactly one verb of {sorted(VERBS)}: {dict(line)}")
        verb = verbs[0]
        extra = {key: value for key, value in line.items() if key not in {verb, "when"}}
        said = tongue.spoken(line[verb]) if verb == "say" else None
        if "key" in extra:
            said = texts[extra["key"]]
        found.append(Action(verb, line[verb], extra, _condition(line), said))
    return tuple(found)


def _all_actions(step: Step) -> Iterable[Action]:
    yield from step.actions
    for option in step.options:
        yield from option.actions


def _condition(source: Mapping[str, Any]) -> Condition | None:
    return compile_condition(source["when"]) if "when" in source else None


def _readback(source: Mapping[str, Any], by_name: Mapping[str, int], steps: Sequence[Step], tongue: Tongue) -> Readback:
    sentences = []
    for sentence in source["sentences"]:
        needs = tuple(name for name in dict.fromkeys(PLACEHOLDER.findall(sentence)) if name in by_name)
        hidden = [name for name in needs if steps[by_name[name]].visibility != "team"]
        if hidden:
            raise FlowInvalid(f"the read-back names {hidden}, which the family alone or staff alone may see")
        sentences.append(Sentence(needs, tongue.spoken(sentence)))
    opening = tongue.spoken(source["opening"]) if source.get("opening") else None
    closing = tongue.spoken(source["closing"]) if source.get("closing") else None
    said = [((), opening), *((sentence.needs, sentence.spoken) for sentence in sentences), ((), closing)]
    lines = {
        lang: tuple(
            Line(needs, text.format, tuple((name, steps[by_name[name]] if name in by_name else None) for name in text.names))
            for needs, spoken in said
            if spoken is not None and (text := spoken.get(lang)) is not None
        )
        for lang in tongue.languages
    }
    return Readback(
        opening,
        tuple(sentences),
        closing,
        tuple(dict.fromkeys(name for sentence in sentences for name in sentence.needs)),
        lines,
        all(step is not None or name == "child" for told in lines.values() for line in told for name, step in line.places),
    )


_INNER = {
    "flow": COMMON,
    "version": 1,
    "class": "C",
    "parts": {
        "inner": {
            "steps": [
                {"id": "readback", "say": "", "answer": "one",
                 "options": [{"id": "good", "say": "Good"}, {"id": "change", "say": "Change"}]},
                {"id": "call", "say": "May {liaison} call instead?", "answer": "yn",
                 "options": [{"id": "yes", "say": "Yes"}, {"id": "no", "say": "Not now"}]},
                {"id": "rest", "say": "", "answer": "yn"},
            ]
        }
    },
}  # fmt: skip
"""Questions the engine asks by itself, about any flow."""


def compile_inner(catalogues: Catalogues, words: AnswerWords) -> dict[str, Step]:
    """The engine's own questions by id."""
    flow = compile_flow(_INNER, catalogues, words)
    return {step.id: step for step in flow.parts["inner"].steps}
