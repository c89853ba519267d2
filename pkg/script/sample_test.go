package script

import (
	"math"
	"strings"
	"testing"
)

func TestSample(t *testing.T) {
	tests := []struct {
		name, endpoint         string
		duration, rate, rampTo float64
		target, url, phase     string
	}{
		{"host alone", "http://aws.amazon.com", 5, 2, 0, "http://aws.amazon.com", "/", "5 2 2"},
		{"path and query", "https://user:pass@test.example.com:8443/a%20b/c?x=1&y=\"z\"#top", 60, 0.5, 10, "https://user:pass@test.example.com:8443", "/a%20b/c?x=1&y=\"z\"", "60 1/2 10"},
		{"query alone", "http://127.0.0.1?x=1", 1.5, 1000, 0, "http://127.0.0.1", "/?x=1", "3/2 1000 1000"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			text, err := Sample(test.endpoint, test.duration, test.rate, test.rampTo)
			if err != nil {
				t.Fatal(err)
			}
			s, warnings, err := Parse([]byte(text), Options{Strict: true})
			if err != nil || len(warnings) > 0 {
				t.Fatalf("%v %v in\n%s", err, warnings, text)
			}
			if s.Config.Target != test.target {
				t.Errorf("target %s", s.Config.Target)
			}
			if got, _ := s.Scenarios[0].Flow[0].Request.URL.Static(); got != any(test.url) {
				t.Errorf("url %v", got)
			}
			p := s.Config.Phases[0]
			if got := p.Duration.RatString() + " " + p.From.RatString() + " " + p.To.RatString(); got != test.phase {
				t.Errorf("phase %s", got)
			}
			if strings.Contains(text, "rampTo") != (test.rampTo > 0) {
				t.Errorf("rampTo in\n%s", text)
			}
		})
	}
	text, err := Sample("http://127.0.0.1:8089/", 5, 2, 20)
	if err != nil {
		t.Fatal(err)
	}
	checkGolden(t, "sample.txt", text)
}

func TestSampleRefuses(t *testing.T) {
	tests := []struct {
		endpoint               string
		duration, rate, rampTo float64
	}{
		{"", 5, 2, 0}, {"aws.amazon.com", 5, 2, 0}, {"/path", 5, 2, 0}, {"ftp://127.0.0.1/", 5, 2, 0}, {"http://", 5, 2, 0}, {"http://a b/", 5, 2, 0},
		{"http://127.0.0.1", 0, 2, 0}, {"http://127.0.0.1", 5, 0, 0}, {"http://127.0.0.1", 5, -1, 0}, {"http://127.0.0.1", 5, 2, -1},
		{"http://127.0.0.1", math.NaN(), 2, 0}, {"http://127.0.0.1", 5, math.Inf(1), 0}, {"http://127.0.0.1", 5, 2, math.NaN()},
	}
	for _, test := range tests {
		if text, err := Sample(test.endpoint, test.duration, test.rate, test.rampTo); err == nil {
			t.Errorf("%+v: got\n%s", test, text)
		}
	}
}
