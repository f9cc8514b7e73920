package main

import (
	"io"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	createNoWindow = 0x08000000
	// How long the rest of the output takes at most, once a program is gone.
	usualReading = 500 * time.Millisecond
)

// program is one that the worker has started. nil is one that did not start.
type program struct {
	pid     uint32
	streams []io.Closer
	ended   atomic.Bool
}

func start(ordered order, events chan<- event) (*program, error) {
	command := exec.Command(ordered.File, ordered.Arguments...)
	command.Dir = ordered.Directory
	command.Env = ordered.Environment
	command.SysProcAttr = &syscall.SysProcAttr{CreationFlags: createNoWindow}
	input, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	output, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	errors, err := command.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	_ = input.Close()
	started := &program{pid: uint32(command.Process.Pid), streams: []io.Closer{output, errors}}
	events <- event{ID: ordered.ID, Event: "started"}
	var reading sync.WaitGroup
	reading.Go(func() { read(output, event{ID: ordered.ID, Stream: "stdout"}, events) })
	reading.Go(func() { read(errors, event{ID: ordered.ID, Stream: "stderr"}, events) })
	allRead := make(chan struct{})
	go func() {
		reading.Wait()
		close(allRead)
	}()
	go func() {
		// Not Wait of the command, which closes the streams.
		state, err := command.Process.Wait()
		started.ended.Store(true)
		if err != nil {
			events <- event{ID: ordered.ID, Event: "error", Message: err.Error()}
			return
		}
		// What it has written comes before its end, unless another program holds its output open.
		select {
		case <-allRead:
		case <-time.After(usualReading):
		}
		events <- event{ID: ordered.ID, Event: "exit", Code: uint32(state.ExitCode())}
	}()
	return started, nil
}

func read(stream io.Reader, about event, events chan<- event) {
	for buffer := make([]byte, 64*1024); ; {
		length, err := stream.Read(buffer)
		if length > 0 {
			about.Event, about.Chunk = "data", append([]byte(nil), buffer[:length]...)
			events <- about
		}
		if err != nil {
			about.Event, about.Chunk = "closed", nil
			events <- about
			return
		}
	}
}

func (one *program) interrupt() error {
	if one == nil || one.ended.Load() {
		return nil
	}
	return interrupt(one.pid)
}

func (one *program) kill() {
	if one != nil && !one.ended.Load() {
		killTree(one.pid)
	}
}

func (one *program) abandon() {
	if one == nil {
		return
	}
	for _, stream := range one.streams {
		_ = stream.Close()
	}
}
