/* SPDX-License-Identifier: MIT */
/* programs.c - the table of BPF programs, and the sites of a plan attached by it. */
#include "source/programs.h"

#include <stdlib.h>

static bool is_at_runtime(const struct site *site)
{
	return site_is_own(site) && !site_is_state(site);
}

static bool is_entry_with(const struct site *site, uint32_t flags)
{
	return site->kind == SITE_ENTRY &&
	       (site->flags & (SITE_TARGET | SITE_VALUES | SITE_CONDITION)) == flags;
}

static bool is_at_entry(const struct site *site)
{
	return is_entry_with(site, 0);
}

static bool is_at_entry_with_values(const struct site *site)
{
	return is_entry_with(site, SITE_VALUES);
}

static bool is_at_target_entry(const struct site *site)
{
	return is_entry_with(site, SITE_TARGET);
}

static bool is_at_target_entry_with_values(const struct site *site)
{
	return is_entry_with(site, SITE_TARGET | SITE_VALUES);
}

static bool is_at_target_entry_with_condition(const struct site *site)
{
	return is_entry_with(site, SITE_TARGET | SITE_VALUES | SITE_CONDITION);
}

static bool is_exit_with(const struct site *site, uint32_t flags)
{
	return site_is_exit(site) && (site->flags & SITE_VALUES) == flags;
}

static bool is_at_exit(const struct site *site)
{
	return is_exit_with(site, 0);
}

static bool is_at_exit_with_values(const struct site *site)
{
	return is_exit_with(site, SITE_VALUES);
}

static bool is_nowhere(const struct site *site)
{
	return false;
}

enum program_use {
	USE_ALWAYS,
	USE_EMULATING,
	USE_STEPPING,
	USE_STATES,
	USE_HUNT,
	USE_SWITCHES,
	USE_OPENINGS,
	USE_CHOSEN_LABELS,
	USE_ID_LABELS
};

struct program_desc {
	const char *name; /* in bpf/graph.bpf.c */
	enum program_use use;
	bool (*takes)(const struct site *site);
};

/*
 * In the order of attaching. Exits before entries: a call that is seen to begin is then also seen to
 * end, and the goroutine's states between. States after exits: what is attached last runs first, and
 * the program at an exit may go on where the function returns to.
 */
static const struct program_desc table[] = {
	{"runtime_site", USE_ALWAYS, is_at_runtime},
	{"exit_emulate", USE_EMULATING, is_at_exit},
	{"exit_emulate_values", USE_EMULATING, is_at_exit_with_values},
	{"exit_plain", USE_STEPPING, is_at_exit},
	{"exit_plain_values", USE_STEPPING, is_at_exit_with_values},
	{"state_site", USE_STATES, site_is_state},
	{"wait_site", USE_HUNT, site_is_state},
	{"entry", USE_ALWAYS, is_at_entry},
	{"entry_values", USE_ALWAYS, is_at_entry_with_values},
	{"target_entry", USE_ALWAYS, is_at_target_entry},
	{"target_entry_values", USE_ALWAYS, is_at_target_entry_with_values},
	{"target_entry_condition", USE_ALWAYS, is_at_target_entry_with_condition},
	/* Linked by loader.c. */
	{"opening_chosen_labels", USE_CHOSEN_LABELS, is_nowhere},
	{"opening_id_labels", USE_ID_LABELS, is_nowhere},
	{"opening_small", USE_OPENINGS, is_nowhere},
	{"opening_large", USE_OPENINGS, is_nowhere},
	/* Attached by processors.c. */
	{"sched_switch", USE_SWITCHES, is_nowhere},
	{"sched_wakeup", USE_HUNT, is_nowhere},
	{"sample", USE_HUNT, is_nowhere},
};
#define TABLE_SIZE (sizeof(table) / sizeof(*table))
_Static_assert(TABLE_SIZE <= ATTACH_MAX_PROGRAMS, "too many programs");

static bool is_used(const struct program_desc *desc, const struct programs_options *options)
{
	switch (desc->use) {
	case USE_EMULATING:
		return options->emulates_ret;
	case USE_STEPPING:
		return !options->emulates_ret;
	case USE_STATES:
		return !options->hunts;
	case USE_HUNT:
		return options->hunts;
	case USE_SWITCHES:
		return options->hunts || options->tells_no_cpu;
	case USE_OPENINGS:
		return options->opens_elsewhere;
	case USE_CHOSEN_LABELS:
		return options->chooses_labels;
	case USE_ID_LABELS:
		return options->tells_id_labels;
	default:
		return true;
	}
}

static bool has_sites(const struct program_desc *desc, const struct plan *plan)
{
	for (size_t i = 0; i < plan->num_sites; i++)
		if (desc->takes(&plan->sites[i]))
			return true;
	return desc->takes == is_nowhere;
}

void programs_choose(struct bpf_object *object, const struct plan *plan,
		     const struct programs_options *options)
{
	for (size_t i = 0; i < TABLE_SIZE; i++)
		bpf_program__set_autoload(bpf_object__find_program_by_name(object, table[i].name),
					  is_used(&table[i], options) &&
						  has_sites(&table[i], plan));
}

const char *programs_name(const struct site *site)
{
	for (size_t i = 0; i < TABLE_SIZE; i++)
		if (table[i].takes(site))
			return table[i].name;
	return NULL;
}

/* The row of the program that was loaded for such sites. */
static uint32_t row_of(const struct attach_options *options, const struct site *site)
{
	uint32_t row = 0;

	while (row + 1 < TABLE_SIZE && !(table[row].takes(site) && options->program_fds[row] >= 0))
		row++;
	return row;
}

static void fill_sites(const struct plan *plan, const struct attach_options *options,
		       const uint32_t *layers, struct attach_site *sites)
{
	for (uint32_t i = 0; i < plan->num_sites; i++) {
		const struct site *site = &plan->sites[i];
		const struct gobin_func *func = plan_site_func(plan, site);

		sites[i] = (struct attach_site){
			.off = site->off,
			.cookie = plan_cookie(plan, i),
			.program = row_of(options, site),
			.name = func->name,
			.name_offset = (uint32_t)(site->va - func->va),
			.layer = layers[i],
		};
	}
}

struct error *programs_attach(const struct bpf_object *object, const struct plan *plan,
			      const uint32_t *layers, const struct attach_options *options,
			      struct attachment **attachment)
{
	struct attach_options with_programs = *options;
	const struct attach_file file = {.fd = gobin_fd(plan->bin),
					 .path = gobin_path(plan->bin),
					 .stat = *gobin_stat(plan->bin)};
	_cleanup_free_ struct attach_site *sites = calloc(plan->num_sites + 1, sizeof(*sites));

	*attachment = NULL;
	if (!sites)
		return error_out_of_memory();
	with_programs.num_programs = TABLE_SIZE;
	for (uint32_t i = 0; i < TABLE_SIZE; i++) {
		const struct bpf_program *program =
			bpf_object__find_program_by_name(object, table[i].name);

		with_programs.program_fds[i] =
			bpf_program__autoload(program) ? bpf_program__fd(program) : -1;
	}
	fill_sites(plan, &with_programs, layers, sites);
	return attachment_start(&file, sites, plan->num_sites, &with_programs, attachment);
}
