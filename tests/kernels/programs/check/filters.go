// SPDX-License-Identifier: MIT

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// Trees of treeShape() that are traced with each filter, and what is in one.
const (
	filteredTrees = 4
	branches      = 6
	leaves        = 6
	leafLines     = leaves + 2 // two branches call none
)

// What one goroutine's trees give with these options: the tracer's output, and what it said.
func filtered(arguments ...string) ([]byte, string, error) {
	w, err := startWorker()
	if err != nil {
		return nil, "", err
	}
	t, err := startTracer(traceArguments(arguments, "callRoot")...)
	if err != nil {
		return nil, "", err
	}
	defer os.Remove(t.path)
	told, err := w.run("tree", 1, filteredTrees)
	if err := firstOf(err, t.end(), w.end()); err != nil {
		return nil, "", err
	}
	if told.Result != rightAnswer("tree", 1, filteredTrees) {
		return nil, "", fmt.Errorf("wrong answer: %d", told.Result)
	}
	output, err := os.ReadFile(t.path)
	return output, t.messages.String(), err
}

// Whole trees that are chosen, and how many were not is told.
func chooses(shown int, arguments ...string) error {
	output, said, err := filtered(arguments...)
	if err != nil {
		return err
	}
	a, err := parseAccount(strings.NewReader(string(output)))
	if err != nil {
		return err
	}
	if len(a.trees) != shown {
		return fmt.Errorf("%d trees, not %d", len(a.trees), shown)
	}
	for _, tree := range a.trees {
		if have := shape(tree); have != treeShape() {
			return fmt.Errorf("a tree is %s", have)
		}
	}
	if sum := fmt.Sprintf("%d calls of targets, %d shown", filteredTrees, shown); !strings.Contains(said, sum) {
		return fmt.Errorf("it did not say that there were %s: %s", sum, said)
	}
	return nil
}

// Of each tree the first call alone is shown, which has the number of the others.
func folds(arguments ...string) error {
	output, _, err := filtered(arguments...)
	if err != nil {
		return err
	}
	a, err := parseAccount(strings.NewReader(string(output)))
	if err != nil {
		return err
	}
	if len(a.trees) != filteredTrees {
		return fmt.Errorf("%d trees, not %d", len(a.trees), filteredTrees)
	}
	for _, tree := range a.trees {
		root := tree[0]
		if len(tree) != 1 || root.Function != "callRoot" || root.Folded.Calls != branches+leaves {
			return fmt.Errorf("%d calls are shown, %d folded into %s", len(tree), root.Folded.Calls, root.Function)
		}
	}
	return nil
}

func leafLine(arguments ...string) error {
	output, _, err := filtered(arguments...)
	if err != nil {
		return err
	}
	text := string(output)
	if one := strings.Count(text, "();"); one != filteredTrees*leafLines {
		return fmt.Errorf("%d calls have one line, not %d:\n%s", one, filteredTrees*leafLines, text)
	}
	if two, want := strings.Count(text, "() {"), filteredTrees*(1+branches+leaves-leafLines); two != want {
		return fmt.Errorf("%d calls have two lines, not %d:\n%s", two, want, text)
	}
	return nil
}

// Numbers of calls, and times that add up: what each function took itself, and what for.
func sumsUp(arguments ...string) error {
	output, _, err := filtered(arguments...)
	if err != nil {
		return err
	}
	wanted := map[string]int64{"main.callRoot": 1, "main.callBranch": branches, "main.callLeaf": leaves}
	var total, self, spent int64
	for lines := bufio.NewScanner(strings.NewReader(string(output))); lines.Scan(); {
		var row struct {
			Function string `json:"function"`
			Calls    int64  `json:"calls"`
			Total    int64  `json:"total_ns"`
			Self     int64  `json:"self_ns"`
			Spent    parts  `json:"self_states_ns"`
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			return fmt.Errorf("%v in %q", err, lines.Text())
		}
		if row.Calls != wanted[row.Function]*filteredTrees {
			return fmt.Errorf("%d calls of %s", row.Calls, row.Function)
		}
		delete(wanted, row.Function)
		if row.Function == "main.callRoot" {
			total = row.Total
		}
		self += row.Self
		for _, ns := range row.Spent {
			spent += ns
		}
	}
	if len(wanted) > 0 || total == 0 || self != total || spent != total {
		return fmt.Errorf("%v are missing; %d ns, %d by function, %d by state:\n%s", wanted, total, self, spent, output)
	}
	return nil
}

// Nothing in them differs by kernel, so that one kernel is enough, on every processor.
func filters() error {
	if !atLeast(7, 0) {
		return skipped("the newest kernel is enough")
	}
	return firstOf(
		chooses(0, "--slower", "1h"),
		chooses(filteredTrees, "--slower", "1ns"),
		chooses(2, "--slowest", "2"),
		folds("--min-duration", "1h"),
		folds("--depth", "1"),
		leafLine("--leaf", "-f", "graph"),
		sumsUp("--summary", "--states"))
}
