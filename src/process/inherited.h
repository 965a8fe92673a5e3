/* SPDX-License-Identifier: MIT */
/*
 * inherited.h - what the tracer inherited and changes for itself: ignored signals (those of nohup),
 * the signal mask, and resource limits (libbpf lifts RLIMIT_MEMLOCK before Linux 5.11). A program
 * that the tracer starts gets all of it as it was.
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

/* Remembers it, before anything is changed. */
void inherited_save(struct inherited *inherited);

/*
 * Sets it as it was: in the child, before its exec. Signals that were sent to the child while all
 * were blocked arrive now.
 */
void inherited_restore(const struct inherited *inherited);

#endif
