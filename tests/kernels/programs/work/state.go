// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"runtime"
)

// Whether any goroutine is as told, "goroutine 7 [sleep" or "[sleep", as the runtime names states. The world stands still
// for that: whoever sees it has seen all of its change of state. `text` is room for all goroutines.
func anyIsIn(text []byte, told string) bool {
	return bytes.Contains(text[:runtime.Stack(text, true)], []byte(told))
}
