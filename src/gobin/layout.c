/* SPDX-License-Identifier: MIT */
/* layout.c - the one table of offsets by Go version, and the same out of DWARF. */
#include "gobin/layout.h"

#include <string.h>

/* g and m are smaller. */
#define MAX_OFFSET 4096

/*
 * Type g and type m of src/runtime/runtime2.go on amd64, from that version on. Before atomicstatus
 * come stack, stackguard0 and 1, _panic, _defer, m, sched (a gobuf) and some words; before m.curg
 * come another gobuf and some words.
 */
static const struct version {
	unsigned minor;
	uint32_t g_atomicstatus;
	uint32_t g_goid;
	uint32_t g_waitreason;
	uint32_t g_gopc;
	uint32_t g_startpc;
	uint32_t g_sched_bp;
	uint32_t g_parent_goid;
	uint32_t g_lockedm;
	uint32_t m_curg;
} versions[] = {
	{17, 144, 152, 176, 296, 312, 104, 0, 232, 192},
	{21, 144, 152, 176, 280, 296, 104, 272, 208,
	 192}, /* g.parentGoid is new, g.trace moved back */
	{23, 152, 160, 184, 288, 304, 104, 280, 216, 192}, /* g.syscallbp is new */
	{25, 144, 152, 176, 280, 296, 96, 272, 208, 184}, /* gobuf.ret is gone */
	{26, 144, 152, 176, 288, 304, 96, 280, 208, 184}, /* g.secret is new */
};

/* The newest version that the last row was checked with. */
#define NEWEST_MINOR 27

/* "go1.22", "go1.22.3", "go1.22rc1", also with something behind a space: no "devel go1.23-abcdef"
 * and no "go1.23-20240626-RC01 cl/646990413". */
static bool is_release(const char *version)
{
	return strncmp(version, "go1.", 4) == 0 && version[strcspn(version, " -+")] != '-' &&
	       version[strcspn(version, " -+")] != '+';
}

bool layout_from_table(const char *version_name, unsigned minor, struct gobin_layout *layout)
{
	const struct version *version = versions;

	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++) {
		if (versions[i].minor <= minor)
			version = &versions[i];
	}
	layout->g_stack_lo = 0;
	layout->g_stack_hi = 8;
	layout->g_m = 48;
	layout->g_atomicstatus = version->g_atomicstatus;
	layout->g_goid = version->g_goid;
	layout->g_waitreason = version->g_waitreason;
	layout->g_gopc = version->g_gopc;
	layout->g_startpc = version->g_startpc;
	layout->g_sched_sp = 56;
	layout->g_sched_pc = 64;
	layout->g_sched_bp = version->g_sched_bp;
	/* They follow each other: bp is the last of sched, and waitsince the word before waitreason. */
	layout->g_syscallsp = version->g_sched_bp + 8;
	layout->g_syscallpc = version->g_sched_bp + 16;
	layout->g_waitsince = version->g_waitreason - 8;
	layout->g_parent_goid = version->g_parent_goid;
	layout->g_lockedm = version->g_lockedm;
	/* Between startpc and these are one word, and four. */
	layout->g_waiting = version->g_startpc + 16;
	layout->g_labels = version->g_startpc + 48;
	layout->labels_are_maps = minor < 24;
	/* From Go 1.26 there are two words for a pointer: type maybeTraceablePtr. */
	layout->sudog_elem = minor < 26 ? 24 : 32;
	layout->sudog_waitlink = minor < 26 ? 64 : 72;
	layout->sudog_c = minor < 26 ? 80 : 96;
	layout->m_curg = version->m_curg;
	layout->newer_than_known = minor > NEWEST_MINOR || !is_release(version_name);
	return !layout->newer_than_known;
}

