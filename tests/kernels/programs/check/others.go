// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// The traced program: work, or (WORK=) the same as another toolchain made it, stripped, with C in it, or as a
// library, which a program in C loads.
var workPath = pathOfWork()

const hostPath = "/bin/c_host"

func isLibrary() bool {
	return strings.HasSuffix(workPath, ".so")
}

func pathOfWork() string {
	if path := os.Getenv("WORK"); path != "" {
		return path
	}
	return "/bin/work"
}

// Checks of programs that were built in other ways.
func checkOther() {
	for _, c := range exactChecks {
		if !c.others {
			continue
		}
		c := c
		check(filepath.Base(workPath)+": "+c.name, func() error { return c.run() })
	}
	check(filepath.Base(workPath)+": every function, atomics", atomics)
	// Functions of C are known where Go's own linker put them in.
	if strings.HasSuffix(workPath, "-internal") {
		check(filepath.Base(workPath)+": calls of C", callsOfC)
		check(filepath.Base(workPath)+": calls of C at once", callsOfCAtOnce)
	}
}

// All functions are probed while goroutines do little but atomic operations: no probe is between a load and
// the store that belongs to it, else the program would never get on.
func atomics() error {
	const goroutines, rounds = 3, 40
	w, err := startWorker()
	if err != nil {
		return err
	}
	t, err := startTracer("--ring-size", "64M", "-u", "*", workPath, "main.callAtomics")
	if err != nil {
		return err
	}
	begun := time.Now()
	told, runErr := w.run("atomics", goroutines, rounds)
	took := time.Since(begun)
	seen, err := t.stop()
	if err := firstOf(runErr, err, w.codeIsClean(), w.end()); err != nil {
		return err
	}
	fmt.Printf("# %d calls in %d trees in %.1f s\n", seen.calls, len(seen.trees), took.Seconds())
	if want := int64(6 * goroutines * rounds); told.Result != want {
		return fmt.Errorf("wrong answer: %d, not %d", told.Result, want)
	}
	if len(seen.trees) != goroutines*rounds {
		return fmt.Errorf("%d trees, not %d: %s", len(seen.trees), goroutines*rounds, t.said())
	}
	return nil
}

const traceC = "call_of_c"

// Functions of C run on a thread's stack, and no register names the goroutine.
func callsOfC() error {
	return exact("c", 4, 25, cShape, "callIntoC")("-u", traceC)
}

// The first thread calls C as soon as it is there: where its thread-local storage is the kernel may not know yet
// (bpf/arch/arm64.h). Calls may be missing then, if it is said.
func callsOfCAtOnce() error {
	const calls = 40
	t, err := launch(fmt.Sprintf("c 0 %d\n", calls), append(traceArguments([]string{"-u", traceC}, "callIntoC"), "--")...)
	if err != nil {
		return err
	}
	defer os.Remove(t.path)
	if err := t.awaitEnd(); err != nil {
		return err
	}
	seen, err := readAccount(t.path)
	if err != nil {
		return err
	}
	right := 0
	for _, tree := range seen.trees {
		if shape(tree) == cShape {
			right++
		}
	}
	fmt.Printf("# %d of %d trees right, %d hits said to be left out\n", right, calls, t.unread())
	if len(seen.trees) != calls || int64(calls-right) > t.unread() {
		return fmt.Errorf("%d of %d trees are right: %s: %s", right, len(seen.trees), seen.ends(), t.said())
	}
	return nil
}
