const util = require('util');
const show = (...args) => console.log(util.inspect(...args));
class Foo { constructor() { this.a = 1; } } class Bar extends Foo {} class Empty {}
const named = function named() {};
for (const v of [1, -0, 'it\'s', 'both "and\' `', 'a\nb', '\x00\x7f\u2028', '\ud83d', '😀', true, null, undefined, 5n, Symbol('a b'), Symbol(),
  [], [1, 'a', null], [, 1, , , 2], Object.assign([1, 2], {x: 1, '-1': 2}), [[[[1]]]], {}, {a: 1, 'b-c': 2, [Symbol('s')]: 3, 4: 5}, {a: {b: {c: {d: 1}}}},
  new Foo(), new Bar(), new Empty(), Object.create(null), Object.assign(Object.create(null), {a: 1}), Object.create({x: 1}), Object.create(Foo.prototype),
  () => 1, named, Object.assign(() => 1, {x: 1}), class {}, Foo, Bar, async () => 1, function* gen() {}, Math.max, Object,
  new Date(0), new Date(NaN), /a\/b/gi, new Map([['a', {b: 1}], [{c: 1}, 2]]), new Set([1, 'a', {b: 1}]), new Map(), new Set(), new WeakMap(), new WeakSet(),
  new Uint8Array([1, 2]), new Float64Array(2), new BigInt64Array([1n]), new ArrayBuffer(3), new DataView(new ArrayBuffer(2)), Buffer.from('abc'), new Uint8Array(),
  Promise.resolve(1), Promise.resolve({a: {b: 1}}), new Promise(() => {}), new Number(3), new String('abc'), new Boolean(false), Object(Symbol('q')), Object(3n),
  Object.assign(new Number(3), {x: 1}), (function () { return arguments; })(1, 2), new Proxy({a: 1}, {}), new Proxy([1], {}), globalThis === global,
  {get a() { return 1; }, set b(v) {}, get c() { return 1; }, set c(v) {}}, {[Symbol.toStringTag]: 'Tagged', a: 1}, new (class T { get [Symbol.toStringTag]() { return 'tag'; } })(),
  JSON, Math, {__proto__: {constructor: 5}}, {['__proto__']: 1}, {f() {}, g: () => {}, h: class Q {}}, Object.create(Array.prototype), [undefined, null], {a: undefined},
  'x'.repeat(30), {s: 'x'.repeat(120)}, {s: ('line of text that is long\n').repeat(5)}, ['a'.repeat(40), 'b'.repeat(40)],
]) show(v);
const circular = {name: 'c', list: []}; circular.self = circular; circular.list.push(circular, {again: circular}); show(circular);
const two = {a: {}}; two.a.up = two; two.b = two.a; two.a.me = two.a; show(two);
show(Array.from({length: 30}, (_, i) => i)); show(Array.from({length: 120}, (_, i) => i * 37)); show(Array.from({length: 27}, (_, i) => 'item' + i * i)); show(Array.from({length: 7}, (_, i) => 'x'.repeat(i * 4)));
show({list: Array.from({length: 12}, (_, i) => ({id: i})), nested: {deep: {er: {est: 1}}}}); show(Array(200)); show(new Set(Array.from({length: 101}, (_, i) => i)));
show({a: 'some text', b: 'some more text', c: 'even more text here', d: 'and the last one'}); show({a: 'some text', b: 'some more text', c: 'even more text here', d: 'the last'});
show({a: {b: {c: {d: {}}}}}, {depth: 5}); show({a: {b: {}}}, {depth: 0}); show([[[]]], {depth: 0}); show(new Foo(), {depth: -1}); show([new Map([[1, {a: {}}]])], {depth: 1}); show({a: {b: {c: {}}}}, false, null);
show({b: 1, a: 2}, {sorted: true}); show('a'.repeat(20), {maxStringLength: 5}); show([1, 2, 3, 4], {maxArrayLength: 2}); show(123456789.123, {numericSeparator: true});
show({a: 1, b: 'x', c: null, d: [undefined, Symbol('s')], e: /x/, f: new Date(0), g() {}}, {colors: true}); show({a: {b: 1}, c: [1, 2]}, {compact: false}); show({a: {b: 1}, c: [1, 2]}, {compact: true}); show({get a() { return {x: 1}; }}, {getters: true});
show([1, 2], {showHidden: true}); show({a: 1, b: {c: 2}}, {breakLength: 10}); show({a: 1, b: {c: 2}}, {breakLength: Infinity, compact: 1});
show({[util.inspect.custom](depth, options, inspect) { return `custom ${depth} ${typeof options.stylize} ${inspect === util.inspect}`; }}); show({x: {[util.inspect.custom]: () => ({made: 1})}}); show({x: {[util.inspect.custom]: () => 'a\nb'}});
const error = (e) => { e.stack = e.stack.split('\n')[0] + '\n    at somewhere'; return e; };
show(error(new TypeError('bad'))); show({e: error(Object.assign(new Error('with code'), {code: 'E1', info: {x: 1}}))}); show(error(new Error('outer', {cause: 'inner'}))); show(error(new (class MyError extends Error {})('mine')));
show(error(new AggregateError([1, 2], 'many'))); const nameless = error(new Error('')); show(nameless); const renamed = new Error('renamed'); renamed.name = 'Other'; show(error(renamed)); const stackless = new Error('no stack'); stackless.stack = undefined; show([stackless]);
const plainStack = new Error('one line'); plainStack.stack = 'Error: one line'; show(plainStack); show([plainStack, error(new RangeError('x'))]);
show(Object.assign(new Foo(), {toString() { return 1; }})); show(new (class extends Map { })([[1, 2]])); show(new (class L extends Array {})(3)); show(Object.assign(new Set([1]), {x: 2})); show(new (class B2 extends Uint8Array {})(2)); show(Object.assign(Buffer.from('ab'), {x: 1})); show(Buffer.alloc(60));
