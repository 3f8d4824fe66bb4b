"""hearthline flows graph ID: the flow as a drawing (SVG)."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("graph")
@click.argument("flow")
@click.option("--variant", default="", metavar="PART", help="Only this part of the flow.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the drawing into this file instead of printing it.")
def graph(flow: str, variant: str, out: Path | None) -> None:
    """Draw FLOW: its questions, options and what hangs on them."""
    from bot.engine.library import shipped
    from bot.errors import FlowUnknown
    from bot.render.flow_graph import draw

    try:
        found = shipped().flow(flow)
    except FlowUnknown as error:
        raise click.ClickException(f"{error}. Flows are: {', '.join(shipped().ids)}.") from error
    if variant and variant not in found.parts:
        raise click.ClickException(f"{flow} has no part {variant}. Its parts are: {', '.join(found.parts)}.")
    drawing = draw(found.source, variant)
    if out is None:
        click.echo(drawing, nl=False)
    else:
        out.write_text(drawing, encoding="utf-8")
        click.echo(f"{out} written.", err=True)
