/* server.c - see server.h. */
#include "servers/server.h"

#include <errno.h>
#include <math.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "servers/address.h"
#include "servers/model.h"
#include "servers/reply.h"
#include "servers/server_process.h"
#include "servers/server_shared.h"
#include "servers/shared_memory.h"

/* Descriptors that are not client connections: standard streams, epoll, eventfds, the
 * files and sockets of steps. */
#define OTHER_DESCRIPTORS 256

/* Threads of one server that may count at the same time: one per connection and some. */
#define OTHER_WORKERS 4352

/* ---- opening ---------------------------------------------------------------------- */

uint64_t server_raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return 1024;
    limit.rlim_cur = limit.rlim_max;
    /* Raising to the hard limit needs no privilege; if refused the soft one counts. */
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0 && getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return 1024;
    return (uint64_t)limit.rlim_cur;
}

static int resolve_cap(struct server_settings *settings, struct error *error)
{
    uint64_t descriptors = server_raise_descriptor_limit();
    uint64_t most =
        descriptors > 2 * OTHER_DESCRIPTORS ? descriptors - OTHER_DESCRIPTORS : 0;
    /* Without any practical limit on descriptors the slots below still need one. */
    const uint64_t sane = 1000000;
    most = most < sane ? most : sane;
    if (most == 0)
        return error_set(error, -EMFILE,
                         "the limit of open files is %llu, at least %d are needed "
                         "(see ulimit -n)",
                         (unsigned long long)descriptors, 2 * OTHER_DESCRIPTORS + 1);
    if (settings->max_connections > most)
        return error_set(error, -EINVAL,
                         "--max-connections: expected at most %llu, as the limit of open "
                         "files is %llu, got %llu",
                         (unsigned long long)most, (unsigned long long)descriptors,
                         (unsigned long long)settings->max_connections);
    if (settings->max_connections == 0)
        settings->max_connections = most;
    return 0;
}

int server_listen_on(const struct sockaddr *address, socklen_t length, bool shares_port)
{
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int one = 1;
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
        (!shares_port ||
         setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) == 0) &&
        bind(fd, address, length) == 0 && listen(fd, SERVER_BACKLOG) == 0)
        return fd;
    int failure = errno;
    if (fd >= 0)
        close(fd);
    errno = failure;
    return -1;
}

static int open_listener(const char *text, struct error *error)
{
    char *host = NULL, *port = NULL;
    int result = address_split("--listen", text, &host, &port, error);
    if (result < 0)
        return result;
    struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
                             .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    int failure = getaddrinfo(host, port, &hints, &found);
    if (failure) {
        result = error_set(error, -EINVAL, "--listen: cannot use \"%s\": %s", text,
                           gai_strerror(failure));
    } else {
        result = server_listen_on(found->ai_addr, found->ai_addrlen, false);
        if (result < 0)
            result = error_set(error, -errno, "cannot listen on %s: %s", text,
                               strerror(errno));
        freeaddrinfo(found);
    }
    free(host);
    free(port);
    return result;
}

