/* SPDX-License-Identifier: MIT */
/* image_age.c - whether a file is still the one that was opened. */
#include <time.h>

#include "base/file_age.h"
#include "gobin/image_internal.h"

/* More than a tick of any kernel: two changes within one have the same time. */
#define TICK_NS INT64_C(20000000)

bool image_note_age(struct image *image)
{
	struct timespec now;

	if (fstat(image->fd, &image->stat) != 0)
		return false;
	clock_gettime(CLOCK_REALTIME, &now);
	image->age_ns = file_age_to_ns(now) - file_age_to_ns(image->stat.st_ctim);
	return true;
}

bool image_is_settled(const struct image *image)
{
	/* Less than nothing: another machine's clock, or one that was set. */
	return image->age_ns < 0 || image->age_ns > TICK_NS;
}

const struct stat *image_stat(const struct image *image)
{
	return &image->stat;
}

void image_freeze(struct image *image)
{
	image->is_frozen = true;
}
