package asl

import (
	"cmp"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"maps"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	maxRange    = 1_000  // elements of States.ArrayRange
	maxHashText = 10_000 // characters that States.Hash and Base64 functions take
)

// function is an intrinsic function: how many arguments it takes, and what it
// does. A most of -1 means any number.
type function struct {
	least, most int
	run         func(d data, args []argument) (any, error)
}

func (f function) arity() string {
	switch {
	case f.most < 0:
		return fmt.Sprintf("at least %d arguments", f.least)
	case f.least == f.most:
		return fmt.Sprintf("%d arguments", f.least)
	}
	return fmt.Sprintf("%d to %d arguments", f.least, f.most)
}

func intrinsic(name string) (function, bool) {
	switch name {
	case "States.Format":
		return function{1, -1, format}, true
	case "States.StringToJson":
		return function{1, 1, stringToJSON}, true
	case "States.JsonToString":
		return function{1, 1, jsonToString}, true
	case "States.Array":
		return function{0, -1, array}, true
	case "States.ArrayPartition":
		return function{2, 2, arrayPartition}, true
	case "States.ArrayContains":
		return function{2, 2, arrayContains}, true
	case "States.ArrayRange":
		return function{3, 3, arrayRange}, true
	case "States.ArrayGetItem":
		return function{2, 2, arrayGetItem}, true
	case "States.ArrayLength":
		return function{1, 1, arrayLength}, true
	case "States.ArrayUnique":
		return function{1, 1, arrayUnique}, true
	case "States.MathAdd":
		return function{2, 2, mathAdd}, true
	case "States.MathRandom":
		return function{2, 3, mathRandom}, true
	case "States.StringSplit":
		return function{2, 2, stringSplit}, true
	case "States.JsonMerge":
		return function{3, 3, jsonMerge}, true
	case "States.Hash":
		return function{2, 2, hashOf}, true
	case "States.Base64Encode":
		return function{1, 1, base64Encode}, true
	case "States.Base64Decode":
		return function{1, 1, base64Decode}, true
	case "States.UUID":
		return function{0, 0, func(d data, _ []argument) (any, error) { return d.random.uuid(), nil }}, true
	}
	return function{}, false
}

func text(a argument, what string) (string, error) {
	s, ok := a.value.(string)
	if !ok {
		return "", fmt.Errorf("%s is no text", what)
	}
	return s, nil
}

func list(a argument) ([]any, error) {
	l, ok := a.value.([]any)
	if !ok {
		return nil, errors.New("the first argument is no array")
	}
	return l, nil
}

// whole rounds a number to the nearest 32-bit integer: Step Functions computes
// with those.
func whole(a argument, what string) (int64, error) {
	n, ok := a.value.(json.Number)
	if !ok {
		return 0, fmt.Errorf("%s is no number", what)
	}
	f, err := n.Float64()
	if err != nil || math.Round(f) < math.MinInt32 || math.Round(f) > math.MaxInt32 {
		return 0, fmt.Errorf("%s is beyond a 32-bit integer", what)
	}
	return int64(math.Round(f)), nil
}

func number(i int64) json.Number { return json.Number(strconv.FormatInt(i, 10)) }

// compareNumbers orders two JSON numbers by value, without rounding them.
func compareNumbers(a, b json.Number) int {
	if x, err := a.Int64(); err == nil {
		if y, err := b.Int64(); err == nil {
			return cmp.Compare(x, y)
		}
	}
	return exact(a).Cmp(exact(b))
}

// exact is a JSON number as a fraction. A number with so large an exponent that
// the fraction would fill the memory is as good as infinite or zero.
func exact(n json.Number) *big.Rat {
	f, err := n.Float64()
	if err == nil && f != 0 {
		if r, ok := new(big.Rat).SetString(n.String()); ok {
			return r
		}
	}
	switch {
	case math.IsInf(f, 1):
		return new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), 1100))
	case math.IsInf(f, -1):
		return new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(-1), 1100))
	}
	return new(big.Rat)
}

func stringToJSON(_ data, args []argument) (any, error) {
	s, err := text(args[0], "the argument")
	if err != nil {
		return nil, err
	}
	return decode([]byte(s))
}

func jsonToString(_ data, args []argument) (any, error) {
	data, err := encode(args[0].value)
	return string(data), err
}

func array(_ data, args []argument) (any, error) {
	l := make([]any, len(args))
	for i, a := range args {
		l[i] = a.value
	}
	return l, nil
}

func arrayPartition(_ data, args []argument) (any, error) {
	l, err := list(args[0])
	if err != nil {
		return nil, err
	}
	size, err := whole(args[1], "the size of a part")
	if err != nil {
		return nil, err
	}
	if size < 1 {
		return nil, errors.New("the size of a part is less than 1")
	}
	parts := []any{}
	for part := range slices.Chunk(l, int(size)) {
		parts = append(parts, part)
	}
	return parts, nil
}

func arrayContains(_ data, args []argument) (any, error) {
	l, err := list(args[0])
	if err != nil {
		return nil, err
	}
	return slices.ContainsFunc(l, func(v any) bool { return equal(v, args[1].value) }), nil
}

