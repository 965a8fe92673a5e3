// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

const poorArgument = "with-little-locked-memory"

// Before Linux 5.11 BPF's memory counts as locked. Where the limit cannot be lifted, that is said;
// later it does not matter.
func lockedMemory() error {
	poor := exec.Command("/proc/self/exe", poorArgument, tracerPath, "--timeout", "1s", "-u", "main.callRoot", workPath)
	said, err := poor.CombinedOutput()
	if atLeast(5, 11) {
		if err != nil {
			return fmt.Errorf("%v: %s", err, said)
		}
		return nil
	}
	if err == nil || !strings.Contains(string(said), "before Linux 5.11 BPF's memory counts as locked") {
		return fmt.Errorf("%v: %s", err, said)
	}
	return nil
}

// Executes a command that may lock little memory, and cannot change that.
func beingPoor(arguments []string) error {
	const (
		prCapbsetDrop  = 24
		capSysResource = 24
		rlimitMemlock  = 8
	)
	little := syscall.Rlimit{Cur: 64 << 10, Max: 64 << 10}
	if err := syscall.Setrlimit(rlimitMemlock, &little); err != nil {
		return err
	}
	if _, _, err := syscall.RawSyscall(syscall.SYS_PRCTL, prCapbsetDrop, capSysResource, 0); err != 0 {
		return err
	}
	// The bounding set is the thread's: the same one goes on.
	return syscall.Exec(arguments[0], arguments, os.Environ())
}
