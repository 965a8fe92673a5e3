/* SPDX-License-Identifier: MIT */
/* decode_entries.h - where entries are probed, as a table of functions' code: for each processor. */
#ifndef GOFUNCGRAPH_TESTS_DECODE_ENTRIES_H
#define GOFUNCGRAPH_TESTS_DECODE_ENTRIES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gofuncgraph/decode.h"

/* An offset of UINT32_MAX: the function is refused. */
struct entry_row {
	const char *what, *code;
	uint32_t offset, flags;
	enum site_cost cost;
	const char *mnemonic;
};

static inline void check_entry(const struct entry_row *row, const struct decoded *decoded)
{
	const struct decoded_site *site = &decoded->sites[0];

	if (row->offset == UINT32_MAX) {
		if (!decoded->refused || decoded->num_sites)
			fail_msg("%s: not refused", row->what);
		return;
	}
	if (decoded->refused)
		fail_msg("%s: refused: %s", row->what, decoded->refused);
	if (site->offset != row->offset || site->flags != row->flags || site->cost != row->cost ||
	    strcmp(site->mnemonic, row->mnemonic) || site->sp_delta)
		fail_msg("%s: +%u %s, flags %x, cost %u", row->what, site->offset, site->mnemonic,
			 site->flags, site->cost);
}

#endif
