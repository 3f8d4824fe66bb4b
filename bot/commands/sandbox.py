"""`hearthline sandbox`: play Twilio, Slack and a mail host in a process of its own."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from bot.sandbox.server import Sandbox

PORT = click.IntRange(0, 65535)


@click.command()
@click.option("--mode", envvar="HEARTHLINE_MODE", default="production", hidden=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8900, show_default=True, type=PORT, help="Port to listen on; 0 takes a free one.")
@click.option("--journal", type=click.Path(dir_okay=False, path_type=Path), help="Keep what was accepted in this file.")
@click.option("--seed", type=int, help="Make ids and misbehaviour repeatable.")
@click.option("--account-sid", envvar="HEARTHLINE_TWILIO_ACCOUNT_SID", help="Account SID to expect.")
@click.option("--auth-token", envvar="HEARTHLINE_TWILIO_AUTH_TOKEN", help="Auth token to expect and sign with.")
@click.option("--sender", multiple=True, help="A number the account owns; may be given several times.")
@click.option("--webhook", default="", help="Our address for inbound texts; may carry #rc=5&rp=all.")
@click.option("--slack-url", default="", help="Our address for Slack events, buttons and commands.")
@click.option("--bot-token", envvar="HEARTHLINE_SLACK_BOT_TOKEN", help="Slack bot token to expect.")
@click.option("--app-token", envvar="HEARTHLINE_SLACK_APP_TOKEN", help="Slack app token to expect (Socket Mode).")
@click.option("--signing-secret", envvar="HEARTHLINE_SLACK_SIGNING_SECRET", help="Slack signing secret to sign with.")
@click.option("--smtp-port", default=0, type=PORT, help="Port that takes mail; 0 takes a free one.")
@click.option("--imap-port", default=0, type=PORT, help="Port of the mailbox; 0 takes a free one.")
@click.option("--mail-delivery", default="imap", show_default=True, help="Where mail to us goes: lmtp://host:port, smtp://host:port, imap.")
@click.option("--stop-replies", type=click.Choice(["ours", "provider"]), default="ours", show_default=True)
@click.option("--list-lag", type=float, default=2.0, show_default=True, help="Seconds the message list lags behind.")
def sandbox(
    mode: str,
    host: str,
    port: int,
    journal: Path | None,
    seed: int | None,
    account_sid: str | None,
    auth_token: str | None,
    sender: tuple[str, ...],
    webhook: str,
    slack_url: str,
    bot_token: str | None,
    app_token: str | None,
    signing_secret: str | None,
    smtp_port: int,
    imap_port: int,
    mail_delivery: str,
    stop_replies: str,
    list_lag: float,
) -> None:
    """Play Twilio, Slack and a mail host on this machine (HEARTHLINE_MODE demo, test or bench only)."""
    from bot.sandbox.options import Options, RefusedToStart
    from bot.sandbox.server import Sandbox

    given = {
        "account_sid": account_sid,
        "auth_token": auth_token,
        "senders": sender or None,
        "bot_token": bot_token,
        "app_token": app_token,
        "signing_secret": signing_secret,
    }
    options = Options(
        mode=mode,
        host=host,
        port=port,
        journal=journal,
        seed=seed,
        message_webhook=webhook,
        slack_request_url=slack_url,
        mail_smtp_port=smtp_port,
        mail_imap_port=imap_port,
        mail_delivery=mail_delivery,
        stop_replies=stop_replies,
        list_lag_seconds=list_lag,
        **{name: value for name, value in given.items() if value is not None},  # type: ignore[arg-type]
    )
    try:
        served = Sandbox(options)
    except RefusedToStart as refusal:
        click.echo(str(refusal), err=True)
        sys.exit(2)

    _serve(served)


def _serve(served: Sandbox) -> None:
    import uvloop

    async def run() -> None:
        stop = asyncio.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(name, stop.set)
        base = await served.start()
        mail = served.mail
        click.echo(f"Sandbox: Twilio {base}  Slack {base}/api/  SMTP {mail.smtp_port}  IMAP {mail.imap_port}  control {base}/sandbox")
        await stop.wait()
        await served.stop()

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run())
    except OSError:
        options = served.state.options
        click.echo(f"Cannot listen on {options.host}:{options.port}: the port is in use or not ours.", err=True)
        sys.exit(1)
