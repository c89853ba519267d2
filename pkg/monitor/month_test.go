package monitor

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"salvo/pkg/store"
)

// TestMonth plays thirty days of runs, one a minute: an outage of 20 minutes, 30 hours
// in which 2 % of the samples are bad, a run that cannot be planned for 10 minutes, a pause
// of two hours, and an hour in which every other run fails. The golden files are all that is said.
func TestMonth(t *testing.T) {
	tests := []struct {
		file     string
		settings Settings
		days     int
	}{
		{"month.txt", Settings{Objective: &Objective{99.9, 30 * day}}, 30},
		{"month-after.txt", Settings{Alerts: Alerts{After: 3, Of: 5, RepeatEvery: minutes(15)}}, 30},
	}
	for _, test := range tests {
		t.Run(test.file, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			var now time.Time
			publisher := &said{}
			m := &Monitor{
				Store: new(store.Mem), ID: "script.yml", Service: "shop", Stage: "prod", Settings: test.settings,
				Publisher: publisher, Now: func() time.Time { return now },
			}
			start := time.Date(2026, 11, 1, 0, 0, 7, 0, time.UTC)
			r := rand.New(rand.NewPCG(1, 2))
			var last Outcome
			for minute := range test.days * 24 * 60 {
				day, hour, past := minute/1440+1, minute/60%24, minute%60
				runAt := start.Add(time.Duration(minute)*time.Minute + time.Duration(r.IntN(3000))*time.Millisecond)
				now = runAt.Add(9 * time.Second)
				run := plain(name(minute), runAt, Passed)
				switch {
				case day == 3 && hour == 10 && past < 20,
					day == 20 && hour == 14 && past%2 == 0:
					run = plain(name(minute), runAt, Failed)
				case day == 14 && hour == 9 && past < 10:
					run = plain(name(minute), runAt, Broken)
				case day == 17 && hour < 2:
					continue
				case day == 8 && hour >= 6, day == 9 && hour < 12:
					for range 5 {
						if r.IntN(50) == 0 {
							run.Good, run.Bad = run.Good-1, run.Bad+1
						}
					}
				}
				got, err := m.Observe(t.Context(), run)
				if err != nil || got.Known || len(got.Unsaid) > 0 {
					t.Fatalf("%v: %+v, %v", runAt, got, err)
				}
				for _, said := range got.Said {
					fmt.Fprintf(&out, "%s  %-11s  %s\n", runAt.Format("Jan 02 15:04"), said.Verdict, said.Subject)
				}
				last = got
			}
			if last.Status != nil {
				out.WriteString("\n")
				if err := last.Status.WriteText(&out); err != nil {
					t.Fatal(err)
				}
			}
			golden(t, test.file, out.Bytes())
		})
	}
}
