// SPDX-License-Identifier: MIT

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// Waits of work's command "wait": how many goroutines, and for how many ms each time.
const (
	waiters = 3
	waitMs  = 50
	longMs  = 5 // longer than any other wait
)

// What one call of callWait did, see programs/work/wait.go.
type waited struct {
	Goid    int64 `json:"goid"`
	Sender  int64 `json:"sender"`
	Child   int64 `json:"child"`
	Receive int64 `json:"receive_ns"`
	Sleep   int64 `json:"sleep_ns"`
	Asleep  int64 `json:"asleep_ns"`
	Read    int64 `json:"read_ns"`
	Total   int64 `json:"total_ns"`
}

// A call's states_ns, in which a reason to wait stands beside the states that are no waiting.
type parts map[string]int64

func (p *parts) UnmarshalJSON(text []byte) error {
	var states map[string]json.RawMessage
	if err := json.Unmarshal(text, &states); err != nil {
		return err
	}
	*p = parts{}
	for name, value := range states {
		var err error
		if name == "waiting" {
			err = json.Unmarshal(value, (*map[string]int64)(p))
		} else {
			var ns int64
			err = json.Unmarshal(value, &ns)
			(*p)[name] = ns
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// One of a call's waits.
type longWait struct {
	Duration int64  `json:"duration_ns"`
	State    string `json:"state"`
	Reason   string `json:"reason"`
	Open     bool   `json:"open"`
	WokenBy  struct {
		Goid int64 `json:"goid"`
	} `json:"woken_by"`
}

type starter struct {
	Goid int64 `json:"goid"`
	Tree int64 `json:"tree"`
}

// An error when a wait was shorter than the program saw, or longer than it measured. A guest stands
// still at times, maybe between the clock that the program looked at and the wait.
func mustLast(what string, ns, seen, measured int64) error {
	if ns < seen || ns > measured {
		return fmt.Errorf("%s: %d ns, but it was seen for %d ns and measured as %d ns", what, ns, seen, measured)
	}
	return nil
}

func (told waited) mustBeWait(c call) error {
	var sum int64
	for _, ns := range c.States {
		sum += ns
	}
	if sum != c.Duration || c.Duration > told.Total {
		return fmt.Errorf("%v are %d ns of %d, measured as %d", c.States, sum, c.Duration, told.Total)
	}
	expected := []struct {
		state, reason, part string
		seen, measured, by  int64
	}{
		{"waiting", "chan receive", "chan receive", waitMs * 1e6, told.Receive, told.Sender},
		{"waiting", "sleep", "sleep", told.Asleep, told.Sleep, 0},
		{"syscall", "", "syscall", waitMs * 1e6, told.Read, 0},
	}
	var long []longWait
	for _, w := range c.Waits {
		if w.State == "waiting" || w.State == "syscall" { // a guest makes it wait for a processor, too
			long = append(long, w)
		}
	}
	if len(long) != len(expected) {
		return fmt.Errorf("%d long waits: %+v", len(long), c.Waits)
	}
	for i, want := range expected {
		w := long[i]
		if w.State != want.state || w.Reason != want.reason || w.Open || w.WokenBy.Goid != want.by {
			return fmt.Errorf("wait %d is %+v, not %+v", i, w, want)
		}
		if c.States[want.part] != w.Duration {
			return fmt.Errorf("%s: one wait of %d ns, %d ns in all", want.part, w.Duration, c.States[want.part])
		}
		if err := mustLast(want.part, w.Duration, want.seen, want.measured); err != nil {
			return err
		}
	}
	return nil
}

// Down from the function that the goroutine began with (--stack).
func mustBeCalled(c call) error {
	if len(c.Stack) == 0 || c.StackEnd != "" || !strings.HasPrefix(c.Stack[len(c.Stack)-1].Function, "main.") {
		return fmt.Errorf("called by %v (%s)", c.Stack, c.StackEnd)
	}
	return nil
}

// The goroutine that callWait started.
func mustBeChild(tree []call, parent call) error {
	last := len(tree) - 1
	root := tree[last]
	if root.StartedBy != (starter{parent.Goid, parent.Tree}) {
		return fmt.Errorf("%s of goroutine %d was started by %+v", root.Function, root.Goid, root.StartedBy)
	}
	if !strings.HasPrefix(root.Function, "callWait.") || root.Depth != 0 || root.End != "goexit" {
		return fmt.Errorf("goroutine %d begins with %+v", root.Goid, root)
	}
	want := "callLeaf@2:return callLeaf@2:return callBranch@1:return"
	if have := shape(tree[:last]); have != want {
		return fmt.Errorf("goroutine %d did %s, not %s", root.Goid, have, want)
	}
	return nil
}

// Where callWait's time went, and what its child did.
func callParts(arguments ...string) error {
	w, err := startWorker()
	if err != nil {
		return err
	}
	arguments = append([]string{"--states", "--min-wait", fmt.Sprint(longMs, "ms"), "--stack", "--follow"}, arguments...)
	t, err := startTracer(traceArguments(arguments, "callWait")...)
	if err != nil {
		return err
	}
	told, runErr := w.run("wait", waiters, waitMs)
	seen, err := t.stop()
	if err := firstOf(runErr, err, w.codeIsClean(), w.end(), uprobeEventsLeft()); err != nil {
		return err
	}
	if len(seen.trees) != 2*waiters || seen.calls != told.Calls+waiters {
		return fmt.Errorf("%d calls in %d trees: %s: %s", seen.calls, len(seen.trees), seen.ends(), t.said())
	}
	trees := map[int64][]call{}
	for _, tree := range seen.trees {
		trees[tree[0].Goid] = tree
	}
	for _, one := range told.Waits {
		own, child := trees[one.Goid], trees[one.Child]
		if shape(own) != "callWait@0:return" || child == nil {
			return fmt.Errorf("goroutine %d: %s; its child: %s", one.Goid, shape(own), shape(child))
		}
		if err := firstOf(one.mustBeWait(own[0]), mustBeCalled(own[0]), mustBeChild(child, own[0])); err != nil {
			return fmt.Errorf("goroutine %d: %v: %s", one.Goid, err, t.said())
		}
	}
	return nil
}

// One line of `states --summary`.
type summary struct {
	Kind  string `json:"summary"`
	Pid   int    `json:"pid"`
	Goid  int64  `json:"goid"`
	Ended bool   `json:"ended"`
	Start struct {
		Function string `json:"function"`
	} `json:"start"`
	Goroutines int              `json:"goroutines"`
	Ns         map[string]int64 `json:"ns"`
	Waiting    map[string]struct {
		Ns    int64 `json:"ns"`
		Count int64 `json:"count"`
	} `json:"waiting"`
}

func readSummaries(path string) (list []summary, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		var s summary
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			return nil, fmt.Errorf("%v in %q", err, lines.Text())
		}
		list = append(list, s)
	}
	return list, nil
}

// The goroutine that called callWait: it waited for channels elsewhere too, but it slept and made
// system calls there only.
func (told waited) mustBeSum(s summary) error {
	if !s.Ended || s.Start.Function != "main.together.func1" || s.Waiting["sleep"].Count != 1 {
		return fmt.Errorf("%+v", s)
	}
	if s.Waiting["chan receive"].Ns < waitMs*1e6 {
		return fmt.Errorf("chan receive: %d ns", s.Waiting["chan receive"].Ns)
	}
	return firstOf(mustLast("sleep", s.Waiting["sleep"].Ns, told.Asleep, told.Sleep),
		mustLast("SYSCALL", s.Ns["SYSCALL"], waitMs*1e6, told.Read))
}

// What the states command sums up.
func sums() error {
	w, err := startWorker()
	if err != nil {
		return err
	}
	t, err := startStates("--summary", "--ended", workPath)
	if err != nil {
		return err
	}
	told, runErr := w.run("wait", waiters, waitMs)
	pid := w.pid()
	if err := firstOf(runErr, t.end(), w.codeIsClean(), w.end()); err != nil {
		return err
	}
	list, err := readSummaries(t.path)
	if err != nil {
		return err
	}
	goroutines := map[int64]summary{}
	functions := map[string]int{}
	for _, s := range list {
		if s.Pid != pid {
			return fmt.Errorf("of another process: %+v", s)
		}
		if s.Kind == "goroutine" {
			goroutines[s.Goid] = s
		} else {
			functions[s.Start.Function] = s.Goroutines
		}
	}
	for _, one := range told.Waits {
		if err := one.mustBeSum(goroutines[one.Goid]); err != nil {
			return fmt.Errorf("goroutine %d: %v", one.Goid, err)
		}
		if child := goroutines[one.Child]; !child.Ended || !strings.HasPrefix(child.Start.Function, "main.callWait.") {
			return fmt.Errorf("goroutine %d, a child: %+v", one.Child, child)
		}
	}
	if functions["main.together.func1"] != waiters {
		return fmt.Errorf("goroutines by function: %v", functions)
	}
	return nil
}
