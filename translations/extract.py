"""`python -m translations.extract`: every text of the flows into flows.pot, and flows.po of every language brought up to date.

What a family reads is extracted from the YAML like messages from code. A message's context is the flow it stands in (`common` for
what all flows share, `faq` for the bank); a label that stands in two questions of one flow has a context of its own for each
("home-observations/S2"), because a word such as "Quiet" is not one word in another language. `words` of an option are one message, to
be translated as a list of what families would really type.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, NamedTuple

import yaml

SHARED = frozenset({"Yes", "No"})
"""Labels the common catalogue answers for, in every flow."""

FOLDER = Path(__file__).parent
_PROJECT = "Hearthline flows"
_STATE = "not checked by a person"


class Message(NamedTuple):
    """One English text: its context, where it stands, and what a translator must know."""

    context: str
    source: str
    place: str
    note: str


def messages(folder: Traversable | None = None) -> list[Message]:
    """Every text, each once per context, in the order of the files: what is shipped first, older versions still running last."""
    folder = folder or files("flows")
    found: dict[tuple[str, str], Message] = {}
    for name, flow in _flows(folder):
        for message in _of_flow(name, flow):
            found.setdefault((message.context, message.source), message)
    for name, bank in _yaml(folder / "faq", "flows/faq"):
        for entry in bank["faq"]:
            for kind in ("question", "answer"):
                note = "question of the FAQ bank" if kind == "question" else "answer; at most 402 UCS-2 characters"
                message = Message("faq", entry[kind], f"{name}:{entry['id']}", note)
                found.setdefault((message.context, message.source), message)
    return list(found.values())


def _flows(folder: Traversable) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for where, path in ((folder, "flows"), (folder / "earlier", "flows/earlier")):
        for name, flow in _yaml(where, path):
            if "flow" in flow:
                yield name, flow


def _yaml(folder: Traversable, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if not folder.is_dir():
        return
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".yaml"):
            yield f"{path}/{file.name}", yaml.safe_load(file.read_text(encoding="utf-8"))


def _of_flow(name: str, flow: Mapping[str, Any]) -> Iterator[Message]:
    context = flow["flow"]
    shared = _repeated_labels(flow)
    for key, text in flow.get("texts", {}).items():
        yield Message(context, text, f"{name}:{key}", "")
    for part_id, part in flow.get("parts", {}).items():
        for step in part["steps"]:
            yield from _of_step(name, context, step, shared)
        readback = part.get("readback", {})
        for text in (readback.get("opening"), *readback.get("sentences", ()), readback.get("closing")):
            if text:
                yield Message(context, text, f"{name}:{part_id}", "read-back: a sentence is left out when its answer is missing")
        if part.get("ends"):
            yield Message(context, part["ends"], f"{name}:{part_id}", "last text")
    if flow.get("ends"):
        yield Message(context, flow["ends"], f"{name}:ends", "last text")
    for said, by_mail in flow.get("by_mail", {}).items():
        yield Message(context, by_mail, f"{name}:by_mail", f"by e-mail, instead of: {said}")


def _of_step(name: str, context: str, step: Mapping[str, Any], repeated: frozenset[str]) -> Iterator[Message]:
    place = f"{name}:{step['id']}"
    note = "question; the numbered options follow it in the same text" if step.get("options") else ""
    yield Message(context, step["say"], place, note)
    for option in step.get("options", ()):
        label = option["say"]
        if label not in SHARED:
            yield Message(context, label, place, "option")
            if label in repeated:
                yield Message(f"{context}/{step['id']}", label, place, f"option of: {step['say']}")
        if option.get("words"):
            yield Message(
                context, ", ".join(map(str, option["words"])), place, f"other words a family may type for {label!r}, comma between"
            )
        yield from _of_actions(context, place, option.get("then", ()))
    yield from _of_actions(context, place, step.get("then", ()))


def _of_actions(context: str, place: str, actions: Sequence[Mapping[str, Any]]) -> Iterator[Message]:
    for action in actions:
        if "say" in action:
            yield Message(context, action["say"], place, "said after the answer")


def _repeated_labels(flow: Mapping[str, Any]) -> frozenset[str]:
    steps = {step["id"]: step for part in flow.get("parts", {}).values() for step in part["steps"]}
    labels = Counter(option["say"] for step in steps.values() for option in step.get("options", ()))
    return frozenset(label for label, count in labels.items() if count > 1)


def write(folder: Path = FOLDER, found: Sequence[Message] | None = None) -> dict[str, int]:
    """Write flows.pot and merge it into every language's flows.po. Returns language -> messages without a translation."""
    import polib

    template = polib.POFile(wrapwidth=140)
    template.metadata = {"Project-Id-Version": _PROJECT, "MIME-Version": "1.0", "Content-Type": "text/plain; charset=UTF-8",
                         "Content-Transfer-Encoding": "8bit"}  # fmt: skip
    for message in messages() if found is None else found:
        template.append(
            polib.POEntry(
                msgctxt=message.context, msgid=message.source, comment=message.note, occurrences=[tuple(message.place.rsplit(":", 1))]
            )
        )
    template.save(str(folder / "flows.pot"))
    missing = {}
    for path in sorted(folder.glob("*/LC_MESSAGES/flows.po")):
        catalogue = polib.pofile(str(path), wrapwidth=140)
        catalogue.merge(template)
        for gone in catalogue.obsolete_entries():  # what a running talk may still say is in flows/earlier, so nothing old is needed
            catalogue.remove(gone)
        catalogue.metadata.setdefault("X-Checked-By", _STATE)
        catalogue.save()
        missing[path.parent.parent.name] = len(catalogue.untranslated_entries())
    return missing


if __name__ == "__main__":
    for lang, count in write().items():
        print(f"{lang}: {count} texts without a translation")  # noqa: T201
