// SPDX-License-Identifier: MIT

// The demo of gofuncgraph-c: an HTTP server whose answers take anything up to a second, and whose
// handler does not look as if it could.
package main

import (
	"flag"
	"fmt"
	"html"
	"math/rand"
	"net"
	"net/http"
	"os"
	"time"

	"example/internal/log"
)

func handleBar(w http.ResponseWriter, r *http.Request) {
	log.Debug("received request for /bar")
	fmt.Fprintf(w, "Hello, %q", html.EscapeString(r.URL.Path))
}

func main() {
	listen := flag.String("listen", "127.0.0.1:8080", "`address` to serve on")
	flag.Parse()
	rand.Seed(time.Now().UnixNano())

	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		fmt.Fprintln(os.Stderr, "example:", err)
		os.Exit(1)
	}
	fmt.Printf("listening on http://%s/bar\n", listener.Addr())
	http.HandleFunc("/bar", handleBar)
	fmt.Fprintln(os.Stderr, "example:", http.Serve(listener, nil))
	os.Exit(1)
}
