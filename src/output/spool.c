/* SPDX-License-Identifier: MIT */
#include "output/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Static_assert(sizeof(struct spool_block) == SPOOL_BLOCK, "blocks have one size");

struct error *spool_open(struct spool *spool)
{
	const char *folder = getenv("TMPDIR");
	_cleanup_free_ char *path = NULL;

	*spool = (struct spool){.fd = -1};
	if (asprintf(&path, "%s/gofuncgraph-c.XXXXXX", folder && *folder ? folder : "/tmp") < 0) {
		path = NULL;
		return error_out_of_memory();
	}
	spool->fd = mkostemp(path, O_CLOEXEC);
	if (spool->fd < 0)
		return error_errno(errno,
				   "cannot keep calls until the end in %s: set TMPDIR to a folder",
				   path);
	unlink(path);
	return NULL;
}

void spool_close(struct spool *spool)
{
	if (spool->fd >= 0)
		close(spool->fd);
}

static void fail(struct spool *spool)
{
	if (!spool->errnum)
		spool->errnum = errno ?: EIO;
}

static void write_block(struct spool *spool, const struct spool_lane *lane)
{
	errno = 0;
	if (!spool->errnum && pwrite(spool->fd, &lane->block, SPOOL_BLOCK,
				     (off_t)(lane->at * SPOOL_BLOCK)) != SPOOL_BLOCK)
		fail(spool);
}

static bool read_block(struct spool *spool, struct spool_lane *lane, uint64_t at)
{
	lane->at = at;
	errno = 0;
	if (!spool->errnum &&
	    pread(spool->fd, &lane->block, SPOOL_BLOCK, (off_t)(at * SPOOL_BLOCK)) != SPOOL_BLOCK)
		fail(spool);
	if (spool->errnum)
		return false;
	lane->cursor = cursor_of(lane->block.data, lane->block.used);
	return true;
}

void spool_begin(struct spool *spool, struct spool_lane *lane)
{
	*lane = (struct spool_lane){.first = spool->num_blocks, .at = spool->num_blocks};
	spool->num_blocks++;
}

void spool_put(struct spool *spool, struct spool_lane *lane, uint64_t number)
{
	if (sizeof(lane->block.data) - lane->block.used < NUMBER_MAX_SIZE) {
		lane->block.next = spool->num_blocks++;
		write_block(spool, lane);
		lane->at = lane->block.next;
		lane->block = (struct spool_block){};
	}
	lane->block.used += (uint32_t)number_put(lane->block.data + lane->block.used, number);
}

void spool_rewind(struct spool *spool, struct spool_lane *lane)
{
	write_block(spool, lane);
	read_block(spool, lane, lane->first);
}

bool spool_next(struct spool *spool, struct spool_lane *lane, uint64_t *number)
{
	while (!spool->errnum && cursor_is_at_end(&lane->cursor))
		if (!lane->block.next || !read_block(spool, lane, lane->block.next))
			return false;
	*number = cursor_number(&lane->cursor);
	return !spool->errnum;
}
