package aggregator

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"salvo/pkg/job"
	"salvo/pkg/monitor"
	"salvo/pkg/report"
	"salvo/pkg/script"
)

// Monitoring is what becomes of monitoring runs besides their verdict.
type Monitoring struct {
	Service, Stage string            // of the deployment; "" on one machine
	Settings       monitor.Settings  // of the deployment; a script's own go before them
	Publisher      monitor.Publisher // takes what is to be said
	Metrics        io.Writer         // takes metrics in CloudWatch's embedded format; nil drops them
}

// MonitoringOnAWS is that of a deployed function, whose environment env is: it
// publishes to the stack's topic. Its error is a *job.BadRequest.
func MonitoringOnAWS(c aws.Config, env map[string]string, metrics io.Writer) (*Monitoring, error) {
	settings, err := monitor.ParseSettings(env[job.EnvMonitoring])
	if err != nil {
		return nil, &job.BadRequest{Message: fmt.Sprintf("%s: %v", job.EnvMonitoring, err)}
	}
	return &Monitoring{
		Service: env[job.EnvService], Stage: env[job.EnvStage], Settings: settings,
		Publisher: monitor.NewSNS(c, env[job.EnvTopic]), Metrics: metrics,
	}, nil
}

// observe takes a run into what is known of its monitor, and says what is to be said.
// What could not be said, or not be written down, is told in what it returns and
// changes nothing about the run.
func (s Step) observe(ctx context.Context, name string, settings monitor.Settings, run monitor.Run) *report.Monitor {
	m := &monitor.Monitor{
		Store: s.Store, ID: job.MonitorID(name), Service: s.Monitoring.Service, Stage: s.Monitoring.Stage,
		Settings: settings, Publisher: s.Monitoring.Publisher, Now: s.Now,
	}
	out, err := m.Observe(ctx, run)
	note := &report.Monitor{ID: m.ID, Said: []string{}}
	for _, said := range out.Said {
		note.Said = append(note.Said, said.Subject)
	}
	note.Problem = out.Problem()
	if err != nil {
		note.Problem = strings.TrimPrefix(note.Problem+"; "+err.Error(), "; ")
	}
	if st := out.Status; st != nil {
		note.Objective = &report.Objective{Percent: st.Objective, WindowDays: st.Window / (24 * 60 * 60), Samples: st.Samples, Bad: st.Bad, BudgetLeft: st.BudgetLeft}
	}
	if w := s.Monitoring.Metrics; w != nil && !out.Known {
		if err := m.WriteMetrics(w, run, out.Status); err != nil && s.Log != nil {
			s.Log.Warn("the metrics of the run could not be written", "run", run.ID, "error", err)
		}
	}
	if note.Problem != "" && s.Log != nil {
		s.Log.Error("monitoring: "+note.Problem, "run", run.ID)
	}
	return note
}

// observePlanned is observe of a run that has a report.
func (s Step) observePlanned(ctx context.Context, g *gathered, rep *report.Report) *report.Monitor {
	if s.Monitoring == nil {
		return nil
	}
	run, ok := monitor.RunOf(rep)
	if !ok {
		return nil
	}
	return s.observe(ctx, g.request.Name, s.Monitoring.Settings.Over(g.script.Alerts, g.script.SLO), run)
}

// observeUnplanned is observe of a run that could not even be planned.
func (s Step) observeUnplanned(ctx context.Context, in job.AggregateInput, cause string) *report.Monitor {
	if s.Monitoring == nil {
		return nil
	}
	name, monitoring := monitored(in.Request)
	if !monitoring {
		return nil
	}
	now := time.Now
	if s.Now != nil {
		now = s.Now
	}
	return s.observe(ctx, name, s.Monitoring.Settings, monitor.Unplanned(in.Run, now(), cause))
}

// monitored tells whether a request asked for a monitoring run, as far as can be
// seen without reading its script, and how the splitter would have called the script.
func monitored(request json.RawMessage) (name string, monitoring bool) {
	var asked struct {
		Mode, Name string
		Merge      string `json:">>"`
		Script     struct {
			Mode  string
			Merge string `json:">>"`
		}
	}
	if json.Unmarshal(request, &asked) != nil {
		return "", false
	}
	for _, text := range []string{asked.Mode, asked.Script.Mode} {
		mode, err := script.ParseMode(text)
		monitoring = monitoring || err == nil && mode == script.Monitoring
	}
	name = asked.Name
	for _, file := range []string{asked.Merge, asked.Script.Merge} {
		if name == "" && file != "" {
			name = path.Clean(file)
		}
	}
	return name, monitoring
}
