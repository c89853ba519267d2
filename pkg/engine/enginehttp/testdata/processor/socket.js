'use strict';

// Each case speaks with the test's server over a WebSocket. It runs here and, in Node.js, with the package ws.

const WebSocket = require('ws');

const {SERVER} = process.env;
const describe = (value) => (Buffer.isBuffer(value) ? `Buffer ${value}` : value instanceof ArrayBuffer ? `ArrayBuffer ${value.byteLength}` : value);

// talk opens a WebSocket, does something, and collects what happens until it is closed.
function talk(path, {protocols, options, act, open = () => {}, message = (socket) => socket.close(), ignore = []}) {
  return new Promise((resolve) => {
    const events = [];
    const socket = new WebSocket(SERVER + path, protocols, options);
    socket.on('upgrade', (res) => events.push(`upgrade ${res.statusCode} ${res.headers.upgrade}`));
    socket.on('open', () => { events.push(`open ${socket.readyState} ${socket.protocol}`); open(socket, events); });
    socket.on('message', (data, binary) => { events.push(['message', describe(data), binary]); message(socket, events); });
    socket.on('error', (err) => events.push(['error', err.message, err.code]));
    socket.on('ping', () => { events.push('ping'); socket.close(); });
    socket.on('pong', (data) => { events.push(`pong ${data}`); socket.close(); });
    socket.on('close', (code, reason) => { events.push(['close', code, describe(reason), socket.readyState]); resolve(events.filter((event) => !ignore.includes(event))); });
    act?.(socket, events);
  });
}

