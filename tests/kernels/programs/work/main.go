// SPDX-License-Identifier: MIT

// work is the program that is traced inside a guest. It does what the lines on its standard input
// say and answers each with one line of JSON that tells what it truly did. The traced functions are
// those whose names begin with "call".
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// What a command did. Result is a checksum of the answers that the traced functions gave.
type report struct {
	Calls  int64   `json:"calls"`
	Trees  int64   `json:"trees"`
	Goids  []int64 `json:"goids,omitempty"`
	Result int64   `json:"result"`
	Waits  []wait  `json:"waits,omitempty"`
}

var calls int64

var intoC func(int) int // nil: no C is in the program

func count() {
	atomic.AddInt64(&calls, 1)
}

//go:noinline
func callRoot(n int) int {
	count()
	sum := 0
	for i := 0; i < n; i++ {
		sum += callBranch(i)
		if i%2 == 1 {
			runtime.Gosched()
		}
	}
	return sum
}

//go:noinline
func callBranch(i int) int {
	count()
	sum := i
	for k := 0; k < i%3; k++ {
		sum += callLeaf(k)
	}
	return sum
}

//go:noinline
func callLeaf(k int) int {
	count()
	return 7*k + 1
}

// A frame of half a kilobyte that points into itself: the stack grows below traced frames, and the
// garbage collector has something to move.
//
//go:noinline
func callGrow(depth int) int {
	count()
	var room [64]int
	here := &room[depth%len(room)]
	*here = depth
	if depth == 0 {
		return 0
	}
	below := callGrow(depth - 1)
	return below + *here
}

//go:noinline
func callCatch(n int) (result int) {
	count()
	defer recovered(&result)
	return callMiddle(n)
}

func recovered(result *int) {
	if value := recover(); value != nil {
		*result = value.(int)
	}
}

//go:noinline
func callMiddle(n int) int {
	count()
	return callThrow(n) + 1
}

//go:noinline
func callThrow(n int) int {
	count()
	panic(n + 3)
}

//go:noinline
func callQuit(n int) int {
	count()
	return callLast(n) + 1
}

//go:noinline
func callLast(n int) int {
	count()
	runtime.Goexit()
	return n
}

func goid() int64 {
	var text [64]byte
	fields := bytes.Fields(text[:runtime.Stack(text[:], false)])
	id, _ := strconv.ParseInt(string(fields[1]), 10, 64)
	return id
}

// Runs work on `goroutines` goroutines at once; they start together.
func together(goroutines int, work func(index int)) []int64 {
	var started, finished sync.WaitGroup
	gate := make(chan struct{})
	goids := make([]int64, goroutines)
	for i := 0; i < goroutines; i++ {
		i := i
		started.Add(1)
		finished.Add(1)
		go func() {
			defer finished.Done()
			goids[i] = goid()
			started.Done()
			<-gate
			work(i)
		}()
	}
	started.Wait()
	close(gate)
	finished.Wait()
	return goids
}

// A goroutine that collects garbage, which shrinks stacks too, until stopped.
func collecting() (stop func()) {
	var done int32
	var over sync.WaitGroup
	over.Add(1)
	go func() {
		defer over.Done()
		for atomic.LoadInt32(&done) == 0 {
			runtime.GC()
		}
	}()
	return func() {
		atomic.StoreInt32(&done, 1)
		over.Wait()
	}
}

// Goroutines end, and calls with them, behind their deferred calls, of which the last says that they are over.
func awaitEnds(left int) {
	for runtime.NumGoroutine() > left {
		time.Sleep(time.Millisecond)
	}
}

func executeFromAnotherThread(over chan<- error) {
	runtime.LockOSThread()
	if syscall.Gettid() == os.Getpid() {
		go executeFromAnotherThread(over) // this goroutine keeps the first thread
		select {}
	}
	over <- syscall.Exec("/proc/self/exe", os.Args, os.Environ())
}

