package main

import (
	"github.com/rogpeppe/go-internal/testscript"

	"salvo/test/moto"
)

// What `make tools` installs for processors.
const packages = "../.tools/processors/node_modules"

// startMoto starts a stand-in for AWS until the script ends; $MOTO is its host.
func startMoto(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: moto")
	}
	host, stop, err := moto.Start()
	ts.Check(err)
	ts.Defer(stop)
	ts.Setenv("MOTO", host)
}
