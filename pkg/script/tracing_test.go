package script

import (
	"reflect"
	"strings"
	"testing"
)

func TestTracing(t *testing.T) {
	for _, test := range []struct {
		config string
		want   *Tracing
		fault  string
	}{
		{`true`, &Tracing{"a9", true}, ""},
		{`false`, nil, ""},
		{`{}`, &Tracing{"a9", true}, ""},
		{`{"enabled": false, "sampled": true}`, nil, ""},
		{`{"sampled": false, "traceIdPrefix": "ABC"}`, &Tracing{"abc", false}, ""},
		{`{"traceIdPrefix": 12}`, &Tracing{"12", true}, ""},
		{`{"traceIdPrefix": "x-1f-y"}`, &Tracing{"1f", true}, `expected 1 to 8 hexadecimal digits, found the text "x-1f-y"; trace ids begin with 1f`},
		{`{"traceIdPrefix": "0123456789"}`, &Tracing{"01234567", true}, "trace ids begin with 01234567"},
		{`{"traceIdPrefix": ""}`, &Tracing{"a9", true}, "found an empty text; trace ids begin with a9"},
	} {
		s, warnings, err := Parse([]byte(`{"config": {"http": {"distributedTracing": `+test.config+`}}`+oneScenario), Options{})
		if err != nil {
			t.Errorf("%s: %v", test.config, err)
			continue
		}
		if got := s.Config.HTTP.Tracing; !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %+v, want %+v", test.config, got, test.want)
		}
		if (test.fault == "") != (len(warnings) == 0) || !strings.Contains(warnings.Error(), test.fault) {
			t.Errorf("%s: warnings %v, want %q", test.config, warnings, test.fault)
		}
	}
}

func TestExtendedMetrics(t *testing.T) {
	for _, test := range []struct {
		http, variable string
		want           bool
	}{{"{}", "", false}, {`{"extendedMetrics": true}`, "", true}, {`{"extendedMetrics": false}`, "", false}, {"null", "1", true}} {
		s := mustParse(t, `{"config": {"http": `+test.http+`}`+oneScenario, Options{Env: map[string]string{extendedMetricsVariable: test.variable}})
		if got := s.Config.HTTP.ExtendedMetrics; got != test.want {
			t.Errorf("%s, variable %q: %v", test.http, test.variable, got)
		}
	}
}
