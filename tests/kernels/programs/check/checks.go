// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"runtime"
	"strings"
	"time"
)

// Checks that are made with every way of attaching.
var exactChecks = []struct {
	name   string
	run    func(arguments ...string) error
	others bool // of programs that were built in other ways, too
}{
	{"calls and nesting", exact("tree", 4, 25, treeShape(), "callRoot"), true},
	{"recursion, stacks that grow", exact("grow", 10, 300, growShape(300), "callGrow"), true},
	{"garbage collection", exact("collect", 5, 150, growShape(150), "callGrow"), true},
	{"2,000 goroutines", exact("many", 2000, 0, rootShape(2), "callRoot"), true},
	{"panics", exact("panic", 20, 5, panicShape, "callCatch"), true},
	{"Goexit", exact("quit", 50, 0, quitShape, "callQuit"), true},
	{"tail calls", exact("tail", 4, 25, tailShape, "callTail"), true},
	{"one process of two", oneProcess, true},
	{"started by the tracer", startedByTracer, false},
	{"states, waits and followed goroutines", callParts, true},
	{"probes are taken off", takenOff, false},
	{"values", values, true},
	{"values: conditions", conditions, true},
	{"values: labels that are asked for", chosenLabels, true},
	{"values: traces", traces, false},
	{"loaded anywhere", loadedAnywhere, false},
	{"overwritten and started", overwritten, false},
	{"executes itself", executesItself(false), false},
	{"executes itself, among others", executesItself(true), false},
}

// Checks that are made once, with the way of attaching that the tracer takes by itself.
var otherChecks = []struct {
	name string
	only func() error
}{
	{"every function, atomics", atomics},
	{"two processes", twoProcesses},
	{"a program that checks its own code", selfChecking},
	{"a script for bpftrace", script},
	{"little locked memory", lockedMemory},
	{"a PID namespace inside of the tracer's", namespaces},
	{"a CPU quota is told", quota},
	{"one process of two, by its cgroup", oneCgroup},
	{"sums of the states command", sums},
	{"filters and sums of calls", filters},
	{"values by name and type", typedValues},
	{"hunt: waits, their stacks and wakers", huntWaits},
	{"hunt: what waits are on", huntPeers},
	{"hunt: since when answers are there", huntArrival},
	{"hunt: samples, times without a processor", huntSamples},
	{"hunt: whom signals interrupt", huntInterrupted},
	{"lost events are counted", lostEvents},
	{"pages that khugepaged moves", movedPages},
	{"a tracer killed while it attaches", killedEarly},
	{"a second tracer, emulating both", func() error { return twoTracers(nil, nil) }},
	{"a second tracer, the first plain", func() error { return twoTracers([]string{"--no-emulate-ret"}, nil) }},
	{"a second tracer, itself plain", func() error { return twoTracers(nil, []string{"--no-emulate-ret"}) }},
	{"a second tracer, uprobe_multi and tracefs", func() error {
		if !atLeast(6, 6) {
			return skipped("no uprobe_multi before 6.6")
		}
		return twoTracers([]string{"--attach", "uprobe_multi"}, []string{"--attach", "tracefs"})
	}},
}

func traceArguments(arguments []string, target string) []string {
	// Not the compiler's wrappers of deferred calls: main.callCatch.func1, .deferwrap1 from Go 1.21.
	return append(arguments, "-u", "main.call*", "-u", "main.(*tail*", "-u", "!main.call*.*", workPath, "main."+target)
}

// The right answers, computed again without a tracer in the way.
func rightAnswer(command string, n, m int) int64 {
	switch command {
	case "tree":
		return int64(n*m) * 35
	case "many":
		return int64(n) * 2
	case "grow":
		return int64(n) * int64(m*(m+1)/2)
	case "collect":
		return 4 * int64(n) * int64(m*(m+1)/2)
	case "c":
		return int64(n) * int64(5*m*(m-1)/2)
	case "tail":
		return int64(n) * int64(m*(m-1)+m)
	case "panic":
		return int64(m) * int64(n*(n-1)/2+3*n)
	}
	return 0
}

