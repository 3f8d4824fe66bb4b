"""What is waiting or was said about a case, and what a family wrote, is found without reading every text there is."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from bot.service import sharing
from bot.store import family_queries, mail_in, meetings, privacy_log, safety, timeline
from tests.service.test_receive_plans import scans

CASE = "cas_demo_maya"
ASKED = {
    "held texts": lambda conn, now: safety.let_go(conn, CASE, now),
    "a meeting's texts": lambda conn, _now: meetings.waiting_texts(conn, CASE),
    "the privacy log of a case": lambda conn, _now: privacy_log.sent(conn, "dst_demo", privacy_log.Wanted(case_id=CASE), 20),
    "what told staff": lambda conn, _now: timeline.staff_messages(conn, CASE),
    "whether a page is old": lambda conn, _now: timeline.version(conn, CASE),
    "what a family wrote on its page": lambda conn, _now: family_queries.heard(conn, "con_demo_en", 20),
    "whether a family page is old": lambda conn, _now: family_queries.newest(conn, "con_demo_en"),
    "what a family mailed": lambda conn, _now: mail_in.quotable(conn, "con_demo_en", ""),
    "words not shared": lambda conn, now: sharing._cancel(conn, [CASE], "con_demo_en", None, now),
}


@pytest.mark.parametrize("name", ASKED)
def test_no_table_of_texts_is_read_whole(runtime, clock, name):
    seen: list[tuple[str, object]] = []
    with runtime.database.begin() as conn:
        if conn.dialect.name == "postgresql":
            conn.exec_driver_sql("set local enable_seqscan = off")
        sa.event.listen(conn, "before_cursor_execute", lambda *args: seen.append((args[2], args[3])))
        ASKED[name](conn, clock.now())
        asked = [(sql, values) for sql, values in seen if "outbox" in sql or "message" in sql]
        assert asked
        assert [(sql, found) for sql, values in asked if (found := scans(conn, sql, values))] == []
