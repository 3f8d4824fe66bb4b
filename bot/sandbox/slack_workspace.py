"""The played Slack workspace: users, channels, direct messages, what was posted where. Values and look-ups, no HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.options import SlackChannel, SlackUser
from bot.sandbox.state import State

Post = dict[str, Any]


@dataclass(slots=True)
class Conversation:
    """A channel or a direct message (`user` set)."""

    id: str
    name: str
    is_private: bool = True
    is_ext_shared: bool = False
    is_archived: bool = False
    is_im: bool = False
    user: str = ""
    members: set[str] = field(default_factory=set)
    created: int = 0
    posts: dict[str, Post] = field(default_factory=dict)
    ephemeral: list[Post] = field(default_factory=list)
    last_post: float = 0.0


@dataclass(slots=True)
class ResponseUrl:
    """Where an interaction may still be answered, and how often it was."""

    channel: str
    user: str
    ts: str
    uses: int = 0


class Workspace:
    """All of it, with the rules about who is where."""

    def __init__(self, state: State) -> None:
        self.state = state
        options = state.options
        self.bot = SlackUser(options.bot_user_id, options.bot_name, "Hearthline")
        self.users: dict[str, SlackUser] = {}
        self.conversations: dict[str, Conversation] = {}
        self.views: dict[str, dict[str, Any]] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.triggers: dict[str, tuple[str, float]] = {}
        self._last_ts = 0
        self.settle()
        self._read_back()

    def settle(self) -> None:
        """(Re)build users and channels from the options."""
        self.users = {user.id: user for user in (self.bot, *self.state.options.slack_users)}
        self.conversations.clear()
        for channel in self.state.options.slack_channels:
            self.put_channel(channel)

    def put_user(self, user: SlackUser) -> None:
        self.users[user.id] = user

    def put_channel(self, channel: SlackChannel) -> Conversation:
        """Create a channel, or change one (renamed, archived, made public); what was posted stays."""
        old = self.conversations.get(channel.id)
        conversation = Conversation(
            id=channel.id,
            name=channel.name,
            is_private=channel.is_private,
            is_ext_shared=channel.is_ext_shared,
            is_archived=channel.is_archived,
            members=set(channel.members) | ({self.bot.id} if channel.bot_is_member else set()),
            created=int(self.state.now()) if old is None else old.created,
            posts={} if old is None else old.posts,
        )
        self.conversations[channel.id] = conversation
        return conversation

    def direct(self, user: str) -> Conversation:
        """The direct message between our bot and one user, opened when needed."""
        place = "D" + user.removeprefix("U").removeprefix("W")
        if place not in self.conversations:
            created = int(self.state.now())
            self.conversations[place] = Conversation(place, "", is_im=True, user=user, members={self.bot.id, user}, created=created)
        return self.conversations[place]

    def find(self, place: str) -> Conversation | None:
        """By channel id, or the direct message of a user id."""
        if place in self.conversations:
            return self.conversations[place]
        if place in self.users and place != self.bot.id:
            return self.direct(place)
        return None

    def new_ts(self) -> str:
        """A message's time stamp, which is also its id: never the same twice."""
        self._last_ts = max(self._last_ts + 1, int(self.state.now() * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def post(self, conversation: Conversation, wish: dict[str, Any]) -> Post:
        """Keep a message of our bot."""
        options = self.state.options
        post: Post = {
            "type": "message",
            "user": self.bot.id,
            "bot_id": options.bot_id,
            "app_id": options.app_id,
            "team": options.team_id,
            "ts": self.new_ts(),
            "text": wish.get("text") or "",
        }
        for name in ("blocks", "attachments", "metadata", "thread_ts"):
            if wish.get(name):
                post[name] = wish[name]
        parent = conversation.posts.get(str(wish.get("thread_ts", "")))
        if parent is not None:
            post["parent_user_id"] = parent["user"]
            replies = parent.get("reply_count", 0) + 1
            parent |= {"thread_ts": parent["ts"], "reply_count": replies, "latest_reply": post["ts"], "subscribed": True}
        conversation.posts[post["ts"]] = post
        self.remember(conversation, post)
        return post

    def remember(self, conversation: Conversation, post: Post) -> None:
        """Journal a post or what became of it."""
        self.state.ledger.write("slack", {"channel": conversation.id, "post": post})

    def new_trigger(self, user: str) -> str:
        trigger = self.state.new_id("trg-", 20)
        self.triggers[trigger] = (user, self.state.now())
        return trigger

    def reset(self) -> None:
        """Forget what was posted; users and channels stay as they are."""
        for conversation in self.conversations.values():
            conversation.posts.clear()
            conversation.ephemeral.clear()
        self.views.clear()
        self.response_urls.clear()

    def _read_back(self) -> None:
        for kind, row in self.state.ledger.other_rows:
            if kind != "slack":
                continue
            place, post = row["channel"], row["post"]
            if place not in self.conversations and place.startswith("D"):
                self.direct("U" + place[1:])
            conversation = self.conversations.setdefault(place, Conversation(place, place.lower(), members={self.bot.id}))
            if post.get("deleted"):
                conversation.posts.pop(post["ts"], None)
            else:
                conversation.posts[post["ts"]] = post
                self._last_ts = max(self._last_ts, int(post["ts"].replace(".", "")))
