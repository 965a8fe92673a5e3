/* SPDX-License-Identifier: MIT */
/* printed_place.h - places as they are printed. */
#ifndef GOFUNCGRAPH_PRINTED_PLACE_H
#define GOFUNCGRAPH_PRINTED_PLACE_H

#include <stdio.h>

#include "output/place_text.h"

static inline void assert_place(const struct place *place, const char *text)
{
	static struct writer writer;
	char printed[256] = "";

	writer = (struct writer){.file = fmemopen(printed, sizeof(printed), "w")};
	assert_non_null(writer.file);
	writer_put_place(&writer, place);
	writer_flush(&writer);
	fclose(writer.file);
	assert_string_equal(printed, text);
}

#endif
