"""Rows read and written without SQLAlchemy's work per row are the rows SQLAlchemy would have read and written."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.store import inbound
from bot.store.bulk import Bulk, sending
from bot.store.tables import Endpoint, Message, Outbox, Session, Timer
from bot.store.together import Direct, as_sqlite, read_together
from bot.store.turn_rows import TurnRows
from tests.service.receiving import EN, change, photo, rows, runtime_for, sms, start, take


def test_both_ways_of_reading_give_the_same_values(runtime, clock):
    from bot.service.start_flow import start_flow

    with runtime.database.begin() as conn:
        start_flow(conn, runtime, "con_demo_en", None, "home-observations", "", clock.now())
    take(runtime, sms("She loves dinosaurs", media=(photo(),)))
    index = runtime.vault.index("dst_demo", EN)
    with runtime.database.begin() as conn:
        statements = inbound._statements(conn.dialect.name)
        for name, given in {
            "by_contact": {"contacts": ["con_demo_en", "con_demo_es"]},
            "by_address": {"districts": ["dst_demo"], "indexes": [index, b"x" * 32]},
            "cases": {"contacts": ["con_demo_en", "con_demo_siblings"], "now": clock.now()},
            "sessions": {"contacts": ["con_demo_en"]},
            "consents": {"districts": ["dst_demo"], "indexes": [index]},
            "approvals": {"districts": ["dst_demo"]},
        }.items():
            (mine,) = read_together(conn, [(name, statements[name], given)])
            theirs = conn.execute(statements[name], given).all()
            assert [one._asdict() for one in mine] == [one._asdict() for one in theirs]
            assert mine


def test_statements_without_a_row_give_none(runtime, clock):
    with runtime.database.begin() as conn:
        assert inbound.sessions(conn, ["con_demo_en"]) == {}
        assert inbound.choices(conn, ["con_demo_en"], clock.now()) == {}
        assert inbound.already_said(conn, ["key"]) == set()


def test_a_json_column_is_read_as_values(runtime):
    from bot.store.tables import District

    statement = sa.select(District.id, District.settings).where(District.id == sa.bindparam("id"))
    with runtime.database.begin() as conn:
        (mine,) = read_together(conn, [("district_for_test", statement, {"id": "dst_demo"})])
        theirs = conn.execute(statement, {"id": "dst_demo"}).all()
    assert [tuple(one) for one in mine] == [tuple(one) for one in theirs]


def test_both_ways_of_writing_leave_the_same_row(runtime):
    take(runtime, sms("She loves dinosaurs", EN))
    (message,) = rows(runtime, Message)
    again = {**message, "body": (message["district_id"], message["body"]), "raw": (message["district_id"], message["raw"])}
    with runtime.database.begin() as conn:
        conn.execute(sa.insert(Message), [{**again, "id": "msg_orm", "provider_id": "orm"}])
        with sending(conn) as send:
            send(Bulk(Message), [{**again, "id": "msg_bulk", "provider_id": "bulk"}])
    by_id = {row["id"]: row for row in rows(runtime, Message)}
    different = {"id", "provider_id"}
    plain = {key: value for key, value in by_id["msg_orm"].items() if key not in different}
    assert {key: value for key, value in by_id["msg_bulk"].items() if key not in different} == plain
    with runtime.database.read() as conn:
        kept = conn.execute(sa.text("select distinct received_at from message")).all()
        assert len(kept) == 1


def test_a_time_without_a_zone_is_refused(clock):
    with pytest.raises(ValueError, match="zone"):
        as_sqlite(clock.now().replace(tzinfo=None))


def test_an_update_that_finds_no_row_changes_none(runtime):
    bulk = Bulk(Session, key=("id",), changed=("status",), update=True)
    with runtime.database.begin() as conn, sending(conn) as send:
        send(bulk, [{"id": "ses_none", "status": "done"}])
    assert rows(runtime, Session) == []


def test_a_timer_that_stands_already_is_left_as_it_is_and_another_is_moved(runtime):
    start(runtime)
    before = {row["kind"]: row for row in rows(runtime, Timer)}
    again, moved, served = (TurnRows() for _ in range(3))
    again.timer += [{**row, "step_id": "later"} for row in before.values()]
    moved.timer.append({**before["nudge"], "step_id": "later", "due_at": before["nudge"]["due_at"] + timedelta(hours=1)})
    served.timer.append({**before["close"], "step_id": "later"})
    with runtime.database.begin() as conn:
        again.write(conn)
    assert {row["kind"]: row for row in rows(runtime, Timer)} == before
    change(runtime, Timer, Timer.kind == "close", state="done")
    with runtime.database.begin() as conn:
        moved.write(conn)
        served.write(conn)
    after = {row["kind"]: row for row in rows(runtime, Timer)}
    assert (after["nudge"]["step_id"], after["nudge"]["due_at"]) == ("later", moved.timer[0]["due_at"])
    assert (after["close"]["step_id"], after["close"]["state"]) == ("later", "pending")


def test_timers_taken_back_and_set_again_by_one_batch_stand(runtime):
    start(runtime)
    before = rows(runtime, Timer)
    changes = TurnRows()
    changes.timers_cancelled.append({"session_id": before[0]["session_id"], "state": "pending"})
    changes.timer += [{**row, "step_id": "next"} for row in before if row["kind"] == "close"]
    with runtime.database.begin() as conn:
        changes.write(conn)
    assert {row["kind"]: (row["state"], row["step_id"]) for row in rows(runtime, Timer)} == {
        "nudge": ("cancelled", before[0]["step_id"]),
        "close": ("pending", "next"),
    }


def test_a_thing_said_once_is_queued_once_and_no_other_text_is_swallowed(runtime):
    start(runtime)
    (asked,) = rows(runtime, Outbox)
    sealed = {name: asked[name] and (asked["district_id"], asked[name]) for name in ("body", "address", "blocks")}
    changes = TurnRows()
    changes.outbox += [{**asked, **sealed, "id": f"out_{n}", "dedupe_key": key} for n, key in enumerate(["once", "once", None])]
    with runtime.database.begin() as conn:
        changes.write(conn)
    assert {row["id"] for row in rows(runtime, Outbox)} == {asked["id"], "out_0", "out_2"}
    changes.outbox = changes.outbox[2:]
    with pytest.raises(sa.exc.IntegrityError), runtime.database.begin() as conn:
        changes.write(conn)


def test_statements_are_built_once_for_each_number_of_values(world_sqlite, clock):
    runtime = runtime_for(world_sqlite, clock)
    from bot.store import together

    with runtime.database.begin() as conn:
        inbound.endpoints_of(conn, ["con_demo_en"])
        built = dict(together._KNOWN)
        inbound.endpoints_of(conn, ["con_demo_es"])
        assert together._KNOWN == built
        assert isinstance(next(iter(built.values())), Direct)
        assert len(inbound.endpoints_of(conn, ["con_demo_en", "con_demo_es", "con_demo_ar"])) == len(
            conn.execute(sa.select(Endpoint.id).where(Endpoint.contact_id.in_(["con_demo_en", "con_demo_es", "con_demo_ar"]))).all()
        )
