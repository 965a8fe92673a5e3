// SPDX-License-Identifier: MIT

package main

import (
	"strings"
	"unsafe"
)

var anywhere byte

// Seven words in registers: a text, a number, a pointer to a text, a text as long as no memory is, and an
// address where nothing is.
//
//go:noinline
func callValues(name string, n int, at *string, wild string, nowhere uintptr) int {
	count()
	if at == nil {
		return len(name) + n
	}
	return len(name) + n + len(*at)
}

// Not a string constant, which would be known to be as long as it is.
func wildString() string {
	header := [2]uintptr{uintptr(unsafe.Pointer(&anywhere)), 1 << 62}
	return *(*string)(unsafe.Pointer(&header))
}

// The n-th call, of a text of so many bytes; every second one of a pointer that is nil.
func giveValues(n int) int {
	name := strings.Repeat("é", n)
	if n%2 == 0 {
		return callValues(name, -n, nil, wildString(), 0x10)
	}
	return callValues(name, -n, &name, wildString(), 0x10)
}
