// SPDX-License-Identifier: MIT

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strings"
)

const valuesCalls = 200

type argument struct {
	Expr  string          `json:"expr"`
	Value json.RawMessage `json:"value"`
	State string          `json:"state"`
}

// What work's callValues gets, by the registers that Go passes words in.
func valuesTarget() string {
	r := []string{"ax", "bx", "cx", "di", "si", "r8", "r9"}
	if runtime.GOARCH == "arm64" {
		r = []string{"x0", "x1", "x2", "x3", "x4", "x5", "x6"}
	}
	return fmt.Sprintf("main.callValues(name=(%%%s,%%%s):string, n=%%%s:s64, at=+0(%%%s):string, size=+8(%%%s):u64, "+
		"wild=(%%%s,%%%s):string, nowhere=+0(%%%s):x64, sp=+0(%%sp):x8, last=%%%s:s8)(result=%%%s:s64, sp=+0(%%sp):x8)",
		r[0], r[1], r[2], r[3], r[3], r[4], r[5], r[6], r[2], r[0])
}

func quoted(text string) string {
	out, _ := json.Marshal(text)
	return string(out)
}

// A text of `bytes` bytes, of which 128 are kept.
func wantedText(n int) (value, state string) {
	text := strings.Repeat("é", n)
	if len(text) > 128 {
		return quoted(text[:128]), "truncated"
	}
	return quoted(text), ""
}

func mustBeValues(c call, n int) error {
	name, state := wantedText(n)
	at, atState, size := name, state, fmt.Sprint(2*n)
	sizeState := ""
	if n%2 == 0 {
		at, atState, size, sizeState = "null", "nil", "null", "nil"
	}
	wanted := []argument{{"name", []byte(name), state}, {"n", []byte(fmt.Sprint(-n)), ""}, {"at", []byte(at), atState},
		{"size", []byte(size), sizeState}, {"wild", nil, "truncated"}, {"nowhere", []byte("null"), "unreadable"},
		{"sp", nil, ""}, {"last", []byte(fmt.Sprint(int8(-n))), ""}}
	if err := mustBe(c.Args, wanted, n); err != nil {
		return err
	}
	result := n
	if n%2 == 1 {
		result += 2 * n
	}
	return mustBe(c.Results, []argument{{"result", []byte(fmt.Sprint(result)), ""}, {"sp", nil, ""}}, n)
}

func mustBe(values, wanted []argument, n int) error {
	if len(values) != len(wanted) {
		return fmt.Errorf("call %d has %d values: %v", n, len(values), values)
	}
	for i, w := range wanted {
		have := values[i]
		if !strings.HasPrefix(have.Expr, w.Expr+"=") || have.State != w.State ||
			(w.Value != nil && string(have.Value) != string(w.Value)) {
			return fmt.Errorf("call %d: %s is %s %q, not %s %q", n, have.Expr, have.Value, have.State, w.Value, w.State)
		}
	}
	return nil
}

// Each call with what it was given, and what it returned.
func values(arguments ...string) error {
	return valuesFrom(0, arguments...)
}

// Of these, the kernel takes those alone that the conditions are for.
func conditions(arguments ...string) error {
	return valuesFrom(100, append(arguments, "--label", "none", "--label", "half=second", "--where",
		`n <= -100 && (name ~ "é*" && name != "é" || n < 0 && last == nil) && !(size == 7 && at ~ "x*" && n > 0) || n == 7`)...)
}

// The same of labels alone.
func chosenLabels(arguments ...string) error {
	return valuesFrom(100, append(arguments, "--label", "none", "--label", "half=second")...)
}

// The first `first` calls do not satisfy the conditions.
func valuesFrom(first int, arguments ...string) error {
	w, err := startWorker()
	if err != nil {
		return err
	}
	t, err := startTracer(append(arguments, workPath, valuesTarget())...)
	if err != nil {
		return err
	}
	told, err := w.run("values", valuesCalls, 0)
	path := t.path
	defer os.Remove(path)
	if err := firstOf(err, t.end(), w.end()); err != nil {
		return err
	}
	seen, err := readAccount(path)
	if err != nil {
		return err
	}
	if seen.calls != told.Calls-int64(first) || told.Calls != valuesCalls {
		return fmt.Errorf("%d calls were made, %d traced: %s", told.Calls, seen.calls, t.said())
	}
	for number, tree := range seen.trees {
		if err := mustBeValues(tree[0], first+int(number)-1); err != nil {
			return err
		}
	}
	return nil
}