func exact(command string, n, m int, want, target string) func(...string) error {
	return func(arguments ...string) error {
		w, err := startWorker()
		if err != nil {
			return err
		}
		t, err := startTracer(traceArguments(arguments, target)...)
		if err != nil {
			w.end()
			return err
		}
		told, err := w.run(command, n, m)
		if err != nil {
			t.stop()
			return err
		}
		seen, err := t.stop()
		if err != nil {
			return err
		}
		if err := w.codeIsClean(); err != nil {
			return err
		}
		if err := w.end(); err != nil {
			return err
		}
		if told.Result != rightAnswer(command, n, m) {
			return fmt.Errorf("wrong answer: %d, not %d", told.Result, rightAnswer(command, n, m))
		}
		if err := uprobeEventsLeft(); err != nil {
			return err
		}
		if err := seen.mustBe(want, worked{told, w.pid()}); err != nil {
			return fmt.Errorf("%v\n# calls ended: %s\n# %s", err, seen.ends(), t.said())
		}
		return nil
	}
}

const piePath = "/bin/work-pie"

func loaderPath() string {
	if runtime.GOARCH == "arm64" {
		return "/lib/ld-linux-aarch64.so.1"
	}
	return "/lib64/ld-linux-x86-64.so.2"
}

// A PIE that is started, and one that the dynamic loader was told to run, as libraries are: the
// kernel's idea of where the program is does not help there.
func loadedAnywhere(arguments ...string) error {
	started, err := startWorkerAs(piePath)
	if err != nil {
		return err
	}
	loaded, err := startWorkerAs(loaderPath(), piePath)
	if err != nil {
		return err
	}
	t, err := startTracer(append(arguments, "-u", "main.call*", "-u", "!main.call*.*", piePath, "main.callRoot")...)
	if err != nil {
		return err
	}
	startedTold, startedErr := started.run("tree", 3, 4)
	loadedTold, loadedErr := loaded.run("tree", 2, 5)
	seen, err := t.stop()
	if err := firstOf(startedErr, loadedErr, err, started.end(), loaded.end()); err != nil {
		return err
	}
	callers := map[string]string{"callBranch": "main.callRoot", "callLeaf": "main.callBranch"}
	for _, tree := range seen.trees {
		for _, c := range tree {
			by := c.Caller.Function
			if by != callers[c.Function] && (c.Depth > 0 || !strings.HasPrefix(by, "main.")) {
				return fmt.Errorf("%s is called by '%s'", c.Function, by)
			}
		}
	}
	return seen.mustBe(treeShape(), worked{startedTold, started.pid()}, worked{loadedTold, loaded.pid()})
}

func bestMethod() error {
	t, err := startTracer(traceArguments(nil, "callRoot")...)
	if err != nil {
		return err
	}
	if _, err := t.stop(); err != nil {
		return err
	}
	if best := methods()[0]; !strings.Contains(t.messages.String(), best) {
		return fmt.Errorf("-v does not name %s: %s", best, t.said())
	}
	return nil
}

func twoProcesses() error {
	first, err := startWorker()
	if err != nil {
		return err
	}
	second, err := startWorker()
	if err != nil {
		return err
	}
	t, err := startTracer(traceArguments(nil, "callRoot")...)
	if err != nil {
		return err
	}
	if err := firstOf(first.ask("tree", 50, 4), second.ask("tree", 70, 3)); err != nil {
		return err
	}
	firstTold, firstErr := first.told()
	secondTold, secondErr := second.told()
	seen, err := t.stop()
	if err := firstOf(firstErr, secondErr, err, first.end(), second.end()); err != nil {
		return err
	}
	return seen.mustBe(treeShape(), worked{firstTold, first.pid()}, worked{secondTold, second.pid()})
}

