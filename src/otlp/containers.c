/* SPDX-License-Identifier: MIT */
/*
 * containers.c - see containers.h. The kubelet names a pod's cgroup by its uid, "kubepods-burstable-podUID.slice"
 * with _ for -, or "podUID"
 * (pkg/kubelet/cm/cgroup_manager_linux.go of Kubernetes).
 */
#include "otlp/containers.h"

#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "process/cgroup.h"

#define UID_SIZE (sizeof(((struct container *)0)->pod) - 1)

/* 8-4-4-4-12 digits. */
static bool is_uid(const char *text)
{
	for (size_t i = 0; i < UID_SIZE; i++) {
		bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (is_dash ? text[i] != '-' && text[i] != '_' : text_hex_digit(text[i]) < 0)
			return false;
	}
	return true;
}

static void take_pod(struct container *container, const char *name)
{
	for (const char *at = name; (at = strstr(at, "pod")); at++) {
		if (!is_uid(at + 3))
			continue;
		for (size_t i = 0; i < UID_SIZE; i++)
			container->pod[i] = at[3 + i] == '_' ? '-' : at[3 + i];
		return;
	}
}

static void take_id(struct container *container, const char *name)
{
	size_t len;
	const char *id = cgroup_container_id(name, &len);

	if (id && len < sizeof(container->id)) {
		memcpy(container->id, id, len);
		container->id[len] = '\0';
	}
}

struct container container_of_cgroups(const char *cgroups)
{
	_cleanup_free_ char *copy = strdup(cgroups);
	struct container container = {};
	char *rest = copy;

	/* The innermost one is the last on its line. */
	for (const char *name; copy && (name = strsep(&rest, "/\n"));) {
		take_id(&container, name);
		take_pod(&container, name);
	}
	return container;
}
