// SPDX-License-Identifier: MIT
/* attach.c - the tracer's side of attaching: starts the holder, listens to it, ends it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/event_clock.h"
#include "base/lockdown.h"
#include "base/log.h"
#include "base/proc.h"
#include "probe/attach/holder.h"
#include "probe/attach/tracefs.h"

#define LOOK_EVERY_MS 100

struct attachment {
	enum attach_method method;
	struct attach_patience patience; /* its functions may be NULL */
	size_t num_sites;
	size_t num_left; /* of these, while they are taken away */
	int socket; /* closing it is what makes the holder detach */
	pid_t holder;
	union holder_shared *shared; /* what orders are about */
	size_t shared_size; /* bytes */
	bool is_busy; /* an order is being carried out */
	uint64_t needs; /* see attachment_needs() */
	bool is_confined; /* see attachment_is_confined() */
	bool is_lost; /* the holder went by itself */
	bool is_gone; /* the same, as it was told to */
	bool is_changed; /* so did the file, and the probes are gone or go */
};

const char *attach_method_name(enum attach_method method)
{
	switch (method) {
	case ATTACH_AUTO:
		return "auto";
	case ATTACH_UPROBE_MULTI:
		return "uprobe_multi";
	case ATTACH_TRACEFS:
		return "tracefs";
	case ATTACH_PERF_EVENT:
		return "perf_event";
	}
	return "unknown";
}

uint32_t attach_program_type(enum attach_method method)
{
	return method == ATTACH_UPROBE_MULTI ? ATTACH_TYPE_UPROBE_MULTI : 0;
}

enum attach_method attach_best_method(void)
{
	if (attach_multi_works())
		return ATTACH_UPROBE_MULTI;
	_cleanup_close_ int root = tracefs_open_root();
	if (root < 0)
		return ATTACH_PERF_EVENT;
	_cleanup_close_ int definitions = tracefs_open_definitions(root);
	return definitions < 0 ? ATTACH_PERF_EVENT : ATTACH_TRACEFS;
}

const char *attach_hint(int errnum)
{
	switch (errnum) {
	case EPERM:
	case EACCES:
		if (lockdown_is_confidential())
			return "the kernel is locked down (lockdown=confidentiality), which forbids reading other programs' memory with BPF: boot it without, or with lockdown=integrity";
		return "run it as root, or with CAP_BPF, CAP_PERFMON and CAP_SYS_ADMIN; in a container, with --privileged";
	case ENOSYS:
	case EOPNOTSUPP:
		return "this kernel does not have it: use Linux 5.10 or newer, built with CONFIG_BPF_SYSCALL and CONFIG_UPROBE_EVENTS";
	case EMFILE:
	case ENFILE:
		return "raise the limit of open files (ulimit -n), or match fewer functions";
	case ENOMEM:
		return "match fewer functions, or free some memory";
	default:
		return NULL;
	}
}

enum received { RECEIVED, RECEIVED_NOTHING, RECEIVED_END };

/* Reads the next packet; with MSG_DONTWAIT there may be none yet. At the end the holder is gone. */
static enum received receive(int socket, struct holder_message *message, int flags)
{
	ssize_t len;
	do {
		len = recv(socket, message, sizeof(*message), flags);
	} while (len < 0 && errno == EINTR);
	if (len < 0 && errno == EAGAIN)
		return RECEIVED_NOTHING;
	if (len <= (ssize_t)offsetof(struct holder_message, text))
		return RECEIVED_END;
	message->text[(size_t)len - offsetof(struct holder_message, text) - 1] = '\0';
	return RECEIVED;
}

/* The same, but waits up to timeout_ms (-1: for ever). */
static enum received receive_within(int socket, struct holder_message *message, int timeout_ms)
{
	struct pollfd polled = {.fd = socket, .events = POLLIN};
	poll(&polled, 1, timeout_ms);
	return receive(socket, message, MSG_DONTWAIT);
}

static void take_note(struct attachment *attachment, const struct holder_message *message)
{
	if (message->type == HOLDER_NOTE)
		log_verbose("%s", message->text);
	else if (message->type == HOLDER_WARNING)
		log_warning("%s", message->text);
	else if (message->type == HOLDER_CHANGED)
		attachment->is_changed = true;
	if (message->type == HOLDER_DONE || message->type == HOLDER_ATTACHED)
		attachment->num_sites = attachment->num_left = message->count;
	if (message->type == HOLDER_LEFT)
		attachment->num_left = message->count;
	if (message->type == HOLDER_DONE || message->type == HOLDER_FAILED)
		attachment->is_busy = false;
}

