// SPDX-License-Identifier: MIT

// A collector's receiver for the tests: the Collector's own otlpreceiver. It prints each request that it took as
// a line of OTLP's JSON, behind a first line with its port.
//
//	receiver [ADDRESS:PORT]    without: a free port of this machine
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"sync"

	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/collector/receiver/receivertest"
)

var lock sync.Mutex

func take(_ context.Context, traces ptrace.Traces) error {
	text, err := (&ptrace.JSONMarshaler{}).MarshalTraces(traces)
	if err != nil {
		return err
	}
	lock.Lock()
	defer lock.Unlock()
	_, err = fmt.Printf("%s\n", text)
	return err
}

// Whose port was free a moment ago.
func freeAddress() string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func start(address string) (receiver.Traces, error) {
	factory := otlpreceiver.NewFactory()
	config := factory.CreateDefaultConfig().(*otlpreceiver.Config)
	config.HTTP.GetOrInsertDefault().ServerConfig.Endpoint = address
	next, err := consumer.NewTraces(take)
	if err != nil {
		return nil, err
	}
	created, err := factory.CreateTraces(context.Background(), receivertest.NewNopSettings(factory.Type()), config, next)
	if err != nil {
		return nil, err
	}
	return created, created.Start(context.Background(), componenttest.NewNopHost())
}

func main() {
	for attempt := 0; ; attempt++ {
		address := freeAddress()
		if len(os.Args) > 1 {
			address = os.Args[1]
		}
		created, err := start(address)
		if err != nil && attempt == 10 {
			log.Fatal(err)
		}
		if err != nil {
			continue
		}
		_, port, _ := net.SplitHostPort(address)
		fmt.Println(port)
		io.Copy(io.Discard, os.Stdin)
		if err := created.Shutdown(context.Background()); err != nil {
			log.Fatal(err)
		}
		return
	}
}
