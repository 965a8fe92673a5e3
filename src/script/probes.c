/* SPDX-License-Identifier: MIT */
/* probes.c - sites as bpftrace writes them; see probes.h. */
#include "script/probes.h"

#include <ctype.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"

/* Patterns that one template may name. */
#define MAX_PLANS 1024

struct named_plan {
	char *pattern;
	struct plan plan;
};

struct probes {
	struct gobin *bin;
	char *path; /* as bpftrace wants it, quoted if need be */
	struct named_plan **plans;
	size_t num_plans, plans_capacity;
	const char **names; /* of all functions, sorted; NULL: not yet needed */
	size_t num_names;
	size_t count;
	bool need_unsafe;
};

static bool is_plain(const char *text)
{
	for (; *text; text++) {
		if (!isascii(*text) || !(isalnum(*text) || strchr("_./-+", *text)))
			return false;
	}
	return true;
}

/*
 * The path from the root, so that the script works from any folder. It may lead somewhere else than
 * it seems to (/proc/PID/exe, into another mount namespace): it must still be the same file.
 */
static char *absolute_path(const struct gobin *bin)
{
	_cleanup_free_ char *path = realpath(gobin_path(bin), NULL);
	struct stat wanted, found;
	char *folder, *joined = NULL;

	if (path && !fstat(gobin_fd(bin), &wanted) && !stat(path, &found) &&
	    wanted.st_ino == found.st_ino && wanted.st_dev == found.st_dev)
		return take_pointer(path);
	if (gobin_path(bin)[0] == '/')
		return strdup(gobin_path(bin));
	folder = getcwd(NULL, 0);
	if (folder && asprintf(&joined, "%s/%s", folder, gobin_path(bin)) < 0)
		joined = NULL;
	free(folder);
	return joined;
}

static struct error *set_path(struct probes *probes)
{
	_cleanup_free_ char *path = absolute_path(probes->bin);

	if (!path)
		return error_out_of_memory();
	if (strpbrk(path, ":,*?[]{}\"\\") || !text_is_clean(path, strlen(path)))
		return error_new(
			"bpftrace takes no probe in a file named %s: copy or hard-link it to a name without any of :,*?[]{}\"\\ and control characters",
			path);
	if (is_plain(path))
		probes->path = take_pointer(path);
	else if (asprintf(&probes->path, "\"%s\"", path) < 0)
		probes->path = NULL;
	return probes->path ? NULL : error_out_of_memory();
}

struct error *probes_new(struct gobin *bin, struct probes **out)
{
	struct probes *probes = calloc(1, sizeof(*probes));
	struct error *err;

	*out = NULL;
	if (!probes)
		return error_out_of_memory();
	probes->bin = bin;
	err = set_path(probes);
	if (err) {
		probes_free(probes);
		return err;
	}
	*out = probes;
	return NULL;
}

void probes_free(struct probes *probes)
{
	if (!probes)
		return;
	for (size_t i = 0; i < probes->num_plans; i++) {
		plan_destroy(&probes->plans[i]->plan);
		free(probes->plans[i]->pattern);
		free(probes->plans[i]);
	}
	free(probes->plans);
	free(probes->names);
	free(probes->path);
	free(probes);
}

static struct error *add_plan(struct probes *probes, const char *pattern)
{
	struct named_plan *named;
	struct selection selection = {.num_targets = 1, .include_vendor = true};

	if (probes->num_plans == MAX_PLANS)
		return error_new("more than %d functions are named", MAX_PLANS);
	if (!array_reserve(&probes->plans, &probes->plans_capacity, probes->num_plans + 1,
			   sizeof(*probes->plans)))
		return error_out_of_memory();
	named = calloc(1, sizeof(*named));
	if (!named)
		return error_out_of_memory();
	probes->plans[probes->num_plans++] = named;
	named->pattern = strdup(pattern);
	if (!named->pattern)
		return error_out_of_memory();
	selection.targets = &named->pattern;
	return plan_make(probes->bin, &selection, NULL, &named->plan);
}

struct error *probes_plan(struct probes *probes, const char *pattern, const struct plan **plan)
{
	struct error *err;

