"""hearthline screen: what every inbound text is checked for, tried on a file of texts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click

from bot.values.screening import Screening


class Line(NamedTuple):
    """One text and what was found in it."""

    text: str
    found: Screening

    def as_json(self) -> dict[str, Any]:
        """Say it in plain values. `identity` is a wrong number or nothing; every other sign of another person has a key of its own. A
        stop word alone is the command word STOP (domain.md 3.0), a wish in a sentence is none."""
        found = self.found
        return {
            "text": self.text,
            "danger_level": found.danger_level,
            "stop": bool(found.stop),
            "evaluation": bool(found.evaluation),
            "identity": "wrong_number" if "wrong_number" in found.signs else None,
            "command": found.command or ("stop" if found.stop == "word" else None),
            "person": found.person,
        } | {sign: True for sign in found.signs if sign != "wrong_number"}


def lines(content: str) -> list[str]:
    """One text a line; a line feed alone parts them, as families' texts may hold every other sign."""
    found = content.removeprefix("\ufeff").split("\n")
    if found[-1] == "":
        found.pop()
    return [line.removesuffix("\r") for line in found]


def screened(texts: list[str], lang: str) -> Iterator[Line]:
    """The finding of each text, by the lists that ship."""
    from bot.lists import shipped_words
    from bot.screen.screen import screen as look

    words = shipped_words()
    for text in texts:
        yield Line(text, look(words, text, lang))


@click.command()
@click.option("--lang", default="en", metavar="TAG", help="The family's language; the lists of all languages are used for each text.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
def screen(lang: str, as_json: bool, file: Path) -> None:  # noqa: FBT001
    """Screen FILE, one message a line (- reads standard input), and print what was found in each, in the order of the file.

    Nothing is stored or sent. A district's language leads and counsellors try their own phrases with it before they approve a list.
    """
    with click.open_file(str(file), encoding="utf-8", errors="replace") as stream:
        texts = lines(stream.read())
    for line in screened(texts, lang):
        click.echo((json.dumps(line.as_json(), ensure_ascii=False) if as_json else _readable(line)).encode())


def _readable(line: Line) -> str:
    found = line.found
    said = [*found.fired, *(["person"] if found.person else []), *(["question"] if found.question else [])]
    return f"{', '.join(said) or '-':40} {line.text}"
