"""What a family was asked, said again for the reader of the record: the question of the pinned version, and what picked options mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.engine.flow import Flow, Step
from bot.engine.library import Library
from bot.engine.own_words import OTHER
from bot.errors import FlowUnknown

MASTER = "en"


@dataclass(frozen=True, slots=True)
class Asked:
    """`question` is "" and `chosen` empty when the text is no longer known; the record stands without them.

    `says_all`: the options picked are all there is to the answer. Behind "Other" stand words of the family's own.
    """

    question: str = ""
    chosen: tuple[str, ...] = ()
    says_all: bool = False


def asked(library: Library | None, ref: str, lang: str, child: str, norm: Mapping[str, Any], channel: str = "") -> Asked:
    """The question behind `ref` ("home-observations/R1@1") in the reader's language, as it is asked on this channel."""
    flow = _flow(library.on(channel) if library is not None else None, ref)
    step = _step(flow, ref) if flow is not None else None
    if step is None:
        return Asked()
    # a statement asked nothing: what is filed under it was written before or after, and with its gaps it would read as nonsense
    text = (step.bare.get(lang) or step.bare.get(MASTER)) if step.kind != "none" else None
    labels = {**step.labels.get(MASTER, {}), **step.labels.get(lang, {})}
    question = text.format % tuple(child if name == "child" else "…" for name in text.names) if text else ""
    picked = _picked(norm, step.field)
    chosen = tuple(labels[one] for one in picked if one in labels)
    return Asked(question, chosen, bool(chosen) and OTHER not in picked)


def class_of(library: Library | None, ref: str) -> str:
    """The message class of the question behind `ref`, of its flow where the question is not known any more; "" for no question."""
    flow = _flow(library, ref)
    if flow is None:
        return ""
    step = _step(flow, ref)
    return step.message_class if step is not None else flow.message_class


def _flow(library: Library | None, ref: str) -> Flow | None:
    """The pinned version of the flow; the newest where the reference names none."""
    flow_id, _, rest = ref.partition("/")
    version = rest.rpartition("@")[2]
    if library is None or not flow_id:
        return None
    try:
        return library.flow(flow_id, int(version)) if version.isdecimal() else library.latest.get(flow_id)
    except FlowUnknown:
        return None


def _step(flow: Flow, ref: str) -> Step | None:
    return next((step for part in flow.parts.values() for step in part.steps if step.asked_ref == ref), None)


def _picked(norm: Mapping[str, Any], field: str) -> Sequence[str]:
    value = norm.get(field, ())
    return [value] if isinstance(value, str) else [str(one) for one in value] if isinstance(value, list) else []
