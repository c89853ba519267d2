package fake

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/brianvoe/gofakeit/v7/data"

	"salvo/pkg/template"
)

var (
	months   = []string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
	weekdays = []string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}
)

const day = 24 * time.Hour

var dateMakers = map[string]maker{
	"dateMonth":    named(months),
	"dateWeekday":  named(weekdays),
	"dateTimeZone": one(data.TimeZone["region"]),
	"dateAnytime": around(func(o options, at time.Time) (time.Time, time.Time, error) {
		return at.Add(-365 * day), at.Add(365 * day), nil
	}),
	"datePast": around(func(o options, at time.Time) (time.Time, time.Time, error) {
		least, most, err := amount(o, "years")
		return at.AddDate(-years(most), 0, 0), at.AddDate(-years(least), 0, 0).Add(-time.Second), err
	}),
	"dateFuture": around(func(o options, at time.Time) (time.Time, time.Time, error) {
		least, most, err := amount(o, "years")
		return at.AddDate(years(least), 0, 0).Add(time.Second), at.AddDate(years(most), 0, 0), err
	}),
	"dateRecent": around(func(o options, at time.Time) (time.Time, time.Time, error) {
		least, most, err := amount(o, "days")
		return at.Add(-days(most)), at.Add(-days(least) - time.Second), err
	}),
	"dateSoon": around(func(o options, at time.Time) (time.Time, time.Time, error) {
		least, most, err := amount(o, "days")
		return at.Add(days(least) + time.Second), at.Add(days(most)), err
	}),
	"dateBirthdate": around(birthdate),
	"dateBetween": func(d Data, o options) (drawer, error) {
		from, to, err := d.ends(o)
		return func(r source) any { return printed(r.instant(from, to)) }, err
	},
	"dateBetweens": func(d Data, o options) (drawer, error) {
		from, to, err := d.ends(o)
		if err != nil {
			return nil, err
		}
		count, err := spanOf(o.get("count"), 3, 3)
		return func(r source) any { return r.instants(from, to, count.draw(r)) }, err
	},
}

func named(list []string) maker {
	return func(_ Data, o options) (drawer, error) {
		if o.bool("abbreviated", false) {
			var short []string
			for _, name := range list {
				short = append(short, name[:3])
			}
			return one(short)(Data{}, o)
		}
		return one(list)(Data{}, o)
	}
}

// around makes a function that draws an instant of a stretch that depends on the reference date.
func around(stretch func(o options, at time.Time) (from, to time.Time, err error)) maker {
	return func(d Data, o options) (drawer, error) {
		at, err := d.time(o, "refDate")
		if err != nil {
			return nil, err
		}
		from, to, err := stretch(o, at)
		if err == nil && from.After(to) {
			err = errors.New("expected a stretch of time that is not empty")
		}
		return func(r source) any { return printed(r.instant(from, to)) }, err
	}
}

// amount reads how far away a date is: at most so much, or {min, max}.
func amount(o options, key string) (least, most float64, err error) {
	switch v := o.get(key).(type) {
	case float64:
		most = v
	case *template.Object:
		r := options{object: v}
		least, most = r.number("min", 0), r.number("max", 0)
	default:
		most = 1
	}
	switch {
	case most <= 0:
		err = fmt.Errorf("expected %s to be above 0", key)
	case least >= most:
		err = fmt.Errorf("expected the max of %s to be above its min", key)
	case most > farthest:
		err = fmt.Errorf("expected %s to be at most %d, found %v", key, farthest, most)
	}
	return max(least, 0), most, err
}

const farthest = 100_000 // what a Duration has room for, in days

func days(n float64) time.Duration { return time.Duration(n * float64(day)) }

// years are whole ones: a part of one counts as one.
func years(n float64) int { return int(math.Ceil(n)) }

func birthdate(o options, at time.Time) (from, to time.Time, err error) {
	if o.text("mode", "age") == "year" {
		low, high, err := o.limits(18, 80)
		return time.Date(int(low), 1, 2, 0, 0, 0, 0, time.UTC), time.Date(int(high), 12, 30, 0, 0, 0, 0, time.UTC), err
	}
	low, high, err := o.limits(18, 80)
	return at.AddDate(-int(high)-1, 0, 0).Add(day), at.AddDate(-int(low), 0, 0), err
}

func (d Data) ends(o options) (from, to time.Time, err error) {
	if !o.has("from") || !o.has("to") {
		return from, to, errors.New("it needs the options `from` and `to`")
	}
	if from, err = d.time(o, "from"); err != nil {
		return from, to, err
	}
	if to, err = d.time(o, "to"); err == nil && from.After(to) {
		err = errors.New("expected `from` to be before `to`")
	}
	return from, to, err
}

// time reads a point in time: a number of milliseconds since 1970, or a date.
func (d Data) time(o options, key string) (time.Time, error) {
	switch v := o.get(key).(type) {
	case float64:
		return time.UnixMilli(int64(v)).UTC(), nil
	case string:
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateTime, time.DateOnly, "2006-01", "2006"} {
			if t, err := time.Parse(layout, v); err == nil {
				return t.UTC(), nil
			}
		}
		return time.Time{}, fmt.Errorf("expected %s to be a date, such as 2024-12-31 or 2024-12-31T23:59:59Z, found %q", key, v)
	}
	return d.Now.UTC(), nil
}

// instant draws a millisecond, both ends included.
func (r source) instant(from, to time.Time) time.Time {
	span := max(to.UnixMilli()-from.UnixMilli(), 0)
	return time.UnixMilli(from.UnixMilli() + r.Int64N(span+1)).UTC() // a Duration has room for 292 years
}

// printed is a Date as JavaScript prints it where it is not asked for anything else.
func printed(t time.Time) string {
	return t.Format("Mon Jan 02 2006 15:04:05 GMT-0700 (Coordinated Universal Time)")
}

func (r source) instants(from, to time.Time, n int) []any {
	at := make([]time.Time, n)
	for i := range at {
		at[i] = r.instant(from, to)
	}
	slices.SortFunc(at, time.Time.Compare)
	out := make([]any, n)
	for i := range at {
		out[i] = printed(at[i])
	}
	return out
}
