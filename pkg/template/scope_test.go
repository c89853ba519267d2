package template

import (
	"math/rand/v2"
	"testing"
)

// testScope is a virtual user's variables with a generator that starts the same for every test.
type testScope struct {
	vars *Object
	rand *rand.Rand
}

func (s testScope) Lookup(name string) (any, bool) { return s.vars.Get(name) }
func (s testScope) Rand() *rand.Rand               { return s.rand }

func newScope(vars *Object) testScope {
	return testScope{vars: vars, rand: rand.New(rand.NewPCG(1, 2))}
}

// scopeOf makes a scope of a JSON object.
func scopeOf(t testing.TB, vars string) testScope {
	t.Helper()
	return newScope(parse(t, vars).(*Object))
}

func parse(t testing.TB, text string) any {
	t.Helper()
	v, err := ParseJSON([]byte(text))
	if err != nil {
		t.Fatalf("ParseJSON(%s): %v", text, err)
	}
	return v
}

// show writes a value as JSON, but tells undefined and what is no JSON apart.
func show(v any) string {
	if v == Undefined {
		return "undefined"
	}
	if f, ok := v.(float64); ok {
		return string(AppendNumber(nil, f))
	}
	return string(AppendJSON(nil, v))
}
