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

#include "base/cgroup.h"
#include "base/clock.h"
#include "base/compare.h"
#include "base/cpus.h"
#include "base/text.h"
#include "loadgen/engine/engine.h"
#include "loadgen/engine/events.h"

/* How long before the first request the timeline is published to the threads. */
#define START_NOTICE_NS (2 * NS_PER_MS)
/* An interrupted window ends this much later, so that all threads know of it before. */
#define END_NOTICE_NS (20 * NS_PER_MS)
/* The accounts are read where a request has just ended, if one ends within this time and
 * within a quarter of the window. */
#define ACCOUNT_PATIENCE_NS NS_PER_S
/* Whoever interrupts a run waits no longer than this for outstanding replies. */
#define INTERRUPTED_DRAIN_NS (500 * NS_PER_MS)

/* One thread and its engine. */
struct session_thread {
    pthread_t thread;
    bool running;
    struct session *session;
    struct engine engine;
    int code; /* of engine_connect; guarded by session->lock */
    struct error error;
};

struct session {
    const struct load_plan *plan;
    int events;
    struct control control;
    struct account account;
    struct session_thread *workers;

    pthread_mutex_t lock;
    pthread_cond_t changed;   /* of round and leave */
    unsigned connected;       /* workers that have tried to connect; guarded by lock */
    unsigned ended;           /* workers whose round is over; guarded by lock */
    unsigned round;           /* windows that have begun; guarded by lock */
    bool leave;               /* connections may be closed; guarded by lock */
    struct timeline timeline; /* of the round; fixed before that begins */
    uint64_t end_ns; /* of the window as it is now; coordinator only, 0 before one */
    int progress;    /* eventfd: readable when one of the counts has changed */
    int signals;     /* signalfd */
    sigset_t signals_before; /* the mask of the thread that opened the session */
    unsigned signal_count;   /* coordinator only */
    uint64_t next_show_ns;   /* coordinator only; UINT64_MAX: never */
    double throttled_s;      /* by the cgroup's CPU quota, in the window; NAN: not told */
};

/* ---- a worker ---------------------------------------------------------------------- */

static void pin_worker(const struct load_plan *plan, unsigned number)
{
    cpu_set_t all, one;
    if (!plan->cpus || cpus_parse(plan->cpus, &all, NULL) < 0 ||
        CPU_COUNT(&all) < (int)plan->threads)
        return;
    CPU_ZERO(&one);
    for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &all) && number-- == 0)
            CPU_SET(cpu, &one);
    /* Ignored: the process was pinned to the whole list before. */
    int ignored = cpus_pin(&one, NULL);
    (void)ignored;
}

static void report_progress(struct session *session, unsigned *count)
{
    pthread_mutex_lock(&session->lock);
    (*count)++;
    pthread_mutex_unlock(&session->lock);
    eventfd_write(session->progress, 1);
}

/* Sleeps until this round begins; false where there will be no other. */
static bool wait_for_round(struct session *session, unsigned round)
{
    pthread_mutex_lock(&session->lock);
    while (session->round < round && !session->leave)
        pthread_cond_wait(&session->changed, &session->lock);
    bool begins = session->round >= round;
    pthread_mutex_unlock(&session->lock);
    return begins;
}

static void *work(void *argument)
{
    struct session_thread *worker = argument;
    struct session *session = worker->session;
    /* The default timer slack lets sleeps end up to 50 us late. */
    prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    pin_worker(session->plan, worker->engine.number);
    worker->code = engine_connect(&worker->engine, &worker->error);
    report_progress(session, &session->connected);
    for (unsigned round = 1; wait_for_round(session, round); round++) {
        engine_run(&worker->engine, &session->timeline);
        report_progress(session, &session->ended);
    }
    engine_disconnect(&worker->engine);
    return NULL;
}

/* ---- the coordinator --------------------------------------------------------------- */

static void begin_round(struct session *session)
{
    pthread_mutex_lock(&session->lock);
    session->round++;
    session->ended = 0;
    pthread_cond_broadcast(&session->changed);
    pthread_mutex_unlock(&session->lock);
}

static unsigned read_count(struct session *session, const unsigned *count)
{
    pthread_mutex_lock(&session->lock);
    unsigned value = *count;
    pthread_mutex_unlock(&session->lock);
    return value;
}

