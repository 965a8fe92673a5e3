// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Functions that are called all the time, so that a tracer takes their probes off.

//go:noinline
func hotOne(n int) int { return n + 1 }

//go:noinline
func hotTwo(n int) int { return n + 2 }

//go:noinline
func hotThree(n int) int { return n + 3 }

//go:noinline
func plain(n int) int { return n + 4 }

// Open all the time.
//
//go:noinline
func callLong() {
	defer beside.over.Done()
	callLeaf(1)
	for atomic.LoadInt32(&beside.trees) == 1 {
		time.Sleep(10 * time.Millisecond)
	}
	callLeaf(2)
}

// What goes on beside commands, until "hot 0".
var beside struct {
	hot   int32 // which function, 0: none
	pause int32 // µs of work between two calls of it
	trees int32 // 1: two goroutines make them
	over  sync.WaitGroup
	told  report
	lock  sync.Mutex
}

func heat() {
	defer beside.over.Done()
	for n := 0; ; {
		which := atomic.LoadInt32(&beside.hot)
		if which == 0 {
			return
		}
		n = []func(int) int{hotOne, hotTwo, hotThree, plain}[which-1](n)
		pause := time.Duration(atomic.LoadInt32(&beside.pause)) * time.Microsecond
		for begun := time.Now(); time.Since(begun) < pause; {
		}
	}
}

// Now and then a tree, so that probes inside it take little of the program's time.
func makeTrees() {
	defer beside.over.Done()
	var made, result int64
	for ; atomic.LoadInt32(&beside.trees) == 1; made++ {
		result += int64(callRoot(2))
		time.Sleep(50 * time.Millisecond)
	}
	beside.lock.Lock()
	defer beside.lock.Unlock()
	beside.told.Trees += made
	beside.told.Calls += 4 * made
	beside.told.Result += result
	beside.told.Goids = append(beside.told.Goids, goid())
}

// "hot N M": the function N is called from now on, every M µs; the first time, trees are made as well, and
// callLong begins.
// "hot 0 0" ends all that and tells of the trees.
func hot(which, pause int) (report, error) {
	if which < 0 || which > 4 {
		return report{}, fmt.Errorf("there is no hot function %d", which)
	}
	atomic.StoreInt32(&beside.pause, int32(pause))
	if before := atomic.SwapInt32(&beside.hot, int32(which)); before == 0 && which != 0 {
		beside.told = report{}
		atomic.StoreInt32(&beside.trees, 1)
		beside.over.Add(4)
		go callLong()
		go heat()
		go makeTrees()
		go makeTrees()
	}
	if which != 0 {
		return report{}, nil
	}
	atomic.StoreInt32(&beside.trees, 0)
	beside.over.Wait()
	return beside.told, nil
}
