/* SPDX-License-Identifier: MIT */
/*
 * inherited.h - what the tracer was started with and changes for itself; a program that it starts
 * gets it as it was: ignored signals (those of nohup), the signal mask, resource limits (libbpf
 * lifts RLIMIT_MEMLOCK before Linux 5.11).
 */
#ifndef PROCESS_INHERITED_H
#define PROCESS_INHERITED_H

#include <signal.h>
#include <sys/resource.h>

struct inherited {
	sigset_t ignored; /* signals; a handler does not outlive an exec anyway */
	sigset_t blocked;
	struct rlimit limits[RLIM_NLIMITS];
};

/* Before anything is changed. */
void inherited_save(struct inherited *inherited);

/* In the child, before its exec. What was sent to it while all signals were blocked arrives now. */
void inherited_restore(const struct inherited *inherited);

#endif
