"""`hearthline bench`: ratios in one run. The benches live in a checkout, not in the wheel."""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import click

BENCHES = ("turn", "engine")
ROOT = Path(__file__).resolve().parent.parent.parent


@click.command()
@click.argument("name", type=click.Choice(BENCHES))
@click.option("--full", is_flag=True, help="Use the full counts of the speed page (minutes instead of seconds).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object: results, ratios, missing.")
def bench(name: str, *, full: bool, as_json: bool) -> None:
    """Measure NAME against its peers and the machine's limits, all in this run."""
    if not (ROOT / "bench" / "__init__.py").is_file():
        raise click.ClickException("the benches live in a checkout of the project: clone it, run `make setup`, and call this there")
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    module: Any = importlib.import_module(f"bench.{name}")
    found: dict[str, Any] = module.run(full=full, progress=lambda text: click.echo(f"  {text} ...", err=True))
    click.echo(json.dumps(found) if as_json else table(found))
    if found["missing"]:
        click.echo(f"not installed, so not compared: {', '.join(found['missing'])} (make bench-peers)", err=True)
        raise SystemExit(3)


def table(found: dict[str, Any]) -> str:
    """The same figures for people."""
    lines = [f"{name:<44}{row['value']:>14,.1f} {row['unit']}" for name, row in found["results"].items()]
    lines += ["", *(f"ours / {name:<37}{value:>14,.3g} x" for name, value in found["ratios"].items())]
    return "\n".join(lines + [f"note: {note}" for note in found.get("notes", [])])
