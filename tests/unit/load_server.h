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
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

#define SERVER_MAX_CONNECTIONS 64

#define REPLY_GOOD                                                                       \
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nInterleave-Digest: 1\r\n\r\nhello"

enum server_action {
    SERVER_REPLY,           /* send the reply, keep the connection */
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

struct server {
    server_script *script;
    bool closes_at_once; /* every connection, right after accepting it */
    uint64_t stall_at;   /* the request before which everything stands still */
    uint64_t stall_ns;

    pthread_t thread;
    int listener, stop;
    char url[64];

    /* Read them after server_stop. */
    uint64_t requests, accepted;
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

static void server_accept(struct server *server, struct pollfd *connections)
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

/* Requests of the generator are small and come one at a time, so one read is one. */
static void server_answer(struct server *server, struct pollfd *connection)
{
    char request[4096];
    ssize_t got = recv(connection->fd, request, sizeof request - 1, 0);
    if (got <= 0) {
        server_drop(connection, false);
        return;
    }
    request[got] = '\0';
    uint64_t number = server->requests++;
    if (server->stall_ns && number == server->stall_at) {
        uint64_t from_ns = clock_now_ns();
        clock_sleep_until_ns(from_ns + server->stall_ns);
        server->stalled_ns = clock_now_ns() - from_ns;
    }
    struct server_answer answer = server->script(number, request);
    if (answer.action == SERVER_REPLY || answer.action == SERVER_REPLY_AND_CLOSE)
        send(connection->fd, answer.reply, strlen(answer.reply), MSG_NOSIGNAL);
    if (answer.action != SERVER_REPLY && answer.action != SERVER_IGNORE)
        server_drop(connection, answer.action == SERVER_RESET);
}

static void *server_main(void *argument)
{
    struct server *server = argument;
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

/* Set script, stalls and the like first. */
static void server_start(struct server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t bytes = sizeof address;
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    server->stop = eventfd(0, EFD_CLOEXEC);
    assert_true(server->listener >= 0 && server->stop >= 0);
    assert_int_equal(bind(server->listener, (struct sockaddr *)&address, bytes), 0);
    assert_int_equal(listen(server->listener, 128), 0);
    assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &bytes),
                     0);
    snprintf(server->url, sizeof server->url, "http://127.0.0.1:%d",
             ntohs(address.sin_port));
    assert_int_equal(pthread_create(&server->thread, NULL, server_main, server), 0);
}

static void server_stop(struct server *server)
{
    eventfd_write(server->stop, 1);
    pthread_join(server->thread, NULL);
    close(server->listener);
    close(server->stop);
}

#endif
