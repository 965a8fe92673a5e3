// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"os"
	"strings"
	"syscall"
)

const tracefs = "/sys/kernel/tracing/"

// The running kernel's version, 6.18 as 6, 18.
func kernelVersion() (major, minor int) {
	var name syscall.Utsname
	syscall.Uname(&name)
	var release strings.Builder
	for _, c := range name.Release {
		if c == 0 {
			break
		}
		release.WriteByte(byte(c))
	}
	fmt.Sscanf(release.String(), "%d.%d", &major, &minor)
	return major, minor
}

func atLeast(major, minor int) bool {
	haveMajor, haveMinor := kernelVersion()
	return haveMajor > major || haveMajor == major && haveMinor >= minor
}

// Counts the kernel's single-steps of probed instructions: the calls of arch_uprobe_post_xol()
// (kernel/events/uprobes.c, handle_singlestep), with a kprobe event of the guest's own.
func countSingleSteps() error {
	if err := os.WriteFile(tracefs+"kprobe_events", []byte("p:guest/single_step arch_uprobe_post_xol\n"), 0); err != nil {
		return err
	}
	return os.WriteFile(tracefs+"events/guest/single_step/enable", []byte("1"), 0)
}

func singleSteps() (int64, error) {
	profile, err := os.ReadFile(tracefs + "kprobe_profile")
	if err != nil {
		return 0, err
	}
	for _, line := range strings.Split(string(profile), "\n") {
		var name string
		var hits int64
		if n, _ := fmt.Sscan(line, &name, &hits); n == 2 && name == "single_step" {
			return hits, nil
		}
	}
	return 0, fmt.Errorf("kprobe_profile does not name the event: %q", profile)
}

// Uprobe events that somebody left defined.
func uprobeEventsLeft() error {
	defined, err := os.ReadFile(tracefs + "uprobe_events")
	if err != nil {
		return err
	}
	if len(defined) > 0 {
		return fmt.Errorf("%d uprobe events are still defined: %.200q", strings.Count(string(defined), "\n"), defined)
	}
	return nil
}

const hugePages = "/sys/kernel/mm/transparent_hugepage/"

// Lets khugepaged move the pages of programs to huge ones, as fast as it can, or not at all.
func moveHugePages(move bool) error {
	enabled := "never"
	if move {
		enabled = "always"
		for _, setting := range [][2]string{{"scan_sleep_millisecs", "0"}, {"alloc_sleep_millisecs", "0"}, {"pages_to_scan", "100000"}} {
			if err := os.WriteFile(hugePages+"khugepaged/"+setting[0], []byte(setting[1]), 0); err != nil {
				return err
			}
		}
	}
	return os.WriteFile(hugePages+"enabled", []byte(enabled), 0)
}
