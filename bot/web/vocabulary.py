"""Code words of the record in words for people: kinds, roles, reasons, channels, states. An unknown one is shown as it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping

_ = str
"""Marks a text for the catalogue; it is translated when it is shown."""

KINDS: Mapping[str, str] = {
    "strength": _("Strength"),
    "observation": _("What the family sees"),
    "concern": _("A worry"),
    "goal_input": _("A hope"),
    "question": _("A question"),
    "preference": _("A preference"),
    "consent": _("Consent"),
    "identity_event": _("About this phone"),
    "access_need": _("Something the family needs"),
    "eval_request": _("Evaluation request"),
    "safety_flag": _("Safety"),
    "feeling_note": _("A feeling"),
    "handoff": _("Passed to a person"),
    "contact_attempt": _("Contact attempt"),
    "content_seen": _("Information seen"),
}
ROLES: Mapping[str, str] = {
    "family": _("Family"),
    "bot": _("Hearthline"),
    "student": _("Student"),
    "partner": _("Partner"),
    "staff": _("Staff"),
    "teacher": _("Teacher"),
    "liaison": _("Liaison"),
    "counselor": _("Counselor"),
    "specialist": _("Specialist"),
    "nurse": _("Nurse"),
    "principal": _("Principal"),
    "coordinator": _("Coordinator"),
    "evaluation_contact": _("Evaluation contact"),
    "on_call": _("On call"),
    "registrar": _("Registrar"),
    "office": _("Office"),
    "district_admin": _("District administration"),
    "psychologist": _("Psychologist"),
    "social_worker": _("Social worker"),
    "language_liaison": _("Language liaison"),
    "interpreter": _("Interpreter"),
    "privacy_officer": _("Records officer"),
    "operator": _("Technical operator"),
}
REASONS: Mapping[str, str] = {
    "person": _("The family asked for a person"),
    "question": _("A question to answer"),
    "misunderstood": _("The helper did not understand twice"),
    "free_note": _("A note that needs a reader"),
    "not_screened": _("Please read: this language has no checked word list"),
    "not_built": _("Asked for something a person must do"),
    "unread_language": _("Please answer in the family's language"),
    "evaluation": _("Evaluation request: answer today"),
    "wrong_number": _("Wrong number: find the right one"),
    "new_guardian": _("Change of guardian: registrar"),
    "teen": _("A young person answered"),
    "safety_request": _("Safety request: call"),
    "danger": _("Safety: act now"),
    "stop_phrase": _("The family may have asked us to stop"),
    "counselor_wish": _("A counselor's call is wished for"),
    "minutes_high": _("Homework takes over an hour"),
    "bullying": _("Bullying was named: same day"),
    "translation": _("Please translate"),
    "translation_unseen": _("Please translate: for trained staff only"),
    "silence": _("No answer: please call"),
    "attachment": _("A photo or voice note to look at"),
    "quarantine": _("A message could not be read by the program"),
    "crisis_text_failed": _("A safety text did not go out: call now"),
    "unknown_sender": _("An unknown number wrote"),
    "no_case": _("A family without an open case wrote"),
    "after_stop": _("The family wrote after STOP"),
    "prefers_calls": _("The family would rather be called"),
    "mood_and_body": _("Mood and sleep: please look"),
    "grief": _("A loss in the family: please call"),
    "distress": _("The family has a hard time: please call"),
    "basic_need": _("Food, home or bills: please help"),
    "stopped": _("The family asked us to stop"),
    "stopped_in_danger": _("STOP together with danger: call"),
    "evaluation_possible": _("Perhaps an evaluation request: call today"),
    "both_children": _("About both children: please sort it out"),
    "call_wish": _("The family wishes a call"),
    "message_too_late": _("A text came too late to send"),
    "running_late": _("The family is on its way and runs late"),
    "meeting_change": _("The family asks for another meeting time"),
    "late_timer": _("A reminder came too late: please call"),
    "undelivered": _("A text did not arrive: please call"),
    "bad_address": _("This number takes no texts: find another way"),
    "in_doubt": _("Nobody knows whether a text arrived: please ask"),
    "overdue": _("A task is past its time"),
    "filtered": _("The phone network held a text back"),
    "too_long": _("A text was too long to send"),
    "provider_down": _("The text message provider does not answer"),
    "misconfigured": _("Our account at the provider is set up wrongly"),
    "blocked_number": _("A blocked number wrote"),
    "held": _("Words that wait for trained staff"),
    "doubtful_mail": _("A mail nobody can vouch for: look who wrote"),
    "doubtful_danger": _("Danger in a mail nobody can vouch for: look now"),
    "doubtful_evaluation": _("A mail nobody can vouch for asks for an evaluation"),
    "danger_below": _("Danger in the lower part of a mail: look now"),
    "staff_asks": _("The team asks the liaison"),
    "thanks": _("Please thank the family in their language"),
    "alert": _("New words from the family"),
    "mail_loop": _("A mail program answers our mails by itself: please look"),
    "not_told": _("The helper may not write about this child to this adult: please look"),
    "of_age": _("The student is 18: the rights are theirs, please ask what they want"),
    "number_changed": _("Is this number still theirs? Please find out"),
    "drill": _("Drill: acknowledge the page"),
    "rota_empty": _("Nobody is on call: act now"),
    "nobody_acknowledged": _("Nobody has acknowledged a page: act now"),
    "evaluation_unread": _("An evaluation request has not been taken: today"),
}
CHANNELS: Mapping[str, str] = {
    "sms": _("text message"),
    "whatsapp": _("WhatsApp"),
    "webchat": _("web chat"),
    "slack": _("Slack"),
    "email": _("e-mail"),
    "console": _("console"),
}
STATES: Mapping[str, str] = {
    "queued": _("waiting to leave"),
    "held": _("held"),
    "claimed": _("leaving"),
    "handed": _("handed over"),
    "in_doubt": _("being checked"),
    "sent": _("sent"),
    "delivered": _("delivered"),
    "failed": _("failed"),
    "undelivered": _("not delivered"),
    "cancelled": _("cancelled"),
    "expired": _("too late, not sent"),
}
PURPOSES: Mapping[str, str] = {
    "alert": _("Alert: new words from the family"),
    "update": _("Alert updated"),
    "page": _("Page: a person is needed now"),
    "handoff": _("A task for a person"),
    "loud": _("Everybody must know: nobody answered"),
    "acknowledged": _('Answer to "I have it"'),
    "notice": _("Notice"),
    "open": _("A link to this case"),
}
VISIBILITIES: Mapping[str, str] = {
    "staff_only": _("staff only"),
    "safety_only": _("safety staff only"),
    "family_private_draft": _("private draft"),
}
RELATIONS: Mapping[str, str] = {
    "mother": _("Mother"),
    "father": _("Father"),
    "parent": _("Parent"),
    "guardian": _("Guardian"),
    "grandmother": _("Grandmother"),
    "grandfather": _("Grandfather"),
    "aunt": _("Aunt"),
    "uncle": _("Uncle"),
    "caregiver": _("Caregiver"),
}
DOMAINS: Mapping[str, str] = {
    "reading": _("Reading"),
    "writing": _("Writing"),
    "math": _("Math"),
    "behaviour": _("Behavior"),
    "attendance": _("Attendance"),
    "feelings": _("Feelings"),
    "social-emotional": _("Feelings and friends"),
    "general": _("General"),
}
HOW: Mapping[str, str] = {
    "called": _("I called"),
    "wrote": _("I wrote back"),
    "met": _("We met"),
    "passed_on": _("I passed it on"),
    "not_needed": _("Nothing was needed"),
}
RELEASES: Mapping[str, str] = {
    "safe_now": _("Everybody is safe now"),
    "plan_in_place": _("There is a plan, and people for it"),
    "reported": _("It was reported as the law asks"),
    "false_alarm": _("It was a false alarm"),
}
SOURCES: Mapping[str, str] = {
    "entry": _("Words of the family"),
    "handoff": _("Words to a person"),
    "letter": _("A text to a family"),
    "template": _("A text for many families"),
}
MAY: Mapping[str, str] = {
    "everything": _("may be told everything"),
    "some": _("general news only"),
    "nothing": _("may be told nothing: ask the office"),
}
ACTIONS: Mapping[str, str] = {
    "sign_in": _("signed in"),
    "sign_out": _("signed out"),
    "read": _("read"),
    "read_case": _("read a case"),
    "read_handoff": _("read a task"),
    "read_translation": _("read a translation"),
    "correct_translation": _("corrected a translation"),
    "approve_translation": _("approved a translation"),
    "read_student": _("looked at a child, to open a case"),
    "open": _("opened the family page"),
    "open_attachment": _("opened a photo or voice note"),
    "take_task": _("took a task"),
    "close_task": _("finished a task"),
    "give_task": _("gave a task to a colleague"),
    "acknowledge": _("acknowledged an alert"),
    "acknowledge_page": _("acknowledged a page"),
    "say_thanks": _("said thanks to the family"),
    "ask_liaison": _("asked the liaison"),
    "send_chat_link": _("texted the chat link"),
    "open_case": _("opened a case"),
    "team_add": _("added somebody to the team"),
    "team_end": _("took somebody off the team"),
    "set_liaison": _("named the liaison"),
    "set_lead": _("named the lead"),
    "read_log": _("read this log"),
    "export_log": _("took a copy of this log"),
    "import_roster": _("imported a roster"),
    "rota_add": _("added a turn to the rota"),
    "rota_remove": _("took a turn off the rota"),
    "rota_order": _("changed the order of the rota"),
    "start_drill": _("started a drill"),
    "release_safety_hold": _("ended a safety hold"),
    "rotate_keys": _("changed the keys"),
}
MEDIA: Mapping[str, str] = {"audio": _("voice note"), "image": _("photo"), "video": _("video"), "file": _("file")}

FILTERS: Mapping[str, Mapping[str, str]] = {
    "kind_word": KINDS,
    "role_word": ROLES,
    "reason_word": REASONS,
    "channel_word": CHANNELS,
    "state_word": STATES,
    "purpose_word": PURPOSES,
    "visibility_word": VISIBILITIES,
    "relation_word": RELATIONS,
    "domain_word": DOMAINS,
    "media_word": MEDIA,
    "how_word": HOW,
    "may_word": MAY,
    "source_word": SOURCES,
    "release_word": RELEASES,
    "action_word": ACTIONS,
}


def all_texts() -> set[str]:
    """Every text here that the catalogues must have."""
    return {text for table in FILTERS.values() for text in table.values()}


def filters(translate: Callable[[str], str]) -> dict[str, Callable[[str], str]]:
    """A template filter for each table."""

    def make(table: Mapping[str, str]) -> Callable[[str], str]:
        return lambda word: translate(table[word]) if word in table else word.replace("_", " ")

    return {name: make(table) for name, table in FILTERS.items()}
