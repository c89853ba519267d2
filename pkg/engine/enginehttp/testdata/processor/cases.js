'use strict';

// Each case asks the test's server for something, and returns what JSON has a form for, or throws. It runs here and
// in Node.js, which must say the same. PLAIN, SECURE and DEAD are URLs of servers.

const http = require('http');
const https = require('https');

const {PLAIN, SECURE, DEAD} = process.env;
const pause = (ms) => new Promise((go) => setTimeout(go, ms));
const errorOf = (err) => ({name: err.name, code: err.code, message: err.message, syscall: err.syscall, errno: err.errno, address: err.address, hostname: err.hostname});

// ask sends a request and collects the response with the order of its events.
function ask(url, options = {}, body) {
  return new Promise((resolve) => {
    const events = [];
    const module = url.startsWith('https') ? https : http;
    const req = module.request(url, options);
    for (const name of ['socket', 'abort', 'timeout']) req.on(name, () => events.push(name));
    req.on('error', (err) => events.push(errorOf(err)));
    req.on('close', () => { events.push('close'); resolve(events); });
    req.on('response', (res) => {
      events.push(`response ${res.statusCode} ${res.statusMessage} ${res.httpVersion}`);
      let text = '';
      res.setEncoding('utf8');
      res.on('data', (part) => { text += part; });
      res.on('aborted', () => events.push('aborted'));
      res.on('error', (err) => events.push('of the response', errorOf(err)));
      res.on('end', () => events.push(`end ${text} ${res.complete}`));
    });
    if (typeof body === 'function') body(req);
    else req.end(body);
  });
}

// echo is what the server saw.
async function echo(...args) {
  const events = await ask(...args);
  const end = events.find((event) => typeof event === 'string' && event.startsWith('end '));
  return end ? JSON.parse(end.slice(4, end.lastIndexOf(' '))) : events;
}

