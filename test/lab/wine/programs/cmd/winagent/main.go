// Command winagent is the agent's worker on Windows: the parent of the programs
// that a job's steps start. Each gets a hidden console of its own, an exact
// environment and closed standard input.
//
// Its standard input holds an order on each line (type order), its standard output
// an event on each line (type event). It ends at the end of its input, and ends the
// programs that still run.
package main

import (
	"bufio"
	"encoding/json"
	"io"
	"log"
	"os"
	"os/signal"
)

// order is what the worker must do: start a program, interrupt or kill it, stop
// reading what it writes, or trust a certificate authority.
type order struct {
	Do string `json:"do"`
	// Which program; the number is the lab's.
	ID          int      `json:"id"`
	File        string   `json:"file"`
	Arguments   []string `json:"args"`
	Directory   string   `json:"cwd"`
	Environment []string `json:"env"`
	// The certificate in DER.
	Certificate []byte `json:"certificate"`
}

// event is what has become of a program: "started", "error" (it did not start),
// "data", "closed" (of a stream) or "exit".
type event struct {
	ID      int    `json:"id"`
	Event   string `json:"event"`
	Message string `json:"message,omitempty"`
	Stream  string `json:"stream,omitempty"`
	Chunk   []byte `json:"chunk,omitempty"`
	Code    uint32 `json:"code"`
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("winagent: ")
	// The console of the program that is interrupted also belongs to this one at that moment.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)

	events := make(chan event, 64)
	go report(events)
	programs := map[int]*program{}
	for input := bufio.NewReader(os.Stdin); ; {
		line, err := input.ReadBytes('\n')
		if err == io.EOF {
			break
		}
		var ordered order
		if err == nil {
			err = json.Unmarshal(line, &ordered)
		}
		if err != nil {
			log.Fatal(err)
		}
		obey(ordered, programs, events)
	}
	for _, one := range programs {
		one.kill()
	}
}

func report(events <-chan event) {
	output := json.NewEncoder(os.Stdout)
	for one := range events {
		if err := output.Encode(one); err != nil {
			log.Fatal(err)
		}
	}
}

func obey(ordered order, programs map[int]*program, events chan<- event) {
	switch ordered.Do {
	case "trust":
		if err := trust(ordered.Certificate); err != nil {
			log.Fatal(err)
		}
	case "start":
		started, err := start(ordered, events)
		if err != nil {
			events <- event{ID: ordered.ID, Event: "error", Message: err.Error()}
			return
		}
		programs[ordered.ID] = started
	case "interrupt":
		if err := programs[ordered.ID].interrupt(); err != nil {
			log.Print(err)
		}
	case "kill":
		programs[ordered.ID].kill()
	case "abandon":
		programs[ordered.ID].abandon()
	default:
		log.Fatalf("unknown order %q", ordered.Do)
	}
}
