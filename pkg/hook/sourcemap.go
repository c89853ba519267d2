package hook

import (
	"encoding/json"
	"fmt"
	"strings"
)

// columnsFromOne makes of a source map (version 3, ECMA-426) one whose columns count from 1. The
// interpreter asks it for columns that count from 1, and tells what it gets as if it did, too.
func columnsFromOne(sourceMap []byte) ([]byte, error) {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(sourceMap, &m); err != nil {
		return nil, fmt.Errorf("reading the source map: %w", err)
	}
	var mappings string
	if err := json.Unmarshal(m["mappings"], &mappings); err != nil {
		return nil, fmt.Errorf("reading the source map: %w", err)
	}
	var out strings.Builder
	first := true // of the whole map: columns of sources are told from one segment to the next
	for i, line := range strings.Split(mappings, ";") {
		if i > 0 {
			out.WriteByte(';')
		}
		segment, rest, more := strings.Cut(line, ",")
		if segment != "" {
			fields := numbers(segment)
			fields[0]++
			if first && len(fields) > 3 {
				fields[3]++
				first = false
			}
			writeNumbers(&out, fields)
		}
		for more {
			out.WriteByte(',')
			if segment, rest, more = strings.Cut(rest, ","); first && len(numbers(segment)) > 3 {
				fields := numbers(segment)
				fields[3]++
				first = false
				writeNumbers(&out, fields)
			} else {
				out.WriteString(segment)
			}
		}
	}
	m["mappings"], _ = json.Marshal(out.String()) // a string of these characters has a form
	return json.Marshal(m)
}

const base64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// numbers reads a segment: numbers of five bits a digit, the least first, the sign in the lowest bit. It
// has one at least.
func numbers(segment string) []int {
	list, value, shift := make([]int, 0, 5), 0, 0
	for i := range len(segment) {
		digit := max(0, strings.IndexByte(base64Digits, segment[i]))
		value |= digit & 31 << shift
		if shift += 5; digit&32 != 0 && shift < 60 {
			continue
		}
		n := value >> 1
		if value&1 != 0 {
			n = -n
		}
		list = append(list, n)
		value, shift = 0, 0
	}
	if len(list) == 0 {
		return []int{0}
	}
	return list
}

func writeNumbers(out *strings.Builder, list []int) {
	for _, n := range list {
		value := n << 1
		if n < 0 {
			value = -n<<1 | 1
		}
		for ; value >= 32; value >>= 5 {
			out.WriteByte(base64Digits[value&31|32])
		}
		out.WriteByte(base64Digits[value])
	}
}
