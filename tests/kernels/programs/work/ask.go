// SPDX-License-Identifier: MIT

package main

import (
	"net"
	"os"
	"time"
)

// Where callAsk's questions go to.
const answersPath = "/tmp/answers.sock"

// Waits for an answer: of the network poller, once.
//
//go:noinline
func callAsk(connection net.Conn) error {
	count()
	if _, err := connection.Write([]byte{1}); err != nil {
		return err
	}
	_, err := connection.Read(make([]byte, 1))
	return err
}

func answer(listener net.Listener, length time.Duration) {
	connection, err := listener.Accept()
	if err != nil {
		return
	}
	defer connection.Close()
	text := make([]byte, 1<<16)
	for question := make([]byte, 1); err == nil; {
		if _, err = connection.Read(question); err == nil {
			// Until who asked waits for the answer: nobody else waits for the network then.
			for !anyIsIn(text, "[IO wait") {
				time.Sleep(time.Millisecond)
			}
			time.Sleep(length)
			_, err = connection.Write(question)
		}
	}
}

func ask(n int, length time.Duration) error {
	os.Remove(answersPath)
	listener, err := net.Listen("unix", answersPath)
	if err != nil {
		return err
	}
	defer listener.Close()
	go answer(listener, length)
	return dial("unix", answersPath, n)
}

func dial(network, address string, n int) error {
	connection, err := net.Dial(network, address)
	if err != nil {
		return err
	}
	defer connection.Close()
	for i := 0; i < n && err == nil; i++ {
		err = callAsk(connection)
	}
	return err
}