bool layout_from_dwarf(struct dwarf *dwarf, struct gobin_layout *layout)
{
	enum {
		STACK,
		LO,
		HI,
		M,
		ATOMICSTATUS,
		GOID,
		WAITREASON,
		GOPC,
		STARTPC,
		SCHED,
		SP,
		PC,
		BP,
		CURG,
		SYSCALLSP,
		SYSCALLPC,
		WAITSINCE,
		LOCKEDM,
		WAITING,
		LABELS,
		ELEM,
		WAITLINK,
		C,
		/* not in all versions */
		PARENT_GOID,
		TRACEABLE,
		NUM_MEMBERS,
		NUM_ALWAYS = PARENT_GOID
	};
	struct dwarf_member members[NUM_MEMBERS] = {
		[STACK] = {.type = "runtime.g", .member = "stack"},
		[LO] = {.type = "runtime.stack", .member = "lo"},
		[HI] = {.type = "runtime.stack", .member = "hi"},
		[M] = {.type = "runtime.g", .member = "m"},
		[ATOMICSTATUS] = {.type = "runtime.g", .member = "atomicstatus"},
		[GOID] = {.type = "runtime.g", .member = "goid"},
		[WAITREASON] = {.type = "runtime.g", .member = "waitreason"},
		[GOPC] = {.type = "runtime.g", .member = "gopc"},
		[STARTPC] = {.type = "runtime.g", .member = "startpc"},
		[SCHED] = {.type = "runtime.g", .member = "sched"},
		[SP] = {.type = "runtime.gobuf", .member = "sp"},
		[PC] = {.type = "runtime.gobuf", .member = "pc"},
		[BP] = {.type = "runtime.gobuf", .member = "bp"},
		[CURG] = {.type = "runtime.m", .member = "curg"},
		[SYSCALLSP] = {.type = "runtime.g", .member = "syscallsp"},
		[SYSCALLPC] = {.type = "runtime.g", .member = "syscallpc"},
		[WAITSINCE] = {.type = "runtime.g", .member = "waitsince"},
		[LOCKEDM] = {.type = "runtime.g", .member = "lockedm"},
		[WAITING] = {.type = "runtime.g", .member = "waiting"},
		[LABELS] = {.type = "runtime.g", .member = "labels"},
		[ELEM] = {.type = "runtime.sudog", .member = "elem"},
		[WAITLINK] = {.type = "runtime.sudog", .member = "waitlink"},
		[C] = {.type = "runtime.sudog", .member = "c"},
		[TRACEABLE] = {.type = "runtime.maybeTraceablePtr", .member = "vu"},
		[PARENT_GOID] = {.type = "runtime.g", .member = "parentGoid"},
	};

	dwarf_find_members(dwarf, members, NUM_MEMBERS);
	for (size_t i = 0; i < NUM_MEMBERS; i++) {
		unsigned align = i == WAITREASON ? 1 : i == ATOMICSTATUS ? 4 : 8;
		if (i >= NUM_ALWAYS && !members[i].found)
			continue;
		if (!members[i].found || members[i].offset > MAX_OFFSET ||
		    members[i].offset % align)
			return false;
	}
	layout->g_stack_lo = members[STACK].offset + members[LO].offset;
	layout->g_stack_hi = members[STACK].offset + members[HI].offset;
	layout->g_m = members[M].offset;
	layout->g_atomicstatus = members[ATOMICSTATUS].offset;
	layout->g_goid = members[GOID].offset;
	layout->g_waitreason = members[WAITREASON].offset;
	layout->g_gopc = members[GOPC].offset;
	layout->g_startpc = members[STARTPC].offset;
	layout->g_sched_sp = members[SCHED].offset + members[SP].offset;
	layout->g_sched_bp = members[SCHED].offset + members[BP].offset;
	layout->g_sched_pc = members[SCHED].offset + members[PC].offset;
	layout->g_syscallsp = members[SYSCALLSP].offset;
	layout->g_syscallpc = members[SYSCALLPC].offset;
	layout->g_waitsince = members[WAITSINCE].offset;
	layout->g_lockedm = members[LOCKEDM].offset;
	layout->g_parent_goid = members[PARENT_GOID].found ? members[PARENT_GOID].offset : 0;
	layout->g_waiting = members[WAITING].offset;
	layout->g_labels = members[LABELS].offset;
	layout->sudog_elem = members[ELEM].offset + members[TRACEABLE].offset;
	layout->sudog_waitlink = members[WAITLINK].offset;
	layout->sudog_c = members[C].offset + members[TRACEABLE].offset;
	layout->m_curg = members[CURG].offset;
	layout->newer_than_known = false;
	return true;
}
