"""One turn: the scene is set from what is known, the words are screened, the engine says what should happen.

Nothing here touches the database; `bot.service.apply` turns what comes out into rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from bot.engine.runner import take
from bot.engine.scene import CaseRef, Scene, Turn
from bot.policy import calendar, language
from bot.policy.approval import ALL, ALWAYS
from bot.screen.screen import screen
from bot.service import directory, meeting, meeting_news
from bot.service.directory import DistrictFacts, SchoolFacts
from bot.service.runtime import Runtime
from bot.service.who import Batch, OpenCase, Place
from bot.store import meetings
from bot.values.screening import NOTHING, Screening, Silence

WITHIN = ("school_day", "same_day", "four_school_hours")
REVIEWED = "early-concern"
REVIEW_DAYS = 15
NAMED_ROLES = {"liaison": "liaison", "counselor": "counselor", "sped_contact": "evaluation_contact"}


class Allowed(NamedTuple):
    """The languages a district works in, what may be said in each, and whose screening lists it has reviewed."""

    enabled: tuple[str, ...]
    classes: Mapping[str, str]
    reviewed: frozenset[str]


class Stage:
    """What scenes of one batch share: texts per school, approvals per language. Lives as long as the batch."""

    def __init__(self, runtime: Runtime, batch: Batch) -> None:
        self.runtime = runtime
        self.batch = batch
        self._values: dict[str, dict[str, str]] = {}
        self._allowed: dict[str, Allowed] = {}
        self._due: dict[tuple[str, str, str], datetime] = {}

    def allowed(self, place: Place) -> Allowed:
        """What the district's approvals allow, by language."""
        found = self._allowed.get(place.district.id)
        if found is None:
            enabled = language.enabled(place.district.settings)
            classes = {lang: self._classes(place, lang) for lang in enabled}
            hash_of = self.runtime.catalogues.hash
            reviewed = frozenset(lang for lang in enabled if ("words", lang, hash_of("words", lang)) in place.approved)
            found = self._allowed[place.district.id] = Allowed(enabled, classes, reviewed)
        return found

    def _classes(self, place: Place, lang: str) -> str:
        """What may be said: an approval of the Spanish texts is one for "es-MX", who is written to in them."""
        lang = self.runtime.catalogues.resolve("flows", lang) or lang
        return ALL if ("flows", lang, self.runtime.catalogues.hash("flows", lang)) in place.approved else ALWAYS

    def screened(self, place: Place, text: str, lang: str, *, silent: Silence | None = None) -> Screening:
        """What every list finds in a text, and what it is like: an answer to our question must be very like danger to be taken for it.
        `silent` as `screen` has it."""
        if not text:
            return NOTHING
        allowed, answering = self.allowed(place), place.answering(self.batch.now)
        words, reviewed = self.runtime.words, allowed.reviewed
        return screen(words, text, lang, allowed.enabled, reviewed=reviewed, answering=answering, silent=silent)

    def values(self, place: Place, school: SchoolFacts | None, today: datetime) -> dict[str, str]:
        """Text for placeholders that is the same for everybody of a school; a copy to add to."""
        key = f"{place.district.id}/{school.id if school else ''}"
        found = self._values.get(key)
        if found is None:
            found = self._values[key] = self._school_values(place, school, today)
        return found.copy()

    def _school_values(self, place: Place, school: SchoolFacts | None, today: datetime) -> dict[str, str]:
        batch, district = self.batch, place.district
        zone = ZoneInfo(school.zone if school else district.zone)
        kept = directory.texts(batch.conn, batch.now)
        key = f"{district.id}/{school.id if school else ''}"
        if key not in kept:
            kept[key] = self._lasting_values(place, school, zone)
        local = today.astimezone(zone)
        return kept[key] | {"today": local.date().isoformat(), "time": f"{local:%H:%M}"}

    def _lasting_values(self, place: Place, school: SchoolFacts | None, zone: ZoneInfo) -> dict[str, str]:
        """What stays true for half a minute: names, phones, settings, the days people promise."""
        batch, district = self.batch, place.district
        found = {name: value for name, value in district.settings.items() if isinstance(value, str)}
        name = school.name if school else district.name
        found |= {"school": name, "office": found.get("office", name)}
        if school:
            found["phone"] = school.phone
        for within in WITHIN:
            due = calendar.due(within, batch.now, zone.key, district.settings)
            found[f"promise_day_{within}"] = due.astimezone(zone).date().isoformat()
        found["promise_day_four_hours"] = found["promise_day_four_school_hours"]
        roles = directory.roles(batch.conn, district.id, batch.now)
        holders = {key: roles.holder(role, school.id if school else "") for key, role in NAMED_ROLES.items()}
        people = directory.staff(batch.conn, holders.values(), batch.now)
        return found | {key: people[one].name for key, one in holders.items() if one in people}

    def due(self, within: str, district: DistrictFacts, zone: str) -> datetime:
        """By when a hand-off of this batch must be taken (`policy.calendar`)."""
        key = within, district.id, zone
        found = self._due.get(key)
        if found is None:
            found = self._due[key] = calendar.due(within, self.batch.now, zone, district.settings)
        return found

    def scene(self, place: Place, *, prompt: str = "message", text: str = "", today: datetime | None = None, **more: Any) -> Scene:
        """Put a writer on stage. `today` is when the message first arrived, for a turn that must be dated by it."""
        now, allowed = self.batch.now, self.allowed(place)
        lang = place.endpoint.lang_written if place.endpoint is not None else "en"
        trusted = place.endpoint is not None and place.trusted(now)
        cases = [one for one in place.cases if one.open_to_family]
        about = place.case()
        school = about.school if about else cases[0].school if cases else directory.first_school(self.batch.conn, place.district.id, now)
        values = self.values(place, school, today or now)
        if place.endpoint is not None:
            values["contact_first"] = place.endpoint.name.partition(" ")[0]
        refs = {one.id: self._ref(one, plain=trusted and not place.shared, alone=len(cases) == 1) for one in cases}
        if cases:
            values.update(refs[about.id if about and about.id in refs else cases[0].id].values)
        flows = (more.get("start", ("",))[0], place.session.flow_id if place.session is not None else "")
        if REVIEWED in flows:
            values["review_on"] = self._review_on(place)
        if meeting.FLOW in flows or meeting_news.FLOW in flows:
            values.update(self._meeting([about] if about else cases, lang))
        return Scene(
            now=today or now,
            new_id=self.runtime.ids.new,
            lang=lang,
            enabled=allowed.enabled,
            text=text,
            prompt=prompt,
            session=place.session.state if place.session is not None else None,
            cases=tuple(refs.values()),
            case=refs.get(about.id) if about else None,
            values=values,
            classes_ok=allowed.classes[lang] if lang in allowed.classes else self._classes(place, lang),
            approved=allowed.classes,
            channel=place.channel,
            consent=place.consent,
            wants_less=bool(place.stopped_for),
            shared_phone=place.shared,
            trusted=trusted,
            stale=not trusted and place.stale,
            zone=place.endpoint.zone if place.endpoint is not None else place.district.zone,
            **more,
        )

    def _review_on(self, place: Place) -> str:
        """The day a worry told today is asked about again: `concern.review_days` school days on."""
        settings, zone = place.district.settings, ZoneInfo(place.district.zone)
        days = settings.get("concern.review_days")
        count = days if isinstance(days, int) and 0 < days <= 60 else REVIEW_DAYS
        return calendar.school_days_on(self.batch.now.astimezone(zone).date(), count, calendar.closed_days(settings)).isoformat()

    def _meeting(self, cases: Sequence[OpenCase], lang: str) -> Mapping[str, str]:
        """What a reminder says: the next meeting of these cases, nothing when there is none."""
        found = meetings.next_of(self.batch.conn, [one.id for one in cases], self.batch.now)
        return {} if found is None else meeting.values(self.runtime, found, lang)

    def _ref(self, case: OpenCase, *, plain: bool, alone: bool) -> CaseRef:
        people: Mapping[str, Any] = self.batch.staff
        values = {"school": case.school.name, "phone": case.school.phone}
        for key, one in (("liaison", case.liaison_id), ("teacher", case.teacher_id or case.lead_id)):
            if one in people:
                values[key] = people[one].name
        label = case.child if plain or alone else f"{self._initials(case)}, {case.school.name}"
        return CaseRef(case.id, case.child, label, (case.child,), values)

    def _initials(self, case: OpenCase) -> str:
        last = self.batch.vault.unseal(bytes(case.last_name_sealed)).decode() if case.last_name_sealed else ""
        return f"{case.child[:1]}.{last[:1]}." if last else f"{case.child[:1]}."


def play(stage: Stage, scene: Scene) -> Turn:
    """Let the engine take the turn."""
    return take(stage.runtime.library, scene)
