/* SPDX-License-Identifier: MIT */
#include "source/layers.h"

#include <stdlib.h>
#include <bpf/libbpf.h>

#include "base/cleanup.h"
#include "gofuncgraph/maps.h"
#include "source/clear_map.h"

/* ---- which layer a site is in ---- */

/* Puts sites into new layers, one after the other. */
struct filling {
	struct layers *layers;
	uint32_t count; /* in the newest layer */
	uint64_t va; /* of the last site */
};

/* Sites at one place are in one layer: in which order their probes came must not change when it is replaced. */
static uint32_t next_layer(struct filling *filling, uint64_t va)
{
	if (filling->count >= LAYERS_MAX_SITES && va != filling->va)
		filling->count = 0;
	if (filling->count++ == 0)
		filling->layers->next++;
	filling->va = va;
	return filling->layers->next - 1;
}

/* Those that may be taken off apart from others. */
enum own_layer { LAYER_OWN, LAYER_RESUME, LAYER_STATES, LAYER_BIRTHS, NUM_OWN_LAYERS };

static enum own_layer own_layer(const struct site *site)
{
	if (site_is_state(site))
		return site_is_birth(site) ? LAYER_BIRTHS : LAYER_STATES;
	return site->kind == SITE_RESUME ? LAYER_RESUME : LAYER_OWN;
}

struct error *layers_init(struct layers *layers, const struct plan *plan,
			  const struct graph_bpf *bpf, bool careful)
{
	struct filling filling = {.layers = layers};

	*layers = (struct layers){
		.plan = plan,
		.bpf = bpf,
		.of_site = calloc(plan->num_sites + 1, sizeof(*layers->of_site)),
		.next = NUM_OWN_LAYERS,
		.coming = calloc(plan->num_sites + 1, sizeof(*layers->coming)),
		.going = calloc(plan->num_sites + 1, sizeof(*layers->going)),
		.funcs = calloc(plan_num_all(plan) + 1, sizeof(*layers->funcs)),
	};
	if (!layers->of_site || !layers->coming || !layers->going || !layers->funcs)
		return error_out_of_memory();
	for (size_t i = 0; i < plan->num_sites; i++) {
		const struct site *site = &plan->sites[i];

		if (careful && (!site_is_own(site) || site->kind == SITE_RESUME))
			layers->of_site[i] = ATTACH_NO_LAYER;
		else
			layers->of_site[i] = site_is_own(site) ? own_layer(site)
							       : next_layer(&filling, site->va);
	}
	return NULL;
}

bool layers_have_births(const struct layers *layers)
{
	for (size_t i = 0; i < layers->plan->num_sites; i++)
		if (site_is_state(&layers->plan->sites[i]) &&
		    site_is_birth(&layers->plan->sites[i]) && layers->of_site[i] != ATTACH_NO_LAYER)
			return true;
	return false;
}

void layers_destroy(struct layers *layers)
{
	free(layers->of_site);
	free(layers->coming);
	free(layers->going);
	free(layers->funcs);
}

/* ---- beginning a change ---- */

static void begin_change(struct layers *layers)
{
	layers->num_coming = layers->num_going = layers->num_funcs = 0;
}

static void add_coming(struct layers *layers, struct filling *filling, uint32_t site)
{
	layers->of_site[site] = next_layer(filling, layers->plan->sites[site].va);
	layers->coming[layers->num_coming++] =
		(struct attach_layer_site){.site = site, .layer = layers->of_site[site]};
}

static void attach_coming(struct layers *layers, struct attachment *attachment, uint32_t number)
{
	attachment_attach(attachment, layers->coming, layers->num_coming, (uint64_t)number << 48);
}

