// Command scanner does to a program what a virus scanner on Windows does: as soon
// as the file exists and nobody writes it anymore, it opens the file without
// sharing it. It prints "holding", and closes the file when its standard input is
// closed.
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
	pattern := filepath.Join(os.Args[1], ".installing-*", os.Args[2])
	for {
		files, err := filepath.Glob(pattern)
		if err != nil {
			log.Fatal(err)
		}
		for _, file := range files {
			if handle, ok := openAlone(file); ok {
				fmt.Println("holding", file)
				_, _ = io.Copy(io.Discard, os.Stdin)
				_ = syscall.CloseHandle(handle)
				return
			}
		}
	}
}

// openAlone opens a file that has content, if no other program has it open.
func openAlone(file string) (syscall.Handle, bool) {
	name, err := syscall.UTF16PtrFromString(file)
	if err != nil {
		log.Fatal(err)
	}
	const alone = 0
	handle, err := syscall.CreateFile(name, syscall.GENERIC_READ, alone, nil, syscall.OPEN_EXISTING, 0, 0)
	if err != nil {
		return 0, false
	}
	var found syscall.ByHandleFileInformation
	if syscall.GetFileInformationByHandle(handle, &found) == nil && found.FileSizeLow > 0 {
		return handle, true
	}
	_ = syscall.CloseHandle(handle)
	return 0, false
}
