package enginehttp

import (
	"flag"
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	flag.Parse()
	if serve := os.Getenv(serverVariable); serve != "" {
		serveBenchmarks(serve)
		return
	}
	goleak.VerifyTestMain(m)
}
