/*
 * exchange.h - the state machine of a request: it begins (gets a place on a connection),
 * is sent, and ends (reply, failure or time-out); then its connection takes the next
 * request: its client's next one in a closed loop, the arrival that waits longest in an
 * open loop.
 *
 * HTTP pipelining: every connection has a ring of plan->workload.pipeline exchanges,
 * which are answered in order. Where the server announces that it will close, or
 * requests_per_connection is reached, requests behind the last reply move to the
 * connection's next socket. Where a request fails, the socket is closed, and the requests
 * behind it fail as well (head-of-line).
 *
 * Free connections are in two sets: those that are open and have a place in their ring,
 * and those that a request opens on demand (one or N requests per connection, connections
 * as needed). The first set is used before the second, each at random (free_set.h).
 *
 * Time stamps. A reply is done when the recv that completed it has returned. A closed
 * client's next request is scheduled, and sent, at that same reading of the clock: only
 * the accounting lies between. In an open loop, and after a think time, the clock is read
 * right before every send.
 */
#ifndef LOADGEN_EXCHANGE_H
#define LOADGEN_EXCHANGE_H

#include "loadgen/engine/engine.h"

/* The exchange `number` places behind the connection's oldest. */
struct exchange *exchange_at(const struct engine *engine,
                             const struct client_connection *connection, uint32_t number);
uint32_t exchange_class(const struct engine *engine, const struct exchange *exchange);

/* When the first byte of the reply to it came; 0: none has. */
uint64_t exchange_first_ns(const struct client_connection *connection, uint32_t number);

/* Begins to open a connection, for the requests in its ring or for later ones. */
void exchange_open(struct engine *engine, struct client_connection *connection,
                   uint64_t now_ns);

/* Handles epoll events of a connection that has a socket. */
void exchange_event(struct engine *engine, struct client_connection *connection,
                    uint32_t events);

/* Closes the connection with this failure of its oldest request; the requests behind it
 * fail too. */
void exchange_fail(struct engine *engine, struct client_connection *connection,
                   enum failure failure, uint64_t now_ns);

/* Gives the connection its next request, now or when there is one. */
void exchange_next(struct engine *engine, struct client_connection *connection,
                   uint64_t now_ns);

/* Open loop: gives the arrivals that are due to free connections, in order. */
void exchange_dispatch(struct engine *engine, uint64_t now_ns);

/* Closed loop: the think time of a client is over. A timer may be stale. */
void exchange_wake(struct engine *engine, uint32_t client, uint64_t now_ns);

/*
 * Closed loop: starts clients up to the number that the load profile wants now. Clients
 * beyond that number stop after their next reply.
 */
void exchange_start_clients(struct engine *engine, uint64_t now_ns);

/* When exchange_start_clients is to be called next; UINT64_MAX: never again. */
uint64_t exchange_start_clients_at(const struct engine *engine);

#endif
