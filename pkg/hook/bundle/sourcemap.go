package bundle

import (
	"encoding/json"
	"fmt"
	"strings"
)

// sourceMap is a source map of version 3 (ECMA-426).
type sourceMap struct {
	Version        int       `json:"version"`
	Sources        []string  `json:"sources"`
	SourcesContent []*string `json:"sourcesContent"`
	Mappings       string    `json:"mappings"`
	Names          []string  `json:"names"`

	lines [][]segment
}

// segment tells where a column of the code comes from: column, source, line, column, name, each
// from 0. It has 1, 4 or 5 numbers.
type segment struct {
	fields [5]int
	length int
}

const base64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

func readSourceMap(text []byte) (*sourceMap, error) {
	m := &sourceMap{}
	if err := json.Unmarshal(text, m); err != nil {
		return nil, fmt.Errorf("reading the source map: %w", err)
	}
	var now [5]int
	for line := range strings.SplitSeq(m.Mappings, ";") {
		now[0] = 0
		var segments []segment
		for text := range strings.SplitSeq(line, ",") {
			if text == "" {
				continue
			}
			s := segment{}
			value, shift := 0, 0
			for _, c := range text {
				digit := strings.IndexRune(base64Digits, c)
				if digit < 0 || s.length == len(now) || shift > 30 {
					return nil, fmt.Errorf("reading the source map: %q is no mapping", text)
				}
				value |= digit & 31 << shift
				if shift += 5; digit&32 != 0 {
					continue
				}
				if now[s.length] += value >> 1; value&1 != 0 {
					now[s.length] -= value &^ 1
				}
				s.length++
				value, shift = 0, 0
			}
			if shift > 0 || s.length != 1 && s.length < 4 || s.length > 1 && (now[1] < 0 || now[1] >= len(m.Sources)) {
				return nil, fmt.Errorf("reading the source map: %q is no mapping", text)
			}
			s.fields = now
			segments = append(segments, s)
		}
		m.lines = append(m.lines, segments)
	}
	return m, nil
}

func (m *sourceMap) write() ([]byte, error) {
	var out strings.Builder
	var before [5]int
	for i, line := range m.lines {
		if i > 0 {
			out.WriteByte(';')
		}
		before[0] = 0
		for j, s := range line {
			if j > 0 {
				out.WriteByte(',')
			}
			for k := range s.length {
				value := (s.fields[k] - before[k]) << 1
				if value < 0 {
					value = -value | 1
				}
				for ; value >= 32; value >>= 5 {
					out.WriteByte(base64Digits[value&31|32])
				}
				out.WriteByte(base64Digits[value])
				before[k] = s.fields[k]
			}
		}
	}
	m.Mappings = out.String()
	return json.Marshal(m)
}

// move moves what stands behind a column of a line of the code, both from 0, by a number of columns.
func (m *sourceMap) move(line, column, by int) {
	if line >= len(m.lines) {
		return
	}
	for i := range m.lines[line] {
		if s := &m.lines[line][i]; s.fields[0] > column {
			s.fields[0] = max(column, s.fields[0]+by)
		}
	}
}

// find is where a place in the code comes from, all from 0.
func (m *sourceMap) find(line, column int) (source string, sourceLine, sourceColumn int, ok bool) {
	for ; line >= 0 && line < len(m.lines); line, column = line-1, 1<<30 {
		for i := len(m.lines[line]) - 1; i >= 0; i-- {
			if s := m.lines[line][i]; s.fields[0] <= column && s.length > 1 {
				return m.Sources[s.fields[1]], s.fields[2], s.fields[3], true
			}
		}
	}
	return "", 0, 0, false
}
