/* SPDX-License-Identifier: MIT */
/* about.h - what a recording is about, a block of its own: nothing of the binary is needed later. */
#ifndef RECORDING_ABOUT_H
#define RECORDING_ABOUT_H

#include "base/error.h"
#include "gofuncgraph/run_options.h"
#include "gofuncgraph/site.h"
#include "names/names.h"
#include "base/bytes.h"

/* Of one that was read, all is owned; of one that is written, nothing. Texts may be NULL: unknown. */
struct recording_about {
	char *tool; /* which version of this program made it */
	char **arguments; /* of the command, its name first, NULL at the end */
	char *binary; /* path */
	char *build_id;
	char *go_version;
	uint16_t machine; /* as in the ELF header of the binary */
	uint64_t start_ns; /* of tracing, by the clock of records */
	uint64_t traced_ns; /* the same, when all probes were there; 0: unknown */
	char *goroot, *module; /* struct own_code */
	/* What was asked for; of attaching and buffers nothing is kept. */
	struct run_options run;
	bool is_snapshot; /* nothing was traced: BLOCK_GOROUTINES */
	bool has_lasting; /* BLOCK_LASTING and BLOCK_NEWEST: set when it is written */
	bool where_is_early; /* run.where and run.labels were decided when it was recorded */
	struct name_site *sites; /* by site */
	size_t num_sites;
};

/* What it was that was traced, and so how it can be shown. */
enum recorded { RECORDED_TREES, RECORDED_STATES, RECORDED_HUNT, RECORDED_GOROUTINES };

static inline enum recorded about_recorded(const struct recording_about *about)
{
	return about->is_snapshot          ? RECORDED_GOROUTINES
	       : about->run.all_goroutines ? RECORDED_STATES
	       : about->run.hunt.is_wanted ? RECORDED_HUNT
					   : RECORDED_TREES;
}

void about_write(const struct recording_about *about, struct bytes *bytes);
/* False: it is none, or there is no memory. */
bool about_read(struct cursor *cursor, struct recording_about *about);
void about_destroy(struct recording_about *about);

#endif
