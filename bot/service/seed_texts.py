"""Prepared texts of the demo district: approved, and checked in Spanish, so that a visitor can send one at once. Invented, as all of it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.policy import letters
from bot.service.runtime import Runtime
from bot.service.seed import DISTRICT
from bot.service.translate_new import PERSON, index
from bot.store import tables as t
from bot.store.types import Plain

TEXTS = (
    (
        "good_week",
        "Good news from class",
        "{child} read {number} pages this week. We are proud of the work. Please tell {child}.",
        "{child} leyó {number} páginas esta semana. Estamos orgullosos de su trabajo. Por favor dígale a {child}.",
    ),
    (
        "bring_book",
        "Bring a book",
        "{child} may bring a favorite book to school on {day}. Any language is good.",
        "{child} puede traer su libro favorito a la escuela el {day}. Cualquier idioma está bien.",
    ),
)
"""Name, title, the master, and its Spanish words."""


def seed_texts(conn: Connection, runtime: Runtime, now: datetime) -> None:
    """In the caller's transaction, into a demo district that has just been made."""
    common = {"district_id": DISTRICT, "created_at": now}
    for name, title, text, spanish in TEXTS:
        digest, template_id = index(runtime, DISTRICT, text), f"tpl_demo_{name}"
        master = {"kind": letters.TEMPLATE, "author_id": "stf_demo_liaison", "message_class": "C", "title": title, "lang": "en"}
        approved = {"state": "approved", "version": 1, "approved_index": digest, "approved_by": "stf_demo_coordinator", "updated_at": now}
        conn.execute(sa.insert(t.FamilyText).values(id=template_id, text=Plain(DISTRICT, text), **master, **approved, **common))
        words = {
            "source_kind": letters.TEMPLATE,
            "source_id": template_id,
            "source_lang": "en",
            "target_lang": "es",
            "source_index": digest,
        }
        checked = {"engine": PERSON, "state": "checked", "why": "", "tries": 0, "checked_by": "stf_demo_liaison", "checked_at": now}
        conn.execute(sa.insert(t.Translation).values(id=f"trn_demo_{name}", text=Plain(DISTRICT, spanish), **words, **checked, **common))
