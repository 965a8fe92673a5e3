// SPDX-License-Identifier: MIT

// server [ADDRESS] is a Go program with all of net/http in it; it serves until its standard input ends: "/"
// is answered at once, "/json" takes some 0.25 ms.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
)

func hello(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, r.URL.Path) }

type item struct {
	Name  string
	Tags  []string
	Price float64
}

func list(w http.ResponseWriter, r *http.Request) {
	items := make([]item, 700)
	for i := range items {
		items[i] = item{r.URL.Path, []string{"a", "b"}, float64(i) / 7}
	}
	text, _ := json.Marshal(items)
	fmt.Fprintln(w, len(text))
}

func main() {
	http.HandleFunc("/", hello)
	http.HandleFunc("/json", list)
	address := "127.0.0.1:0"
	if len(os.Args) > 1 {
		address = os.Args[1]
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	go http.Serve(listener, nil)
	resp, err := http.Get("http://" + listener.Addr().String() + "/")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	resp.Body.Close()
	fmt.Println("ready")
	io.Copy(io.Discard, os.Stdin)
}
