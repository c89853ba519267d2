package monitor

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"salvo/pkg/job"
	"salvo/pkg/report"
	"salvo/pkg/store"
	"salvo/test/moto"
)

func runOf(t *testing.T, r *report.Report) Run {
	t.Helper()
	run, ok := RunOf(r)
	if !ok {
		t.Fatal("the report tells nothing")
	}
	return run
}

// TestTexts: every kind of message, as it is published.
func TestTexts(t *testing.T) {
	p := &said{}
	var now time.Time
	m := &Monitor{
		Store: new(store.Mem), ID: "script.yml", Service: "shop", Stage: "prod", Publisher: p,
		Settings: Settings{Objective: &Objective{95, 30 * day}}, Now: func() time.Time { return now },
	}
	observe := func(run Run) {
		now = run.Time.Add(10 * time.Second)
		if _, err := m.Observe(t.Context(), run); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 30 {
		observe(runOf(t, sampled(name(i), at(i), 0)))
	}
	for i := 30; i < 95; i++ {
		observe(runOf(t, sampled(name(i), at(i), 5)))
	}
	observe(runOf(t, sampled("well", at(95), 0)))
	observe(runOf(t, sampled("relapse", at(96), 3)))
	for i := 97; i < 110; i++ {
		observe(Unplanned(name(i), at(i), "script.yml:3:5: `tartget` is not known: did you mean `target`?\nscript.yml:4:1: no scenarios"))
	}
	for i := 110; i < 600; i++ {
		observe(runOf(t, sampled(name(i), at(i), 0)))
	}
	lost := sampled("lost", at(600), 0)
	lost.Run.Outcome, lost.Run.OutcomeCause = job.RunIncomplete, "1 of 2 chunks have no final result"
	observe(runOf(t, lost))

	var out bytes.Buffer
	for i, message := range p.messages {
		if i > 0 {
			out.WriteString("\n" + strings.Repeat("=", 100) + "\n")
		}
		for _, a := range message.Attributes() {
			fmt.Fprintf(&out, "%s=%s ", a.Name, a.Value)
		}
		out.WriteString("\n")
		if err := (Writer{&out}).Publish(t.Context(), message); err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "messages.txt", out.Bytes())
}

// TestReference: the first alert, and with `repeatEvery: 0` each, is serverless-artillery's
// to the letter.
func TestReference(t *testing.T) {
	run := runOf(t, sampled("r1", noon, 4))
	const says = "monitoring failure: scenarios run: 10, total errors: 8, error budget: 4"
	head := "Alert:\n  " + says + "\n\nLogs:\nFull analysis:\n{\n  \"errors\": 8,\n  \"reports\": [\n    {\n      \"timestamp\": \"2026-11-23T12:00:08.000Z\",\n"
	tail := "  },\n  \"errorMessage\": \"" + says + "\"\n}\n"
	for _, e := range []event{begins, repeats, relapses} {
		m := speaker{"shop", "prod", "m"}.message(notice{alarmFailed, e, alarm{}}, run, nil, 0)
		if m.Subject != "Alert: "+says || !strings.HasPrefix(m.Body, head) || !strings.HasSuffix(m.Body, tail) {
			t.Errorf("event %d: %s\n%s", e, m.Subject, m.Body)
		}
	}
}

func TestSubject(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"short", "Alert: no", "Alert: no"},
		{"lines", "Broken: a\nb\tc\x7f", "Broken: a b c"},
		{"letters beyond ASCII", "Alert: Größe 日本", "Alert: Gr??e ??"},
		{"invalid", "Alert: \xff", "Alert: ?"},
		{"blank first", " \n x", "x"},
		{"99", strings.Repeat("x", 99), strings.Repeat("x", 99)},
		{"100", strings.Repeat("x", 100), strings.Repeat("x", 96) + "..."},
		{"cut at a blank", strings.Repeat("x", 95) + " " + strings.Repeat("y", 100), strings.Repeat("x", 95) + "..."},
		{"cut at a letter of many bytes", strings.Repeat("é", 200), strings.Repeat("?", 96) + "..."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := subject(test.text); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

// TestLongBody: what is too long for SNS is cut, between two letters, with a note.
func TestLongBody(t *testing.T) {
	for extra := range 4 { // so that the cut falls at each place in a letter
		r := sampled("r1", noon, 5)
		r.ErrorMessage = strings.Repeat("x", extra) + strings.Repeat("日", 200_000)
		run := runOf(t, r)
		m := speaker{"shop", "prod", "m"}.message(notice{alarmFailed, begins, alarm{}}, run, nil, 0)
		size := len(m.Subject) + len(m.Body)
		for _, a := range m.Attributes() {
			size += len(a.Name) + len("String") + len(a.Value)
		}
		if size > 262_144 || size < 262_140 || !utf8.ValidString(m.Body) || strings.ContainsRune(m.Body, utf8.RuneError) {
			t.Errorf("%d bytes, valid %v", size, utf8.ValidString(m.Body))
		}
		if !strings.HasSuffix(m.Body, "\n...\nThis message was cut. The whole report is runs/r1/report.json.\n") {
			t.Errorf("it ends with %q", m.Body[len(m.Body)-100:])
		}
	}
	if got := cutBody("a\x00b\xffc\n\td\u0085", 100, "r1"); got != "a b\ufffdc\n\td " {
		t.Errorf("%q", got)
	}
}

func TestRunOf(t *testing.T) {
	tests := []struct {
		name      string
		report    func() *report.Report
		none      bool
		verdict   Verdict
		good, bad int64
	}{
		{"passed", func() *report.Report { return sampled("r", noon, 0) }, false, Passed, 10, 0},
		{"within the budget", func() *report.Report { return sampled("r", noon, 2) }, false, Passed, 8, 2},
		{"failed", func() *report.Report { return sampled("r", noon, 5) }, false, Failed, 5, 5},
		{"failures that were not kept", func() *report.Report {
			r := sampled("r", noon, 5)
			r.Failures, r.FailuresLeft = r.Failures[:1], 4
			return r
		}, false, Failed, 5, 5},
		{"errors of no failure", func() *report.Report {
			r := sampled("r", noon, 0)
			r.Reports[1].Errors["mine"] = 3
			return r
		}, false, Passed, 7, 3},
		{"users cut off", func() *report.Report {
			r := sampled("r", noon, 0)
			r.Reports[1].ScenariosCompleted = 1
			return r
		}, false, Passed, 6, 4},
		{"a check failed", func() *report.Report {
			r := sampled("r", noon, 1)
			r.Run.Outcome = job.ThresholdExceeded
			return r
		}, false, Failed, 9, 1},
		{"a chunk was lost", func() *report.Report {
			r := sampled("r", noon, 5)
			r.Run.Outcome = job.RunIncomplete
			return r
		}, false, Broken, 0, 0},
		{"its preparation failed", func() *report.Report {
			r := sampled("r", noon, 0)
			r.Run.Outcome = job.BeforeFailed
			return r
		}, false, Broken, 0, 0},
		{"stopped", func() *report.Report {
			r := sampled("r", noon, 5)
			r.Run.Outcome = job.RunStopped
			return r
		}, true, "", 0, 0},
		{"acceptance", func() *report.Report {
			r := sampled("r", noon, 5)
			r.Run.Mode = "acceptance"
			return r
		}, true, "", 0, 0},
		{"performance", func() *report.Report { return report.New(report.Input{}) }, true, "", 0, 0},
		{"simulated", func() *report.Report {
			r := sampled("r", noon, 0)
			r.Run.Simulation = true
			return r
		}, true, "", 0, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			run, ok := RunOf(test.report())
			if ok == test.none || run.Verdict != test.verdict || run.Good != test.good || run.Bad != test.bad {
				t.Errorf("%+v, %v", run, ok)
			}
		})
	}
}

func TestStatusText(t *testing.T) {
	s := newState()
	for i := range 9 * 24 * 60 {
		when := noon.Add(time.Duration(i) * time.Minute)
		if i > 3*1440 && i < 5*1440 {
			continue
		}
		c := count{5, 0}
		if i%100 == 0 && i < 1440 {
			c = count{4, 1}
		}
		if i > 6*1440 && i < 6*1440+30 {
			c = count{0, 5}
		}
		s.minutes.add(when, c)
		s.hours.add(when, c)
	}
	s.alarms[alarmTicket].On = true
	var out bytes.Buffer
	for _, o := range []Objective{{99.5, 7 * day}, {99.9, 30 * day}, {99.9, 90 * day}, {99, day}} {
		if err := s.status("api.yml", o, noon.Add(9*day-time.Minute)).WriteText(&out); err != nil {
			t.Fatal(err)
		}
		out.WriteString("\n---\n")
	}
	if err := newState().status("new.yml", Objective{99.9, 30 * day}, noon).WriteText(&out); err != nil {
		t.Fatal(err)
	}
	golden(t, "status.txt", out.Bytes())
}

func TestCommand(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the commands are for a Unix shell")
	}
	m := Message{Verdict: Recovered, After: Failed, Service: "shop", Stage: "prod", Monitor: "script.yml", Subject: "Recovered: all", Body: "a body\n"}
	dir := t.TempDir()
	tests := []struct {
		name, line, output string
		limit              time.Duration
		err                string
	}{
		{"all that it gets", `cat; env | grep ^SALVO_ALERT | sort`, "a body\n" +
			"SALVO_ALERT_AFTER=failed\nSALVO_ALERT_MONITOR=script.yml\nSALVO_ALERT_SERVICE=shop\nSALVO_ALERT_STAGE=prod\n" +
			"SALVO_ALERT_SUBJECT=Recovered: all\nSALVO_ALERT_VERDICT=recovered\n", 0, ""},
		{"does not read", "true", "", 0, ""},
		{"fails", "echo no >&2; exit 3", "no\n", 0, `the alert command "echo no >&2; exit 3" failed: exit status 3`},
		{"takes too long", "echo begun; (sleep 1000; touch " + filepath.Join(dir, "late") + ") | cat", "begun\n", 100 * time.Millisecond, "took longer than it may (100ms at most)"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			err := Command{Line: test.line, Output: &out, Limit: test.limit}.Publish(t.Context(), m)
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Errorf("error %v", err)
			}
			if out.String() != test.output {
				t.Errorf("output %q", out.String())
			}
		})
	}
}

