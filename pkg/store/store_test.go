package store_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"

	"salvo/pkg/store"
	"salvo/pkg/store/storetest"
)

func TestDir(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return store.Dir(t.TempDir()) })
}

func TestMem(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return new(store.Mem) })
}

// incrementIn makes a process of this test program one that increments a key of
// the store in a folder.
const incrementIn = "STORE_TEST_INCREMENT_IN"

const increments = 50 // of each process

func TestMain(m *testing.M) {
	if dir := os.Getenv(incrementIn); dir != "" {
		for range increments {
			if err := store.Dir(dir).Update(context.Background(), "count", storetest.Increment); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func processes(t *testing.T, dir string, n int) []*exec.Cmd {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmds := make([]*exec.Cmd, n)
	for i := range cmds {
		cmds[i] = exec.CommandContext(t.Context(), program)
		cmds[i].Env = append(os.Environ(), incrementIn+"="+dir)
		cmds[i].Stderr = os.Stderr
		if err := cmds[i].Start(); err != nil {
			t.Fatal(err)
		}
	}
	return cmds
}

func TestDirUpdateByProcesses(t *testing.T) {
	dir := t.TempDir()
	const writers = 4
	var wg sync.WaitGroup
	for _, cmd := range processes(t, dir, writers) {
		wg.Go(func() {
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	data, err := store.ReadAll(t.Context(), store.Dir(dir), "count")
	if err != nil || string(data) != strconv.Itoa(writers*increments) {
		t.Errorf("count %s, %v", data, err)
	}
}

// TestDirUpdateAfterACrash: a process that ends in the middle of an update leaves
// no lock and no part of a value.
func TestDirUpdateAfterACrash(t *testing.T) {
	dir := t.TempDir()
	for range 3 {
		cmd := processes(t, dir, 1)[0]
		for there := false; !there; {
			there, _ = store.Exists(t.Context(), store.Dir(dir), "count")
		}
		cmd.Process.Kill()
		cmd.Wait()
		if err := store.Dir(dir).Update(t.Context(), "count", storetest.Increment); err != nil {
			t.Fatal(err)
		}
	}
}
