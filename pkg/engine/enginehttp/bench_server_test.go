package enginehttp

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// serverVariable makes the test binary a server for the benchmarks: in a process of its own, so that
// its work is not counted as the client's.
const serverVariable = "SALVO_BENCH_SERVER"

// benchAnswer is what the server says to everything.
const benchAnswer = "HTTP/1.1 200 OK\r\nServer: bench\r\nDate: Sun, 23 Nov 2025 05:26:00 GMT\r\n" +
	"Content-Type: application/json\r\nContent-Length: 40\r\n\r\n" + `{"token":"0123456789abcdef","user":"u1"}`

// serveBenchmarks answers requests until its input ends.
func serveBenchmarks(string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(l.Addr())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go serveOne(c)
	}
}

// serveOne answers each piece that ends like a request: small ones come whole.
func serveOne(c net.Conn) {
	defer c.Close()
	b := make([]byte, 4096)
	for {
		n, err := c.Read(b)
		if err != nil {
			return
		}
		for range bytes.Count(b[:n], []byte(" HTTP/1.1\r\n")) {
			io.WriteString(c, benchAnswer)
		}
	}
}

// startBenchServer starts the server and returns its address.
func startBenchServer(b *testing.B) string {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), serverVariable+"=1")
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		in.Close()
		cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// cpu is the time that this process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// reportCPU runs do and reports what it cost of the processor for each of the operations that it
// says it did.
func reportCPU(b *testing.B, do func() int) {
	b.ReportAllocs()
	b.ResetTimer()
	before := cpu()
	n := do()
	used := cpu() - before
	b.StopTimer()
	b.ReportMetric(float64(used.Nanoseconds())/float64(n), "cpu-ns/op")
}
