//go:build linux

package edge

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"salvo/pkg/job"
)

// machines is what the server does about Step Functions. moto keeps two sets of
// state machines: one that it interprets, and one that it only remembers. A
// setting says which one callers see; CloudFormation always uses the other.
type machines struct {
	mu    sync.RWMutex      // held for writing while the setting is the other
	taken map[string]string // ARN -> definition, of what was taken over

	roleMu   sync.Mutex
	roleARNs []string // those of what was taken over

	stopMu sync.Mutex
	stops  map[string]stop // by the ARNs of executions
}

// interpret sets which state machines callers see.
func (m *machines) interpret(ctx context.Context, s *Server, on bool) error {
	body := fmt.Sprintf(`{"stepfunctions": {"execute_state_machine": %t}}`, on)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.moto.url+"/moto-api/config", bytes.NewReader([]byte(body)))
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	resp.Body.Close()
	if resp.StatusCode >= 300 {
		return fmt.Errorf("moto's settings: %s", resp.Status)
	}
	return nil
}

// takeOver makes the interpreted state machines those that CloudFormation made.
func (m *machines) takeOver(ctx context.Context, s *Server) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	made, err := m.made(ctx, s)
	if err != nil {
		return err
	}
	buckets, err := bucketsOf(ctx, s)
	if err != nil {
		return err
	}
	if m.taken == nil {
		m.taken = map[string]string{}
	}
	for arn, d := range made {
		old, there := m.taken[arn]
		definition, err := interpretable(aws.ToString(d.Definition), buckets[arn])
		if err != nil {
			return err
		}
		switch {
		case !there:
			if _, err := s.sfn.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{
				Name: d.Name, Definition: &definition, RoleArn: d.RoleArn, Type: d.Type, Tags: d.tags,
			}); err != nil {
				return err
			}
			m.taken[arn] = definition
		case old != definition:
			if _, err := s.sfn.UpdateStateMachine(ctx, &sfn.UpdateStateMachineInput{
				StateMachineArn: d.StateMachineArn, Definition: &definition, RoleArn: d.RoleArn,
			}); err != nil {
				return err
			}
			m.taken[arn] = definition
		}
	}
	m.roleMu.Lock()
	m.roleARNs = nil
	for _, d := range made {
		m.roleARNs = append(m.roleARNs, aws.ToString(d.RoleArn))
	}
	m.roleMu.Unlock()
	for arn := range m.taken {
		if _, there := made[arn]; !there {
			if _, err := s.sfn.DeleteStateMachine(ctx, &sfn.DeleteStateMachineInput{StateMachineArn: &arn}); err != nil {
				return err
			}
			delete(m.taken, arn)
		}
	}
	return nil
}

// roles are the roles of the interpreted state machines.
func (m *machines) roles() []string {
	m.roleMu.Lock()
	defer m.roleMu.Unlock()
	return append([]string{}, m.roleARNs...)
}

type madeMachine struct {
	*sfn.DescribeStateMachineOutput
	tags []types.Tag
}

// made lists the state machines that CloudFormation made, by their ARNs.
func (m *machines) made(ctx context.Context, s *Server) (_ map[string]madeMachine, err error) {
	if err := m.interpret(ctx, s, false); err != nil {
		return nil, err
	}
	defer func() {
		if e := m.interpret(context.WithoutCancel(ctx), s, true); err == nil {
			err = e
		}
	}()
	list, err := s.sfn.ListStateMachines(ctx, nil)
	if err != nil {
		return nil, err
	}
	made := map[string]madeMachine{}
	for _, item := range list.StateMachines {
		d, err := s.sfn.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: item.StateMachineArn})
		if err != nil {
			return nil, err
		}
		tags, err := s.sfn.ListTagsForResource(ctx, &sfn.ListTagsForResourceInput{ResourceArn: item.StateMachineArn})
		if err != nil {
			return nil, err
		}
		made[aws.ToString(item.StateMachineArn)] = madeMachine{d, tags.Tags}
	}
	return made, nil
}

