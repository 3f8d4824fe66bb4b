"""Fetch a photo or a voice note, from Twilio only: a webhook's address must never make us call a stranger (ASVS 1.3.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from channels.base import MediaRef
from channels.errors import NotAccepted, Permanent, Untaken
from channels.twilio.client import Account

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientTimeout

MAX_BYTES = 16 * 1024 * 1024
MAX_REDIRECTS = 3
CHUNK = 64 * 1024
PASSING = frozenset({401, 403, 404, 408, 429})
"""Answers that may be another one later: a token that is being changed, a file that is not there yet, too much at once."""
# Where Twilio keeps media; api.twilio.com answers with a redirect to one of the others.
HOSTS = frozenset({"api.twilio.com", "media.twiliocdn.com", "mms.twiliocdn.com", "mcs.us1.twilio.com", "s3-external-1.amazonaws.com"})
CONTENT_TYPES = frozenset(
    {
        *("image/jpeg", "image/png", "image/gif", "image/webp", "image/heic", "image/heif"),
        *("audio/ogg", "audio/amr", "audio/mpeg", "audio/mp4", "audio/aac", "audio/3gpp", "audio/wav", "audio/webm", "audio/basic"),
        *("audio/x-wav", "audio/opus", "audio/3gpp2", "video/3gpp", "video/mp4"),
        *("application/pdf", "text/vcard", "text/x-vcard"),
    }
)
"""Pictures, sound, a paper a family has, and a person they name. Nothing a browser would run: no SVG, no HTML."""


async def fetch(account: Account, ref: MediaRef) -> tuple[str, bytes]:
    """Return content type and bytes.

    Raises `Permanent` when it will never be fetched (elsewhere; `Untaken`: too large, another kind of file) and `NotAccepted` when it
    may be tried again.
    """
    from aiohttp import ClientError

    url = ref.url
    try:
        for _ in range(MAX_REDIRECTS + 1):
            # Redirects are followed by hand: each new address is checked, and only the account's own host is shown our token.
            async with account.session.get(
                _allowed(account, url), headers=_headers(account, url), allow_redirects=False, timeout=_timeout()
            ) as answer:
                if answer.status not in {301, 302, 303, 307, 308}:
                    return await _read(answer, ref.content_type)
                url = urljoin(url, answer.headers.get("Location", ""))
    except (ClientError, TimeoutError, OSError) as error:
        raise NotAccepted("The file could not be fetched just now.", code=type(error).__name__) from None
    raise Permanent("The file's address leads in circles.", code="redirects")


def _allowed(account: Account, url: str) -> str:
    at, home = urlsplit(url), urlsplit(account.base_url)
    ours = (at.scheme, at.netloc) == (home.scheme, home.netloc)
    theirs = at.scheme == "https" and at.netloc in HOSTS
    if not (ours or theirs):
        raise Permanent("The file is not at Twilio; it was not fetched.", code="host")
    return url


def _headers(account: Account, url: str) -> dict[str, str]:
    if urlsplit(url).netloc != urlsplit(account.base_url).netloc:
        return {}
    from aiohttp import encode_basic_auth

    return {"Authorization": encode_basic_auth(account.sid, account.token)}


def _timeout() -> ClientTimeout:
    from aiohttp import ClientTimeout as Timeout

    return Timeout(total=60, sock_read=15)


async def _read(answer: ClientResponse, said: str) -> tuple[str, bytes]:
    if answer.status >= 500 or answer.status in PASSING:
        raise NotAccepted("The file could not be fetched just now.", code=str(answer.status))
    if answer.status != 200:
        raise Permanent("Twilio does not give this file.", code=str(answer.status))
    # of a kind that was refused when the message came, who sent it has heard
    lost = Untaken if said in CONTENT_TYPES or not said else Permanent
    if answer.content_type not in CONTENT_TYPES:
        raise lost("This kind of file is not taken.", code="content_type")
    data = bytearray()
    async for chunk in answer.content.iter_chunked(CHUNK):
        data += chunk
        if len(data) > MAX_BYTES:
            raise lost("The file is too large.", code="size")
    return answer.content_type, bytes(data)
