/* SPDX-License-Identifier: MIT */
#include "process/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/mounts.h"
#include "base/proc.h"
#include "base/text.h"
#include "process/cgroup_walk.h"
#include "process/pod_logs.h"

#define MIN_ID_DIGITS   32 /* of a container; as a rule 64 */
#define MIN_UID_DIGITS  32 /* of a pod, with or without the dashes in it */
#define MIN_WORD_DIGITS 8
#define SHOWN_DIGITS    12
#define MAX_LISTED      8
#define MAX_ENVIRONMENT (1u << 20)

/* ---- names ---- */

static size_t count_digits(const char *text)
{
	size_t count = 0;

	while (text_hex_digit(text[count]) >= 0)
		count++;
	return count;
}

const char *cgroup_container_id(const char *name, size_t *length)
{
	static const char *const prefixes[] = {"docker-", "cri-containerd-", "crio-", "libpod-",
					       ""};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++) {
		size_t prefix = strlen(prefixes[i]);
		const char *id = name + prefix, *end;

		if (strncmp(name, prefixes[i], prefix) != 0)
			continue;
		*length = count_digits(id);
		end = id + *length;
		/* systemd's scopes, or folders that the runtime makes itself */
		if (*length >= MIN_ID_DIGITS && (!*end || (prefix && !strcmp(end, ".scope"))))
			return id;
	}
	return NULL;
}

/* "kubepods-burstable-pod0f3c_7a31_....slice", "pod0f3c-7a31-...": the kubelet's names. NULL: it is none of them. */
static const char *find_uid(const char *name, size_t *length)
{
	for (const char *pod = strstr(name, "pod"); pod; pod = strstr(pod + 3, "pod")) {
		*length = strspn(pod + 3, "0123456789abcdef-_");
		if (*length >= MIN_UID_DIGITS)
			return pod + 3;
	}
	return NULL;
}

size_t cgroup_pod_length(const char *path)
{
	size_t pod = 0, container = 0, id_length, uid_length, end;
	char name[NAME_MAX + 1];

	for (size_t at = 0; path[at]; at = end) {
		at += strspn(path + at, "/");
		end = at + strcspn(path + at, "/");
		if (end - at >= sizeof(name))
			continue;
		memcpy(name, path + at, end - at);
		name[end - at] = 0;
		if (find_uid(name, &uid_length))
			pod = end;
		else if (cgroup_container_id(name, &id_length))
			container = end;
	}
	return pod ?: container;
}

/* ---- where cgroups are ---- */

static bool is_unified(void *context, const struct mount *mount)
{
	return !strcmp(mount->type, "cgroup2");
}

/* In a cgroup namespace, what reaches beyond it. */
static bool is_unified_of_host(void *context, const struct mount *mount)
{
	return is_unified(context, mount) && !strncmp(mount->root, "/..", 3);
}

static struct error *find_top(char **top)
{
	struct mount mount;

	*top = NULL;
	if (!mounts_find(0, is_unified_of_host, NULL, &mount) &&
	    !mounts_find(0, is_unified, NULL, &mount))
		return error_new(
			"cannot choose processes by their cgroup: no cgroups of version 2 are mounted here; mount them (mount -t cgroup2 none FOLDER), or choose a process with -p PID");
	*top = strdup(mount.point);
	mount_release(&mount);
	return *top ? NULL : error_out_of_memory();
}

static struct error *find_by_path(const char *top, const char *word, char **folder)
{
	_cleanup_free_ char *path = NULL;
	struct statfs about;

	/* An absolute one may also be as in /proc/PID/cgroup. */
	if (*word != '/' || statfs(word, &about) ||
	    (about.f_type != CGROUP_SUPER_MAGIC && about.f_type != CGROUP2_SUPER_MAGIC)) {
		if (asprintf(&path, "%s/%s", top, word + strspn(word, "/")) < 0)
			return error_out_of_memory();
		if (statfs(path, &about))
			return error_errno(
				errno,
				"cannot find the cgroup %s (systemd-cgls and /proc/PID/cgroup show which there are)",
				path);
	}
	if (about.f_type != CGROUP2_SUPER_MAGIC)
		return error_new(
			"%s is a cgroup of version 1, which processes cannot be chosen by: name one of version 2, below %s, or choose a process with -p PID",
			path ?: word, top);
	*folder = path ? take_pointer(path) : strdup(word);
	return *folder ? NULL : error_out_of_memory();
}

/* ---- containers and pods ---- */

struct candidate {
	char *name, *folder;
};

struct search {
	size_t top_length; /* of the path that all folders begin with */
	bool are_pods; /* not containers */
	struct candidate *items;
	size_t count, capacity;
	bool is_out_of_memory;
};

static void search_destroy(struct search *search)
{
	for (size_t i = 0; i < search->count; i++) {
		free(search->items[i].name);
		free(search->items[i].folder);
	}
	free(search->items);
}

static bool has(const struct search *search, const struct candidate *candidate)
{
	for (size_t i = 0; i < search->count; i++)
		if (!strcmp(search->items[i].name, candidate->name) &&
		    !strcmp(search->items[i].folder, candidate->folder))
			return true;
	return false;
}

static void add(struct search *search, const char *name, size_t name_length, const char *folder,
		size_t folder_length)
{
	struct candidate candidate = {.name = strndup(name, name_length),
				      .folder = strndup(folder, folder_length)};

	if (candidate.name && candidate.folder && has(search, &candidate)) {
		free(candidate.name);
		free(candidate.folder);
	} else if (candidate.name && candidate.folder &&
		   array_reserve(&search->items, &search->capacity, search->count + 1,
				 sizeof(*search->items))) {
		search->items[search->count++] = candidate;
	} else {
		free(candidate.name);
		free(candidate.folder);
		search->is_out_of_memory = true;
	}
}

