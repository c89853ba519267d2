package enginehttp

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// socketServer speaks with the cases of testdata/processor/socket.js.
func socketServer() http.Handler {
	mux := http.NewServeMux()
	accept := func(do func(ctx context.Context, c *websocket.Conn, r *http.Request)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			c, err := websocket.Accept(w, r, &websocket.AcceptOptions{
				Subprotocols: []string{"chat"}, InsecureSkipVerify: true, CompressionMode: websocket.CompressionNoContextTakeover,
			})
			if err != nil {
				return
			}
			defer c.CloseNow()
			c.SetReadLimit(1 << 22)
			do(r.Context(), c, r)
		}
	}
	mux.HandleFunc("/echo", accept(func(ctx context.Context, c *websocket.Conn, r *http.Request) {
		for {
			kind, data, err := c.Read(ctx)
			if err != nil {
				return
			}
			if c.Write(ctx, kind, data) != nil {
				return
			}
		}
	}))
	mux.HandleFunc("/head", accept(func(ctx context.Context, c *websocket.Conn, r *http.Request) {
		text := fmt.Sprintf("%s %s %s %s", r.Header.Get("X-A"), r.Header.Get("Authorization"), r.Header.Get("Origin"), r.RequestURI)
		c.Write(ctx, websocket.MessageText, []byte(text))
		c.Read(ctx)
	}))
	mux.HandleFunc("/close", accept(func(ctx context.Context, c *websocket.Conn, r *http.Request) {
		c.Close(4321, "enough")
	}))
	mux.HandleFunc("/drop", accept(func(ctx context.Context, c *websocket.Conn, r *http.Request) {}))
	mux.HandleFunc("/ping", accept(func(ctx context.Context, c *websocket.Conn, r *http.Request) {
		go c.Ping(ctx)
		c.Read(ctx)
	}))
	mux.HandleFunc("/refuse", func(w http.ResponseWriter, r *http.Request) { http.Error(w, "not today", http.StatusForbidden) })
	mux.HandleFunc("/redirect", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/echo", http.StatusFound) })
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	return mux
}

// TestProcessorsSocketIsLikeWs runs the cases here, and compares with what the package ws printed, which is
// recorded. With WS_MODULES, a folder with ws in its node_modules, it is asked again.
func TestProcessorsSocketIsLikeWs(t *testing.T) {
	text, err := os.ReadFile("testdata/processor/socket.js")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(socketServer())
	defer server.Close()
	env := map[string]string{"SERVER": strings.Replace(server.URL, "http", "ws", 1)}
	const golden = "testdata/processor/socket.txt"
	if modules := os.Getenv("WS_MODULES"); modules != "" {
		cmd := exec.Command("node", "--no-warnings", "-")
		cmd.Dir = modules
		cmd.Env = append(os.Environ(), "SERVER="+env["SERVER"])
		cmd.Stdin = strings.NewReader("(async () => {" + string(text) + "\nprocess.exit()})()")
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		out = ports.ReplaceAll(out, []byte("127.0.0.1:PORT"))
		if *updateClient {
			if err := os.WriteFile(filepath.FromSlash(golden), out, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		compareCases(t, "ws", string(out), golden)
	}
	began := time.Now()
	got := printedHere(t, string(text), env)
	t.Logf("took %v", time.Since(began))
	compareCases(t, "here", ports.ReplaceAllString(got, "127.0.0.1:PORT"), golden)
}

// TestGlobalWebSocket: the WebSocket of browsers, which Node.js 20 does not have.
func TestGlobalWebSocket(t *testing.T) {
	server := httptest.NewServer(socketServer())
	defer server.Close()
	env := map[string]string{"SERVER": strings.Replace(server.URL, "http", "ws", 1)}
	got := printedHere(t, `
		const {SERVER} = process.env
		const talk = (path, protocols, act) => new Promise((go) => {
			const events = []
			const s = new WebSocket(SERVER + path, protocols)
			s.onopen = () => { events.push("open", s.protocol, s.readyState); act(s) }
			s.addEventListener("message", (e) => { events.push(e.data instanceof ArrayBuffer ? e.data.byteLength : e.data, e.origin === SERVER); s.close(4000, "enough") })
			s.onerror = (e) => events.push(e.type)
			s.onclose = (e) => { events.push(e.code, e.reason, e.wasClean); go(events.join()) }
		})
		console.log("text:", await talk("/echo", "chat", (s) => s.send("text")))
		console.log("bytes:", await talk("/echo", [], (s) => { s.binaryType = "arraybuffer"; s.send(new Uint8Array(5)) }))
		console.log("refused:", await talk("/refuse", [], () => {}))
		console.log("closed:", await talk("/close", [], () => {}))
		try { new WebSocket("nonsense") } catch (err) { console.log("no URL:", err.name, err instanceof DOMException) }
		console.log("constants:", WebSocket.OPEN, WebSocket.prototype.CLOSED, WebSocket.name, new WebSocket(SERVER + "/echo").url)`, env)
	want := `text: open,chat,1,text,true,4000,enough,true
bytes: open,,1,5,true,4000,enough,true
refused: error,1006,,false
closed: open,,1,4321,enough,true
no URL: SyntaxError true
constants: 1 3 WebSocket ws://127.0.0.1:PORT/echo
`
	if got = ports.ReplaceAllString(got, "127.0.0.1:PORT"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestRuntimeClosesWhatProcessorsOpen: nothing is left when the worker ends.
func TestRuntimeClosesWhatProcessorsOpen(t *testing.T) {
	server := httptest.NewServer(socketServer())
	defer server.Close()
	web := httptest.NewServer(clientServer())
	defer web.Close()
	got := printedHere(t, `
		const {SERVER, WEB} = process.env
		await new Promise((go) => { new WebSocket(SERVER + "/echo").onopen = go })
		new (require("ws"))(SERVER + "/slow").on("error", () => {})
		fetch(WEB + "/slow").catch(() => {})
		require("http").get(WEB + "/endless", (res) => { res.on("data", () => {}) }).on("error", () => {})
		const res = await fetch(WEB + "/endless")
		console.log(res.status)`, map[string]string{"SERVER": strings.Replace(server.URL, "http", "ws", 1), "WEB": web.URL})
	if got != "200\n" {
		t.Errorf("got %q", got)
	}
}
