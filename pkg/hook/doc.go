// Package hook runs the JavaScript of scripts: processors with their hooks, and the expressions that
// `transform` has.
//
// It owns the event loop, the calling conventions of hooks, the modules of Node.js that processors
// find here, and how values go in and out. It leaves to its package bundle how a processor and what it
// imports become one text, to package engine when which hook is called, and to the protocols what the
// objects look like that hooks are given: it knows no HTTP.
//
// # Processors
//
// A Runtime is the JavaScript of one worker: one instance of the processor's module, whose state all
// users of the worker share. Its event loop is a lock, not a goroutine. Whoever has something for it
// to do takes a turn: the goroutine of a user that calls a hook, that of a timer that has run out, that
// of an answer that came in. A turn ends when the promises that it settled have been dealt with. So a
// hook that needs no waiting costs no switch of goroutines, and what Node.js promises holds: no two
// pieces of JavaScript run at once, and each runs to its end.
//
// A Context is one virtual user as hooks see it. What a hook starts, by timers and promises, goes on
// in the context that started it: there its metrics and random numbers belong, and there an error goes
// that nobody catches. It fails the user, not the worker.
//
// A turn that takes longer than TurnLimit, or that takes too much memory, is ended with an error.
//
// # Programs
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