	for (size_t i = 0; i < probes->num_plans; i++) {
		*plan = &probes->plans[i]->plan;
		if (!strcmp(probes->plans[i]->pattern, pattern))
			return NULL;
	}
	err = add_plan(probes, pattern);
	if (!err)
		*plan = &probes->plans[probes->num_plans - 1]->plan;
	return err;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Two functions of one name: bpftrace would take any. */
static bool is_unique(struct probes *probes, const char *name)
{
	const char **found;
	size_t i;

	if (!probes->names) {
		const struct gobin_func *funcs = gobin_funcs(probes->bin, &probes->num_names);

		probes->names = calloc(probes->num_names, sizeof(*probes->names));
		if (!probes->names)
			return false;
		for (i = 0; i < probes->num_names; i++)
			probes->names[i] = funcs[i].name;
		qsort(probes->names, probes->num_names, sizeof(*probes->names), compare_names);
	}
	found = bsearch(&name, probes->names, probes->num_names, sizeof(*found), compare_names);
	if (!found)
		return false;
	i = (size_t)(found - probes->names);
	return (i == 0 || strcmp(found[-1], name)) &&
	       (i + 1 == probes->num_names || strcmp(found[1], name));
}

static void write_site(struct probes *probes, const struct gobin_func *func,
		       const struct site *site, FILE *out)
{
	const char *symbol = gobin_symbol_at(probes->bin, func->va);
	uint64_t va = site->va, off = site->off;

	fprintf(out, "uprobe:%s:", probes->path);
	if (!symbol) {
		probes->need_unsafe = true;
		fprintf(out, "0x%" PRIx64, off);
	} else if (is_plain(symbol) && !strcmp(symbol, func->name) && is_unique(probes, symbol)) {
		fprintf(out, "\"%s\"", symbol);
		if (va != func->va)
			fprintf(out, " + %" PRIu64, va - func->va);
	} else {
		fprintf(out, "0x%" PRIx64, va);
	}
	probes->count++;
}

bool probes_has_g(const struct plan *plan, const struct plan_func *func)
{
	return !(plan->sites[func->first_site].flags & SITE_TLS);
}

static struct error *no_sites(const struct plan *plan, size_t first, size_t count,
			      enum probes_which which)
{
	for (size_t i = 0; i < plan->num_omissions; i++) {
		const struct omission *omission = &plan->omissions[i];

		if (!omission->is_runtime && omission->func->va >= plan->funcs[first].func->va &&
		    omission->func->va <= plan->funcs[first + count - 1].func->va)
			return error_new("%s cannot be probed: %s", omission->func->name,
					 omission->reason);
	}
	for (size_t i = first; i < first + count; i++) {
		if (plan->funcs[i].num_sites && !probes_has_g(plan, &plan->funcs[i]))
			return error_new(
				"%s is assembly or a wrapper of it: %s does not hold its goroutine there",
				plan->funcs[i].func->name, gobin_arch(plan->bin)->goroutine_name);
	}
	return error_new(
		"%s %s", plan->funcs[first].func->name,
		which == PROBES_EXITS
			? "has no exit to probe: it never returns, or is left where it is entered"
			: "has no entry to probe");
}

struct error *probes_write(struct probes *probes, const struct plan *plan, size_t first,
			   size_t count, enum probes_which which, bool abi0, FILE *out)
{
	size_t num_at_check = 0, written = 0;

	for (size_t i = first; i < first + count; i++) {
		const struct plan_func *func = &plan->funcs[i];

		if (!func->num_sites || (!abi0 && !probes_has_g(plan, func)))
			continue;
		for (uint32_t k = 0; k < func->num_sites; k++) {
			const struct site *site = &plan->sites[func->first_site + k];

			if ((k == 0) != (which == PROBES_ENTRIES))
				continue;
			if (written++)
				fputs(",\n", out);
			write_site(probes, func->func, site, out);
			num_at_check += !!(site->flags & SITE_BEHIND_CHECK);
		}
	}
	if (!written)
		return no_sites(plan, first, count, which);
	if (num_at_check && num_at_check != written)
		return error_new(
			"the entries of several functions, of which some have to look at the stack check and some must not: go through them with {{each}}");
	if (num_at_check)
		/* Else the stack check is about to call morestack, and the function begins again. */
		fprintf(out, "\n/ %s /", gobin_arch(plan->bin)->bpftrace_check_passes);
	return NULL;
}

size_t probes_count(const struct probes *probes)
{
	return probes->count;
}

bool probes_need_unsafe(const struct probes *probes)
{
	return probes->need_unsafe;
}
