/* SPDX-License-Identifier: MIT */
/* hunt_replay.h - the report of a recording, as if it were traced now. */
#ifndef COMMAND_HUNT_REPLAY_H
#define COMMAND_HUNT_REPLAY_H

#include "command/hunt_args.h"

/* hunt --replay FILE. */
struct error *hunt_replay(const struct hunt_args *args);

#endif
