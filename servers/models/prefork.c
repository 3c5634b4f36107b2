/*
 * prefork - a fixed number of processes, forked beforehand, serves all connections, each
 * with one thread and one request at a time; a step that waits keeps its process. What
 * thread-pool is with threads, with nothing shared and nothing lost but its own requests
 * when a process dies.
 *
 * --dispatch request     the primary hands each connection to the process that has the
 *                        fewest, which answers its connections in turn, a request at a
 *                        time; idle keep-alive connections hold no process. A connection
 *                        stays with its process: where thread-pool would take the next
 *                        free thread, it waits for its own process.
 * --dispatch connection  the classic one (Apache's prefork): an idle process accepts a
 *                        connection and stays with it until it leaves; with more clients
 *                        than processes the others starve
 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "servers/event.h"
#include "servers/model.h"
#include "servers/models/serial.h"
#include "servers/models/single_client.h"
#include "servers/models/worker_processes.h"

struct prefork_settings {
    uint64_t processes;
    int dispatch; /* enum dispatch */
};

static const struct field options[] = {
    {.name = "processes",
     .kind = FIELD_COUNT,
     .value = "N",
     .help = "processes that serve; the default is that of thread-pool's threads",
     .fallback = "64",
     .role = ROLE_PROCESSES,
     .offset = offsetof(struct prefork_settings, processes),
     .minimum = 1,
     .maximum = SERVER_MAX_PARTS},
    {.name = "dispatch",
     .kind = FIELD_CHOICE,
     .value = "WHAT",
     .help = "what a process is given at a time: a request of one of its connections, "
             "or a connection until it leaves; the default is that of thread-pool, as "
             "more keep-alive connections than processes starve with the other",
     .fallback = "request",
     .role = ROLE_DISPATCH,
     .offset = offsetof(struct prefork_settings, dispatch),
     .choices = dispatch_words},
    {0},
};

static int serve_requests(struct server *part, int index, const void *unused,
                          struct error *error)
{
    (void)unused;
    return serial_serve(part, "process", index, error);
}

/* ---- by connection ---------------------------------------------------------------- */

/* What an idle process waits for: the next connection, and the order to stop. */
struct acceptor {
    struct server *part;
    int epoll_fd;
    bool listens;
};

static int watch(const struct acceptor *acceptor, int fd, unsigned events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};
    return epoll_ctl(acceptor->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

/* EPOLLEXCLUSIVE: a new connection wakes one idle process, not all of them. */
static int listen_again(struct acceptor *acceptor)
{
    acceptor->listens = true;
    return watch(acceptor, acceptor->part->listen_fd, EPOLLIN | EPOLLEXCLUSIVE);
}

static int acceptor_error(int failure, struct error *error)
{
    return error_set(error, failure, "cannot wait for clients: %s", strerror(-failure));
}

static int acceptor_open(struct acceptor *acceptor, struct server *part,
                         struct error *error)
{
    *acceptor = (struct acceptor){.part = part, .epoll_fd = epoll_create1(EPOLL_CLOEXEC)};
    int result = acceptor->epoll_fd < 0 ? -errno : 0;
    if (result == 0)
        result = watch(acceptor, part->stop_fd, EPOLLIN);
    if (result == 0)
        result = watch(acceptor, part->capacity_fd, EPOLLIN);
    if (result == 0)
        result = listen_again(acceptor);
    if (result == 0)
        return 0;
    if (acceptor->epoll_fd >= 0)
        close(acceptor->epoll_fd);
    return acceptor_error(result, error);
}

/* At the cap, until capacity_fd is raised. */
static void stop_listening(struct acceptor *acceptor)
{
    acceptor->listens = false;
    epoll_ctl(acceptor->epoll_fd, EPOLL_CTL_DEL, acceptor->part->listen_fd, NULL);
}

/* The next connection; -EAGAIN where something else had to be looked at. */
static int wait_for_client(struct acceptor *acceptor, struct worker *worker)
{
    struct epoll_event event;
    struct server *part = acceptor->part;
    if (epoll_wait(acceptor->epoll_fd, &event, 1, -1) < 1)
        return -EAGAIN;
    int result = -EAGAIN;
    if (event.data.fd == part->listen_fd) {
        result = server_accept(part, worker, 0);
        if (result == -EMFILE)
            stop_listening(acceptor);
    } else if (event.data.fd == part->capacity_fd) {
        event_drain(part->capacity_fd);
        int failure = acceptor->listens ? 0 : listen_again(acceptor);
        result = failure < 0 ? failure : -EAGAIN;
    }
    return result == -EMFILE ? -EAGAIN : result;
}

/* Until the server stops. 0, or -errno when it cannot listen any more. */
static int serve_in_turn(struct acceptor *acceptor, struct blocking_thread *thread)
{
    struct clients clients;
    clients_init(&clients, acceptor->part);
    int result = 0;
    while (!server_is_stopping(acceptor->part) && (result >= 0 || result == -EAGAIN)) {
        result = wait_for_client(acceptor, thread->service.worker);
        if (result >= 0)
            single_client_serve(thread, &clients, result);
    }
    clients_release(&clients);
    return result < 0 && result != -EAGAIN ? result : 0;
}

static int serve_connections(struct server *part, int index, const void *unused,
                             struct error *error)
{
    (void)unused;
    struct acceptor acceptor;
    int result = acceptor_open(&acceptor, part, error);
    if (result < 0)
        return result;
    struct blocking_thread thread;
    blocking_thread_init(&thread, part, "process", index);
    single_client_listen_for_stop();
    server_ready(part);
    result = serve_in_turn(&acceptor, &thread);
    blocking_thread_release(&thread);
    close(acceptor.epoll_fd);
    return result < 0 ? acceptor_error(result, error) : 0;
}

static int run(struct server *server, struct error *error)
{
    const struct prefork_settings *settings = server->model_settings;
    bool by_request = settings->dispatch == DISPATCH_REQUEST;
    const struct worker_plan plan = {
        .count = settings->processes,
        .entry = by_request ? SERVER_HANDED : SERVER_SAME_LISTENER,
        .handing = HAND_TO_FEWEST,
        .serve = by_request ? serve_requests : serve_connections,
    };
    return worker_processes_run(server, &plan, error);
}

const struct model prefork_model = {
    .name = "prefork",
    .summary = "a fixed number of processes, each with one request at a time",
    .flags = MODEL_PROCESSES,
    .wait = STEP_THREAD,
    .blocking = STEP_THREAD,
    .cpu = STEP_THREAD,
    .options = options,
    .settings_bytes = sizeof(struct prefork_settings),
    .run = run,
};
