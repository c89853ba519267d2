package store_test

import (
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