// With a ring of one page: what arrived and what was lost make up what was done, nothing else.
func lostEvents() error {
	w, err := startWorker()
	if err != nil {
		return err
	}
	t, err := startTracer(traceArguments([]string{"--ring-size", "4096"}, "callBranch")...)
	if err != nil {
		return err
	}
	told, runErr := w.run("flood", 4, 500)
	seen, err := t.stop()
	if err := firstOf(runErr, err, w.end()); err != nil {
		return err
	}
	if told.Result != told.Trees*11 {
		return fmt.Errorf("wrong answer: %d, not %d", told.Result, told.Trees*11)
	}
	lost, all := t.lost()
	if lost == 0 {
		return fmt.Errorf("nothing was lost, so nothing was tested (%d calls of %d were traced)", seen.calls, told.Calls)
	}
	// A tree whose first event was lost is not begun: one lost event. The others have six each (three
	// calls), which arrived or were lost.
	began := int64(len(seen.trees))
	if want := 6*began + told.Trees - began; all != want {
		return fmt.Errorf("%d of %d trees were shown, which makes %d events, but the tracer speaks of %d, %d of them lost: %s",
			began, told.Trees, want, all, lost, t.said())
	}
	for number, tree := range seen.trees {
		for _, c := range tree {
			if c.End != "return" && c.End != "lost" && c.End != "running" {
				return fmt.Errorf("tree %d: %s ended by %s", number, c.Function, c.End)
			}
		}
	}
	return nil
}

// While khugepaged moves a page of the program, what lies in it cannot be read for a moment, and hits
// are left out. The tracer must say how many; no more trees than that may be wrong.
func movedPages() error {
	if err := moveHugePages(true); err != nil {
		return skipped(err.Error())
	}
	defer moveHugePages(false)
	w, err := startWorker()
	if err != nil {
		return err
	}
	t, err := startTracer(traceArguments(nil, "callGrow")...)
	if err != nil {
		return err
	}
	told, runErr := w.run("collect", 15, 150)
	seen, err := t.stop()
	if err := firstOf(runErr, err, w.end()); err != nil {
		return err
	}
	if told.Result != rightAnswer("collect", 15, 150) {
		return fmt.Errorf("wrong answer: %d, not %d", told.Result, rightAnswer("collect", 15, 150))
	}
	wrong := told.Trees
	for _, tree := range seen.trees {
		if shape(tree) == growShape(150) {
			wrong--
		}
	}
	fmt.Printf("# %d of %d trees wrong, %d hits said to be left out\n", wrong, told.Trees, t.unread())
	if wrong > t.unread() {
		return fmt.Errorf("%d of %d trees are wrong, %d hits were left out: %s", wrong, told.Trees, t.unread(), t.said())
	}
	return nil
}

// SIGKILL while events flow: the program goes on, its code is as in the file, and a tracer that
// comes after sees everything.
func killed(seed int, arguments ...string) error {
	w, err := startWorker()
	if err != nil {
		return err
	}
	t, err := startTracer(traceArguments(arguments, "callRoot")...)
	if err != nil {
		return err
	}
	if err := w.ask("spin", 3, 1200); err != nil {
		return err
	}
	time.Sleep(time.Duration(300+50*seed) * time.Millisecond)
	t.kill()
	return afterKill(w, patience)
}

func afterKill(w *worker, limit time.Duration) error {
	spun, err := w.told()
	if err != nil {
		return err
	}
	if spun.Result != spun.Trees*35 {
		return fmt.Errorf("wrong answer: %d, not %d", spun.Result, spun.Trees*35)
	}
	if err := within(limit, func() error { return firstOf(w.codeIsClean(), uprobeEventsLeft()) }); err != nil {
		return err
	}
	if err := w.end(); err != nil {
		return err
	}
	return exact("tree", 4, 5, treeShape(), "callRoot")()
}

