// Command workspace serves a Databricks workspace on a loopback port: the
// server that the Databricks CLI's own acceptance tests run against.
//
// It prints {"url":"http://127.0.0.1:PORT"} on one line and ends when its
// standard input is closed, so that it never outlives the process that started it.
package main

import (
	"encoding/json"
	"io"
	"log"
	"os"

	"github.com/databricks/cli/libs/testserver"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("workspace: ")

	h := newHost()
	server := testserver.New(h)
	testserver.AddDefaultHandlers(server)

	if err := json.NewEncoder(os.Stdout).Encode(map[string]string{"url": server.URL}); err != nil {
		h.Fatal(err)
	}

	// Blocks for as long as the parent lives; what arrives does not matter.
	_, _ = io.Copy(io.Discard, os.Stdin)
	h.close()
}
