// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// The traced program: work, or (WORK=) the same as another toolchain made it, stripped, or with C in it.
var workPath = pathOfWork()

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
