package fake

import (
	"fmt"
	"strings"
	"time"

	"github.com/brianvoe/gofakeit/v7/data"
)

var (
	hackerNouns      = data.Hacker["noun"]
	hackerVerbs      = data.Hacker["verb"]
	hackerAdjectives = data.Hacker["adjective"]
	abbreviations    = data.Hacker["abbreviation"]
)

func lowered(list []string) []string {
	var out []string
	for _, s := range list {
		out = append(out, strings.ToLower(s))
	}
	return out
}

var hackerMakers = map[string]maker{
	"hackerAbbreviation": one(abbreviations),
	"hackerAdjective":    one(hackerAdjectives),
	"hackerIngverb":      one(data.Hacker["ingverb"]),
	"hackerNoun":         one(hackerNouns),
	"hackerVerb":         one(hackerVerbs),
	"hackerPhrase": text(func(r source) string {
		verb, part := r.pick(hackerVerbs), r.pick(hackerAdjectives)+" "+r.pick(abbreviations)+" "+r.pick(hackerNouns)
		if r.flip() {
			return "We need to " + verb + " the " + part + "!"
		}
		return "Before we " + verb + " the " + part + ", we have to " + r.pick(hackerVerbs) + " the " + r.pick(hackerNouns) + "."
	}),

	"gitBranch": text(func(r source) string {
		return strings.ReplaceAll(r.pick(hackerNouns)+"-"+r.pick(hackerVerbs), " ", "-")
	}),
	"gitCommitMessage": text(source.commitMessage),
	"gitCommitSha": func(_ Data, o options) (drawer, error) {
		length, err := o.span("length", 40, 40)
		return func(r source) any { return r.hexadecimal(length.draw(r)) }, err
	},
	"gitCommitDate": func(d Data, o options) (drawer, error) {
		at, err := d.time(o, "refDate")
		return func(r source) any { return r.commitDate(at) }, err
	},
	"gitCommitEntry": func(d Data, o options) (drawer, error) {
		at, err := d.time(o, "refDate")
		eol := "\r\n"
		if o.text("eol", "CRLF") == "LF" {
			eol = "\n"
		}
		given, merge := o.has("merge"), o.bool("merge", false)
		return func(r source) any {
			lines := []string{"commit " + r.hexadecimal(40)}
			if merge || !given && r.chance(0.2) {
				lines = append(lines, "Merge: "+r.hexadecimal(7)+" "+r.hexadecimal(7))
			}
			first, last := r.pick(firstNames), r.pick(surnames)
			lines = append(lines, "Author: "+first+" "+last+" <"+r.email(first, last, r.pick(providers), false)+">",
				"Date: "+r.commitDate(at), "", "    "+r.commitMessage(), "")
			return strings.Join(lines, eol)
		}, err
	},
}

func (r source) commitMessage() string {
	return r.pick(hackerVerbs) + " " + r.pick(hackerAdjectives) + " " + r.pick(hackerNouns)
}

// commitDate is on the day before an instant, in the form of git, with a time zone of any.
func (r source) commitDate(at time.Time) string {
	t := r.instant(at.Add(-day), at.Add(-time.Second))
	return t.Format("Mon Jan 2 15:04:05 2006 ") + fmt.Sprintf("%+03d00", r.between(-11, 12))
}
