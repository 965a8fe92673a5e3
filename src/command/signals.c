/* SPDX-License-Identifier: MIT */
#include "command/signals.h"

#include <signal.h>
#include <stdint.h>

#include "base/event_clock.h"

#define PATIENCE_NS 2000000000ull

enum origin { NOT_ARRIVED, FROM_PROCESS, FROM_KERNEL };

static volatile sig_atomic_t arrived[NSIG]; /* enum origin */
static volatile sig_atomic_t is_detaching;
static volatile sig_atomic_t num_arrived;
static volatile uint64_t waits_since_ns; /* the oldest that was not asked for; 0: none */

static void on_signal(int number, siginfo_t *info, void *context)
{
	(void)context;
	if (waits_since_ns && !is_detaching && monotonic_ns() - waits_since_ns > PATIENCE_NS) {
		signal(number, SIG_DFL);
		raise(number);
	}
	if (!waits_since_ns)
		waits_since_ns = monotonic_ns();
	num_arrived++;
	arrived[number] = info->si_code == SI_KERNEL ? FROM_KERNEL : FROM_PROCESS;
}

static void catch_one(int number)
{
	struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
	sigset_t one;

	sigaction(number, &action, NULL);
	/* Whoever started us may have blocked it. */
	sigemptyset(&one);
	sigaddset(&one, number);
	sigprocmask(SIG_UNBLOCK, &one, NULL);
}

void signals_catch(void)
{
	struct sigaction before;

	catch_one(SIGINT);
	catch_one(SIGTERM);
	sigaction(SIGHUP, NULL, &before);
	if (before.sa_handler != SIG_IGN)
		catch_one(SIGHUP);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGCHLD, SIG_DFL); /* ignored, children would not wait to be asked how they ended */
}

void signals_catch_for_program(void)
{
	static const int others[] = {SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};

	signals_catch();
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		catch_one(others[i]);
}

bool signals_arrived(void)
{
	return waits_since_ns;
}

unsigned signals_count(void)
{
	return (unsigned)num_arrived;
}

bool signals_take(int *number, bool *from_kernel)
{
	waits_since_ns = 0; /* before looking: one that comes now is kept in any case */
	for (*number = 1; *number < NSIG; ++*number) {
		if (arrived[*number] == NOT_ARRIVED)
			continue;
		*from_kernel = arrived[*number] == FROM_KERNEL;
		arrived[*number] = NOT_ARRIVED;
		return true;
	}
	return false;
}

bool signals_take_interrupt(void)
{
	uint64_t since_ns = waits_since_ns;

	if (arrived[SIGINT] == NOT_ARRIVED)
		return false;
	waits_since_ns = 0;
	arrived[SIGINT] = NOT_ARRIVED;
	for (int number = 1; number < NSIG; number++)
		if (arrived[number] != NOT_ARRIVED)
			waits_since_ns = since_ns;
	return true;
}

void signals_set_detaching(bool detaching)
{
	is_detaching = detaching;
}
