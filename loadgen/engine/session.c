/* session.c - see session.h. */
#include "loadgen/engine/session.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cpus.h"
#include "base/text.h"
#include "loadgen/engine/engine.h"
#include "loadgen/engine/events.h"

/* How long before the first request the phases are made known to the threads. */
#define START_NOTICE_NS (2 * NS_PER_MS)
/* An interrupted window ends this much later, so that all threads hear of it before. */
#define END_NOTICE_NS (20 * NS_PER_MS)

/* One thread and its engine. */
struct worker {
    pthread_t thread;
    bool running;
    struct run *run;
    struct engine engine;
    int code; /* of engine_connect; guarded by run->lock */
    struct error error;
};

struct run {
    const struct plan *plan;
    int events;
    struct control control;
    struct worker *workers;

    pthread_mutex_t lock;
    pthread_cond_t changed; /* of go and leave */
    unsigned connected;     /* workers that have tried; guarded by lock */
    unsigned failed;        /* those among them that could not; guarded by lock */
    unsigned ended;         /* workers whose run is over; guarded by lock */
    bool go;                /* phases are set; guarded by lock */
    bool leave;             /* connections may be closed; guarded by lock */
    struct phases phases;   /* fixed before go */
    uint64_t end_ns;        /* as it is now; coordinator only, 0 before go */
    int progress;           /* eventfd: readable when one of the counts has changed */
    int signals;            /* signalfd */
    unsigned signal_count;  /* coordinator only */
    uint64_t next_look_ns;  /* coordinator only; UINT64_MAX: nobody looks */
    bool decided;           /* coordinator only: the watcher had seen enough */
};

/* ---- a worker -----------------------------------------------------------------------
 */

static void pin_worker(const struct plan *plan, unsigned number)
{
    cpu_set_t all, one;
    if (!plan->cpus || cpus_parse(plan->cpus, &all, NULL) < 0 ||
        CPU_COUNT(&all) < (int)plan->threads)
        return;
    CPU_ZERO(&one);
    for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &all) && number-- == 0)
            CPU_SET(cpu, &one);
    /* The whole list was allowed when the run began; one of it is not worth failing for.
     */
    int ignored = cpus_pin(&one, NULL);
    (void)ignored;
}

static void report_progress(struct run *run, unsigned *count)
{
    pthread_mutex_lock(&run->lock);
    (*count)++;
    pthread_mutex_unlock(&run->lock);
    eventfd_write(run->progress, 1);
}

static bool wait_for(struct run *run, const bool *flag)
{
    pthread_mutex_lock(&run->lock);
    while (!*flag && !run->leave)
        pthread_cond_wait(&run->changed, &run->lock);
    bool set = *flag;
    pthread_mutex_unlock(&run->lock);
    return set;
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    struct run *run = worker->run;
    /* Sleeps end when they should, not up to 50 us later. */
    prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    pin_worker(run->plan, worker->engine.number);
    worker->code = engine_connect(&worker->engine, &worker->error);
    if (worker->code < 0) {
        pthread_mutex_lock(&run->lock);
        run->failed++;
        pthread_mutex_unlock(&run->lock);
    }
    report_progress(run, &run->connected);
    if (wait_for(run, &run->go)) {
        engine_run(&worker->engine, &run->phases);
        report_progress(run, &run->ended);
        wait_for(run, &run->leave);
    }
    engine_disconnect(&worker->engine);
    return NULL;
}

/* ---- the coordinator ----------------------------------------------------------------
 */

static void raise_flag(struct run *run, bool *flag)
{
    pthread_mutex_lock(&run->lock);
    *flag = true;
    pthread_cond_broadcast(&run->changed);
    pthread_mutex_unlock(&run->lock);
}

static unsigned read_count(struct run *run, const unsigned *count)
{
    pthread_mutex_lock(&run->lock);
    unsigned value = *count;
    pthread_mutex_unlock(&run->lock);
    return value;
}

/* Ends the window as soon as all threads can have heard of it. */
static void end_early(struct run *run, uint64_t now_ns)
{
    if (now_ns + END_NOTICE_NS >= run->end_ns)
        return;
    run->end_ns = now_ns + END_NOTICE_NS;
    atomic_store(&run->control.end_ns, run->end_ns);
    eventfd_write(run->control.wake, 1);
}

