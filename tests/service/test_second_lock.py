"""The database and the policy about the same rows: what the policy lets go the database never stops, and what it refuses cannot be forced."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.service import hand_over
from bot.store.database import Database
from bot.store.tables import Case, Consent, Contact, Endpoint, Guardianship, Outbox
from tests.fakes.clock import START
from tests.service.posting import Noon, Provider, queue, row, runtime

NOW = START + timedelta(hours=1)
FORCED = frozenset(("restricted", "no_guardianship", "safety_hold", "held", "identity_held", "no_rights", "wrong_number", "endpoint_blocked",
                    "endpoint_unreachable", "not_shared"))  # fmt: skip
"""What the database refuses by itself. Birthdays and silence are the policy's: a birth date is sealed."""


def turn_of_things(chance: random.Random) -> list[sa.Update]:
    """How the family stands by the time the messages leave."""
    some = chance.choice
    right = {
        "rights_holder": some((True, True, False)),
        "restriction": some(("", "", "", "court")),
        "may_receive": some((True, True, True, False)),
        "hold": some(("", "", "teen")),
        "valid_to": some((None, None, NOW, NOW + timedelta(seconds=1))),
    }
    phone = {
        "state": some(("active", "active", "active", "blocked", "unreachable")),
        "shared": some((False, True)),
        "confirmed_at": some((START, START, None)),
        "contact_id": some(("con_demo_es", "con_demo_es", "con_demo_es", "con_demo_en")),
    }
    other = {"restriction": some(("", "", "", "", "court")), "may_receive": some((True, True, True, True, False)), "hold": some(("", "", "", "teen")),
             "valid_to": some((None, NOW, NOW + timedelta(seconds=1)))}  # fmt: skip
    return [
        sa.update(Guardianship).where(Guardianship.id == "gua_demo_es_demo_diego").values(**right),
        sa.update(Guardianship).where(Guardianship.id == "gua_other").values(**other),
        sa.update(Endpoint).where(Endpoint.id == "end_demo_es_sms").values(**phone),
        sa.update(Contact)
        .where(Contact.id == "con_demo_es")
        .values(identity=some(("confirmed", "confirmed", "unconfirmed", "held", "wrong_number"))),
        sa.update(Case).where(Case.id == "cas_demo_diego").values(safety_hold=some((False, False, True))),
        sa.update(Consent).values(state=some(("granted", "granted", "granted", "unknown"))),
    ]


def letters(chance: random.Random, first: int) -> list[dict[str, Any]]:
    found = []
    for number in range(first, first + 8):
        about = chance.random() < 0.8
        case = {} if about else {"case_id": None, "guardianship_id": None}
        words = {"words_of": chance.choice((None, "con_demo_es", "con_demo_en")) if about else None}
        letter = {"message_class": chance.choice("ABCDEF"), "answers_family": chance.random() < 0.5}
        found.append(row(number, NOW - timedelta(minutes=1), **letter, **case, **words))
    return found


@pytest.mark.parametrize("seed", range(2))
def test_policy_and_database_agree_about_every_row(world: Database, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    run = runtime(world, Noon(NOW), tmp_path, Provider())
    whole = [
        sa.update(Guardianship).values(rights_holder=True, restriction="", may_receive=True, hold="", valid_to=None),
        sa.update(Endpoint)
        .where(Endpoint.id == "end_demo_es_sms")
        .values(state="active", shared=False, confirmed_at=START, contact_id="con_demo_es"),
        sa.update(Case).values(safety_hold=False),
    ]
    with world.begin() as conn:  # a second live link of the same adult to the same child: the stricter one counts
        (link,) = conn.execute(sa.select(Guardianship.__table__).where(Guardianship.id == "gua_demo_es_demo_diego")).mappings()
        conn.execute(sa.insert(Guardianship).values({**link, "id": "gua_other", "valid_from": START}))
    went = forced = 0
    for again in range(25):
        rows = letters(chance, 1 + again * 8)
        with world.begin() as conn:
            for statement in whole:
                conn.execute(statement)
        queue(world, *rows)
        ids = [one["id"] for one in rows]
        with world.begin() as conn:
            for statement in turn_of_things(chance):
                conn.execute(statement)
            conn.execute(sa.update(Outbox).where(Outbox.id.in_(ids)).values(state="claimed", lease_owner="me"))
        with world.begin() as conn:  # a refusal of the database would raise here, and hold up everybody else's messages
            hand_over.hand_over(conn, run, ids, owner="me", now=NOW, lease_until=NOW + timedelta(minutes=1))
        with world.read() as conn:
            after = {one.id: one for one in conn.execute(sa.select(Outbox.__table__).where(Outbox.id.in_(ids)))}
        for one in after.values():
            went += one.state == "handed"
            if one.state != "handed" and one.case_id and one.reason in FORCED:
                forced += 1
                with pytest.raises(sa.exc.IntegrityError, match="no live guardianship"), world.begin() as conn:
                    conn.execute(sa.update(Outbox).where(Outbox.id == one.id).values(state="handed", handed_at=NOW))
    assert went > 15
    assert forced > 20
