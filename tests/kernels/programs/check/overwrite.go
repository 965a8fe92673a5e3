// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// The program is overwritten where it lies, by itself in another build, and started at once: it never
// meets a probe of the build before, and is traced in the end.
func overwritten(arguments ...string) error {
	const path = "/tmp/overwritten"
	builds := make([][]byte, 2)
	for i, from := range []string{workPath, workPath + "-unoptimized"} {
		var err error
		if builds[i], err = os.ReadFile(from); err != nil {
			return err
		}
	}
	defer os.Remove(path)
	if err := os.WriteFile(path, builds[0], 0o755); err != nil {
		return err
	}
	t, err := startTracer(append(arguments, "-u", "main.callRoot", path)...)
	if err != nil {
		return err
	}
	for i := 1; i <= 4; i++ {
		// Keeps the inode, and waits for the probes to go.
		if err := os.WriteFile(path, builds[i%2], 0o755); err != nil {
			return err
		}
		w, err := startWorkerAs(path)
		if err != nil {
			return fmt.Errorf("%v: %s", err, t.said())
		}
		told, err := w.run("tree", 2, 5)
		if err := firstOf(err, w.end()); err != nil {
			return fmt.Errorf("%v: %s", err, t.said())
		}
		if told.Result != rightAnswer("tree", 2, 5) {
			return fmt.Errorf("wrong answer: %d", told.Result)
		}
		if err := t.awaitTracingFor(i + 1); err != nil {
			return err
		}
	}
	w, err := startWorkerAs(path)
	if err != nil {
		return err
	}
	told, err1 := w.run("tree", 2, 5)
	seen, err2 := t.stop()
	if err := firstOf(err1, err2, w.end()); err != nil {
		return err
	}
	if !strings.Contains(t.messages.String(), "by a lease") {
		return fmt.Errorf("there was no lease: %s", t.said())
	}
	if seen.calls < told.Trees {
		return fmt.Errorf("%d trees of the last build, %d calls were traced: %s", told.Trees, seen.calls, t.said())
	}
	return uprobeEventsLeft()
}

// The process executes itself from a thread that was not its first one; others of the same file are
// there or not. What it does long after that is traced.
func executesItself(others bool) func(arguments ...string) error {
	return func(arguments ...string) error {
		w, err := startWorker()
		if err != nil {
			return err
		}
		if others {
			if _, err := startWorker(); err != nil {
				return err
			}
		}
		t, err := startTracer(append(arguments, "-u", "main.callRoot", "-p", fmt.Sprint(w.pid()))...)
		if err != nil {
			return err
		}
		first, err := w.run("tree", 2, 5)
		if err != nil {
			return err
		}
		if err := w.ask("exec", 0, 0); err != nil {
			return err
		}
		if _, err := w.answer(); err != nil {
			return err
		}
		if others && atLeast(6, 10) && strings.Contains(strings.Join(arguments, " "), "uprobe_multi") {
			if err := t.awaitMessage("attached again", 1); err != nil {
				return err
			}
		}
		second, err1 := w.run("tree", 2, 5)
		seen, err2 := t.stop()
		if err := firstOf(err1, err2, w.codeIsClean(), w.end()); err != nil {
			return err
		}
		if seen.calls != first.Trees+second.Trees {
			return fmt.Errorf("%d calls of %d were traced: %s", seen.calls, first.Trees+second.Trees, t.said())
		}
		return nil
	}
}

func (t *tracer) awaitMessage(wanted string, times int) error {
	for end := time.Now().Add(patience); strings.Count(t.messages.String(), wanted) < times; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			return fmt.Errorf("no message %q: %s", wanted, t.said())
		}
	}
	return nil
}

func (t *tracer) awaitTracingFor(times int) error {
	return t.awaitMessage("^C ends", times)
}
