// SPDX-License-Identifier: MIT

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// The forms of the command line that the other checks do not use, and what is started while it is traced.

// -p: another process of the same file is left alone.
func oneProcess(arguments ...string) error {
	one, err := startWorker()
	if err != nil {
		return err
	}
	other, err := startWorker()
	if err != nil {
		return err
	}
	arguments = append([]string{"-p", strconv.Itoa(one.pid())}, traceArguments(arguments, "callRoot")...)
	if !isLibrary() {
		arguments = append(arguments[:len(arguments)-2], "main.callRoot")
	}
	t, err := startTracer(arguments...)
	if err != nil {
		return err
	}
	_, otherErr := other.run("tree", 2, 3)
	told, oneErr := one.run("tree", 3, 4)
	seen, err := t.stop()
	if err := firstOf(oneErr, otherErr, err, one.codeIsClean(), other.codeIsClean(), one.end(), other.end()); err != nil {
		return err
	}
	return seen.mustBe(treeShape(), worked{told, one.pid()})
}

// BINARY TARGET -- ARG...: until the program ends.
func startedByTracer(arguments ...string) error {
	arguments = append(traceArguments(arguments, "callRoot"), "--", "an argument")
	t, err := launch("tree 4 5\n", arguments...)
	if err != nil {
		return err
	}
	defer os.Remove(t.path)
	if err := t.awaitEnd(); err != nil {
		return err
	}
	seen, err := readAccount(t.path)
	if err != nil {
		return err
	}
	answer := regexp.MustCompile(`(?m)^{"calls".*$`).FindString(t.messages.String())
	var told worked
	if err := json.Unmarshal([]byte(answer), &told.report); err != nil || told.Result != rightAnswer("tree", 4, 5) {
		return fmt.Errorf("the program's answer: %q (%v): %s", answer, err, t.said())
	}
	if !strings.Contains(t.messages.String(), "exited with status 0") {
		return fmt.Errorf("the program's end is not told: %s", t.said())
	}
	for _, tree := range seen.trees {
		told.pid = tree[0].Pid
	}
	return seen.mustBe(treeShape(), told)
}

const selfCheckPath = "/bin/selfcheck"

// tests/fixtures/selfcheck, with FIPS 140 on: it compares code with a checksum when it starts.
func selfChecking() error {
	if _, err := os.Stat(selfCheckPath); err != nil {
		return skipped("there is no such program here")
	}
	t, err := startTracer("-u", "crypto/*", selfCheckPath, "main.hash")
	if err != nil {
		return err
	}
	const hashes = 3
	w, err := startWorkerAs(selfCheckPath)
	if err != nil {
		return fmt.Errorf("%v: %s", err, t.said())
	}
	askErr := w.ask("GO", hashes, 0)
	answer, answerErr := w.answer()
	seen, err := t.stop()
	if err := firstOf(askErr, answerErr, err, w.end()); err != nil {
		return err
	}
	if !strings.Contains(string(answer), `"fips":true`) {
		return fmt.Errorf("FIPS 140 is not on: %s", answer)
	}
	calls := map[string]int{}
	for _, tree := range seen.trees {
		for _, c := range tree {
			calls[c.Function]++
		}
	}
	if calls["hash"] != hashes || calls["crypto/sha256.Sum256"] != hashes {
		return fmt.Errorf("%d calls each were made, traced were %v: %s", hashes, calls, t.said())
	}
	return nil
}

// Where bpftrace and its libraries are, if the guest has them.
const bpftraceRoot = "/bpftrace"

var (
	probeLines    = regexp.MustCompile(`(?m)^uprobe:`)
	histogramRows = regexp.MustCompile(`(?m)^[\[(].*[\])] +(\d+) \|`)
)

func startScript(path string) (*tracer, error) {
	folders, err := filepath.Glob(bpftraceRoot + "/usr/lib/*-linux-gnu")
	if err != nil || len(folders) != 1 {
		return nil, fmt.Errorf("libraries of bpftrace: %v %v", folders, err)
	}
	loader := bpftraceRoot + "/usr" + loaderPath()
	return run(exec.Command(loader, "--library-path", folders[0], bpftraceRoot+"/usr/bin/bpftrace", path), "")
}

// Until so many probes are in its code.
func (w *worker) awaitProbes(wanted int, t *tracer) error {
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		have, err := w.probes()
		if err != nil || have == wanted {
			return err
		}
		if len(t.over) > 0 || time.Now().After(end) {
			return fmt.Errorf("%d probes of %d are in the code: %s", have, wanted, t.said())
		}
	}
}

// The numbers of epoll_wait(2), or epoll_pwait(2).
var epollNumber = map[string]string{"amd64": "232", "arm64": "22"}

// Until bpftrace waits for events: the last probe is in the code before it has its program.
func (t *tracer) awaitIdle() error {
	return within(patience, func() error {
		now, err := os.ReadFile(fmt.Sprintf("/proc/%d/syscall", t.process.Process.Pid))
		if err == nil && !strings.HasPrefix(string(now), epollNumber[runtime.GOARCH]+" ") {
			err = fmt.Errorf("bpftrace does not wait for events: %s: %s", now, t.said())
		}
		return err
	})
}

// What the tool's script counts, run by bpftrace, is what the program did.
func script() error {
	if _, err := os.Stat(bpftraceRoot); err != nil {
		return skipped("there is no bpftrace here")
	}
	text, err := exec.Command(tracerPath, "bpftrace", workPath, "main.callBranch").Output()
	if err != nil {
		return err
	}
	const path = "/tmp/script.bt"
	if err := os.WriteFile(path, text, 0o644); err != nil {
		return err
	}
	w, err := startWorker()
	if err != nil {
		return err
	}
	t, err := startScript(path)
	if err != nil {
		return err
	}
	if err := w.awaitProbes(len(probeLines.FindAll(text, -1)), t); err != nil {
		return err
	}
	if err := t.awaitIdle(); err != nil {
		return err
	}
	// One goroutine: of two that are the first in a row of the histogram at once, bpftrace counts one.
	_, runErr := w.run("tree", 1, 12)
	if err := firstOf(runErr, t.end(), w.codeIsClean(), w.end()); err != nil {
		return err
	}
	var calls int
	for _, row := range histogramRows.FindAllStringSubmatch(t.messages.String(), -1) {
		n, _ := strconv.Atoi(row[1])
		calls += n
	}
	if want := 12 * 6; calls != want {
		return fmt.Errorf("%d calls were made, %d counted: %s", want, calls, t.said())
	}
	return nil
}
