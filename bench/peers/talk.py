"""The engine bench's dialog in botbuilder-dialogs, run by the peers' own Python (`.venv-peers`).

Reads the dialog as JSON on standard input, answers one JSON line: turns per second. State is really serialised on every turn, as
any storage but a dictionary would: botbuilder's own storages use jsonpickle.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

import jsonpickle
from botbuilder.core import BotAdapter, ConversationState, MemoryStorage, MessageFactory, TurnContext
from botbuilder.dialogs import DialogSet, DialogTurnStatus, WaterfallDialog, WaterfallStepContext
from botbuilder.dialogs.prompts import PromptOptions, PromptValidatorContext, TextPrompt
from botbuilder.schema import Activity, ChannelAccount, ConversationAccount, ResourceResponse

store: dict[str, str] = {}


class Phone(BotAdapter):
    """Takes what the bot says and sends it nowhere."""

    out = ""

    async def send_activities(self, context: TurnContext, activities: list[Activity]) -> list[ResourceResponse]:
        del context
        self.out = activities[-1].text
        return [ResourceResponse(id="1") for _ in activities]

    async def update_activity(self, context: TurnContext, activity: Activity) -> None: ...

    async def delete_activity(self, context: TurnContext, reference: Any) -> None: ...


class Storage(MemoryStorage):
    """Memory that holds text."""

    async def read(self, keys: list[str]) -> dict[str, Any]:
        return {key: jsonpickle.decode(store[key]) for key in keys if key in store}

    async def write(self, changes: dict[str, Any]) -> None:
        for key, value in changes.items():
            store[key] = jsonpickle.encode(value)


def dialogs(told: dict[str, Any], state: ConversationState) -> DialogSet:
    """One waterfall per dialog: a text prompt a question, a validator where there are options."""
    found = DialogSet(state.create_property("talk"))
    found.add(TextPrompt("text"))
    for name, steps in told["dialogs"].items():
        waterfall = []
        for place, step in enumerate(steps):
            prompt = f"{name}/{place}" if step["options"] else "text"
            if step["options"]:
                found.add(TextPrompt(prompt, _validator(set(step["options"]))))
            waterfall.append(_ask(prompt, step["text"].replace("{child}", told["child"]), steps[place - 1]["name"] if place else ""))
        waterfall.append(_end(steps[-1]["name"], told["bye"]))
        found.add(WaterfallDialog(name, waterfall))
    return found


def _validator(options: set[str]) -> Any:
    async def validate(prompt: PromptValidatorContext) -> bool:
        return all(part in options for part in prompt.recognized.value.split(","))

    return validate


def _ask(prompt: str, text: str, before: str) -> Any:
    async def step(context: WaterfallStepContext) -> Any:
        if before:
            context.values[before] = context.result
        return await context.prompt(prompt, PromptOptions(prompt=MessageFactory.text(text)))

    return step


def _end(before: str, bye: str) -> Any:
    async def step(context: WaterfallStepContext) -> Any:
        context.values[before] = context.result
        await context.context.send_activity(bye)
        return await context.end_dialog()

    return step


async def run(told: dict[str, Any]) -> float:
    state = ConversationState(Storage())
    found = dialogs(told, state)
    phone = Phone()

    async def turn(talk: str, dialog: str, text: str) -> str:
        activity = Activity(
            type="message", text=text, channel_id="sms", conversation=ConversationAccount(id=talk), locale="es-es",
            from_property=ChannelAccount(id="family"), recipient=ChannelAccount(id="bot"),
        )  # fmt: skip
        context = TurnContext(phone, activity)
        talking = await found.create_context(context)
        result = await talking.continue_dialog()
        if result.status == DialogTurnStatus.Empty:
            await talking.begin_dialog(dialog)
        await state.save_changes(context)
        return phone.out

    names = list(told["dialogs"])
    talks = [(f"t{number}", names[number % len(names)]) for number in range(told["talks"])]
    for talk, name in talks:
        await turn(talk, name, "hola")
    turns, last = 0, {}
    began = time.process_time()
    for place in range(max(len(answers) for answers in told["answers"].values())):
        for talk, name in talks:
            answers = told["answers"][name]
            if place < len(answers):
                last[talk] = await turn(talk, name, answers[place])
                turns += 1
    took = time.process_time() - began
    assert set(last.values()) == {told["bye"]}, "a dialog did not come to its end"
    return turns / took


if __name__ == "__main__":
    print(json.dumps({"turns_per_second": asyncio.run(run(json.load(sys.stdin)))}))
