package main

import (
	"context"
	"log"
	"os"
	"slices"
)

// host stands in for the *testing.T that testserver.New asks for. The interface
// is in an internal package of the CLI, so host only has its methods. Errors
// (requests without a handler) are logged; fatal ones end the process.
type host struct {
	ctx      context.Context
	cancel   context.CancelFunc
	cleanups []func()
}

func newHost() *host {
	ctx, cancel := context.WithCancel(context.Background())
	return &host{ctx: ctx, cancel: cancel}
}

// close runs the registered cleanups, last registered first.
func (h *host) close() {
	h.cancel()
	for _, cleanup := range slices.Backward(h.cleanups) {
		cleanup()
	}
}

func (h *host) Log(args ...any)                   { log.Print(args...) }
func (h *host) Logf(format string, args ...any)   { log.Printf(format, args...) }
func (h *host) Error(args ...any)                 { log.Print(args...) }
func (h *host) Errorf(format string, args ...any) { log.Printf(format, args...) }
func (h *host) Fatal(args ...any)                 { log.Fatal(args...) }
func (h *host) Fatalf(format string, args ...any) { log.Fatalf(format, args...) }
func (h *host) Skip(args ...any)                  { log.Fatal(args...) }
func (h *host) Skipf(format string, args ...any)  { log.Fatalf(format, args...) }
func (h *host) FailNow()                          { log.Fatal("failed") }
func (h *host) Cleanup(cleanup func())            { h.cleanups = append(h.cleanups, cleanup) }
func (h *host) Context() context.Context          { return h.ctx }
func (h *host) Helper()                           {}

func (h *host) Setenv(key, value string) {
	if err := os.Setenv(key, value); err != nil {
		log.Fatal(err)
	}
}

func (h *host) TempDir() string {
	dir, err := os.MkdirTemp("", "workspace-*")
	if err != nil {
		log.Fatal(err)
	}
	h.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
