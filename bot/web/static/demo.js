/* The demo page follows what happens: it asks for changed panes every 2 seconds, and faster for a while after something was done. */
'use strict';

const main = document.querySelector('[data-panes]');
const pane = (name) => document.getElementById(`pane-${name}`);
const names = ['phone', 'slack', 'mail', 'record', 'hood'].filter((name) => pane(name));
const say = document.getElementById('say');
let quickUntil = 0;
let asking = false;
let timer = 0;

function toEnd() {
  const talk = pane('phone');
  talk.scrollTop = talk.scrollHeight;
}

async function refresh() {
  if (asking) { return; }
  asking = true;
  try {
    const address = new URL(main.dataset.panes, location.href);
    for (const name of names) { address.searchParams.set(name, pane(name).dataset.version); }
    const answer = await fetch(address, { headers: { 'X-Requested-With': 'demo' } });
    if (answer.ok) {
      for (const [name, news] of Object.entries(await answer.json())) {
        const box = pane(name);
        const busy = box.contains(document.activeElement) && document.activeElement !== box;
        if (busy && name !== 'phone' && Date.now() > quickUntil) { continue; }
        box.innerHTML = news.html;
        box.dataset.version = news.version;
        if (name === 'phone') { toEnd(); }
      }
    }
  } catch (error) {
    /* the server is restarting; the next round will find it */
  } finally {
    asking = false;
  }
}

function later() {
  window.clearTimeout(timer);
  timer = window.setTimeout(async () => {
    if (!document.hidden) { await refresh(); }
    later();
  }, Date.now() < quickUntil ? 400 : 2000);
}

document.addEventListener('submit', async (event) => {
  const form = event.target;
  if (!form.classList.contains('live')) { return; }
  event.preventDefault();
  const button = event.submitter;
  const body = new URLSearchParams(new FormData(form));
  if (button && button.name) { body.set(button.name, button.value); }
  const field = form.querySelector('input[type=text], textarea');
  if (field) { field.value = ''; }
  if (button && button.dataset.url) { window.open(button.dataset.url, '_blank', 'noopener'); }
  quickUntil = Date.now() + 8000;
  later();
  const answer = await fetch(form.action, { method: 'POST', body, headers: { 'X-Requested-With': 'demo' } }).catch(() => null);
  const told = answer && answer.status === 200 ? await answer.json() : null;
  say.textContent = told ? told.say : '';
  await refresh();
});

toEnd();
later();
