// SPDX-License-Identifier: MIT

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// What tests/hunt/records prints.
const recordsPath = "/bin/records"

// One line of that.
type huntRecord struct {
	Kind     string   `json:"kind"`
	Time     int64    `json:"time"`
	Goid     int64    `json:"goid"`
	Lost     int64    `json:"lost"`
	Opens    int      `json:"opens"`
	Closes   int      `json:"closes"`
	Start    int64    `json:"start"`
	Ready    int64    `json:"ready"`
	State    int      `json:"state"`
	Reason   string   `json:"reason"`
	Syscall  int      `json:"syscall"`
	On       string   `json:"on"`
	ByGoid   int64    `json:"by_goid"`
	Stack    []string `json:"stack"`
	StackEnd string   `json:"stack_end"`
	Frame    int64    `json:"frame"`
	Place    string   `json:"place"`
	Handler  int      `json:"in_handler"`
	Waiting  int64    `json:"waiting"`
	Syscalls int64    `json:"syscalls"`
	Runnable int64    `json:"runnable"`
}

const (
	stateSyscall = 3
	stateWaiting = 4
)

// The numbers of read(2).
var readNumber = map[string]int{"amd64": 0, "arm64": 63}

// All threads of the process get the signal again and again, until stopped.
func interrupting(pid int, number syscall.Signal) (stop func()) {
	end, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		for tick := time.NewTicker(500 * time.Microsecond); ; {
			select {
			case <-end:
				tick.Stop()
				return
			case <-tick.C:
			}
			threads, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
			for _, thread := range threads {
				if tid, err := strconv.Atoi(thread.Name()); err == nil {
					syscall.Tgkill(pid, tid, number) // it may have ended
				}
			}
		}
	}()
	return func() {
		close(end)
		<-over
	}
}

// What was told of one command, by goroutine; `number`: that signal comes all the time, or 0.
func hunted(command string, n, m int, target string, number syscall.Signal) (map[int64][]huntRecord, report, error) {
	w, err := startWorker()
	if err != nil {
		return nil, report{}, err
	}
	path := "/tmp/records.json"
	output, err := os.Create(path)
	if err != nil {
		return nil, report{}, err
	}
	defer os.Remove(path)
	defer output.Close()
	process := exec.Command(recordsPath, "-v", workPath, target)
	process.Stdout = output
	process.Stderr = &text{}
	input, err := process.StdinPipe()
	if err != nil {
		return nil, report{}, err
	}
	if err := process.Start(); err != nil {
		return nil, report{}, err
	}
	said := process.Stderr.(*text)
	over := make(chan error, 1)
	go func() { over <- process.Wait() }()
	for !strings.Contains(said.String(), "attached\n") {
		select {
		case err := <-over:
			return nil, report{}, fmt.Errorf("%v: %s", err, strings.ReplaceAll(said.String(), "\n", " | "))
		case <-time.After(10 * time.Millisecond):
		}
	}
	stop := func() {}
	if number != 0 {
		stop = interrupting(w.pid(), number)
	}
	told, err := w.run(command, n, m)
	stop()
	input.Close()
	if err := firstOf(err, <-over, w.codeIsClean(), w.end()); err != nil {
		return nil, told, fmt.Errorf("%v: %s", err, said.String())
	}
	records, err := readHunted(path)
	return records, told, err
}

func readHunted(path string) (map[int64][]huntRecord, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	records := map[int64][]huntRecord{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var r huntRecord
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("%v in %q", err, lines.Text())
		}
		if r.Lost > 0 {
			return nil, fmt.Errorf("%d records are lost", r.Lost)
		}
		records[r.Goid] = append(records[r.Goid], r)
	}
	return records, nil
}

