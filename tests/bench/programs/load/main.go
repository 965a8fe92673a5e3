// SPDX-License-Identifier: MIT

// load asks an HTTP server as fast as it answers, until its standard input ends:
//
//	load ADDRESS[,ADDRESS...] CONNECTIONS FILE [PATH PAUSE_US]
//
// Connections stay open, one more comes and goes twice a second. What was answered is written to FILE
// as JSON: answers of each slot of 100 ms, and the longest time without any that ended in it. With PATH
// that is asked for instead of "/", each connection pauses after each answer, and how long the middle one of
// all answers took is told, too, of each server: of several, each is asked some times before the next one is.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

const slot = 100 * time.Millisecond

// Answers of one server before the next one is asked.
const turn = 20

type account struct {
	BegunNs int64   `json:"begun_unix_ns"`
	Answers []int64 `json:"answers"`
	GapsNs  []int64 `json:"gaps_ns"`
	Medians []int64 `json:"medians_ns,omitempty"`

	mutex sync.Mutex
	begun time.Time
	last  time.Duration
	path  string
	pause time.Duration
	took  [][]int64 // by server, each answer, with a pause
}

func (a *account) answer(server int, took time.Duration) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if a.pause > 0 {
		a.took[server] = append(a.took[server], int64(took))
	}
	now := time.Since(a.begun)
	index := int(now / slot)
	for len(a.Answers) <= index {
		a.Answers = append(a.Answers, 0)
		a.GapsNs = append(a.GapsNs, 0)
	}
	a.Answers[index]++
	a.GapsNs[index] = max(a.GapsNs[index], int64(now-a.last))
	a.last = now
}

func max(a, b int64) int64 {
	if a > b {
		return a
	}
	return b
}

// ask sends one request and reads all of its answer.
func ask(conn net.Conn, reader *bufio.Reader, path string) error {
	if _, err := io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		return err
	}
	length, name := -1, []byte("Content-Length: ")
	for {
		line, err := reader.ReadSlice('\n')
		if err != nil {
			return err
		}
		if line = bytes.TrimRight(line, "\r\n"); len(line) == 0 {
			break
		}
		if bytes.HasPrefix(line, name) {
			if length, err = strconv.Atoi(string(line[len(name):])); err != nil {
				return err
			}
		}
	}
	if length < 0 {
		return errors.New("an answer without Content-Length")
	}
	_, err := reader.Discard(length)
	return err
}

// connect asks one server after the other; so many requests in all, or 0: for ever.
func connect(addresses []string, requests int, a *account) {
	conns := make([]net.Conn, len(addresses))
	readers := make([]*bufio.Reader, len(addresses))
	var err error
	for i, address := range addresses {
		if conns[i], err = net.Dial("tcp", address); err != nil {
			break
		}
		defer conns[i].Close()
		readers[i] = bufio.NewReader(conns[i])
	}
	for i := 0; err == nil && (requests == 0 || i < requests); i++ {
		server := i / turn % len(conns)
		begun := time.Now()
		if err = ask(conns[server], readers[server], a.path); err == nil {
			a.answer(server, time.Since(begun))
			time.Sleep(a.pause)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func main() {
	connections, err := strconv.Atoi(os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
	begun, addresses := time.Now(), strings.Split(os.Args[1], ",")
	a := &account{BegunNs: begun.UnixNano(), begun: begun, path: "/", took: make([][]int64, len(addresses))}
	if len(os.Args) > 5 {
		us, _ := strconv.Atoi(os.Args[5])
		a.path, a.pause = os.Args[4], time.Duration(us)*time.Microsecond
	}
	for i := 0; i < connections; i++ {
		go connect(addresses, 0, a)
	}
	go func() {
		for {
			connect(addresses[:1], 1, a)
			time.Sleep(500 * time.Millisecond)
		}
	}()
	fmt.Println("ready")
	io.Copy(io.Discard, os.Stdin)
	a.mutex.Lock()
	for _, took := range a.took {
		if len(took) > 0 {
			sort.Slice(took, func(i, j int) bool { return took[i] < took[j] })
			a.Medians = append(a.Medians, took[len(took)/2])
		}
	}
	text, err := json.Marshal(a)
	if err == nil {
		err = os.WriteFile(os.Args[3], text, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}
