/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * waited_on.h - what a wait was on: a file, the other end of a connection. As the kernel knew it when the
 * wait ended, and the descriptor was open still.
 */
#ifndef GOFUNCGRAPH_WAITED_ON_H
#define GOFUNCGRAPH_WAITED_ON_H

#ifndef __bpf__
#include <linux/types.h>
#endif

enum waited_on_kind {
	ON_NOTHING, /* that is known */
	ON_PATH, /* `text`: as the program gave it to the system call */
	ON_FILE, /* `text`: its path, from its end on: each name with its NUL, the last one is empty */
	ON_PEER, /* a socket that is connected: to whom */
	ON_LISTENER, /* one that is connected to nobody: its own address */
};

/* What is above the last name of an ON_FILE. */
enum waited_on_above {
	ON_MORE, /* further folders */
	ON_ROOT,
	ON_NO_FOLDER, /* it is in none: a pipe, say */
};

#define ON_TEXT_SIZE 160
/* A name in a path, with its NUL; longer ones are cut off. */
#define ON_NAME_SIZE 64

struct waited_on {
	__u8 kind; /* enum waited_on_kind */
	__u8 above; /* enum waited_on_above */
	__u16 mode; /* of ON_FILE: st_mode */
	/* Of sockets: AF_INET, AF_INET6, or AF_UNIX, whose path is `text` ("": it has none; an abstract
	 * one begins with '@'). */
	__u16 family;
	__u16 port;
	__u8 address[16]; /* AF_INET: the first four */
	char text[ON_TEXT_SIZE]; /* with a NUL, unless it was cut off */
};

#endif
