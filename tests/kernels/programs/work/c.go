// SPDX-License-Identifier: MIT

//go:build cgo

package main

// Not called: with C in a program its threads are C's, and g is in thread-local storage too.

// int nothing_to_do(void) { return 0; }
import "C"

var _ = C.nothing_to_do
