'use strict';

// Each case returns a text, bytes or what JSON has a form for, or throws.

const crypto = require('crypto');

const key16 = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');
const key32 = Buffer.concat([key16, key16]);
const text = 'The quick brown fox jumps over the lazy dog, ünïcödé 😀';

function encrypt(name, key, iv, input, {padding = true, aad, tagLength} = {}) {
  const c = crypto.createCipheriv(name, key, iv, tagLength ? {authTagLength: tagLength} : undefined);
  if (!padding) c.setAutoPadding(false);
  if (aad) c.setAAD(aad);
  const half = Math.floor(input.length / 2);
  const parts = [c.update(input.slice(0, half)), c.update(input.slice(half)), c.final()];
  return Buffer.concat(parts).toString('hex') + (c.getAuthTag && /gcm/.test(name) ? ' ' + c.getAuthTag().toString('hex') : '');
}

function decrypt(name, key, iv, input, {padding = true, aad, tag} = {}) {
  const c = crypto.createDecipheriv(name, key, iv);
  if (!padding) c.setAutoPadding(false);
  if (aad) c.setAAD(aad);
  if (tag) c.setAuthTag(tag);
  return Buffer.concat([c.update(input), c.final()]).toString();
}

const rsa = `-----BEGIN PRIVATE KEY-----
MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDqeimM795JIDNj
cDLrLKYATIVct9hHEeFrLIHaUQOqvVOc86PQ7eJGivgL/vlcwULOTyYdjr375qr3
2RbRDZ20nWNo2deae5WWBzrjyNq/qZuWFifP47zM13ViqG3DQ9otj6/N9XRgE77J
O62VuOQDgUu0iSZgoRP3d/1GGNjEy5OOmO4Js8zW4OuEMC3g+WxTPKWsVlG6+gvQ
4KaDou1HSX9m1Gyh1281IbK1glSox46CvfS79wVY1Dbz2VzIon+Ditwt+kZO2Sxu
UE3A5q9RyItAKoVG5yqXC3D+5XgDSmCfJthZmJZOSq7cQgq7rTizUx4Hh0sx63ah
tWyU51d1AgMBAAECggEAEaVH4zdZ/x7RPzZ+XnxpsbQQhT3ApPiPgkVDMG7QW9UL
qdAcD+kXEj/7EswJcBWLNYN3VtobKg3d5/EKaokfySvfA1EBjLqoMzYwFFxVOf9F
mjHopRh6aN/+EYKjYAKHNM6PaGyEaYaS4QoAsjfL0Qe17swzeyokGoeJI/FSvtx+
SfMb0jBOExMw8c8y1VAN5MVxy5crv3VMqdISZqjKEm7tQL3Ft8QRwqjLvMDWv9Dm
vZ+YwYOXjAAhftamVOO4YqTBNRJPR/jMXY5vEV47ioG8zlhdPebhgCo3t2cZseIL
hySF3VP+xN9InPnt6iY9awKqFyu0g7qWWGGqWC85gQKBgQD2D25AoneCK85t2kmw
Ahmjev2e0rX51BxMZLr3JWv89EccBDHOJSqA3tN5T+m7togFQRG/P7qo6qH9/Li+
rnDN8+HMryCzfISx6o5Nar6cQuJsl5QpdbMSFS9zeBG6F9ij0G6D9edo5sVeNb5K
DlR1vx2nuCIC+n7uE/4SZRA1DQKBgQDz8vK8E8OmDgsD8bsQok5IEz7kvwAXnBE7
a2HiZ86seL64HOyc9CyKVBi9kp7aGysOa33JDE79+5rJhmFV34mo7Qgo8DzMoVOh
bPtF5phaBvFd+r7d4S8kznyyfYujtUScJiCBI9rnmQlJXsCk2fpQsi4jX39AWy6N
zDXceoDiCQKBgQDfgrbIuYvLT5WNDes/mTjG2nLFMWwhyr4F2r5Gv9RvC0oItfqz
4ejQ9Retq5yKacz20NuZGP+qbq/Fcioy82v+eNmUP0R6JdK3dnPa+Oq6MLtSnwH0
AzktZNcckWWw3/ZnH280KUwSawW/hRwcUxX/eyIp9sXWZMql4r044lqthQKBgHqW
Ol5CvE1kvypTPgKk3Rug+DjwtjYnCg3G72Bbc+L9pjFU754LoZo9mlUhKcxGXMOZ
RpNSKRu+ZNEiQyVo+H835aLU3miiJSl4X2iH8UVEOeRVDbbn4s3nKYh0SEiS3ZBu
JGVgxC8fmygQglQU6ZHFiCPkaEjJyUIePW627K8pAoGAAXi8hz+dUpI4jCy1X+9c
qYmqI6rPuq2JjPObmrbmvx1u0V0UM6QQzuneq6FaPCHWZ2kicjPkHZo+Tjc0AvZl
NiRNkmSrugf6gWG/LUIKiyO7jttkvltdhymYGUqSC0wA3SoniwCPJuRxRgHHul1F
YODS3KguuKR9VghGkxADV50=
-----END PRIVATE KEY-----
`;
const ec = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgVaAKX8XqSNq2KBuY
2Ml9NUlyUiotb8wB9KJXztO9mU2hRANCAATw4S0R0ATmmZeh/Kb41T7ETP6EqGTY
BinwwM2zLxAgt3DejeSH5aZC492M2/PceLKuvL8z4nJ053QQeiJt+Dnr
-----END PRIVATE KEY-----
`;
const ed = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIIdt8srjaGor+dgWhSd0vCVplgouo415v0BUwtpGJf5A
-----END PRIVATE KEY-----
`;
const encrypted = `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAiW9zziAJ2yTAICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEIyM4lS+ukFPmsT4q5XK8r8EgZA2
9nMZSESWIsaDX7Eq6f1e4XFpoDBB1GSjblDTGKfSPr2+uWoYWxm9Loe5QaaiSljj
WA9pBJm1OspCcGEoLtV45jiFaojjZywVgdsYDHHykNOFLnC3HmYsWT+cm4/ylVSM
rAJ1vsbNFa4K+tpWASm5N8In8p+l4kEA3f5KWRfNUxfpIsigcgypal/WJJGBx+s=
-----END ENCRYPTED PRIVATE KEY-----
`;
const certificate = `-----BEGIN CERTIFICATE-----
MIIBczCCARmgAwIBAgIUb3HxmNP/5jbSgWcv/iPBWsWn7uswCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEdGVzdDAeFw0yNjExMjUwMjE2NDNaFw0zNjExMjIwMjE2NDNa
MA8xDTALBgNVBAMMBHRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATw4S0R
0ATmmZeh/Kb41T7ETP6EqGTYBinwwM2zLxAgt3DejeSH5aZC492M2/PceLKuvL8z
4nJ053QQeiJt+Dnro1MwUTAdBgNVHQ4EFgQU2cnqc2ivCBPIOtg1tZGmEabOFJgw
HwYDVR0jBBgwFoAU2cnqc2ivCBPIOtg1tZGmEabOFJgwDwYDVR0TAQH/BAUwAwEB
/zAKBggqhkjOPQQDAgNIADBFAiEA8lFSMJZEAqut7Uez3wQbOYvYaYMNQV7bJDs6
VCNZQlYCIEMjRzJQ2Ozg5tFo3JM6ROyPWKoTManOfP0xNYGWmdk7
-----END CERTIFICATE-----
`;

