package monitor

import "testing"

// TestBurning: which samples of the windows make an alert due, and which end it.
func TestBurning(t *testing.T) {
	o := Objective{99.9, 30 * day}
	type stretch struct {
		minutes   int // so long before the end it began
		good, bad int64
	}
	tests := []struct {
		name         string
		level        int
		objective    Objective
		samples      []stretch // each a bucket
		above, below bool
	}{
		{"no samples", alarmPage, o, nil, false, false},
		{"all good", alarmPage, o, []stretch{{0, 300, 0}}, false, true},
		{"one bad sample of few", alarmPage, o, []stretch{{0, 60, 1}}, false, false},
		{"an hour", alarmPage, o, []stretch{{50, 270, 0}, {0, 20, 5}}, true, false},
		{"20 minutes ago, so within the half hour", alarmPage, o, []stretch{{20, 0, 5}, {0, 295, 0}}, true, false},
		{"40 minutes ago", alarmPage, o, []stretch{{40, 0, 5}, {0, 295, 0}}, false, true},
		{"exactly the factor", alarmTicket, Objective{99, 30 * day}, []stretch{{0, 99, 1}}, false, true},
		{"a little more", alarmTicket, Objective{99, 30 * day}, []stretch{{0, 98, 2}}, true, false},
		{"three days ago", alarmTicket, Objective{99, 30 * day}, []stretch{{3*1440 + 60, 0, 100}, {0, 100, 0}}, false, true},
		{"two days ago", alarmTicket, Objective{99, 30 * day}, []stretch{{2 * 1440, 0, 100}, {0, 100, 0}}, false, true},
		{"two days ago, and nothing since", alarmTicket, Objective{99, 30 * day}, []stretch{{2 * 1440, 0, 100}}, false, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newState()
			for _, x := range test.samples {
				s.minutes.add(at(-x.minutes), count{x.good, x.bad})
				s.hours.add(at(-x.minutes), count{x.good, x.bad})
			}
			above, below := s.burning(levels[test.level], test.objective, noon)
			if above != test.above || below != test.below {
				t.Errorf("above %v, below %v", above, below)
			}
		})
	}
}
