// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"syscall"
)

const cgroups = "/sys/fs/cgroup"

// The kernel may still be at a process that has ended there.
func removeGroup(path string) error {
	return within(patience, func() error { return os.Remove(path) })
}

// cgroup v2: a tenth of a processor. What was throttled must be told.
func quota() error {
	if err := syscall.Mount("cgroup2", cgroups, "cgroup2", 0, ""); err != nil {
		return err
	}
	defer syscall.Unmount(cgroups, 0)
	group := cgroups + "/quota"
	err := firstOf(os.WriteFile(cgroups+"/cgroup.subtree_control", []byte("+cpu"), 0), os.Mkdir(group, 0755),
		os.WriteFile(group+"/cpu.max", []byte("10000 100000"), 0))
	if err != nil {
		return err
	}
	w, err := startWorker()
	if err != nil {
		return err
	}
	t, err := startTracer(traceArguments(nil, "callGrow")...)
	if err != nil {
		return err
	}
	if err := os.WriteFile(group+"/cgroup.procs", []byte(strconv.Itoa(w.pid())), 0); err != nil {
		return err
	}
	_, runErr := w.run("collect", 3, 150)
	_, err = t.stop()
	if err := firstOf(runErr, err, w.end(), removeGroup(group)); err != nil {
		return err
	}
	wanted := fmt.Sprintf(`throttled process %d for \S+ of processor time: the CPU quota of %s was used up in [1-9]\d* of`, w.pid(), group)
	if !regexp.MustCompile(wanted).MatchString(t.messages.String()) {
		return fmt.Errorf("nothing is said of the quota: %s", t.said())
	}
	return nil
}
