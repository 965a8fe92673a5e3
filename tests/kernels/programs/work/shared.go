// SPDX-License-Identifier: MIT

//go:build shared

package main

import "C"

// Serve is what tests/fixtures/c_host calls of this program as a library.
//
//export Serve
func Serve() { main() }
