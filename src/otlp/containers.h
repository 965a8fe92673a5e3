/* SPDX-License-Identifier: MIT */
/* containers.h - which container a process is in, by the names of its cgroups. */
#ifndef OTLP_CONTAINERS_H
#define OTLP_CONTAINERS_H

struct container {
	char id[65]; /* hexadecimal digits, 64 as a rule; "": none */
	char pod[37]; /* the uid of the Kubernetes pod, with dashes; "": none */
};

/* `cgroups`: what /proc/PID/cgroup has (cgroups(7)). */
struct container container_of_cgroups(const char *cgroups);

#endif