/* The first signal ends the window, the second the drain (and the connecting). */
static void heed_signal(struct run *run)
{
    struct signalfd_siginfo info;
    if (read(run->signals, &info, sizeof info) != (ssize_t)sizeof info)
        return;
    uint64_t now_ns = clock_now_ns();
    bool connecting = run->end_ns == 0;
    if (run->signal_count++ > 0 || connecting) {
        atomic_store(&run->control.stop_ns, now_ns);
        eventfd_write(run->control.wake, 1);
    } else {
        end_early(run, now_ns);
    }
}

static void let_look(struct run *run, uint64_t now_ns)
{
    const struct watcher *watcher = run->plan->watcher;
    if (!watcher)
        return;
    struct view view = {
        .now_ns = now_ns,
        .start_ns = run->phases.start_ns,
        .begin_ns = run->phases.begin_ns,
        .end_ns = run->end_ns,
    };
    for (unsigned i = 0; i < run->plan->threads; i++)
        view_add(&view, run->workers[i].engine.tally);
    run->next_look_ns = now_ns + watcher->period_ns;
    if (watcher->look(watcher->context, &view) && now_ns > run->phases.begin_ns &&
        now_ns < run->end_ns) {
        run->decided = true;
        end_early(run, now_ns);
    }
}

/*
 * Sleeps until the deadline, a signal (which it heeds), progress of the workers or,
 * where `watcher` >= 0, a word from there. Returns true in that last case.
 */
static bool doze(struct run *run, uint64_t deadline_ns, int watcher)
{
    uint64_t now_ns = clock_now_ns();
    if (now_ns >= run->next_look_ns)
        let_look(run, now_ns);
    if (run->next_look_ns < deadline_ns)
        deadline_ns = run->next_look_ns;
    uint64_t wait_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
    struct timespec timeout = {
        .tv_sec = (time_t)(wait_ns / NS_PER_S),
        .tv_nsec = (long)(wait_ns % NS_PER_S),
    };
    struct pollfd watched[] = {
        {.fd = run->signals, .events = POLLIN},
        {.fd = run->progress, .events = POLLIN},
        {.fd = watcher, .events = POLLIN},
    };
    if (ppoll(watched, 3, deadline_ns == UINT64_MAX ? NULL : &timeout, NULL) <= 0)
        return false;
    if (watched[0].revents)
        heed_signal(run);
    eventfd_t ignored;
    if (watched[1].revents)
        eventfd_read(run->progress, &ignored);
    return watched[2].revents != 0;
}

static void doze_until_count(struct run *run, const unsigned *count)
{
    while (read_count(run, count) < run->plan->threads)
        doze(run, UINT64_MAX, -1);
}

/* An interrupted run ends before the time, and one that has made all its requests. */
static void doze_until(struct run *run, uint64_t time_ns)
{
    for (uint64_t now_ns = clock_now_ns();
         now_ns < time_ns && now_ns < run->end_ns &&
         read_count(run, &run->ended) < run->plan->threads;
         now_ns = clock_now_ns())
        doze(run, time_ns < run->end_ns ? time_ns : run->end_ns, -1);
}

static void hold_connections(struct run *run)
{
    if (!events_wants_hold(run->events) || run->signal_count > 0)
        return;
    uint64_t patience_ns = clock_now_ns() + EVENTS_PATIENCE_NS;
    while (clock_now_ns() < patience_ns && run->signal_count == 0)
        if (doze(run, patience_ns, run->events))
            return;
}

/* Where all threads had made their requests before the time, the last one's end. */
static void end_when_finished(struct run *run)
{
    uint64_t last_ns = 0;
    for (unsigned i = 0; i < run->plan->threads; i++) {
        uint64_t finished_ns = run->workers[i].engine.finished_ns;
        if (!finished_ns)
            return;
        last_ns = finished_ns > last_ns ? finished_ns : last_ns;
    }
    if (last_ns < run->end_ns)
        run->end_ns = last_ns;
}

