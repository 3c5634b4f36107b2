/* connection.c - see connection.h. */
#include "servers/connection.h"

#include <stdlib.h>
#include <string.h>

#include "servers/reply.h"

/* ---- input ------------------------------------------------------------------------ */

static bool is_in_kept(const struct connection *connection)
{
    return connection->kept && connection->input >= connection->kept &&
           connection->input <= connection->kept + connection->kept_capacity;
}

/* Makes `kept` hold the unused input at its front, with room for `more` bytes. */
static bool move_to_kept(struct connection *connection, size_t more)
{
    size_t length = connection->input_length;
    if (length + more > connection->kept_capacity) {
        size_t capacity = connection->kept_capacity ? connection->kept_capacity : 1024;
        while (capacity < length + more)
            capacity *= 2;
        char *kept = malloc(capacity);
        if (!kept)
            return false;
        if (length > 0)
            memcpy(kept, connection->input, length);
        free(connection->kept);
        connection->kept = kept;
        connection->kept_capacity = capacity;
    } else if (length > 0 && connection->input != connection->kept) {
        memmove(connection->kept, connection->input, length);
    }
    connection->input = connection->kept;
    return true;
}

bool connection_receive(struct connection *connection, const char *bytes, size_t length)
{
    if (connection->input_length == 0) {
        connection->input = bytes;
        connection->input_length = length;
        return true;
    }
    if (!move_to_kept(connection, length))
        return false;
    memcpy(connection->kept + connection->input_length, bytes, length);
    connection->input_length += length;
    return true;
}

bool connection_park(struct connection *connection)
{
    if (connection->input_length > 0)
        return is_in_kept(connection) || move_to_kept(connection, 0);
    connection->input = NULL;
    free(connection->kept);
    connection->kept = NULL;
    connection->kept_capacity = 0;
    return true;
}

bool connection_has_input(const struct connection *connection)
{
    return connection->input_length > 0;
}

bool connection_has_replied(const struct connection *connection)
{
    return connection->body_left == 0;
}

void connection_release(struct connection *connection)
{
    http_session_release(&connection->http);
    job_free(connection->job);
    free(connection->kept);
    *connection = (struct connection){0};
}

/* ---- replies ---------------------------------------------------------------------- */

static void count_reply(const struct service *service)
{
    worker_count(&service->worker->requests, 1);
}

static void answer_error(struct connection *connection, struct service *service,
                         int status, const char *message)
{
    /* After a refusal the method may not be known; a body too many does no harm on a
     * connection that ends. */
    bool head_only =
        !connection->http.refusal.status && connection->http.request.head_only;
    reply_error(service->output, head_only, status, message);
    count_reply(service);
    worker_count(&service->worker->errors, 1);
    connection->ending = CONNECTION_LINGERS;
}

/* What becomes of the connection after a good reply. */
static enum reply_ending ending_of(struct connection *connection,
                                   const struct service *service)
{
    const struct http_request *request = &connection->http.request;
    if (!request->keep_alive || server_is_stopping(service->server)) {
        connection->ending = CONNECTION_CLOSES;
        return REPLY_CLOSES;
    }
    return request->is_1_0 ? REPLY_KEEPS_1_0 : REPLY_KEEPS;
}

static void answer_bytes(struct connection *connection, struct service *service,
                         uint32_t digest, uint64_t body_bytes)
{
    reply_bytes_head(service->output, ending_of(connection, service), digest, body_bytes);
    connection->body_left = connection->http.request.head_only ? 0 : body_bytes;
    count_reply(service);
}

static void answer_hello(struct connection *connection, struct service *service)
{
    reply_hello(service->output, ending_of(connection, service),
                connection->http.request.head_only);
    count_reply(service);
}

void connection_answer(struct connection *connection, struct service *service)
{
    struct job *job = connection->job;
    const struct op_call *call = &job->call;
    if (call->status) {
        answer_error(connection, service, call->status,
                     call->message ? call->message : "out of memory");
    } else if (job->has_body_bytes) {
        answer_bytes(connection, service, call->digest, job->body_bytes);
    } else {
        reply_digest(service->output, ending_of(connection, service),
                     connection->http.request.head_only, call->digest);
        count_reply(service);
    }
    job_free(job);
    connection->job = NULL;
}

/* ---- requests --------------------------------------------------------------------- */

/* Answers a program that has no steps; makes a job of one that has. Not inlined, to
 * keep its stack off the path of threads that never come here. */
static __attribute__((noinline)) void begin_program(struct connection *connection,
                                                    struct service *service)
{
    const struct http_request *request = &connection->http.request;
    struct program program;
    struct error error;
    struct ops *ops = service->server->ops;
    if (program_parse(&program, ops_list(ops), request->target, request->target_length,
                      &error) < 0) {
        answer_error(connection, service, 400, error.text);
    } else if (program.step_count == 0) {
        answer_bytes(connection, service, 0, program.body_bytes);
    } else {
        connection->job = job_create(ops, &program);
        if (!connection->job)
            answer_error(connection, service, 503, "out of memory");
    }
}

static void begin_request(struct connection *connection, struct service *service)
{
    const struct http_request *request = &connection->http.request;
    if (request->target_length == 1 && request->target[0] == '/')
        answer_hello(connection, service);
    else
        begin_program(connection, service);
}

/* Appends as much of the body as fits. Whether the batch has to be sent before more. */
static bool fill_batch(struct connection *connection, const struct service *service)
{
    if (connection->body_left > 0)
        connection->body_left = reply_bytes_body(service->output, service->server->body,
                                                 connection->body_left);
    return connection->body_left > 0 || !output_has_room(service->output);
}

enum connection_next connection_next(struct connection *connection,
                                     struct service *service)
{
    struct http_session *http = &connection->http;
    while (!connection->job) {
        if (fill_batch(connection, service))
            return CONNECTION_FLUSHES;
        if (connection->ending)
            return connection->ending;
        if (service->one_at_a_time && !output_is_empty(service->output))
            return CONNECTION_FLUSHES;
        switch (http_session_next(http, &connection->input, &connection->input_length)) {
        case HTTP_NEEDS_INPUT:
            return CONNECTION_READS;
        case HTTP_CONTINUE:
            output_append(service->output, HTTP_CONTINUE_REPLY,
                          sizeof HTTP_CONTINUE_REPLY - 1);
            break;
        case HTTP_REQUEST_IN:
            begin_request(connection, service);
            break;
        case HTTP_REFUSED:
            answer_error(connection, service, http->refusal.status, http->refusal.reason);
            break;
        }
    }
    return CONNECTION_WORKS;
}
