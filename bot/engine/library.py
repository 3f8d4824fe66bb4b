"""All flows, every version shipped, compiled once; with the words, limits, keywords and questions the engine needs."""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from importlib.resources.abc import Traversable
from typing import Any

import yaml

from bot.engine.compile import compile_flow, compile_inner
from bot.engine.faq import Bank, compile_bank
from bot.engine.flow import Flow, Step, Text
from bot.engine.words import AnswerWords
from bot.errors import FlowInvalid, FlowUnknown
from bot.i18n import Catalogues, open_catalogues
from channels.base import MAIL
from channels.text import Limits as Length

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
NOT_FLOWS = frozenset({"limits.yaml", "keywords.yaml"})
WORDED = {MAIL: "by_mail", "webchat": "by_page"}
"""Channel -> the key of a flow's file under which its texts stand in words for that channel."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long, how often, how many: `flows/limits.yaml`."""

    questions_per_sitting: int
    steps_per_turn: int
    frames: int
    misunderstood: int
    answer_kept: int
    rest_days: int
    nudge_hours: tuple[int, ...]
    call_hours: int
    close_days: int
    late_hours: int
    labels_for_other: int
    first_nudge: timedelta
    late: timedelta
    call: timedelta
    close: timedelta


@dataclass(frozen=True, slots=True, repr=False)
class Library:
    """What a turn may look up. `flows` holds every version: a talk ends on the version it began with."""

    flows: Mapping[tuple[str, int], Flow]
    latest: Mapping[str, Flow]
    languages: tuple[str, ...]
    words: AnswerWords
    limits: Limits
    length: Length
    faq_length: Length
    keywords: Mapping[str, Mapping[str, Any]]
    bank: Bank
    inner: Mapping[str, Step]
    settings: Mapping[str, Any]
    ways: Mapping[str, Library] = field(default_factory=dict)
    """Channel -> the same flows in the words for it, where they differ: "phone" or "text" by e-mail, a voice message on a page."""

    @property
    def ids(self) -> tuple[str, ...]:
        """Flows that can be started, in the order of their numbers."""
        return tuple(flow.id for flow in sorted(self.latest.values(), key=lambda flow: (flow.number, flow.id)) if flow.parts)

    def on(self, channel: str) -> Library:
        """What is said on this channel."""
        return self.ways.get(channel, self)

    def flow(self, flow_id: str, version: int | None = None) -> Flow:
        """The flow in this version (the newest without one), or `FlowUnknown`."""
        found = self.latest.get(flow_id) if version is None else self.flows.get((flow_id, version))
        if found is None:
            raise FlowUnknown(f"there is no flow {flow_id}" + (f" in version {version}" if version else ""))
        return found

    def resolve(self, lang: str) -> str:
        """The shipped language nearest to this one, "" when there is none."""
        while lang and lang not in self.languages:
            lang = lang.rpartition("-")[0]
        return lang

    def text(self, flow_id: str, key: str, lang: str) -> Text | None:
        """A named text of a flow; None where the flow, the key or the translation is not there."""
        flow = self.latest.get(flow_id)
        spoken = flow.texts.get(key) if flow is not None else None
        return spoken.get(lang) if spoken is not None else None


def shipped(catalogues: Catalogues | None = None) -> Library:
    """The flows of the installed package."""
    if catalogues is None:
        catalogues = open_catalogues(importlib.resources.files("translations"))
    return load(importlib.resources.files("flows"), catalogues)


def load(folder: Traversable, catalogues: Catalogues) -> Library:
    """Read and compile a folder of flows. Any fault in any file raises `FlowInvalid`: half a library serves nobody."""
    words = AnswerWords(_yaml(file) for file in _files(folder / "answers"))
    sources = [_yaml(file) for file in _files(folder) if file.name not in NOT_FLOWS]
    sources = [*(_yaml(file) for file in _files(folder / "earlier")), *sources]
    flows: dict[tuple[str, int], Flow] = {}
    for source in sources:
        flow = compile_flow(source, catalogues, words)
        if (flow.id, flow.version) in flows:
            raise FlowInvalid(f"{flow.id}: version {flow.version} is there twice")
        flows[flow.id, flow.version] = flow
    data = _yaml(folder / "limits.yaml")
    library = Library(
        flows=flows,
        latest=_latest(flows),
        languages=catalogues.languages("flows"),
        words=words,
        limits=_limits(data["limits"]),
        length=Length(*data["length"]["message"]),
        faq_length=Length(*data["length"]["faq"]),
        keywords=_yaml(folder / "keywords.yaml")["keywords"],
        bank=compile_bank(_bank(folder), catalogues, data["faq"], words),
        inner=compile_inner(catalogues, words),
        settings=data,
    )
    ways = {}
    for channel, key in WORDED.items():
        reworded = [compile_flow(worded(source, source[key]), catalogues, words) for source in sources if key in source]
        said = flows | {(flow.id, flow.version): flow for flow in reworded}
        ways[channel] = replace(library, flows=said, latest=_latest(said))
    return replace(library, ways=ways)


def _latest(flows: Mapping[tuple[str, int], Flow]) -> dict[str, Flow]:
    return {flow_id: flow for (flow_id, _), flow in sorted(flows.items())}


def worded(source: Any, words: Mapping[str, str]) -> Any:
    """A flow's source with some of its texts in other words."""
    if isinstance(source, str):
        return words.get(source, source)
    if isinstance(source, Mapping):
        return {key: value if key in WORDED.values() else worded(value, words) for key, value in source.items()}
    return [worded(one, words) for one in source] if isinstance(source, list) else source


def _limits(data: Mapping[str, Any]) -> Limits:
    """The numbers, and the spans of time that every turn adds up, made once."""
    nudges = tuple(data["nudge_hours"])
    return Limits(
        **{**data, "nudge_hours": nudges},
        first_nudge=timedelta(hours=nudges[0]),
        late=timedelta(hours=nudges[0] + data["late_hours"]),
        call=timedelta(hours=data["call_hours"]),
        close=timedelta(days=data["close_days"]),
    )


def _bank(folder: Traversable) -> Iterator[Mapping[str, Any]]:
    for file in _files(folder / "faq"):
        yield from _yaml(file).get("faq", ())


def _files(folder: Traversable) -> Iterable[Traversable]:
    if not folder.is_dir():
        return []
    return sorted((file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda file: file.name)


def _yaml(file: Traversable) -> Mapping[str, Any]:
    try:
        read = yaml.load(file.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506  both loaders are the safe one
    except yaml.YAMLError as error:
        raise FlowInvalid(f"{file.name} is not YAML: {error}") from error
    if not isinstance(read, dict):
        raise FlowInvalid(f"{file.name} holds no mapping")
    return read
