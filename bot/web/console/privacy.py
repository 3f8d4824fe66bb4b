"""The privacy log: who read and did what, what went to families; filtered, by pages, and as a table to keep."""

from __future__ import annotations

from datetime import UTC, date

from flask import Response, render_template, request

from bot.exchange import csv_out
from bot.service import break_glass, privacy_log
from bot.service.privacy_log import Ask
from bot.service.wording import wording
from bot.web import guard, vocabulary
from bot.web.console import console, runtime_and_now, viewer


def _ask() -> Ask:
    """What the form says; what is no date or number is as if it were not there."""
    said = request.values
    return Ask(
        kind="sent" if said.get("kind") == "sent" else "seen",
        staff_id=said.get("staff", "")[:60],
        code=said.get("case", "")[:20],
        action=said.get("action", "")[:40],
        since=_day(said.get("since", "")),
        until=_day(said.get("until", "")),
        before=guard.whole_number("before"),
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@console.get("/privacy")
def privacy() -> str:
    runtime, now = runtime_and_now()
    ask = _ask()
    with runtime.database.begin() as conn:
        log = privacy_log.read(conn, runtime, viewer(), ask, now)
        opened = break_glass.listed(conn, viewer())
    return render_template("console/privacy.html", log=log, ask=ask, opened=opened, viewer=viewer())


@console.post("/privacy.csv")
def privacy_table() -> Response:
    """The same as a table. A POST: taking a copy away is a thing done, and it is written down."""
    runtime, now = runtime_and_now()
    ask = _ask()
    with runtime.database.begin() as conn:
        lines = privacy_log.export(conn, runtime, viewer(), ask, now)
    say = wording(viewer().lang).gettext
    words = vocabulary.filters(say)
    header = [say("When (UTC)"), say("Who"), say("What"), say("About"), say("Class"), say("Channel"), say("State")]
    what = words["action_word"] if ask.kind == "seen" else words["purpose_word"]
    rows = (
        [
            one.at.astimezone(UTC).isoformat(timespec="seconds"),
            one.who,
            what(one.action),
            one.about,
            one.message_class,
            words["channel_word"](one.channel),
            words["state_word"](one.state),
        ]
        for one in lines
    )
    answer = Response(csv_out.table(header, rows), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="privacy-log-{ask.kind}-{now:%Y-%m-%d}.csv"'
    return answer