static void lead(struct run *run)
{
    const struct workload *workload = &run->plan->workload;
    struct phases *phases = &run->phases;
    phases->start_ns = clock_now_ns() + START_NOTICE_NS;
    phases->begin_ns = phases->start_ns + workload->warmup_ns;
    phases->end_ns = phases->begin_ns + workload->duration_ns;
    phases->stop_ns = phases->end_ns + run->plan->drain_ns;
    run->end_ns = phases->end_ns;
    if (run->plan->watcher)
        run->next_look_ns = phases->start_ns;
    raise_flag(run, &run->go);

    events_tell(run->events, "warmup");
    doze_until(run, phases->begin_ns);
    events_tell(run->events, "measuring");
    doze_until(run, phases->end_ns);
    events_tell(run->events, "measured");
    doze_until_count(run, &run->ended);
    end_when_finished(run);
    let_look(run, clock_now_ns()); /* at everything that there was to see */
    run->next_look_ns = UINT64_MAX;
    if (run->plan->watcher && run->plan->watcher->leave)
        run->plan->watcher->leave(run->plan->watcher->context);
    hold_connections(run);
}

/* ---- start and end ------------------------------------------------------------------
 */

static int open_descriptors(struct run *run, const sigset_t *signals, struct error *error)
{
    run->control.wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    run->progress = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    run->signals = signalfd(-1, signals, SFD_NONBLOCK | SFD_CLOEXEC);
    if (run->control.wake < 0 || run->progress < 0 || run->signals < 0)
        return error_set(error, -errno, "cannot open a descriptor: %s", strerror(errno));
    return 0;
}

static int start_workers(struct run *run, struct error *error)
{
    for (unsigned i = 0; i < run->plan->threads; i++) {
        struct worker *worker = &run->workers[i];
        worker->run = run;
        int code = engine_init(&worker->engine, run->plan, &run->control, i, error);
        if (code < 0)
            return code;
        code = pthread_create(&worker->thread, NULL, work, worker);
        if (code)
            return error_set(error, -code, "cannot start thread %u: %s", i + 1,
                             strerror(code));
        worker->running = true;
    }
    return 0;
}

/* Lets all workers close their connections and end. */
static void join_workers(struct run *run)
{
    raise_flag(run, &run->leave);
    for (unsigned i = 0; i < run->plan->threads; i++)
        if (run->workers[i].running)
            pthread_join(run->workers[i].thread, NULL);
}

/* The failure of the first worker that could not connect, or 0. */
static int connect_failure(const struct run *run, struct error *error)
{
    for (unsigned i = 0; i < run->plan->threads; i++) {
        if (run->workers[i].code < 0) {
            *error = run->workers[i].error;
            return run->workers[i].code;
        }
    }
    return 0;
}

static int collect(const struct run *run, struct result *result, struct error *error)
{
    if (run->end_ns <= run->phases.begin_ns)
        return error_set(error, -EINTR, "interrupted before the measurement began");
    result_init(result, run->plan, run->end_ns - run->phases.begin_ns);
    result->interrupted = run->signal_count > 0;
    result->decided = run->decided;
    for (unsigned i = 0; i < run->plan->threads; i++)
        result_add(result, &run->workers[i].engine);
    return 0;
}

static void release(struct run *run)
{
    for (unsigned i = 0; i < run->plan->threads; i++)
        if (run->workers[i].run)
            engine_release(&run->workers[i].engine);
    free(run->workers);
    int descriptors[] = {run->control.wake, run->progress, run->signals};
    for (size_t i = 0; i < sizeof descriptors / sizeof *descriptors; i++)
        if (descriptors[i] >= 0)
            close(descriptors[i]);
    pthread_cond_destroy(&run->changed);
    pthread_mutex_destroy(&run->lock);
}

int run_plan(const struct plan *plan, int events, struct result *result,
             struct error *error)
{
    struct run run = {
        .plan = plan,
        .events = events,
        .control = {.end_ns = UINT64_MAX, .stop_ns = UINT64_MAX, .wake = -1},
        .workers = memory_allocate_zeroed(plan->threads, sizeof(struct worker)),
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .changed = PTHREAD_COND_INITIALIZER,
        .progress = -1,
        .signals = -1,
        .next_look_ns = UINT64_MAX,
    };
    sigset_t signals, before;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, &before);

    int code = open_descriptors(&run, &signals, error);
    if (code == 0)
        code = start_workers(&run, error);
    if (code == 0) {
        doze_until_count(&run, &run.connected);
        if (read_count(&run, &run.failed) == 0)
            lead(&run);
    }
    join_workers(&run);
    if (code == 0)
        code = connect_failure(&run, error);
    if (code == 0)
        code = collect(&run, result, error);
    release(&run);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (code == 0)
        events_tell(events, "done");
    return code;
}
