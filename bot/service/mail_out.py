"""What one turn says by e-mail is one mail: its texts in order, and beside a page of questions the way to answer them on our own page.

What must leave first and alone (a safety text, the confirmation of a STOP) stays alone.
"""

from __future__ import annotations

from typing import Any

from bot.engine import page
from bot.service.doing import Doing
from bot.service.family_chat import make_link
from bot.store import family_queries
from bot.store.types import Plain
from channels.base import MAIL

ASKING = frozenset({"ask", "nudge"})
PAGE = "/chat/"
"""A mail that holds a link to their page already (the copy of a request) needs no second one."""


def join(doing: Doing) -> None:
    """Make one row of what this turn says to the family by mail."""
    rows = [one for one in doing.rows.outbox if _joins(doing, one)]
    if not rows:
        return
    # The strictest class decides who may get it; ids and order are the first row's.
    first, strictest = rows[0], max(rows, key=lambda one: str(one["message_class"]))
    bodies = [str(one["body"].text) for one in rows]
    asking = next((one for one in reversed(rows) if one["purpose"] != "notice"), rows[-1])
    if link := _page_link(doing, asking, bodies[-1]):
        bodies.append(link)
    first.update({name: strictest[name] for name in ("message_class", "case_id", "guardianship_id")})
    first.update(
        purpose=asking["purpose"], ref=asking["ref"], lang=asking["lang"], answers_family=any(one["answers_family"] for one in rows)
    )
    first["body"] = Plain(doing.district_id, "\n\n".join(bodies))
    gone = {one["id"] for one in rows[1:]}
    doing.rows.outbox[:] = [one for one in doing.rows.outbox if one["id"] not in gone]
    doing.wake[:] = [one for one in doing.wake if one not in gone]


def _joins(doing: Doing, row: dict[str, Any]) -> bool:
    return bool(
        row["audience"] == "family"
        and row["channel"] == MAIL
        and row["message_id"] == (doing.message_id or None)
        and row["contact_id"] == doing.contact_id
        and row["message_class"] != "F"
        and row["purpose"] != "confirm_stop"
    )


def _page_link(doing: Doing, row: dict[str, Any], body: str) -> str:
    """A line with a link to the family's page, where a page of questions goes out and a code can reach their phone; else ""."""
    runtime, conn = doing.stage.runtime, doing.stage.batch.conn
    flow = runtime.library.latest.get(str(row["ref"]).partition("/")[0])
    if flow is None or any(page.about_the_address(part) for part in flow.parts.values()):
        return ""
    spoken = runtime.library.text("common", "page_chat", row["lang"])
    base = runtime.settings.public_base_url
    many = row["purpose"] in ASKING and "\n\n" in body and PAGE not in body
    if spoken is None or not base or not many or doing.contact_id is None or family_queries.number_on_file(conn, doing.contact_id) is None:
        return ""
    return f"{spoken.format} {base}/chat/{make_link(conn, runtime, doing.contact_id, doing.now)}"
