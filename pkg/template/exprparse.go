package template

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

type tokenKind int

const (
	endToken tokenKind = iota
	numberToken
	stringToken
	nameToken
	operatorToken // words among them
)

type exprToken struct {
	kind  tokenKind
	start int
	text  string // of a string: without quotes and escapes
	given bool   // a name that the caller of CompileExprNames gave: no path and no literal
}

func (t exprToken) String() string {
	switch t.kind {
	case endToken:
		return "end"
	case stringToken:
		return "text " + strconv.Quote(t.text)
	}
	return t.text
}

type exprLexer struct {
	src  string
	pos  int
	name func(rest string) (name string, length int) // nil, or what CompileExprNames was given
}

// exprOperators are the operators that are no words, the longer before those that they start with.
var exprOperators = [...]string{
	"===", "!==", "==", "!=", "~=", "<=", ">=", "&&", "||",
	"<", ">", "!", "+", "-", "*", "/", "%", "^", "?", ":", "(", ")", ",",
}

func (l *exprLexer) token() (exprToken, *SyntaxError) {
	l.pos = skipSpace(l.src, l.pos)
	t := exprToken{start: l.pos}
	if l.pos == len(l.src) {
		return t, nil
	}
	if l.name != nil {
		if name, length := l.name(l.src[l.pos:]); length > 0 {
			l.pos += length
			t.kind, t.text, t.given = nameToken, name, true
			return t, nil
		}
	}
	switch c := l.src[l.pos]; {
	case isDigit(c):
		return l.number()
	case c == '"' || c == '\'':
		return l.quoted()
	case isNameStart(c):
		for l.pos < len(l.src) && (isNameStart(l.src[l.pos]) || isDigit(l.src[l.pos]) || l.src[l.pos] == '.') {
			l.pos++
		}
		t.kind, t.text = nameToken, l.src[t.start:l.pos]
		switch t.text {
		case "and", "or", "not", "in", "of":
			t.kind = operatorToken
		}
		return t, nil
	}
	for _, op := range exprOperators {
		if strings.HasPrefix(l.src[l.pos:], op) {
			l.pos += len(op)
			t.kind, t.text = operatorToken, op
			return t, nil
		}
	}
	r, _ := utf8.DecodeRuneInString(l.src[l.pos:])
	msg := fmt.Sprintf("unexpected %q", r)
	if r == '=' {
		msg += ", equality is =="
	}
	return t, &SyntaxError{Offset: l.pos, Msg: msg}
}

func isNameStart(c byte) bool { return c == '$' || isWordByte(c) && !isDigit(c) }

func (l *exprLexer) number() (exprToken, *SyntaxError) {
	start := l.pos
	digits := func() {
		for l.pos < len(l.src) && isDigit(l.src[l.pos]) {
			l.pos++
		}
	}
	digits()
	if l.pos+1 < len(l.src) && l.src[l.pos] == '.' && isDigit(l.src[l.pos+1]) {
		l.pos++
		digits()
	}
	if l.pos < len(l.src) && (isNameStart(l.src[l.pos]) || l.src[l.pos] == '.') {
		return exprToken{}, &SyntaxError{Offset: l.pos, Msg: fmt.Sprintf("unexpected %q in a number", rune(l.src[l.pos]))}
	}
	return exprToken{kind: numberToken, start: start, text: l.src[start:l.pos]}, nil
}

func (l *exprLexer) quoted() (exprToken, *SyntaxError) {
	t := exprToken{kind: stringToken, start: l.pos}
	quote := l.src[l.pos]
	var b strings.Builder
	for l.pos++; l.pos < len(l.src); l.pos++ {
		c := l.src[l.pos]
		if c == quote {
			l.pos++
			t.text = b.String()
			return t, nil
		}
		if c == '\\' {
			if l.pos+1 == len(l.src) || l.src[l.pos+1] != '\\' && l.src[l.pos+1] != quote {
				return t, &SyntaxError{Offset: l.pos, Msg: `a backslash in a text is written \\`}
			}
			l.pos++
			c = l.src[l.pos]
		}
		b.WriteByte(c)
	}
	return t, &SyntaxError{Offset: t.start, Msg: "text without an end"}
}

// exprParser reads an expression by the precedence of its operators. After the first fault, which it
// keeps, it sees nothing but the end.
type exprParser struct {
	lexer exprLexer
	next  exprToken
	depth int
	err   error
}

func (p *exprParser) fail(offset int, msg string) operand {
	if p.err == nil {
		p.err = &SyntaxError{Offset: offset, Msg: msg}
	}
	p.next = exprToken{start: len(p.lexer.src)}
	return operand{}
}

func (p *exprParser) advance() {
	if p.err != nil {
		return
	}
	t, err := p.lexer.token()
	if err != nil {
		p.fail(err.Offset, err.Msg)
		return
	}
	p.next = t
}

func (p *exprParser) at(op string) bool { return p.next.kind == operatorToken && p.next.text == op }

func (p *exprParser) expect(op string) {
	if !p.at(op) {
		p.fail(p.next.start, "expected "+op+", found "+p.next.String())
		return
	}
	p.advance()
}

const (
	choicePrecedence = 1 + iota
	orPrecedence
	andPrecedence
	inPrecedence
	equalityPrecedence
	orderPrecedence
	sumPrecedence
	productPrecedence
	powerPrecedence
	notPrecedence
	signPrecedence
)

