package enginehttp

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/andybalholm/brotli"
)

// encode encodes data in a content coding; "raw" is deflate without its frame.
func encode(t testing.TB, coding string, data []byte) []byte {
	var b bytes.Buffer
	var w io.WriteCloser
	switch coding {
	case "gzip", "x-gzip":
		w = gzip.NewWriter(&b)
	case "deflate":
		w = zlib.NewWriter(&b)
	case "raw":
		w, _ = flate.NewWriter(&b, 5)
	case "br":
		w = brotli.NewWriter(&b)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestContentCodings(t *testing.T) {
	body := []byte(`{"a":"` + string(bytes.Repeat([]byte("text "), 5000)) + `","b":7}`)
	type row struct {
		name, coding string
		data         []byte
		want         string // "" or an error's key
	}
	rows := []row{
		{"none", "", body, ""},
		{"in capitals", "GZIP", encode(t, "gzip", body), ""},
		{"an old name", "x-gzip", encode(t, "gzip", body), ""},
		{"bare deflate", "deflate", encode(t, "raw", body), ""},
		{"unknown", "zstd", body, ""},
		{"two", "gzip, br", body, ""},
	}
	for _, coding := range []string{"gzip", "deflate", "br"} {
		good := encode(t, coding, body)
		rows = append(rows,
			row{coding, coding, good, ""},
			row{coding + ", cut", coding, good[:len(good)/2], codeShortData},
			row{coding + ", garbage", coding, []byte("\x08garbage of all kinds"), codeBadData})
	}
	for _, test := range rows {
		t.Run(test.name, func(t *testing.T) {
			s := newJournal(t, func(w http.ResponseWriter, r *http.Request) {
				if test.coding != "" {
					w.Header().Set("Content-Encoding", test.coding)
				}
				w.Write(test.data)
			})
			// Twice, as decoders are used again.
			p := play(t, flow(s.URL, `get: {url: /, capture: {json: $.b, as: b}, match: {json: $.b, value: 7}}`,
				`get: {url: /, match: {json: $.b, value: 7}}`), 2)
			if test.want == "" {
				if p.outcome.Completed != 2 {
					t.Errorf("errors %v", p.counts("errors."))
				}
				return
			}
			if n := p.Counters["errors."+test.want]; n != 2 {
				t.Errorf("errors %v, want 2 of %s", p.counts("errors."), test.want)
			}
			if n := p.Counters["plugins.metrics-by-endpoint./.errors."+test.want]; n != 2 {
				t.Errorf("the endpoint has %d errors", n)
			}
		})
	}
}

func TestUnwantedBodiesAreNotDecoded(t *testing.T) {
	s := newJournal(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		io.WriteString(w, "no gzip")
	})
	p := play(t, flow(s.URL, `get: {url: /, capture: {header: content-encoding, as: e}}`), 1)
	p.expect(t, "http.requests 1", "http.responses 1", "http.codes.200 1", "http.downloaded_bytes 7", done)
}

func TestDecodedSizeIsBounded(t *testing.T) {
	bomb := encode(t, "gzip", make([]byte, maxContent+1))
	if _, err := decode(nil, codingGzip, bomb); err == nil || codeOf(err) != codeTooLarge {
		t.Errorf("error %v, want %s", err, codeTooLarge)
	}
}

func TestKeptSizeIsBounded(t *testing.T) {
	s := newRawServer(t, func(c *rawConn, _ int) {
		c.request()
		fmt.Fprintf(c, okHead+"Content-Length: %d\r\n\r\n", maxContent+1)
		part := make([]byte, 1<<20)
		for range maxContent>>20 + 1 {
			if _, err := c.Write(part); err != nil {
				return
			}
		}
	})
	p := play(t, flow(s.url, `get: {url: /, capture: {regexp: x, as: x}}`), 1)
	p.expect(t, "http.requests 1", "http.responses 1", "http.codes.200 1", "errors.ERR_BUFFER_TOO_LARGE 1", "vusers.failed 1")
}

func FuzzDecode(f *testing.F) {
	for i, coding := range []string{"gzip", "deflate", "raw", "br"} {
		f.Add(byte(i), encode(f, coding, []byte("some text, some text")))
	}
	f.Fuzz(func(t *testing.T, kind byte, data []byte) {
		if len(data) == 0 {
			return
		}
		out, err := decode(nil, codingGzip+coding(kind%3), data)
		if err == nil {
			return
		}
		if code := codeOf(err); out != nil || code != codeBadData && code != codeShortData && code != codeTooLarge {
			t.Fatalf("%d bytes, error %v", len(out), err)
		}
	})
}
