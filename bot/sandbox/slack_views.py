"""views.open and views.update: the forms that a button opens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from bot.sandbox.slack_posting import shown
from bot.sandbox.slack_refusal import SlackRefusal
from bot.sandbox.slack_workspace import Workspace

TRIGGER_SECONDS: Final = 3
VIEW_TYPES: Final = frozenset({"modal", "home"})


def open_view(workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    """Show a form to whom the trigger belongs; a trigger lives three seconds and is used once."""
    if not args.get("trigger_id"):
        raise SlackRefusal("invalid_arguments")
    user, born = workspace.triggers.pop(str(args["trigger_id"]), ("", 0.0))
    if not user:
        raise SlackRefusal("invalid_trigger_id")
    state = workspace.state
    if state.now() - born > TRIGGER_SECONDS:
        raise SlackRefusal("expired_trigger_id")
    view = _checked(args.get("view"))
    identity = state.new_id("V0", 9)
    workspace.views[identity] = _kept(workspace, view, identity, user)
    state.ledger.note("slack.view", view_id=identity, user=user)
    return {"view": shown(workspace.views[identity])}


def update_view(workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    identity = str(args.get("view_id", ""))
    if not identity:
        by_external = [
            key for key, view in workspace.views.items() if args.get("external_id") and view["external_id"] == args["external_id"]
        ]
        identity = by_external[0] if by_external else ""
    if identity not in workspace.views:
        raise SlackRefusal("not_found")
    old = workspace.views[identity]
    if args.get("hash") and args["hash"] != old["hash"]:
        raise SlackRefusal("hash_conflict")
    workspace.views[identity] = _kept(workspace, _checked(args.get("view")), identity, old["_user"])
    return {"view": shown(workspace.views[identity])}


def submitted(workspace: Workspace, identity: str, values: dict[str, Any]) -> dict[str, Any]:
    """Return the view with what the user filled in: `values` maps action_id to text or option value."""
    view = workspace.views.get(identity)
    if view is None:
        raise SlackRefusal("not_found")
    state: dict[str, Any] = {}
    for block in view["blocks"]:
        element = block.get("element", {})
        action = element.get("action_id")
        if block.get("type") != "input" or action is None:
            continue
        filled: dict[str, Any] = {"type": element.get("type", "plain_text_input")}
        chosen = [option for option in element.get("options", []) if option.get("value") == values.get(action)]
        if "options" in element:
            filled["selected_option"] = chosen[0] if chosen else None
        else:
            filled["value"] = values.get(action)
        state[block["block_id"]] = {action: filled}
    return {**shown(view), "state": {"values": state}}


def _checked(view: Any) -> dict[str, Any]:
    if not isinstance(view, dict) or view.get("type") not in VIEW_TYPES or not isinstance(view.get("blocks"), list):
        raise SlackRefusal("invalid_arguments")
    if view["type"] == "modal" and not view.get("title"):
        raise SlackRefusal("invalid_arguments", response_metadata={"messages": ["[ERROR] missing required field: title"]})
    return view


def _kept(workspace: Workspace, view: dict[str, Any], identity: str, user: str) -> dict[str, Any]:
    state = workspace.state
    blocks = [{**block, "block_id": block.get("block_id") or state.new_id("", 5)} for block in view["blocks"]]
    return {
        "id": identity,
        "team_id": state.options.team_id,
        "type": view["type"],
        "blocks": blocks,
        "private_metadata": view.get("private_metadata", ""),
        "callback_id": view.get("callback_id", ""),
        "external_id": view.get("external_id", ""),
        "state": {"values": {}},
        "hash": state.new_id("", 10),
        "title": view.get("title"),
        "close": view.get("close"),
        "submit": view.get("submit"),
        "clear_on_close": bool(view.get("clear_on_close")),
        "notify_on_close": bool(view.get("notify_on_close")),
        "previous_view_id": None,
        "root_view_id": identity,
        "app_id": state.options.app_id,
        "bot_id": state.options.bot_id,
        "_user": user,
    }


METHODS: Final[dict[str, Callable[[Workspace, dict[str, Any]], dict[str, Any]]]] = {
    "views.open": open_view,
    "views.update": update_view,
}
