/* SPDX-License-Identifier: MIT */
#include "otlp/resource.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/text.h"
#include "otlp/attribute.h"
#include "otlp/containers.h"
#include "otlp/settings.h"
#include "process/pod_logs.h"

enum { RESOURCE_ATTRIBUTE = 1 };

#define ATTRIBUTES "OTEL_RESOURCE_ATTRIBUTES"

/* Bytes of a file of /proc that are read. */
#define FILE_SIZE 65536

static void put(struct bytes *resource, const char *key, const char *text)
{
	_cleanup_free_ char *clean = text ? text_escape(text, strlen(text)) : NULL;

	attribute_string(resource, RESOURCE_ATTRIBUTE, key, clean);
}

/* What is there of it, and a NUL behind that; the caller frees the text, which is NULL if it is not there. */
struct file {
	char *text;
	size_t size;
};

static struct file read_file(const char *path)
{
	_cleanup_fclose_ FILE *stream = fopen(path, "re");
	struct file file = {.text = stream ? malloc(FILE_SIZE + 1) : NULL};

	if (file.text) {
		file.size = fread(file.text, 1, FILE_SIZE, stream);
		file.text[file.size] = '\0';
	}
	return file;
}

static struct file read_of_process(const struct otlp_process *process, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", process->pid, name);
	return process->is_here ? read_file(path) : (struct file){};
}

/* ---- the environment of the process: a NUL behind each variable ---- */

static const char *variable(const struct file *environment, const char *name)
{
	return proc_variable(environment->text, environment->size, name);
}

/* Ours goes before that of the process: who traces has said so. */
static const char *own_variable(const struct file *environment, const char *name)
{
	const char *own = getenv(name);

	return own && *own ? own : variable(environment, name);
}

/* ---- attributes ---- */

/* What a list says. */
struct wanted {
	struct bytes attributes;
	char *service; /* NULL: nothing. Owned */
	char *key; /* of the last part that had one; NULL: none had. Owned */
};

static bool put_pair(void *context, const struct otlp_pair *pair)
{
	struct wanted *wanted = context;

	if (!pair->value || !*pair->key)
		return false;
	free(wanted->key);
	wanted->key = text_escape(pair->key, strlen(pair->key));
	if (pair->has_stray_percent)
		return false;
	if (!strcmp(pair->key, "service.name") && !wanted->service)
		wanted->service = strdup(pair->value);
	else if (wanted->key)
		put(&wanted->attributes, wanted->key, pair->value);
	return true;
}

static void wanted_clear(struct wanted *wanted)
{
	bytes_destroy(&wanted->attributes);
	free(wanted->service);
	free(wanted->key);
	*wanted = (struct wanted){};
}

/* A value may be secret, and so may be what has no =, the end of one with a comma in it. */
static void tell_wrong(const struct otlp_process *process, const char *list, const char *key)
{
	char whose[32] = "";

	if (!process->has_told || *process->has_told)
		return;
	*process->has_told = true;
	if (list != getenv(ATTRIBUTES))
		snprintf(whose, sizeof(whose), " of process %d", process->pid);
	log_warning(
		ATTRIBUTES
		"%s has no effect: what it %s%s is not KEY=VALUE, with %%2C for a comma in the value, and %%25 for %%",
		whose, key ? "says of " : "begins with", key ?: "");
}

static const char *name_of(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path;
}

static void put_service(struct bytes *resource, const struct otlp_process *process,
			const struct file *environment)
{
	const char *list = own_variable(environment, ATTRIBUTES);
	const char *name = own_variable(environment, "OTEL_SERVICE_NAME");
	struct wanted wanted = {};

	/* As the specification has it, all of it is left out (opentelemetry.io/docs/specs/otel/resource/sdk). */
	if (list && !otlp_each_pair(list, put_pair, &wanted)) {
		tell_wrong(process, list, wanted.key);
		wanted_clear(&wanted);
	}
	bytes_put(resource, wanted.attributes.data, wanted.attributes.size);
	put(resource, "service.name",
	    name ?: wanted.service ?: name_of(process->binary) ?: "unknown_service");
	wanted_clear(&wanted);
}

static void put_host(struct bytes *resource)
{
	struct file id = read_file("/etc/machine-id");
	struct utsname system;

	if (!uname(&system))
		put(resource, "host.name", system.nodename);
	if (id.text)
		id.text[strcspn(id.text, "\n")] = '\0';
	put(resource, "host.id", id.text);
	free(id.text);
}

static void put_process(struct bytes *resource, const struct otlp_process *process)
{
	const char *id = process->build_id;

	attribute_number(resource, RESOURCE_ATTRIBUTE, "process.pid", (uint64_t)process->pid);
	put(resource, "process.executable.name", name_of(process->binary));
	put(resource, "process.executable.path", process->binary);
	/* Go's own has parts (src/cmd/internal/buildid). */
	put(resource,
	    id && strchr(id, '/') ? "process.executable.build_id.go"
				  : "process.executable.build_id.gnu",
	    id);
}

/* What people hand down to pods by the names that Kubernetes' documentation has. */
static void put_kubernetes(struct bytes *resource, const struct file *environment, const char *pod)
{
	_cleanup_free_ char *logged = pod_logs_name(pod, strlen(pod));
	static const char *const handed_down[][2] = {
		{"k8s.namespace.name", "POD_NAMESPACE"},
		{"k8s.node.name", "NODE_NAME"},
		{"k8s.container.name", "CONTAINER_NAME"},
	};

	/* A pod's host name is its own name, but with hostNetwork. */
	put(resource, "k8s.pod.name",
	    variable(environment, "POD_NAME") ?: logged ?: variable(environment, "HOSTNAME"));
	for (size_t i = 0; i < sizeof(handed_down) / sizeof(handed_down[0]); i++)
		put(resource, handed_down[i][0], variable(environment, handed_down[i][1]));
}

static void put_container(struct bytes *resource, const struct otlp_process *process,
			  const struct file *environment)
{
	struct file cgroups = read_of_process(process, "cgroup");
	struct container container = container_of_cgroups(cgroups.text ?: "");

	put(resource, "container.id", container.id);
	put(resource, "k8s.pod.uid", container.pod);
	if (*container.pod || variable(environment, "KUBERNETES_SERVICE_HOST"))
		put_kubernetes(resource, environment, container.pod);
	free(cgroups.text);
}

void otlp_resource_write(struct bytes *resource, const struct otlp_process *process)
{
	struct file environment = read_of_process(process, "environ");

	put_service(resource, process, &environment);
	put_process(resource, process);
	if (process->is_here) {
		put_host(resource);
		put_container(resource, process, &environment);
	}
	free(environment.text);
}
