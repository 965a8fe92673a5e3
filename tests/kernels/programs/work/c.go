// SPDX-License-Identifier: MIT

//go:build cgo

package main

// With C in a program its threads are C's, and g is in thread-local storage too.

// __attribute__((noinline)) int call_of_c(int n) { __asm__ volatile(""); return 5 * n; }
import "C"

//go:noinline
func callIntoC(n int) int {
	count()
	count() // call_of_c
	return int(C.call_of_c(C.int(n)))
}

func init() { intoC = callIntoC }