const cases = {};

for (const name of [
  'md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'sha512-224', 'sha512-256', 'sha3-224', 'sha3-256', 'sha3-384', 'sha3-512',
  'ripemd160', 'rmd160', 'blake2b512', 'blake2s256', 'shake128', 'shake256', 'SHA256', 'RSA-SHA256', 'sha256WithRSAEncryption', 'nonesuch',
]) {
  cases[`hash ${name}`] = () => crypto.createHash(name).update(text).digest('hex');
}

Object.assign(cases, {
  'hash in parts': () => crypto.createHash('sha256').update('a').update(Buffer.from('b')).update(new Uint16Array([1, 2])).update(new DataView(new ArrayBuffer(3), 1)).digest('base64'),
  'hash base64url': () => crypto.createHash('sha512').update(text).digest('base64url'),
  'hash latin1': () => crypto.createHash('md5').update(text).digest('latin1'),
  'hash binary': () => crypto.createHash('md5').update(text).digest('binary'),
  'hash buffer': () => crypto.createHash('md5').update(text).digest(),
  'hash of hex': () => crypto.createHash('md5').update('00ff', 'hex').digest('hex'),
  'hash of base64': () => crypto.createHash('md5').update('AP8=', 'base64').digest('hex'),
  'hash of latin1': () => crypto.createHash('md5').update('ü', 'latin1').digest('hex'),
  'hash of half a pair': () => crypto.createHash('md5').update('\ud800').digest('hex'),
  'hash copy': () => { const h = crypto.createHash('sha1').update('a'); const c = h.copy(); return [h.update('b').digest('hex'), c.digest('hex')]; },
  'hash copy of shake': () => { const h = crypto.createHash('shake128', {outputLength: 5}).update('a'); const c = h.copy({outputLength: 5}); return [h.update('b').digest('hex'), c.digest('hex').length]; },
  'hash of a length': () => crypto.createHash('shake256', {outputLength: 70}).update(text).digest('hex'),
  'hash of a wrong length': () => crypto.createHash('sha256', {outputLength: 5}),
  'hash name of a wrong type': () => crypto.createHash(5),
  'hash update of a wrong type': () => crypto.createHash('md5').update(5),
  'hash update of null': () => crypto.createHash('md5').update(null),
  'hash digest twice': () => { const h = crypto.createHash('md5'); h.digest(); h.digest(); },
  'hash update after': () => { const h = crypto.createHash('md5'); h.digest(); h.update('x'); },
  'hash without new': () => crypto.Hash('md5').digest('hex'),
  'hash is one': () => crypto.createHash('md5') instanceof crypto.Hash,
  'hash at once': () => [crypto.hash('md5', text), crypto.hash('sha1', Buffer.from('a'), 'base64'), crypto.hash('sha1', 'a', 'buffer')],
  'hashes': () => ['md5', 'sha1', 'sha256', 'RSA-SHA256', 'sha3-512', 'ripemd160'].every((name) => crypto.getHashes().includes(name)),

  'hash as a stream': () => new Promise((go, no) => { const h = crypto.createHash('sha256'); h.on('readable', () => { const data = h.read(); if (data) go(data.toString('hex')); }).on('error', no); h.write('some '); h.end('data'); }),
  'hash at the end of a pipe': () => new Promise((go, no) => { const {Readable} = require('stream'); const h = crypto.createHash('md5').setEncoding('hex'); Readable.from(['some ', 'data']).pipe(h).once('finish', () => go(h.read())).on('error', no); }),
  'hash in a pipeline': async () => { const {Readable, pipeline} = require('stream'); const h = crypto.createHash('md5'); await new Promise((go, no) => pipeline(Readable.from([Buffer.from('some '), Buffer.from('data')]), h, (err) => (err ? no(err) : go()))); return h.digest ? h.read().toString('hex') : ''; },
  'cipher as a stream': () => new Promise((go, no) => { const c = crypto.createCipheriv('aes-128-cbc', key16, key16); const parts = []; c.on('data', (part) => parts.push(part)).on('end', () => go(Buffer.concat(parts).toString('hex'))).on('error', no); c.write(text); c.end(); }),
  'decipher as a stream that fails': () => new Promise((go) => { const c = crypto.createDecipheriv('aes-128-cbc', key16, key16); c.on('error', (err) => go(err.code)); c.end(Buffer.alloc(15)); }),
  'sign as a stream': () => new Promise((go) => { const s = crypto.createSign('sha256'); s.write('some data'); s.end(); s.on('finish', () => go(s.sign(rsa, 'hex'))); }),
  'hmac': () => ['md5', 'sha1', 'sha256', 'sha512', 'sha3-256'].map((name) => crypto.createHmac(name, 'key').update(text).digest('hex')),
  'hmac with bytes': () => crypto.createHmac('sha256', key16).update(text).digest('base64'),
  'hmac with a long key': () => crypto.createHmac('sha256', Buffer.alloc(200, 7)).update(text).digest('base64'),
  'hmac with a KeyObject': () => crypto.createHmac('sha256', crypto.createSecretKey('key', 'utf8')).update(text).digest('hex'),
  'hmac with an empty key': () => crypto.createHmac('sha256', '').update('').digest('hex'),
  'hmac unknown': () => crypto.createHmac('nonesuch', 'k'),
  'hmac key of a wrong type': () => crypto.createHmac('md5', 5),
  'hmac without a key': () => crypto.createHmac('md5'),
  'hmac with a public key': () => crypto.createHmac('md5', crypto.createPublicKey(rsa)),
  'hmac digest twice': () => { const h = crypto.createHmac('md5', 'k'); h.digest(); return h.digest('hex'); },
  'hmac update after': () => { const h = crypto.createHmac('md5', 'k'); h.digest(); h.update('x'); },

  'equal': () => [crypto.timingSafeEqual(key16, Buffer.from(key16)), crypto.timingSafeEqual(key16, Buffer.alloc(16))],
  'equal of other lengths': () => crypto.timingSafeEqual(Buffer.alloc(1), Buffer.alloc(2)),
  'equal of texts': () => crypto.timingSafeEqual('a', Buffer.alloc(2)),

  'randomUUID': () => /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID()) && crypto.randomUUID() !== crypto.randomUUID(),
  'randomBytes': () => [crypto.randomBytes(5).length, Buffer.isBuffer(crypto.randomBytes(0)), crypto.randomBytes(32).equals(crypto.randomBytes(32))],
  'randomBytes later': () => new Promise((go) => { let now = true; crypto.randomBytes(5, (err, b) => go([err, b.length, now])); now = false; }),
  'randomBytes of less than none': () => crypto.randomBytes(-1),
  'randomBytes of a text': () => crypto.randomBytes('x'),
  'randomInt': () => { const seen = new Set(); for (let i = 0; i < 200; i++) seen.add(crypto.randomInt(3)).add(crypto.randomInt(10, 12)); return [...seen].sort(); },
  'randomInt of a wide range': () => { const n = crypto.randomInt(2 ** 48 - 1); return Number.isInteger(n) && n >= 0; },
  'randomInt later': () => new Promise((go) => crypto.randomInt(5, 6, (err, n) => go([err === undefined, n]))),
  'randomInt of no range': () => crypto.randomInt(5, 5),
  'randomInt of a fraction': () => crypto.randomInt(0.5),
  'randomInt too wide': () => crypto.randomInt(1, 2 ** 50),
  'randomFillSync': () => { const b = Buffer.alloc(40); const same = crypto.randomFillSync(b, 20, 10) === b; return [same, b.subarray(0, 20).equals(Buffer.alloc(20)), b.subarray(20, 30).equals(Buffer.alloc(10)), b.subarray(30).equals(Buffer.alloc(10))]; },
  'randomFillSync of words': () => { const b = new Uint32Array(4); crypto.randomFillSync(b, 2); return [b[0], b[1], b[2] !== 0 || b[3] !== 0]; },
  'randomFillSync beyond': () => crypto.randomFillSync(Buffer.alloc(4), 5),
  'getRandomValues': () => { const a = new Uint8Array(64); return [crypto.webcrypto.getRandomValues(a) === a, a.some((x) => x !== 0), globalThis.crypto.getRandomValues(new Uint32Array(2)).length]; },
  'getRandomValues of fractions': () => crypto.webcrypto.getRandomValues(new Float32Array(5)),
  'getRandomValues of too many': () => crypto.webcrypto.getRandomValues(new Uint8Array(65537)),

  'cbc': () => [16, 24, 32].map((n) => encrypt(`aes-${n * 8}-cbc`, key32.subarray(0, n), key16, text)),
  'cbc of whole blocks': () => encrypt('aes-128-cbc', key16, key16, text.slice(0, 32)),
  'cbc of nothing': () => encrypt('aes-128-cbc', key16, key16, ''),
  'cbc without padding': () => encrypt('aes-128-cbc', key16, key16, text.slice(0, 32), {padding: false}),
  'cbc without padding of a wrong length': () => encrypt('aes-128-cbc', key16, key16, text.slice(0, 31), {padding: false}),
  'cbc back': () => decrypt('aes-128-cbc', key16, key16, Buffer.from(encrypt('aes-128-cbc', key16, key16, text), 'hex')),
  'cbc back with another key': () => decrypt('aes-128-cbc', Buffer.alloc(16), key16, Buffer.from(encrypt('aes-128-cbc', key16, key16, text), 'hex')),
  'cbc back of half a block': () => decrypt('aes-128-cbc', key16, key16, Buffer.alloc(15)),
  'cbc back of nothing': () => decrypt('aes-128-cbc', key16, key16, Buffer.alloc(0)),
  'cbc back without padding': () => decrypt('aes-128-cbc', key16, key16, Buffer.from(encrypt('aes-128-cbc', key16, key16, 'x'.repeat(32), {padding: false}), 'hex'), {padding: false}),
  'cbc by texts': () => { const c = crypto.createCipheriv('aes-256-cbc', '0123456789abcdef0123456789abcdef', 'fedcba9876543210'); return c.update(text, 'utf8', 'base64') + c.final('base64'); },
  'cbc of hex': () => { const c = crypto.createCipheriv('AES-128-CBC', key16, key16); return c.update('00ff', 'hex', 'hex') + c.final('hex'); },
  'ctr': () => [16, 24, 32].map((n) => encrypt(`aes-${n * 8}-ctr`, key32.subarray(0, n), key16, text)),
  'ctr back': () => decrypt('aes-128-ctr', key16, key16, Buffer.from(encrypt('aes-128-ctr', key16, key16, text), 'hex')),
  'ecb': () => [16, 24, 32].map((n) => encrypt(`aes-${n * 8}-ecb`, key32.subarray(0, n), null, text)),
  'ecb with a text for none': () => encrypt('aes-128-ecb', key16, '', text),
  'ecb with an iv': () => encrypt('aes-128-ecb', key16, key16, text),
  'ecb back': () => decrypt('aes-256-ecb', key32, null, Buffer.from(encrypt('aes-256-ecb', key32, null, text), 'hex')),
  'gcm': () => [16, 24, 32].map((n) => encrypt(`aes-${n * 8}-gcm`, key32.subarray(0, n), key16.subarray(0, 12), text)),
  'gcm with more data': () => encrypt('aes-128-gcm', key16, key16.subarray(0, 12), text, {aad: Buffer.from('more')}),
  'gcm with a long iv': () => encrypt('aes-256-gcm', key32, key16, text.repeat(20)),
  'gcm with a short iv': () => encrypt('aes-256-gcm', key32, key16.subarray(0, 7), text),
  'gcm with a short tag': () => encrypt('aes-256-gcm', key32, key16.subarray(0, 12), text, {tagLength: 4}),
  'gcm of nothing': () => encrypt('aes-256-gcm', key32, key16.subarray(0, 12), ''),
  'gcm back': () => [12, 16].map((n) => { const [data, tag] = encrypt('aes-256-gcm', key32, key16.subarray(0, n), text, {aad: key16}).split(' '); return decrypt('aes-256-gcm', key32, key16.subarray(0, n), Buffer.from(data, 'hex'), {aad: key16, tag: Buffer.from(tag, 'hex')}); }),
  'gcm back with a cut tag': () => { const [data, tag] = encrypt('aes-256-gcm', key32, key16, text).split(' '); return decrypt('aes-256-gcm', key32, key16, Buffer.from(data, 'hex'), {tag: Buffer.from(tag, 'hex').subarray(0, 12)}); },
  'gcm back with a wrong tag': () => decrypt('aes-128-gcm', key16, key16, Buffer.from('abc'), {tag: Buffer.alloc(16)}),
  'gcm back without a tag': () => decrypt('aes-128-gcm', key16, key16, Buffer.from('abc')),
  'gcm tag of a wrong length': () => decrypt('aes-128-gcm', key16, key16, Buffer.from('abc'), {tag: Buffer.alloc(3)}),
  'gcm tag too early': () => crypto.createCipheriv('aes-128-gcm', key16, key16).getAuthTag(),
  'cbc with a tag': () => crypto.createDecipheriv('aes-128-cbc', key16, key16).setAuthTag(key16),
  'cbc with more data': () => crypto.createCipheriv('aes-128-cbc', key16, key16).setAAD(key16),
  'cipher unknown': () => crypto.createCipheriv('nonesuch', key16, key16),
  'cipher with a short key': () => crypto.createCipheriv('aes-128-cbc', key16.subarray(1), key16),
  'cipher with a short iv': () => crypto.createCipheriv('aes-128-cbc', key16, key16.subarray(1)),
  'cipher without an iv': () => crypto.createCipheriv('aes-128-cbc', key16),
  'cipher with null for an iv': () => crypto.createCipheriv('aes-128-cbc', key16, null),
  'cipher with an empty iv': () => crypto.createCipheriv('aes-128-gcm', key16, ''),
  'cipher ended twice': () => { const c = crypto.createCipheriv('aes-128-cbc', key16, key16); c.final(); c.final(); },
  'cipher after its end': () => { const c = crypto.createCipheriv('aes-128-cbc', key16, key16); c.final(); c.update('x'); },
  'cipher info': () => ['aes-256-gcm', 'aes-128-ecb', 'aes-192-ctr', 'AES-256-CBC', 'nonesuch'].map((name) => JSON.stringify(crypto.getCipherInfo(name))),

  'pbkdf2': () => ['sha1', 'sha256', 'sha512'].map((name) => crypto.pbkdf2Sync('password', 'salt', 1000, 33, name).toString('hex')),
  'pbkdf2 later': () => new Promise((go, no) => crypto.pbkdf2('password', key16, 10, 20, 'sha512', (err, key) => (err ? no(err) : go([err, key.toString('hex')])))),
  'pbkdf2 of no length': () => crypto.pbkdf2Sync('p', 's', 1, 0, 'sha1').length,
  'pbkdf2 unknown': () => crypto.pbkdf2Sync('p', 's', 1, 10, 'nonesuch'),
  'pbkdf2 without rounds': () => crypto.pbkdf2Sync('p', 's', 0, 10, 'md5'),
  'pbkdf2 without a digest': () => crypto.pbkdf2Sync('p', 's', 1, 10),
  'scrypt': () => [crypto.scryptSync('p', 's', 64).toString('hex'), crypto.scryptSync('p', 's', 20, {N: 1024, r: 4, p: 2}).toString('hex'), crypto.scryptSync('p', 's', 20, {cost: 16}).toString('hex')],
  'scrypt later': () => new Promise((go, no) => crypto.scrypt('p', 's', 20, (err, key) => (err ? no(err) : go([err, key.toString('hex')])))),
  'scrypt with a bad cost': () => crypto.scryptSync('p', 's', 64, {N: 15}),
  'scrypt with too little memory': () => crypto.scryptSync('p', 's', 64, {N: 1 << 20}),
  'hkdf': () => Buffer.from(crypto.hkdfSync('sha256', 'key', 'salt', 'info', 50)).toString('hex'),
  'hkdf later': () => new Promise((go, no) => crypto.hkdf('sha512', key16, '', '', 20, (err, key) => (err ? no(err) : go([err, key instanceof ArrayBuffer, Buffer.from(key).toString('hex')])))),
  'hkdf of too much': () => crypto.hkdfSync('sha256', 'k', 's', 'i', 100000),
  'hkdf unknown': () => crypto.hkdfSync('nonesuch', 'k', 's', 'i', 10),

  'rsa signature': () => [crypto.sign('sha256', Buffer.from(text), rsa).toString('base64'), crypto.createSign('RSA-SHA512').update(text).sign(rsa, 'hex'), crypto.sign(null, Buffer.from(text), rsa).toString('hex').length],
  'rsa signature with md5': () => crypto.createSign('md5').update(text).sign(rsa, 'base64'),
  'rsa verified': () => [crypto.verify('sha256', Buffer.from(text), rsa, crypto.sign('sha256', Buffer.from(text), rsa)), crypto.createVerify('sha256').update(text).verify(crypto.createPublicKey(rsa), crypto.createSign('sha256').update(text).sign(rsa, 'base64'), 'base64'), crypto.createVerify('sha256').update('other').verify(rsa, crypto.createSign('sha256').update(text).sign(rsa))],
  'rsa pss': () => { const key = {key: rsa, padding: crypto.constants.RSA_PKCS1_PSS_PADDING}; return [undefined, 32, 20, crypto.constants.RSA_PSS_SALTLEN_DIGEST, crypto.constants.RSA_PSS_SALTLEN_MAX_SIGN].map((saltLength) => { const s = crypto.sign('sha256', Buffer.from(text), {...key, saltLength}); return [s.length, crypto.verify('sha256', Buffer.from(text), {...key}, s), crypto.verify('sha256', Buffer.from(text), {...key, saltLength: 32}, s), crypto.verify('sha256', Buffer.from(text), rsa, s)]; }); },
  'rsa pss of another': () => crypto.verify('sha256', Buffer.from(text), {key: rsa, padding: 6}, Buffer.from('vppUlKB3AAoKhWjsV4Vwsho3BIsWRt1CozpBjZnDy+S/PBGG3xP3wX9bbDf4AbSE0sl0dl2NGHMkLSWaYpjG+/k7Sh59wy4lRrYKQo2Orf0sAU3gXIgZRY66XTv95aIT+GfJyNbPfBJOv198AfSpswZj8dFavRmE3Vvw4UN98HzVVRQqBol1IUAAcxXP9ek+MgD8NzXRthfxHGz1qAdxUthFiAM/sitSCjv+iv/PjOKCkkVREQgYeUnLCFpS6M0+18dTFWNz017pbSX4TY53MfQBsu2ZdO+K30XWM1M2qbN2TfwSUG9CIkaa/Yr72A8FXT5Bt6bRKkxGbP5tY6fehA==', 'base64')),
  'ec signature of another': () => [crypto.verify('sha256', Buffer.from(text), ec, Buffer.from('MEUCIAhzq2Val32ZtA3Qogrdv4Q+o9K8OpAOa+ZgN5WBnvlnAiEAtzbSFBIdvvRJ8zv4fzuw76DWTkab97nvaZ+SVnFB5X8=', 'base64')), crypto.verify('sha256', Buffer.from(text), {key: ec, dsaEncoding: 'ieee-p1363'}, Buffer.from('0nUvA/d/TYC7nnNZtX8qDQcvgg/IOBVhJF1K6CACZyQ24qJQVnzOgtgjFx4M6hpsMtG6uVGNVjR8VjcdnF6SAQ==', 'base64'))],
  'ec signature': () => { const s = crypto.createSign('sha256').update(text).sign(ec); return [crypto.verify('sha256', Buffer.from(text), ec, s), crypto.verify('sha256', Buffer.from('other'), ec, s), crypto.verify('sha256', Buffer.from(text), ec, Buffer.from('x')), s[0]]; },
  'ec signature as numbers': () => { const key = {key: ec, dsaEncoding: 'ieee-p1363'}; const s = crypto.sign('sha256', Buffer.from(text), key); return [s.length, crypto.verify('sha256', Buffer.from(text), key, s), crypto.verify('sha256', Buffer.from(text), ec, s)]; },
  'ed signature': () => { const s = crypto.sign(null, Buffer.from(text), ed); return [s.toString('hex'), crypto.verify(null, Buffer.from(text), ed, s), crypto.verify(null, Buffer.from('x'), ed, s)]; },
  'ed signature with a digest': () => crypto.sign('sha256', Buffer.from('x'), ed),
  'ed signature in parts': () => crypto.createSign('sha256').update('x').sign(ed),
  'signature later': () => new Promise((go, no) => crypto.sign('sha256', Buffer.from(text), rsa, (err, s) => { if (err) return no(err); crypto.verify('sha256', Buffer.from(text), rsa, s, (err, ok) => (err ? no(err) : go([s.length, ok]))); })),
  'sign unknown': () => crypto.createSign('nonesuch'),
  'sign at once unknown': () => crypto.sign('nonesuch', Buffer.from('x'), rsa),
  'sign without a key': () => crypto.createSign('sha256').update('x').sign(),
  'sign with a public key': () => crypto.sign('sha256', Buffer.from('x'), crypto.createPublicKey(rsa)),
  'sign a text': () => crypto.sign('sha256', 'x', rsa),
  'verify without a signature': () => crypto.verify('sha256', Buffer.from('x'), rsa),
  'sign in another form': () => crypto.sign('sha256', Buffer.from('x'), {key: ec, dsaEncoding: 'foo'}),

  'key private': () => [rsa, ec, ed].map((pem) => { const k = crypto.createPrivateKey(pem); return [k.type, k.asymmetricKeyType, String(k), k instanceof crypto.KeyObject, JSON.stringify(k.asymmetricKeyDetails, (name, v) => (typeof v === 'bigint' ? String(v) : v))]; }),
  'key public': () => [rsa, ec, ed].map((pem) => { const k = crypto.createPublicKey(pem); return [k.type, k.asymmetricKeyType, k.export({type: 'spki', format: 'pem'}), k.export({type: 'spki', format: 'der'}).toString('base64')]; }),
  'key pkcs1': () => [crypto.createPrivateKey(rsa).export({type: 'pkcs1', format: 'pem'}), crypto.createPublicKey(rsa).export({type: 'pkcs1', format: 'pem'})],
  'key sec1': () => crypto.createPrivateKey(ec).export({type: 'sec1', format: 'pem'}),
  'key pkcs8': () => [rsa, ec, ed].map((pem) => crypto.createPrivateKey(pem).export({type: 'pkcs8', format: 'pem'}) === pem),
  'key there and back': () => [['pkcs1', rsa], ['pkcs8', rsa], ['sec1', ec], ['pkcs8', ed]].map(([type, pem]) => { const k = crypto.createPrivateKey(pem); return ['pem', 'der'].map((format) => crypto.createPrivateKey({key: k.export({type, format}), format, type}).equals(k)); }),
  'key public there and back': () => [['pkcs1', rsa], ['spki', rsa], ['spki', ec], ['spki', ed]].map(([type, pem]) => { const k = crypto.createPublicKey(pem); return ['pem', 'der'].map((format) => crypto.createPublicKey({key: k.export({type, format}), format, type}).equals(k)); }),
  'key jwk': () => [rsa, ec, ed].map((pem) => [JSON.stringify(crypto.createPrivateKey(pem).export({format: 'jwk'})), JSON.stringify(crypto.createPublicKey(pem).export({format: 'jwk'}))]),
  'key jwk back': () => [rsa, ec, ed].map((pem) => { const k = crypto.createPrivateKey(pem); return [crypto.createPrivateKey({key: k.export({format: 'jwk'}), format: 'jwk'}).equals(k), crypto.createPublicKey({key: k.export({format: 'jwk'}), format: 'jwk'}).equals(crypto.createPublicKey(pem))]; }),
  'key encrypted': () => [crypto.createPrivateKey({key: encrypted, passphrase: 'secret'}).equals(crypto.createPrivateKey(ec)), crypto.createPrivateKey({key: encrypted, passphrase: Buffer.from('secret')}).asymmetricKeyType],
  'key encrypted, wrong word': () => crypto.createPrivateKey({key: encrypted, passphrase: 'wrong'}),
  'key encrypted here': () => { const k = crypto.createPrivateKey(ec); const pem = k.export({type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x'}); return [pem.split('\n')[0], crypto.createPrivateKey({key: pem, passphrase: 'x'}).equals(k)]; },
  'key of a certificate': () => crypto.createPublicKey(certificate).export({type: 'spki', format: 'pem'}),
  'key secret': () => { const k = crypto.createSecretKey(key16); return [k.type, k.symmetricKeySize, k.export().toString('hex'), JSON.stringify(k.export({format: 'jwk'})), k.equals(crypto.createSecretKey(Buffer.from(key16))), k.equals(crypto.createSecretKey('x', 'utf8'))]; },
  'key that is none': () => crypto.createPrivateKey('foo'),
  'key public that is none': () => crypto.createPublicKey('foo'),
  'key damaged': () => crypto.createPrivateKey('-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----').type,
  'key of a number': () => crypto.createPrivateKey(5),
  'key of nothing': () => crypto.createPublicKey(undefined),
  'key public of a public': () => crypto.createPublicKey(crypto.createPublicKey(rsa)),
  'key private of a public': () => crypto.createPrivateKey(crypto.createPublicKey(rsa)),
  'key export without options': () => crypto.createPrivateKey(rsa).export(),
  'key export without a type': () => crypto.createPrivateKey(rsa).export({format: 'pem'}),
  'key export of another kind': () => crypto.createPrivateKey(ec).export({format: 'pem', type: 'pkcs1'}),
  'key export of another format': () => crypto.createPublicKey(ec).export({format: 'foo', type: 'spki'}),
  'key of another jwk': () => crypto.createPublicKey({key: {kty: 'foo'}, format: 'jwk'}),
  'key of half a jwk': () => crypto.createPublicKey({key: {kty: 'RSA'}, format: 'jwk'}),

  'generate rsa': () => { const {publicKey, privateKey} = crypto.generateKeyPairSync('rsa', {modulusLength: 1024}); return [publicKey.type, privateKey.type, privateKey.asymmetricKeyDetails.modulusLength]; },
  'generate ec': () => { const {publicKey, privateKey} = crypto.generateKeyPairSync('ec', {namedCurve: 'P-384', publicKeyEncoding: {type: 'spki', format: 'pem'}, privateKeyEncoding: {type: 'sec1', format: 'pem'}}); return [publicKey.split('\n')[0], privateKey.split('\n')[0], crypto.createPublicKey(publicKey).asymmetricKeyDetails.namedCurve]; },
  'generate ed': () => crypto.generateKeyPairSync('ed25519').privateKey.asymmetricKeyType,
  'generate later': () => new Promise((go, no) => crypto.generateKeyPair('rsa', {modulusLength: 2048}, (err, publicKey, privateKey) => (err ? no(err) : go([publicKey.type, privateKey.type])))),
  'generate by promise': async () => Object.keys(await require('util').promisify(crypto.generateKeyPair)('ec', {namedCurve: 'prime256v1'})),
  'generate unknown': () => crypto.generateKeyPairSync('foo'),
  'generate on no curve': () => crypto.generateKeyPairSync('ec', {namedCurve: 'foo'}),
  'generate without options': () => crypto.generateKeyPairSync('rsa'),
  'generate a secret': () => [crypto.generateKeySync('hmac', {length: 64}).symmetricKeySize, crypto.generateKeySync('aes', {length: 256}).symmetricKeySize],

  'rsa encryption': () => { const c = crypto.publicEncrypt(rsa, Buffer.from(text)); return [c.length, crypto.privateDecrypt(rsa, c).toString()]; },
  'rsa encryption with sha256 and a label': () => { const key = {key: rsa, oaepHash: 'sha256', oaepLabel: Buffer.from('label')}; return crypto.privateDecrypt(key, crypto.publicEncrypt(key, Buffer.from(text))).toString(); },
  'rsa encryption of another': () => crypto.privateDecrypt(rsa, Buffer.from('eKfOpxlu4CX1W9uIjX3p2CTZPOjdA7ML4pa7Ugj5650cGJeqwXFbSUdKLp4Fy7LBOOIwlUsqMr0aX42Q2zW29LxAMAhOdo505hii822yfGg2dxzOqd1NqbwQc1490f+ycSjkjR4Kod5/9YcI5i68RiCE3aU1IRX+ehLAFfuCnsZf3q0fDP+1NufWFjpczuRtjNRqHp2X3B4Ba+5boxIRB7j3oR723kPSnYieapuwLRWOKuvSe8y5crRFwg8ket3oENuySfJrytlc7fwdc8IwNF5IaW3On0EANT6GFQaXebQwWSmFXjdMCzf1ZiDwpd02vAbcm2FpwRdwMbuWGsZCxA==', 'base64')).toString(),
  'rsa encryption, pkcs1': () => crypto.publicEncrypt({key: rsa, padding: crypto.constants.RSA_PKCS1_PADDING}, Buffer.from(text)).length,
  'rsa encryption of too much': () => crypto.publicEncrypt(rsa, Buffer.alloc(300)),
  'rsa decryption of something else': () => crypto.privateDecrypt(rsa, Buffer.alloc(256, 1)),

  'ecdh': () => { const a = crypto.createECDH('prime256v1'); const b = crypto.createECDH('prime256v1'); const pa = a.generateKeys(); const pb = b.generateKeys('hex', 'compressed'); return [pa.length, pb.length, a.getPublicKey('hex', 'hybrid').length, a.getPrivateKey().length]; },
  'ecdh secret': () => { const a = crypto.createECDH('secp384r1'); const b = crypto.createECDH('secp384r1'); a.generateKeys(); return a.computeSecret(b.generateKeys()).equals(b.computeSecret(a.getPublicKey('base64'), 'base64')); },
  'ecdh of no curve': () => crypto.createECDH('foo'),
  'ecdh of no key': () => { const a = crypto.createECDH('prime256v1'); a.generateKeys(); return a.computeSecret(Buffer.alloc(5)); },
  'diffieHellman': () => { const a = crypto.generateKeyPairSync('x25519'); const b = crypto.generateKeyPairSync('x25519'); return crypto.diffieHellman({privateKey: a.privateKey, publicKey: b.publicKey}).equals(crypto.diffieHellman({privateKey: b.privateKey, publicKey: a.publicKey})); },
});

const {subtle} = globalThis.crypto;
const hex = (buffer) => Buffer.from(buffer).toString('hex');

Object.assign(cases, {
  'subtle digest': async () => Promise.all(['SHA-1', 'SHA-256', {name: 'sha-512'}].map(async (name) => hex(await subtle.digest(name, Buffer.from(text))))),
  'subtle digest unknown': () => subtle.digest('MD5', key16),
  'subtle hmac': async () => { const k = await subtle.importKey('raw', key16, {name: 'HMAC', hash: 'SHA-256'}, true, ['sign', 'verify']); const s = await subtle.sign('HMAC', k, Buffer.from(text)); return [hex(s), await subtle.verify('HMAC', k, s, Buffer.from(text)), await subtle.verify('HMAC', k, s, key16), JSON.stringify(k.algorithm), k.type, k.usages, k.extractable, String(k), JSON.stringify(await subtle.exportKey('jwk', k)), hex(await subtle.exportKey('raw', k))]; },
  'subtle aes': async () => { const out = []; for (const algorithm of [{name: 'AES-CBC', iv: key16}, {name: 'AES-GCM', iv: key16.subarray(4), additionalData: key16}, {name: 'AES-GCM', iv: key16, tagLength: 96}, {name: 'AES-CTR', counter: key16, length: 64}]) { const k = await subtle.importKey('raw', key32, algorithm.name, true, ['encrypt', 'decrypt']); const c = await subtle.encrypt(algorithm, k, Buffer.from(text)); out.push(hex(c), Buffer.from(await subtle.decrypt(algorithm, k, c)).toString(), JSON.stringify(await subtle.exportKey('jwk', k))); } return out; },
  'subtle aes damaged': async () => subtle.decrypt({name: 'AES-GCM', iv: key16}, await subtle.importKey('raw', key16, 'AES-GCM', false, ['decrypt']), key32),
  'subtle aes too short': async () => subtle.decrypt({name: 'AES-GCM', iv: key16}, await subtle.importKey('raw', key16, 'AES-GCM', false, ['decrypt']), Buffer.alloc(5)),
  'subtle key of a wrong length': () => subtle.importKey('raw', Buffer.alloc(5), 'AES-GCM', true, ['encrypt']),
  'subtle key that may not': async () => subtle.encrypt({name: 'AES-GCM', iv: key16}, await subtle.importKey('raw', key16, 'AES-GCM', false, ['decrypt']), key16),
  'subtle key for nothing': () => subtle.importKey('raw', key16, {name: 'HMAC', hash: 'SHA-256'}, true, []),
  'subtle key that stays': async () => subtle.exportKey('raw', await subtle.importKey('raw', key16, 'AES-GCM', false, ['decrypt'])),
  'subtle pbkdf2': async () => { const k = await subtle.importKey('raw', Buffer.from('password'), 'PBKDF2', false, ['deriveBits', 'deriveKey']); const algorithm = {name: 'PBKDF2', hash: 'SHA-256', salt: key16, iterations: 100}; const d = await subtle.deriveKey(algorithm, k, {name: 'AES-GCM', length: 256}, true, ['encrypt']); return [hex(await subtle.deriveBits(algorithm, k, 128)), hex(await subtle.exportKey('raw', d)), JSON.stringify(d.algorithm)]; },
  'subtle hkdf': async () => { const k = await subtle.importKey('raw', key16, 'HKDF', false, ['deriveBits']); return hex(await subtle.deriveBits({name: 'HKDF', hash: 'SHA-512', salt: key16, info: new Uint8Array()}, k, 512)); },
  'subtle rsa': async () => { const der = crypto.createPrivateKey(rsa).export({type: 'pkcs8', format: 'der'}); const k = await subtle.importKey('pkcs8', der, {name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256'}, true, ['sign']); const p = await subtle.importKey('spki', crypto.createPublicKey(rsa).export({type: 'spki', format: 'der'}), {name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256'}, true, ['verify']); const s = await subtle.sign('RSASSA-PKCS1-v1_5', k, Buffer.from(text)); return [hex(s), await subtle.verify('RSASSA-PKCS1-v1_5', p, s, Buffer.from(text)), hex(await subtle.exportKey('spki', p)), JSON.stringify(await subtle.exportKey('jwk', k)), p.algorithm.modulusLength, hex(p.algorithm.publicExponent)]; },
  'subtle rsa pss': async () => { const k = await subtle.generateKey({name: 'RSA-PSS', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256'}, false, ['sign', 'verify']); const s = await subtle.sign({name: 'RSA-PSS', saltLength: 32}, k.privateKey, key16); return [await subtle.verify({name: 'RSA-PSS', saltLength: 32}, k.publicKey, s, key16), k.publicKey.usages, k.privateKey.usages, k.publicKey.extractable, k.privateKey.extractable]; },
  'subtle rsa oaep': async () => { const der = crypto.createPrivateKey(rsa).export({type: 'pkcs8', format: 'der'}); const algorithm = {name: 'RSA-OAEP', hash: 'SHA-256'}; const k = await subtle.importKey('pkcs8', der, algorithm, true, ['decrypt']); const p = await subtle.importKey('jwk', crypto.createPublicKey(rsa).export({format: 'jwk'}), algorithm, true, ['encrypt']); return Buffer.from(await subtle.decrypt(algorithm, k, await subtle.encrypt(algorithm, p, Buffer.from(text)))).toString(); },
  'subtle ecdsa': async () => { const k = await subtle.generateKey({name: 'ECDSA', namedCurve: 'P-256'}, true, ['sign', 'verify']); const algorithm = {name: 'ECDSA', hash: 'SHA-256'}; const s = await subtle.sign(algorithm, k.privateKey, key16); const raw = await subtle.exportKey('raw', k.publicKey); const again = await subtle.importKey('raw', raw, {name: 'ECDSA', namedCurve: 'P-256'}, true, ['verify']); return [s.byteLength, raw.byteLength, await subtle.verify(algorithm, again, s, key16), JSON.stringify(again.algorithm), Object.keys(await subtle.exportKey('jwk', k.privateKey))]; },
  'subtle ecdh': async () => { const generate = () => subtle.generateKey({name: 'ECDH', namedCurve: 'P-256'}, false, ['deriveBits']); const [a, b] = [await generate(), await generate()]; const [x, y] = [await subtle.deriveBits({name: 'ECDH', public: b.publicKey}, a.privateKey, 256), await subtle.deriveBits({name: 'ECDH', public: a.publicKey}, b.privateKey, 256)]; return hex(x) === hex(y); },
  'subtle ed25519': async () => { const k = await subtle.importKey('jwk', crypto.createPrivateKey(ed).export({format: 'jwk'}), 'Ed25519', true, ['sign']); return hex(await subtle.sign('Ed25519', k, key16)); },
  'subtle wrapped': async () => { const w = await subtle.importKey('raw', key32, 'AES-GCM', false, ['wrapKey', 'unwrapKey']); const k = await subtle.importKey('raw', key16, {name: 'HMAC', hash: 'SHA-256'}, true, ['sign']); const algorithm = {name: 'AES-GCM', iv: key16}; const c = await subtle.wrapKey('raw', k, w, algorithm); const back = await subtle.unwrapKey('raw', c, w, algorithm, {name: 'HMAC', hash: 'SHA-256'}, true, ['sign']); return hex(await subtle.exportKey('raw', back)); },
  'the same': () => [crypto.webcrypto === globalThis.crypto, crypto.subtle === subtle, String(globalThis.crypto), String(subtle), typeof CryptoKey],
});

function show(value) {
  if (value === undefined) return 'undefined';
  if (Buffer.isBuffer(value)) return `Buffer ${value.toString('hex')}`;
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`;
  return JSON.stringify(value);
}

for (const [name, call] of Object.entries(cases)) {
  try {
    console.log(`${name}: ${show(await call())}`);
  } catch (err) {
    console.log(`${name}: throws ${err.name} ${err.code} ${err.message}`);
  }
}
