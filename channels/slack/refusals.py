"""Slack's words for what went wrong, and what they mean to us. Data only: a new word is a new line.

https://docs.slack.dev/reference/methods/chat.postMessage#errors
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from channels.errors import BadAddress, InDoubt, Misconfigured, NotAccepted, Permanent, SendError, Throttled, TooLong

UNSUITABLE = "channel_unsuitable"
"""The code that tells delivery to go to the case lead instead: the place is not the private channel it was bound as (fault 14)."""

_PLACE = frozenset(
    {"channel_not_found", "not_in_channel", "is_archived", "restricted_action", "restricted_action_read_only_channel"}
    | {"restricted_action_thread_only_channel", "restricted_action_non_threadable_channel", "method_not_supported_for_channel_type"}
    | {"as_user_not_supported", "slack_connect_canvas_sharing_blocked", "messages_tab_disabled"}
)
_PERSON = frozenset(
    {"user_not_found", "users_not_found", "user_disabled", "user_not_visible", "cannot_dm_bot", "users_list_not_supplied", "user_is_bot"}
)
_ACCOUNT = frozenset(
    {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "missing_scope", "no_permission"}
    | {"not_allowed_token_type", "org_login_required", "ekm_access_denied", "team_access_not_granted", "two_factor_setup_required"}
    | {"access_denied", "accesslimited", "enterprise_is_restricted", "invalid_app_id", "app_missing_action_url"}
)
_LENGTH = frozenset({"msg_too_long", "msg_blocks_too_long"})
# Slack says of these that some part of the work may have been done.
_UNCLEAR = frozenset({"fatal_error", "internal_error", "service_unavailable", "request_timeout", "team_added_to_org"})
_WORD = re.compile(r"[a-z0-9_]{1,60}")
_RATE = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})


def error_of(word: str, status: int = 200, headers: Mapping[str, Any] | None = None) -> SendError:
    """Return the error that says what may be done next about this answer of Slack's."""
    code = word if _WORD.fullmatch(word) else "unreadable"
    if status == 429 or code in _RATE:
        return Throttled("Slack asks us to slow down.", code=code, retry_after=_seconds(headers))
    if code in _UNCLEAR or status >= 500 or status == 408:
        return InDoubt("Slack failed while it had the message.", code=code)
    if code in _PLACE:
        return BadAddress("The case's Slack channel is not a private channel we may post to. Check the case's channel.", code=UNSUITABLE)
    if code in _PERSON:
        return BadAddress("This person cannot be reached in Slack. Check the person's Slack id.", code=code)
    if code in _ACCOUNT or status in {401, 403}:
        return Misconfigured("Slack does not accept our app's token or its rights. Check the app in Slack.", code=code)
    if code in _LENGTH:
        return TooLong("Slack does not take a message this long.", code=code)
    return Permanent(f"Slack refuses this message ({code}).", code=code)


def as_question(error: SendError) -> SendError:
    """Return the same for a call that changes nothing when it is repeated: what is in doubt there may simply be done again."""
    return NotAccepted("Slack could not be asked just now.", code=error.code) if isinstance(error, InDoubt) else error


def _seconds(headers: Mapping[str, Any] | None) -> float:
    try:
        return min(max(float((headers or {}).get("Retry-After", "1")), 0.0), 3600.0)
    except (TypeError, ValueError):
        return 1.0