// bucketsOf are the buckets of the stacks, by the ARNs of their state machines.
func bucketsOf(ctx context.Context, s *Server) (map[string]string, error) {
	stacks, err := s.cfn.DescribeStacks(ctx, nil)
	if err != nil {
		return nil, err
	}
	buckets := map[string]string{}
	for _, stack := range stacks.Stacks {
		outputs := map[string]string{}
		for _, o := range stack.Outputs {
			outputs[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
		}
		buckets[outputs[job.OutputStateMachine]] = outputs[job.OutputBucket]
	}
	return buckets, nil
}

// stop is an execution that a caller stopped.
type stop struct {
	name         string
	date         float64 // seconds since 1970, as Step Functions tells times
	error, cause string
}

// serve passes a request on to moto's Step Functions. moto does not stop an
// execution that waits for a function, and calls another one failed; so the
// server keeps which ones were stopped, tells so, and refuses the invocations
// that moto goes on to make for them. What already runs goes on, as on AWS.
func (m *machines) serve(w http.ResponseWriter, r *http.Request, s *Server, operation string) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	translate := map[string]func(context.Context, *Server, document) error{
		"StopExecution":       m.afterStop,
		"DescribeExecution":   m.afterDescribe,
		"ListExecutions":      m.afterList,
		"GetExecutionHistory": m.afterHistory,
	}[operation]
	if translate == nil {
		s.proxy.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	var in map[string]any
	if err == nil {
		err = json.Unmarshal(body, &in)
	}
	if err != nil {
		awsError(w, http.StatusBadRequest, "SerializationException", err.Error())
		return
	}
	if operation == "ListExecutions" {
		trimmed := maps.Clone(in)
		delete(trimmed, "statusFilter") // by moto's idea of the status
		if body, err = json.Marshal(trimmed); err != nil {
			awsError(w, http.StatusBadRequest, "SerializationException", err.Error())
			return
		}
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	r.Header.Set("Content-Length", strconv.Itoa(len(body)))
	rec := &recorder{header: http.Header{}, status: http.StatusOK}
	s.proxy.ServeHTTP(rec, r)
	if rec.status == http.StatusOK {
		d := document{in: in}
		err := json.Unmarshal(rec.body.Bytes(), &d.out)
		if err == nil {
			err = translate(r.Context(), s, d)
		}
		if err == nil {
			rec.body.Reset()
			err = json.NewEncoder(&rec.body).Encode(d.out)
		}
		if err != nil {
			s.logf("%s: %v", operation, err)
			awsError(w, http.StatusInternalServerError, "InternalFailure", err.Error())
			return
		}
	}
	rec.copyTo(w)
}

// document is a request to Step Functions and its answer.
type document struct{ in, out map[string]any }

func (d document) arn() string {
	arn, _ := d.in["executionArn"].(string)
	return arn
}

func (m *machines) stopped(arn string) (stop, bool) {
	m.stopMu.Lock()
	defer m.stopMu.Unlock()
	s, ok := m.stops[arn]
	return s, ok
}

// refuses tells whether an invocation that moto's interpreter asks for belongs to
// an execution that was stopped.
func (m *machines) refuses(payload []byte) bool {
	var in struct{ Run, Execution string }
	if json.Unmarshal(payload, &in) != nil {
		return false
	}
	m.stopMu.Lock()
	defer m.stopMu.Unlock()
	for _, s := range m.stops {
		if s.name == in.Run || s.name == in.Execution {
			return true
		}
	}
	return false
}

func (m *machines) afterStop(ctx context.Context, s *Server, d document) error {
	got, err := s.sfn.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: aws.String(d.arn())})
	if err != nil {
		return err
	}
	m.stopMu.Lock()
	defer m.stopMu.Unlock()
	if _, again := m.stops[d.arn()]; !again && got.Status == types.ExecutionStatusSucceeded {
		d.out["stopDate"] = float64(got.StopDate.UnixMilli()) / 1000
		return nil // it had ended by itself
	}
	st, again := m.stops[d.arn()]
	if !again {
		st = stop{name: aws.ToString(got.Name), date: float64(time.Now().UnixMilli()) / 1000}
		st.error, _ = d.in["error"].(string)
		st.cause, _ = d.in["cause"].(string)
		if m.stops == nil {
			m.stops = map[string]stop{}
		}
		m.stops[d.arn()] = st
	}
	d.out["stopDate"] = st.date
	return nil
}

