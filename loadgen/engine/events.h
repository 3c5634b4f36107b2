/*
 * events.h - progress notifications over an inherited descriptor (`--events FD`): the
 * parent process learns when the measured window begins and ends, and samples the server
 * then.
 *
 * One line each, written when it comes true: "connected" (those that are opened
 * beforehand), "warmup", "measuring", "measured" (the window is over, connections are
 * still open; both at the first reply that comes then, see measure/account.h), "done"
 * (the results are complete). Where the descriptor is a socket, nothing is sent after
 * "connected" and "measured" until the parent has written one byte or closed its end, or
 * for EVENTS_PATIENCE_NS: it has the server to itself meanwhile.
 */
#ifndef LOADGEN_EVENTS_H
#define LOADGEN_EVENTS_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/error.h"

#define EVENTS_PATIENCE_NS (15 * NS_PER_S)

/* Whether `fd` is open for writing: 0 or -EBADF. */
MUST_CHECK int events_check(int fd, struct error *error);

/* Writes the word and a newline. Nothing happens where fd is negative, or where the
 * reader has closed its end. */
void events_tell(int fd, const char *phase);

/* True where the parent answers. */
bool events_are_answered(int fd);

/* Takes the answer that has come. */
void events_take_answer(int fd);

#endif
