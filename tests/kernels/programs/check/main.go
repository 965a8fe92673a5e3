// SPDX-License-Identifier: MIT

// check runs inside a guest of tests/kernels/run: it traces /bin/work with /bin/gofuncgraph-c and
// compares the tracer's account with the program's own. It prints a line "ok NAME", "not ok NAME" or
// "skip NAME: REASON" for each check whose name matches the regular expression $CHECKS.
package main

import (
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strings"
	"time"
)

type skipped string

func (s skipped) Error() string { return string(s) }

var (
	failures int
	chosen   = regexp.MustCompile(os.Getenv("CHECKS"))
)

func check(name string, run func() error) {
	if !chosen.MatchString(name) {
		return
	}
	begun := time.Now()
	err := run()
	clearAway()
	if reason, is := err.(skipped); is {
		fmt.Printf("skip %s: %s\n", name, reason)
		return
	}
	if err == nil {
		fmt.Printf("ok %s (%.1f s)\n", name, time.Since(begun).Seconds())
		return
	}
	failures++
	fmt.Printf("not ok %s (%.1f s)\n# %s\n", name, time.Since(begun).Seconds(), strings.TrimSpace(err.Error()))
}

// The ways of attaching that this kernel must have. uprobe_multi came with 6.6.
func methods() []string {
	if atLeast(6, 6) {
		return []string{"uprobe_multi", "tracefs", "perf_event"}
	}
	return []string{"tracefs", "perf_event"}
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == insideArgument {
		if err := insideNamespace(); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return
	}
	if len(os.Args) > 2 && os.Args[1] == poorArgument {
		runtime.LockOSThread()
		fmt.Println(beingPoor(os.Args[2:]))
		os.Exit(1)
	}
	if os.Getenv("WORK") != "" {
		checkOther()
		finish()
	}
	if err := countSingleSteps(); err != nil {
		fmt.Printf("not ok single-steps can be counted\n# %v\n", err)
		failures++
	}
	for i, method := range methods() {
		method := method
		for _, c := range exactChecks {
			c := c
			check(method+": "+c.name, func() error { return c.run("--attach", method) })
		}
		check(method+": nothing is left of a killed tracer", func() error { return killed(i, "--attach", method) })
		check(method+": single-steps", func() error { return steps("--attach", method) })
		check(method+": single-steps with --no-emulate-ret", func() error { return steps("--attach", method, "--no-emulate-ret") })
	}
	check("the best way of attaching is found", bestMethod)
	for _, c := range otherChecks {
		check(c.name, c.only)
	}
	finish()
}

func finish() {
	fmt.Printf("# %d failed\n", failures)
	if failures > 0 {
		os.Exit(1)
	}
	os.Exit(0)
}

// What a check that failed left running. A tracer gets the chance to detach.
func clearAway() {
	for _, t := range tracers {
		if !t.ended {
			t.stop()
		}
	}
	for _, w := range workers {
		w.process.Process.Kill()
	}
	tracers, workers = nil, nil
}

// The first that is an error.
func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
