// Command fakecli takes the place of the Databricks CLI where only its version
// matters. It prints what follows the mark at the end of its own executable. With
// the argument "hold", it runs until its standard input is closed.
package main

import (
	"bytes"
	"io"
	"log"
	"os"
)

var mark = []byte("\n# fake-cli\n")

func main() {
	if len(os.Args) > 1 && os.Args[1] == "hold" {
		os.Stdout.WriteString("holding\n")
		_, _ = io.Copy(io.Discard, os.Stdin)
		return
	}
	file, err := os.Executable()
	if err != nil {
		log.Fatal(err)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		log.Fatal(err)
	}
	// Each executable also contains the mark as a value.
	_, _ = os.Stdout.Write(content[bytes.LastIndex(content, mark)+len(mark):])
}
