"""hearthline flows check: every problem of the flows, one line each; exit code 1 when there is one."""

from __future__ import annotations

import importlib.resources
import sys

import click


@click.command("check")
@click.option("--lang", "languages", multiple=True, metavar="TAG", help="A language that must be complete; all shipped ones without it.")
def check(languages: tuple[str, ...]) -> None:
    """Check all flows: dead ends, translations, lengths, keywords, reading level."""
    from bot.engine.check import problems
    from bot.engine.library import shipped
    from bot.errors import FlowInvalid
    from bot.i18n import open_catalogues

    catalogues = open_catalogues(importlib.resources.files("translations"))
    try:
        library = shipped(catalogues)
    except FlowInvalid as error:
        click.echo(str(error))
        sys.exit(1)
    found = problems(library, catalogues, languages)
    for problem in found:
        click.echo(problem)
    if found:
        sys.exit(1)
    click.echo(f"{len(library.latest)} flows in {len(languages or library.languages)} languages: no problems.", err=True)
