// Command winagent does on Windows what an agent's process invoker does: it
// starts a program with a hidden console of its own, an exact environment and
// closed standard input, passes on what it writes, and interrupts or ends it.
//
// Its standard input holds a line of JSON (type order), then one line for each
// command: "interrupt" or "kill". How the program ended goes to the order's
// report file, because an exit code of Windows does not fit one of Linux.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

type order struct {
	File        string
	Arguments   []string
	Directory   string
	Environment []string
	// Certificate authorities that the machine must trust.
	Trusted []authority
	Report  string
}

type report struct {
	ExitCode uint32
	// Why the program did not start; empty if it did.
	Failure string
}

const (
	createNoWindow = 0x08000000
	// How long output is read when the program is gone but another one holds it (agent: ProcessInvoker.cs).
	openStreamsGrace = 5 * time.Second
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("winagent: ")
	// The console of the program that is interrupted also belongs to this one at that moment.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)

	input := bufio.NewReader(os.Stdin)
	line, err := input.ReadBytes('\n')
	if err != nil {
		log.Fatal(err)
	}
	var ordered order
	if err := json.Unmarshal(line, &ordered); err != nil {
		log.Fatal(err)
	}
	for _, one := range ordered.Trusted {
		if err := one.trust(); err != nil {
			log.Fatal(err)
		}
	}
	content, err := json.Marshal(run(ordered, input))
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(ordered.Report, content, 0o600); err != nil {
		log.Fatal(err)
	}
}

func run(ordered order, commands *bufio.Reader) report {
	command := exec.Command(ordered.File, ordered.Arguments...)
	command.Dir = ordered.Directory
	command.Env = ordered.Environment
	command.SysProcAttr = &syscall.SysProcAttr{CreationFlags: createNoWindow}
	command.WaitDelay = openStreamsGrace
	// Writers, not files: the program gets pipes of Windows.
	command.Stdout = struct{ io.Writer }{os.Stdout}
	command.Stderr = struct{ io.Writer }{os.Stderr}
	input, err := command.StdinPipe()
	if err != nil {
		return report{Failure: err.Error()}
	}
	if err := command.Start(); err != nil {
		return report{Failure: err.Error()}
	}
	_ = input.Close()
	go obey(commands, uint32(command.Process.Pid))

	err = command.Wait()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) && !errors.Is(err, exec.ErrWaitDelay) {
		return report{Failure: err.Error()}
	}
	return report{ExitCode: uint32(command.ProcessState.ExitCode())}
}

// obey carries out commands. Without the lab, at the end of the input, the program must not go on either.
func obey(commands *bufio.Reader, pid uint32) {
	for {
		line, err := commands.ReadString('\n')
		switch {
		case err != nil:
			killTree(pid)
			return
		case line == "interrupt\n":
			if err := interrupt(pid); err != nil {
				log.Print(err)
			}
		case line == "kill\n":
			killTree(pid)
		default:
			log.Printf("unknown command %q", line)
		}
	}
}
