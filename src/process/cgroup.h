/* SPDX-License-Identifier: MIT */
/*
 * cgroup.h - cgroups of version 2, by what people call them: a path, a container's id, a pod's name.
 *
 * No container runtime and no API server is asked. Runtimes name cgroups after containers and pods, the kubelet has
 * folders that tell the names of pods (pod_logs.h), and the processes of a pod have its name as their host name, unless
 * they share their node's network. All that is read may be hostile: it is bounded, and
 * messages escape it.
 */
#ifndef GOFUNCGRAPH_CGROUP_H
#define GOFUNCGRAPH_CGROUP_H

#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

enum cgroup_kind {
	CGROUP_ANY, /* none was named */
	CGROUP_PATH,
	CGROUP_CONTAINER,
	CGROUP_POD,
};

/*
 * Sets *folder to the folder of the cgroup that `word` names, which the caller frees. `kind`:
 * CGROUP_PATH: absolute, or below where cgroups are mounted.
 * CGROUP_CONTAINER: its id or the beginning of that, also as in "containerd://ID".
 * CGROUP_POD: its name, by the kubelet's folders, else the host name of its processes; or the beginning of it.
 * Errors: there is no such cgroup, or several, with a list; it is of version 1.
 */
struct error *cgroup_find(enum cgroup_kind kind, const char *word, char **folder);

/* The processes in a cgroup and in those below it. The caller frees *pids. */
struct error *cgroup_list(const char *folder, pid_t **pids, size_t *count);

/* The id of the container that a cgroup of this name is of, *length bytes: "docker-ID.scope", "ID". NULL:
 * it is of none. */
const char *cgroup_container_id(const char *name, size_t *length);

/* How much of a path leads to the innermost cgroup of a pod, or, where there is none, of a container. 0:
 * there is neither. */
size_t cgroup_pod_length(const char *path);

#endif
