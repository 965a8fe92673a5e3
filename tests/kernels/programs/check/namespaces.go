// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// How the traced program is started.
var workerAttributes *syscall.SysProcAttr

const insideArgument = "inside-a-namespace"

// The tracer in a PID namespace, the program in another one inside of that: this program runs itself
// once more in the first.
func namespaces() error {
	inside := exec.Command("/proc/self/exe", insideArgument)
	inside.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS}
	said, err := inside.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%v: %s", err, said)
	}
	return nil
}

func insideNamespace() error {
	defer clearAway()
	// The guest's root is an initramfs, and no mount is shared with others.
	if err := syscall.Mount("proc", "/proc", "proc", 0, ""); err != nil {
		return err
	}
	if os.Getpid() != 1 {
		return fmt.Errorf("this is process %d", os.Getpid())
	}
	workerAttributes = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID}
	return exact("tree", 4, 25, treeShape(), "callRoot")()
}
