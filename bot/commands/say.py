"""hearthline say: play a conversation in a terminal against a throw-away database, through the production code path."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import click

from bot.errors import HearthlineError

Line = dict[str, Any]

PLANNED = frozenset(
    """
    welcome about-mtss explainer question early-concern referral home-observations partner-input student-voice meeting-invite
    cannot-attend access-needs reminder meeting-summary goals home-practice progress-note reaction copies agreement pulse transfer
    crisis identity stop-help evaluation-request staff-companion
    """.split()  # noqa: SIM905 - twenty-seven words read better than twenty-seven lines
)
"""The flows of domain.md section 3, F01 to F27, built or not."""


@click.command()
@click.argument("flow", required=False, default="")
@click.option("--as", "contact", default="", metavar="CONTACT", help="Who writes: an id of --list-contacts.")
@click.option("--lang", default="", metavar="TAG", help="Write in this language instead of the contact's own.")
@click.option("--variant", default="", metavar="PART", help="A variant of the flow, such as reading; its core without.")
@click.option("--script", default="", metavar="FILE", help="One reply a line (- reads standard input).")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--list-contacts", is_flag=True, help="The demo families, one a line: id, language, who.")
def say(flow: str, contact: str, lang: str, variant: str, script: str, as_json: bool, list_contacts: bool) -> None:  # noqa: FBT001
    """Play the flow FLOW as a family would, and show what was said and what went into the case record.

    Nothing leaves this machine. Without a script, on a terminal, you are the family: an empty line ends.
    """
    if list_contacts:
        _list_contacts()
        return
    if not flow or not contact:
        _stop("Say which flow and who writes: hearthline say home-observations --as con_demo_es (ids: hearthline say --list-contacts).")
    _known_contact(contact)
    lines = _script(script)
    with rehearsing(contact, lang) as play:
        family_begins = _checked(play, flow, variant)
        shown = _json_printer() if as_json else _phone(play)
        if not family_begins:
            _show(shown, _started(play, flow, variant))
        interactive = not script and sys.stdin.isatty()
        begins = (flow, variant) if family_begins else ("", "")
        for text in _typed() if interactive else lines:
            _show(shown, play.write(text, begins))
            begins = ("", "")
        _record(play, as_json=as_json)


def _checked(play: Any, flow: str, variant: str) -> bool:
    known = play.runtime.library.ids
    if flow not in known:
        missing = f"The flow {flow} is not built yet" if flow in PLANNED else f"There is no flow {flow}"
        _stop(f"{missing}; there are: {', '.join(known)}.")
    try:
        return bool(play.check(flow, variant))
    except HearthlineError as error:
        _stop(str(error))


def _started(play: Any, flow: str, variant: str) -> list[Line]:
    try:
        return list(play.start(flow, variant))
    except HearthlineError as error:
        _stop(str(error))


def _stop(sentence: str) -> NoReturn:
    click.echo(sentence, err=True)
    raise SystemExit(2)


def _list_contacts() -> None:
    from bot.service.seed_people import CONTACTS, STUDENTS

    names = {child.id: child.first_name for child in STUDENTS}
    for one in CONTACTS:
        children = " and ".join(names[student] for student in one.students)
        shared = ", shared phone" if one.shared else ""
        click.echo(f"{one.id:<18} {one.lang:<3} {one.name}, {one.relation} of {children}{shared}")


def _known_contact(contact: str) -> None:
    from bot.service.seed_people import CONTACTS

    if contact not in {one.id for one in CONTACTS}:
        _stop(f"There is no contact {contact}; hearthline say --list-contacts shows who there is.")


def _script(path: str) -> list[str]:
    """The replies of a script; blank lines are none."""
    if not path:
        return []
    try:
        text = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        return [line.strip("\r") for line in text.decode("utf-8-sig").split("\n") if line.strip()]
    except FileNotFoundError:
        _stop(f"There is no script {path}.")
    except (OSError, UnicodeDecodeError):
        _stop(f"The script {path} cannot be read as a UTF-8 text file.")


class Ticking:
    """Starts now and ticks a second a call: a conversation is in order, whatever this machine's clock does meanwhile."""

    def __init__(self) -> None:
        self._now = datetime.now(UTC).replace(microsecond=0)

    def now(self) -> datetime:
        self._now += timedelta(seconds=1)
        return self._now


class Terminal:
    """The channel of a rehearsal: nothing is ever handed to it, but alerts know that there is a Slack."""

    name = "local"
    channels = ("sms", "slack")


@contextmanager
def rehearsing(contact: str, lang: str = "") -> Iterator[Any]:
    """A rehearsal with the demo district in a database of its own, gone afterwards."""
    from bot.app import build_runtime
    from bot.config import Settings
    from bot.service.rehearsal import Rehearsal
    from bot.service.seed import seed_demo
    from bot.store.database import migrate

    terminal: Any = Terminal()
    with tempfile.TemporaryDirectory(prefix="hearthline-say-") as folder:
        # the same with and without Apertium on the machine: nothing works after the commit here that could translate
        quiet = {"HEARTHLINE_MODE": "test", "HEARTHLINE_TRANSLATORS": "none"}
        settings = Settings.load({**quiet, "HEARTHLINE_DATA_DIR": folder, "HOME": folder})
        runtime = build_runtime(settings, clock=Ticking(), channels={"sms": terminal, "slack": terminal})
        try:
            migrate(runtime.database)
            with runtime.database.begin() as conn:
                seed_demo(conn, runtime.vault, runtime.clock.now(), runtime.ids.new, runtime.catalogues.hash)
            play = Rehearsal(runtime, contact, lang)
            play.prepare()
            yield play
        finally:
            runtime.database.close()


def _typed() -> Iterator[str]:
    """What somebody types, until an empty line or the end."""
    while True:
        try:
            text = input("you> ").strip()
        except (EOFError, KeyboardInterrupt):
            return
        if not text:
            return
        yield text


def _show(printer: Callable[[Line], None], lines: Sequence[Line]) -> None:
    for line in lines:
        printer(line)


def _json_printer() -> Callable[[Line], None]:
    import orjson

    def show(line: Line) -> None:
        sys.stdout.buffer.write(orjson.dumps(line) + b"\n")
        sys.stdout.buffer.flush()

    return show


def _phone(play: Any) -> Callable[[Line], None]:
    from bot.commands.say_text import Phone

    code, child = play.child()
    return Phone(code, child).show


def _record(play: Any, *, as_json: bool) -> None:
    from bot.commands.say_text import record, strengths_first

    entries = play.entries()
    if as_json:
        _show(_json_printer(), strengths_first(entries))
        return
    for line in record(entries, *play.child()):
        click.echo(line)
