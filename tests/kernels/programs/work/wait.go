// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"sync"
	"syscall"
	"time"
)

// What one call of callWait did. Times are in ns, measured around what they are of, but Asleep: it
// was seen to sleep for that long, and for the others the length that was asked for, or longer.
type wait struct {
	Goid    int64 `json:"goid"`
	Sender  int64 `json:"sender"` // the goroutine that ended its wait for the channel
	Child   int64 `json:"child"`  // the one that it started
	Receive int64 `json:"receive_ns"`
	Sleep   int64 `json:"sleep_ns"`
	Asleep  int64 `json:"asleep_ns"`
	Read    int64 `json:"read_ns"`
	Total   int64 `json:"total_ns"`
}

// What callWait waits for.
type sources struct {
	values chan int
	pipe   [2]int // blocks, unlike an os.Pipe
	over   sync.WaitGroup
	text   []byte // for isIn: garbage would be collected, and who allocates meanwhile may have to wait
}

func timed(work func()) int64 {
	begun := time.Now()
	work()
	return time.Since(begun).Nanoseconds()
}

// Waits three times, `length` each, and leaves work to another goroutine.
//
//go:noinline
func callWait(w *wait, s *sources, length time.Duration) {
	count()
	w.Receive = timed(func() { <-s.values })
	w.Sleep = timed(func() { time.Sleep(length) })
	w.Read = timed(func() { syscall.Read(s.pipe[0], make([]byte, 1)) })
	go func() {
		defer s.over.Done()
		w.Child = goid()
		callBranch(2)
	}()
}

func (s *sources) isIn(goid int64, state string) bool {
	return anyIsIn(s.text, fmt.Sprintf("goroutine %d [%s", goid, state))
}

// Ends callWait's waits, and looks when they have begun: who stands still before waits less.
func (s *sources) serve(w *wait, length time.Duration) {
	defer s.over.Done()
	w.Sender = goid()
	await := func(state string, while func()) {
		for !s.isIn(w.Goid, state) {
			while()
			time.Sleep(time.Millisecond)
		}
	}
	await("chan receive", func() {})
	time.Sleep(length)
	s.values <- 1
	var begun time.Time
	await("syscall", func() {
		before := time.Now()
		if !s.isIn(w.Goid, "sleep") {
			return
		}
		if begun.IsZero() {
			begun = time.Now()
		}
		w.Asleep = before.Sub(begun).Nanoseconds()
	})
	time.Sleep(length)
	syscall.Write(s.pipe[1], []byte{1})
}

func newSources() (*sources, error) {
	s := &sources{values: make(chan int), text: make([]byte, 1<<16)}
	return s, syscall.Pipe(s.pipe[:])
}

func (s *sources) close() {
	syscall.Close(s.pipe[0])
	syscall.Close(s.pipe[1])
}

// One call of callWait on each of n goroutines, which sleep and make system calls nowhere else.
func waitTogether(n int, length time.Duration) ([]wait, error) {
	waits, all := make([]wait, n), make([]*sources, n)
	for i := range all {
		s, err := newSources()
		if err != nil {
			return nil, err
		}
		defer s.close()
		all[i] = s
	}
	together(n, func(i int) {
		w, s := &waits[i], all[i]
		w.Goid = goid()
		s.over.Add(2)
		go s.serve(w, length)
		w.Total = timed(func() { callWait(w, s, length) })
		s.over.Wait()
	})
	return waits, nil
}
