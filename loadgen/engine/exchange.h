/*
 * exchange.h - the life of a request: it begins (gets a place on a connection), is sent,
 * and ends (reply, failure or time-out); and what its connection does next: in a closed
 * loop its client's next request, in an open loop the arrival that waits longest.
 *
 * Every connection has a ring of plan->workload.pipeline exchanges; what is in it is
 * answered in the order in which it began. Where the server says that it will close, or
 * requests_per_connection is reached, requests behind the last reply move to the next
 * connection. Where a request fails, its connection is given up, and those behind it
 * fail as well.
 *
 * Free connections are in two lists, the longest free first: those that are open and
 * have a place in their ring, and those that are to be opened by the request that they
 * get (one or N requests per connection, connections as needed). The first are taken
 * before the second.
 *
 * Time stamps. A reply is done when the recv that completed it has returned. A closed
 * client's next request is scheduled, and sent, at that same reading of the clock: only
 * the accounting lies between. In an open loop, and after thinking, the clock is read
 * right before every send.
 */
#ifndef LOADGEN_EXCHANGE_H
#define LOADGEN_EXCHANGE_H

#include "loadgen/engine/engine.h"

/* The exchange `number` places behind the connection's oldest. */
struct exchange *exchange_at(const struct engine *engine,
                             const struct client_connection *connection, uint32_t number);
uint32_t exchange_class(const struct engine *engine, const struct exchange *exchange);

/* Begins to open a connection, for the requests that it has or for later ones. */
void exchange_open(struct engine *engine, struct client_connection *connection,
                   uint64_t now_ns);

/* Something happened on a connection that has a socket. */
void exchange_event(struct engine *engine, struct client_connection *connection,
                    uint32_t events);

/* Gives up the connection and what is under way on it. */
void exchange_fail(struct engine *engine, struct client_connection *connection,
                   enum failure failure, uint64_t now_ns);

/* The connection, open or closed, looks for its next request. */
void exchange_next(struct engine *engine, struct client_connection *connection,
                   uint64_t now_ns);

/* Open loop: gives arrivals that are due to free connections, the longest due first. */
void exchange_dispatch(struct engine *engine, uint64_t now_ns);

/* Closed loop: the client has thought long enough. */
void exchange_wake(struct engine *engine, uint32_t client, uint64_t now_ns);

/*
 * Closed loop: lets as many clients send as the phases want, those that are due to start
 * first. Clients beyond that stop after their next reply.
 */
void exchange_start_clients(struct engine *engine, uint64_t now_ns);

/* When exchange_start_clients is to be called next; UINT64_MAX: never again. */
uint64_t exchange_start_clients_at(const struct engine *engine);

#endif