/* Ends the window as soon as all threads can know of it. */
static void end_early(struct session *session, uint64_t now_ns)
{
    if (now_ns + END_NOTICE_NS >= session->end_ns)
        return;
    session->end_ns = now_ns + END_NOTICE_NS;
    atomic_store(&session->control.end_ns, session->end_ns);
    eventfd_write(session->control.wake, 1);
}

/*
 * The first signal ends the window, and the drain INTERRUPTED_DRAIN_NS later; the second
 * one, or one while connections are being opened, ends everything.
 */
static void handle_signal(struct session *session)
{
    struct signalfd_siginfo info;
    if (read(session->signals, &info, sizeof info) != (ssize_t)sizeof info)
        return;
    uint64_t now_ns = clock_now_ns();
    bool connecting = session->end_ns == 0;
    if (session->signal_count++ > 0 || connecting) {
        atomic_store(&session->control.stop_ns, now_ns);
        eventfd_write(session->control.wake, 1);
    } else {
        end_early(session, now_ns);
        atomic_store(&session->control.stop_ns, now_ns + INTERRUPTED_DRAIN_NS);
        eventfd_write(session->control.wake, 1);
    }
}

static void show_watcher(struct session *session, uint64_t now_ns)
{
    const struct watcher *watcher = session->plan->watcher;
    if (!watcher)
        return;
    struct live_view view = {
        .now_ns = now_ns,
        .start_ns = session->timeline.start_ns,
        .begin_ns = session->timeline.begin_ns,
        .end_ns = session->end_ns,
    };
    for (unsigned i = 0; i < session->plan->threads; i++)
        live_view_add(&view, session->workers[i].engine.live);
    session->next_show_ns = now_ns + watcher->period_ns;
    if (watcher->show(watcher->context, &view) && now_ns > session->timeline.begin_ns &&
        now_ns < session->end_ns)
        end_early(session, now_ns);
}

/*
 * Sleeps in ppoll until the deadline, a signal (signalfd), progress of the workers
 * (eventfd), or until `parent` is readable where it is >= 0. Returns true in the last
 * case.
 */
static bool wait_for_change(struct session *session, uint64_t deadline_ns, int parent)
{
    uint64_t now_ns = clock_now_ns();
    if (now_ns >= session->next_show_ns)
        show_watcher(session, now_ns);
    if (session->next_show_ns < deadline_ns)
        deadline_ns = session->next_show_ns;
    uint64_t wait_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
    struct timespec timeout = {
        .tv_sec = (time_t)(wait_ns / NS_PER_S),
        .tv_nsec = (long)(wait_ns % NS_PER_S),
    };
    struct pollfd watched[] = {
        {.fd = session->signals, .events = POLLIN},
        {.fd = session->progress, .events = POLLIN},
        {.fd = parent, .events = POLLIN},
    };
    if (ppoll(watched, 3, deadline_ns == UINT64_MAX ? NULL : &timeout, NULL) <= 0)
        return false;
    if (watched[0].revents)
        handle_signal(session);
    eventfd_t ignored;
    if (watched[1].revents)
        eventfd_read(session->progress, &ignored);
    return watched[2].revents != 0;
}

static void wait_for_workers(struct session *session, const unsigned *count)
{
    while (read_count(session, count) < session->plan->threads)
        wait_for_change(session, UINT64_MAX, -1);
}

/* Returns early where the run was interrupted, or where all workers have ended. */
static void wait_until(struct session *session, uint64_t time_ns)
{
    for (uint64_t now_ns = clock_now_ns();
         now_ns < time_ns && now_ns < session->end_ns &&
         read_count(session, &session->ended) < session->plan->threads;
         now_ns = clock_now_ns())
        wait_for_change(session, time_ns < session->end_ns ? time_ns : session->end_ns,
                        -1);
}

/* Waits for the reply at which the accounts are to be read; where none comes they are
 * read now. */
