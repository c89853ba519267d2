// Package hook runs the JavaScript of scripts: the expressions that `transform` has.
//
// A Program is compiled once for a run and shared by all users. It runs in a Sandbox, which is made
// for one response of one user and then dropped: it has the built-in objects of the language and the
// variables that it was given, and nothing of one sandbox is seen in another. It has no modules, no
// timers, no console, no files and no network. Math.random draws from the generator of the user. A
// program that takes longer than Limit is stopped.
//
// Values go in and come out as those of package template. What a script does with them is the
// business of package engine.
package hook
