// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const tracerPath = "/bin/gofuncgraph-c"

// What the tracer says on standard error, in one place.
var (
	saysTracing = regexp.MustCompile(`(?m)(tracing|watching) .*(function|site|probe)`)
	saysLost    = regexp.MustCompile(`(?m)\b([\d,]+) of ([\d,]+) events? (?:was|were) lost`)
	saysUnread  = regexp.MustCompile(`(?m)\b([\d,]+) probe hits? (?:was|were) left out`)
	saysEmulate = regexp.MustCompile(`(?m)program performs the .ret`)
)

// Text that grows while another goroutine reads it.
type text struct {
	lock  sync.Mutex
	bytes bytes.Buffer
}

func (t *text) Write(p []byte) (int, error) {
	t.lock.Lock()
	defer t.lock.Unlock()
	return t.bytes.Write(p)
}

func (t *text) String() string {
	t.lock.Lock()
	defer t.lock.Unlock()
	return t.bytes.String()
}

type tracer struct {
	process  *exec.Cmd
	messages *text
	path     string // of its output
	over     chan error
	ended    bool
}

var (
	outputs int
	tracers []*tracer // of the running check
)

// Starts the tracer without waiting for anything.
func launchTracer(arguments ...string) (*tracer, error) {
	return launch("", append([]string{"-y"}, arguments...)...)
}

// What is traced is traced as a whole, though a hit costs much in a guest.
func launch(input string, arguments ...string) (*tracer, error) {
	outputs++
	path := fmt.Sprintf("/tmp/trace.%d.json", outputs)
	always := []string{"-v", "-f", "json", "-o", path, "--max-overhead", "none"}
	process := exec.Command(tracerPath, append(always, arguments...)...)
	process.Stdin = strings.NewReader(input)
	return run(process, path)
}

// `path`: of its output.
func run(process *exec.Cmd, path string) (*tracer, error) {
	t := &tracer{process: process, messages: &text{}, path: path, over: make(chan error, 1)}
	process.Stderr = t.messages
	process.Stdout = t.messages
	if err := process.Start(); err != nil {
		return nil, err
	}
	tracers = append(tracers, t)
	go func() { t.over <- process.Wait() }()
	return t, nil
}

// Starts the tracer and waits until it traces.
func startTracer(arguments ...string) (*tracer, error) {
	t, err := launchTracer(arguments...)
	if err != nil {
		return nil, err
	}
	return t, t.awaitTracing()
}

// The same with the command states.
func startStates(arguments ...string) (*tracer, error) {
	t, err := launch("", append([]string{"states"}, arguments...)...)
	if err != nil {
		return nil, err
	}
	return t, t.awaitTracing()
}

func (t *tracer) awaitTracing() error {
	for end := time.Now().Add(patience); !saysTracing.MatchString(t.messages.String()); time.Sleep(10 * time.Millisecond) {
		select {
		case err := <-t.over:
			t.ended = true
			return fmt.Errorf("the tracer ended (%v): %s", err, t.said())
		default:
		}
		if time.Now().After(end) {
			t.process.Process.Kill()
			return fmt.Errorf("the tracer did not trace within %s: %s", patience, t.said())
		}
	}
	return nil
}

// Its last messages, on one line.
func (t *tracer) said() string {
	said := strings.TrimSpace(t.messages.String())
	if len(said) > 1500 {
		said = "..." + said[len(said)-1500:]
	}
	return strings.ReplaceAll(said, "\n", " | ")
}

// ^C, and its account of what it saw.
func (t *tracer) stop() (account, error) {
	defer os.Remove(t.path)
	if err := t.end(); err != nil {
		return account{}, err
	}
	return readAccount(t.path)
}

func (t *tracer) end() error {
	t.process.Process.Signal(syscall.SIGINT)
	return t.awaitEnd()
}

func (t *tracer) awaitEnd() error {
	t.ended = true
	select {
	case err := <-t.over:
		if err != nil {
			return fmt.Errorf("the tracer's exit: %v: %s", err, t.said())
		}
	case <-time.After(patience):
		t.process.Process.Kill()
		return fmt.Errorf("the tracer did not end within %s: %s", patience, t.said())
	}
	return nil
}

func (t *tracer) kill() {
	t.ended = true
	t.process.Process.Kill()
	<-t.over
	os.Remove(t.path)
}

func (t *tracer) emulatesRet() bool {
	return saysEmulate.MatchString(t.messages.String())
}

// What "1,204" says.
func count(text string) int64 {
	number, _ := strconv.ParseInt(strings.ReplaceAll(text, ",", ""), 10, 64)
	return number
}

// The events that it owned up to having lost, and all that there were.
func (t *tracer) lost() (lost, all int64) {
	found := saysLost.FindStringSubmatch(t.messages.String())
	if found != nil {
		lost, all = count(found[1]), count(found[2])
	}
	return lost, all
}

// The probe hits that it owned up to having seen nothing of.
func (t *tracer) unread() (hits int64) {
	if found := saysUnread.FindStringSubmatch(t.messages.String()); found != nil {
		hits = count(found[1])
	}
	return hits
}