static void wait_for_edge(struct session *session, _Atomic uint64_t *edge_ns)
{
    uint64_t patience_ns = session->plan->workload.duration_ns / 4,
             now_ns = clock_now_ns();
    if (patience_ns > ACCOUNT_PATIENCE_NS)
        patience_ns = ACCOUNT_PATIENCE_NS;
    uint64_t deadline_ns = now_ns + patience_ns;
    while (!atomic_load(edge_ns) && now_ns < deadline_ns && session->signal_count == 0 &&
           read_count(session, &session->ended) < session->plan->threads) {
        wait_for_change(session, deadline_ns, -1);
        now_ns = clock_now_ns();
    }
    account_reach(&session->account, edge_ns, now_ns);
}

void session_wait_for_parent(struct session *session, int events)
{
    if (!events_are_answered(events))
        return;
    uint64_t patience_ns = clock_now_ns() + EVENTS_PATIENCE_NS;
    while (clock_now_ns() < patience_ns && session->signal_count == 0)
        if (wait_for_change(session, patience_ns, events)) {
            events_take_answer(events);
            return;
        }
}

/* Where a limited number of requests had ended before the window did, the window ends
 * with the last thread. */
static void end_when_finished(struct session *session)
{
    uint64_t last_ns = 0;
    for (unsigned i = 0; i < session->plan->threads; i++) {
        uint64_t finished_ns = session->workers[i].engine.finished_ns;
        if (!finished_ns)
            return;
        last_ns = most_of(last_ns, finished_ns);
    }
    if (last_ns < session->end_ns)
        session->end_ns = last_ns;
}

/* What the round before has left: its workers sleep. */
static void rewind_round(struct session *session)
{
    for (unsigned i = 0; i < session->plan->threads; i++)
        engine_rewind(&session->workers[i].engine);
    atomic_store(&session->account.from_ns, 0);
    atomic_store(&session->account.to_ns, 0);
}

static void run_window(struct session *session)
{
    const struct workload *workload = &session->plan->workload;
    struct timeline *timeline = &session->timeline;
    if (session->round > 0)
        rewind_round(session);
    timeline->start_ns = clock_now_ns() + START_NOTICE_NS;
    timeline->begin_ns = timeline->start_ns + workload->warmup_ns;
    timeline->end_ns = timeline->begin_ns + workload->duration_ns;
    timeline->stop_ns = timeline->end_ns + session->plan->drain_ns;
    session->end_ns = timeline->end_ns;
    if (session->plan->watcher)
        session->next_show_ns = timeline->start_ns;
    begin_round(session);

    events_tell(session->events, "warmup");
    wait_until(session, timeline->begin_ns);
    double throttled_s = cgroup_throttled_s(&cgroup_system);
    wait_for_edge(session, &session->account.from_ns);
    events_tell(session->events, "measuring");
    wait_until(session, timeline->end_ns);
    wait_for_edge(session, &session->account.to_ns);
    events_tell(session->events, "measured");
    session->throttled_s = cgroup_throttled_s(&cgroup_system) - throttled_s;
    wait_for_workers(session, &session->ended);
    end_when_finished(session);
    show_watcher(session, clock_now_ns()); /* the final counters */
    session->next_show_ns = UINT64_MAX;
    if (session->plan->watcher && session->plan->watcher->leave)
        session->plan->watcher->leave(session->plan->watcher->context);
}

/* ---- start and end ----------------------------------------------------------------- */

static int open_descriptors(struct session *session, const sigset_t *signals,
                            struct error *error)
{
    session->control.wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    session->progress = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    session->signals = signalfd(-1, signals, SFD_NONBLOCK | SFD_CLOEXEC);
    if (session->control.wake < 0 || session->progress < 0 || session->signals < 0)
        return error_set(error, -errno, "cannot open a descriptor: %s", strerror(errno));
    session->account.reached = session->progress;
    return 0;
}

