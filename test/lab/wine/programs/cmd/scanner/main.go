// Command scanner does to a program what a virus scanner on Windows does: it opens
// the file as soon as it exists, so that it can be written, but neither read nor
// started. It prints "watching" at first, and closes the file when its standard
// input is closed.
//
//	scanner <folder> <name>
//
// watches for <folder>\.installing-*\<name>.
package main

import (
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"syscall"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("scanner: ")
	if len(os.Args) != 3 {
		log.Fatal("usage: scanner <folder> <name>")
	}
	fmt.Println("watching")
	pattern := filepath.Join(os.Args[1], ".installing-*", os.Args[2])
	for {
		files, err := filepath.Glob(pattern)
		if err != nil {
			log.Fatal(err)
		}
		for _, file := range files {
			if handle, ok := open(file); ok {
				_, _ = io.Copy(io.Discard, os.Stdin)
				_ = syscall.CloseHandle(handle)
				return
			}
		}
	}
}

// open opens a file for reading, and lets others only write it.
func open(file string) (syscall.Handle, bool) {
	name, err := syscall.UTF16PtrFromString(file)
	if err != nil {
		log.Fatal(err)
	}
	handle, err := syscall.CreateFile(name, syscall.GENERIC_READ, syscall.FILE_SHARE_WRITE, nil, syscall.OPEN_EXISTING, 0, 0)
	return handle, err == nil
}
