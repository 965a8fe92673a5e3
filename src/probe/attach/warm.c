/* SPDX-License-Identifier: MIT */
#include "probe/attach/warm.h"

#include <unistd.h>

/* Reading a byte of a page that is there costs next to nothing; sites of one function, and of
 * neighbours, are mostly on one page. */
void warm_sites(const struct attach_site *sites, size_t num_sites, int fd)
{
	uint64_t page_size = (uint64_t)sysconf(_SC_PAGESIZE), last_page = UINT64_MAX;

	for (size_t i = 0; i < num_sites; i++) {
		uint64_t page = sites[i].off / page_size;
		char byte;

		if (page == last_page)
			continue;
		last_page = page;
		if (pread(fd, &byte, 1, (off_t)(page * page_size)) != 1)
			return;
	}
}
