// Package engine runs one chunk of a load test: it starts a virtual user at every arrival of the
// chunk's list, at the arrival's absolute time and whatever the target answers, and takes each user
// through the steps of its scenario.
//
// The engine owns the schedule (what is fired, skipped, missed, interrupted), the virtual user with
// its variables and its random numbers, the flow of steps, captures, matches and expectations. What a
// request is, is a Protocol's business: pkg/engine/enginehttp and its like compile request steps into
// Actions and send them. What may stand in a script is pkg/script's, the list of arrivals is
// pkg/plan's, how measurements are kept is pkg/metrics'.
//
// # Draws
//
// What a virtual user does is a function of the run's seed and the arrival's index alone, never of
// time, of other users or of the worker that happens to run it. Two kinds of random values exist:
//
//   - Picks: the scenario, the row of each payload file, the element of each list in
//     config.variables, $uuid. Each pick is a hash of (seed, index, slot), where the slot is the
//     pick's place in the script. A pick therefore has the same value whenever, or however often,
//     or whether at all, it is looked at.
//   - The stream, User.Rand: a PCG generator seeded by (seed, index). First the templates of the
//     scenarios' weights draw from it, then the steps of the user's flow in the order in which they
//     run: for a request step its probability, then the templates of the request, then captures and
//     matches in their order, each its templates, the choice among several things found and what its
//     transform draws, then the templates of expectations; for a think, a log and a loop what their templates draw, and then the think's
//     jitter. What runs in a parallel step draws from other streams: each branch has its own, seeded
//     by the seed of the stream that the parallel step stands in, its place in the script, how often
//     that stream has come to it before, and the branch's place in it. So it does not matter which
//     branch is faster.
package engine
