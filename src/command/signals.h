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
 * From now on SIGINT, SIGTERM and SIGHUP are kept until they are asked for. A SIGHUP that was
 * ignored when the tracer started (nohup) stays ignored. When a signal is not asked for within two
 * seconds, since output is blocked, say, a second signal ends the tracer at once.
 *
 * Writing to a closed pipe, or beyond the limit of file sizes, is an error of write(2) and no
 * signal. Children can be waited for. Both hold whatever the tracer inherited.
 */
void signals_catch(void);

/* The same for all that are passed on to a program, ignored or not, SIGQUIT, SIGUSR1 and SIGUSR2
 * among them. */
void signals_catch_for_program(void);

/* True once a signal has arrived, until it is taken. */
bool signals_arrived(void);

/* How many have arrived so far, taken or not. */
unsigned signals_count(void);

/* Takes one signal that arrived. False: there is none. *from_kernel: the kernel sent it, for the
 * terminal most often; else a process did. */
bool signals_take(int *number, bool *from_kernel);

/* Takes a SIGINT, if one has arrived. */
bool signals_take_interrupt(void);

/*
 * While `detaching`, a second signal ends nothing: the probes are being taken away, and calls that
 * are open are still to be printed.
 */
void signals_set_detaching(bool detaching);

#endif
