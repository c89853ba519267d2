// Prints what the plugin fake-data of an installed Artillery offers: the name of
// each function with the JSON type of its value, and the deprecated names.
// The argument is the folder of the installation.
import { pathToFileURL } from 'node:url';
import path from 'node:path';

const modules = path.resolve(process.argv[2], 'node_modules');
const from = (file) => import(pathToFileURL(path.join(modules, file)));
const plugin = await from('artillery/dist/builtin-packages/artillery-plugin-fake-data/dist/index.js');

// Options for those that fail without.
const options = {
  dateBetween: { from: '2024-01-01', to: '2024-12-31' },
  dateBetweens: { from: '2024-01-01', to: '2024-12-31' },
  stringFromCharacters: 'abc',
};
const script = { config: { plugins: { 'fake-data': options }, processor: {} }, scenarios: [{}] };
new plugin.Plugin(script, null);
const context = { funcs: {} };
script.config.processor.fakeDataHandler(context, null, () => {});

const type = (v) => {
  if (Array.isArray(v)) return 'list';
  if (v instanceof Date) return 'date';
  return typeof v;
};
console.warn = () => {};
const aliases = plugin.getDeprecatedAliases();
for (const name of Object.keys(context.funcs).map((n) => n.slice(1)).sort()) {
  const v = context.funcs[`$${name}`]();
  const keys = type(v) === 'object' ? ` ${Object.keys(v).join(' ')}` : '';
  console.log(aliases[name] ? `${name} = ${aliases[name]}` : `${name} ${type(v)}${keys}`);
}
