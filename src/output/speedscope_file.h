/* SPDX-License-Identifier: MIT */
/*
 * speedscope_file.h - the file around profiles in speedscope's own JSON. Members: file-format-spec.ts of
 * github.com/jlfwong/speedscope.
 *
 * speedscope_begin() - profiles as elements - speedscope_end_profiles() - speedscope_put_frame() for each frame,
 * by number - speedscope_end().
 */
#ifndef OUTPUT_SPEEDSCOPE_FILE_H
#define OUTPUT_SPEEDSCOPE_FILE_H

#include "output/json_writer.h"

/* `name` is the title. */
struct json_writer speedscope_begin(struct writer *writer, const char *name);
/* A file without any profile is not opened: if there were none, one says so. */
void speedscope_end_profiles(struct json_writer *json, bool has_profiles);
/* `file` may be NULL, `line` 0: unknown. */
void speedscope_put_frame(struct json_writer *json, const char *name, const char *file,
			  unsigned line);
void speedscope_end(struct json_writer *json);

#endif
