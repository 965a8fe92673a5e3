// SPDX-License-Identifier: MIT

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"sort"
)

// tests/fixtures/typed: it tells what its functions were given as the tracer's JSON has it.
const typedPath = "/bin/typed"

var typedCommands = []string{"numbers", "structs", "generics", "closures", "texts", "others", "maps", "interfaces"}

// Those of tests/e2e/test_typed.py and test_typed_generics.py.
var typedTargets = []string{"main.ints", "main.spilled", "main.floats", "main.stackedFloats", "main.structs",
	"main.inRegisters", "main.larges", "main.empties", "main.variadic", "main.blanks", "main.generic[[]*",
	"main.silent[[]*", "main.numeric[[]*", "main.composed[[]*", "main.pair[[]*", "main.shown[[]*",
	"main.(*pair[[]*", "main.point.byValue", "main.(*point).byPointer", "main.giveClosures.func1", "main.slices",
	"main.texts", "main.named", "main.pointers", "main.lists", "main.channels", "main.maps", "main.functions", "main.interfaces"}

// A value, of whatever type, and which parts of it are not whole.
type typedValue struct {
	Value  interface{}       `json:"value"`
	State  string            `json:"state"`
	States map[string]string `json:"states"`
}

type typedCall struct {
	Function string `json:"function"`
	Start    int64  `json:"start_ns"`
	Args     []struct {
		Name string `json:"name"`
		typedValue
	} `json:"args"`
}

// Values by name and type, of every type and in every place where parameters are: the processor's registers, the
// stack, both.
func typedValues() error {
	if _, err := os.Stat(typedPath); err != nil {
		return skipped("there is no such program here")
	}
	w, err := startWorkerAs(typedPath)
	if err != nil {
		return err
	}
	t, err := startTracer(append([]string{"-a", typedPath}, typedTargets...)...)
	if err != nil {
		return err
	}
	told, err := typedTold(w)
	path := t.path
	defer os.Remove(path)
	if err := firstOf(err, t.end(), w.end()); err != nil {
		return err
	}
	traced, err := typedTraced(path)
	if err != nil {
		return err
	}
	if len(traced) != len(told) {
		return fmt.Errorf("%d calls were made, %d traced: %s", len(told), len(traced), t.said())
	}
	for i, call := range traced {
		if err := typedDiffer(call, told[i]); err != nil {
			return err
		}
	}
	return nil
}

// What each call was given; nil: nobody can tell of it.
func typedTold(w *worker) (told [][]*typedValue, err error) {
	for _, command := range typedCommands {
		if err := w.ask(command, 0, 0); err != nil {
			return nil, err
		}
		line, err := w.answer()
		if err != nil {
			return nil, err
		}
		var calls [][]*typedValue
		if err := json.Unmarshal(line, &calls); err != nil {
			return nil, err
		}
		told = append(told, calls...)
	}
	return told, nil
}

// In the order in which they began.
func typedTraced(path string) (calls []typedCall, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	for lines := json.NewDecoder(file); lines.More(); {
		var call typedCall
		if err := lines.Decode(&call); err != nil {
			return nil, err
		}
		calls = append(calls, call)
	}
	sort.SliceStable(calls, func(i, j int) bool { return calls[i].Start < calls[j].Start })
	return calls, nil
}

func typedDiffer(call typedCall, told []*typedValue) error {
	have, want := []typedValue{}, []typedValue{}
	for _, arg := range call.Args {
		if arg.Name != "_" {
			have = append(have, arg.typedValue)
		}
	}
	for _, value := range told {
		if value != nil {
			want = append(want, *value)
		}
	}
	if !reflect.DeepEqual(have, want) {
		return fmt.Errorf("%s has %+v, not %+v", call.Function, have, want)
	}
	return nil
}
