"""A rehearsal for people's eyes: a phone, what happened behind it, and the case record with strengths first."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

import click

WIDTH = 72
BUBBLE = 50


class Phone:
    """Bubbles: the school on the left, the family on the right; what staff get stands between, marked."""

    def __init__(self, code: str, child: str) -> None:
        click.echo(click.style(f"  {child or 'no child'} · case {code or 'none'}".center(WIDTH), dim=True))

    def show(self, line: dict[str, Any]) -> None:
        """Print one line of the rehearsal."""
        if line["type"] == "message":
            self._bubble(line["text"], mine=line["direction"] == "in")
        elif line["type"] == "screen" and line["fired"]:
            click.echo(click.style(f"    screening: {', '.join(line['fired'])}", fg="yellow"))
        elif line["type"] in ("alert", "handoff"):
            label = f"    {line['type']} -> {line['to_role']}: "
            text = textwrap.shorten(line["body"], 200, placeholder=" ...")
            click.echo(click.style(textwrap.fill(label + text, WIDTH, subsequent_indent=" " * 6), fg="cyan"))

    def _bubble(self, text: str, *, mine: bool) -> None:
        lines = [part for whole in text.splitlines() or [""] for part in textwrap.wrap(whole, BUBBLE) or [""]]
        wide = max(len(line) for line in lines)
        indent = " " * (WIDTH - wide - 4 if mine else 2)
        click.echo()
        for line in lines:
            click.echo(
                indent + click.style(f" {line.ljust(wide)} ", fg="black" if mine else None, bg="green" if mine else None, reverse=not mine)
            )


def strengths_first(entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The entries as a person is shown them (rule 6); within each kind in the order they were written."""
    return sorted(entries, key=lambda one: one["kind"] != "strength")


def record(entries: Sequence[dict[str, Any]], code: str, child: str) -> Iterator[str]:
    """The case record: strengths before everything else (rule 6), the family's own words as they wrote them."""
    yield ""
    yield click.style(f"Case record {code} ({child})" if code else "Case record", bold=True)
    if not entries:
        yield "  nothing was written"
    for entry in strengths_first(entries):
        fields = ", ".join(f"{name}: {_value(value)}" for name, value in (entry["answer_norm"] or {}).items())
        raw = f' "{entry["answer_raw"]}"' if entry["answer_raw"] else ""
        marks = "" if entry["visibility"] == "team" else f" [{entry['visibility']}]"
        marks += " [confirmed]" if entry["confirmed_by_contact"] else ""
        where = f"{entry['flow_id']}/{entry['step_id']}"
        yield f"  {entry['kind']:<14} {where:<24} ({entry['answer_lang']}){raw}{marks}"
        if fields and fields.partition(": ")[2] != entry["answer_raw"]:
            yield f"  {'':<14} {fields}"


def _value(value: Any) -> str:
    return " + ".join(map(str, value)) if isinstance(value, list) else str(value)
