/* SPDX-License-Identifier: MIT */
/* place_text.h - places as people read them. */
#ifndef GOFUNCGRAPH_OUTPUT_PLACE_TEXT_H
#define GOFUNCGRAPH_OUTPUT_PLACE_TEXT_H

#include <stdbool.h>

#include "names/place.h"
#include "output/writer.h"

/* "main.f+12 /src/main.go:7", as much of it as is known, or "libc.so.6+0x1234"; else "0x1234", and
 * "?" where not even that is known. */
void writer_put_place(struct writer *writer, const struct place *place);
/* Its two parts: "main.f+12", and " main.go:8" or nothing. */
void writer_put_position(struct writer *writer, const struct place *place);
void writer_put_file(struct writer *writer, const struct place *place);

/* The same between quotes of JSON, which are not put. */
void writer_put_place_in_json(struct writer *writer, const struct place *place);

/* Without the folders of its file and the path of its package: "http.(*conn).serve server.go:7".
 * `names` is room for its names. */
struct place place_short(const struct place *place, struct name names[2]);

/* "(*conn).serve" in package "net/http": "http.(*conn).serve". */
struct name name_without_path(const struct name *name);

/* What is before and behind the types that a generic function is made for, "main.Sum" and ".func1" of
 * "main.Sum[go.shape.int].func1", where Go's own traces have "[...]". False: there are none. */
bool name_without_types(const struct name *name, struct name parts[2]);

/* The end of a name that is longer: what `columns` have room for behind a "…". With less than NAME_LEAST it says nothing. */
#define NAME_LEAST 8
struct name name_end(const struct name *name, size_t columns);

void writer_put_number(struct writer *writer, uint64_t value);

static inline void writer_put_name(struct writer *writer, const struct name *name)
{
	writer_put(writer, name->text, name->len);
}

/* Its function's name; the place, where that is unknown. */
static inline void writer_put_function(struct writer *writer, const struct place *place)
{
	if (place->function)
		writer_put_name(writer, place->function);
	else
		writer_put_place(writer, place);
}

#endif