static void add_if_container(void *context, const char *folder)
{
	size_t length;
	const char *id = cgroup_container_id(strrchr(folder, '/') + 1, &length);

	if (id)
		add(context, id, length, folder, strlen(folder));
}

/* By what the process began with. NULL: nothing. The caller frees it. */
static char *read_host_name(pid_t pid)
{
	_cleanup_free_ char *text = malloc(MAX_ENVIRONMENT + 1);
	const char *name;
	size_t size;
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/environ", pid);
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	if (!file || !text)
		return NULL;
	size = fread(text, 1, MAX_ENVIRONMENT, file);
	text[size] = 0;
	name = proc_variable(text, size, "HOSTNAME");
	return name ? strdup(name) : NULL;
}

/* `folder`: so much of it is that of the pod. NULL: the kubelet's folders do not tell. */
static char *name_by_logs(const char *folder, size_t length)
{
	_cleanup_free_ char *pod = strndup(folder, length);
	const char *uid = pod ? find_uid(strrchr(pod, '/') + 1, &length) : NULL;

	return uid ? pod_logs_name(uid, length) : NULL;
}

static void add_if_pod(void *context, const char *folder)
{
	struct search *search = context;
	size_t length = cgroup_pod_length(folder + search->top_length);
	_cleanup_free_ char *name =
		length ? name_by_logs(folder, search->top_length + length) : NULL;
	struct cgroup_pids pids = {};

	/* Processes that share the network of their node have its host name. */
	if (name)
		add(search, name, strlen(name), folder, search->top_length + length);
	if (name || !length)
		return;
	search->is_out_of_memory |= !cgroup_read_pids(&pids, folder);
	for (size_t i = 0; i < pids.count; i++) {
		_cleanup_free_ char *host = read_host_name(pids.items[i]);

		if (host)
			add(search, host, strlen(host), folder, search->top_length + length);
	}
	free(pids.items);
}

/* Moves those whose name is `word`, or if there are none, begins with it, to the front. Returns how many there are. */
static size_t put_first(struct search *search, const char *word)
{
	size_t length = strlen(word), count = 0;

	for (int exactly = 1; exactly >= 0 && !count; exactly--) {
		for (size_t i = 0; i < search->count; i++) {
			struct candidate candidate = search->items[i];

			if (strncmp(candidate.name, word, length) != 0 ||
			    (exactly && candidate.name[length]))
				continue;
			search->items[i] = search->items[count];
			search->items[count++] = candidate;
		}
	}
	return count;
}

/* "web-1 (/sys/...), web-2 (/sys/...) and 3 more". NULL: out of memory. Of a container's id, which its
 * folder has too, the beginning is enough. */
static char *list(const struct search *search, size_t count)
{
	const int shown = search->are_pods ? INT_MAX : SHOWN_DIGITS;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (size_t i = 0; i < count && i < MAX_LISTED; i++) {
		const struct candidate *one = &search->items[i];
		_cleanup_free_ char *name = text_escape(one->name, strlen(one->name));
		_cleanup_free_ char *folder = text_escape(one->folder, strlen(one->folder));

		fprintf(out, "%s%.*s (%s)", i ? ", " : "", shown, name ?: "?", folder ?: "?");
	}
	if (count > MAX_LISTED)
		fprintf(out, " and %s more", text_count(count - MAX_LISTED).text);
	return fclose(out) ? NULL : text;
}

static struct error *choose(struct search *search, const char *word, const char *top, char **folder)
{
	const char *what = search->are_pods ? "pod" : "container";
	size_t count = put_first(search, word);
	_cleanup_free_ char *text = list(search, count ?: search->count);

	if (search->is_out_of_memory || !text)
		return error_out_of_memory();
	if (count > 1)
		return error_new(
			"several %ss are called %s: %s; give more of the name, or --cgroup with one of these folders",
			what, word, text);
	if (!search->count)
		return error_new(
			"there is no %s %s: no cgroup below %s looks like that of a %s with processes that may be looked at; if it is in cgroups of version 1 alone, choose a process with -p PID",
			what, word, top, what);
	if (!count)
		return error_new("there is no %s %s; there are: %s", what, word, text);
	*folder = take_pointer(search->items[0].folder);
	return NULL;
}

static struct error *find_container(const char *top, const char *word, char **folder)
{
	struct search search = {.top_length = strlen(top)};
	const char *scheme = strstr(word, "://"), *id = scheme ? scheme + 3 : word;
	size_t digits = count_digits(id);
	struct error *err;

	if (digits < MIN_WORD_DIGITS || id[digits])
		return error_new(
			"--container wants %d digits or more of a container's id, as docker ps and crictl ps show them, not '%s'",
			MIN_WORD_DIGITS, id);
	err = cgroup_walk(top, add_if_container, &search);
	if (!err)
		err = choose(&search, id, top, folder);
	search_destroy(&search);
	return err;
}

static struct error *find_pod(const char *top, const char *word, char **folder)
{
	struct search search = {.top_length = strlen(top), .are_pods = true};
	struct error *err = cgroup_walk(top, add_if_pod, &search);

	if (!err)
		err = choose(&search, word, top, folder);
	search_destroy(&search);
	return err;
}

struct error *cgroup_find(enum cgroup_kind kind, const char *word, char **folder)
{
	_cleanup_free_ char *top = NULL;
	struct error *err = find_top(&top);

	*folder = NULL;
	if (err)
		return err;
	if (kind == CGROUP_PATH)
		return find_by_path(top, word, folder);
	return kind == CGROUP_POD ? find_pod(top, word, folder) : find_container(top, word, folder);
}
