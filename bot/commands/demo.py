"""`hearthline demo`: the demo district with sandbox providers on this machine. Nothing to sign up for, nothing leaves the machine."""

from __future__ import annotations

import gc
import hashlib
import os
import shutil
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click
from sqlalchemy.exc import DBAPIError

from bot import log
from bot.commands.here import DEMO_SETTINGS, demo_folder
from bot.commands.serve import refusal
from bot.config import environment, hand_on
from bot.errors import HearthlineError

if TYPE_CHECKING:
    from bot.sandbox.server import Handle
    from bot.service.runtime import Runtime

HOST = "127.0.0.1"
MAIL_ADDRESS = "school@families.demo.example"
KEPT = ("master.key", "session.key")
"""What a reset leaves: new keys would sign everybody out and open nothing old."""

HIGHEST_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Place:
    """Where this demo lives and answers."""

    folder: Path
    port: int
    database_url: str

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def is_own(self) -> bool:
        """Whether the database is the demo's own file."""
        return self.database_url.startswith(f"sqlite:///{self.folder}/")

    @property
    def journal(self) -> Path:
        """What the sandbox keeps over a restart. One a database: what it took for one demo would come in by the sweep of another."""
        mark = "" if self.is_own else f"-{hashlib.sha256(self.database_url.encode()).hexdigest()[:12]}"
        return self.folder / f"sandbox{mark}.jsonl"

    @property
    def environment(self) -> dict[str, str]:
        """The settings of a demo, as any process of it reads them."""
        return {
            "HEARTHLINE_MODE": "demo",
            "HEARTHLINE_DATA_DIR": str(self.folder),
            "HEARTHLINE_DATABASE_URL": self.database_url,
            "HEARTHLINE_HOST": HOST,
            "HEARTHLINE_PORT": str(self.port),
            "HEARTHLINE_PUBLIC_BASE_URL": self.address,
            "HEARTHLINE_EMBEDDED": "1",
            "HEARTHLINE_LOG_FILE": str(self.folder / log.FILE),
        }


