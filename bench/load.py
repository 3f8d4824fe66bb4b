"""A stream of signed webhooks, pushed by wrk where it is installed and by a small asyncio client where it is not.

wrk is written in C and leaves the two cores to what is measured; the asyncio client costs about a third of a core, ours and the peers' alike.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import re
import shutil
import subprocess
import tempfile
import time
import urllib.parse
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

LUA = """
local requests = {}
local i = 0
for line in io.lines("@FILE@") do
  local path, signature, body = line:match("([^\\t]+)\\t([^\\t]+)\\t(.+)")
  requests[#requests + 1] = wrk.format("POST", path, {["Content-Type"] = "application/x-www-form-urlencoded", ["X-Twilio-Signature"] = signature}, body)
end
request = function()
  i = i + 1
  return requests[(i - 1) % #requests + 1]
end
"""

FIELDS = {
    "ToCountry": "US",
    "ToState": "CO",
    "SmsStatus": "received",
    "NumMedia": "0",
    "FromCountry": "US",
    "FromState": "CO",
    "NumSegments": "1",
    "ApiVersion": "2010-04-01",
}


@dataclass(frozen=True)
class Webhook:
    path: str
    signature: str
    body: str


@dataclass(frozen=True)
class Load:
    """What a window of load came to; `per_second` counts answers of 2xx only."""

    per_second: float
    p50_ms: float
    p99_ms: float
    refused: int
    sent: int


def sign(url: str, form: dict[str, str], token: str) -> str:
    """Twilio's signature: HMAC-SHA1 over the public address and the sorted fields (the vendor's security page)."""
    text = url + "".join(key + form[key] for key in sorted(form))
    return base64.b64encode(hmac.digest(token.encode(), text.encode(), "sha1")).decode()


def webhook(public_url: str, path: str, token: str, account: str, sid: str, sender: str, to: str, text: str) -> Webhook:
    form = {
        **FIELDS,
        "MessageSid": sid,
        "SmsSid": sid,
        "SmsMessageSid": sid,
        "AccountSid": account,
        "From": sender,
        "To": to,
        "Body": text,
    }
    return Webhook(path, sign(public_url + path, form, token), urllib.parse.urlencode(form))


def drive(base_url: str, webhooks: Iterable[Webhook], *, connections: int, seconds: float) -> Load:
    """Push for `seconds` over `connections` kept-open connections; the stream must be long enough not to come round."""
    items = list(webhooks)
    if shutil.which("wrk"):
        return _wrk(base_url, items, connections, seconds)
    return asyncio.run(_asyncio(base_url, items, connections, seconds))


def _wrk(base_url: str, items: list[Webhook], connections: int, seconds: float) -> Load:
    with tempfile.TemporaryDirectory(prefix="hearthline-load-") as folder:
        stream = Path(folder) / "stream.txt"
        stream.write_text("".join(f"{w.path}\t{w.signature}\t{w.body}\n" for w in items), encoding="utf-8")
        script = Path(folder) / "push.lua"
        script.write_text(LUA.replace("@FILE@", str(stream)), encoding="utf-8")
        command = [
            "wrk",
            "-t1",
            f"-c{connections}",
            f"-d{max(1, round(seconds))}s",
            "--latency",
            "--timeout",
            "15s",
            "-s",
            str(script),
            base_url,
        ]
        out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    bad = int(refused[1]) if refused else 0
    total = int(re.search(r"(\d+) requests in", out)[1])
    span = _milliseconds(re.search(r"requests in ([\d.]+\w+)", out)[1]) / 1000
    return Load(
        per_second=(total - bad) / span,
        p50_ms=_milliseconds(re.search(r"\n\s+50%\s+(\S+)", out)[1]),
        p99_ms=_milliseconds(re.search(r"\n\s+99%\s+(\S+)", out)[1]),
        refused=bad,
        sent=total,
    )


def _milliseconds(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()
    return float(number) * {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60000.0}[unit]


async def _asyncio(base_url: str, items: list[Webhook], connections: int, seconds: float) -> Load:
    host, _, port = base_url.removeprefix("http://").partition(":")
    stream = iter(items)
    spans: list[float] = []
    bad = 0
    end = time.perf_counter() + seconds

    async def one() -> None:
        nonlocal bad
        reader, writer = await asyncio.open_connection(host, int(port))
        for w in stream:
            started = time.perf_counter()
            if started > end:
                break
            body = w.body.encode()
            writer.write(
                f"POST {w.path} HTTP/1.1\r\nHost: {host}:{port}\r\nX-Twilio-Signature: {w.signature}\r\n"
                f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n".encode()
                + body
            )
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: *(\d+)", head)
            await reader.readexactly(int(length[1]) if length else 0)
            spans.append(time.perf_counter() - started)
            bad += not head.startswith(b"HTTP/1.1 2")
        writer.close()

    started = time.perf_counter()
    await asyncio.gather(*[one() for _ in range(connections)])
    span = time.perf_counter() - started
    spans.sort()
    return Load((len(spans) - bad) / span, spans[len(spans) // 2] * 1000, spans[int(len(spans) * 0.99)] * 1000, bad, len(spans))
