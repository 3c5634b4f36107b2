/* server_stop.c - running a model until it is told to stop: a thread of its own takes the
 * signals. See server.h. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "servers/event.h"
#include "servers/model.h"
#include "servers/server_process.h"
#include "servers/server_shared.h"

/* The thread that takes the signals (signalfd). It sleeps until one comes, or until the
 * model has returned. */
struct signal_watch {
    struct server *server;
    int signal_fd;
    int done_fd;  /* eventfd: the model has returned */
    int awake_fd; /* eventfd: the thread has started, and only sleeps from here on */
    pthread_t thread;
};

/* How long killed processes may take to be reaped. */
#define KILL_LIMIT_MS 1000

/* The signal that came; or 0 when the model has returned (*done), or when the drain
 * time-out, which counts if `limited`, is over. */
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

/* SIGUSR2: the first begins the measured window, the second ends it; later ones are
 * ignored. */
static void take_mark(struct server *server)
{
    int window = atomic_load(&server->shared->window);
    if (window < LOOP_AFTER_WINDOW)
        atomic_store(&server->shared->window, window + 1);
}

/* Draining took too long, or a second signal cut it short. Worker processes are killed
 * first, so that none still counts when the statistics are written: the model reaps them
 * and returns. */
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
    event_raise(watch->awake_fd);
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

static void close_watch(const struct signal_watch *watch)
{
    const int fds[] = {watch->signal_fd, watch->done_fd, watch->awake_fd};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        if (fds[i] >= 0)
            close(fds[i]);
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
    close_watch(watch);
    return error_set(error, -failure, "cannot watch for signals: %s", strerror(failure));
}

static void end_watch(struct signal_watch *watch)
{
    event_raise(watch->done_fd);
    pthread_join(watch->thread, NULL);
    close_watch(watch);
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
    server->drained = result == 0;
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
    event_raise(server->stop_fd);
}

uint64_t server_idle_check_ns(const struct server *server)
{
    uint64_t quarter_ns = server->settings.idle_timeout_ns / 4;
    return quarter_ns < 10 * NS_PER_MS ? 10 * NS_PER_MS
           : quarter_ns > NS_PER_S     ? NS_PER_S
                                       : quarter_ns;
}

bool server_is_stopping(const struct server *server)
{
    return atomic_load_explicit(&server->shared->stopping, memory_order_relaxed);
}
