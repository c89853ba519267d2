package enginehttp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"salvo/pkg/script"
)

// pieces is a stream that gives out bytes in pieces of a size, and then ends.
type pieces struct {
	data []byte
	size int
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.data) == 0 {
		return 0, io.EOF
	}
	n := min(len(p.data), p.size, len(b))
	copy(b, p.data[:n])
	p.data = p.data[n:]
	return n, nil
}

func (*pieces) Write(b []byte) (int, error)      { return len(b), nil }
func (*pieces) Close() error                     { return nil }
func (*pieces) SetDeadline(time.Time) error      { return nil }
func (*pieces) SetReadDeadline(time.Time) error  { return nil }
func (*pieces) SetWriteDeadline(time.Time) error { return nil }

// answer is what became of the bytes of an answer.
type answer struct {
	status int // 0: the head was refused
	body   string
	code   string // "" without an error
	rest   int    // bytes that nobody asked for
	keeps  bool
}

func (a answer) String() string {
	return fmt.Sprintf("status %d, body %q, error %q", a.status, a.body, a.code)
}

// readAnswer reads an answer that comes in pieces of a size.
func readAnswer(raw []byte, method string, size int) answer {
	c := &conn{sock: &pieces{raw, size}, streamed: true, origin: &origin{}}
	x := &exchange{method: method, want: true, action: &action{request: &script.Request{}}}
	defer c.giveBack()
	until := time.Now().Add(time.Hour)
	var a answer
	fail := func(err error) answer {
		a.code = codeOf(err)
		return a
	}
	if err := x.readHead(c, until); err != nil {
		return fail(err)
	}
	a.status = x.head.status
	c.r += x.head.pos
	x.frame()
	done, err := x.consume(c)
	for !done && err == nil {
		if err = c.fill(until); err == io.EOF && x.form == bodyToEnd {
			err, done = nil, true
		} else if err == nil {
			done, err = x.consume(c)
		}
	}
	a.body = string(x.content)
	if err != nil {
		return fail(err)
	}
	a.rest = c.w - c.r
	a.keeps = x.head.keepsAlive() && x.form != bodyToEnd
	return a
}

// nodeCase is an answer and what Node 20.20.2's http client made of it.
type nodeCase struct {
	Name, Raw, Method, Body, Error string
	Status                         int
}

func nodeCases(t testing.TB) []nodeCase {
	data, err := os.ReadFile("testdata/node20.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []nodeCase
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

// wire gives the bytes of a text whose characters stand for a byte each.
func wire(text string) []byte {
	var b []byte
	for _, r := range text {
		b = append(b, byte(r))
	}
	return b
}

func TestAnswersAsNode(t *testing.T) {
	for _, test := range nodeCases(t) {
		t.Run(test.Name, func(t *testing.T) {
			method := test.Method
			if method == "" {
				method = "GET"
			}
			want := answer{status: test.Status, body: string(wire(test.Body)), code: test.Error}
			for _, size := range []int{1 << 20, 1, 7} {
				got := readAnswer(wire(test.Raw), method, size)
				if test.Error != "" {
					// What Node had passed on of the body by then is not in the record.
					got.body = ""
				}
				if got.String() != want.String() {
					t.Errorf("in pieces of %d: %v, Node has %v", size, got, want)
				}
			}
		})
	}
}

func TestAnswerLimits(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	const end = "Content-Length: 0\r\n\r\n"
	const chunked = ok + "Transfer-Encoding: chunked\r\n\r\n"
	long := strings.Repeat
	many := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "H%04d: v\r\n", i)
		}
		return b.String()
	}
	// The limits are Node's: reason, names and values count, with the blanks behind values.
	for name, test := range map[string]struct{ raw, code string }{
		"value of 16380":             {ok + "A:" + long("b", 16380) + "\r\n\r\n", ""},
		"value of 16383":             {ok + "A:" + long("b", 16383) + "\r\n\r\n", "HPE_HEADER_OVERFLOW"},
		"name too long":              {ok + long("b", 17000), "HPE_HEADER_OVERFLOW"},
		"reason too long":            {"HTTP/1.1 200 " + long("b", 17000) + "\r\n" + end, "HPE_HEADER_OVERFLOW"},
		"2400 headers":               {ok + many(2400) + end, ""},
		"3000 headers":               {ok + many(3000) + end, "HPE_HEADER_OVERFLOW"},
		"blanks before a value":      {ok + "A:" + long(" ", 16384) + "b\r\n" + end, ""},
		"16379 blanks behind":        {ok + "A: b" + long(" ", 16379) + "\r\n\r\n", ""},
		"16380 blanks behind":        {ok + "A: b" + long(" ", 16380) + "\r\n\r\n", "HPE_HEADER_OVERFLOW"},
		"blanks without end":         {ok + "A:" + long(" ", 200_000), "HPE_HEADER_OVERFLOW"},
		"empty lines first":          {long("\r\n", 9000) + ok + end, ""},
		"two heads":                  {"HTTP/1.1 100 C\r\nA:" + long("b", 9000) + "\r\n\r\n" + ok + "A:" + long("b", 9000) + "\r\n" + end, ""},
		"extension of 16384":         {chunked + "2;" + long("b", 16384) + "\r\nhi\r\n0\r\n\r\n", ""},
		"extension of 16385":         {chunked + "2;" + long("b", 16385) + "\r\nhi\r\n0\r\n\r\n", "HPE_CHUNK_EXTENSIONS_OVERFLOW"},
		"extension and value: 16385": {chunked + "2;a=" + long("b", 16384) + "\r\nhi\r\n0\r\n\r\n", "HPE_CHUNK_EXTENSIONS_OVERFLOW"},
		"extensions of three chunks": {chunked + long("2;a="+long("b", 10000)+"\r\nhi\r\n", 3) + "0\r\n\r\n", ""},
		"trailer of 16382":           {chunked + "0\r\nX:" + long("y", 16382) + "\r\n\r\n", ""},
		"trailer of 16383":           {chunked + "0\r\nX:" + long("y", 16383) + "\r\n\r\n", "HPE_HEADER_OVERFLOW"},
		"head and trailer":           {ok + "A:" + long("b", 8000) + "\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX:" + long("y", 8312) + "\r\n\r\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			for _, size := range []int{1 << 20, 1000} {
				if got := readAnswer([]byte(test.raw), "GET", size); got.code != test.code {
					t.Errorf("in pieces of %d: error %q, want %q", size, got.code, test.code)
				}
			}
		})
	}
}