// precedence returns how strongly an operator between two operands binds, 0 for what is none.
func precedence(op string) int {
	switch op {
	case "?":
		return choicePrecedence
	case "or", "||":
		return orPrecedence
	case "and", "&&":
		return andPrecedence
	case "in", "not":
		return inPrecedence
	case "==", "!=", "===", "!==", "~=":
		return equalityPrecedence
	case "<", "<=", ">", ">=":
		return orderPrecedence
	case "+", "-":
		return sumPrecedence
	case "*", "/", "%":
		return productPrecedence
	case "^":
		return powerPrecedence
	}
	return 0
}

// operand is a part of an expression. What is constant may be evaluated without a scope.
type operand struct {
	eval     evaluator
	constant bool
}

func constantOperand(v any) operand {
	return operand{eval: func(Scope) any { return v }, constant: true}
}

// expression reads operands as long as the operators between them bind more strongly than above.
func (p *exprParser) expression(above int) operand {
	if p.depth == maxDepth {
		return p.fail(p.next.start, "expression nested too deep")
	}
	p.depth++
	defer func() { p.depth-- }()
	left := p.operand()
	for p.err == nil && p.next.kind == operatorToken {
		op := p.next.text
		level := precedence(op)
		if level <= above {
			break
		}
		p.advance()
		switch op {
		case "?":
			left = p.choice(left)
			continue
		case "not":
			p.expect("in")
			op = "not in"
		}
		start := p.next.start
		right := p.expression(level)
		if p.err != nil {
			break
		}
		joined := operand{constant: left.constant && right.constant}
		if op == "~=" {
			joined.eval = p.match(left.eval, right, start)
		} else {
			joined.eval = combine(op, left.eval, right.eval)
		}
		left = joined
	}
	return left
}

func (p *exprParser) choice(condition operand) operand {
	yes := p.expression(0)
	p.expect(":")
	no := p.expression(choicePrecedence)
	return operand{
		constant: condition.constant && yes.constant && no.constant,
		eval: func(s Scope) any {
			if Truthy(condition.eval(s)) {
				return yes.eval(s)
			}
			return no.eval(s)
		},
	}
}

// match makes an evaluator of text ~= pattern, where the pattern begins at start.
func (p *exprParser) match(text evaluator, pattern operand, start int) evaluator {
	if !pattern.constant {
		return matcher(text, pattern.eval)
	}
	re, err := compileRegexp(pattern.eval(nil))
	if err != nil {
		p.fail(start, err.Error())
	}
	return staticMatcher(text, re)
}

func (p *exprParser) operand() operand {
	t := p.next
	p.advance()
	switch t.kind {
	case numberToken:
		f, _ := ToNumber(t.text)
		return constantOperand(boxNumber(f))
	case stringToken:
		return constantOperand(t.text)
	case nameToken:
		return p.name(t)
	case operatorToken:
		switch t.text {
		case "(":
			return p.parenthesis()
		case "-":
			e := p.expression(signPrecedence)
			e.eval = negate(e.eval)
			return e
		case "not", "!":
			e := p.expression(notPrecedence)
			e.eval = not(e.eval)
			return e
		}
	}
	return p.fail(t.start, "unexpected "+t.String())
}

func negate(e evaluator) evaluator {
	return func(s Scope) any { return boxNumber(-Number(e(s))) }
}

func not(e evaluator) evaluator {
	return func(s Scope) any { return boolNumber(!Truthy(e(s))) }
}

// parenthesis reads what follows an opening one: an expression, or a list of several.
func (p *exprParser) parenthesis() operand {
	list := p.list()
	if len(list) == 1 {
		return list[0]
	}
	constant := true
	for _, e := range list {
		constant = constant && e.constant
	}
	return operand{constant: constant, eval: func(s Scope) any {
		values := make([]any, len(list))
		for i, e := range list {
			values[i] = e.eval(s)
		}
		return values
	}}
}

// list reads expressions between commas up to the closing parenthesis.
func (p *exprParser) list() []operand {
	list := []operand{p.expression(0)}
	for p.at(",") {
		p.advance()
		list = append(list, p.expression(0))
	}
	p.expect(")")
	return list
}

func (p *exprParser) name(t exprToken) operand {
	switch {
	case p.at("("):
		return p.call(t)
	case p.at("of"):
		p.advance()
		e := p.expression(signPrecedence)
		path := ParsePath(t.text)
		return operand{eval: func(s Scope) any { return path.Get(memberScope{s, e.eval(s)}) }}
	}
	switch {
	case t.given:
		return operand{eval: Path{text: t.text, keys: []string{t.text}}.Get}
	case t.text == "true", t.text == "false":
		return constantOperand(t.text == "true")
	case t.text == "null":
		return constantOperand(nil)
	}
	return operand{eval: ParsePath(t.text).Get}
}

func (p *exprParser) call(t exprToken) operand {
	f := lookupExprFunc(t.text)
	if f == nil {
		return p.fail(t.start, "unknown function "+t.text)
	}
	p.advance()
	var args []operand
	if p.at(")") {
		p.advance()
	} else {
		args = p.list()
	}
	return operand{eval: func(s Scope) any {
		values := make([]float64, len(args))
		for i, arg := range args {
			values[i] = Number(arg.eval(s))
		}
		return boxNumber(f(s, values))
	}}
}

// memberScope is a value whose members are looked up as if they were variables.
type memberScope struct {
	Scope
	v any
}

func (s memberScope) Lookup(name string) (any, bool) { return Member(s.v, name) }
