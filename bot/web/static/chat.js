/* The family's chat on any phone (ES5). Without it the page works by plain forms; with it news arrive by themselves every 3 seconds and
   a message that did not get through is tried again with the same id, so the school has it once. */
(function () {
  'use strict';
  var chat = document.querySelector('.chat');
  var talk = document.getElementById('talk');
  var form = document.getElementById('write');
  var field = document.getElementById('text');
  var clientId = document.getElementById('client-id');
  var state = document.getElementById('chat-state');
  if (!chat || !talk || !form || !window.XMLHttpRequest) { return; }
  var waiting = [];
  var sending = false;
  var pressed = null;

  function version() {
    var inner = document.getElementById('talk-inner');
    return inner ? inner.getAttribute('data-version') : '';
  }

  function toEnd() { talk.scrollTop = talk.scrollHeight; }

  function show(lines) {
    var here = talk.contains(document.activeElement);
    talk.innerHTML = lines;
    toEnd();
    if (here) { talk.focus(); }
  }

  function ask(after) {
    var request = new XMLHttpRequest();
    request.open('GET', chat.getAttribute('data-news') + '?seen=' + encodeURIComponent(version()), true);
    request.setRequestHeader('X-Requested-With', 'chat');
    request.onreadystatechange = function () {
      if (request.readyState !== 4) { return; }
      if (request.status === 200) { show(request.responseText); }
      if (request.status === 403 || request.status === 404) { window.location.reload(); return; }
      if (after) { after(); }
    };
    request.send();
  }

  function poll() { window.setTimeout(function () { ask(poll); }, 3000); }

  function newId() {
    var id = '';
    while (id.length < 24) { id += Math.floor(Math.random() * 16).toString(16); }
    return id;
  }

  function sendNext() {
    if (sending || !waiting.length) { return; }
    sending = true;
    var body = waiting[0];
    var request = new XMLHttpRequest();
    request.open('POST', form.getAttribute('action'), true);
    request.setRequestHeader('Content-Type', 'application/x-www-form-urlencoded');
    request.setRequestHeader('X-Requested-With', 'chat');
    request.onreadystatechange = function () {
      if (request.readyState !== 4) { return; }
      sending = false;
      if (request.status === 204) {
        waiting.shift();
        state.textContent = '';
        ask();
        window.setTimeout(ask, 700);
        sendNext();
      } else if (request.status >= 400 && request.status < 500) {
        window.location.reload();
      } else {
        state.textContent = state.getAttribute('data-waiting');
        window.setTimeout(sendNext, 4000);
      }
    };
    request.send(body);
  }

  document.addEventListener('click', function (event) {
    var button = event.target;
    pressed = button && button.tagName === 'BUTTON' && button.name === 'text' ? button : null;
  });

  form.addEventListener('submit', function (event) {
    event.preventDefault();
    var text = pressed ? pressed.value : field.value;
    pressed = null;
    if (!text.replace(/\s/g, '')) { return; }
    waiting.push('csrf=' + encodeURIComponent(form.elements.csrf.value) + '&client_id=' + clientId.value + '&text=' + encodeURIComponent(text));
    clientId.value = newId();
    field.value = '';
    sendNext();
  });

  field.addEventListener('keydown', function (event) {
    if (event.keyCode === 13 && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.querySelector('button').click();
    }
  });

  chat.className += ' scripted';
  toEnd();
  poll();
}());
