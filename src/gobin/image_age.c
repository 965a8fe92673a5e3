/* SPDX-License-Identifier: MIT */
/* image_age.c - whether a file is still the one that was opened. */
#include <sys/stat.h>
#include <time.h>

#include "gobin/image_internal.h"

/* More than a tick of any kernel: two changes within one have the same time. */
#define TICK_NS INT64_C(20000000)

static int64_t to_ns(struct timespec time)
{
	return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

bool image_note_age(struct image *image)
{
	struct timespec now;

	if (fstat(image->fd, &image->stat) != 0)
		return false;
	clock_gettime(CLOCK_REALTIME, &now);
	image->age_ns = to_ns(now) - to_ns(image->stat.st_ctim);
	return true;
}

bool image_is_settled(const struct image *image)
{
	/* Less than nothing: another machine's clock, or one that was set. */
	return image->age_ns < 0 || image->age_ns > TICK_NS;
}

bool image_is_unchanged(const struct image *image, int fd)
{
	struct stat now;

	return fstat(fd, &now) == 0 && now.st_size == image->stat.st_size &&
	       to_ns(now.st_mtim) == to_ns(image->stat.st_mtim) &&
	       to_ns(now.st_ctim) == to_ns(image->stat.st_ctim);
}

void image_freeze(struct image *image)
{
	image->is_frozen = true;
}