@click.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, HIGHEST_PORT), help="Port of the demo page.")
@click.option("--database", default="", metavar="URL", help="PostgreSQL or SQLite address instead of the demo's own file.")
@click.option("--reset", is_flag=True, help="Start again from an empty demo district.")
def demo(port: int, database: str, reset: bool) -> None:  # noqa: FBT001 - a command line flag
    """Serve the demo district with sandbox providers on this machine."""
    if (refused := refusal(HOST, port)) is not None:
        other = port + 1 if 1023 < port < HIGHEST_PORT else 8000
        why = (
            "is not for this user to serve on. Choose"
            if isinstance(refused, PermissionError)
            else "is in use. Stop what uses it, or choose"
        )
        click.echo(f'Port {port} {why} another: make demo ARGS="--port {other}"', err=True)
        sys.exit(1)
    folder = demo_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        click.echo(f"The demo's folder {folder} cannot be made: {error.strerror}.", err=True)
        sys.exit(1)
    place = Place(folder, port, database or f"sqlite:///{folder}/hearthline.db")
    hand_on(place.environment)
    try:
        if reset:
            _forget(place)
        _run(place)
    except HearthlineError as error:
        click.echo(str(error), err=True)
        sys.exit(error.exit_code)
    except DBAPIError as error:
        click.echo(f"The database does not answer: {str(error.orig).splitlines()[0]}", err=True)
        sys.exit(1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _forget(place: Place) -> None:
    """Empty the demo: its folder, or the tables of another database that holds nothing but demo districts."""
    from bot.service.demo_reset import empty_database

    if not place.is_own:
        empty_database(place.database_url)
        place.journal.unlink(missing_ok=True)
        return
    for entry in place.folder.iterdir():
        if entry.name in KEPT:
            continue
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _run(place: Place) -> None:
    from bot import app
    from bot.commands import serve
    from bot.config import Settings

    settings = Settings.load()
    log.set_up(file=log.file_for(settings.log_file, settings.data_dir))
    runtime = app.build_runtime(settings)
    _prepare(runtime)
    sandbox = _sandbox(runtime, place)
    runtime.database.close()
    options = sandbox.sandbox.state.options
    hand_on(
        {
            "HEARTHLINE_TWILIO_ACCOUNT_SID": options.account_sid,
            "HEARTHLINE_TWILIO_AUTH_TOKEN": options.auth_token,
            "HEARTHLINE_TWILIO_BASE_URL": sandbox.twilio_url,
            "HEARTHLINE_SLACK_BOT_TOKEN": options.bot_token,
            "HEARTHLINE_SLACK_APP_TOKEN": options.app_token,
            "HEARTHLINE_SLACK_SIGNING_SECRET": options.signing_secret,
            "HEARTHLINE_SLACK_BASE_URL": sandbox.slack_url,
            "HEARTHLINE_SLACK_TRANSPORT": "http",
            "HEARTHLINE_MAIL_FROM": f"Cedar Valley Schools <{MAIL_ADDRESS}>",
            "HEARTHLINE_MAIL_AUTHSERV_ID": options.mail_authserv_id,
            "HEARTHLINE_MAIL_SMTP_HOST": HOST,
            "HEARTHLINE_MAIL_SMTP_PORT": str(sandbox.smtp_port),
            "HEARTHLINE_MAIL_SMTP_TLS": "off",
            "HEARTHLINE_MAIL_LISTEN_PORT": options.mail_delivery.rpartition(":")[2],
            "HEARTHLINE_GOOGLETRANS_BASE_URL": sandbox.google_url,
            "HEARTHLINE_SANDBOX_CA_FILE": sandbox.ca_file,
            "HEARTHLINE_SANDBOX_URL": sandbox.control_url,
        }
    )
    settings_file = place.folder / DEMO_SETTINGS
    ours = sorted((name, value) for name, value in environment().items() if name.startswith("HEARTHLINE_"))
    settings_file.write_text("".join(f"{name}={value}\n" for name, value in ours))
    settings_file.chmod(0o600)
    _say(place, sandbox)
    try:
        serve.run(Settings.load())
    finally:
        sandbox.stop()
        gc.freeze()  # what the demo compiled need not be walked once more on the way out
    click.echo("Stopped. What was said is kept; start again with the same command.")


def _prepare(runtime: Runtime) -> None:
    """Catalogues, tables, people; each only where something is missing."""
    import bot.i18n
    from bot.service.seed import approve_demo, is_seeded, keep_daytime, seed_demo
    from bot.service.seed_texts import seed_texts
    from bot.store.database import migrate

    translations = Path(__file__).resolve().parents[2] / "translations"
    if os.access(translations, os.W_OK):
        bot.i18n.compile_all(translations)
    migrate(runtime.database)
    hash_of = runtime.catalogues.hash
    with runtime.database.begin() as conn:
        if is_seeded(conn):
            approve_demo(conn, runtime.clock.now(), runtime.ids.new, hash_of)
            keep_daytime(conn, runtime.clock.now())
        else:
            click.echo("Setting up the demo district Cedar Valley.")
            seed_demo(conn, runtime.vault, runtime.clock.now(), runtime.ids.new, hash_of)
            seed_texts(conn, runtime, runtime.clock.now())


def _sandbox(runtime: Runtime, place: Place) -> Handle:
    """Twilio, Slack and a mail host for this demo, in a thread; what they accepted is kept over a restart."""
    from bot.sandbox.options import Options, SlackChannel, SlackUser
    from bot.sandbox.server import Sandbox
    from bot.service import demo_view
    from bot.service.seed_people import TEAM

    with runtime.database.read() as conn:
        people = demo_view.people(conn)
        families = demo_view.families(conn)
    team = {staff_id for staff_id, _ in TEAM}
    members = tuple(person.slack_user for person in people if person.staff_id in team)
    options = Options(
        mode="demo",
        host=HOST,
        journal=place.journal,
        tls_folder=place.folder,
        message_webhook=f"{place.address}/hooks/twilio/message",
        slack_request_url=f"{place.address}/hooks/slack",
        mail_delivery=f"lmtp://{HOST}:{_free_port()}",
        slack_transport="http",
        slack_users=tuple(SlackUser(person.slack_user, person.email.split("@")[0], person.name) for person in people),
        slack_channels=tuple(
            SlackChannel(channel, f"case-{code.lower()}", members=members)
            for family in families
            for code, channel in zip(family.codes, family.channels, strict=True)
        ),
    )
    return Sandbox(options).start_in_thread()


def _our_command() -> str:
    """How another terminal in this folder calls us: `make demo` leaves the shell's PATH as it is."""
    script = Path(sys.prefix) / "bin/hearthline"
    return "hearthline" if shutil.which("hearthline") or not script.exists() else os.path.relpath(script)


def _say(place: Place, sandbox: Handle) -> None:
    options = sandbox.sandbox.state.options
    click.echo(
        f"""
  Open the demo        {place.address}/
  Staff console        {place.address}/console/   (choose a person; the link arrives in the mail pane)

  Sandbox Twilio       {sandbox.twilio_url}
    account SID        {options.account_sid}
    auth token         {options.auth_token}
    webhook URL        {options.message_webhook}
    our number         {options.senders[0]}
  Sandbox mail         SMTP {HOST}:{sandbox.smtp_port}, mail to families.demo.example comes in by {options.mail_delivery}
  Sandbox control      {sandbox.control_url}

  Start a talk         a button on the page, or in another terminal:
    {_our_command()} flows start home-observations --variant reading --contact con_demo_es

  Everything stays on this machine, in {place.folder}. Stop with Ctrl-C.
"""
    )