func killedEarly() error {
	for i := 0; i < 4; i++ {
		w, err := startWorker()
		if err != nil {
			return err
		}
		if err := w.ask("spin", 2, 500); err != nil {
			return err
		}
		t, err := launchTracer("-u", "*", workPath, "main.callRoot")
		if err != nil {
			return err
		}
		time.Sleep(time.Duration(100*i) * time.Millisecond)
		t.kill()
		if err := afterKill(w, patience); err != nil {
			return fmt.Errorf("killed after %d ms: %v", 100*i, err)
		}
	}
	return nil
}

// Two tracers on the same functions: the second comes while the first traces and stays when it has
// gone. The program must give the right answers; each tracer must have seen everything that was done
// while it traced.
func twoTracers(first, second []string) error {
	w, err := startWorker()
	if err != nil {
		return err
	}
	run := func(n int) (worked, error) {
		told, err := w.run("tree", n, 5)
		if err == nil && told.Result != rightAnswer("tree", n, 5) {
			err = fmt.Errorf("wrong answer: %d", told.Result)
		}
		return worked{told, w.pid()}, err
	}
	a, err := startTracer(traceArguments(first, "callRoot")...)
	if err != nil {
		return err
	}
	alone, err1 := run(5)
	b, err := startTracer(traceArguments(second, "callRoot")...)
	if err != nil {
		a.stop()
		return err
	}
	both, err2 := run(6)
	aSeen, err3 := a.stop()
	after, err4 := run(7)
	bSeen, err5 := b.stop()
	last, err6 := run(3)
	if err := firstOf(err1, err2, err3, err4, err5, err6, w.codeIsClean(), w.end()); err != nil {
		return err
	}
	_ = last
	if err := aSeen.mustBe(treeShape(), sum(alone, both)); err != nil {
		return fmt.Errorf("first tracer: %v: %s", err, a.said())
	}
	if err := bSeen.mustBe(treeShape(), sum(both, after)); err != nil {
		return fmt.Errorf("second tracer: %v: %s", err, b.said())
	}
	return nil
}

func sum(a, b worked) worked {
	a.Calls += b.Calls
	a.Trees += b.Trees
	a.Goids = append(append([]int64(nil), a.Goids...), b.Goids...)
	return a
}

// Single-steps a traced call. The kernel emulates the entry's instruction in callRoot and callBranch
// (a `jbe` or a `push`; `b.ls` on arm64), so what is left are the exits, and those are none where the BPF
// program performs the `ret`, or the kernel, as on arm64.
func steps(arguments ...string) error {
	w, err := startWorker()
	if err != nil {
		return err
	}
	// callLeaf has no stack check, and its entry may be an instruction that is single-stepped.
	arguments = append(append([]string(nil), arguments...), "-u", "main.callBranch", workPath, "main.callRoot")
	t, err := startTracer(arguments...)
	if err != nil {
		return err
	}
	before, err1 := singleSteps()
	told, err2 := w.run("tree", 2, 50)
	after, err3 := singleSteps()
	seen, err4 := t.stop()
	if err := firstOf(err1, err2, err3, err4, w.end()); err != nil {
		return err
	}
	hits := after - before
	fmt.Printf("# %d single-steps in %d traced calls, emulating: %v\n", hits, seen.calls, t.emulatesRet())
	if seen.calls != told.Trees*7 {
		return fmt.Errorf("%d calls were made, %d traced", told.Trees*7, seen.calls)
	}
	plain := strings.Contains(strings.Join(arguments, " "), "--no-emulate-ret")
	stepsRet := runtime.GOARCH == "amd64"
	emulate := stepsRet && atLeast(6, 18) && !plain
	if t.emulatesRet() != emulate {
		return fmt.Errorf("-v says otherwise than expected (emulating: %v): %s", emulate, t.said())
	}
	if (emulate || !stepsRet) && hits != 0 {
		return fmt.Errorf("%d single-steps in %d traced calls: %s", hits, seen.calls, t.said())
	}
	if stepsRet && !emulate && hits < seen.calls {
		return fmt.Errorf("only %d single-steps in %d traced calls, one each at the `ret` was expected", hits, seen.calls)
	}
	return nil
}
