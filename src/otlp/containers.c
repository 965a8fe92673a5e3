/* SPDX-License-Identifier: MIT */
/*
 * containers.c - see containers.h. Runtimes name a container's cgroup by its id, "cri-containerd-ID.scope" or
 * "ID"; the kubelet a pod's by its uid, "kubepods-burstable-podUID.slice" with _ for -, or "podUID"
 * (pkg/kubelet/cm/cgroup_manager_linux.go of Kubernetes).
 */
#include "otlp/containers.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define ID_SIZE  64
#define UID_SIZE 36

/* No more and no less than 64 digits. */
static bool find_id(const char *line, size_t len, char id[ID_SIZE + 1])
{
	size_t digits = 0;

	for (size_t i = 0; i <= len; i++) {
		if (i < len && isxdigit((unsigned char)line[i])) {
			digits++;
			continue;
		}
		if (digits == ID_SIZE) {
			memcpy(id, line + i - ID_SIZE, ID_SIZE);
			id[ID_SIZE] = '\0';
			return true;
		}
		digits = 0;
	}
	return false;
}

/* 8-4-4-4-12 digits. */
static bool is_uid(const char *text)
{
	for (size_t i = 0; i < UID_SIZE; i++) {
		bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (is_dash ? text[i] != '-' && text[i] != '_' : !isxdigit((unsigned char)text[i]))
			return false;
	}
	return true;
}

static bool find_pod(const char *line, size_t len, char pod[UID_SIZE + 1])
{
	for (size_t i = 0; i + 3 + UID_SIZE <= len; i++) {
		if (strncmp(line + i, "pod", 3) || !is_uid(line + i + 3))
			continue;
		for (size_t j = 0; j < UID_SIZE; j++)
			pod[j] = line[i + 3 + j] == '_' ? '-' : line[i + 3 + j];
		pod[UID_SIZE] = '\0';
		return true;
	}
	return false;
}

struct container container_of_cgroups(const char *cgroups)
{
	struct container container = {};

	while (*cgroups) {
		size_t len = strcspn(cgroups, "\n");

		if (!*container.id)
			find_id(cgroups, len, container.id);
		if (!*container.pod)
			find_pod(cgroups, len, container.pod);
		cgroups += len + (cgroups[len] == '\n');
	}
	return container;
}
