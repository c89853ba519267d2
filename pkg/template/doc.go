// Package template holds the values that scripts compute with, and the two small languages that read
// them: {{ }} templates and the expressions of ifTrue.
//
// Values are those of JavaScript, as plain Go: nil is null, Undefined is undefined, and besides them
// there are bool, float64, string, []any and *Object, nothing else. The package reads them from JSON
// and writes them as JSON the way JavaScript does, to the last digit of a number.
//
// Everything is compiled once and rendered many times: Compile for templates, CompileExpr for
// expressions, ParsePath for the places that captures write to. What was compiled is never changed
// afterwards, so all virtual users share it. Variables come through the Scope of the one who renders.
//
// What a variable is called and where it comes from, which strings of a script are templates at all,
// and what happens to the result is the business of pkg/script and pkg/engine.
package template
