/* SPDX-License-Identifier: MIT */
/*
 * holder.h - the process that attaches and holds every link, and the ways it has to attach.
 *
 * The kernel takes a breakpoint out of a running program in the context of the task that closes the
 * link, and does not when that task has a fatal signal pending (kernel/events/uprobes.c,
 * register_for_each_vma(): mmap_write_lock and remove_breakpoint() may fail then; "failed to
 * unregister, leaking uprobe"). So the tracer, which users kill, holds none. The holder is a forked
 * child out of reach of the terminal's signals; it detaches when the other end of its socket is
 * closed, by whatever way the tracer ends.
 */
#ifndef GOFUNCGRAPH_HOLDER_H
#define GOFUNCGRAPH_HOLDER_H

#include "gofuncgraph/attach.h"
#include "probe/attach/file_watch.h"

/* What the holder tells the tracer: one packet each. */
enum holder_message_type {
	HOLDER_NOTE, /* text, for -v */
	HOLDER_WARNING, /* text */
	HOLDER_FAILED, /* text; the holder ends */
	HOLDER_ATTACHED, /* count: sites attached */
	HOLDER_DONE, /* an order was carried out; count: sites attached now, those in two layers twice */
	HOLDER_LEFT, /* count: sites that are still attached, while they are taken away */
	HOLDER_CHANGED, /* somebody changes the file; the holder detaches, lets him, and ends */
};

/* What the tracer tells the holder, one packet, when the order before was answered: by HOLDER_DONE, or
 * HOLDER_FAILED, after which nothing more is to be expected of it. */
enum holder_order_type {
	HOLDER_ORDER_AGAIN, /* attach everything anew */
	HOLDER_ORDER_ATTACH, /* holder_shared.sites */
	HOLDER_ORDER_DETACH, /* holder_shared.layers */
};

struct holder_order {
	uint32_t type;
	uint32_t count; /* of what is in holder_shared */
	uint64_t bits; /* see attachment_attach() */
};

/* Memory that both see; the tracer's while no order is being carried out. Room for all sites. */
union holder_shared {
	struct attach_layer_site sites[1];
	uint32_t layers[1];
};

#define HOLDER_TEXT_MAX 2048
struct holder_message {
	uint32_t type; /* enum holder_message_type */
	uint32_t is_confined; /* with HOLDER_ATTACHED, see attachment_is_confined() */
	uint64_t count;
	uint64_t needs; /* with HOLDER_ATTACHED: capabilities, see attachment_needs() */
	char text[HOLDER_TEXT_MAX]; /* NUL-terminated; the packet ends behind the NUL */
};

/* What some sites of a layer hang on. */
struct holder_link {
	int fd;
	uint32_t layer;
	uint32_t count; /* sites */
	uint32_t number; /* the method's */
};

/* In attach_site.program: the kernel refuses it. */
#define HOLDER_REFUSED UINT32_MAX

struct holder {
	const struct attach_file *file;
	struct attach_site *sites; /* with the layer and the cookie that each has now */
	size_t num_sites;
	const struct attach_method_ops *ops;
	void *state; /* of the method; made by its prepare(), freed by its finish() */
	struct holder_link *links;
	size_t num_links, link_capacity;
	const union holder_shared *shared;
	int socket;
	int program_fds[ATTACH_MAX_PROGRAMS];
	size_t num_programs;
	bool has_cookies;
	bool is_to_change; /* see attach_options */
	pid_t pid; /* 0: every process */
	bool is_confined; /* set by prepare(): the kernel keeps probes out of the others */
	int file_fd; /* the file, here */
	struct file_watch watch;
	uint64_t needs; /* capabilities, by whoever is to do the same */
	char path[32]; /* the file as this process may name it to the kernel */
	size_t num_attached; /* sites, those in two layers twice */
	size_t num_refused;
	int last_refusal; /* errno */
};

/* One way of attaching; each is one file. All run in the holder. */
struct attach_method_ops {
	size_t max_batch; /* sites attach() takes at once */
	struct error *(*prepare)(struct holder *holder);
	/* Attaches all of these sites (indices in holder->sites) to a program, or none; fills in the
	 * link's fd and number. 0 or a negative errno; -ENOSYS means that this kernel does not have
	 * the method. */
	int (*attach)(struct holder *holder, int program_fd, const uint32_t *sites, size_t count,
		      struct holder_link *link);
	/* Each waits for the kernel, which makes several at the same time wait no longer: any
	 * thread may call it. */
	void (*close)(const struct holder_link *link);
	size_t max_closing; /* at the same time, where that is of use; 1: not */
	/* After all that go are closed: what is left of one; NULL: nothing. */
	void (*forget)(struct holder *holder, const struct holder_link *link);
	/* Frees the state; safe after a prepare() that failed. */
	void (*finish)(struct holder *holder);
};

extern const struct attach_method_ops attach_multi_ops;
extern const struct attach_method_ops attach_tracefs_ops;
extern const struct attach_method_ops attach_perf_ops;

/* The life of the holder, from behind fork() to its end. `socket` is its end of the pair, every
 * other open file that it does not need is closed. */
void holder_run(const struct attach_file *file, const struct attach_site *sites, size_t num_sites,
		const struct attach_options *options, const union holder_shared *shared, int socket)
	__attribute__((noreturn));

/* Attaches all sites that have a layer, but those that the kernel refuses. After an error some may
 * be attached. */
struct error *holder_attach(struct holder *holder, enum attach_method method);
/* The same of more sites, by their indices, in this order. */
struct error *holder_attach_more(struct holder *holder, enum attach_method method,
				 const uint32_t *sites, size_t count);
/* Takes these layers off, or, with NULL, all. */
void holder_detach(struct holder *holder, const uint32_t *layers, size_t count);

/* Tells how many sites are left, if the tracer listens. */
void holder_tell_left(const struct holder *holder, size_t count);
/* True when the tracer is gone or the file is being changed: whatever is being done should stop. */
bool holder_must_stop(struct holder *holder);
void holder_warn(const struct holder *holder, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Whether this kernel has uprobe_multi links, found by asking for one that cannot be. */
bool attach_multi_works(void);

/* Why the kernel said no, as text for a sentence: errno's, except where that is unknown to libc. */
const char *attach_errno_text(int errnum);

#define KERNEL_ENOTSUPP 524 /* include/linux/errno.h; never meant for user space, but returned */

#endif