/* Listens until all is attached, or cannot be, or is not to be. */
static struct error *wait_until_attached(struct attachment *attachment)
{
	const struct attach_patience *patience = &attachment->patience;
	struct holder_message message;
	enum received received;
	while ((received = receive_within(attachment->socket, &message, LOOK_EVERY_MS)) !=
	       RECEIVED_END) {
		if (patience->attaches_on && !patience->attaches_on(patience->context)) {
			attachment_detach_all(attachment, 0);
			return NULL;
		}
		if (received == RECEIVED_NOTHING)
			continue;
		if (message.type == HOLDER_FAILED)
			return error_new("%s", message.text);
		take_note(attachment, &message);
		if (message.type == HOLDER_ATTACHED) {
			attachment->is_confined = message.is_confined;
			attachment->needs = message.needs;
		}
		if (message.type == HOLDER_ATTACHED || attachment->is_changed)
			return NULL;
	}
	return error_new(
		"cannot attach: the process that holds the probes ended unexpectedly; was it killed?");
}

/*
 * All signals are blocked across fork(), so that no handler of the tracer ever runs in the holder,
 * and stay so there.
 */
static pid_t fork_holder(const struct attach_file *file, const struct attach_site *sites,
			 size_t num_sites, const struct attach_options *options,
			 const union holder_shared *shared, const int sockets[2])
{
	sigset_t all, old;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pid_t pid = fork();
	if (pid == 0)
		holder_run(file, sites, num_sites, options, shared, sockets[1]);
	int errnum = errno;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	errno = errnum;
	return pid;
}

static struct attachment *new_attachment(size_t num_sites)
{
	struct attachment *attachment = calloc(1, sizeof(*attachment));
	if (!attachment)
		return NULL;
	attachment->shared_size = (num_sites + 1) * sizeof(*attachment->shared);
	attachment->shared = mmap(NULL, attachment->shared_size, PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (attachment->shared != MAP_FAILED)
		return attachment;
	free(attachment);
	return NULL;
}

static void free_attachment(struct attachment *attachment)
{
	munmap(attachment->shared, attachment->shared_size);
	free(attachment);
}

struct error *attachment_start(const struct attach_file *file, const struct attach_site *sites,
			       size_t num_sites, const struct attach_options *options,
			       struct attachment **out)
{
	*out = NULL;
	struct attachment *attachment = new_attachment(num_sites);
	if (!attachment)
		return error_out_of_memory();
	struct attach_options chosen = *options;
	if (chosen.method == ATTACH_AUTO)
		chosen.method = attach_best_method();
	attachment->method = chosen.method;
	if (chosen.patience)
		attachment->patience = *chosen.patience;

