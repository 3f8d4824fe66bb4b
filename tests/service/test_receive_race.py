"""Several processes receive at once: one chain, one effect, no lost message."""

from __future__ import annotations

import threading

import sqlalchemy as sa

from bot.service.receive import committer_for
from bot.service.start_flow import start_flow
from bot.service.verify import verify
from bot.store.tables import CaseEntry, Contact, Guardianship, Message
from tests.service.receiving import EN, SO, family_rows, rows, sms

MESSAGES = 25


def two_parents(runtime) -> None:
    with runtime.database.begin() as conn:
        row = {**rows(runtime, Guardianship, Guardianship.contact_id == "con_demo_en")[0], "id": "gua_x", "contact_id": "con_demo_so"}
        conn.execute(sa.update(Guardianship).where(Guardianship.contact_id == "con_demo_so").values(restriction="court"))
        conn.execute(sa.insert(Guardianship), [row])
        conn.execute(sa.update(Contact).where(Contact.id == "con_demo_so").values(lang_written="en"))
        for contact in ("con_demo_en", "con_demo_so"):
            start_flow(conn, runtime, contact, None, "home-observations", "", runtime.clock.now())


def test_two_parents_through_two_processes_write_one_chain_and_every_copy_counts_once(runtime):
    two_parents(runtime)
    desks = [committer_for(runtime), committer_for(runtime)]
    states: list[str] = []

    def parent(number: str, first: int) -> None:
        for count in range(MESSAGES):
            message = sms(f"words {count}", number, sid=f"SM{number}{count}")
            # the provider sends each twice, to whichever process answers
            copies = [threading.Thread(target=lambda desk=desk, one=message: states.append(desk.submit(one).state)) for desk in desks]
            for copy in copies[first:] + copies[:first]:
                copy.start()
            for copy in copies:
                copy.join(60)

    writers = [threading.Thread(target=parent, args=(number, first)) for first, number in enumerate((EN, SO))]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    for desk in desks:
        desk.close()
    assert sorted(states) == ["done"] * 2 * MESSAGES + ["duplicate"] * 2 * MESSAGES
    assert len(rows(runtime, Message)) == 2 * MESSAGES
    entries = rows(runtime, CaseEntry)
    assert {entry["contact_id"] for entry in entries} == {"con_demo_en", "con_demo_so"}
    with runtime.database.read() as conn:
        assert all(finding.holds for finding in verify(conn, runtime.database.vault, ""))
    replies = [row["message_id"] for row in family_rows(runtime) if row["message_id"]]
    assert set(replies) <= {message["id"] for message in rows(runtime, Message)}
