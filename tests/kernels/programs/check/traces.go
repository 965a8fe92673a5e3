// SPDX-License-Identifier: MIT

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"sort"
)

// tests/fixtures/traceparent: it tells which ids its requests were given. Its goroutine has a label "span id".
const requestsPath = "/bin/traceparent"

type traceIDs struct {
	Trace string `json:"trace_id"`
	Span  string `json:"span_id"`
}

type tracesCall struct {
	traceIDs
	Start  int64             `json:"start_ns"`
	Labels map[string]string `json:"labels"`
}

// Those of requests' headers, with all that programs at entries can have besides: what begins trees there is another
// program, small or large.
func traces(arguments ...string) error {
	if _, err := os.Stat(requestsPath); err != nil {
		return skipped("there is no such program here")
	}
	for _, more := range [][]string{{"main.handle"}, {"-a", "--value-size=1024", "--label", "none", "--where", "n >= 9", "main.(*wrapper).next"}} {
		if err := tracesOf(append(append(append([]string{"--trace-ids"}, arguments...), requestsPath), more...)); err != nil {
			return err
		}
	}
	return nil
}

func tracesOf(arguments []string) error {
	w, err := startWorkerAs(requestsPath)
	if err != nil {
		return err
	}
	t, err := startTracer(arguments...)
	if err != nil {
		return err
	}
	told, err := tracesTold(w)
	path := t.path
	defer os.Remove(path)
	if err := firstOf(err, t.end(), w.end()); err != nil {
		return err
	}
	traced, err := tracesTraced(path)
	if err != nil {
		return err
	}
	// Conditions leave the last ones.
	if len(traced) < 10 || len(traced) > len(told) || !reflect.DeepEqual(traced, told[len(told)-len(traced):]) {
		return fmt.Errorf("requests had %v, traced were %v: %s", told, traced, t.said())
	}
	return nil
}

func tracesTold(w *worker) (told []traceIDs, err error) {
	if err := w.ask("read", 0, 0); err != nil {
		return nil, err
	}
	line, err := w.answer()
	if err != nil {
		return nil, err
	}
	var all []*traceIDs
	if err := json.Unmarshal(line, &all); err != nil {
		return nil, err
	}
	for _, one := range all {
		if one == nil {
			one = &traceIDs{}
		}
		told = append(told, *one)
	}
	return told, nil
}

// In the order in which they began.
func tracesTraced(path string) (traced []traceIDs, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var calls []tracesCall
	for lines := json.NewDecoder(file); lines.More(); {
		var call tracesCall
		if err := lines.Decode(&call); err != nil {
			return nil, err
		}
		calls = append(calls, call)
	}
	sort.SliceStable(calls, func(i, j int) bool { return calls[i].Start < calls[j].Start })
	for _, call := range calls {
		if call.Labels["span id"] != "7" {
			return nil, fmt.Errorf("a call has labels %v", call.Labels)
		}
		traced = append(traced, call.traceIDs)
	}
	return traced, nil
}
