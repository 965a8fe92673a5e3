/* SPDX-License-Identifier: MIT */
/* types.c - offsets of fields, out of DWARF or of a table of the standard library's structs. */
#include "gobin/types.h"

#include <string.h>

/* The newest version that the table was checked with. */
#define NEWEST_MINOR 27

/*
 * On amd64, from Go 1.17 on, all without a change so far: fields that came later are behind these
 * (net/url.URL), or others of the same size took their place (internal/poll.FD, SysFile). A row
 * with a newer `minor` goes behind the older one.
 */
static const struct known_field {
	const char *type;
	const char *field;
	unsigned minor; /* from this version on */
	uint32_t offset;
} known_fields[] = {
	/* src/net/http/request.go */
	{"net/http.Request", "Method", 17, 0},
	{"net/http.Request", "URL", 17, 16},
	/* src/net/http/response.go */
	{"net/http.Response", "Status", 17, 0},
	{"net/http.Response", "StatusCode", 17, 16},
	/* src/net/url/url.go */
	{"net/url.URL", "Scheme", 17, 0},
	{"net/url.URL", "Host", 17, 40},
	{"net/url.URL", "Path", 17, 56},
	/* src/net/tcpsock.go */
	{"net.TCPAddr", "IP", 17, 0},
	{"net.TCPAddr", "Port", 17, 24},
	{"net.TCPAddr", "Zone", 17, 32},
	/* src/net/net.go: the first field of TCPConn and its like */
	{"net.conn", "fd", 17, 0},
	/* src/net/fd_posix.go, behind a poll.FD */
	{"net.netFD", "laddr", 17, 96},
	{"net.netFD", "raddr", 17, 112},
	/* src/internal/poll/fd_unix.go, behind an fdMutex */
	{"internal/poll.FD", "Sysfd", 17, 16},
};

static bool find_known(unsigned minor, const char *type, const char *field, uint32_t *offset)
{
	bool found = false;

	if (minor > NEWEST_MINOR)
		return false;
	for (size_t i = 0; i < sizeof(known_fields) / sizeof(*known_fields); i++) {
		const struct known_field *known = &known_fields[i];

		if (known->minor <= minor && !strcmp(known->type, type) &&
		    !strcmp(known->field, field)) {
			*offset = known->offset;
			found = true;
		}
	}
	return found;
}

static bool is_known_type(const char *type)
{
	for (size_t i = 0; i < sizeof(known_fields) / sizeof(*known_fields); i++) {
		if (!strcmp(known_fields[i].type, type))
			return true;
	}
	return false;
}

struct error *types_find_offset(struct dwarf *dwarf, unsigned minor, const char *type,
				const char *field, uint32_t *offset)
{
	struct dwarf_member member = {.type = type, .member = field};

	if (dwarf)
		dwarf_find_members(dwarf, &member, 1);
	if (member.found) {
		*offset = member.offset;
		return NULL;
	}
	if (find_known(minor, type, field, offset))
		return NULL;
	if (minor > NEWEST_MINOR && is_known_type(type))
		return error_new(
			"where %s has its field %s is unknown: there is no DWARF for it, and its Go is newer than 1.%d, the newest known without",
			type, field, NEWEST_MINOR);
	return error_new(
		"where %s has its field %s is unknown: %s", type, field,
		dwarf ? "the DWARF of the binary has no such struct or field"
		      : "the binary has no DWARF, and it is not one of the few structs whose fields are known without");
}
