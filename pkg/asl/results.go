package asl

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// fileSize is how many bytes of results are kept before they are written.
const fileSize = 4 << 20

// results are those of the children of a map run: kept in order for the state's
// output, or, with a ResultWriter, written to files as they come.
type results struct {
	run        string // the map run's UUID, the folder of the files
	writer     *connector
	parameters json.RawMessage
	target     struct{ Bucket, Prefix string }
	write      func(ctx context.Context, resource string, parameters json.RawMessage, name string, data []byte) error

	mu      sync.Mutex
	outputs []indexed            // without a writer
	files   map[Status]*fileList // with one
}

type indexed struct {
	index int
	value any
}

// fileList are the files of the children with one status.
type fileList struct {
	pending bytes.Buffer // begins with [ and lacks the ]
	files   []resultFile // in the order of their numbers
}

// resultFile is a file in the manifest.
type resultFile struct {
	Key  string
	Size int
}

// childResult is a child execution in a file.
type childResult struct {
	ExecutionArn    string
	Input           string
	InputDetails    included
	Name            string
	Output          string    `json:",omitempty"`
	OutputDetails   *included `json:",omitempty"`
	Error           string    `json:",omitempty"`
	Cause           string    `json:",omitempty"`
	StartDate       string
	StateMachineArn string
	Status          Status
	StopDate        string
}

type included struct{ Included bool }

func (v *visit) newResults(payload any, run string) (*results, error) {
	r := &results{run: run, writer: v.state.each.writer, write: v.exec.env.WriteResult}
	if r.writer == nil {
		return r, nil
	}
	var err error
	if r.parameters, err = v.parameters(r.writer, payload); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(r.parameters, &r.target); err != nil {
		return nil, runtimeFailure("the Parameters of the ResultWriter: %v", err)
	}
	r.target.Prefix = strings.TrimSuffix(r.target.Prefix, "/")
	r.files = map[Status]*fileList{Succeeded: {}, Failed: {}}
	return r, nil
}

// add takes the result of a child that has ended.
func (r *results) add(ctx context.Context, id string, record ItemRecord, input, output any) error {
	if r.writer == nil {
		if record.Status == Succeeded {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.outputs = append(r.outputs, indexed{record.Index, output})
		}
		return nil
	}
	in, err := encode(input)
	if err != nil {
		return err
	}
	child := childResult{
		ExecutionArn:    id,
		Input:           string(in),
		InputDetails:    included{true},
		Name:            record.Name,
		Error:           record.Error,
		Cause:           record.Cause,
		StartDate:       stamp(record.Start),
		StateMachineArn: arn("stateMachine", machineName),
		Status:          record.Status,
		StopDate:        stamp(record.Stop),
	}
	if record.Status == Succeeded {
		out, err := encode(output)
		if err != nil {
			return err
		}
		child.Output, child.OutputDetails = string(out), &included{true}
	}
	data, err := encode(child)
	if err != nil {
		return err
	}
	return r.keep(ctx, record.Status, data)
}

// keep adds a result to the file of its status, and writes that when it is full.
// The lock is not held while a file is written: other children can end meanwhile.
func (r *results) keep(ctx context.Context, s Status, data []byte) error {
	r.mu.Lock()
	l := r.files[s]
	if l.pending.Len() == 0 {
		l.pending.WriteByte('[')
	} else {
		l.pending.WriteByte(',')
	}
	l.pending.Write(data)
	if l.pending.Len() < fileSize {
		r.mu.Unlock()
		return nil
	}
	name, file := l.take(s, r)
	r.mu.Unlock()
	return r.file(ctx, name, file)
}

// take takes out what is pending, and gives it its place in the manifest.
func (l *fileList) take(s Status, r *results) (name string, file []byte) {
	l.pending.WriteByte(']')
	file = bytes.Clone(l.pending.Bytes())
	l.pending.Reset()
	name = fmt.Sprintf("%s_%d.json", s, len(l.files))
	l.files = append(l.files, resultFile{r.key(name), len(file)})
	return name, file
}

func (r *results) file(ctx context.Context, name string, data []byte) error {
	if err := r.write(ctx, r.writer.resource, r.parameters, r.run+"/"+name, data); err != nil {
		return found(ErrorResultWriter, "writing %s: %v", name, err)
	}
	return nil
}

func (r *results) key(name string) string {
	key := r.run + "/" + name
	if r.target.Prefix != "" {
		key = r.target.Prefix + "/" + key
	}
	return key
}

// finish is the result of the Map once all children have ended: their outputs,
// or where the manifest of the files is.
func (r *results) finish(ctx context.Context, mapRun string) (any, error) {
	if r.writer == nil {
		slices.SortFunc(r.outputs, func(a, b indexed) int { return cmp.Compare(a.index, b.index) })
		outputs := make([]any, len(r.outputs))
		for i, o := range r.outputs {
			outputs[i] = o.value
		}
		return outputs, nil
	}
	type resultFiles struct{ FAILED, PENDING, SUCCEEDED []resultFile }
	manifest := struct {
		DestinationBucket string
		MapRunArn         string
		ResultFiles       resultFiles
	}{r.target.Bucket, mapRun, resultFiles{[]resultFile{}, []resultFile{}, []resultFile{}}}
	for s, l := range r.files {
		if l.pending.Len() > 0 {
			name, file := l.take(s, r)
			if err := r.file(ctx, name, file); err != nil {
				return nil, err
			}
		}
		if s == Succeeded {
			manifest.ResultFiles.SUCCEEDED = append(manifest.ResultFiles.SUCCEEDED, l.files...)
		} else {
			manifest.ResultFiles.FAILED = append(manifest.ResultFiles.FAILED, l.files...)
		}
	}
	data, err := encode(manifest)
	if err != nil {
		return nil, err
	}
	if err := r.file(ctx, "manifest.json", data); err != nil {
		return nil, err
	}
	return map[string]any{
		"MapRunArn": mapRun,
		"ResultWriterDetails": map[string]any{
			"Bucket": r.target.Bucket,
			"Key":    r.key("manifest.json"),
		},
	}, nil
}
