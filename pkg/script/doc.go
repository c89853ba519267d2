// Package script reads what a user wrote: an Artillery script in YAML or JSON,
// with its environments, overrides, merge field and payload files. It owns what
// a script may say, checks all of it, and hands on a Script in which every
// template, expression and regular expression has been compiled.
//
// All faults of a script are told at once, each with file, line, column, what
// was found, what was expected and the nearest known key. The table in
// schema.go says which keys there are, and which of them are known but refused.
//
// It also reads dotenv files, and knows which values of the environment a script
// names, so that others can keep them out of what they show.
//
// It leaves the meaning of templates and expressions to package template, the
// load's curve to package plan, and running a flow to package engine. It reads
// no clock, no process environment and no file but through its parameters.
package script