func TestAnswerKeepsConnection(t *testing.T) {
	for name, test := range map[string]struct {
		raw   string
		keeps bool
		rest  int
	}{
		"1.1":                    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", true, 0},
		"1.1 close":              {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi", false, 0},
		"1.1 close in a list":    {"HTTP/1.1 200 OK\r\nConnection: Keep-Alive , CLOSE\r\nContent-Length: 2\r\n\r\nhi", false, 0},
		"1.1 closely":            {"HTTP/1.1 200 OK\r\nConnection: closely\r\nContent-Length: 2\r\n\r\nhi", true, 0},
		"1.0":                    {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", false, 0},
		"1.0 keep-alive":         {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi", true, 0},
		"to the end":             {"HTTP/1.1 200 OK\r\n\r\nhi", false, 0},
		"chunked":                {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nA: b\r\n\r\n", true, 0},
		"chunked, not last":      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\nhi", false, 0},
		"no content":             {"HTTP/1.1 204 No Content\r\n\r\n", true, 0},
		"not modified":           {"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", true, 0},
		"more than was asked":    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 200 OK\r\n", true, 17},
		"more than chunks":       {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nx", true, 1},
		"no content but content": {"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nhi", true, 2},
	} {
		t.Run(name, func(t *testing.T) {
			got := readAnswer([]byte(test.raw), "GET", 1<<20)
			if got.code != "" || got.keeps != test.keeps || got.rest != test.rest {
				t.Errorf("keeps %t, rest %d, error %q; want %t, %d", got.keeps, got.rest, got.code, test.keeps, test.rest)
			}
		})
	}
}

// The reader must make the same of an answer however it is cut, never read beyond it, and refuse
// with a code.
func FuzzAnswer(f *testing.F) {
	for _, test := range nodeCases(f) {
		f.Add(wire(test.Raw), test.Method == "HEAD", byte(3))
	}
	f.Fuzz(func(t *testing.T, raw []byte, head bool, size byte) {
		method := "GET"
		if head {
			method = "HEAD"
		}
		whole := readAnswer(bytes.Clone(raw), method, 1<<20)
		cut := readAnswer(bytes.Clone(raw), method, int(size)+1)
		if whole.String() != cut.String() || whole.keeps != cut.keeps {
			t.Fatalf("whole: %v\nin pieces of %d: %v", whole, int(size)+1, cut)
		}
		if whole.code != "" && !strings.HasPrefix(whole.code, "HPE_") && whole.code != codeReset && whole.code != codeTooLarge {
			t.Fatalf("an error without a code: %q", whole.code)
		}
		if whole.status != 0 && (whole.status < 0 || whole.status > maxStatus) {
			t.Fatalf("status %d", whole.status)
		}
	})
}

func BenchmarkParseHead(b *testing.B) {
	raw := []byte("HTTP/1.1 200 OK\r\nServer: nginx/1.25.3\r\nDate: Sun, 23 Nov 2025 05:26:00 GMT\r\n" +
		"Content-Type: application/json; charset=utf-8\r\nContent-Length: 27\r\nConnection: keep-alive\r\n" +
		"Cache-Control: no-store\r\nX-Request-Id: 4be0643f1d98573b97cdca98a65347dd\r\nVary: Accept-Encoding\r\n\r\n")
	b.ReportAllocs()
	b.SetBytes(int64(len(raw)))
	var p headParser
	for b.Loop() {
		p.reset()
		if done, err := p.parse(raw); !done || err != nil {
			b.Fatal(done, err)
		}
	}
}
