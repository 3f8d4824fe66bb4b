"""The way around the console: only what this person may open is shown, so that no link ends at a closed door."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from flask import g, request, url_for

from bot.policy import permissions
from bot.policy.permissions import Grant
from bot.service.wording import wording

_BELOW = {
    "console.cases": ("/console/cases/", "/console/letters/", "/console/open-case", "/console/find"),
    "console.tasks": ("/console/tasks/",),
    "console.translations": ("/console/translations/",),
    "console.texts": ("/console/texts/",),
    "console.on_call": ("/console/on-call/", "/console/emergency"),
    "console.privacy": ("/console/privacy/",),
}
"""Where the pages of a place lie that are not the place itself."""


class Place(NamedTuple):
    """One link of the navigation."""

    label: str
    url: str
    here: str
    """What the page is to this place, as `aria-current` has it: "page" | "true" (a page of it) | ""."""


def places() -> list[Place]:
    """The links for the person who reads this page, in the order of a day's work."""
    who = g.get("viewer")
    if who is None:
        return []
    grants: Sequence[Grant] = who.grants or ()
    say = wording(who.lang).gettext
    found = [
        ("console.cases", say("My cases"), True),
        ("console.tasks", say("Tasks"), True),
        ("console.translations", say("Translations"), permissions.may_check_translations(grants)),
        ("console.texts", say("Texts"), permissions.may_see_templates(grants)),
        ("console.on_call", say("On call"), permissions.may_see_rota(grants)),
        ("console.privacy", say("Privacy log"), permissions.may_see_log(grants)),
    ]
    return [Place(label, url_for(name), _here(name)) for name, label, may in found if may]


def _here(name: str) -> str:
    return "page" if request.endpoint == name else "true" if request.path.startswith(_BELOW[name]) else ""
