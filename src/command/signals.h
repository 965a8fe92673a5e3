/* SPDX-License-Identifier: MIT */
/*
 * signals.h - signals to the tracer: they end tracing, or are meant for the program that it
 * started. There is one handler, so only one run at a time.
 *
 * Why not signalfd(2): a second ^C has to end a tracer that hangs in write(2), where nobody reads
 * from a descriptor. Only a handler, or a thread kept for that alone, does.
 */
#ifndef COMMAND_SIGNALS_H
#define COMMAND_SIGNALS_H

#include <stdbool.h>

/*
 * From now on SIGINT, SIGTERM and SIGHUP are kept until they are asked for, except that a SIGHUP
 * which was ignored (nohup) stays so. When one is not asked for within two seconds (output is
 * blocked, say), a second one ends the tracer at once. What writing may meet (a closed pipe, the
 * limit of file sizes) is an error of write(2), and children are waited for, whatever was
 * inherited.
 */
void signals_catch(void);

/* The same for all that are passed on to a program, ignored or not, SIGQUIT, SIGUSR1 and SIGUSR2
 * among them. */
void signals_catch_for_program(void);

/* One has arrived; it stays. */
bool signals_arrived(void);

/* Takes one that arrived. `from_kernel`: the terminal sent it, or the kernel for it. */
bool signals_take(int *number, bool *from_kernel);

/* While true, a second signal ends nothing: the probes are being taken away, and what is open still
 * waits to be printed. */
void signals_set_detaching(bool detaching);

#endif
