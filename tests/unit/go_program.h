/* SPDX-License-Identifier: MIT */
/*
 * go_program.h - Go programs built by tests, with each of the toolchains that are at hand, and what
 * Go's own tools say of them.
 *
 * Toolchains: scripts/toolchains fetches them into the cache folder; without them the system's Go.
 */
#ifndef GOFUNCGRAPH_TESTS_GO_PROGRAM_H
#define GOFUNCGRAPH_TESTS_GO_PROGRAM_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GO_MAX_PATH 512

struct go_toolchain {
	char name[16]; /* "1.27" */
	char root[GO_MAX_PATH]; /* GOROOT */
	const char *goarch; /* what it builds for; "": this machine */
};

/* The cache folder, as in scripts/debian.sh and tests/lib/builds.py. */
static inline void go_cache(char cache[GO_MAX_PATH])
{
	const char *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (base && *base)
		snprintf(cache, GO_MAX_PATH, "%.256s/gofuncgraph-c", base);
	else
		snprintf(cache, GO_MAX_PATH, "%.256s/.cache/gofuncgraph-c", home ? home : "/root");
}

/* False: not there. "" is the system's. */
static inline bool go_toolchain_find(struct go_toolchain *go, const char *version)
{
	char path[GO_MAX_PATH + 32], cache[GO_MAX_PATH];

	snprintf(go->name, sizeof(go->name), "%s", *version ? version : "system");
	go->goarch = "";
	if (!*version) {
		FILE *out = popen("go env GOROOT 2>/dev/null", "r");
		bool found = out && fgets(go->root, sizeof(go->root), out);
		if (out)
			pclose(out);
		if (!found)
			return false;
		go->root[strcspn(go->root, "\n")] = 0;
	} else {
		go_cache(cache);
		snprintf(go->root, sizeof(go->root), "%.300s/go/%s/usr/lib/go-%s", cache, version,
			 version);
	}
	snprintf(path, sizeof(path), "%s/bin/go", go->root);
	return access(path, X_OK) == 0;
}

/* The oldest and the newest of those at hand, one of them twice if there is only one; false:
 * none. */
static inline bool go_toolchains(struct go_toolchain *oldest, struct go_toolchain *newest)
{
	char version[16];

	for (int minor = 17; minor < 60; minor++) {
		snprintf(version, sizeof(version), "1.%d", minor);
		if (!go_toolchain_find(oldest, version))
			continue;
		*newest = *oldest;
		while (++minor < 60) {
			struct go_toolchain other;
			snprintf(version, sizeof(version), "1.%d", minor);
			if (go_toolchain_find(&other, version))
				*newest = other;
		}
		return true;
	}
	*newest = *oldest;
	return go_toolchain_find(oldest, "") && go_toolchain_find(newest, "");
}

/* `go COMMAND` as a line of sh, to be freed; NULL: no memory. */
static inline char *go_line(const struct go_toolchain *go, const char *command)
{
	char *line, cache[GO_MAX_PATH];

	go_cache(cache);
	if (asprintf(&line,
		     "GOROOT=%s GOARCH=%s GOCACHE=%s/go-build GOTOOLCHAIN=local GOFLAGS=-mod=mod "
		     "CGO_ENABLED=0 GO111MODULE=off %s/bin/go %s",
		     go->root, go->goarch, cache, go->root, command) < 0)
		return NULL;
	return line;
}

/* Runs `go COMMAND`, as by sh; its standard output, to be closed by pclose(). */
static inline FILE *go_command(const struct go_toolchain *go, const char *command)
{
	char *line = go_line(go, command);
	FILE *out = line ? popen(line, "r") : NULL;

	free(line);
	return out;
}

/* Writes a program into FOLDER/main.go, which is put into `path`. */
static inline bool go_write(const char *folder, const char *source, char path[GO_MAX_PATH + 16])
{
	bool is_written;
	FILE *file;

	snprintf(path, GO_MAX_PATH + 16, "%s/main.go", folder);
	file = fopen(path, "we");
	if (!file)
		return false;
	is_written = fputs(source, file) != EOF;
	return fclose(file) == 0 && is_written;
}

/* Builds the one file `source` into `program`. */
static inline bool go_build_anew(const struct go_toolchain *go, const char *source,
				 const char *options, const char *program)
{
	FILE *out = NULL;
	char *command;

	if (asprintf(&command, "build -o %s %s %s >&2", program, options, source) < 0)
		return false;
	out = go_command(go, command);
	free(command);
	return out && pclose(out) == 0;
}

/*
 * The same, or takes from the cache, as tests/lib/builds.py does, what was built of the same source before: the path
 * of its source in there is another one then.
 */
static inline bool go_build(const struct go_toolchain *go, const char *source, const char *options,
			    const char *program)
{
	char *build, *command, *line = NULL, cache[GO_MAX_PATH];
	bool is_built = false;

	go_cache(cache);
	if (asprintf(&build, "build -o $folder/new.$$ %s %s", options, source) < 0)
		return false;
	line = go_line(go, build);
	if (line &&
	    asprintf(
		    &command,
		    "exec >&2\n"
		    "key=$({ echo \"%s %s %s\" && cat %s/VERSION %s; } | sha256sum | cut -c 1-24)\n"
		    "folder=%s/fixtures/$key && mkdir -p $folder && touch $folder &&\n"
		    "{ test -e $folder/unit || { %s && mv $folder/new.$$ $folder/unit; }; } &&\n"
		    "cp $folder/unit %s",
		    go->root, go->goarch, options, go->root, source, cache, line, program) >= 0) {
		is_built = system(command) == 0;
		free(command);
	}
	free(line);
	free(build);
	return is_built;
}

/* A new folder below the build's or /tmp, to be removed by go_remove(). */
static inline bool go_folder(char folder[GO_MAX_PATH])
{
	const char *tmp = getenv("TMPDIR");

	snprintf(folder, GO_MAX_PATH, "%.256s/gofuncgraph-test.XXXXXX", tmp ? tmp : "/tmp");
	return mkdtemp(folder);
}

static inline void go_remove(const char *folder)
{
	char command[GO_MAX_PATH + 16];

	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	if (system(command) != 0)
		fprintf(stderr, "cannot remove %s\n", folder);
}

/*
 * A program of this source, built by every toolchain of Go 1.`first` or newer that is at hand: stripped, as PIE
 * too, and for arm64. False: one cannot be built.
 */
static inline bool go_check_builds(const char *source, int first,
				   void (*check)(struct go_toolchain *go, const char *path))
{
	static const char *const builds[][2] = {
		{"amd64", "-ldflags='-s -w'"},
		{"amd64", "-ldflags='-s -w' -buildmode=pie"},
		{"arm64", "-ldflags='-s -w'"},
	};
	char folder[GO_MAX_PATH], text[GO_MAX_PATH + 16], path[GO_MAX_PATH + 32], version[16];
	struct go_toolchain go;
	bool is_built;

	if (!go_folder(folder))
		return false;
	snprintf(path, sizeof(path), "%s/main", folder);
	is_built = go_write(folder, source, text);
	for (int minor = first; minor < 60 && is_built; minor++) {
		snprintf(version, sizeof(version), "1.%d", minor);
		if (!go_toolchain_find(&go, version))
			continue;
		for (size_t i = 0; i < sizeof(builds) / sizeof(*builds) && is_built; i++) {
			go.goarch = builds[i][0];
			is_built = go_build(&go, text, builds[i][1], path);
			if (is_built)
				check(&go, path);
		}
	}
	go_remove(folder);
	return is_built;
}

#endif