const cases = {
  'text': () => talk('/echo', {open: (s) => s.send('héllo')}),
  'bytes': () => talk('/echo', {open: (s) => s.send(Buffer.from([1, 2, 3]))}),
  'bytes as text': () => talk('/echo', {open: (s) => s.send(Buffer.from('abc'), {binary: false})}),
  'text as bytes': () => talk('/echo', {open: (s) => s.send('abc', {binary: true})}),
  'number': () => talk('/echo', {open: (s) => s.send(5)}),
  'words': () => talk('/echo', {open: (s) => s.send(new Uint16Array([65, 66]))}),
  'ArrayBuffer': () => talk('/echo', {act: (s) => { s.binaryType = 'arraybuffer'; }, open: (s) => s.send(new Uint8Array(5).buffer)}),
  'callback': () => talk('/echo', {open: (s, events) => s.send('x', (err) => { events.push(`sent ${err}`); }), message: (s) => setTimeout(() => s.close(), 20)}).then((events) => events.map(String).sort()),
  'in order': () => { let n = 0; return talk('/echo', {open: (s) => { for (let i = 0; i < 20; i++) s.send(String(i)); }, message: (s) => { if (++n === 20) s.close(); }}); },
  'large': () => talk('/echo', {open: (s) => s.send('x'.repeat(1 << 20)), message: (s) => s.close()}).then((events) => events.map((event) => (event[0] === 'message' ? event[1].length : event))),
  'without compression': () => talk('/echo', {options: {perMessageDeflate: false}, open: (s) => s.send('x'.repeat(2000))}).then((events) => events.length),
  'subprotocol': () => talk('/echo', {protocols: ['other', 'chat'], open: (s) => s.close()}),
  'subprotocol as text': () => talk('/echo', {protocols: 'chat', open: (s) => s.close()}),
  'options for protocols': () => talk('/head', {protocols: {headers: {'X-A': 'b'}, origin: 'http://o'}}),
  'headers': () => talk('/head?q=1', {options: {headers: {'X-A': 'b', Authorization: 'c'}}}),
  'user and password': () => new Promise((go) => { const s = new WebSocket(`${SERVER.replace('//', '//us%40er:pass@')}/head`); s.on('message', (data) => { go(String(data)); s.close(); }); }),
  'closed with a code': () => talk('/echo', {open: (s) => s.close(4000, 'mine')}),
  'closed without': () => talk('/echo', {open: (s) => { s.close(); s.close(); }}),
  'closed by the server': () => talk('/close', {}),
  'dropped by the server': () => talk('/drop', {}),
  'terminated': () => talk('/echo', {open: (s) => s.terminate()}),
  'closed before it is open': () => talk('/slow', {act: (s) => s.close()}),
  'terminated before it is open': () => talk('/slow', {act: (s) => s.terminate()}),
  'ping': () => talk('/ping', {}),
  'pong': () => talk('/echo', {open: (s) => s.ping('data')}),
  'refused': () => talk('/refuse', {}),
  'unexpected response': () => new Promise((go) => { const s = new WebSocket(`${SERVER}/refuse`); s.on('unexpected-response', (req, res) => { let text = ''; res.on('data', (part) => { text += part; }); res.on('end', () => go([res.statusCode, text])); }); }),
  'redirect': () => talk('/redirect', {}),
  'redirect followed': () => talk('/redirect', {options: {followRedirects: true}, open: (s) => s.send('x')}).then((events) => events.slice(1)),
  'handshake timeout': () => talk('/slow', {options: {handshakeTimeout: 50}}),
  'no server': () => new Promise((go) => { const s = new WebSocket('ws://127.0.0.1:1'); s.on('error', (err) => go([err.code, err.message])); }),
  'no URL': () => new WebSocket('nonsense'),
  'another protocol': () => new WebSocket('ftp://h'),
  'a fragment': () => new WebSocket('ws://h/#x'),
  'a bad subprotocol': () => new WebSocket('ws://h/', ['a b']),
  'a bad version': () => new WebSocket('ws://h/', {protocolVersion: 7}),
  'sent too early': () => { const s = new WebSocket(`${SERVER}/echo`); s.on('error', () => {}); try { s.send('x'); } finally { s.terminate(); } },
  'sent too late': () => new Promise((go) => { const s = new WebSocket(`${SERVER}/echo`); s.on('open', () => s.close()); s.on('close', () => s.send('x', (err) => go(err.message))); }),
  'a bad code': () => new Promise((go) => { const s = new WebSocket(`${SERVER}/echo`); s.on('open', () => { try { s.close(999); } catch (err) { go([err.name, err.message]); } s.terminate(); }); }),
  'events of browsers': () => new Promise((go) => {
    const events = [];
    const s = new WebSocket(`${SERVER}/echo`);
    s.onopen = (event) => { events.push([event.type, event.target === s]); s.send('text'); };
    s.addEventListener('message', (event) => { events.push([event.type, event.data]); s.close(4001, 'r'); });
    s.onclose = (event) => { events.push([event.type, event.code, event.reason, event.wasClean]); go(events); };
  }),
  'listener removed': () => new Promise((go) => { const s = new WebSocket(`${SERVER}/echo`); const f = () => go('called'); s.addEventListener('open', f); s.removeEventListener('open', f); s.addEventListener('open', () => { s.close(); go('not called'); }, {once: true}); }),
  'onerror': () => new Promise((go) => { const s = new WebSocket(`${SERVER}/refuse`); s.onerror = (event) => go([event.type, event.message, event.error.message]); }),
  'constants': () => { const s = new WebSocket(`${SERVER}/echo`); s.on('error', () => {}); const out = [WebSocket.CONNECTING, WebSocket.OPEN, WebSocket.CLOSING, WebSocket.CLOSED, s.OPEN, s.readyState, s.url, s.bufferedAmount, s.binaryType, WebSocket.WebSocket === WebSocket]; s.terminate(); return out; },
  'paused': () => new Promise((go) => { const got = []; const s = new WebSocket(`${SERVER}/echo`); s.on('open', () => { s.pause(); s.send('x'); setTimeout(() => { got.push(`paused ${s.isPaused} ${got.length}`); s.resume(); }, 30); }); s.on('message', (data) => { got.push(String(data)); s.close(); go(got); }); }),
  'stream': () => new Promise((go) => { const s = new WebSocket(`${SERVER}/echo`); const stream = WebSocket.createWebSocketStream(s, {encoding: 'utf8'}); stream.write('some text'); stream.once('data', (data) => { stream.end(); go(data); }); }),
};

for (const [name, call] of Object.entries(cases)) {
  let line;
  try {
    line = JSON.stringify(await call()) ?? 'undefined';
  } catch (err) {
    line = `throws ${err.name} ${err.code} ${err.message}`;
  }
  console.log(`${name}: ${line}`);
}
