package fake

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/brianvoe/gofakeit/v7/data"
)

// single leaves the texts out that are more than one word.
func single(lists ...[]string) []string {
	var out []string
	for _, list := range lists {
		for _, s := range list {
			if !strings.ContainsAny(s, " '") {
				out = append(out, s)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

var (
	adjectives    = single(data.Word["adjective_descriptive"])
	adverbs       = single(data.Word["adverb_manner"], data.Word["adverb_degree"], data.Word["adverb_frequency_indefinite"])
	conjunctions  = split("after|although|and|as|because|before|but|for|if|lest|nor|once|or|since|so|than|that|though|till|unless|until|when|where|whereas|while|yet")
	interjections = single(data.Word["interjection"])
	nouns         = single(data.Word["noun_common"], data.Word["noun_concrete"], data.Word["noun_countable"], data.Word["noun_abstract"])
	prepositions  = single(data.Word["preposition_simple"])
	verbs         = single(data.Word["verb_action"], data.Word["verb_transitive"], data.Word["verb_intransitive"])
	allWords      = [][]string{adjectives, adverbs, conjunctions, interjections, nouns, prepositions, verbs}
	latin         = single(data.Lorem["word"])
)

var wordMakers = map[string]maker{
	"wordAdjective":    ofLength(adjectives),
	"wordAdverb":       ofLength(adverbs),
	"wordConjunction":  ofLength(conjunctions),
	"wordInterjection": ofLength(interjections),
	"wordNoun":         ofLength(nouns),
	"wordPreposition":  ofLength(prepositions),
	"wordVerb":         ofLength(verbs),
	"wordSample":       ofLength(slices.Concat(allWords...)),
	"wordWords": func(_ Data, o options) (drawer, error) {
		count, err := o.span("count", 1, 3)
		if _, isRange := o.object.Get("min"); isRange {
			count, err = o.rest(1, 3)
		}
		return func(r source) any { return r.words(count.draw(r)) }, err
	},
}

// words are of all kinds.
func (r source) words(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(r.pick(allWords[r.IntN(len(allWords))]))
	}
	return b.String()
}

// ofLength draws a word of a list. Where none has the length that is asked for, `strategy` says what
// is drawn instead.
func ofLength(list []string) maker {
	return func(d Data, o options) (drawer, error) {
		if o.direct == undefined && !o.has("length") && o.text("strategy", "") == "" {
			return one(list)(d, o)
		}
		length, err := o.span("length", 0, most)
		if err != nil {
			return nil, err
		}
		fitting := slices.DeleteFunc(slices.Clone(list), func(s string) bool { return outside(s, length) != 0 })
		strategy := o.text("strategy", "any-length")
		if len(fitting) == 0 {
			if fitting = slices.Clone(list); strategy == "fail" {
				err = errors.New("expected a length that a word has: none has this one")
			} else if strategy == "closest" {
				fitting = least(fitting, func(s string) int { return max(outside(s, length), -outside(s, length)) })
			}
		}
		switch strategy {
		case "shortest":
			fitting = least(fitting, utf8.RuneCountInString)
		case "longest":
			fitting = least(fitting, func(s string) int { return -utf8.RuneCountInString(s) })
		}
		draw, _ := one(fitting)(d, o)
		return draw, err
	}
}

// outside tells by how many characters a word is too long, or, below 0, too short.
func outside(s string, length span) int {
	n := utf8.RuneCountInString(s)
	return max(n-length.high, 0) + min(n-length.low, 0)
}

// least are the words of the least measure.
func least(list []string, measure func(string) int) []string {
	best := measure(list[0])
	for _, s := range list {
		best = min(best, measure(s))
	}
	return slices.DeleteFunc(list, func(s string) bool { return measure(s) != best })
}

var loremMakers = map[string]maker{
	"loremWord":       ofLength(latin),
	"loremWords":      counted(3, 3, func(r source, n int) string { return string(r.latin(nil, n, " ")) }),
	"loremSlug":       counted(3, 3, func(r source, n int) string { return string(r.latin(nil, n, "-")) }),
	"loremSentence":   counted(3, 10, func(r source, n int) string { return string(r.sentence(nil, n)) }),
	"loremSentences":  counted(2, 6, func(r source, n int) string { return string(r.sentences(nil, n, " ")) }),
	"loremLines":      counted(1, 5, func(r source, n int) string { return string(r.sentences(nil, n, "\n")) }),
	"loremParagraph":  counted(3, 3, func(r source, n int) string { return string(r.paragraph(nil, n)) }),
	"loremParagraphs": counted(3, 3, func(r source, n int) string { return string(r.paragraphs(n)) }),
	"loremText": text(func(r source) string {
		switch r.IntN(5) {
		case 0:
			return string(r.sentence(nil, r.between(3, 10)))
		case 1:
			return string(r.sentences(nil, r.between(2, 6), " "))
		case 2:
			return string(r.sentences(nil, r.between(1, 5), "\n"))
		case 3:
			return string(r.paragraph(nil, 3))
		default:
			return string(r.paragraphs(3))
		}
	}),
}

func counted(low, high int, draw func(r source, n int) string) maker {
	return func(_ Data, o options) (drawer, error) {
		count, err := o.rest(low, high)
		return func(r source) any { return draw(r, count.draw(r)) }, err
	}
}

func (r source) latin(dst []byte, n int, between string) []byte {
	for i := range n {
		if i > 0 {
			dst = append(dst, between...)
		}
		dst = append(dst, r.pick(latin)...)
	}
	return dst
}

func (r source) sentence(dst []byte, words int) []byte {
	start := len(dst)
	dst = r.latin(dst, words, " ")
	if len(dst) > start && dst[start] >= 'a' && dst[start] <= 'z' {
		dst[start] -= 'a' - 'A'
	}
	return append(dst, '.')
}

func (r source) sentences(dst []byte, n int, between string) []byte {
	for i := range n {
		if i > 0 {
			dst = append(dst, between...)
		}
		dst = r.sentence(dst, r.between(3, 10))
	}
	return dst
}

// paragraph has up to three sentences more than it is asked for.
func (r source) paragraph(dst []byte, sentences int) []byte {
	return r.sentences(dst, sentences+r.IntN(4), " ")
}

func (r source) paragraphs(n int) []byte {
	var dst []byte
	for i := range n {
		if i > 0 {
			dst = append(dst, '\n')
		}
		dst = r.paragraph(dst, 3)
	}
	return dst
}
