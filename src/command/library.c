/* SPDX-License-Identifier: MIT */
#include "command/library.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gofuncgraph/gobin.h"
#include "process/mappings.h"

#define MAX_NAMED 3

static bool is_elf_file(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char magic[4];

	return fd >= 0 && pread(fd, magic, sizeof(magic), 0) == sizeof(magic) &&
	       !memcmp(magic, "\177ELF", sizeof(magic));
}

static char *copy_if_loaded(pid_t pid, const struct mappings *mappings, const char *path)
{
	struct stat file;

	return !stat(path, &file) && mappings_of_file(pid, mappings, &file) ? strdup(path) : NULL;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* By its path, which a person can read, where that is the same file here. */
static char *path_of_name(pid_t pid, const struct mappings *mappings, const char *name)
{
	char link[MAPPING_LINK_SIZE], *path;

	for (size_t i = 0; i < mappings->count; i++) {
		if (strcmp(base_name(mappings->items[i].path), name) != 0)
			continue;
		path = copy_if_loaded(pid, mappings, mappings->items[i].path);
		if (path)
			return path;
		mapping_link(pid, &mappings->items[i], link);
		return strdup(link);
	}
	return NULL;
}

struct error *library_find(pid_t pid, const char *word, char **path)
{
	_cleanup_free_ char *inside = NULL;
	struct mappings mappings;
	struct error *err;

	*path = NULL;
	err = mappings_read((uint32_t)pid, &mappings);
	if (err) {
		error_free(err); /* whatever it is, opening the process says it better */
		return kill(pid, 0) && errno == ESRCH ? error_new("there is no process %d", pid)
						      : NULL;
	}
	*path = copy_if_loaded(pid, &mappings, word);
	if (!*path && *word == '/' && asprintf(&inside, "/proc/%d/root%s", pid, word) > 0)
		*path = copy_if_loaded(pid, &mappings, inside);
	if (!*path && !strchr(word, '/'))
		*path = path_of_name(pid, &mappings, word);
	mappings_release(&mappings);
	if (!*path && strchr(word, '/') && is_elf_file(word))
		return error_new("process %d has not loaded %s", pid, word);
	return NULL;
}

/* The next mapping of another file, from i on. */
static size_t skip_same_file(const struct mappings *mappings, size_t i)
{
	const char *file = mappings->items[i].file;

	while (i < mappings->count && !strcmp(mappings->items[i].file, file))
		i++;
	return i;
}

static bool is_go(const char *path)
{
	struct gobin *bin;

	error_free(gobin_open(path, &bin));
	gobin_close(bin);
	return bin;
}

static bool maps_go(pid_t pid, const struct mapping *mapping)
{
	char link[MAPPING_LINK_SIZE];

	mapping_link(pid, mapping, link);
	return is_go(link);
}

struct error *library_hint(pid_t pid, struct error *err)
{
	struct error *more = NULL;
	struct mappings mappings;
	size_t num_named = 0, size;
	char *text = NULL, executable[32];
	FILE *out;

	/* Then it is about something else, such as the debug file. */
	snprintf(executable, sizeof(executable), "/proc/%d/exe", pid);
	if (is_go(executable))
		return err;
	out = open_memstream(&text, &size);
	if (!out)
		return err;
	error_free(mappings_read((uint32_t)pid, &mappings));
	for (size_t i = 0; i < mappings.count && num_named < MAX_NAMED;
	     i = skip_same_file(&mappings, i)) {
		if (maps_go(pid, &mappings.items[i]))
			fprintf(out, "%s%s", num_named++ ? ", " : "", mappings.items[i].path);
	}
	mappings_release(&mappings);
	if (!fclose(out) && num_named)
		more = error_new("%s; the process has loaded Go code from %s: trace it as -p %d %s",
				 error_message(err), text, pid, num_named > 1 ? "FILE" : text);
	free(text);
	if (!more)
		return err;
	error_free(err);
	return more;
}
