/*
 * outcome.h - the ways a request can end, and the ways it can fail, in words.
 *
 * Every request that was scheduled in the measured window ends in exactly one outcome,
 * which is the identity that all accounting obeys:
 * scheduled = ok + http_error + bad_body + net_error + timeout + in_flight + dropped.
 */
#ifndef RECORD_OUTCOME_H
#define RECORD_OUTCOME_H

#include <stdint.h>

#include "record/record.h"

enum outcome {
    OUTCOME_OK,
    OUTCOME_HTTP_ERROR, /* status 4xx or 5xx */
    OUTCOME_BAD_BODY,   /* a good status, but not the body that others got */
    OUTCOME_NET_ERROR,  /* no reply: connection refused, lost, not HTTP, ... */
    OUTCOME_TIMEOUT,    /* no complete reply within the time-out */
    OUTCOME_IN_FLIGHT,  /* begun, but still without a reply when the run ended */
    OUTCOME_DROPPED,    /* due, but never begun: no connection was free for it */
    OUTCOMES
};

struct counts {
    uint64_t scheduled;
    uint64_t sent; /* at least one byte was written */
    uint64_t ended[OUTCOMES];
};
extern const struct record_type counts_type;

/* Adds up `from` in `into`. */
void counts_add(struct counts *into, const struct counts *from);

/* Those of the four kinds that ended badly: error, bad body, lost, timed out. */
uint64_t counts_errors(const struct counts *counts);

/* Why a request failed: finer than the outcome. */
enum failure {
    FAILURE_REFUSED,
    FAILURE_RESET,
    FAILURE_UNREACHABLE,
    FAILURE_NO_PORTS,
    FAILURE_NO_DESCRIPTORS,
    FAILURE_CONNECT_TIMEOUT,
    FAILURE_FIRST_BYTE_TIMEOUT,
    FAILURE_BODY_TIMEOUT,
    FAILURE_CLOSED_EARLY,
    FAILURE_CLOSED_IDLE,
    FAILURE_MALFORMED,
    FAILURE_BEHIND,
    FAILURE_STATUS_4XX,
    FAILURE_STATUS_5XX,
    FAILURE_WRONG_LENGTH,
    FAILURE_WRONG_DIGEST,
    FAILURES
};

struct failure_kind {
    const char *name;     /* key in the JSON: "refused" */
    enum outcome outcome; /* that it counts as */
    const char *cause;    /* the likely cause, for the summary */
};
/* Ends with one whose name is NULL. */
extern const struct failure_kind failure_kinds[FAILURES + 1];

/* The failure that an errno of socket, connect, send or recv stands for. */
enum failure failure_of_errno(int code);

#endif
