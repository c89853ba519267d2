// Package plan turns the phases of a script into one list of arrivals and
// divides it among workers: phases -> arrival curve -> windows -> chunks. It
// also checks the limits of `_split` and estimates what a run costs. It has no
// clock and keeps nothing but a few numbers a phase; windows, chunks and
// arrivals are made while they are walked.
//
// It leaves to script what a phase may say, to splitter the absolute times, and
// to engine what an arrival does.
//
// # The curve
//
// N(t) is the integral of the arrival rate, a piecewise quadratic function.
// Arrival i, counted from 0, happens at the latest t with N(t) <= i. So the
// first arrival of a load that begins at a constant rate comes at once, pauses
// are skipped over, a phase ends just before the arrival that would fall on its
// end, fractions carry over from phase to phase, and the number of arrivals is
// N at the end, rounded up. Indices, windows and totals come from exact rational
// arithmetic, evaluated where a whole second or a phase begins: no rate is
// rounded to divide it.
//
// # Windows and chunks
//
// A window is a slice of time between two multiples of the longest chunk
// duration. It takes the indices from N(begin) to N(end), both rounded up. With
// R the highest rate in it, it has R / MaxChunkRate workers, rounded up, and
// worker k of n takes the indices i with i mod n = k. A window without arrivals
// has no workers.
//
// # Times
//
// Within one second of one phase, the time of an arrival is computed in float64
// from the exact position of that second on the curve, rounded down to the
// nanosecond, and kept inside the second and the phase. At rates from 1e-8 to
// 1e6 a second it is off by less than a hundredth of a nanosecond before it is
// rounded down. Seconds are cut the same way whatever the windows are, so the
// time of an arrival is a function of the curve and its index alone, and is the
// same for every split.
//
// Every product that is added to something is rounded explicitly, so no compiler
// may fuse the two: arm64 and amd64 compute the same times to the last bit. And
// they could differ without harm: which worker owns an arrival follows from its
// index alone, and indices and windows follow from integers.
//
// # Poisson phases
//
// A phase with `mode: poisson` is a Poisson process whose mean follows the
// phase's rate; its count varies with the seed. Such phases neither take nor
// leave fractions of the uniform ones. The process has rate 1 on the axis of
// expected arrivals, and is carried to time by the inverse of N, so ramps work
// too. A walk of exponential gaps could only be read from its beginning; the
// same process can be drawn top down:
//
//   - The axis is cut into blocks of 65,536. The number of points in a block is
//     a Poisson variable, drawn by inversion from 64 random bits.
//   - A block of n points is halved: each point falls into the left half with
//     probability 1/2, so the count there is the number of ones among n random
//     bits. Ten such halvings lead to leaves of width 64.
//   - In a leaf the points are independent and uniform: n random positions on a
//     grid of 2^-26, sorted.
//
// That is a Poisson process by its definition (independent Poisson counts,
// uniform within), so its gaps are exponential. The random bits of every block,
// halving and leaf are a function of (seed, phase, place) alone, by integer
// arithmetic, so all workers see the same points. Counting the points before
// some place costs one draw for each block before it and ten halvings in the
// last. So New draws a number for each 65,536 arrivals, and a few microseconds'
// worth for each window: 60 ms for six days at 50,000 a second, and a second for
// the largest load that the limits allow. A worker starts at its window, whose
// first index its chunk carries, and skips leaves without arrivals of its own.
//
// The peak of a poisson phase, which workers and limits are counted by, is the
// peak of its mean rate.
//
// # Samples
//
// Acceptance and monitoring runs have no phases: in their plans each scenario runs
// a few times, in a chunk of its own, all side by side.
package plan
