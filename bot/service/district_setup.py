"""A district file becomes a district, or changes one: said line by line, done in the caller's transaction (which may be thrown away)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.errors import NotAllowed, NotFound
from bot.exchange.district_file import DistrictFile, NamedPart, StaffPart
from bot.service import audit, escalate
from bot.store import district as stored
from bot.store import tasks
from bot.store.roster import change, insert
from bot.store.tables import CatalogueApproval, District, EvaluationContact, OnCall, School, Sender, Staff, StaffRole, StaffSession
from bot.store.types import Plain
from bot.store.vault import Vault

NewId = Callable[[str], str]


def setup(
    conn: Connection, vault: Vault, file: DistrictFile, now: datetime, new_id: NewId, *, replace_rota: bool = False
) -> tuple[str, list[str], list[str]]:
    """Make the district as the file says; its id, one line a change (none when everything is so already), and what was left alone and why.

    What the file does not name stays: a school or a person is never removed, only made inactive (`active = false`). A rota that was
    changed in the console stays as it is there unless `replace_rota`.

    :raises NotAllowed: the name is a demo district's, which can never go live.
    """
    return _Setup(conn, vault, now, new_id, replace_rota=replace_rota).run(file)


def approve(conn: Connection, district_id: str, *, subject: str, lang: str, digest: str, email: str, now: datetime, new_id: NewId) -> str:
    """Record that this staff member checked the texts (`flows`) or lists (`words`) of a language as they are now.

    :raises NotFound: nobody of the district has this address.
    """
    person = stored.held(conn, district_id).staff.get(email.casefold())
    if person is None or not person["active"]:
        raise NotFound("No active staff member of this district has that e-mail address.")
    row = {"id": new_id("apr"), "district_id": district_id, "subject": subject, "lang": lang, "hash": digest}
    insert(conn, CatalogueApproval, [{**row, "approved_by": person["id"], "approved_at": now, "demo": False}])
    _audited(conn, district_id, f"approve_{subject}", "catalogue_approval", str(row["id"]), now, new_id, actor=person["id"])
    return str(row["id"])


class _Setup:
    def __init__(self, conn: Connection, vault: Vault, now: datetime, new_id: NewId, *, replace_rota: bool) -> None:
        self.conn, self.vault, self.now, self.new_id, self.replace_rota = conn, vault, now, new_id, replace_rota
        self.lines: list[str] = []
        self.left: list[str] = []
        self.id = ""
        self.schools: dict[str, str] = {}
        self.people: dict[str, str] = {}

    def run(self, file: DistrictFile) -> tuple[str, list[str], list[str]]:
        known = self._district(file)
        held = stored.held(self.conn, self.id)
        self._schools(file, held)
        self._senders(file, held)
        for one in file.staff:
            self._person(one, held)
        self._named("on call", OnCall, file.on_call, list(held.on_call))
        self._named("evaluation contacts", EvaluationContact, file.evaluation, [(one, school) for one, school, _ in held.evaluation])
        self._settings(file, known)
        if self.lines:
            _audited(self.conn, self.id, "set_up_district", "district", self.id, self.now, self.new_id)
        return self.id, self.lines, self.left

    def _district(self, file: DistrictFile) -> Mapping[str, Any]:
        known = stored.by_name(self.conn, file.name)
        if known is None:
            self.id = self.new_id("dst")
            row = {"id": self.id, "name": file.name, "zone": file.zone, "settings": {}, "demo": False, "created_at": self.now}
            insert(self.conn, District, [row])
            self.vault.new_keys(self.conn, self.id, self.now, self.new_id)
            self.lines.append(f"New district {file.name}, {self.id}.")
            return {}
        if known["demo"]:
            raise NotAllowed("That is a demo district: it can never go live. Start with an empty database.")
        self.id = str(known["id"])
        if known["zone"] != file.zone:
            change(self.conn, District, [{"id": self.id, "zone": file.zone}])
            self.lines.append(f"The district's time zone is {file.zone}.")
        settings: Mapping[str, Any] = known["settings"] or {}
        return settings

    def _schools(self, file: DistrictFile, held: stored.Held) -> None:
        for one in file.schools:
            known = held.schools.get(one.name.casefold())
            values = {"name": one.name, "phone": one.phone, "zone": one.zone}
            school_id = known["id"] if known else self.new_id("sch")
            self.schools[one.name.casefold()] = school_id
            if known is None:
                insert(self.conn, School, [{"id": school_id, "district_id": self.id, **values}])
                self.lines.append(f"New school {one.name}.")
            elif {name: known[name] for name in values} != values:
                change(self.conn, School, [{"id": school_id, **values}])
                self.lines.append(f"{one.name} changes.")

    def _senders(self, file: DistrictFile, held: stored.Held) -> None:
        for one in file.senders:
            known = held.senders.get((one.channel, one.address))
            if known is None:
                insert(self.conn, Sender, [{"id": self.new_id("snd"), "district_id": self.id, **one._asdict()}])
                self.lines.append(f"New sender: {one.channel} {one.address}.")
            elif known["segments_per_second"] != one.segments_per_second:
                change(self.conn, Sender, [{"id": known["id"], "segments_per_second": one.segments_per_second}])
                self.lines.append(f"The pace of {one.channel} {one.address} changes.")

    def _person(self, one: StaffPart, held: stored.Held) -> None:
        known = held.staff.get(one.email)
        values = {"name": one.name, "phone": one.phone or None, "slack_user": one.slack_user, "lang": one.lang, "active": one.active}
        staff_id = known["id"] if known else self.new_id("stf")
        self.people[one.email] = staff_id
        sealed = {**values, "name": Plain(self.id, one.name), "phone": Plain(self.id, one.phone) if one.phone else None}
        if known is None:
            mail = {"email": Plain(self.id, one.email), "email_index": self.vault.index(self.id, one.email)}
            insert(self.conn, Staff, [{"id": staff_id, "district_id": self.id, **sealed, **mail}])
            self.lines.append(f"New staff member {one.email}.")
        elif {name: known[name] for name in values} != values:
            change(self.conn, Staff, [{"id": staff_id, **sealed}])
            self.lines.append(f"{one.email} changes." if one.active else f"{one.email} has left.")
        if not one.active:
            ended = sa.update(StaffSession).where(StaffSession.staff_id == staff_id, StaffSession.ended_at.is_(None))
            self.conn.execute(ended.values(ended_at=self.now))
            freed = tasks.set_free(self.conn, staff_id)
            for handoff_id in freed:
                escalate.climb_again(self.conn, handoff_id, self.now)
            self.lines += [f"Open tasks of {one.email}: {len(freed)}. Each is for its role again."] if freed else []
        wanted = {(role, self.schools[school.casefold()] if school else None) for role, school in one.roles}
        if held.roles.get(staff_id, set()) != wanted:
            rows = [
                {"id": self.new_id("rol"), "district_id": self.id, "staff_id": staff_id, "school_id": school_id, "role": role}
                for role, school_id in sorted(wanted, key=str)
            ]
            stored.replace(self.conn, StaffRole, rows, StaffRole.staff_id == staff_id)
            self.lines.append(f"{one.email} is {', '.join(role + (f' at {school}' if school else '') for role, school in one.roles)}.")

    def _named(self, what: str, table: type[Any], parts: tuple[NamedPart, ...] | None, held: list[tuple[str, str | None]]) -> None:
        if parts is None:
            return
        wanted = [(self.people[one.email], self.schools[one.school.casefold()] if one.school else None) for one in parts]
        approved = [datetime.combine(one.approved, time(12), UTC) if one.approved else None for one in parts]
        if table is OnCall and (wanted == held or self._kept_by_hand(len(held))):
            return
        rows: list[dict[str, Any]] = []
        for place, (staff_id, school_id) in enumerate(wanted):
            row = {"district_id": self.id, "staff_id": staff_id, "school_id": school_id}
            if table is OnCall:
                rows.append({"id": self.new_id("onc"), "position": place, "starts_at": None, "ends_at": None, **row})
            else:
                rows.append({"id": self.new_id("evc"), "approved_at": approved[place], **row})
        if table is EvaluationContact and sorted(wanted, key=str) == sorted(held, key=str) and self._same_approval(rows):
            return
        stored.replace(self.conn, table, rows, table.district_id == self.id)
        self.lines.append(f"The {what}: {', '.join(one.email for one in parts) or 'nobody'}.")
        if table is OnCall:
            _audited(self.conn, self.id, stored.ROTA_FROM_FILE, "district", self.id, self.now, self.new_id)

    def _kept_by_hand(self, turns: int) -> bool:
        """Whether people keep the rota on its page: the file would throw their turns, and their times, away."""
        if self.replace_rota or not stored.rota_kept_by_hand(self.conn, self.id):
            return False
        self.left.append(f"The rota stays as it is in the console ({turns} turns). --replace-rota puts the file's in its place.")
        return True

    def _same_approval(self, rows: list[dict[str, Any]]) -> bool:
        held = {(one, school, done) for one, school, done in stored.held(self.conn, self.id).evaluation}
        return held == {(row["staff_id"], row["school_id"], row["approved_at"] is not None) for row in rows}

    def _settings(self, file: DistrictFile, known: Mapping[str, Any]) -> None:
        wanted = dict(file.settings)
        wanted |= {f"golive.{one.item}": {"by": self.people[one.email], "on": one.on.isoformat()} for one in file.attested}
        kept = {key: value for key, value in known.items() if key not in wanted and key.startswith("golive.")}
        if dict(known) == {**kept, **wanted}:
            return
        change(self.conn, District, [{"id": self.id, "settings": {**kept, **wanted}}])
        for key in sorted({*known, *wanted} - {key for key in known if known[key] == wanted.get(key, kept.get(key))}):
            self.lines.append(f"Setting {key} {'changes' if key in wanted else 'is taken away'}.")


def _audited(
    conn: Connection, district_id: str, action: str, kind: str, object_id: str, now: datetime, new_id: NewId, *, actor: str = "command_line"
) -> None:
    audit.record(
        conn,
        district_id=district_id,
        actor_kind="staff" if actor != "command_line" else "operator",
        actor_id=actor,
        action=action,
        object_kind=kind,
        object_id=object_id,
        now=now,
        new_id=new_id,
    )
