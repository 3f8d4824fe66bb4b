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

  /* The newest line and its choices; where they need more room than there is, from the line on. */
  function toEnd() {
    var lines = talk.querySelectorAll('.bubbles li');
    var from = lines.length ? lines[lines.length - 1].offsetTop : 0;
    talk.scrollTop = talk.scrollHeight - from > talk.clientHeight ? from : talk.scrollHeight;
  }

  function boxes() { return talk.querySelectorAll('input[name=choice]'); }

  function asked(inside) {
    var options = inside.querySelector('.options, .several');
    return options ? options.textContent.replace(/\s+/g, ' ') : '';
  }

  /* New lines are put behind those that stand there: a screen reader says them alone. The choices stay while their question does. */
  function show(lines) {
    var here = talk.contains(document.activeElement);
    var fresh = document.createElement('div');
    fresh.innerHTML = lines;
    var old = talk.querySelectorAll('.bubbles li');
    var now = fresh.querySelectorAll('.bubbles li');
    var same = old.length > 0 && old.length <= now.length && asked(talk) === asked(fresh);
    var i;
    for (i = 0; same && i < old.length; i += 1) { same = old[i].textContent === now[i].textContent; }
    if (same) {
      for (i = old.length; i < now.length; i += 1) { old[0].parentNode.appendChild(now[i]); }
      document.getElementById('talk-inner').setAttribute('data-version', fresh.firstElementChild.getAttribute('data-version'));
    } else {
      talk.innerHTML = lines;
      if (here) { talk.focus(); }
    }
    toEnd();
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

  function chosen() {
    var said = '';
    var all = boxes();
    for (var i = 0; i < all.length; i += 1) {
      if (all[i].checked) { said += '&choice=' + encodeURIComponent(all[i].value); all[i].checked = false; }
    }
    return said;
  }

  document.addEventListener('click', function (event) {
    var button = event.target;
    pressed = button && button.tagName === 'BUTTON' && button.name ? button : null;
  });

  form.addEventListener('submit', function (event) {
    var button = pressed;
    pressed = null;
    if (button && button.name === 'page') { return; }
    event.preventDefault();
    var said = '';
    if (button) {
      said = '&press=' + encodeURIComponent(button.value);
    } else {
      said = chosen();
      if (field.value.replace(/\s/g, '')) { said += '&text=' + encodeURIComponent(field.value); }
      field.value = '';
    }
    if (!said) { return; }
    waiting.push('csrf=' + encodeURIComponent(form.elements.csrf.value) + '&client_id=' + clientId.value + said);
    clientId.value = newId();
    sendNext();
  });

  field.addEventListener('keydown', function (event) {
    if (event.keyCode === 13 && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      document.getElementById('send').click();
    }
  });

  window.addEventListener('resize', toEnd);
  chat.className += ' scripted';
  toEnd();
  poll();
}());