func do(command string, n, m int) (r report, err error) {
	var result, trees int64
	tree := func(answer int) {
		atomic.AddInt64(&result, int64(answer))
		atomic.AddInt64(&trees, 1)
	}
	before := runtime.NumGoroutine()
	atomic.StoreInt64(&calls, 0)
	switch command {
	case "tree": // n goroutines, m trees each
		r.Goids = together(n, func(int) {
			for i := 0; i < m; i++ {
				tree(callRoot(6))
			}
		})
	case "many": // n goroutines, one small tree each
		r.Goids = together(n, func(int) { tree(callRoot(2)) })
	case "grow": // m deep, n times, on new stacks
		for i := 0; i < n; i++ {
			r.Goids = append(r.Goids, together(1, func(int) { tree(callGrow(m)) })...)
		}
	case "collect": // 4 goroutines, n times, m deep, with the garbage collector at work
		stop := collecting()
		r.Goids = together(4, func(int) {
			for i := 0; i < n; i++ {
				tree(callGrow(m))
			}
		})
		stop()
	case "atomics": // n goroutines, m calls each that count by atomic operations
		r.Goids = atomicsTogether(n, m, tree)
		trees = int64(n * m)
	case "panic":
		r.Goids = together(n, func(i int) {
			for k := 0; k < m; k++ {
				tree(callCatch(i))
			}
		})
	case "quit":
		r.Goids = together(n, func(i int) {
			atomic.AddInt64(&trees, 1)
			callQuit(i)
		})
		awaitEnds(before)
	case "tail": // n goroutines, m trees each with a call that ends in a jump to the next
		r.Goids = together(n, func(int) {
			for i := 0; i < m; i++ {
				tree(callTail(&tailOuter{tailInner: &tailInner{i}}, i+1))
			}
		})
	case "c": // n goroutines, m trees each with a call of C; n = 0: one, the first
		if intoC == nil {
			return r, fmt.Errorf("no C is in this program")
		}
		work := func(int) {
			for i := 0; i < m; i++ {
				tree(intoC(i))
			}
		}
		if n == 0 {
			work(0)
			break
		}
		r.Goids = together(n, work)
	case "spin": // n goroutines for m milliseconds
		end := time.Now().Add(time.Duration(m) * time.Millisecond)
		together(n, func(i int) {
			for time.Now().Before(end) {
				tree(callRoot(6))
			}
		})
	case "flood": // n goroutines, m trees each, as fast as they can
		together(n, func(i int) {
			for k := 0; k < m; k++ {
				tree(callBranch(2))
			}
		})
	case "hot": // function n is called every m µs, beside trees; 0: the account of those
		return hot(n, m)
	case "values": // n calls, one after the other
		for i := 0; i < n; i++ {
			labels := pprof.Labels("half", []string{"first", "second"}[2*i/n])
			pprof.Do(context.Background(), labels, func(context.Context) { tree(giveValues(i)) })
		}
	case "wait": // n goroutines, one call each that waits m milliseconds, three times
		if r.Waits, err = waitTogether(n, time.Duration(m)*time.Millisecond); err != nil {
			return r, err
		}
		awaitEnds(before)
	case "ask": // n questions, each answered after m milliseconds
		if err = ask(n, time.Duration(m)*time.Millisecond); err != nil {
			return r, err
		}
	case "dial": // the same of who listens at port m, as soon as that one does
		if err = dial("tcp", fmt.Sprintf("127.0.0.1:%d", m), n); err != nil {
			return r, err
		}
	case "exec": // the program itself, from a thread that is not the first one; "ready" is said again
		over := make(chan error)
		go executeFromAnotherThread(over)
		return r, <-over
	default:
		return r, fmt.Errorf("unknown command %q", command)
	}
	r.Calls, r.Trees, r.Result = atomic.LoadInt64(&calls), trees, result
	return r, nil
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	answers := json.NewEncoder(os.Stdout)
	fmt.Println(`"ready"`)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) != 3 {
			fmt.Fprintln(os.Stderr, "work: COMMAND N M")
			os.Exit(2)
		}
		n, _ := strconv.Atoi(words[1])
		m, _ := strconv.Atoi(words[2])
		r, err := do(words[0], n, m)
		if err != nil {
			fmt.Fprintln(os.Stderr, "work:", err)
			os.Exit(2)
		}
		if err := answers.Encode(r); err != nil {
			os.Exit(1)
		}
	}
}
