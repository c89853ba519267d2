package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// WriteJSON writes the document so that it can be read by eye as well: a line
// for each value of `run` and `aggregate`, for each check, window, phase,
// endpoint and expectation, and for each column of the series. The order of keys is fixed; in maps it is
// the order of the names' bytes.
func (r *Report) WriteJSON(w io.Writer) error {
	if err := r.write(w); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

func (r *Report) write(w io.Writer) error {
	type part struct {
		key   string
		value any
		rows  bool // each of its values has one line
	}
	parts := []part{{"run", r.Run, false}}
	if a := r.Analysis; a != nil {
		parts = append(parts, part{"errors", a.Errors, false}, part{"errorMessage", a.ErrorMessage, false},
			part{"totals", a.Totals, false}, part{"reports", a.Reports, true}, part{"failures", a.Failures, true})
		if a.FailuresLeft > 0 {
			parts = append(parts, part{"failuresLeft", a.FailuresLeft, false})
		}
	}
	if r.Monitor != nil {
		parts = append(parts, part{"monitor", r.Monitor, false})
	}
	parts = append(parts, []part{
		{"checks", r.Checks, true},
		{"aggregate", r.Aggregate, false},
		{"intermediate", r.Intermediate, true},
		{"phases", r.Phases, true},
		{"endpoints", r.Endpoints, true},
		{"expectations", r.Expectations, true},
		{"distribution", r.Distribution, true},
		{"series", r.Series, true},
		{"before", r.Before, false},
		{"after", r.After, false},
	}...)
	before := "{\n  "
	for _, p := range parts {
		if section, ok := p.value.(*Period); ok && section == nil {
			continue
		}
		if p.value == "" {
			continue
		}
		if list, ok := p.value.([]Expectation); ok && len(list) == 0 {
			continue
		}
		data, err := encode(p.value)
		if err != nil {
			return err
		}
		var out bytes.Buffer
		fmt.Fprintf(&out, "%s%q: ", before, p.key)
		if p.rows {
			spread(&out, data)
		} else if err := json.Indent(&out, data, "  ", "  "); err != nil {
			return err
		}
		if _, err := out.WriteTo(w); err != nil {
			return err
		}
		before = ",\n  "
	}
	_, err := io.WriteString(w, "\n}\n")
	return err
}

// encode is json.Marshal without the escaping that HTML would need: names of
// endpoints and texts of errors stay readable.
func encode(v any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(out.Bytes(), "\n"), nil
}

// spread writes a compact list or object with a line for each of its values.
func spread(out *bytes.Buffer, data []byte) {
	depth, quoted := 0, false
	for i := 0; i < len(data); i++ {
		c := data[i]
		if quoted {
			out.WriteByte(c)
			switch c {
			case '\\':
				i++
				out.WriteByte(data[i])
			case '"':
				quoted = false
			}
			continue
		}
		switch c {
		case '"':
			quoted = true
		case '{', '[':
			depth++
			out.WriteByte(c)
			if depth == 1 && data[i+1] != '}' && data[i+1] != ']' {
				out.WriteString("\n    ")
			}
			continue
		case '}', ']':
			depth--
			if depth == 0 && data[i-1] != '{' && data[i-1] != '[' {
				out.WriteString("\n  ")
			}
		}
		out.WriteByte(c)
		if depth == 1 && c == ',' {
			out.WriteString("\n    ")
		} else if depth == 1 && c == ':' {
			out.WriteByte(' ')
		}
	}
}

// Decode reads a document that WriteJSON or json.Marshal wrote. It refuses what
// is no report, or one of a newer Salvo, and what text and page could not be
// written from.
func Decode(data []byte) (*Report, error) {
	var head struct {
		Run *struct {
			Format int `json:"format"`
		} `json:"run"`
		Aggregate json.RawMessage `json:"aggregate"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, fmt.Errorf("reading the report: %w", err)
	}
	switch {
	case head.Run == nil && head.Aggregate != nil:
		return nil, errors.New("reading the report: it has no key `run`: Artillery's own reports cannot be read")
	case head.Run == nil || head.Aggregate == nil:
		return nil, errors.New("reading the report: it has no keys `run` and `aggregate`: this is no report")
	case head.Run.Format > Format:
		return nil, fmt.Errorf("reading the report: its format is %d, and this version of Salvo reads up to %d", head.Run.Format, Format)
	case head.Run.Format < 1:
		return nil, errors.New("reading the report: it has no `run.format`")
	}
	var r Report
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("reading the report: %w", err)
	}
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("reading the report: %w", err)
	}
	if r.Checks == nil {
		r.Checks = []Check{} // an older Salvo wrote none
	}
	return &r, nil
}

// check refuses what charts cannot be drawn from.
func (r *Report) check() error {
	rows := r.Series.Len()
	for _, column := range r.Series.counts() {
		if len(*column) != rows {
			return errors.New("the columns of `series` differ in length")
		}
	}
	for _, column := range r.Series.points() {
		if len(*column) != rows {
			return errors.New("the columns of `series` differ in length")
		}
	}
	if rows > maxRows || rows > 0 && r.Series.Step != 1 {
		return errors.New("`series` is too long, or its step is not 1")
	}
	if s := r.Series.Start; s < -maxTime || s > maxTime {
		return errors.New("`series.start` is no sensible time")
	}
	d := r.Distribution
	if len(d.UpTo) != len(d.Count) {
		return errors.New("the columns of `distribution` differ in length")
	}
	for i, v := range d.UpTo {
		if !(v > 0) || v > maxTime || i > 0 && v <= d.UpTo[i-1] {
			return errors.New("`distribution.upTo` does not rise")
		}
	}
	for _, p := range r.Phases {
		if !(p.Start >= 0 && p.Start <= p.End && p.End <= maxTime) {
			return fmt.Errorf("phase %d has no sensible times", p.Index)
		}
	}
	if !(r.Run.PlannedDuration >= 0 && r.Run.PlannedDuration <= maxTime) {
		return errors.New("`run.plannedDuration` is no sensible time")
	}
	return nil
}

// maxTime is beyond any time of a run, in seconds or milliseconds.
const maxTime = 1e12
