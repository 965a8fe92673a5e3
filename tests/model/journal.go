// SPDX-License-Identifier: MIT

// What every generated program shares: the journal that each goroutine keeps of its own calls.
//
// A record is two numbers, so that keeping it disturbs nothing: no defer, no lock, no string.
// tests/model/replay.py tells what they mean. Nothing here may be named like a traced function
// (main.f*, main.(*f*).
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	entry     = 0 // id: a function was entered
	returning = 1 // record of its entry: it is about to return, and has nothing deferred
	back      = 2 // record of an entry, or -1: that call runs again, its callee is gone
	recovered = 3 // record of an entry: the innermost call has recovered a panic on behalf of that one
	exiting   = 4 // the innermost call calls runtime.Goexit
	wrapped   = 5 // id: the next entry is reached through this wrapper of the compiler's
	leaf      = 6 // id: a function that keeps no journal was called and has returned
	unwound   = 7 // a panic was recovered outside of all calls
	given     = 8 // number of values (values.go): what the next entry is given
	got       = 9 // number of values: what the last call has returned
)

type jrn struct {
	rec     []int
	values  [][]*told
	pcs     map[int]uintptr
	goid    int
	seed    int
	state   uint64
	fuel    int
	level   int
	zero    int // always; the compiler does not know
	leaving bool
	thrown  bool
	dying   bool
}

func (j *jrn) add(kind, value int) {
	j.rec = append(j.rec, kind, value)
}

func (j *jrn) E(id int) int {
	if _, ok := j.pcs[id]; !ok {
		var pc [1]uintptr
		runtime.Callers(2, pc[:])
		j.pcs[id] = pc[0]
	}
	k := len(j.rec)
	j.add(entry, id)
	j.fuel--
	return k
}

func (j *jrn) R(k int)  { j.add(returning, k) }
func (j *jrn) B(k int)  { j.add(back, k) }
func (j *jrn) X(k int)  { j.add(recovered, k) }
func (j *jrn) W(id int) { j.add(wrapped, id) }
func (j *jrn) L(id int) { j.add(leaf, id) }

// G leaves the goroutine.
func (j *jrn) G() {
	j.add(exiting, 0)
	j.leaving = true
	runtime.Goexit()
}

func (j *jrn) n(limit int) int {
	j.state ^= j.state << 13
	j.state ^= j.state >> 7
	j.state ^= j.state << 17
	return int(j.state % uint64(limit))
}

func (j *jrn) odds(one int) bool { return j.n(one) == 0 }

// May there be one more call?
func (j *jrn) more(one int) bool { return j.fuel > 0 && j.n(one) == 0 }

// May there be a panic? Go before 1.22 forgets that a goroutine exits when two panics of its deferred
// functions abort each other.
func (j *jrn) may(one int) bool {
	if j.n(one) != 0 || j.leaving && j.thrown {
		return false
	}
	j.thrown = j.leaving
	return true
}

type custom struct{ reason string }

func (c custom) Error() string { return c.reason }

var (
	nothing  *[4]int
	noMap    map[int]int
	anything interface{} = "text"
)

//go:noinline
func toss(j *jrn, how int) {
	switch how {
	case 0:
		panic("on purpose")
	case 1:
		panic(custom{"an error"})
	case 2:
		nothing[j.zero]++
	case 3:
		panic(j.rec[len(j.rec)+j.zero])
	case 4:
		noMap[1] = 1
	case 5:
		panic(anything.(int))
	default:
		panic(1 / j.zero)
	}
}

//go:noinline
func use(pad []byte) {
	if len(pad) > 0 {
		pad[0]++
	}
}

//go:noinline
func hide(f func(*jrn, int)) func(*jrn, int) { return f }

var collections sync.Mutex
var collected int

// collect makes the collector move and shrink stacks, not too often.
func collect() {
	collections.Lock()
	collected++
	again := collected < 12
	collections.Unlock()
	if again {
		runtime.GC()
	}
}

// ---- goroutines ----

var registry struct {
	sync.Mutex
	journals []*jrn
}

