package enginehttp

import (
	"compress/gzip"
	"encoding/json"
	"encoding/pem"
	"flag"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/andybalholm/brotli"

	"salvo/pkg/hook"
	"salvo/pkg/script"
)

var updateClient = flag.Bool("update-client", false, "write testdata/processor/cases.txt anew, from what Node.js prints")

// clientServer answers what the cases of testdata/processor ask for.
func clientServer() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		headers := map[string]string{"host": regexp.MustCompile(`^(127.0.0.1|localhost):\d+$`).ReplaceAllString(r.Host, "$1")}
		for name, values := range r.Header {
			if name != "Connection" {
				headers[strings.ToLower(name)] = strings.Join(values, ", ")
			}
		}
		json.NewEncoder(w).Encode(map[string]any{
			"method": r.Method, "path": r.RequestURI, "headers": headers, "body": string(body), "chunked": len(r.TransferEncoding) > 0, "length": r.ContentLength,
		})
	})
	mux.HandleFunc("/form", func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseMultipartForm(1 << 20); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		file := r.MultipartForm.File["f"][0]
		json.NewEncoder(w).Encode([]any{r.MultipartForm.Value, file.Filename, file.Header.Get("Content-Type"), file.Size})
	})
	mux.HandleFunc("/status/{code}", func(w http.ResponseWriter, r *http.Request) {
		code, _ := strconv.Atoi(r.PathValue("code"))
		w.WriteHeader(code)
		if code != http.StatusNoContent {
			io.WriteString(w, "some text")
		}
	})
	mux.HandleFunc("/redirect/{n}", func(w http.ResponseWriter, r *http.Request) {
		if n, _ := strconv.Atoi(r.PathValue("n")); n > 0 {
			w.Header().Set("Location", fmt.Sprintf("/redirect/%d", n-1))
			w.WriteHeader(http.StatusFound)
		}
	})
	mux.HandleFunc("/to-echo/{code}", func(w http.ResponseWriter, r *http.Request) {
		code, _ := strconv.Atoi(r.PathValue("code"))
		w.Header().Set("Location", "/echo")
		w.WriteHeader(code)
	})
	mux.HandleFunc("/headers", func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Set-Cookie"] = []string{"a=b; Path=/", "c=d"}
		w.Header()["X-Two"] = []string{"1", "2"}
		w.Header()["Etag"] = []string{"first", "second"}
	})
	mux.HandleFunc("/json", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"a":[1,"é"]}`)
	})
	mux.HandleFunc("/gzip", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		io.WriteString(z, "some text, packed")
		z.Close()
	})
	mux.HandleFunc("/br", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "br")
		z := brotli.NewWriter(w)
		io.WriteString(z, "some text, packed")
		z.Close()
	})
	mux.HandleFunc("/stream", func(w http.ResponseWriter, r *http.Request) {
		for i := range 5 {
			fmt.Fprintf(w, "part %d;", i)
			w.(http.Flusher).Flush()
		}
	})
	mux.HandleFunc("/large", func(w http.ResponseWriter, r *http.Request) {
		for range 100 {
			w.Write(make([]byte, 30_000))
		}
	})
	mux.HandleFunc("/endless", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "beginning")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	})
	raw := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			c, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				panic(err)
			}
			io.WriteString(c, text)
			c.Close()
		}
	}
	mux.HandleFunc("/cut", raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this"))
	mux.HandleFunc("/hangup", raw(""))
	mux.HandleFunc("/nonsense", raw("nonsense\r\n\r\n"))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// The multiplexer would mend some paths.
		if strings.HasPrefix(r.RequestURI, "/echo/") {
			fmt.Fprintf(w, `{"path":%q}`, r.RequestURI)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// clientEnv starts the servers and returns where they are.
func clientEnv(t *testing.T) map[string]string {
	t.Helper()
	quiet := func(s *httptest.Server) *httptest.Server {
		s.Config.ErrorLog = log.New(io.Discard, "", 0)
		t.Cleanup(s.Close)
		return s
	}
	plain := quiet(httptest.NewUnstartedServer(clientServer()))
	plain.Start()
	secure := quiet(httptest.NewUnstartedServer(clientServer()))
	secure.StartTLS()
	dead, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead.Close()
	return map[string]string{
		"PLAIN": plain.URL, "SECURE": secure.URL, "DEAD": "http://" + dead.Addr().String(),
		"CA": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw})),
	}
}

// ports are different every time.
var ports = regexp.MustCompile(`127\.0\.0\.1:\d+`)

func TestProcessorsClientIsLikeNode(t *testing.T) {
	text, err := os.ReadFile("testdata/processor/cases.js")
	if err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/processor/cases.txt"
	if !testing.Short() || *updateClient {
		node, err := exec.LookPath("node")
		if err != nil {
			t.Skip("needs Node.js 20 or newer")
		}
		cmd := exec.Command(node, "--no-warnings", "-")
		cmd.Stdin = strings.NewReader("(async () => {" + string(text) + "\nprocess.exit()})()")
		for name, value := range clientEnv(t) {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		out = ports.ReplaceAll(out, []byte("127.0.0.1:PORT"))
		if *updateClient {
			if err := os.WriteFile(golden, out, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		compareCases(t, "Node.js", string(out), golden)
	}
	got := printedHere(t, string(text), clientEnv(t))
	compareCases(t, "here", ports.ReplaceAllString(got, "127.0.0.1:PORT"), golden)
}

func compareCases(t *testing.T, where, got, golden string) {
	t.Helper()
	text, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		want[name] = value
	}
	for line := range strings.Lines(got) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if value != want[name] {
			t.Errorf("%s, %s:\n got  %s\n want %s", name, where, value, want[name])
		}
		delete(want, name)
	}
	for name := range want {
		t.Errorf("%s, %s: nothing", name, where)
	}
}

// printedHere is what code, the body of an async function, prints in a runtime with a client.
func printedHere(t *testing.T, code string, env map[string]string) string {
	t.Helper()
	client, err := NewClient(ClientOptions{TLS: script.TLS{RejectUnauthorized: true}})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	var mu sync.Mutex
	var out strings.Builder
	r, err := hook.New(t.Context(), hook.Options{
		Code: []byte("await (async () => {" + code + "\n})(); publish({})"), Env: env, Client: client,
		Log: func(level slog.Level, text string) {
			mu.Lock()
			defer mu.Unlock()
			if level < slog.LevelWarn {
				fmt.Fprintln(&out, text)
			} else {
				t.Logf("%s %s", level, text)
			}
		},
	})
	if err != nil {
		t.Log(out.String())
		if e, ok := err.(*hook.Error); ok {
			t.Fatal(e.Trace())
		}
		t.Fatal(err)
	}
	r.Close()
	mu.Lock()
	defer mu.Unlock()
	return out.String()
}
