"""Whether the writer's domain was proved, read from the one header our own mail host wrote (RFC 8601, fault 11).

Only the topmost Authentication-Results counts, and only with our own host's name in it: everything below it came with the mail and may be
forged. It must hold exactly one DMARC result, for exactly the domain of the one From address.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from channels.email.mime import Mail

_COMMENT_OR_QUOTE = re.compile(r"[()\"\\]")
LONGEST = 8_000


def dmarc(mail: Mail, authserv_ids: frozenset[str]) -> str:
    """Return pass, fail or none: what our own mail host found about the domain of `mail.sender`."""
    found = mail.headers.get("authentication-results", ())
    if not found or not mail.sender or len(found[0]) > LONGEST:
        return "none"
    results = _results(" ".join(found[0].split()), authserv_ids)
    if len(results) != 1:
        return "none" if not results else "fail"
    result, domain = results[0]
    if result != "pass":
        return "fail" if result == "fail" else "none"
    return "pass" if domain == mail.sender.rpartition("@")[2].lower() else "fail"


@cache
def _reader() -> Any:
    import authres

    return authres.all_features()


def _results(value: str, authserv_ids: frozenset[str]) -> list[tuple[str, str]]:
    """(result, From domain) of every DMARC result in this header, when it is our host's; nothing when it cannot be read."""
    try:
        header = _reader().parse_value(value)
    except Exception:  # noqa: BLE001 - whatever the parser trips over proves nothing
        return []
    if str(header.authserv_id).lower() not in authserv_ids:
        return []
    found = []
    for one in header.results:
        if one.method.lower() != "dmarc":
            continue
        domains = [str(each.value).lower() for each in one.properties if (each.type, each.name) == ("header", "from")]
        domain = domains[0].rpartition("@")[2] if len(domains) == 1 and not _COMMENT_OR_QUOTE.search(domains[0]) else ""
        found.append((one.result.lower(), domain))
    return found
