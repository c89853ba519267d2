package asl

import (
	"errors"
	"slices"
)

// attempts does the work of a state until it succeeds, no retrier takes its
// failure any more, or the branch is to end.
func (v *visit) attempts(work func(payload any) (any, error)) (out any, next string, err error) {
	retries := make([]int, len(v.state.retry)) // each retrier counts its own
	for {
		out, err = v.through(work)
		if err == nil {
			return out, v.state.next, nil
		}
		var f *failure
		if !errors.As(err, &f) {
			return nil, "", err
		}
		f = f.in(v.state.name)
		again, err := v.backOff(f, retries)
		switch {
		case err != nil:
			return nil, "", err
		case !again:
			return v.caught(f)
		}
		v.tries++
		v.branch.retries++
	}
}

// backOff waits until the state may be tried again. It answers false when it may
// not.
func (v *visit) backOff(f *failure, retries []int) (again bool, err error) {
	for i, r := range v.state.retry {
		if !slices.ContainsFunc(r.errors, f.matches) {
			continue
		}
		// Only the first that matches counts, even when it has no more tries.
		if retries[i] == r.attempts {
			return false, nil
		}
		draw := 1.0
		if r.jitter {
			draw = v.exec.random.float()
		}
		d := r.delay(retries[i], draw)
		retries[i]++
		return true, v.sleep(d)
	}
	return false, nil
}

// caught goes to where a catcher says. Without one the failure goes on.
func (v *visit) caught(f *failure) (out any, next string, err error) {
	for _, c := range v.state.catch {
		if slices.ContainsFunc(c.errors, f.matches) {
			out, err := c.resultPath.apply(v.raw, f.output())
			return out, c.next, err
		}
	}
	return nil, "", f
}