func arrayRange(_ data, args []argument) (any, error) {
	var n [3]int64
	for i, what := range []string{"the first element", "the last element", "the step"} {
		var err error
		if n[i], err = whole(args[i], what); err != nil {
			return nil, err
		}
	}
	first, last, step := n[0], n[1], n[2]
	if step == 0 {
		return nil, errors.New("the step is 0")
	}
	l := []any{}
	for v := first; step > 0 && v <= last || step < 0 && v >= last; v += step {
		if len(l) == maxRange {
			return nil, fmt.Errorf("the range has more than %d elements", maxRange)
		}
		l = append(l, number(v))
	}
	return l, nil
}

func arrayGetItem(_ data, args []argument) (any, error) {
	l, err := list(args[0])
	if err != nil {
		return nil, err
	}
	i, err := whole(args[1], "the index")
	if err != nil {
		return nil, err
	}
	if i < 0 || i >= int64(len(l)) {
		return nil, fmt.Errorf("there is no element %d in an array of %d", i, len(l))
	}
	return l[i], nil
}

func arrayLength(_ data, args []argument) (any, error) {
	l, err := list(args[0])
	return number(int64(len(l))), err
}

func arrayUnique(_ data, args []argument) (any, error) {
	l, err := list(args[0])
	if err != nil {
		return nil, err
	}
	unique := []any{}
	for _, v := range l {
		if !slices.ContainsFunc(unique, func(u any) bool { return equal(u, v) }) {
			unique = append(unique, v)
		}
	}
	return unique, nil
}

func mathAdd(_ data, args []argument) (any, error) {
	a, err := whole(args[0], "the first argument")
	if err != nil {
		return nil, err
	}
	b, err := whole(args[1], "the second argument")
	if err != nil {
		return nil, err
	}
	return number(a + b), nil
}

// mathRandom draws from the first number on and below the second. With a seed
// it gives the same number each time.
func mathRandom(d data, args []argument) (any, error) {
	from, err := whole(args[0], "the start")
	if err != nil {
		return nil, err
	}
	to, err := whole(args[1], "the end")
	if err != nil {
		return nil, err
	}
	if from >= to {
		return nil, fmt.Errorf("there is no number from %d on and below %d", from, to)
	}
	if len(args) == 2 {
		return number(from + d.random.below(to-from)), nil
	}
	seed, err := whole(args[2], "the seed")
	if err != nil {
		return nil, err
	}
	return number(from + rand.New(rand.NewPCG(uint64(seed), 0)).Int64N(to-from)), nil
}

// stringSplit splits at each of the characters of the second argument, and
// leaves out what is empty.
func stringSplit(_ data, args []argument) (any, error) {
	s, err := text(args[0], "the first argument")
	if err != nil {
		return nil, err
	}
	separators, err := text(args[1], "the separators")
	if err != nil {
		return nil, err
	}
	parts := []any{}
	for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return strings.ContainsRune(separators, r) }) {
		parts = append(parts, part)
	}
	return parts, nil
}

func jsonMerge(_ data, args []argument) (any, error) {
	a, okA := args[0].value.(map[string]any)
	b, okB := args[1].value.(map[string]any)
	if !okA || !okB {
		return nil, errors.New("the first two arguments must be objects")
	}
	if args[2].value != false {
		return nil, errors.New("the third argument must be false: there is no deep merge")
	}
	merged := maps.Clone(a)
	if merged == nil {
		merged = map[string]any{}
	}
	maps.Copy(merged, b)
	return merged, nil
}

func hashOf(_ data, args []argument) (any, error) {
	s, err := inText(args[0].value)
	if err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(s) > maxHashText {
		return nil, fmt.Errorf("the text has more than %d characters", maxHashText)
	}
	var h hash.Hash
	switch args[1].value {
	case "MD5":
		h = md5.New()
	case "SHA-1":
		h = sha1.New()
	case "SHA-256":
		h = sha256.New()
	case "SHA-384":
		h = sha512.New384()
	case "SHA-512":
		h = sha512.New()
	default:
		return nil, fmt.Errorf("the algorithm %v is not one of MD5, SHA-1, SHA-256, SHA-384 and SHA-512", args[1].value)
	}
	h.Write([]byte(s))
	return hex.EncodeToString(h.Sum(nil)), nil
}

func base64Encode(_ data, args []argument) (any, error) {
	s, err := text(args[0], "the argument")
	if err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(s) > maxHashText {
		return nil, fmt.Errorf("the text has more than %d characters", maxHashText)
	}
	return base64.StdEncoding.EncodeToString([]byte(s)), nil
}

func base64Decode(_ data, args []argument) (any, error) {
	s, err := text(args[0], "the argument")
	if err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(s) > maxHashText {
		return nil, fmt.Errorf("the text has more than %d characters", maxHashText)
	}
	decoded, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return nil, err
	}
	return strings.ToValidUTF8(string(decoded), "\uFFFD"), nil
}
