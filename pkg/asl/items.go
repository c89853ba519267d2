package asl

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// itemSource gives the items of a distributed Map one after the other.
type itemSource interface {
	next() (item any, ok bool, err error)
	close()
}

// openItems opens what the ItemReader names, or takes the items from the input.
func (v *visit) openItems(payload any, limit int) (itemSource, error) {
	r := v.state.each.reader
	if r == nil {
		items, err := v.items(payload)
		if err != nil {
			return nil, err
		}
		return &listSource{items}, nil
	}
	parameters, err := v.parameters(r, payload)
	if err != nil {
		return nil, err
	}
	stream, err := v.exec.env.ReadItems(v.exec.ctx, r.resource, parameters)
	if err != nil {
		return nil, found(ErrorItemReader, "%v", err)
	}
	s := &streamSource{stream: stream, dec: json.NewDecoder(stream), left: limit}
	s.dec.UseNumber()
	if limit == 0 {
		s.left = -1
	}
	if err := s.open(); err != nil {
		stream.Close()
		return nil, found(ErrorItemReader, "%v", err)
	}
	return s, nil
}

// parameters fills in the Parameters of an ItemReader or a ResultWriter.
func (v *visit) parameters(c *connector, payload any) (json.RawMessage, error) {
	value, err := c.parameters.eval(v.data(payload))
	if err != nil {
		return nil, err
	}
	return encodePayload(value, "what the resource "+c.resource+" is given")
}

// listSource gives the items of a list.
type listSource struct{ items []any }

func (s *listSource) next() (any, bool, error) {
	if len(s.items) == 0 {
		return nil, false, nil
	}
	item := s.items[0]
	s.items = s.items[1:]
	return item, true, nil
}

func (s *listSource) close() {}

// streamSource reads the items of a JSON array, never more than one at a time.
type streamSource struct {
	stream io.ReadCloser
	dec    *json.Decoder
	left   int // items that may still be read; -1 means any number
}

func (s *streamSource) open() error {
	token, err := s.dec.Token()
	if err != nil {
		return err
	}
	if token != json.Delim('[') {
		return fmt.Errorf("the items are no JSON array: it begins with %v", token)
	}
	return nil
}

func (s *streamSource) next() (any, bool, error) {
	if s.left == 0 {
		return nil, false, nil
	}
	var item any
	var err error
	more := s.dec.More()
	if more {
		err = s.dec.Decode(&item)
	} else {
		_, err = s.dec.Token() // the end of the stream is none of the array
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	s.left--
	return item, more, err
}

func (s *streamSource) close() { s.stream.Close() }
