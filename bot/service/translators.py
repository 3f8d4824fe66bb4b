"""Which engines may translate for a district, with which names and terms taken out first, and a district's yes to one outside the house."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import sqlalchemy as sa
import yaml
from sqlalchemy.engine import Connection, Engine

from bot.errors import NotAllowed, NotFound
from bot.policy import permissions
from bot.service import audit, directory
from bot.service.runtime import Runtime
from bot.store import staff_queries
from bot.store import translations as store
from bot.store.tables import CatalogueApproval, School, Staff
from translations.base import Translator, primary

KEPT = timedelta(minutes=10)
"""How long the roster's names are kept: a name more is masked a little later, never less carefully."""

STAFF_LANG = "lang.staff"


class Standing(NamedTuple):
    """An engine as a district sees it. With a `notice` it serves only after somebody read that and said yes; `serves`: it does."""

    name: str
    leaves_house: bool
    notice: str
    serves: bool


def staff_lang(conn: Connection, district_id: str, now: datetime) -> str:
    """The language staff of a district read (`lang.staff`)."""
    return primary(str(directory.district(conn, district_id, now).settings.get(STAFF_LANG) or "en"))


def standing(conn: Connection, runtime: Runtime, district_id: str) -> list[Standing]:
    """Every engine of this installation."""
    yes = store.allowed(conn, district_id)
    return [
        Standing(one.name, one.leaves_house, one.notice, not one.notice or notice_hash(one.notice) in yes) for one in runtime.translators
    ]


def serving(conn: Connection, runtime: Runtime, district_id: str) -> list[Translator]:
    """The engines that may translate for this district, the first one preferred."""
    yes = store.allowed(conn, district_id)
    return [one for one in runtime.translators if not one.notice or notice_hash(one.notice) in yes]


def allow(conn: Connection, runtime: Runtime, district_id: str, name: str, by: str, now: datetime) -> None:
    """Write down who said yes to an engine outside the house, and when: to exactly the notice they read.

    Raises `NotFound`, and `NotAllowed` for whoever does not answer for the whole district or its privacy.
    """
    engine = _named(runtime, name)
    _check_staff(conn, district_id, by)
    if not permissions.may_allow_vendor([(row.role, row.school_id) for row in staff_queries.grants(conn, by)]):
        raise NotAllowed("Only the district's administration or its privacy officer can say yes for the district.")
    if notice_hash(engine.notice) in store.allowed(conn, district_id):
        return
    row = {"id": runtime.ids.new("apr"), "district_id": district_id, "subject": store.TRANSLATOR, "lang": "*"}
    conn.execute(
        sa.insert(CatalogueApproval), {**row, "hash": notice_hash(engine.notice), "approved_by": by, "approved_at": now, "demo": False}
    )
    _note(conn, runtime, district_id, by, "allow_translator", name, now)


def notice_of(runtime: Runtime, name: str) -> str:
    """What must be read before this engine is turned on. Raises `NotFound`."""
    return _named(runtime, name).notice


def forbid(conn: Connection, runtime: Runtime, district_id: str, name: str, by: str, now: datetime) -> bool:
    """Take the yes back, whoever of the staff it is; from the next text on the engine is not asked. Raises `NotFound`."""
    _check_staff(conn, district_id, by)
    done = store.disallow(conn, district_id, notice_hash(_named(runtime, name).notice))
    if done:
        _note(conn, runtime, district_id, by, "forbid_translator", name, now)
    return done


def _check_staff(conn: Connection, district_id: str, by: str) -> None:
    if conn.execute(sa.select(Staff.id).where(Staff.id == by, Staff.district_id == district_id, Staff.active.is_(True))).scalar() is None:
        raise NotFound("There is no such staff member in this district.")


def notice_hash(notice: str) -> str:
    return hashlib.sha256(notice.encode()).hexdigest()


# --- what is taken out before a text leaves ------------------------------------------------------------------------------------------


class _Roster(NamedTuple):
    until: datetime
    words: frozenset[str]


_ROSTERS: WeakKeyDictionary[Engine, dict[str, _Roster]] = WeakKeyDictionary()


def names(conn: Connection, district_id: str, case_id: str | None, lang: str, now: datetime) -> Any:
    """The names to be taken out of a text about this case: its people's however they are written, and the whole roster's."""
    from translations.names import Names

    people = store.names_of_case(conn, case_id) if case_id else []
    people += conn.execute(sa.select(Staff.name).where(Staff.district_id == district_id)).scalars()
    return Names(frozenset(people), compiled=_roster(conn, district_id, now), lang=primary(lang))


def _roster(conn: Connection, district_id: str, now: datetime) -> frozenset[str]:
    kept = _ROSTERS.setdefault(conn.engine, {})
    found = kept.get(district_id)
    if found is None or not found.until - KEPT <= now < found.until:
        from translations.names import words_of

        found = kept[district_id] = _Roster(now + KEPT, words_of(store.names_of_district(conn, district_id)))
    return found.words


def glossary(conn: Connection, district_id: str, source_lang: str, target_lang: str) -> dict[str, str]:
    """Locked terms: what is shipped, what the district's people locked, and its schools' names as they are."""
    source, target = primary(source_lang), primary(target_lang)
    schools = conn.execute(sa.select(School.name).where(School.district_id == district_id)).scalars()
    return shipped_terms(source, target) | {name: name for name in schools} | store.terms(conn, district_id, source, target)


@cache
def shipped_terms(source_lang: str, target_lang: str) -> dict[str, str]:
    """The terms of translations/glossary, in either direction; the first word of several is what is written."""
    for first, second in ((source_lang, target_lang), (target_lang, source_lang)):
        file = files("translations") / "glossary" / f"{first}-{second}.yaml"
        if not file.is_file():
            continue
        rows = yaml.safe_load(file.read_text(encoding="utf-8"))["terms"]
        if first == source_lang:
            return {term: row[1][0] for row in rows for term in row[0]}
        return {term: row[0][0] for row in rows for term in row[1]}
    return {}


def _named(runtime: Runtime, name: str) -> Translator:
    known: Sequence[Translator] = [one for one in runtime.translators if one.notice]
    found = next((one for one in known if one.name == name), None)
    if found is None:
        there = ", ".join(one.name for one in known) or "none; HEARTHLINE_TRANSLATORS names them"
        raise NotFound(f"There is no translator {name} here that needs a yes (there is: {there}).")
    return found


def _note(conn: Connection, runtime: Runtime, district_id: str, by: str, action: str, name: str, now: datetime) -> None:
    audit.record(
        conn,
        district_id=district_id,
        actor_kind="staff",
        actor_id=by,
        action=action,
        object_kind="district",
        object_id=district_id,
        reason=name,
        now=now,
        new_id=runtime.ids.new,
    )