// flaky answers the first requests itself: that SNS is not well.
type flaky struct{ fail atomic.Int32 }

func (f *flaky) Do(r *http.Request) (*http.Response, error) {
	if f.fail.Add(-1) >= 0 {
		return &http.Response{StatusCode: 503, Request: r, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(
			`<ErrorResponse><Error><Type>Receiver</Type><Code>ServiceUnavailable</Code><Message>later</Message></Error></ErrorResponse>`))}, nil
	}
	return http.DefaultTransport.RoundTrip(r)
}

func TestSNS(t *testing.T) {
	c := moto.Config(t)
	net := &flaky{}
	ctx := t.Context()
	topics, queues := sns.NewFromConfig(c), sqs.NewFromConfig(c)
	topic, err := topics.CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String("alerts")})
	if err != nil {
		t.Fatal(err)
	}
	queue := func(name, filter string) *string {
		q, err := queues.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &name})
		if err != nil {
			t.Fatal(err)
		}
		a, err := queues.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: q.QueueUrl, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameQueueArn}})
		if err != nil {
			t.Fatal(err)
		}
		attributes := map[string]string{"RawMessageDelivery": "true"}
		if filter != "" {
			attributes["FilterPolicy"] = filter
		}
		_, err = topics.Subscribe(ctx, &sns.SubscribeInput{TopicArn: topic.TopicArn, Protocol: aws.String("sqs"), Endpoint: aws.String(a.Attributes["QueueArn"]), Attributes: attributes})
		if err != nil {
			t.Fatal(err)
		}
		return q.QueueUrl
	}
	all, pages := queue("all", ""), queue("pages", `{"verdict": ["burn-page"]}`)
	received := func(queue *string) []sqstypes.Message {
		out, err := queues.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: queue, MaxNumberOfMessages: 10, MessageAttributeNames: []string{"All"}})
		if err != nil {
			t.Fatal(err)
		}
		return out.Messages
	}

	c.HTTPClient = net
	net.fail.Store(2)
	m := &Monitor{
		Store: new(store.Mem), ID: "script.yml", Service: "shop", Stage: "prod",
		Publisher: NewSNS(c, *topic.TopicArn), Now: func() time.Time { return noon },
	}
	run := runOf(t, sampled("r1", noon, 5))
	out, err := m.Observe(ctx, run)
	if err != nil || len(out.Said) != 1 || len(out.Unsaid) > 0 {
		t.Fatalf("%+v, %v", out, err)
	}
	got := received(all)
	if len(got) != 1 || *got[0].Body != out.Said[0].Body || len(received(pages)) != 0 {
		t.Fatalf("received %+v", got)
	}
	for _, a := range out.Said[0].Attributes() {
		if v, ok := got[0].MessageAttributes[a.Name]; !ok || *v.StringValue != a.Value || *v.DataType != "String" {
			t.Errorf("attribute %s: %+v", a.Name, v)
		}
	}
	// As long as a message may be.
	long := speaker{"shop", "prod", "m"}.message(notice{alarmFailed, begins, alarm{}}, Run{ID: "r", Message: strings.Repeat("日", 100_000)}, nil, 0)
	if err := m.Publisher.Publish(ctx, long); err != nil {
		t.Error(err)
	}
	err = NewSNS(c, *topic.TopicArn+"-gone").Publish(ctx, out.Said[0])
	if err == nil || !strings.HasPrefix(err.Error(), "publishing to "+*topic.TopicArn+"-gone: NotFound: ") {
		t.Errorf("error %v", err)
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if err := m.Publisher.Publish(cancelled, out.Said[0]); err == nil {
		t.Error("published without a context")
	}
}

func TestMain(m *testing.M) {
	// Nothing of this machine's configuration may reach the SDK.
	for _, name := range []string{"AWS_PROFILE", "AWS_REGION"} {
		os.Unsetenv(name)
	}
	os.Exit(m.Run())
}