const cases = {
  'get': () => ask(`${PLAIN}/status/200`),
  'get seen': () => echo(`${PLAIN}/echo?x=1&y=%20z`),
  'get by options': () => new Promise((go) => http.get({hostname: new URL(PLAIN).hostname, port: new URL(PLAIN).port, path: '/echo', headers: {'X-A': 'b', accept: ['c', 'd']}}, (res) => res.resume().on('end', () => go(res.statusCode)))),
  'path as it is': () => echo({toString: () => `${PLAIN}/echo`}.toString(), {path: '/echo/%7Ea/../b?q=%41'}),
  'post': () => echo(`${PLAIN}/echo`, {method: 'POST', headers: {'Content-Type': 'text/plain'}}, 'héllo'),
  'post with a length': () => echo(`${PLAIN}/echo`, {method: 'POST', headers: {'Content-Length': 5}}, (req) => { req.write('he'); req.write('llo'); req.end(); }),
  'post in parts': () => echo(`${PLAIN}/echo`, {method: 'POST'}, (req) => { req.write('he'); req.write(Buffer.from('llo')); req.end('!'); }),
  'post of nothing': () => echo(`${PLAIN}/echo`, {method: 'POST'}),
  'delete': () => echo(`${PLAIN}/echo`, {method: 'DELETE'}),
  'put in small letters': () => echo(`${PLAIN}/echo`, {method: 'put'}, 'x'),
  'head': () => ask(`${PLAIN}/status/200`, {method: 'HEAD'}),
  'nothing': () => ask(`${PLAIN}/status/204`),
  'redirect': () => ask(`${PLAIN}/redirect/1`),
  'user and password': () => echo(PLAIN.replace('//', '//us%40er:pa%3Ass@') + '/echo'),
  'auth': () => echo(`${PLAIN}/echo`, {auth: 'a:b'}),
  'host': () => echo(`${PLAIN}/echo`, {headers: {host: 'other.example:81'}}),
  'headers of a response': () => new Promise((go) => http.get(`${PLAIN}/headers`, (res) => { res.resume(); const {date, connection, ...headers} = res.headers; delete headers['keep-alive']; go([Object.entries(headers).sort(), res.headersDistinct['x-two']]); })),
  'headers of a request': () => { const req = http.request(`${PLAIN}/echo`, {headers: {'X-One': '1'}}); req.on('error', () => {}); req.setHeader('X-Two', ['2', '3']); const before = [req.getHeader('x-one'), req.getHeader('X-TWO'), req.hasHeader('x-three'), req.getHeaderNames(), req.getRawHeaderNames(), Object.keys(req.getHeaders())]; req.removeHeader('x-ONE'); const after = [req.getHeader('x-one') === undefined, req.headersSent, req.method, req.path, req.protocol]; req.destroy(); return [before, after]; },
  'headers as a list': () => echo(`${PLAIN}/echo`, {headers: ['X-A', 'b', 'X-C', 'd', 'Host', 'h']}),
  'header with a bad name': () => http.request(PLAIN, {headers: {'a b': 'c'}}),
  'header with a bad value': () => http.request(PLAIN, {headers: {a: 'b\nc'}}),
  'header without a value': () => http.request(PLAIN).setHeader('a'),
  'method with a space': () => http.request(PLAIN, {method: 'A B'}),
  'method of a number': () => http.request(PLAIN, {method: 5}),
  'path with a space': () => http.request({path: '/a b'}),
  'another protocol': () => http.request('https://localhost/'),
  'another protocol, https': () => https.request('http://localhost/'),
  'no URL': () => http.request('nonsense'),
  'refused': () => ask(DEAD),
  'no such host': async () => (await ask('http://nonesuch.invalid/')).map((event) => (event?.code ?? event).replace('EAI_AGAIN', 'ENOTFOUND')),
  'cut before the head': () => ask(`${PLAIN}/hangup`),
  'cut in the body': async () => { const events = await ask(`${PLAIN}/cut`); await pause(5); return events.map((event) => (typeof event === 'object' ? event.code : event)).sort(); },
  'not HTTP': async () => (await ask(`${PLAIN}/nonsense`)).map((event) => event?.code ?? event),
  'timeout': () => ask(`${PLAIN}/slow`, {timeout: 30}, (req) => { req.on('timeout', () => req.destroy()); req.end(); }),
  'timeout set': () => ask(`${PLAIN}/slow`, {}, (req) => { req.setTimeout(30, () => req.destroy(new Error('mine'))); req.end(); }),
  'abort': () => ask(`${PLAIN}/slow`, {}, (req) => { req.end(); setTimeout(() => req.abort(), 20); }),
  'destroyed at once': () => ask(`${PLAIN}/slow`, {}, (req) => { req.end(); req.destroy(); }),
  'signal': () => { const c = new AbortController(); setTimeout(() => c.abort(), 20); return ask(`${PLAIN}/slow`, {signal: c.signal}); },
  'signal aborted before': () => ask(`${PLAIN}/slow`, {signal: AbortSignal.abort()}),
  'streamed': async () => { const res = await new Promise((go) => http.get(`${PLAIN}/stream`, go)); const parts = []; const it = res[Symbol.asyncIterator](); for (let r = await it.next(); !r.done; r = await it.next()) parts.push(r.value); return Buffer.concat(parts).toString(); },
  'large': () => new Promise((go) => http.get(`${PLAIN}/large`, (res) => { let n = 0; res.on('data', (part) => { n += part.length; }).on('end', () => go(n)); })),
  'destroyed in the body': () => new Promise((go) => { const events = []; const req = http.get(`${PLAIN}/endless`, (res) => { res.once('data', () => req.destroy()); res.on('aborted', () => events.push('aborted')); res.on('error', (err) => events.push(err.code)); res.on('close', () => events.push('close')); }); req.on('close', () => setTimeout(() => go(events), 5)); req.on('error', (err) => events.push(`req ${err.code}`)); }),
  'callback': () => new Promise((go) => http.get(`${PLAIN}/status/404`, (res) => { res.resume(); go([res.statusCode, res instanceof http.IncomingMessage, res.rawHeaders.length > 0]); })),
  'agent': () => echo(`${PLAIN}/echo`, {agent: new http.Agent({keepAlive: true, maxSockets: 1})}),
  'no agent': () => echo(`${PLAIN}/echo`, {agent: false}),
  'an odd agent': () => http.request(PLAIN, {agent: 5}),
  'constants': () => [http.STATUS_CODES[404], http.METHODS.includes('GET'), http.globalAgent.protocol, https.globalAgent.protocol, https.globalAgent.defaultPort, http.Agent.name, http.ClientRequest.name],
  'after it was sent': async () => { const req = http.request(`${PLAIN}/status/200`); const response = new Promise((go) => req.on('response', go)); req.end(); (await response).resume(); return [req.headersSent, req.res.statusCode, req.writableEnded, req.finished]; },
  'header after it was sent': async () => { const req = http.request(`${PLAIN}/status/200`); const response = new Promise((go) => req.on('response', go)); req.end(); (await response).resume(); req.setHeader('a', 'b'); },
  'written after the end': () => new Promise((go) => { const req = http.request(`${PLAIN}/slow`, {method: 'POST'}); req.on('error', (err) => go(err.code)); req.end(); req.write('x'); setTimeout(() => req.destroy(), 20); }),

  'tls, unknown': () => ask(`${SECURE}/status/200`),
  'tls, not rejected': () => echo(`${SECURE}/echo`, {rejectUnauthorized: false}),
  'tls, not rejected by its agent': () => echo(`${SECURE}/echo`, {agent: new https.Agent({rejectUnauthorized: false})}),
  'tls, known': () => echo(`${SECURE}/echo`, {ca: process.env.CA}),
  'tls, known by bytes': () => echo(`${SECURE}/echo`, {ca: [Buffer.from(process.env.CA)]}),
  'tls, another name': async () => (await ask(SECURE.replace('127.0.0.1', 'localhost'), {ca: process.env.CA, family: 4})).map((event) => event?.code ?? event),
};

