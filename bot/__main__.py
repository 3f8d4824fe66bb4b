"""The hearthline command. Each subcommand is imported only when it is called, so that `--help` stays quick."""

from __future__ import annotations

import importlib
from typing import Any

import click

from bot import __version__

COMMANDS: dict[str, tuple[str, str]] = {
    "bench": ("bot.commands.bench:bench", "Measure speed as ratios in one run (needs a checkout)."),
    "case": ("bot.commands.case:case", "Look after the case record: verify its hash chain."),
    "db": ("bot.commands.db:db", "Create and migrate the database, rotate keys."),
    "demo": ("bot.commands.demo:demo", "Serve the demo district with sandbox providers on this machine."),
    "district": ("bot.commands.district:district", "Set up a district from one file, approve a language."),
    "doctor": ("bot.commands.doctor:doctor", "Say whether this district may go live, and what is missing."),
    "drill": ("bot.commands.drill:drill", "Try the on-call rota: a page marked as a drill, and how long it took."),
    "flows": ("bot.commands.flows:flows", "Check, draw and start conversation flows."),
    "meeting": ("bot.commands.meeting:meeting", "Plan, move and cancel a meeting; its reminders follow."),
    "roster": ("bot.commands.roster:roster", "Students, contacts, links, rights and languages from a file."),
    "sandbox": ("bot.commands.sandbox:sandbox", "Play Twilio and Slack on this machine (demo, test and bench modes)."),
    "say": ("bot.commands.say:say", "Play a conversation in the terminal against a throw-away database."),
    "screen": ("bot.commands.screen:screen", "Show what a file of texts is screened for: danger, stop, evaluation, wrong number."),
    "serve": ("bot.commands.serve:serve", "Serve webhooks, console and family pages."),
    "translators": ("bot.commands.translators:translators", "Machine translators, and a district's yes to one outside the house."),
    "work": ("bot.commands.work:work", "Run background work: timers, retries, sweeps, delivery."),
}


class LazyGroup(click.Group):
    """A group that knows its commands by name and one line, and imports one when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name][0].split(":")
        command: Any = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in sorted(COMMANDS.items())])


@click.group(cls=LazyGroup)
@click.version_option(__version__, prog_name="hearthline")
def main() -> None:
    """Hearthline: the line between a student's home and the school team that helps the student."""


if __name__ == "__main__":
    main()