struct error *layers_attach(struct layers *layers, struct attachment *attachment,
			    const uint32_t *sites, size_t count)
{
	struct filling filling = {.layers = layers};

	begin_change(layers);
	for (size_t i = 0; i < count; i++)
		if (layers->of_site[sites[i]] == ATTACH_NO_LAYER)
			add_coming(layers, &filling, sites[i]);
	if (!layers->num_coming)
		return NULL;
	attach_coming(layers, attachment, 0);
	layers->step = STEP_ATTACH;
	return NULL;
}

/* The function's probes have no layer any more; those that they were in are to go. */
static void leave_out(struct layers *layers, uint32_t func, bool *is_going)
{
	const struct plan_func *chosen = plan_func_at(layers->plan, func);
	uint32_t end = chosen->first_site + chosen->num_sites;
	bool any = false;

	for (uint32_t site = chosen->first_site; site < end; site++) {
		uint32_t layer = layers->of_site[site];

		if (layer == ATTACH_NO_LAYER)
			continue;
		layers->of_site[site] = ATTACH_NO_LAYER;
		if (!is_going[layer])
			layers->going[layers->num_going++] = layer;
		is_going[layer] = any = true;
	}
	if (any)
		layers->funcs[layers->num_funcs++] = func;
}

/* What else is in layers that are to go comes again. */
static void keep_others(struct layers *layers, const bool *is_going)
{
	struct filling filling = {.layers = layers};

	for (uint32_t site = 0; site < layers->plan->num_sites; site++) {
		uint32_t layer = layers->of_site[site];

		if (layer != ATTACH_NO_LAYER && is_going[layer])
			add_coming(layers, &filling, site);
	}
}

static void switch_over(struct layers *layers, struct attachment *attachment)
{
	layers->bpf->bss->is_switched = true;
	attachment_detach(attachment, layers->going, layers->num_going);
	layers->step = STEP_LEAVE;
}

struct error *layers_take_off(struct layers *layers, struct attachment *attachment,
			      const uint32_t *funcs, size_t count, bool is_exact)
{
	_cleanup_free_ bool *is_going = NULL;

	if (is_exact && layers->num_switches == SITE_MAX_SWITCHES)
		return error_new(
			"cannot take probes off any more: that was done too often; start it again");
	/* New layers have greater numbers, and do not go. */
	is_going = calloc(layers->next + layers->plan->num_sites + 1, sizeof(*is_going));
	if (!is_going)
		return error_out_of_memory();
	begin_change(layers);
	for (size_t i = 0; i < count; i++)
		leave_out(layers, funcs[i], is_going);
	if (!layers->num_going)
		return NULL;
	keep_others(layers, is_going);
	if (!is_exact) {
		attachment_detach(attachment, layers->going, layers->num_going);
		layers->step = STEP_DETACH;
		return NULL;
	}
	layers->bpf->bss->is_switched = false;
	layers->bpf->bss->switch_number = ++layers->num_switches;
	attach_coming(layers, attachment, layers->num_switches);
	layers->step = STEP_SWITCH;
	return NULL;
}

/* ---- going on ---- */

enum layers_news layers_go_on(struct layers *layers, struct attachment *attachment)
{
	enum layers_step step = layers->step;

	if (step == STEP_NONE || attachment_is_busy(attachment))
		return LAYERS_NO_NEWS;
	layers->step = STEP_NONE;
	switch (step) {
	case STEP_SWITCH:
		switch_over(layers, attachment);
		return LAYERS_GOING;
	case STEP_LEAVE:
		layers->bpf->bss->switch_number = 0;
		/* Those of threads whose old probe was gone already. */
		clear_map(layers->bpf->maps.switch_marks);
		return LAYERS_NO_NEWS;
	case STEP_DETACH:
		if (!layers->num_coming)
			return LAYERS_GONE;
		attach_coming(layers, attachment, 0);
		layers->step = STEP_RETURN;
		return LAYERS_NO_NEWS;
	case STEP_RETURN:
		return LAYERS_GONE;
	default:
		return LAYERS_NO_NEWS;
	}
}
