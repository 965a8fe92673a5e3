/* SPDX-License-Identifier: MIT */
/*
 * layers.h - which layer each of the plan's sites is in (gofuncgraph/attach.h), and the steps of a
 * change: functions get probes, or lose them while others in the same layers keep theirs.
 *
 * Probes of a layer go only together. Where programs know by a site's cookie which of two probes was
 * hit (uprobe_multi), a layer is replaced by another one without the functions that go, and no hit is
 * lost or handled twice (bpf/switch.h). Else the layer goes first and there is a gap.
 */
#ifndef SOURCE_LAYERS_H
#define SOURCE_LAYERS_H

#include "gofuncgraph/attach.h"
#include "gofuncgraph/plan.h"
#include "graph.skel.h"

/* Sites of the user's functions in one layer: what it takes to replace one is to stay short, and
 * links are to be few. */
#define LAYERS_MAX_SITES 4096

enum layers_step { STEP_NONE, STEP_ATTACH, STEP_SWITCH, STEP_LEAVE, STEP_DETACH, STEP_RETURN };

struct layers {
	const struct plan *plan; /* not owned */
	const struct graph_bpf *bpf; /* not owned */
	uint32_t *of_site; /* ATTACH_NO_LAYER: it has no probe */
	uint32_t next; /* its number */
	uint32_t num_switches;
	enum layers_step step; /* of the change that goes on */
	struct attach_layer_site *coming;
	uint32_t *going; /* layers */
	uint32_t *funcs; /* that lose their probes: numbers for plan_func_at() */
	size_t num_coming, num_going, num_funcs;
};

/* `careful`: only sites of the tracer's own have a layer, and not SITE_RESUME. `layers` all zero is fine to destroy. */
struct error *layers_init(struct layers *layers, const struct plan *plan,
			  const struct graph_bpf *bpf, bool careful);
void layers_destroy(struct layers *layers);

/* Whether probes are where goroutines begin, or are to come there. */
bool layers_have_births(const struct layers *layers);

/* Begin a change. Sites that are attached, and functions that are not, are left out. Error: out of
 * memory, or switches. */
struct error *layers_attach(struct layers *layers, struct attachment *attachment,
			    const uint32_t *sites, size_t count);
struct error *layers_take_off(struct layers *layers, struct attachment *attachment,
			      const uint32_t *funcs, size_t count, bool is_exact);

/* What a step has led to, for who hands on records. */
enum layers_news {
	LAYERS_NO_NEWS,
	LAYERS_GOING, /* layers->funcs lose their probes from now on */
	LAYERS_GONE, /* they have lost them, and others have theirs again: the gap is over */
};

/* Goes on with the change if the attachment has done what it was told. */
enum layers_news layers_go_on(struct layers *layers, struct attachment *attachment);

static inline bool layers_are_busy(const struct layers *layers)
{
	return layers->step != STEP_NONE;
}

#endif
