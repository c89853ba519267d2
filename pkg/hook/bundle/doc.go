// Package bundle makes one piece of JavaScript of a script's processor: the module with all that it
// imports, lowered to what the JavaScript engine of package hook runs, with a source map.
//
// It finds modules as Node.js does, in CommonJS, ES modules, TypeScript and JSON, and leaves modules
// of Node.js itself to whoever runs the code. It says which files the code reads by name, since these
// have to travel with it. It runs nothing of the code.
package bundle
