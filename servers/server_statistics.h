/*
 * server_statistics.h - what a server has counted, as a JSON file: that of `serve
 * --stats`.
 *
 * Totals over all workers, one row for each role and index in "per_worker", "loop" where
 * there are event loops, and under "ops" what operations report.
 */
#ifndef SERVERS_SERVER_STATISTICS_H
#define SERVERS_SERVER_STATISTICS_H

#include "servers/server.h"

/* Whether server_statistics_write could write there, asked before it serves. 0 or
 * -errno. */
MUST_CHECK int server_statistics_can_write(const char *to, struct error *error);

/* Writes it to a path, or to the open descriptor whose number `to` is. From any thread,
 * also while others still count. 0 or -errno. */
MUST_CHECK int server_statistics_write(const struct server *server, const char *to,
                                       struct error *error);

#endif