// A thread may lose its processor while a wait of its goroutine is told: in it, which is part of the wait, or
// behind it. Either comes before the wait.
func withWait(pieces []huntRecord, wait huntRecord) []huntRecord {
	var behind []huntRecord
	for n := len(pieces); n > 0 && pieces[n-1].Kind == "offcpu" && pieces[n-1].Start >= wait.Start; n-- {
		if pieces[n-1].Start >= wait.Time {
			behind = append([]huntRecord{pieces[n-1]}, behind...)
		}
		pieces = pieces[:n-1]
	}
	return append(append(pieces, wait), behind...)
}

// Whoever makes a tree's first or last record may lose its processor before the record has its time, or behind it.
func inTime(pieces []huntRecord, begin, end int64) []huntRecord {
	for len(pieces) > 0 && pieces[0].Kind == "offcpu" && pieces[0].Time <= begin {
		pieces = pieces[1:]
	}
	for n := len(pieces); n > 0 && pieces[n-1].Kind == "offcpu" && pieces[n-1].Start >= end; n-- {
		pieces = pieces[:n-1]
	}
	return pieces
}

// The pieces of each call lie in it, side by side, and sum up to no more than it.
func mustFit(records []huntRecord) error {
	var begin, short int64
	var pieces []huntRecord
	for _, r := range records {
		switch {
		case r.Opens == 1:
			begin, short, pieces = r.Time, 0, nil
		case begin == 0:
		case r.Kind == "wait":
			pieces = withWait(pieces, r)
		case r.Kind == "offcpu":
			pieces = append(pieces, r)
		case r.Kind == "short_waits":
			short += r.Waiting + r.Syscalls + r.Runnable
		case r.Closes == 1:
			at, sum := begin, short
			for _, piece := range inTime(pieces, begin, r.Time) {
				if piece.Start < at || piece.Time > r.Time {
					return fmt.Errorf("%+v is not between %d and %d", piece, at, r.Time)
				}
				sum, at = sum+piece.Time-piece.Start, piece.Time
			}
			if sum > r.Time-begin {
				return fmt.Errorf("pieces of %d ns in a call of %d ns", sum, r.Time-begin)
			}
			begin = 0
		}
	}
	return nil
}

func (told waited) mustBeHunted(records []huntRecord) error {
	expected := []struct {
		state, syscall int
		reason, on     string
		by             int64
		seen, measured int64
	}{
		{stateWaiting, -1, "chan receive", "", told.Sender, waitMs * 1e6, told.Receive},
		{stateWaiting, -1, "sleep", "", 0, told.Asleep, told.Sleep},
		{stateSyscall, readNumber[runtime.GOARCH], "", "pipe", 0, waitMs * 1e6, told.Read},
	}
	inside := false
	for _, r := range records {
		inside = (inside || r.Opens == 1) && r.Closes == 0
		// A guest makes it wait for a processor, too.
		if !inside || r.Kind != "wait" || r.Time-r.Start < longMs*1e6 || r.State != stateSyscall && r.State != stateWaiting {
			continue
		}
		if len(expected) == 0 {
			return fmt.Errorf("one wait too many: %+v", r)
		}
		want := expected[0]
		expected = expected[1:]
		if r.State != want.state || r.Syscall != want.syscall || r.Reason != want.reason || r.ByGoid != want.by || r.On != want.on {
			return fmt.Errorf("%+v, not %+v", r, want)
		}
		if r.StackEnd != "target" || len(r.Stack) < 3 || r.Stack[len(r.Stack)-1] != "main.callWait" {
			return fmt.Errorf("%s: the stack is %v (%s)", want.reason, r.Stack, r.StackEnd)
		}
		if err := mustLast(want.reason, r.Time-r.Start, want.seen, want.measured); err != nil {
			return err
		}
	}
	if len(expected) > 0 {
		return fmt.Errorf("%d waits are missing", len(expected))
	}
	return mustFit(records)
}

func huntWaits() error {
	records, told, err := hunted("wait", waiters, waitMs, "main.callWait", 0)
	if err != nil {
		return err
	}
	for _, one := range told.Waits {
		if err := one.mustBeHunted(records[one.Goid]); err != nil {
			return fmt.Errorf("goroutine %d: %v", one.Goid, err)
		}
	}
	return nil
}