const about = (res) => [res.status, res.statusText, res.ok, res.type, res.redirected, new URL(res.url).pathname, res.bodyUsed];

Object.assign(cases, {
  'fetch': async () => { const res = await fetch(`${PLAIN}/status/200`); return [about(res), await res.text(), res.bodyUsed, String(res)]; },
  'fetch seen': async () => { const {headers: {'user-agent': agent, 'sec-fetch-mode': mode, ...headers}, ...seen} = await (await fetch(`${PLAIN}/echo?a=1#frag`)).json(); return [seen, agent, mode, Object.keys(headers)]; },
  'fetch post': async () => Promise.all([JSON.stringify({a: 1}), new URLSearchParams({a: 'b c'}), Buffer.from('bytes'), new Blob(['blob'], {type: 'text/x'}), new Uint8Array([65, 66]).buffer].map(async (body) => { const seen = await (await fetch(`${PLAIN}/echo`, {method: 'POST', body})).json(); return [seen.method, seen.body, seen.headers['content-type'], seen.headers['content-length']]; })),
  'fetch form': async () => { const form = new FormData(); form.append('a', 'b'); form.append('f', new Blob(['data'], {type: 'text/x'}), 'name.txt'); const seen = await (await fetch(`${PLAIN}/form`, {method: 'POST', body: form})).json(); return seen; },
  'fetch headers': async () => (await (await fetch(`${PLAIN}/echo`, {headers: {'X-A': 'b', authorization: 'c'}})).json()).headers['x-a'],
  'fetch by a Request': async () => { const request = new Request(`${PLAIN}/echo`, {method: 'PUT', body: 'x', headers: [['x-a', 'b']]}); const seen = await (await fetch(request)).json(); return [seen.method, seen.body, seen.headers['x-a'], request.bodyUsed]; },
  'fetch redirected': async () => about(await fetch(`${PLAIN}/redirect/3`)),
  'fetch redirected too often': async () => { try { await fetch(`${PLAIN}/redirect/30`); } catch (err) { return [err.name, err.message, err.cause.message]; } },
  'fetch redirect manual': async () => { const res = await fetch(`${PLAIN}/redirect/1`, {redirect: 'manual'}); return [about(res), res.headers.get('location')]; },
  'fetch redirect error': async () => { try { await fetch(`${PLAIN}/redirect/1`, {redirect: 'error'}); } catch (err) { return [err.name, err.message, err.cause.message]; } },
  'fetch post redirected': async () => Promise.all([301, 302, 303, 307, 308].map(async (status) => { const seen = await (await fetch(`${PLAIN}/to-echo/${status}`, {method: 'POST', body: 'x', headers: {'content-type': 'text/y'}})).json(); return [seen.method, seen.body, seen.headers['content-type']]; })),
  'fetch gzip': async () => (await fetch(`${PLAIN}/gzip`)).text(),
  'fetch br': async () => { const res = await fetch(`${PLAIN}/br`); return [await res.text(), res.headers.get('content-encoding')]; },
  'fetch json': async () => (await fetch(`${PLAIN}/json`)).json(),
  'fetch json that is none': async () => (await (await fetch(`${PLAIN}/status/200`)).json().catch((err) => err.name)),
  'fetch arrayBuffer': async () => { const buffer = await (await fetch(`${PLAIN}/status/200`)).arrayBuffer(); return [buffer instanceof ArrayBuffer, buffer.byteLength]; },
  'fetch blob': async () => { const blob = await (await fetch(`${PLAIN}/json`)).blob(); return [blob.type, blob.size, await blob.text()]; },
  'fetch stream': async () => { const res = await fetch(`${PLAIN}/stream`); const reader = res.body.getReader(); const parts = []; for (;;) { const {value, done} = await reader.read(); if (done) break; parts.push(value); } return [Buffer.concat(parts).toString(), parts[0] instanceof Uint8Array, res.bodyUsed, res.body.locked]; },
  'fetch stream cancelled': async () => { const res = await fetch(`${PLAIN}/endless`); const reader = res.body.getReader(); await reader.read(); await reader.cancel(); return (await reader.read()).done; },
  'fetch twice read': async () => { const res = await fetch(`${PLAIN}/json`); await res.text(); try { await res.text(); } catch (err) { return err.name; } },
  'fetch clone': async () => { const res = await fetch(`${PLAIN}/json`); const copy = res.clone(); return [await res.text(), await copy.text()]; },
  'fetch headers of a response': async () => { const res = await fetch(`${PLAIN}/headers`); return [res.headers.get('x-two'), res.headers.getSetCookie(), res.headers.get('set-cookie'), res.headers.get('none'), res.headers.has('X-TWO')]; },
  'fetch signal': async () => { const c = new AbortController(); setTimeout(() => c.abort(), 20); try { await fetch(`${PLAIN}/slow`, {signal: c.signal}); } catch (err) { return [err.name, err.message, err.code]; } },
  'fetch signal timeout': async () => { try { await fetch(`${PLAIN}/slow`, {signal: AbortSignal.timeout(20)}); } catch (err) { return [err.name, err.message]; } },
  'fetch signal in the body': async () => { const c = new AbortController(); const res = await fetch(`${PLAIN}/endless`, {signal: c.signal}); setTimeout(() => c.abort(), 20); try { await res.text(); } catch (err) { return [err.name]; } },
  'fetch refused': async () => { try { await fetch(DEAD); } catch (err) { return [err.name, err.message, err.cause.code, err.cause.syscall]; } },
  'fetch cut': async () => { try { await (await fetch(`${PLAIN}/cut`)).text(); } catch (err) { return [err.name, err.message]; } },
  'fetch hangup': async () => { try { await fetch(`${PLAIN}/hangup`); } catch (err) { return [err.name, err.message]; } },
  'fetch no URL': async () => { try { await fetch('nonsense'); } catch (err) { return [err.name, err.message]; } },
  'fetch get with a body': async () => { try { await fetch(PLAIN, {body: 'x'}); } catch (err) { return [err.name, err.message]; } },
  'fetch 404': async () => about(await fetch(`${PLAIN}/status/404`)),
  'fetch 204': async () => { const res = await fetch(`${PLAIN}/status/204`); return [about(res), res.body === null, await res.text()]; },
  'fetch tls': async () => { try { await fetch(SECURE); } catch (err) { return [err.name, err.message, err.cause.code]; } },
  'fetch data': async () => { const res = await fetch('data:text/plain;base64,aGk='); return [await res.text(), res.headers.get('content-type')]; },

  'Headers': () => { const h = new Headers({b: '1', A: '2'}); h.append('b', ' 3 '); h.set('c', '4'); h.delete('C'); return [[...h], [...h.keys()], h.get('B'), String(h)]; },
  'Headers of nonsense': () => new Headers({'a b': 'c'}),
  'Response': async () => { const res = new Response('text', {status: 201, statusText: 'S', headers: {a: 'b'}}); return [res.status, res.statusText, res.ok, res.url, [...res.headers], await res.text()]; },
  'Response.json': async () => { const res = Response.json({a: 1}, {status: 202}); return [res.status, res.headers.get('content-type'), await res.json()]; },
  'Response of a bad status': () => new Response('', {status: 99}),
  'Response of nothing with a body': () => new Response('x', {status: 204}),
  'Response of a stream': async () => new Response(new ReadableStream({start(c) { c.enqueue(new TextEncoder().encode('a')); c.enqueue(new TextEncoder().encode('b')); c.close(); }})).text(),
  'Response form': async () => { const form = await new Response(new URLSearchParams({a: '1', b: '2'})).formData(); return [[...form], form.get('a'), form.has('c'), form.getAll('b')]; },
  'Response form of parts': async () => { const f = new FormData(); f.append('x', 'a"b\r\n'); f.append('y', new File(['data'], 'n.txt', {type: 'text/x'})); const back = await new Response(f).formData(); const file = back.get('y'); return [back.get('x'), file.name, file.type, await file.text(), file instanceof File]; },
  'Request': () => { const r = new Request('http://h/p', {method: 'post', body: 'x'}); return [r.method, r.url, r.headers.get('content-type'), r.redirect, r.signal.aborted, r.clone().method]; },
  'Request of nonsense': () => new Request('http://h/p', {method: 'A B'}),
  'FormData': () => { const f = new FormData(); f.append('a', 1); f.append('a', '2'); f.set('b', 'x'); f.set('a', 'y'); f.delete('b'); return [[...f.entries()], f.get('nope')]; },
  'ReadableStream': async () => { const parts = []; const s = new ReadableStream({pull(c) { c.enqueue(parts.length); if (parts.length === 2) c.close(); }}); const r = s.getReader(); for (;;) { const {value, done} = await r.read(); if (done) break; parts.push(value); } return [parts, s.locked]; },
  'ReadableStream that fails': async () => { try { await new ReadableStream({start(c) { c.error(new Error('mine')); }}).getReader().read(); } catch (err) { return err.message; } },
  'ReadableStream tee': async () => { const [a, b] = ReadableStream.from(['x', 'y']).tee(); const all = async (s) => { const out = []; const r = s.getReader(); for (;;) { const {value, done} = await r.read(); if (done) return out; out.push(value); } }; return [await all(a), await all(b)]; },

  'zlib': async () => { const zlib = require('zlib'); const text = Buffer.from('some text '.repeat(100)); return [['gzip', 'gunzip'], ['deflate', 'inflate'], ['deflateRaw', 'inflateRaw'], ['gzip', 'unzip'], ['deflate', 'unzip'], ['brotliCompress', 'brotliDecompress']].map(([there, back]) => { const packed = zlib[`${there}Sync`](text); return [packed.length < 200, zlib[`${back}Sync`](packed).equals(text)]; }); },
  'zlib of nonsense': () => require('zlib').gunzipSync('nonsense'),
  'zlib cut': () => { const zlib = require('zlib'); return zlib.gunzipSync(zlib.gzipSync('some text').subarray(0, 15)); },
  'zlib later': () => new Promise((go, no) => { const zlib = require('zlib'); zlib.gzip('text', (err, packed) => (err ? no(err) : zlib.gunzip(packed, (err, text) => (err ? no(err) : go(text.toString()))))); }),
  'zlib stream': () => new Promise((go, no) => { const zlib = require('zlib'); http.get(`${PLAIN}/gzip`, (res) => { let text = ''; res.pipe(zlib.createGunzip()).on('data', (part) => { text += part; }).on('end', () => go(text)).on('error', no); }); }),
});

for (const [name, call] of Object.entries(cases)) {
  let line;
  try {
    line = JSON.stringify(await call()) ?? 'undefined';
  } catch (err) {
    line = `throws ${err.name} ${err.code} ${err.message}`;
  }
  console.log(`${name}: ${line}`);
}
