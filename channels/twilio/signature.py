"""Is this request really Twilio's? Our own check, because the SDKs' crash on strangers' requests (fault 12).

Signed is HMAC-SHA1 of the exact public address, followed by every form field's name and value in order of name; repeated values
count once each, sorted. A body that is not a form is signed by its hash, which Twilio puts into the query (`bodySHA256`).
Twilio's own products disagree on whether the port belongs to the address and how a quote is written, so all spellings of the
one configured address are accepted. There is no time in the signature: only our dedupe by message id stops a replay.
https://www.twilio.com/docs/usage/security#validating-requests
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from functools import lru_cache

from channels.errors import Refused

HEADER = "x-twilio-signature"
MAX_ADDRESS = 4096
_PARTS = re.compile(r"(?P<scheme>https?)://(?P<authority>[^/?#]+)(?P<rest>[^#]*)", re.DOTALL)
_BODY_HASH = re.compile(r"[?&]bodySHA256=(?P<hash>[0-9A-Fa-f]{64})(?:&|$)")
_STANDARD_PORT = {"https": "443", "http": "80"}

Fields = Sequence[tuple[str, str]]


def verify(address: str, signature: str | None, tokens: Sequence[str], *, fields: Fields | None, body: bytes) -> None:
    """Return when the request is signed with one of our tokens, else raise `Refused`, whatever goes wrong on the way.

    :param address: the configured public address with the path and query we were called under.
    :param tokens: the account's primary token and, while it is being changed, the previous one.
    :param fields: the form's fields in the order they came, or None when the body is not a form.
    """
    try:
        genuine = _is_genuine(address, signature, tokens, fields, body)
    except Exception as error:
        raise Refused from error
    if not genuine:
        raise Refused


def sign(address: str, fields: Fields, token: str) -> str:
    """Return the signature of this one spelling of the address and these fields."""
    return _mac(address, _written(fields), token.encode()).decode()


@lru_cache(maxsize=256)
def spellings(address: str) -> tuple[str, ...]:
    """Every way Twilio may have written this address down when it signed it."""
    parts = _PARTS.fullmatch(address)
    if parts is None or len(address) > MAX_ADDRESS:
        return ()
    scheme, authority, rest = parts["scheme"], parts["authority"], parts["rest"]
    bare = re.sub(r":[0-9]{1,5}$", "", authority)
    with_port = authority if bare != authority else f"{bare}:{_STANDARD_PORT[scheme]}"
    written = [f"{scheme}://{host}{rest}" for host in (authority, bare, with_port)]
    quoted = [one.replace("'", "%27") for one in written]
    return tuple(dict.fromkeys(written + quoted))


def _is_genuine(address: str, signature: str | None, tokens: Sequence[str], fields: Fields | None, body: bytes) -> bool:
    given = (signature or "").encode("ascii")
    if not given:
        return False
    if fields is None:
        named = _BODY_HASH.search(address)
        if named is None or not hmac.compare_digest(hashlib.sha256(body).hexdigest(), named["hash"].lower()):
            return False
    written = _written(fields or ())
    expected = (_mac(one, written, token.encode()) for token in tokens if token for one in spellings(address))
    return _any_equal(expected, given)


def _written(fields: Fields) -> str:
    """Return the fields as they are signed: in order of name, repeated values once each."""
    return "".join([name + value for name, value in sorted(set(fields))])


def _mac(address: str, written: str, token: bytes) -> bytes:
    # Not `hmac.digest`, which gives up the interpreter's lock each time: the thread that commits would take it in the middle of every text.
    return b64encode(hmac.new(token, (address + written).encode(), "sha1").digest())


def _any_equal(expected: Iterable[bytes], given: bytes) -> bool:
    # No early exit: the time taken says nothing about which token or spelling matched.
    found = False
    for one in expected:
        found |= hmac.compare_digest(one, given)
    return found
