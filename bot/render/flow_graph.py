"""A flow as a drawing (SVG) that a counsellor can read: each question a card with its numbered options, what hangs on an answer
beside it, the way on below it.

Takes the flow as its YAML says it; nothing is measured with a font, widths are generous estimates that hold in any sans-serif.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

CARD = 380
NOTE = 230
GAP = 46
COLUMN = CARD + NOTE + 70
MARGIN = 36
HEAD = 92
LINE = 18
PAD = 14
CHARS = 46
NOTE_CHARS = 32

INK, QUIET, LINE_COLOUR = "#1f2937", "#6b7280", "#9ca3af"
FONTS = "system-ui, -apple-system, Segoe UI, Roboto, Noto Sans, sans-serif"
TIP = (
    '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">'
    f'<path d="M0 0 L10 5 L0 10 z" fill="{LINE_COLOUR}"/></marker></defs>'
)
_KINDS = {
    "text": ("own words", "#0f766e"),
    "one": ("pick one", "#1d4ed8"),
    "many": ("pick several", "#6d28d9"),
    "yn": ("yes or no", "#b45309"),
    "none": ("says", "#475569"),
    "ack": ("any reply", "#475569"),
}
_NOTES = {
    "handoff": ("#fef2f2", "#b91c1c"),
    "alert": ("#fff7ed", "#c2410c"),
    "say": ("#f0fdf4", "#15803d"),
    "end": ("#f3f4f6", "#374151"),
}


@dataclass(frozen=True, slots=True)
class _Card:
    """One step, measured."""

    step: Mapping[str, Any]
    lines: tuple[str, ...]
    options: tuple[tuple[str, tuple[str, ...]], ...]
    notes: tuple[tuple[str, tuple[str, ...], int], ...]
    height: int


def draw(flow: Mapping[str, Any], part: str = "") -> str:
    """The whole flow, or one part of it, as an SVG document."""
    parts = {name: body for name, body in flow.get("parts", {}).items() if not part or name == part}
    columns, height = [], 0
    for place, (name, body) in enumerate(parts.items()):
        drawn, bottom = _column(MARGIN + place * COLUMN, name, body, named=len(flow.get("parts", {})) > 1)
        columns.append(drawn)
        height = max(height, bottom)
    width = MARGIN * 2 + max(1, len(parts)) * COLUMN - 70
    height += MARGIN
    number = f"{flow['number']} " if flow.get("number") else ""
    title = f"{number}{flow.get('title', flow['flow'])}"
    about = f"{flow['flow']}, version {flow['version']}, class {flow.get('class', 'C')}, timeout {flow.get('timeout', 'std')}"
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'font-family="{FONTS}" role="img" aria-labelledby="title">'
    )
    return "\n".join(
        [
            opening,
            f'<title id="title">{escape(title)}</title>',
            TIP,
            f'<rect width="{width}" height="{height}" fill="#f8fafc"/>',
            _text(MARGIN, 42, title, 22, INK, bold=True),
            _text(MARGIN, 66, about, 13, QUIET),
            *columns,
            "</svg>",
            "",
        ]
    )


def _column(x: int, name: str, part: Mapping[str, Any], *, named: bool) -> tuple[str, int]:
    pieces = []
    y = HEAD
    if named:
        pieces.append(_text(x, y + 14, name, 15, INK, bold=True))
        y += 34
    cards = [_measure(step) for step in part["steps"]]
    tops: dict[str, int] = {}
    for card in cards:
        if card.step.get("when"):
            pieces.append(_text(x + 24, y - 8 if y > HEAD + 40 else y + 8, f"only if {card.step['when']}"[:64], 11, QUIET, italic=True))
            y += 12
        tops[str(card.step["id"])] = y
        pieces.append(_draw_card(x, y, card))
        y += card.height + GAP
        pieces.append(_arrow(x + CARD // 2, y - GAP + 3, y - 5))
    pieces += _jumps(x, part["steps"], tops, cards)
    readback = part.get("readback")
    ending = ["reads back what it understood:", *readback["sentences"], "1 Good  2 Change"] if readback else ["end"]
    lines = [line for text in ending for line in textwrap.wrap(str(text), CHARS) or [""]]
    height = PAD * 2 + LINE * len(lines)
    pieces.append(_box(x, y, CARD, height, 16 if readback else height // 2, "#ecfdf5", "#34d399"))
    pieces += [_text(x + 20, y + PAD + 13 + LINE * at, line, 13, "#065f46") for at, line in enumerate(lines)]
    return "\n".join(pieces), y + height


def _measure(step: Mapping[str, Any]) -> _Card:
    lines = tuple(textwrap.wrap(str(step["say"]), CHARS))
    options: list[tuple[str, tuple[str, ...]]] = []
    notes: list[tuple[str, tuple[str, ...], int]] = []
    row = PAD + 30 + LINE * len(lines)
    for number, option in enumerate(_options(step), 1):
        label = tuple(textwrap.wrap(str(option["say"]), CHARS - 6))
        options.append((str(number), label))
        notes += [(verb, text, row) for verb, text in _notes_of(option.get("then", ()))]
        row += LINE * len(label) + 6
    notes += [(verb, text, row if not options else PAD + 20) for verb, text in _notes_of(step.get("then", ()))]
    beside = sum(LINE * len(text) + 18 for _, text, _ in notes)
    return _Card(step, lines, tuple(options), tuple(notes), max(row if options else row - 8, beside + PAD))


def _options(step: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    options: Sequence[Mapping[str, Any]] = step.get("options", ())
    if step.get("options_from"):
        return [{"say": f"each of the {step['options_from']} the district enabled"}, *options]
    if step.get("answer") == "yn" and not options:
        return [{"say": "Yes"}, {"say": "No"}]
    return options


def _notes_of(lines: Sequence[Mapping[str, Any]]) -> list[tuple[str, tuple[str, ...]]]:
    found = []
    for line in lines:
        verb = next((key for key in line if key not in {"when", "days", "key"}), "")
        value = line.get(verb)
        if verb == "handoff" and isinstance(value, Mapping):
            text = f"to {value['to']}: {value['reason']}, {value.get('within', 'school_day')}".replace("_", " ")
        elif verb == "alert" and isinstance(value, Mapping):
            text = "alert the team: " + " ".join(str(v) for v in value.values())
        elif verb == "say":
            text = f"“{value}”"
        elif verb == "start" and isinstance(value, Mapping):
            text = f"starts {value['flow']}"
        elif isinstance(value, Mapping):
            text = f"{verb} " + ", ".join(f"{k} = {v}" for k, v in value.items())
        else:
            text = f"{verb}: {value}"
        if "when" in line:
            text = f"if {line['when']}: {text}"
        found.append((verb, tuple(textwrap.wrap(text, NOTE_CHARS))))
    return found


def _draw_card(x: int, y: int, card: _Card) -> str:
    step = card.step
    label, colour = _KINDS.get(step.get("answer", "text"), (str(step.get("answer")), "#0f766e"))
    marks = [m for m in (step.get("write", ""), "required" if step.get("required") else "", step.get("visibility", "")) if m]
    pieces = [
        f'<rect x="{x}" y="{y}" width="{CARD}" height="{card.height}" rx="10" fill="#ffffff" stroke="#d1d5db"/>',
        f'<rect x="{x}" y="{y}" width="5" height="{card.height}" rx="2.5" fill="{colour}"/>',
        _text(x + PAD + 4, y + 20, f"{step['id']}  {label}", 12, colour, bold=True),
        f'<text x="{x + CARD - PAD}" y="{y + 20}" font-size="11" fill="{QUIET}" text-anchor="end">{escape("  ".join(marks))}</text>',
    ]
    at = y + PAD + 28
    for line in card.lines:
        pieces.append(_text(x + PAD + 4, at, line, 14, INK))
        at += LINE
    at += 10
    for number, lines in card.options:
        pieces.append(f'<circle cx="{x + PAD + 14}" cy="{at - 5}" r="9" fill="{colour}" opacity="0.12"/>')
        pieces.append(f'<text x="{x + PAD + 14}" y="{at - 1}" font-size="11" fill="{colour}" text-anchor="middle">{number}</text>')
        for line in lines:
            pieces.append(_text(x + PAD + 32, at, line, 13, INK))
            at += LINE
        at += 6
    return "\n".join([*pieces, *_draw_notes(x + CARD + 30, y, card, x)])


def _draw_notes(left: int, top: int, card: _Card, x: int) -> list[str]:
    pieces = []
    free = top
    left_over = sum(LINE * len(lines) + 18 for _, lines, _ in card.notes)
    for verb, lines, row in card.notes:
        height = LINE * len(lines) + 10
        at = max(free, min(top + row - 4, top + card.height - left_over + 8))
        left_over -= height + 8
        fill, colour = _NOTES.get(verb, ("#eff6ff", "#1d4ed8"))
        middle = at + height // 2
        start = min(top + row + 8, top + card.height - 6)
        curve = f"M{x + CARD} {start} C {left - 12} {top + row + 8}, {x + CARD + 12} {middle}, {left - 2} {middle}"
        pieces.append(f'<path d="{curve}" fill="none" stroke="{colour}" stroke-dasharray="3 3"/>')
        pieces.append(_box(left, at, NOTE, height, 6, fill, colour))
        pieces += [_text(left + 9, at + 18 + LINE * place, line, 12, colour) for place, line in enumerate(lines)]
        free = at + height + 8
    return pieces


def _jumps(x: int, steps: Sequence[Mapping[str, Any]], tops: Mapping[str, int], cards: Sequence[_Card]) -> list[str]:
    """Ways that do not lead to the next card: `next` and `goto`, drawn along the left edge."""
    pieces = []
    for step, card in zip(steps, cards, strict=True):
        lines = [*step.get("then", ()), *(line for option in step.get("options", ()) for line in option.get("then", ()))]
        targets = [str(line["goto"]) for line in lines if "goto" in line] + ([str(step["next"])] if "next" in step else [])
        for target in targets:
            start, end = tops[str(step["id"])] + card.height // 2, tops.get(target, 0) + 24
            pieces.append(f'<path d="M{x} {start} C {x - 30} {start}, {x - 30} {end}, {x - 3} {end}" fill="none" stroke="{LINE_COLOUR}" '
                          'stroke-width="1.5" marker-end="url(#tip)"/>')  # fmt: skip
    return pieces


def _box(x: int, y: int, width: int, height: int, radius: int, fill: str, colour: str) -> str:
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="{radius}" fill="{fill}" stroke="{colour}" stroke-opacity="0.5"/>'


def _arrow(x: int, start: int, end: int) -> str:
    return f'<path d="M{x} {start} L{x} {end}" stroke="{LINE_COLOUR}" stroke-width="1.5" marker-end="url(#tip)"/>'


def _text(x: int, y: int, text: str, size: int, colour: str, *, bold: bool = False, italic: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    style = ' font-style="italic"' if italic else ""
    return f'<text x="{x}" y="{y}" font-size="{size}" fill="{colour}"{weight}{style}>{escape(text)}</text>'
