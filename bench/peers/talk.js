// The engine bench's dialog in XState and in botbuilder-dialogs (JavaScript): `node talk.js xstate|botbuilder` reads the dialog as JSON
// on standard input and answers one JSON line. The state is a JSON string between every two turns.
"use strict";
const told = JSON.parse(require("fs").readFileSync(0, "utf8"));
const names = Object.keys(told.dialogs);
const longest = Math.max(...names.map((name) => told.answers[name].length));
const filled = (text) => text.replaceAll("{child}", told.child);
const understood = (step, text) => (step.options.length ? text.split(",").every((part) => step.options.includes(part)) : text.length > 0);

// A first, shorter pass warms the compiler up and is not counted.
async function measure(start, turn) {
  await pass(start, turn, Math.ceil(told.talks / 3), "warm");
  console.log(JSON.stringify({ turns_per_second: await pass(start, turn, told.talks, "t") }));
}

async function pass(start, turn, count, prefix) {
  const talks = [];
  for (let n = 0; n < count; n++) talks.push({ name: names[n % names.length], state: await start(names[n % names.length], prefix + n), last: "" });
  let turns = 0;
  const began = process.cpuUsage();
  for (let place = 0; place < longest; place++) {
    for (let n = 0; n < talks.length; n++) {
      const talk = talks[n];
      if (place >= told.answers[talk.name].length) continue;
      const answered = turn(talk.name, talk.state, told.answers[talk.name][place]);
      const [state, said] = answered.then ? await answered : answered;
      talk.state = state;
      talk.last = said;
      turns++;
    }
  }
  const spent = process.cpuUsage(began);
  const seconds = (spent.user + spent.system) / 1e6; // of all its threads: the figure is one a core
  if (!talks.every((talk) => talk.last === told.bye)) throw new Error("a dialog did not come to its end");
  return turns / seconds;
}

// Both ways XState offers are tried; the quicker one counts.
function xstate(pure) {
  const { createMachine, createActor, assign, transition, initialTransition } = require("xstate");
  const machines = {}, texts = {};
  for (const name of names) {
    const states = { end: { type: "final" } };
    texts[name] = {};
    told.dialogs[name].forEach((step, place) => {
      const next = told.dialogs[name][place + 1];
      texts[name]["s" + place] = filled(step.text);
      states["s" + place] = {
        on: { ANSWER: { guard: ({ event }) => understood(step, event.text), target: next ? "s" + (place + 1) : "end",
                        actions: assign(({ context, event }) => ({ ...context, [step.name]: event.text })) } },
      };
    });
    machines[name] = createMachine({ id: name, initial: "s0", context: { child: told.child }, states });
  }
  const said = (name, value) => (value === "end" ? told.bye : texts[name][value]);
  if (pure) {
    return measure(
      (name) => JSON.stringify(machines[name].getPersistedSnapshot(initialTransition(machines[name])[0])),
      (name, state, text) => {
        const before = machines[name].restoreSnapshot(JSON.parse(state), { self: null, system: null, logger() {} });
        const [after] = transition(machines[name], before, { type: "ANSWER", text });
        return [JSON.stringify(machines[name].getPersistedSnapshot(after)), said(name, after.value)];
      });
  }
  return measure(
    (name) => JSON.stringify(createActor(machines[name]).start().getPersistedSnapshot()),
    (name, state, text) => {
      const actor = createActor(machines[name], { snapshot: JSON.parse(state) }).start();
      actor.send({ type: "ANSWER", text });
      const after = actor.getPersistedSnapshot();
      actor.stop();
      return [JSON.stringify(after), said(name, after.value)];
    });
}

function botbuilder() {
  const { TurnContext, ConversationState, MemoryStorage, BotAdapter } = require("botbuilder-core");
  const { DialogSet, WaterfallDialog, TextPrompt, DialogTurnStatus } = require("botbuilder-dialogs");
  class Phone extends BotAdapter {
    async sendActivities(context, activities) { this.out = activities[activities.length - 1].text; return activities.map(() => ({ id: "1" })); }
  }
  const state = new ConversationState(new MemoryStorage()); // it keeps JSON text, not objects
  const dialogs = new DialogSet(state.createProperty("talk"));
  dialogs.add(new TextPrompt("text"));
  for (const name of names) {
    const steps = told.dialogs[name];
    const waterfall = steps.map((step, place) => {
      const prompt = step.options.length ? `${name}/${place}` : "text";
      if (step.options.length) dialogs.add(new TextPrompt(prompt, async (p) => understood(step, p.recognized.value || "")));
      return (context) => { if (place) context.values[steps[place - 1].name] = context.result; return context.prompt(prompt, filled(step.text)); };
    });
    waterfall.push(async (context) => {
      context.values[steps[steps.length - 1].name] = context.result;
      await context.context.sendActivity(told.bye);
      return context.endDialog();
    });
    dialogs.add(new WaterfallDialog(name, waterfall));
  }
  const phone = new Phone();
  const turn = async (name, talk, text) => {
    const context = new TurnContext(phone, { type: "message", text, channelId: "sms", conversation: { id: talk }, from: { id: "family" }, recipient: { id: "bot" }, locale: "es-es" });
    const talking = await dialogs.createContext(context);
    const result = await talking.continueDialog();
    if (result.status === DialogTurnStatus.empty) await talking.beginDialog(name);
    await state.saveChanges(context);
    return [talk, phone.out];
  };
  return measure(async (name, id) => { await turn(name, id, "hola"); return id; }, turn);
}

({ xstate: () => xstate(false), "xstate-pure": () => xstate(true), botbuilder })[process.argv[2]]();
