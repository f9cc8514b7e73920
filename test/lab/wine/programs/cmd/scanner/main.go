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
	for {
		folders, err := filepath.Glob(filepath.Join(os.Args[1], ".installing-*"))
		if err != nil {
			log.Fatal(err)
		}
		for _, folder := range folders {
			scan(folder, os.Args[2])
		}
	}
}

// scan opens the file of a folder as soon as it exists: the search of all folders
// would be too late for a file that is started at once. It returns if the folder is
// removed first.
func scan(folder, name string) {
	for {
		if handle, ok := open(filepath.Join(folder, name)); ok {
			_, _ = io.Copy(io.Discard, os.Stdin)
			_ = syscall.CloseHandle(handle)
			os.Exit(0)
		}
		if _, err := os.Stat(folder); err != nil {
			return
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
