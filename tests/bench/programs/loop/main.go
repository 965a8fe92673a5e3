// SPDX-License-Identifier: MIT

// loop calls hot() as lines on its standard input say and answers each line with one of its own:
//
//	hot N     calls it N times: "CPU_NS WALL_NS", of the whole process
//	nest N    the same from within outer()
//	three N   three() instead, from within outerThree(); eight N: eight(), from within outerEight()
//	flood MS  calls it from one goroutine a CPU for so long: "CALLS"
//	switch N  two goroutines wait for each other N times each: "CPU_NS WALL_NS"
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

var sink [64]int64

//go:noinline
func inner(n int64) int64 { return n*3 + 1 }

// Has a frame and a stack check, as most functions do.
//
//go:noinline
func hot(n int64) int64 {
	return inner(n) ^ n
}

// A target that is never called while hot() is.
//
//go:noinline
func never(n int64) int64 {
	return inner(n) + n
}

// A target that calls hot().
//
//go:noinline
func outer(n int64) (sum int64) {
	for i := int64(0); i < n; i++ {
		sum += hot(i)
	}
	return sum
}

type point struct{ x, y int64 }

//go:noinline
func three(name string, a, b int64) int64 { return inner(a) ^ b + int64(len(name)) }

//go:noinline
func eight(name string, p, q *point, text *string, bytes []byte, a, b, c int64) int64 {
	return inner(a) ^ b ^ c ^ p.x ^ q.y + int64(len(name)+len(*text)+len(bytes))
}

// Targets that call those with values.
//
//go:noinline
func outerThree(n int64) (sum int64) {
	for i := int64(0); i < n; i++ {
		sum += three("a text of some thirty bytes....", i, -i)
	}
	return sum
}

//go:noinline
func outerEight(n int64) (sum int64) {
	p, text := point{1, 2}, "a text of some thirty bytes...."
	for i := int64(0); i < n; i++ {
		sum += eight(text, &p, &p, &text, []byte("bytes"), i, -i, 7)
	}
	return sum
}

// The one waits while the other runs: all they do is to change their states.
//
//go:noinline
func ping(n int64, to, from chan int64) {
	for i := int64(0); i < n; i++ {
		to <- i
		<-from
	}
}

//go:noinline
func pong(n int64, to, from chan int64, over chan int) {
	for i := int64(0); i < n; i++ {
		to <- <-from
	}
	over <- 1
}

func cpu() int64 {
	var usage syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return usage.Utime.Nano() + usage.Stime.Nano()
}

func flood(length time.Duration) int64 {
	var calls int64
	var over sync.WaitGroup
	end := time.Now().Add(length)
	for i := 0; i < runtime.NumCPU(); i++ {
		slot := &sink[8*(i%8)]
		over.Add(1)
		go func() {
			defer over.Done()
			var n int64
			for time.Now().Before(end) {
				for k := 0; k < 100; k++ {
					*slot += hot(n)
					n++
				}
			}
			atomic.AddInt64(&calls, n)
		}()
	}
	over.Wait()
	return calls
}

func main() {
	labels := pprof.Labels("worker", "loop")
	pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), labels))
	sink[0] = never(1) + hot(1)
	fmt.Println("ready")
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var command string
		var n int64
		fmt.Sscan(lines.Text(), &command, &n)
		switch command {
		case "hot":
			begun, used := time.Now(), cpu()
			for i := int64(0); i < n; i++ {
				sink[0] += hot(i)
			}
			fmt.Println(cpu()-used, time.Since(begun).Nanoseconds())
		case "nest", "three", "eight":
			target := map[string]func(int64) int64{"nest": outer, "three": outerThree, "eight": outerEight}[command]
			begun, used := time.Now(), cpu()
			sink[0] += target(n)
			fmt.Println(cpu()-used, time.Since(begun).Nanoseconds())
		case "switch":
			there, back, over := make(chan int64), make(chan int64), make(chan int)
			begun, used := time.Now(), cpu()
			go pong(n, back, there, over)
			ping(n, there, back)
			<-over
			fmt.Println(cpu()-used, time.Since(begun).Nanoseconds())
		case "flood":
			fmt.Println(flood(time.Duration(n) * time.Millisecond))
		}
	}
}
