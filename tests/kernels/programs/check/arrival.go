// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"syscall"
	"time"
)

const (
	arrivals   = 3
	stoppedFor = 300 * time.Millisecond
)

// Answers questions of the worker: the first one at once, others while it is stopped.
func answerStopped(listener net.Listener) error {
	connection, err := listener.Accept()
	if err != nil {
		return err
	}
	defer connection.Close()
	question, pid := make([]byte, 1), workers[len(workers)-1].pid()
	for i := 0; i < arrivals && err == nil; i++ {
		if _, err = connection.Read(question); err != nil {
			break
		}
		time.Sleep(stoppedFor / 3) // by then it waits
		if i > 0 {
			syscall.Kill(pid, syscall.SIGSTOP)
			time.Sleep(stoppedFor / 3)
		}
		_, err = connection.Write(question)
		if i > 0 {
			time.Sleep(stoppedFor)
			syscall.Kill(pid, syscall.SIGCONT)
		}
	}
	return err
}

// A program that does not look for an answer is late itself: it is told when that had come.
func huntArrival() error {
	if output, err := exec.Command("/bin/busybox", "ip", "link", "set", "lo", "up").CombinedOutput(); err != nil && os.Getpid() == 1 {
		return fmt.Errorf("ip: %v: %s", err, output)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer listener.Close()
	answered := make(chan error, 1)
	go func() { answered <- answerStopped(listener) }()
	port := listener.Addr().(*net.TCPAddr).Port
	records, _, err := hunted("dial", arrivals, port, "main.callAsk", 0)
	if err := firstOf(err, <-answered); err != nil {
		return err
	}
	late, calls := 0, 0
	for _, list := range records {
		for _, r := range list {
			if r.Opens == 1 {
				calls++
			}
			if r.Kind != "wait" || r.Reason != "IO wait" || r.On != listener.Addr().String() {
				continue
			}
			ns := r.Time - r.Ready
			fmt.Printf("# an answer was there for %d of %d ms\n", ns/1e6, (r.Time-r.Start)/1e6)
			if ns >= int64(stoppedFor)*3/4 {
				late++
			} else if calls > 1 && r.Time-r.Start > int64(stoppedFor) {
				return fmt.Errorf("%+v: it came earlier", r)
			}
		}
	}
	if late == 0 {
		return fmt.Errorf("no answer was there for long")
	}
	return nil
}
