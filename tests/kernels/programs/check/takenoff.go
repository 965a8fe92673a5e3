// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// The name in work of each function that its command "hot" knows.
var hotNames = []string{"main.hotOne", "main.hotTwo", "main.hotThree"}

const hotPlain = 4 // one that has no probes

// The names of all functions that were taken off, in that order.
var saysTakenOff = regexp.MustCompile(`taken off: (\S+),`)

var saysCost = regexp.MustCompile(`([\d,]+) ns where it single-steps`)

func (t *tracer) takenOff() (names []string) {
	for _, found := range saysTakenOff.FindAllStringSubmatch(t.messages.String(), -1) {
		names = append(names, found[1])
	}
	return names
}

func (t *tracer) hasTakenOff(name string) bool {
	for _, other := range t.takenOff() {
		if other == name {
			return true
		}
	}
	return false
}

// By what the tracer says that a hit costs: between two calls so many µs that it would bear it.
func (t *tracer) firstPause() int {
	found := saysCost.FindStringSubmatch(t.messages.String())
	if found == nil {
		return 500
	}
	return 1 + 10*int(count(found[1]))/1000
}

// Calls the function more and more often, until its probes are too much: no more often than that, so that
// what else is called does not matter beside it.
func (w *worker) heatUp(number int, t *tracer, pause *int) error {
	name := hotNames[number]
	for ; ; *pause = *pause * 2 / 3 {
		if _, err := w.run("hot", number+1, *pause); err != nil {
			return err
		}
		for end := time.Now().Add(2 * time.Second); time.Now().Before(end) || *pause == 0; time.Sleep(20 * time.Millisecond) {
			if t.hasTakenOff(name) {
				return nil
			}
			if len(t.over) > 0 || time.Now().After(end.Add(patience)) {
				return fmt.Errorf("%s keeps its probes: %s", name, t.said())
			}
		}
	}
}

// Functions lose their probes, one after the other, while goroutines call others that keep theirs.
func takenOff(arguments ...string) error {
	w, err := startWorker()
	if err != nil {
		return err
	}
	arguments = append(arguments, "--max-overhead", "20", "-u", "main.hot*")
	t, err := startTracer(append(traceArguments(arguments, "callRoot"), "main.callLong")...)
	if err != nil {
		return err
	}
	isExact := strings.Contains(strings.Join(arguments, " "), "uprobe_multi")
	names := hotNames
	if !isExact {
		names = names[:1] // each time takes long, and is the same
	}
	pause := t.firstPause()
	for number := range names {
		if err := w.heatUp(number, t, &pause); err != nil {
			return err
		}
	}
	if _, err := w.run("hot", hotPlain, 100); err != nil {
		return err
	}
	time.Sleep(time.Second) // trees without all of them
	told, runErr := w.run("hot", 0, 0)
	seen, err := t.stop()
	if err := firstOf(runErr, err, w.codeIsClean(), w.end()); err != nil {
		return err
	}
	if told.Result != told.Trees*2 {
		return fmt.Errorf("wrong answer: %d, not %d", told.Result, told.Trees*2)
	}
	if have := t.takenOff(); len(have) != len(names) {
		return skipped(fmt.Sprintf("probes cost too much here, of others too: %v are taken off", have))
	}
	if err = seen.longMustBe(isExact, len(names)); err == nil && isExact {
		err = seen.mustBe(rootShape(2), worked{told, w.pid()})
	} else if err == nil {
		err = seen.mustBeMarked(rootShape(2), told, t)
	}
	if err != nil {
		return fmt.Errorf("%v\n# calls ended: %s\n# %s", err, seen.ends(), t.said())
	}
	return uprobeEventsLeft()
}

// The tree of callLong, which is taken out: it was open all the time.
func (a *account) longMustBe(isExact bool, numOff int) error {
	const want = "callLeaf@1:return callLeaf@1:return callLong@0:return"
	for number, tree := range a.trees {
		root := tree[len(tree)-1]
		if root.Function != "callLong" {
			continue
		}
		delete(a.trees, number)
		a.calls -= int64(len(tree))
		if shape(tree) != want || root.FuncsOff != numOff || isExact == root.Incomplete || isExact != (root.ProbesOff == 0) {
			return fmt.Errorf("%s: %+v", shape(tree), root)
		}
		return nil
	}
	return fmt.Errorf("there is no tree of callLong")
}

// Each tree is right, or says that probes were off. That others are missing is told.
func (a account) mustBeMarked(want string, told report, t *tracer) error {
	var marked, right int64
	for number, tree := range a.trees {
		root := tree[len(tree)-1]
		switch {
		case root.ProbesOff > 0 && root.Incomplete:
			marked++
		case shape(tree) == want:
			right++
		default:
			return fmt.Errorf("tree %d is %s, and bears no mark", number, abridged(shape(tree)))
		}
	}
	fmt.Printf("# %d trees: %d are right, %d marked\n", told.Trees, right, marked)
	if right+marked > told.Trees || right == 0 || !strings.Contains(t.messages.String(), "all probes were off for ") {
		return fmt.Errorf("of %d trees %d are right and %d marked", told.Trees, right, marked)
	}
	return nil
}
