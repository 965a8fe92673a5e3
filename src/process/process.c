/* SPDX-License-Identifier: MIT */
#include "process/process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/proc.h"

/* A file as stat(2) tells it from others. */
struct file_id {
	dev_t device;
	ino_t inode; /* 0: unknown */
};

struct process {
	pid_t pid;
	struct file_id file; /* what it executed when it was opened, or launched */
	int pidfd;
	int channel; /* to a launched process before its exec; closed by the exec. -1: none */
	bool is_launched;
	bool has_ended;
	uint64_t cpu_ns; /* once it has ended; 0: unknown */
	int status; /* of wait(2) */
};

static struct error *process_new(struct process **process)
{
	*process = calloc(1, sizeof(**process));
	if (!*process)
		return error_out_of_memory();
	(*process)->pidfd = (*process)->channel = -1;
	return NULL;
}

static int open_pidfd(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

/* Unknown without the right to look at it. */
static struct file_id file_id(const char *path)
{
	struct stat file;

	if (stat(path, &file))
		return (struct file_id){};
	return (struct file_id){file.st_dev, file.st_ino};
}

static struct file_id executed_file(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	return file_id(path);
}

static struct error *open_error(int errnum, pid_t pid)
{
	pid_t owner = proc_of_thread(pid);

	if (owner && owner != pid)
		return error_new("%d is a thread of process %d: use -p %d", pid, owner, owner);
	if (errnum == ESRCH)
		return error_new("there is no process %d", pid);
	return error_errno(errnum, "cannot follow process %d", pid);
}

struct error *process_open(pid_t pid, struct process **out)
{
	struct process *process;
	struct error *err = process_new(&process);

	if (err)
		return err;
	process->pid = pid;
	process->pidfd = open_pidfd(pid);
	if (process->pidfd < 0) {
		err = open_error(errno, pid);
		free(process);
		return err;
	}
	process->file = executed_file(pid);
	*out = process;
	return NULL;
}

/* ---- launching ---- */

/* What the child tells when it cannot go on: by which step, and the errno. */
struct failure {
	int errnum;
	char step[32];
};

static void fail(int channel, const char *step)
{
	struct failure failure = {.errnum = errno};

	snprintf(failure.step, sizeof(failure.step), "%s", step);
	if (write(channel, &failure, sizeof(failure)) < 0)
		_exit(126);
	_exit(127);
}

/* From root to the user who called sudo. Returns the step that failed, or NULL. */
static const char *leave_root(void)
{
	const char *uid_text = getenv("SUDO_UID"), *gid_text = getenv("SUDO_GID");
	const struct passwd *user;
	uid_t uid;
	gid_t gid;

	if (geteuid() || !uid_text || !gid_text)
		return NULL;
	uid = (uid_t)strtoul(uid_text, NULL, 10);
	gid = (gid_t)strtoul(gid_text, NULL, 10);
	user = getpwuid(uid);
	if (user ? initgroups(user->pw_name, gid) : setgroups(1, &gid))
		return "set the groups";
	if (setgid(gid) || setuid(uid))
		return "become the user of sudo";
	if (user && (setenv("HOME", user->pw_dir, 1) || setenv("USER", user->pw_name, 1) ||
		     setenv("LOGNAME", user->pw_name, 1)))
		return "set the environment";
	return NULL;
}

static char **make_argv(const char *path, char *const *args)
{
	size_t count = 0;
	char **argv;

	while (args[count])
		count++;
	argv = calloc(count + 2, sizeof(*argv));
	if (!argv)
		return NULL;
	argv[0] = (char *)path;
	memcpy(argv + 1, args, count * sizeof(*argv));
	return argv;
}

static void run_child(const char *path, char *const *args, bool as_root,
		      const struct inherited *inherited, int channel)
{
	char **argv = make_argv(path, args);
	const char *failed;
	char go;

	ssize_t length;
	do
		length = read(channel, &go, 1);
	while (length < 0 && errno == EINTR);
	if (length != 1)
		_exit(0); /* the tracer is gone, or could not attach */
	failed = as_root ? NULL : leave_root();
	if (failed)
		fail(channel, failed);
	inherited_restore(inherited);
	if (argv)
		execv(path, argv);
	fail(channel, "execute it");
}

struct error *process_launch(const char *path, char *const *args, bool as_root,
			     const struct inherited *inherited, struct process **out)
{
	struct process *process;
	struct error *err = process_new(&process);
	sigset_t all, before;
	int channel[2];

	if (err)
		return err;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel)) {
		err = error_errno(errno, "cannot start %s", path);
		free(process);
		return err;
	}
	process->file = file_id(path);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	process->pid = fork();
	if (process->pid == 0) {
		close(channel[0]);
		run_child(path, args, as_root, inherited, channel[1]);
	}
	if (process->pid < 0)
		err = error_errno(errno, "cannot start %s", path);
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(channel[1]);
	if (err) {
		close(channel[0]);
		free(process);
		return err;
	}
	process->channel = channel[0];
	process->is_launched = true;
	process->pidfd = open_pidfd(process->pid);
	*out = process;
	return NULL;
}