	int sockets[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0) {
		int errnum = errno;
		free_attachment(attachment);
		return error_errno(errnum, "cannot attach: socketpair() failed");
	}
	attachment->holder =
		fork_holder(file, sites, num_sites, &chosen, attachment->shared, sockets);
	int errnum = errno;
	close(sockets[1]);
	attachment->socket = sockets[0];
	if (attachment->holder < 0) {
		close(sockets[0]);
		free_attachment(attachment);
		return error_errno(errnum, "cannot attach: fork() failed");
	}
	struct error *err = wait_until_attached(attachment);
	if (err) {
		attachment_stop(attachment);
		return err;
	}
	*out = attachment;
	return NULL;
}

enum attach_method attachment_method(const struct attachment *attachment)
{
	return attachment->method;
}

size_t attachment_num_sites(const struct attachment *attachment)
{
	return attachment->num_sites;
}

uint64_t attachment_cpu_ns(const struct attachment *attachment)
{
	uint64_t ns = 0;

	return proc_cpu_time(attachment->holder, &ns) ? ns : 0;
}

/* The holder has ended. Returns the signal that killed it, or 0. */
static int reap(struct attachment *attachment)
{
	int status = 0;
	pid_t reaped;
	do {
		reaped = waitpid(attachment->holder, &status, 0);
	} while (reaped < 0 && errno == EINTR);
	/* What a killed process held the kernel lets go, but for what tracefs keeps by name. */
	if (attachment->method == ATTACH_TRACEFS && reaped > 0 && WIFSIGNALED(status))
		tracefs_clear_all_dead();
	return reaped > 0 && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

struct error *attachment_check(struct attachment *attachment)
{
	struct holder_message message;
	enum received received;
	while ((received = receive(attachment->socket, &message, MSG_DONTWAIT)) == RECEIVED) {
		take_note(attachment, &message);
		if (message.type == HOLDER_FAILED)
			return error_new("%s", message.text);
	}
	if (received == RECEIVED_NOTHING || attachment->is_changed)
		return NULL;
	attachment->is_lost = true;
	int number = reap(attachment);
	return error_new(
		"the process that holds the probes (PID %d) %s%s: the probes went with it, and tracing ends; start it again",
		attachment->holder, number ? "was killed by SIG" : "ended unexpectedly",
		number ? sigabbrev_np(number) ?: "?" : "");
}

uint64_t attachment_needs(const struct attachment *attachment)
{
	return attachment->needs;
}

bool attachment_is_confined(const struct attachment *attachment)
{
	return attachment->is_confined;
}

/* Not sent: the holder is gone, or goes since the file is changed. */
static void send_order(struct attachment *attachment, enum holder_order_type type, size_t count,
		       uint64_t bits)
{
	const struct holder_order order = {.type = type, .count = (uint32_t)count, .bits = bits};
	send(attachment->socket, &order, sizeof(order), MSG_NOSIGNAL);
	attachment->is_busy = true;
}

struct error *attachment_again(struct attachment *attachment)
{
	send_order(attachment, HOLDER_ORDER_AGAIN, 0, 0);
	struct holder_message message;
	while (receive(attachment->socket, &message, 0) == RECEIVED) {
		take_note(attachment, &message);
		if (message.type == HOLDER_FAILED)
			return error_new("%s", message.text);
		if (message.type == HOLDER_DONE)
			return NULL;
	}
	return attachment_check(attachment);
}

bool attachment_is_busy(const struct attachment *attachment)
{
	return attachment->is_busy;
}

void attachment_attach(struct attachment *attachment, const struct attach_layer_site *sites,
		       size_t count, uint64_t bits)
{
	memcpy(attachment->shared, sites, count * sizeof(*sites));
	send_order(attachment, HOLDER_ORDER_ATTACH, count, bits);
}

void attachment_detach(struct attachment *attachment, const uint32_t *layers, size_t count)
{
	memcpy(attachment->shared, layers, count * sizeof(*layers));
	send_order(attachment, HOLDER_ORDER_DETACH, count, 0);
}

bool attachment_file_is_changed(const struct attachment *attachment)
{
	return attachment->is_changed;
}

bool attachment_detach_all(struct attachment *attachment, int timeout_ms)
{
	const uint64_t end_ns = monotonic_ns() + (uint64_t)timeout_ms * 1000000;
	struct holder_message message;
	enum received received = RECEIVED_NOTHING;
	shutdown(attachment->socket, SHUT_WR);
	/* Its end of the socket is closed when it is gone, also if somebody else reaps it. */
	while (!attachment->is_gone) {
		received = receive_within(attachment->socket, &message, timeout_ms);
		if (received == RECEIVED)
			take_note(attachment, &message);
		attachment->is_gone = received == RECEIVED_END;
		uint64_t now_ns = monotonic_ns();
		if (now_ns >= end_ns)
			break;
		timeout_ms = (int)((end_ns - now_ns) / 1000000);
	}
	return attachment->is_gone;
}

void attachment_stop(struct attachment *attachment)
{
	if (!attachment)
		return;
	const struct attach_patience *patience = &attachment->patience;
	bool waits_on = true;
	while (!attachment_detach_all(attachment, LOOK_EVERY_MS) && waits_on)
		waits_on = !patience->waits_on ||
			   patience->waits_on(patience->context, attachment->num_left,
					      attachment->holder);
	close(attachment->socket);
	if (attachment->is_gone && !attachment->is_lost && reap(attachment))
		log_warning(
			"the process that holds the probes (PID %d) was killed while it took them away",
			attachment->holder);
	free_attachment(attachment);
}
