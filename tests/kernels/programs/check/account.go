// SPDX-License-Identifier: MIT

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
)

// One line of the tracer's JSON.
type call struct {
	Pid      int    `json:"pid"`
	Goid     int64  `json:"goid"`
	Tree     int64  `json:"tree"`
	Depth    int    `json:"depth"`
	Function string `json:"function"`
	Start    int64  `json:"start_ns"`
	Duration int64  `json:"duration_ns"`
	End      string `json:"end"`
	Caller   struct {
		Function string `json:"function"`
	} `json:"caller"`
	// With --max-overhead.
	Incomplete bool  `json:"incomplete"`
	ProbesOff  int64 `json:"probes_off_ns"`
	FuncsOff   int   `json:"functions_off"`
	// With values.
	Args    []argument `json:"args"`
	Results []argument `json:"results"`
	// With --states, --min-wait and --follow.
	States    parts      `json:"states_ns"`
	Waits     []longWait `json:"waits"`
	StartedBy starter    `json:"started_by"`
	// With --stack.
	Stack []struct {
		Function string `json:"function"`
	} `json:"stack"`
	StackEnd string `json:"stack_end"`
	// With --min-duration and --depth.
	Folded struct {
		Calls int64 `json:"calls"`
	} `json:"folded"`
}

// What the tracer saw: each tree's calls in the order in which they ended.
type account struct {
	calls int64
	trees map[int64][]call
}

func readAccount(path string) (account, error) {
	file, err := os.Open(path)
	if err != nil {
		return account{}, err
	}
	defer file.Close()
	return parseAccount(file)
}

func parseAccount(file io.Reader) (account, error) {
	a := account{trees: map[int64][]call{}}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var c call
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			return a, fmt.Errorf("%v in %q", err, lines.Text())
		}
		c.Function = strings.TrimPrefix(c.Function, "main.")
		a.calls++
		a.trees[c.Tree] = append(a.trees[c.Tree], c)
	}
	return a, lines.Err()
}

// "function@depth:end ..." of one tree: what is compared.
func shape(calls []call) string {
	var b strings.Builder
	for i, c := range calls {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%s@%d:%s", c.Function, c.Depth, c.End)
	}
	return b.String()
}

// The shapes that work's commands must give.
func treeShape() string { return rootShape(6) }

func rootShape(branches int) string {
	var ended []call
	for i := 0; i < branches; i++ {
		for k := 0; k < i%3; k++ {
			ended = append(ended, call{Function: "callLeaf", Depth: 2, End: "return"})
		}
		ended = append(ended, call{Function: "callBranch", Depth: 1, End: "return"})
	}
	return shape(append(ended, call{Function: "callRoot", End: "return"}))
}

func growShape(depth int) string {
	var ended []call
	for d := depth; d >= 0; d-- {
		ended = append(ended, call{Function: "callGrow", Depth: d, End: "return"})
	}
	return shape(ended)
}

const (
	panicShape = "callThrow@2:panic callMiddle@1:panic callCatch@0:return"
	quitShape  = "callLast@1:goexit callQuit@0:goexit"
	cShape     = "call_of_c@1:return callIntoC@0:return"
	tailShape  = "(*tailOuter).callTo@1:tail_call (*tailInner).callTo@1:return callTail@0:return"
)

// Whether the tracer's account is exactly what the programs told: every tree of this shape, as many
// as they began, on the goroutines that they name, no call too many.
func (a account) mustBe(want string, told ...worked) error {
	trees := map[int]int64{}
	goids := map[int]map[int64]bool{}
	var calls int64
	for number, tree := range a.trees {
		if have := shape(tree); have != want {
			return fmt.Errorf("tree %d of %d trees (pid %d, goid %d) is\n#   %s\n# not\n#   %s", number,
				len(a.trees), tree[0].Pid, tree[0].Goid, abridged(have), abridged(want))
		}
		root := tree[len(tree)-1]
		for _, c := range tree {
			if c.Pid != root.Pid || c.Goid != root.Goid {
				return fmt.Errorf("tree %d mixes goroutines", number)
			}
			if c.Start < root.Start || c.Start+c.Duration > root.Start+root.Duration {
				return fmt.Errorf("%s in tree %d is not within its root's time", c.Function, number)
			}
		}
		trees[root.Pid]++
		if goids[root.Pid] == nil {
			goids[root.Pid] = map[int64]bool{}
		}
		goids[root.Pid][root.Goid] = true
	}
	for _, w := range told {
		calls += w.Calls
		if trees[w.pid] != w.Trees {
			return fmt.Errorf("pid %d began %d trees, %d were traced", w.pid, w.Trees, trees[w.pid])
		}
		if err := sameGoids(w.Goids, goids[w.pid]); err != nil {
			return fmt.Errorf("pid %d: %v", w.pid, err)
		}
		delete(trees, w.pid)
	}
	if len(trees) > 0 {
		return fmt.Errorf("trees of processes that made none: %v", trees)
	}
	if a.calls != calls {
		return fmt.Errorf("%d calls were made, %d traced", calls, a.calls)
	}
	return nil
}

// What a worker told, and which one it was.
type worked struct {
	report
	pid int
}

func sameGoids(told []int64, seen map[int64]bool) error {
	if told == nil {
		return nil
	}
	missing := 0
	for _, goid := range told {
		if !seen[goid] {
			missing++
		}
		delete(seen, goid)
	}
	if missing > 0 || len(seen) > 0 {
		return fmt.Errorf("%d goroutines were not seen, %d seen do not exist", missing, len(seen))
	}
	return nil
}

func abridged(s string) string {
	if len(s) > 600 {
		return s[:300] + " ... " + s[len(s)-300:]
	}
	return s
}

// How many calls ended in which way, for messages.
func (a account) ends() string {
	ends := map[string]int{}
	for _, tree := range a.trees {
		for _, c := range tree {
			ends[c.End]++
		}
	}
	var list []string
	for end, n := range ends {
		list = append(list, fmt.Sprintf("%s %d", end, n))
	}
	sort.Strings(list)
	return strings.Join(list, ", ")
}