/* Where it really listens: the port may have been left to the system. */
static void describe_address(struct server *server)
{
    struct sockaddr_storage bound;
    socklen_t length = sizeof bound;
    char host[64] = "?", port[8] = "?";
    if (getsockname(server->listen_fd, (struct sockaddr *)&bound, &length) == 0)
        (void)getnameinfo((struct sockaddr *)&bound, length, host, sizeof host, port,
                          sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
    bool is_v6 = strchr(host, ':') != NULL;
    snprintf(server->address, sizeof server->address, "%s%s%s:%s", is_v6 ? "[" : "", host,
             is_v6 ? "]" : "", port);
}

/* Accounts for the primary, for the most parts there may be, and for as many processes
 * as there may be connections. */
static int open_accounts(struct server_shared *shared, uint64_t most, struct error *error)
{
    shared->process_slots = (int)most + SERVER_PARTS_MOST + 1;
    shared->processes_bytes =
        (size_t)shared->process_slots * sizeof(struct server_process);
    shared->free_process = NO_SLOT;
    shared->processes = shared_memory_create(shared->processes_bytes);
    shared->process_count = 1;
    return shared->processes
               ? 0
               : error_set(error, -errno, "no memory for accounts: %s", strerror(errno));
}

static int open_shared(struct server *server, struct error *error)
{
    size_t slots = (size_t)server->settings.max_connections + OTHER_WORKERS;
    size_t bytes = sizeof(struct server_shared) + slots * sizeof(struct worker);
    struct server_shared *shared = shared_memory_create(bytes);
    if (!shared)
        return error_set(error, -errno, "no memory for counters: %s", strerror(errno));
    shared->mapped_bytes = bytes;
    shared->slots = (int)slots;
    shared->free_slot = NO_SLOT;
    shared_lock_init(&shared->lock);
    server->shared = shared;
    int result = open_accounts(shared, server->settings.max_connections, error);
    server->process = shared->processes;
    return result;
}

int server_open(struct server *server, const struct server_settings *settings,
                const struct op *const *list, struct error *error)
{
    *server = (struct server){.settings = *settings,
                              .listen_fd = -1,
                              .stop_fd = -1,
                              .room_fd = -1,
                              .hand_fd = -1};
    int result = resolve_cap(&server->settings, error);
    if (result == 0)
        result = open_shared(server, error);
    if (result < 0)
        goto failed;
    server->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    server->room_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (server->stop_fd < 0 || server->room_fd < 0) {
        result = error_set(error, -errno, "no event descriptor: %s", strerror(errno));
        goto failed;
    }
    server->shared->rooms[0].room_fd = server->room_fd;
    server->shared->room_count = 1;
    result = ops_open(&server->ops, list, &server->settings.ops, error);
    if (result < 0)
        goto failed;
    server->body = reply_body_create();
    result = open_listener(settings->listen, error);
    if (result < 0)
        goto failed;
    server->listen_fd = result;
    describe_address(server);
    return 0;
failed:
    server_close(server);
    return result;
}

static void close_if_open(int fd)
{
    if (fd >= 0)
        close(fd);
}

void server_close(struct server *server)
{
    close_if_open(server->listen_fd);
    close_if_open(server->stop_fd);
    close_if_open(server->room_fd);
    ops_close(server->ops);
    reply_body_free(server->body);
    if (server->shared) {
        pthread_mutex_destroy(&server->shared->lock);
        shared_memory_free(server->shared->processes, server->shared->processes_bytes);
        shared_memory_free(server->shared, server->shared->mapped_bytes);
    }
    *server =
        (struct server){.listen_fd = -1, .stop_fd = -1, .room_fd = -1, .hand_fd = -1};
}

/* ---- signals and stopping --------------------------------------------------------- */

/* The thread that takes the signals: it sleeps until one comes or the model is done. */
struct signal_watch {
    struct server *server;
    int signal_fd;
    int done_fd;  /* readable when the model has returned */
    int awake_fd; /* readable when the thread has nothing left to do but sleep */
    pthread_t thread;
};

/* Killed processes are gone as soon as the system gets round to it. */
#define KILL_LIMIT_MS 1000

/* The signal that came; 0 when the model was done or (after stopping) late. */
static int wait_for_signal(struct signal_watch *watch, bool limited, bool *done)
{
    struct pollfd fds[] = {{.fd = watch->done_fd, .events = POLLIN},
                           {.fd = watch->signal_fd, .events = POLLIN}};
    uint64_t limit_ms = watch->server->settings.drain_timeout_ns / NS_PER_MS;
    int ready;
    do
        ready = poll(fds, 2, limited ? (int)limit_ms : -1);
    while (ready < 0 && errno == EINTR);
    *done = ready > 0 && fds[0].revents;
    struct signalfd_siginfo taken;
    bool came = !*done && ready > 0 &&
                read(watch->signal_fd, &taken, sizeof taken) == sizeof taken;
    return came ? (int)taken.ssi_signo : 0;
}

/* The first mark begins the window, the second ends it; others say nothing more. */
static void take_mark(struct server *server)
{
    int window = atomic_load(&server->shared->window);
    if (window < LOOP_AFTER_WINDOW)
        atomic_store(&server->shared->window, window + 1);
}

/* Nobody is at work any more in a process of its own when the last words are written:
 * the model, which reaps its processes, then returns. */
static void abandon(struct signal_watch *watch)
{
    struct pollfd done = {.fd = watch->done_fd, .events = POLLIN};
    if (server_kill_processes(watch->server))
        (void)poll(&done, 1, KILL_LIMIT_MS);
    watch->server->on_abandon(watch->server);
}

static void *watch_signals(void *argument)
{
    struct signal_watch *watch = argument;
    server_raise_event(watch->awake_fd);
    bool done;
    while (wait_for_signal(watch, false, &done) == SIGUSR2)
        take_mark(watch->server);
    if (done)
        return NULL;
    server_stop(watch->server);
    while (wait_for_signal(watch, true, &done) == SIGUSR2)
        continue;
    if (!done)
        abandon(watch);
    return NULL;
}

static int start_watch(struct signal_watch *watch, struct error *error)
{
    sigset_t taken;
    sigemptyset(&taken);
    sigaddset(&taken, SIGTERM);
    sigaddset(&taken, SIGINT);
    sigaddset(&taken, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &taken, NULL);
    watch->signal_fd = signalfd(-1, &taken, SFD_CLOEXEC);
    watch->done_fd = eventfd(0, EFD_CLOEXEC);
    watch->awake_fd = eventfd(0, EFD_CLOEXEC);
    bool opened = watch->signal_fd >= 0 && watch->done_fd >= 0 && watch->awake_fd >= 0;
    int failure = opened ? 0 : errno;
    if (!failure)
        failure = pthread_create(&watch->thread, NULL, watch_signals, watch);
    if (!failure) {
        /* A model may fork: a lock that a thread holds while it starts would be held in
         * the child for ever. */
        uint64_t awake;
        while (read(watch->awake_fd, &awake, sizeof awake) < 0 && errno == EINTR)
            continue;
        return 0;
    }
    close_if_open(watch->signal_fd);
    close_if_open(watch->done_fd);
    close_if_open(watch->awake_fd);
    return error_set(error, -failure, "cannot watch for signals: %s", strerror(failure));
}

void server_raise_event(int fd)
{
    uint64_t one = 1;
    /* It fails only when the counter is full, and then it is readable as wanted. */
    ssize_t wrote = write(fd, &one, sizeof one);
    (void)wrote;
}

static void end_watch(struct signal_watch *watch)
{
    server_raise_event(watch->done_fd);
    pthread_join(watch->thread, NULL);
    close(watch->signal_fd);
    close(watch->done_fd);
    close(watch->awake_fd);
}

int server_run(struct server *server, struct error *error)
{
    signal(SIGPIPE, SIG_IGN);
    struct signal_watch watch = {.server = server};
    int result = start_watch(&watch, error);
    if (result < 0)
        return result;
    result = server->model->run(server, error);
    end_watch(&watch);
    return result;
}

void server_ready(struct server *server)
{
    if (server->on_ready)
        server->on_ready(server);
}

void server_stop(struct server *server)
{
    atomic_store(&server->shared->stopping, true);
    server_raise_event(server->stop_fd);
}

bool server_is_stopping(const struct server *server)
{
    return atomic_load_explicit(&server->shared->stopping, memory_order_relaxed);
}

/* ---- accepting -------------------------------------------------------------------- */

static bool take_room(struct server_shared *shared, uint64_t most)
{
    if (atomic_fetch_add(&shared->connections, 1) < most)
        return true;
    atomic_fetch_sub(&shared->connections, 1);
    return false;
}

/* Out of room: whoever closes a connection next raises room_fd. */
static int pause_accepting(struct server *server, struct worker *worker)
{
    atomic_store(&server->shared->rooms[server->room].paused, true);
    atomic_store(&server->shared->paused, true);
    worker_count(&worker->paused, 1);
    return -EMFILE;
}

/* At the cap. */
static int pause_at_cap(struct server *server, struct worker *worker)
{
    int result = pause_accepting(server, worker);
    /* Somebody may have closed one before the flag was up. */
    if (atomic_load(&server->shared->connections) < server->settings.max_connections)
        server_raise_event(server->room_fd);
    return result;
}

static int welcome(struct server *server, int fd)
{
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    atomic_fetch_add(&server->process->connections, 1);
    return fd;
}

int server_accept_to_hand(struct server *server, struct worker *worker, int flags)
{
    struct server_shared *shared = server->shared;
    if (!take_room(shared, server->settings.max_connections))
        return pause_at_cap(server, worker);
    int fd;
    do
        fd = accept4(server->listen_fd, NULL, NULL, flags | SOCK_CLOEXEC);
    while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
    if (fd >= 0)
        return welcome(server, fd);
    int failure = errno;
    atomic_fetch_sub(&shared->connections, 1);
    if (failure == EAGAIN || failure == EWOULDBLOCK)
        return -EAGAIN;
    /* Out of descriptors or memory below the cap: a closed connection brings some back.
     */
    return pause_accepting(server, worker);
}

int server_accept(struct server *server, struct worker *worker, int flags)
{
    int fd = server->hand_fd >= 0 ? server_take_handed(server, worker)
                                  : server_accept_to_hand(server, worker, flags);
    if (fd >= 0)
        worker_count(&worker->accepted, 1);
    return fd;
}

void server_wake_paused(struct server_shared *shared)
{
    if (!atomic_load(&shared->paused) || !atomic_exchange(&shared->paused, false))
        return;
    for (int i = 0; i < shared->room_count; i++)
        if (atomic_exchange(&shared->rooms[i].paused, false))
            server_raise_event(shared->rooms[i].room_fd);
}

int server_admit(struct server *server, struct worker *worker, int accepted)
{
    if (accepted == -EAGAIN || accepted == -ECONNABORTED || accepted == -EINTR)
        return -EAGAIN;
    if (accepted < 0)
        return pause_accepting(server, worker);
    if (!take_room(server->shared, server->settings.max_connections))
        return pause_at_cap(server, worker);
    worker_count(&worker->accepted, 1);
    return welcome(server, accepted);
}

void server_closed(struct server *server)
{
    atomic_fetch_sub(&server->process->connections, 1);
    atomic_fetch_sub(&server->shared->connections, 1);
    server_wake_paused(server->shared);
}

void server_room_seen(struct server *server)
{
    uint64_t count;
    ssize_t got = read(server->room_fd, &count, sizeof count);
    (void)got;
}

/* ---- loops ------------------------------------------------------------------------ */

struct loop_health *server_loop_health(struct server *server)
{
    int index = atomic_fetch_add(&server->shared->loop_count, 1);
    return index < SERVER_LOOPS_MOST ? &server->shared->loops[index] : NULL;
}

enum loop_window server_window(const struct server *server)
{
    return (enum loop_window)atomic_load_explicit(&server->shared->window,
                                                  memory_order_relaxed);
}

/* ---- counting --------------------------------------------------------------------- */

static struct worker *take_free_slot(struct server_shared *shared, const char *role,
                                     int index)
{
    for (int *link = &shared->free_slot; *link != NO_SLOT;
         link = &shared->workers[*link].next_free) {
        struct worker *worker = &shared->workers[*link];
        if (worker->index == index && strcmp(worker->role, role) == 0) {
            *link = worker->next_free;
            worker->pid = getpid();
            return worker;
        }
    }
    return NULL;
}

struct worker *server_join(struct server *server, const char *role, int index)
{
    struct server_shared *shared = server->shared;
    shared_lock_take(&shared->lock);
    struct worker *worker = take_free_slot(shared, role, index);
    if (!worker) {
        if (shared->slot_count == shared->slots)
            abort(); /* more workers than connections and pools may have */
        worker = &shared->workers[shared->slot_count];
        worker->role = role;
        worker->index = index;
        worker->pid = getpid();
        shared->slot_count++;
    }
    pthread_mutex_unlock(&shared->lock);
    return worker;
}

/* In this order: a process that is killed in here leaves a slot that is never used
 * again, but none that is in the list twice. */
static void free_slot(struct server_shared *shared, struct worker *worker)
{
    worker->pid = 0;
    worker->next_free = shared->free_slot;
    shared->free_slot = (int)(worker - shared->workers);
}

void server_leave(struct server *server, struct worker *worker)
{
    struct server_shared *shared = server->shared;
    worker_count(&worker->cpu_ns, clock_thread_cpu_ns());
    shared_lock_take(&shared->lock);
    free_slot(shared, worker);
    pthread_mutex_unlock(&shared->lock);
}

void server_free_slots_of(struct server_shared *shared, int pid)
{
    for (int i = 0; i < shared->slot_count; i++)
        if (shared->workers[i].pid == pid)
            free_slot(shared, &shared->workers[i]);
}

/* Plain copies of the counters, summed over the slots of a row. */
struct totals {
    const char *role;
    int index;
    uint64_t accepted, refused, paused, requests, errors, steps, cpu_ns;
};

static void add_worker(struct totals *totals, struct worker *worker)
{
    totals->accepted += atomic_load(&worker->accepted);
    totals->refused += atomic_load(&worker->refused);
    totals->paused += atomic_load(&worker->paused);
    totals->requests += atomic_load(&worker->requests);
    totals->errors += atomic_load(&worker->errors);
    totals->steps += atomic_load(&worker->steps);
    totals->cpu_ns += atomic_load(&worker->cpu_ns);
}

static struct totals *row_of(struct totals *rows, size_t *count,
                             const struct worker *worker)
{
    for (size_t i = 0; i < *count; i++)
        if (rows[i].index == worker->index && strcmp(rows[i].role, worker->role) == 0)
            return &rows[i];
    rows[*count] = (struct totals){.role = worker->role, .index = worker->index};
    return &rows[(*count)++];
}

static void totals_to_json(const struct totals *totals, cJSON *object)
{
    json_add_number(object, "accepted", (double)totals->accepted);
    json_add_number(object, "refused", (double)totals->refused);
    json_add_number(object, "accept_pauses", (double)totals->paused);
    json_add_number(object, "requests", (double)totals->requests);
    json_add_number(object, "errors", (double)totals->errors);
}

void server_statistics(const struct server *server, cJSON *object)
{
    struct server_shared *shared = server->shared;
    shared_lock_take(&shared->lock);
    size_t slots = (size_t)shared->slot_count, count = 0;
    struct totals all = {0};
    struct totals *rows = memory_allocate_zeroed(slots + 1, sizeof *rows);
    for (size_t i = 0; i < slots; i++) {
        add_worker(&all, &shared->workers[i]);
        add_worker(row_of(rows, &count, &shared->workers[i]), &shared->workers[i]);
    }
    pthread_mutex_unlock(&shared->lock);
    totals_to_json(&all, object);
    json_add_number(object, "restarts", (double)atomic_load(&shared->restarts));
    ops_report(server->ops, json_add_object(object, "ops"));
    int loops = atomic_load(&shared->loop_count);
    loop_health_report(shared->loops,
                       (size_t)(loops < SERVER_LOOPS_MOST ? loops : SERVER_LOOPS_MOST),
                       object);
    cJSON *array = json_add_array(object, "per_worker");
    for (size_t i = 0; i < count; i++) {
        cJSON *row = cJSON_CreateObject();
        json_add_text(row, "role", rows[i].role);
        json_add_number(row, "index",
                        rows[i].index == WORKER_ANONYMOUS ? (double)NAN : rows[i].index);
        totals_to_json(&rows[i], row);
        json_add_number(row, "steps", (double)rows[i].steps);
        json_add_number(row, "cpu_s", (double)rows[i].cpu_ns / (double)NS_PER_S);
        cJSON_AddItemToArray(array, row);
    }
    free(rows);
}
