/* SPDX-License-Identifier: MIT */
/* states_replay.h - changes of states out of a recording, as if they were traced now. */
#ifndef COMMAND_STATES_REPLAY_H
#define COMMAND_STATES_REPLAY_H

#include "command/states_args.h"

/* states --replay FILE. */
struct error *states_replay(const struct states_args *args);

#endif
