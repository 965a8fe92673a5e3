// SPDX-License-Identifier: MIT

package main

import (
	"sync"
	"sync/atomic"
	"unsafe"
)

// As variables, so that they are called: the compiler makes instructions of them otherwise.
var (
	addInt32    = atomic.AddInt32
	addInt64    = atomic.AddInt64
	swapInt32   = atomic.SwapInt32
	swapInt64   = atomic.SwapInt64
	compareInt  = atomic.CompareAndSwapInt64
	loadInt64   = atomic.LoadInt64
	storeInt64  = atomic.StoreInt64
	swapPointer = atomic.SwapPointer
)

var shared struct {
	lock            sync.Mutex
	narrow          int32
	wide, compared  int64
	swapped, stored int64
	pointer         unsafe.Pointer
	locked          int64
}

// Adds one to each counter that all goroutines share, by atomic operations that are called and such that are
// instructions of its own.
//
//go:noinline
func callAtomics(mine *int64) {
	count()
	addInt32(&shared.narrow, 1)
	addInt64(&shared.wide, 1)
	atomic.AddInt64(&shared.wide, 1)
	for {
		old := loadInt64(&shared.compared)
		if compareInt(&shared.compared, old, old+1) {
			break
		}
	}
	for {
		old := atomic.LoadInt64(&shared.compared)
		if atomic.CompareAndSwapInt64(&shared.compared, old, old+1) {
			break
		}
	}
	swapInt32((*int32)(unsafe.Pointer(&shared.swapped)), 3)
	swapInt64(&shared.swapped, 5)
	storeInt64(&shared.stored, 7)
	swapPointer(&shared.pointer, unsafe.Pointer(mine))
	shared.lock.Lock()
	shared.locked++
	shared.lock.Unlock()
}

// n goroutines, m calls each; what all of them have counted.
func atomicsTogether(n, m int, tree func(int)) []int64 {
	shared.narrow, shared.wide, shared.compared, shared.locked = 0, 0, 0, 0
	goids := together(n, func(int) {
		mine := new(int64)
		for i := 0; i < m; i++ {
			callAtomics(mine)
			tree(0)
		}
	})
	tree(int(int64(shared.narrow) + shared.wide + shared.compared + shared.locked))
	return goids
}
