// Package fake draws the values of the plugin fake-data: names, addresses, numbers, dates and the
// like, under the names that the faker library has for them and in the same shapes.
//
// The words come from the tables of gofakeit, and where it has none from small tables here; what is
// made of them is made here, so that a draw takes what it needs from the user's own generator, keeps
// no state and allocates nothing but its value. Which functions and options there are is said by
// package script.
//
// Dates are texts, as JavaScript prints a Date in UTC. Those around "now" are drawn around a fixed
// instant, so that the same seed gives the same value.
package fake

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"salvo/pkg/template"
)

// Data makes functions.
type Data struct {
	Now time.Time // the instant that dates without a refDate lie around
}

// drawer draws one value.
type drawer func(r source) any

// maker reads the options of a function once. Its error continues the place of the options.
type maker func(d Data, o options) (drawer, error)

// Function returns a function by its name in the plugin, without the $. Options are those that the
// script has for it, undefined when it has none.
func (d Data) Function(name string, given any) (template.Func, error) {
	build := makers[name]
	if build == nil {
		return nil, fmt.Errorf("there is no function $%s", name)
	}
	draw, err := build(d, newOptions(given))
	if err != nil {
		return nil, err
	}
	return func(s template.Scope, _ []any) (any, error) { return draw(source{s.Rand()}), nil }, nil
}

// makers are all functions. The maps of the files beside this one are put together once.
var makers = func() map[string]maker {
	all := map[string]maker{}
	for _, part := range []map[string]maker{
		animalMakers, commerceMakers, colorMakers, dateMakers, financeMakers, foodMakers, hackerMakers, imageMakers,
		internetMakers, locationMakers, loremMakers, numberMakers, personMakers, stringMakers, systemMakers,
		thingMakers, vehicleMakers, wordMakers,
	} {
		for name, m := range part {
			all[name] = m
		}
	}
	return all
}()

// one draws from a list of texts.
func one(list []string) maker {
	boxed := boxes(list)
	return func(Data, options) (drawer, error) {
		return func(r source) any { return boxed[r.IntN(len(boxed))] }, nil
	}
}

// boxes makes values of texts ahead, so that drawing one allocates nothing.
func boxes(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}

// text makes a function without options.
func text(draw func(r source) string) maker {
	return func(Data, options) (drawer, error) {
		return func(r source) any { return draw(r) }, nil
	}
}

// number makes a function without options.
func number(draw func(r source) float64) maker {
	return func(Data, options) (drawer, error) {
		return func(r source) any { return draw(r) }, nil
	}
}

// source is the user's generator.
type source struct{ *rand.Rand }

func (r source) pick(list []string) string { return list[r.IntN(len(list))] }
func (r source) chance(p float64) bool     { return r.Float64() < p }
func (r source) flip() bool                { return r.Uint64()&1 == 1 }

// between draws an integer, both ends included.
func (r source) between(low, high int) int { return low + r.IntN(high-low+1) }

// integer draws an integer of two that a float64 holds exactly.
func (r source) integer(low, high float64) float64 {
	span := high - low
	if span < 1<<62 {
		return low + float64(r.Int64N(int64(span)+1))
	}
	return math.Floor(low + r.Float64()*span)
}

// options are what a script says for a function.
type options struct {
	direct any // a value in place of all of them; undefined when there is none
	object *template.Object
}

// newOptions reads them. What JavaScript takes for false is as good as none.
func newOptions(given any) options {
	if !template.Truthy(given) {
		return options{direct: template.Undefined}
	}
	if o, ok := given.(*template.Object); ok {
		return options{direct: template.Undefined, object: o}
	}
	return options{direct: given}
}

func (o options) get(key string) any {
	if v, ok := o.object.Get(key); ok {
		return v
	}
	return template.Undefined
}

func (o options) has(key string) bool { return o.get(key) != template.Undefined }

func (o options) number(key string, otherwise float64) float64 {
	if f, ok := o.get(key).(float64); ok {
		return f
	}
	return otherwise
}

func (o options) text(key, otherwise string) string {
	if s, ok := o.get(key).(string); ok {
		return s
	}
	return otherwise
}

func (o options) bool(key string, otherwise bool) bool {
	if b, ok := o.get(key).(bool); ok {
		return b
	}
	return otherwise
}

// texts reads a list of texts, or a text as the list of its characters.
func (o options) texts(key string) []string { return textsOf(o.get(key)) }

func textsOf(v any) []string {
	var out []string
	switch v := v.(type) {
	case string:
		for _, c := range v {
			out = append(out, string(c))
		}
	case []any:
		for _, e := range v {
			out = append(out, template.Text(e))
		}
	}
	return out
}

// span is a range of whole numbers, both ends included.
type span struct{ low, high int }

func (s span) draw(r source) int { return r.between(s.low, s.high) }

// most bounds what a function may be asked for: lengths and counts.
const most = 100_000

// span reads a number, or {min, max}, under a key or in place of all options.
func (o options) span(key string, low, high int) (span, error) {
	v := o.get(key)
	if o.direct != template.Undefined {
		v = o.direct
	}
	return spanOf(v, low, high)
}

// rest reads options that are a range as a whole.
func (o options) rest(low, high int) (span, error) {
	if o.object != nil {
		return spanOf(o.object, low, high)
	}
	return spanOf(o.direct, low, high)
}

func spanOf(v any, low, high int) (span, error) {
	a, b := float64(low), float64(high)
	switch v := v.(type) {
	case float64:
		a, b = math.Trunc(v), math.Trunc(v) // faker draws 2 of 2.5
	case *template.Object:
		o := options{object: v}
		a = o.number("min", 0)
		b = o.number("max", a) // one that is missing is told of by its key
	}
	a, b = math.Ceil(max(a, 0)), math.Floor(max(b, 0))
	switch {
	case a > b:
		return span{}, fmt.Errorf("expected min to be at most max, found %v and %v", a, b)
	case b > most:
		return span{}, fmt.Errorf("expected at most %d, found %v", most, b)
	}
	return span{int(a), int(b)}, nil
}

// limits reads min and max, or the max in place of all options.
func (o options) limits(low, high float64) (float64, float64, error) {
	if f, ok := o.direct.(float64); ok {
		high = f
	}
	low, high = o.number("min", low), o.number("max", high)
	if low > high {
		return 0, 0, fmt.Errorf("expected min to be at most max, found %v and %v", low, high)
	}
	return low, high, nil
}
