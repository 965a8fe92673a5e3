// SPDX-License-Identifier: MIT

package main

import (
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// --cgroup and --comm: another process of the same file is left alone.
func oneCgroup() error {
	if err := syscall.Mount("cgroup2", cgroups, "cgroup2", 0, ""); err != nil {
		return err
	}
	defer syscall.Unmount(cgroups, 0)
	outer := cgroups + "/chosen"
	inner := outer + "/inner"
	if err := os.MkdirAll(inner, 0755); err != nil {
		return err
	}
	one, err := startWorker()
	if err != nil {
		return err
	}
	other, err := startWorker()
	if err != nil {
		return err
	}
	if err := os.WriteFile(inner+"/cgroup.procs", []byte(strconv.Itoa(one.pid())), 0); err != nil {
		return err
	}
	t, err := startTracer(append([]string{"--cgroup", outer, "--comm", filepath.Base(workPath)}, traceArguments(nil, "callRoot")...)...)
	if err != nil {
		return err
	}
	_, otherErr := other.run("tree", 2, 3)
	told, oneErr := one.run("tree", 3, 4)
	seen, err := t.stop()
	if err := firstOf(oneErr, otherErr, err, one.end(), other.end(), removeGroup(inner), removeGroup(outer)); err != nil {
		return err
	}
	return seen.mustBe(treeShape(), worked{told, one.pid()})
}