// Who is asked is at the other end of the connection that the network poller waits for.
func huntPeers() error {
	const questions = 5
	records, _, err := hunted("ask", questions, 20, "main.callAsk", 0)
	if err != nil {
		return err
	}
	waits := 0
	for _, list := range records {
		inside := false
		for _, r := range list {
			inside = (inside || r.Opens == 1) && r.Closes == 0
			if !inside || r.Kind != "wait" || r.Reason != "IO wait" {
				continue
			}
			if r.On != "unix:/tmp/answers.sock" {
				return fmt.Errorf("%+v is on %q", r, r.On)
			}
			waits++
		}
	}
	if waits < questions {
		return fmt.Errorf("%d of %d calls wait for the answer", waits, questions)
	}
	return nil
}

// Samples of calls that work all the time, in the functions that they call.
func huntSamples() error {
	samples, wrong, off := 0, map[string]int{}, 0
	// A guest on a busy machine is looked at rarely.
	for end := time.Now().Add(patience); samples == 0 && time.Now().Before(end); {
		records, _, err := hunted("spin", 2, 2000, "main.together.func1", 0)
		if err != nil {
			return err
		}
		delete(records, 0)
		for goid, list := range records {
			if err := mustFit(list); err != nil {
				return fmt.Errorf("goroutine %d: %v", goid, err)
			}
			for i, r := range list {
				if r.Kind == "offcpu" {
					off++
				}
				if r.Kind != "sample" || r.Frame == 0 || r.Place != "go" {
					continue
				}
				samples++
				if i+1 < len(list) && list[i+1].Kind == "copy" {
					r.Stack, r.StackEnd = list[i+1].Stack, list[i+1].StackEnd
				}
				if r.StackEnd != "target" || r.Stack[len(r.Stack)-1] != "main.together.func1" {
					wrong[fmt.Sprintf("%v (%s)", r.Stack, r.StackEnd)]++
				}
			}
		}
	}
	fmt.Printf("# %d samples, %d times without a processor\n", samples, off)
	if samples == 0 || len(wrong) > 0 {
		var list []string
		for stack, count := range wrong {
			list = append(list, fmt.Sprintf("%d %.300s", count, stack))
		}
		sort.Strings(list)
		return fmt.Errorf("%d samples, of which these are no stacks of it: %s", samples, strings.Join(list, ", "))
	}
	return nil
}

// Times without a processor, and samples, that fall into handlers of signals: where those have interrupted a call.
func huntInterrupted() error {
	const enough = 10
	known, unknown := 0, 0
	// On a busy machine few threads lose their processor in a handler, or none.
	for end := time.Now().Add(patience); known < enough && time.Now().Before(end); {
		records, _, err := hunted("spin", 2, 2000, "main.together.func1", syscall.SIGPROF)
		if err != nil {
			return err
		}
		for _, list := range records {
			for _, r := range list {
				switch {
				case r.Frame == 0 || (r.Handler == 0 && r.Place != "signal"):
				// It is its goroutine's first function: while it has no frame yet, nothing lies below.
				case r.StackEnd != "target" && r.StackEnd != "bottom":
					unknown++
					fmt.Printf("# not known: %+v\n", r)
				// One that it calls is preempted where it has no frame yet, which hides who called it.
				case r.Stack[0] == "runtime.asyncPreempt.abi0" && r.Stack[len(r.Stack)-1] == "main.together.func1.deferwrap1":
					unknown++
					fmt.Printf("# hidden: %+v\n", r)
				case r.Stack[len(r.Stack)-1] != "main.together.func1":
					return fmt.Errorf("%+v is no stack of it", r)
				default:
					known++
				}
			}
		}
	}
	fmt.Printf("# in handlers: %d places are known, %d are not\n", known, unknown)
	// Where the runtime changes stacks.
	if known == 0 || unknown > known/10+1 {
		return fmt.Errorf("%d places are known, %d are not", known, unknown)
	}
	return nil
}
