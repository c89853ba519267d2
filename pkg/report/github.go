package report

import (
	"fmt"
	"io"
	"strings"
)

// WriteGitHub writes what failed as workflow commands of GitHub Actions, which
// shows them beside the lines of the script:
// https://docs.github.com/actions/reference/workflow-commands-for-github-actions
func (r *Report) WriteGitHub(w io.Writer) error {
	var b strings.Builder
	if !r.Run.Passed() {
		fmt.Fprintf(&b, "::error title=%s::%s\n", property(r.Run.Outcome), data(r.Run.Script+": "+r.Run.OutcomeCause))
	}
	if r.Analysis != nil {
		for i := range r.Failures {
			f := &r.Failures[i]
			level := "error"
			if r.Run.Passed() {
				level = "warning" // within the budget
			}
			where := ""
			if f.Line > 0 {
				where = fmt.Sprintf("file=%s,line=%d,col=%d,", property(f.File), f.Line, f.Column)
			}
			fmt.Fprintf(&b, "::%s %stitle=%s::%s\n", level, where, property("scenario "+f.Scenario), data(strings.TrimSpace(f.about()+"\n"+strings.Join(f.What(), "\n"))))
		}
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing annotations: %w", err)
	}
	return nil
}

// data escapes the message of a workflow command, and property a value before it.
func data(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

func property(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(s)
}