func (m *machines) afterDescribe(_ context.Context, _ *Server, d document) error {
	st, ok := m.stopped(d.arn())
	if !ok {
		return nil
	}
	for _, k := range []string{"output", "outputDetails", "error", "cause"} {
		delete(d.out, k)
	}
	d.out["status"], d.out["stopDate"] = types.ExecutionStatusAborted, st.date
	if st.error != "" {
		d.out["error"] = st.error
	}
	if st.cause != "" {
		d.out["cause"] = st.cause
	}
	return nil
}

func (m *machines) afterList(_ context.Context, _ *Server, d document) error {
	list, _ := d.out["executions"].([]any)
	kept := []any{}
	for _, item := range list {
		e, ok := item.(map[string]any)
		if !ok {
			return fmt.Errorf("an execution is no object: %v", item)
		}
		arn, _ := e["executionArn"].(string)
		if st, ok := m.stopped(arn); ok {
			e["status"], e["stopDate"] = string(types.ExecutionStatusAborted), st.date
		}
		if filter, ok := d.in["statusFilter"]; !ok || filter == e["status"] {
			kept = append(kept, e)
		}
	}
	d.out["executions"] = kept
	return nil
}

func (m *machines) afterHistory(_ context.Context, _ *Server, d document) error {
	st, ok := m.stopped(d.arn())
	if !ok {
		return nil
	}
	list, _ := d.out["events"].([]any)
	kept := []any{}
	for _, item := range list {
		e, ok := item.(map[string]any)
		if !ok {
			return fmt.Errorf("an event is no object: %v", item)
		}
		if at, _ := e["timestamp"].(float64); at <= st.date {
			kept = append(kept, e)
		}
	}
	d.out["events"] = append(kept, map[string]any{
		"id": len(kept) + 1, "previousEventId": 0, "timestamp": st.date, "type": types.HistoryEventTypeExecutionAborted,
		"executionAbortedEventDetails": map[string]any{"error": st.error, "cause": st.cause},
	})
	return nil
}

// interpretable is a definition as moto's interpreter needs it: it looks for the
// paths of a ResultWriter in the Map's result, and Step Functions in its input.
// So they become what they are in every run of this stack.
func interpretable(definition, bucket string) (string, error) {
	var machine map[string]any
	d := json.NewDecoder(strings.NewReader(definition))
	d.UseNumber() // moto takes 100.0 for a percentage, and not 100
	if err := d.Decode(&machine); err != nil {
		return "", err
	}
	states, _ := machine["States"].(map[string]any)
	for name, s := range states {
		state, _ := s.(map[string]any)
		writer, _ := state["ResultWriter"].(map[string]any)
		parameters, _ := writer["Parameters"].(map[string]any)
		if parameters == nil {
			continue
		}
		if parameters["Bucket.$"] != "$.bucket" || parameters["Prefix.$"] != "$.resultsPrefix" {
			return "", fmt.Errorf("the ResultWriter of %q has other parameters than the server knows: %v", name, parameters)
		}
		writer["Parameters"] = map[string]any{
			"Bucket":   bucket,
			"Prefix.$": "States.Format('" + job.MapPrefix("{}") + "', $$.Execution.Name)",
		}
	}
	data, err := json.Marshal(machine)
	return string(data), err
}