static int start_workers(struct session *session, struct error *error)
{
    for (unsigned i = 0; i < session->plan->threads; i++) {
        struct session_thread *worker = &session->workers[i];
        worker->session = session;
        int code = engine_init(&worker->engine, session->plan, &session->control,
                               &session->account, i, error);
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

/* Workers close their connections and end. */
static void join_workers(struct session *session)
{
    pthread_mutex_lock(&session->lock);
    session->leave = true;
    pthread_cond_broadcast(&session->changed);
    pthread_mutex_unlock(&session->lock);
    for (unsigned i = 0; i < session->plan->threads; i++)
        if (session->workers[i].running)
            pthread_join(session->workers[i].thread, NULL);
}

/* The failure of the first worker that could not connect, or 0. */
static int connect_failure(const struct session *session, struct error *error)
{
    for (unsigned i = 0; i < session->plan->threads; i++) {
        if (session->workers[i].code < 0) {
            *error = session->workers[i].error;
            return session->workers[i].code;
        }
    }
    return 0;
}

static int collect(const struct session *session, struct load_result *result,
                   struct error *error)
{
    if (session->end_ns <= session->timeline.begin_ns)
        return error_set(error, -EINTR, "interrupted before the measurement began");
    struct session_totals totals;
    totals_init(&totals, session->plan, session->end_ns - session->timeline.begin_ns);
    totals.interrupted = session->signal_count > 0;
    totals.throttled_s = session->throttled_s;
    uint64_t begin_ns = session->timeline.begin_ns;
    totals.accounted = (struct accounted){
        .from_s = clock_seconds_between(begin_ns, atomic_load(&session->account.from_ns)),
        .to_s = clock_seconds_between(begin_ns, atomic_load(&session->account.to_ns))};
    for (unsigned i = 0; i < session->plan->threads; i++) {
        const struct engine *engine = &session->workers[i].engine;
        recorder_merge(&totals.recorder, &engine->recorder);
        totals_add_engine(&totals, &engine->totals);
        totals_add_paces(&totals, engine->paces, schedule_drawn_count(&engine->schedule));
        totals_add_targets(&totals, engine->targets);
        totals_add_background(&totals, engine->background.totals);
        fairness_merge(&totals.fairness, &engine->fairness);
        totals.parsed_replies += engine->parsers.parsed;
    }
    totals_result(&totals, result);
    load_run_init(record_append(&result->runs, &result->run_count, sizeof *result->runs),
                  session->timeline.begin_ns, session->end_ns);
    totals_release(&totals);
    return 0;
}

void session_close(struct session *session)
{
    join_workers(session);
    for (unsigned i = 0; i < session->plan->threads; i++)
        if (session->workers[i].session)
            engine_release(&session->workers[i].engine);
    free(session->workers);
    int descriptors[] = {session->control.wake, session->progress, session->signals};
    for (size_t i = 0; i < sizeof descriptors / sizeof *descriptors; i++)
        if (descriptors[i] >= 0)
            close(descriptors[i]);
    pthread_cond_destroy(&session->changed);
    pthread_mutex_destroy(&session->lock);
    pthread_sigmask(SIG_SETMASK, &session->signals_before, NULL);
    free(session);
}

int session_open(struct session **opened, const struct load_plan *plan, int events,
                 struct error *error)
{
    struct session *session = memory_allocate(sizeof *session);
    *session = (struct session){
        .plan = plan,
        .events = events,
        .control = {.end_ns = UINT64_MAX, .stop_ns = UINT64_MAX, .wake = -1},
        .workers = memory_allocate_zeroed(plan->threads, sizeof(struct session_thread)),
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .changed = PTHREAD_COND_INITIALIZER,
        .progress = -1,
        .signals = -1,
        .next_show_ns = UINT64_MAX,
    };
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, &session->signals_before);

    int code = open_descriptors(session, &signals, error);
    if (code == 0)
        code = start_workers(session, error);
    if (code == 0) {
        wait_for_workers(session, &session->connected);
        code = connect_failure(session, error);
    }
    if (code < 0) {
        session_close(session);
        return code;
    }
    *opened = session;
    return 0;
}

int session_measure(struct session *session, struct load_result *result,
                    struct error *error)
{
    run_window(session);
    return collect(session, result, error);
}

bool session_was_interrupted(const struct session *session)
{
    return session->signal_count > 0;
}

int session_run(const struct load_plan *plan, int events, struct load_result *result,
                struct error *error)
{
    struct session *session;
    int code = session_open(&session, plan, events, error);
    if (code < 0)
        return code;
    events_tell(events, "connected");
    session_wait_for_parent(session, events);
    run_window(session);
    session_wait_for_parent(session, events);
    code = collect(session, result, error);
    session_close(session);
    if (code == 0)
        events_tell(events, "done");
    return code;
}
