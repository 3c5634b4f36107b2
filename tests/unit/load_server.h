/*
 * load_server.h - a small HTTP server for tests that misbehaves on request. One thread
 * serves all connections; a script decides what becomes of the n-th request.
 */
#ifndef TESTS_LOAD_SERVER_H
#define TESTS_LOAD_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

#define SERVER_MAX_CONNECTIONS 64

#define SERVER_PAUSE_NS (20 * NS_PER_MS)

#define REPLY_GOOD                                                                       \
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nInterleave-Digest: 1\r\n\r\nhello"

enum server_action {
    SERVER_REPLY,           /* send the reply, keep the connection */
    SERVER_REPLY_IN_TWO,    /* likewise, with a pause after its first byte */
    SERVER_REPLY_AND_CLOSE, /* send it and close */
    SERVER_CLOSE,           /* close without a reply */
    SERVER_RESET,           /* the same with a reset */
    SERVER_IGNORE,          /* never answer */
};

struct server_answer {
    enum server_action action;
    const char *reply;
};

typedef struct server_answer server_script(uint64_t number, const char *request);

struct scripted_server {
    server_script *script;
    bool closes_at_once; /* every connection, right after accepting it */
    uint64_t stall_at;   /* the request before which everything stands still */
    uint64_t stall_ns;

    pthread_t thread;
    int listener, stop;
    char url[160];

    /* Read them after server_stop. */
    uint64_t requests, accepted;
    uint64_t received_bytes, sent_bytes;
    uint64_t stalled_ns; /* how long it really was */
};

static void server_drop(struct pollfd *connection, bool reset)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    if (reset)
        setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(connection->fd);
    connection->fd = -1;
}

static void server_accept(struct scripted_server *server, struct pollfd *connections)
{
    int fd = accept(server->listener, NULL, NULL);
    if (fd < 0)
        return;
    server->accepted++;
    for (int i = 0; i < SERVER_MAX_CONNECTIONS && !server->closes_at_once; i++) {
        if (connections[i].fd < 0) {
            connections[i] = (struct pollfd){.fd = fd, .events = POLLIN};
            return;
        }
    }
    close(fd);
}

static void server_send(struct scripted_server *server, int fd,
                        const struct server_answer *answer)
{
    size_t length = strlen(answer->reply);
    size_t first = answer->action == SERVER_REPLY_IN_TWO ? 1 : length;
    ssize_t sent = send(fd, answer->reply, first, MSG_NOSIGNAL);
    server->sent_bytes += sent > 0 ? (uint64_t)sent : 0;
    if (first == length)
        return;
    clock_sleep_until_ns(clock_now_ns() + SERVER_PAUSE_NS);
    sent = send(fd, answer->reply + first, length - first, MSG_NOSIGNAL);
    server->sent_bytes += sent > 0 ? (uint64_t)sent : 0;
}

/* False where the connection is gone. */
static bool server_answer_one(struct scripted_server *server, struct pollfd *connection,
                              const char *request)
{
    uint64_t number = server->requests++;
    if (server->stall_ns && number == server->stall_at) {
        uint64_t from_ns = clock_now_ns();
        clock_sleep_until_ns(from_ns + server->stall_ns);
        server->stalled_ns = clock_now_ns() - from_ns;
    }
    struct server_answer answer = server->script(number, request);
    if (answer.action <= SERVER_REPLY_AND_CLOSE)
        server_send(server, connection->fd, &answer);
    if (answer.action >= SERVER_REPLY_AND_CLOSE && answer.action != SERVER_IGNORE)
        server_drop(connection, answer.action == SERVER_RESET);
    return connection->fd >= 0;
}

/* Length of the first request with its body, or 0 where its end is not there yet. */
static size_t server_request_length(const char *requests, size_t length)
{
    const char *end = strstr(requests, "\r\n\r\n");
    const char *body = strstr(requests, "\r\nContent-Length: ");
    if (!end)
        return 0;
    size_t whole = (size_t)(end - requests) + 4;
    if (body && body < end)
        whole += strtoul(body + strlen("\r\nContent-Length: "), NULL, 10);
    return whole <= length ? whole : 0;
}

/* Whether there is no beginning of another request behind the last whole one. */
static bool server_has_whole_requests(const char *requests, size_t length)
{
    size_t at = 0, next = 1;
    while (at < length && next) {
        next = server_request_length(requests + at, length - at);
        at += next;
    }
    return next != 0;
}

/*
 * Requests of the generator are small, so that what a read has is soon whole: one, or
 * several in a pipeline. Slow senders are waited for.
 */
static void server_answer(struct scripted_server *server, struct pollfd *connection)
{
    char requests[65536];
    size_t length = 0;
    do {
        ssize_t got =
            recv(connection->fd, requests + length, sizeof requests - 1 - length, 0);
        if (got <= 0) {
            server_drop(connection, false);
            return;
        }
        length += (size_t)got;
        server->received_bytes += (uint64_t)got;
        requests[length] = '\0';
    } while (!server_has_whole_requests(requests, length));
    char *next, *all = requests + length;
    for (char *request = requests; request < all; request = next) {
        next = request + server_request_length(request, (size_t)(all - request));
        char first = *next;
        *next = '\0';
        bool open = server_answer_one(server, connection, request);
        *next = first;
        if (!open)
            return;
    }
}

static void *server_main(void *argument)
{
    struct scripted_server *server = argument;
    struct pollfd watched[SERVER_MAX_CONNECTIONS + 2];
    struct pollfd *connections = watched + 2;
    watched[0] = (struct pollfd){.fd = server->stop, .events = POLLIN};
    watched[1] = (struct pollfd){.fd = server->listener, .events = POLLIN};
    for (int i = 0; i < SERVER_MAX_CONNECTIONS; i++)
        connections[i] = (struct pollfd){.fd = -1};
    while (poll(watched, SERVER_MAX_CONNECTIONS + 2, -1) >= 0 && !watched[0].revents) {
        for (int i = 0; i < SERVER_MAX_CONNECTIONS; i++)
            if (connections[i].fd >= 0 && connections[i].revents)
                server_answer(server, &connections[i]);
        if (watched[1].revents)
            server_accept(server, connections);
    }
    for (int i = 0; i < SERVER_MAX_CONNECTIONS; i++)
        if (connections[i].fd >= 0)
            close(connections[i].fd);
    return NULL;
}

/* Starts the server at an address of any family; the caller names it in url. */
static void server_start_at(struct scripted_server *server, struct sockaddr *address,
                            socklen_t bytes)
{
    server->listener = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    server->stop = eventfd(0, EFD_CLOEXEC);
    assert_true(server->listener >= 0 && server->stop >= 0);
    assert_int_equal(bind(server->listener, address, bytes), 0);
    assert_int_equal(listen(server->listener, 128), 0);
    assert_int_equal(getsockname(server->listener, address, &bytes), 0);
    assert_int_equal(pthread_create(&server->thread, NULL, server_main, server), 0);
}

/* Set script, stalls and the like first. */
static void server_start(struct scripted_server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    server_start_at(server, (struct sockaddr *)&address, sizeof address);
    snprintf(server->url, sizeof server->url, "http://127.0.0.1:%d",
             ntohs(address.sin_port));
}

static void server_stop(struct scripted_server *server)
{
    eventfd_write(server->stop, 1);
    pthread_join(server->thread, NULL);
    close(server->listener);
    close(server->stop);
}

#endif
