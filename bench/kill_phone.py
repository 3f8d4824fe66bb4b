"""Families that write while the house is being killed: signed webhooks, posted again until they are answered 200, as the provider does."""

from __future__ import annotations

import random
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence

from twilio.request_validator import RequestValidator

from bench.kill_house import ACCOUNT, TOKEN, Family, House

AGAIN_SECONDS = 0.5


class Phone:
    """Writes `count` messages, one family after the other, until each is answered."""

    def __init__(self, house: House, families: Sequence[Family], count: int, dice: random.Random) -> None:
        self.house = house
        self.sent: list[str] = []
        self._families = [families[n % len(families)] for n in range(count)]
        self._sids = [f"SM{dice.getrandbits(128):032x}" for _ in range(count)]
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def finish(self, patience: float) -> None:
        """Wait until every text was answered 200. A watcher may have given up after the last kill: it is started again, as an operator would."""
        deadline = time.monotonic() + patience
        while self._thread.is_alive() and time.monotonic() < deadline:
            self.house.start()
            self._thread.join(0.2)

    def _run(self) -> None:
        for sid, family in zip(self._sids, self._families, strict=True):
            self.sent.append(sid)
            while not self._post(sid, family):
                time.sleep(AGAIN_SECONDS)
            time.sleep(0.1)

    def _post(self, sid: str, family: Family) -> bool:
        url = f"http://127.0.0.1:{self.house.port}/hooks/twilio/message"
        form = {
            "MessageSid": sid,
            "SmsMessageSid": sid,
            "AccountSid": ACCOUNT,
            "From": family.phone,
            "To": family.sender,
            "Body": "AYUDA",
            "NumMedia": "0",
            "NumSegments": "1",
            "ApiVersion": "2010-04-01",
        }
        signature = RequestValidator(TOKEN).compute_signature(url, form)
        request = urllib.request.Request(url, urllib.parse.urlencode(form).encode(), {"X-Twilio-Signature": signature})
        try:
            with urllib.request.urlopen(request, timeout=15) as answer:
                return int(answer.status) == 200
        except (OSError, urllib.error.URLError, ConnectionError):
            return False
