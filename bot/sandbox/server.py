"""The sandbox as a whole: one aiohttp server on this machine, in a process or a thread of its own."""

from __future__ import annotations

import asyncio
import json
import threading
import urllib.error
import urllib.request
from typing import Any, Final

import uvloop
from aiohttp import web

from bot.sandbox.control import Control
from bot.sandbox.mail_host import MailHost
from bot.sandbox.options import Options
from bot.sandbox.slack_api import SlackApi
from bot.sandbox.slack_events import SlackEvents
from bot.sandbox.slack_workspace import Workspace
from bot.sandbox.socket_mode import SocketMode
from bot.sandbox.state import State
from bot.sandbox.translators import Translators
from bot.sandbox.twilio_callbacks import Deliveries
from bot.sandbox.twilio_inbound import TwilioInbound
from bot.sandbox.twilio_messages import TwilioApi

LARGEST_BODY: Final = 16 * 1024 * 1024
START_SECONDS: Final = 30


class Sandbox:
    """One sandbox. `start` and `stop` belong to a running event loop; most callers want `start_in_thread`."""

    def __init__(self, options: Options) -> None:
        options.check_mode()
        self.state = State(options)
        self.workspace = Workspace(self.state)
        self.sockets = SocketMode(self.state)
        self.deliveries = Deliveries(self.state)
        self.twilio = TwilioApi(self.state, self.deliveries)
        self.inbound = TwilioInbound(self.state, self.twilio)
        self.slack = SlackApi(self.state, self.workspace, self.sockets)
        self.events = SlackEvents(self.state, self.workspace, self.sockets)
        self.translators = Translators(self.state)
        self.tls_url = ""
        self.mail = MailHost(self.state)
        self.control = Control(
            self.state, self.deliveries, self.inbound, self.workspace, self.events, self.sockets, self.translators, self.mail
        )
        self._runner: web.AppRunner | None = None

    def application(self) -> web.Application:
        application = web.Application(client_max_size=LARGEST_BODY)
        for part in (self.twilio, self.slack, self.sockets, self.translators, self.control):
            application.add_routes(part.routes())
        return application

    async def start(self) -> str:
        """Listen; return the address."""
        options = self.state.options
        self._runner = web.AppRunner(self.application(), access_log=None, handle_signals=False)
        await self._runner.setup()
        site = web.TCPSite(self._runner, options.host, options.port, backlog=1024)
        await site.start()
        port = self._runner.addresses[0][1]
        self.state.base_url = f"http://{options.host}:{port}"
        if options.tls_folder is not None:
            await self._start_tls(options)
        await self.state.poster.open()
        self.deliveries.start()
        await self.mail.start()
        return self.state.base_url

    async def _start_tls(self, options: Options) -> None:
        """Listen over TLS as well, with a certificate made just now."""
        from bot.sandbox.authority import Authority

        assert self._runner is not None
        assert options.tls_folder is not None
        authority = Authority(options.tls_folder, options.host)
        await web.TCPSite(self._runner, options.host, 0, ssl_context=authority.server_context()).start()
        self.tls_url = f"https://{options.host}:{self._runner.addresses[-1][1]}"

    async def stop(self) -> None:
        self.deliveries.stop()
        await self.mail.stop()
        await self.sockets.disconnect("link_disabled")
        if self._runner is not None:
            await self._runner.cleanup()
        await self.state.poster.close()
        self.state.ledger.close()

    def start_in_thread(self) -> Handle:
        """Run in a thread with its own event loop; returns once it answers."""
        return Handle(self)


class Handle:
    """A sandbox that runs in a thread of this process."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._finish: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)
        self._thread.start()
        if not self._ready.wait(START_SECONDS):
            raise TimeoutError("The sandbox did not start in time.")
        if self._failure is not None:
            raise self._failure

    @property
    def twilio_url(self) -> str:
        """For `twilio_base_url`: where https://api.twilio.com would be."""
        return self.sandbox.state.base_url

    @property
    def slack_url(self) -> str:
        """For `slack_base_url`: where https://slack.com/api/ would be."""
        return self.sandbox.state.base_url + "/api/"

    @property
    def google_url(self) -> str:
        """For `googletrans_base_url`: where https://translate.googleapis.com would be; "" without TLS."""
        return self.sandbox.tls_url

    @property
    def libretranslate_url(self) -> str:
        return self.sandbox.state.base_url + "/libretranslate"

    @property
    def ca_file(self) -> str:
        """What must be trusted for `google_url`."""
        folder = self.sandbox.state.options.tls_folder
        return str(folder / "sandbox-ca.pem") if folder is not None else ""

    @property
    def smtp_port(self) -> int:
        """For `mail_smtp_port`: where mail is taken, on this machine, without TLS."""
        return self.sandbox.mail.smtp_port

    @property
    def imap_port(self) -> int:
        """For `mail_imap_port`: where the mailbox is served."""
        return self.sandbox.mail.imap_port

    @property
    def control_url(self) -> str:
        return self.sandbox.state.base_url + "/sandbox"

    def ask(self, path: str, wish: Any = None) -> Any:
        """GET /sandbox/<path>, or POST it when there is a wish; for tests and benches."""
        body = None if wish is None else json.dumps(wish).encode()
        request = urllib.request.Request(f"{self.control_url}/{path}".rstrip("/"), body)  # noqa: S310 - our own address
        try:
            with urllib.request.urlopen(request) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return json.load(error)

    def stop(self) -> None:
        if self._loop is not None and self._finish is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._finish.set)
            self._thread.join(START_SECONDS)

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - handed to whoever started us
            self._failure = error
            self._ready.set()

    async def _serve(self) -> None:
        self._loop, self._finish = asyncio.get_running_loop(), asyncio.Event()
        await self.sandbox.start()
        self._ready.set()
        await self._finish.wait()
        await self.sandbox.stop()