struct error *process_resume(struct process *process)
{
	struct failure failure;
	ssize_t length;

	if (send(process->channel, "", 1, MSG_NOSIGNAL) != 1)
		return error_errno(errno, "cannot resume process %d", process->pid);
	do /* ends when exec closes the channel */
		length = read(process->channel, &failure, sizeof(failure));
	while (length < 0 && errno == EINTR);
	close(take_fd(&process->channel));
	if (length == sizeof(failure))
		return error_errno(failure.errnum, "cannot start the program: cannot %s",
				   failure.step);
	return NULL;
}

/* ---- following ---- */

pid_t process_pid(const struct process *process)
{
	return process->pid;
}

bool process_has_ended(struct process *process)
{
	struct pollfd ended = {.fd = process->pidfd, .events = POLLIN};
	siginfo_t info = {};

	if (process->has_ended)
		return true;
	if (process->is_launched)
		process->has_ended =
			!waitid(P_PID, (id_t)process->pid, &info, WEXITED | WNOHANG | WNOWAIT) &&
			info.si_pid;
	else
		process->has_ended = poll(&ended, 1, 0) > 0;
	if (process->has_ended && !proc_cpu_time(process->pid, &process->cpu_ns))
		process->cpu_ns = 0;
	if (process->has_ended && process->is_launched)
		waitpid(process->pid, &process->status, 0);
	return process->has_ended;
}

uint64_t process_cpu_ns(const struct process *process)
{
	return process->cpu_ns;
}

bool process_runs_another(const struct process *process, char *path, size_t size)
{
	struct file_id now = executed_file(process->pid);
	char link[64];
	ssize_t length;

	if (!now.inode || !process->file.inode ||
	    (now.device == process->file.device && now.inode == process->file.inode))
		return false;
	snprintf(link, sizeof(link), "/proc/%d/exe", process->pid);
	length = readlink(link, path, size - 1);
	path[length > 0 ? length : 0] = 0;
	return length > 0;
}

void process_forward(struct process *process, int number, bool from_terminal)
{
	bool is_hang_up = number == SIGHUP && from_terminal && getsid(0) == getpid();

	if (!process->is_launched || process->has_ended || (from_terminal && !is_hang_up))
		return;
	kill(process->pid, number);
	if (is_hang_up)
		kill(process->pid, SIGCONT); /* as the kernel does: it may be stopped */
}

const char *process_ending(const struct process *process, char *text, size_t size)
{
	if (WIFSIGNALED(process->status))
		snprintf(text, size, "was killed by SIG%s",
			 sigabbrev_np(WTERMSIG(process->status)) ?: "?");
	else
		snprintf(text, size, "exited with status %d", WEXITSTATUS(process->status));
	return text;
}

void process_free(struct process *process)
{
	if (!process)
		return;
	if (process->channel >= 0) {
		close(process->channel); /* it goes away by itself */
		waitpid(process->pid, NULL, 0);
	}
	if (process->pidfd >= 0)
		close(process->pidfd);
	free(process);
}
