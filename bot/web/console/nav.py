"""The way around the console: only what this person may open is shown, so that no link ends at a closed door."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from flask import g, request, url_for

from bot.policy import permissions
from bot.policy.permissions import Grant
from bot.service.wording import wording

_WITHIN = {
    "console.cases": ("console.find_case", "console.case"),
    "console.tasks": ("console.task", "console.close_task"),
    "console.texts": ("console.text", "console.new_text", "console.text_words", "console.change_text", "console.change_words"),
    "console.on_call": ("console.emergency", "console.open_emergency", "console.change_rota", "console.start_drill"),
    "console.translations": ("console.translation", "console.check_translation"),
}
"""Pages that belong to a place without being it."""


class Place(NamedTuple):
    """One link of the navigation."""

    label: str
    url: str
    here: bool


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
    return [Place(label, url_for(name), request.endpoint in (name, *_WITHIN.get(name, ()))) for name, label, may in found if may]
