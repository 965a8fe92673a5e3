// SPDX-License-Identifier: MIT

// Package log is a logger with a fault: it takes up to a second to write nothing.
package log

import (
	"math/rand"
	"time"
)

//go:noinline
func Debug(message string) {
	time.Sleep(time.Duration(rand.Int63n(int64(time.Second))))
}
