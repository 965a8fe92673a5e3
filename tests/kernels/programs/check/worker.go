// SPDX-License-Identifier: MIT

package main

import (
	"bufio"
	"bytes"
	"debug/elf"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// Against hanging only: emulated on a busy machine everything takes long.
const patience = 5 * time.Minute

var workers []*worker // of the running check

// A running traced program.
type worker struct {
	process *exec.Cmd
	input   *os.File
	answers chan []byte
}

type report struct {
	Calls  int64    `json:"calls"`
	Trees  int64    `json:"trees"`
	Goids  []int64  `json:"goids"`
	Result int64    `json:"result"`
	Waits  []waited `json:"waits"`
}

func startWorker() (*worker, error) {
	if isLibrary() {
		return startWorkerAs(hostPath, workPath)
	}
	return startWorkerAs(workPath)
}

func startWorkerAs(command ...string) (*worker, error) {
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	w := &worker{process: exec.Command(command[0], command[1:]...), input: writer, answers: make(chan []byte, 16)}
	w.process.Stdin = reader
	w.process.Stderr = os.Stderr
	w.process.SysProcAttr = workerAttributes
	output, err := w.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := w.process.Start(); err != nil {
		return nil, err
	}
	workers = append(workers, w)
	go func() {
		lines := bufio.NewScanner(output)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			w.answers <- append([]byte(nil), lines.Bytes()...)
		}
		close(w.answers)
	}()
	if _, err := w.answer(); err != nil {
		return nil, err
	}
	return w, nil
}

func (w *worker) pid() int {
	return w.process.Process.Pid
}

func (w *worker) answer() ([]byte, error) {
	select {
	case line, open := <-w.answers:
		if !open {
			return nil, fmt.Errorf("the traced program died: %v", w.process.Wait())
		}
		return line, nil
	case <-time.After(patience):
		return nil, fmt.Errorf("the traced program did not answer within %s", patience)
	}
}

func (w *worker) ask(command string, n, m int) error {
	_, err := fmt.Fprintf(w.input, "%s %d %d\n", command, n, m)
	return err
}

func (w *worker) told() (r report, err error) {
	line, err := w.answer()
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(line, &r)
}

// Runs one command to its end.
func (w *worker) run(command string, n, m int) (report, error) {
	if err := w.ask(command, n, m); err != nil {
		return report{}, err
	}
	return w.told()
}

// Lets the program end by itself; anything but status 0 is an error.
func (w *worker) end() error {
	w.input.Close()
	over := make(chan error, 1)
	go func() {
		for range w.answers {
		}
		over <- w.process.Wait()
	}()
	select {
	case err := <-over:
		return err
	case <-time.After(patience):
		w.process.Process.Kill()
		return fmt.Errorf("the traced program did not end within %s", patience)
	}
}

// Where a position independent program was loaded; 0: it is none.
func (w *worker) bias(file *elf.File) (bias uint64, err error) {
	if file.Type != elf.ET_DYN {
		return 0, nil
	}
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", w.pid()))
	// The heap may be below it.
	for _, line := range strings.Split(string(maps), "\n") {
		if strings.HasSuffix(line, " "+workPath) {
			_, err = fmt.Sscanf(line, "%x-", &bias)
			break
		}
	}
	for _, segment := range file.Progs {
		if segment.Type == elf.PT_LOAD {
			return bias - segment.Vaddr, err
		}
	}
	return 0, fmt.Errorf("%s has no segments", workPath)
}

// The program's code as it is in the file and in memory, and where that is.
func (w *worker) code() (want, have []byte, address uint64, err error) {
	file, err := elf.Open(workPath)
	if err != nil {
		return nil, nil, 0, err
	}
	defer file.Close()
	text := file.Section(".text")
	if want, err = text.Data(); err != nil {
		return nil, nil, 0, err
	}
	memory, err := os.Open(fmt.Sprintf("/proc/%d/mem", w.pid()))
	if err != nil {
		return nil, nil, 0, err
	}
	defer memory.Close()
	bias, err := w.bias(file)
	if err != nil {
		return nil, nil, 0, err
	}
	have = make([]byte, len(want))
	_, err = memory.ReadAt(have, int64(text.Addr+bias))
	return want, have, text.Addr + bias, err
}

// An error when the program's code in memory differs from the file's: a probe was left behind.
func (w *worker) codeIsClean() error {
	want, have, address, err := w.code()
	if err != nil || bytes.Equal(want, have) {
		return err
	}
	different := 0
	first := -1
	for i := range want {
		if want[i] != have[i] {
			different++
			if first < 0 {
				first = i
			}
		}
	}
	return fmt.Errorf("%d bytes of code differ from the file, the first at %#x (%#x instead of %#x)",
		different, address+uint64(first), have[first], want[first])
}

// How many probes are in the program's code.
func (w *worker) probes() (count int, err error) {
	want, have, _, err := w.code()
	unit := 1 // that a breakpoint takes
	if runtime.GOARCH == "arm64" {
		unit = 4
	}
	for i := 0; err == nil && i+unit <= len(want); i += unit {
		if !bytes.Equal(want[i:i+unit], have[i:i+unit]) {
			count++
		}
	}
	return count, err
}

// Until there is no error any more; the last one, when that does not happen within so long.
func within(limit time.Duration, attempt func() error) error {
	for end := time.Now().Add(limit); ; time.Sleep(50 * time.Millisecond) {
		if err := attempt(); err == nil || time.Now().After(end) {
			return err
		}
	}
}