func goid() int {
	var text [64]byte
	id, err := strconv.Atoi(strings.Fields(string(text[:runtime.Stack(text[:], false)]))[1])
	if err != nil {
		panic(err)
	}
	return id
}

func newJournal(seed, level int, state uint64) *jrn {
	j := &jrn{seed: seed, level: level, state: state | 1<<40, pcs: map[int]uintptr{}}
	registry.Lock()
	registry.journals = append(registry.journals, j)
	registry.Unlock()
	return j
}

func drive(j *jrn, root func(*jrn)) {
	defer func() {
		if recover() != nil {
			j.add(unwound, 0)
		}
	}()
	root(j)
	j.B(-1)
}

func spawn(seed, level int, state uint64, fuel int, roots []func(*jrn)) {
	j := newJournal(seed, level, state)
	go func() {
		if j.odds(8) {
			runtime.LockOSThread()
		}
		j.goid = goid()
		for _, root := range roots {
			j.fuel = fuel
			drive(j, root)
		}
	}()
}

// ---- the end ----

func write(path string) {
	file, err := os.Create(path)
	if err != nil {
		panic(err)
	}
	registry.Lock()
	fmt.Fprintf(file, `{"pid":%d,"version":%q,"journals":[`, os.Getpid(), runtime.Version())
	for i, j := range registry.journals {
		if i > 0 {
			fmt.Fprint(file, ",")
		}
		fmt.Fprintf(file, "\n{\"goid\":%d,\"seed\":%d,\"dying\":%t,\"names\":{", j.goid, j.seed, j.dying)
		comma := ""
		for id, pc := range j.pcs {
			frame, _ := runtime.CallersFrames([]uintptr{pc}).Next()
			fmt.Fprintf(file, "%s\"%d\":%q", comma, id, frame.Function)
			comma = ","
		}
		fmt.Fprint(file, "},\"records\":[")
		comma = ""
		for _, number := range j.rec {
			fmt.Fprint(file, comma, number)
			comma = ","
		}
		values, err := json.Marshal(j.values)
		if err != nil {
			panic(err)
		}
		fmt.Fprintf(file, "],\"values\":%s}", values)
	}
	fmt.Fprintln(file, "\n]}")
	if err := file.Close(); err != nil {
		panic(err)
	}
	registry.Unlock()
}

// settle waits until all goroutines but so many have gone.
func settle(but int) {
	for start := time.Now(); runtime.NumGoroutine() > 1+but; {
		if time.Since(start) > 60*time.Second {
			fmt.Fprintln(os.Stderr, "stuck:", runtime.NumGoroutine(), "goroutines")
			os.Exit(9)
		}
		time.Sleep(time.Millisecond)
	}
}

func main() {
	baseline := runtime.NumGoroutine() - 1
	for _, program := range programs {
		program()
		settle(baseline)
	}
	if len(os.Args) > 2 && os.Args[2] != "return" {
		conclude(os.Args[1], os.Args[2])
	}
	write(os.Args[1])
}

// conclude ends the process in the middle of calls, of this goroutine and of another one.
func conclude(path, how string) {
	waiting := make(chan bool)
	other, own := newJournal(-1, 0, 1), newJournal(-1, 0, 1)
	other.dying, own.dying = true, true
	go func() {
		other.goid = goid()
		fWait(other, waiting)
	}()
	<-waiting
	own.goid = goid()
	fEnd(own, 3, path, how)
}

//go:noinline
func fWait(j *jrn, waiting chan bool) {
	j.E(-1)
	fWaitMore(j, waiting)
}

//go:noinline
func fWaitMore(j *jrn, waiting chan bool) {
	j.E(-2)
	waiting <- true
	select {}
}

//go:noinline
func fEnd(j *jrn, depth int, path, how string) {
	k := j.E(-3)
	var pad [200]byte
	use(pad[:])
	if depth > 0 {
		fEnd(j, depth-1, path, how)
		j.B(k)
	}
	write(path)
	if how == "panic" {
		panic("the end")
	}
	os.Exit(0)
}
