/*
 * events.h - tells another process which phase a run is in, over a descriptor that was
 * inherited from it (`--events FD`), so that it samples the server at the right time.
 *
 * One line per phase, written when it begins: "warmup", "measuring", "measured" (the
 * window is over, connections are still open), "done" (the results are complete). Where
 * the descriptor is a socket, the connections stay open after "measured" until the
 * other side has written one byte or closed, or for EVENTS_PATIENCE_NS.
 */
#ifndef LOADGEN_EVENTS_H
#define LOADGEN_EVENTS_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/error.h"

#define EVENTS_PATIENCE_NS (5 * NS_PER_S)

/* Whether `fd` is open for writing: 0 or -EBADF. */
MUST_CHECK int events_check(int fd, struct error *error);

/* Writes the word and a newline; a negative fd and a reader that left are fine. */
void events_tell(int fd, const char *phase);

/* True where the other side is to be waited for after "measured". */
bool events_wants_hold(int fd);

#endif
