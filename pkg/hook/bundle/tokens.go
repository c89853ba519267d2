package bundle

import (
	"strings"
	"unicode/utf8"
)

type tokenKind int

const (
	identToken  tokenKind = iota // a word or a number
	stringToken                  // a string, or a template without expressions
	signToken                    // one character
)

type token struct {
	kind         tokenKind
	text         string // of a string what is between the quotes, escapes as they are written
	line, column int    // from 1, in characters
}

// tokens splits JavaScript or TypeScript. It serves the search for names of files and takes all for
// granted that esbuild checks: what it gets wrong is one name too few or too many, never a fault.
func tokens(text string) []token {
	s := &scanner{text: text, line: 1, column: 1}
	s.code(false)
	return s.out
}

type scanner struct {
	text         string
	at           int
	line, column int
	out          []token
}

// advance goes over n bytes.
func (s *scanner) advance(n int) {
	passed := s.text[s.at : s.at+n]
	if last := strings.LastIndexByte(passed, '\n'); last >= 0 {
		s.line += strings.Count(passed, "\n")
		s.column = 1
		passed = passed[last+1:]
	}
	s.column += utf8.RuneCountInString(passed)
	s.at += n
}

func (s *scanner) emit(kind tokenKind, text string, length int) {
	s.out = append(s.out, token{kind, text, s.line, s.column})
	s.advance(length)
}

// code reads to the end or, in a template, to the brace that ends an expression.
func (s *scanner) code(inTemplate bool) {
	depth := 0
	for s.at < len(s.text) {
		rest := s.text[s.at:]
		switch c := rest[0]; {
		case strings.HasPrefix(rest, "//"), s.at == 0 && strings.HasPrefix(rest, "#!"):
			s.advance(until(rest, 0, "\n"))
		case strings.HasPrefix(rest, "/*"):
			s.advance(until(rest, 2, "*/"))
		case c == '"' || c == '\'':
			end := quoted(rest, c)
			s.emit(stringToken, rest[1:max(end-1, 1)], end)
		case c == '`':
			s.template()
		case c == '/' && s.expressionMayBegin():
			s.advance(regexpEnd(rest))
			s.out = append(s.out, token{identToken, "/", s.line, s.column})
		case isWord(c):
			end := 1
			for end < len(rest) && isWord(rest[end]) {
				end++
			}
			s.emit(identToken, rest[:end], end)
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			s.advance(1)
		default:
			if c == '{' {
				depth++
			} else if c == '}' {
				if depth--; depth < 0 && inTemplate {
					return
				}
			}
			s.emit(signToken, rest[:1], 1)
		}
	}
}

// template reads a template. One that begins with the folder of the module and has no other
// expression names what follows.
func (s *scanner) template() {
	line, column, first := s.line, s.column, len(s.out)
	s.advance(1)
	var chunks []string
	start := s.at
	for s.at < len(s.text) {
		rest := s.text[s.at:]
		switch {
		case rest[0] == '\\':
			s.advance(min(2, len(rest)))
		case rest[0] == '`':
			chunks = append(chunks, s.text[start:s.at])
			s.advance(1)
			if len(chunks) == 1 {
				s.out = append(s.out, token{stringToken, chunks[0], line, column})
			} else if last := len(s.out) - 1; len(chunks) == 2 && chunks[0] == "" && last >= first && isHere(s.out[last].text) {
				s.out = append(s.out, token{stringToken, strings.TrimLeft(chunks[1], "/"), line, column})
			} else {
				s.out = append(s.out, token{identToken, "`", line, column})
			}
			return
		case strings.HasPrefix(rest, "${"):
			chunks = append(chunks, s.text[start:s.at])
			s.advance(2)
			s.code(true)
			if s.at < len(s.text) {
				s.advance(1)
			}
			start = s.at
		default:
			s.advance(1)
		}
	}
}

// expressionMayBegin tells whether a slash begins a regular expression, by what is before it.
func (s *scanner) expressionMayBegin() bool {
	if len(s.out) == 0 {
		return true
	}
	last := s.out[len(s.out)-1]
	switch last.kind {
	case stringToken:
		return false
	case identToken:
		return operatorWords[last.text]
	}
	return !strings.Contains(")]}", last.text)
}

// operatorWords are the words after which an expression begins.
var operatorWords = set("return typeof case in of delete void throw new do else instanceof await yield")

// until is the length of a text to the end of the first mark at or after from, or all of it.
func until(text string, from int, mark string) int {
	if i := strings.Index(text[from:], mark); i >= 0 {
		return from + i + len(mark)
	}
	return len(text)
}

// quoted is the length of a string with its quotes.
func quoted(text string, quote byte) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case quote:
			return i + 1
		case '\n':
			return i
		}
	}
	return len(text)
}

// regexpEnd is the length of a regular expression without its flags.
func regexpEnd(text string) int {
	inClass := false
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '[':
			inClass = true
		case ']':
			inClass = false
		case '/':
			if !inClass {
				return i + 1
			}
		case '\n':
			return i
		}
	}
	return len(text)
}

func isWord(c byte) bool {
	return c == '_' || c == '$' || c >= 0x80 || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
