package asl

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// maxPayload is the most bytes that may pass between states, in UTF-8.
const maxPayload = 262_144

// decode reads one JSON value. Numbers stay as they were written, as
// json.Number, so that no digit is lost on the way through the states. The
// values are shared between states and must not be changed in place.
func decode(data []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, io.ErrUnexpectedEOF
		}
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more after the JSON value")
	}
	return v, nil
}

// encode writes JSON without the escapes that are only meant for HTML: they
// would count against the payload limit.
func encode(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

// encodePayload writes what passes into or out of a state and holds it to the
// limit; what names it in the error.
func encodePayload(v any, what string) ([]byte, error) {
	data, err := encode(v)
	if err != nil {
		return nil, runtimeFailure("%s: %v", what, err)
	}
	if len(data) > maxPayload {
		return nil, dataLimitFailure(what, len(data))
	}
	return data, nil
}
