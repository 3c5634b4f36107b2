/* engine.c - see engine.h. */
#include "loadgen/engine/engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/compare.h"
#include "base/random.h"
#include "base/text.h"
#include "loadgen/engine/exchange.h"

#define EVENTS_PER_WAIT 256
#define READ_BYTES      (64 * 1024)
#define SKIP_BYTES      (1024 * 1024) /* address space only: MSG_TRUNC touches no page */
#define WAKE_TAG        UINT64_MAX
#define BACKGROUND_TAG  (UINT64_MAX - 1)

/* Random streams of the seed beyond those of schedule.c. */
#define STREAM_THINKING (1ULL << 40)
#define STREAM_CHOICE   (1ULL << 41)

/* Connections that all threads open together, and the pause after each such batch. */
#define CONNECT_BATCH      64
#define CONNECT_PAUSE_NS   (500 * NS_PER_US)
#define CONNECT_PATIENCE_S 10

#define SWEEP_LEAST_NS (5 * NS_PER_MS)
#define SWEEP_MAX_NS   (100 * NS_PER_MS)

/* ---- waiting ----------------------------------------------------------------------- */

static void handle_event(struct engine *engine, const struct epoll_event *event)
{
    uint64_t tag = event->data.u64;
    if (tag == WAKE_TAG)
        return;
    if (tag == BACKGROUND_TAG) {
        background_events(&engine->background);
        return;
    }
    struct client_connection *connection = &engine->connections[(uint32_t)tag];
    if (connection->generation == tag >> 32 && connection->fd >= 0)
        exchange_event(engine, connection, event->events);
}

/*
 * Waits for events until the deadline and handles them; returns the time. Where the plan
 * allows it, the last stretch before an arrival is busy-polled: a sleep ends some tens of
 * microseconds late, which would be added to the latency. A generator that never sleeps
 * costs the server no wake-ups, under light load and full load alike.
 */
static uint64_t wait_for_events(struct engine *engine, uint64_t now_ns,
                                uint64_t deadline_ns)
{
    struct epoll_event events[EVENTS_PER_WAIT];
    uint64_t wait_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
    bool near = engine->plan->spins_always;
    if (near)
        wait_ns = 0;
    else if (deadline_ns == engine->schedule.next_ns && engine->plan->spin_ns) {
        near = wait_ns > 0 && wait_ns <= engine->plan->spin_ns;
        wait_ns -= least_of(wait_ns, engine->plan->spin_ns);
    }
    struct timespec timeout = {
        .tv_sec = (time_t)(wait_ns / NS_PER_S),
        .tv_nsec = (long)(wait_ns % NS_PER_S),
    };
    int count = epoll_pwait2(engine->epoll, events, EVENTS_PER_WAIT, &timeout, NULL);
    engine->totals.waits++;
    for (int i = 0; i < count; i++)
        handle_event(engine, &events[i]);
    uint64_t after_ns = clock_now_ns();
    if (near && count <= 0 && engine->cpu_phase == CPU_WITHIN)
        engine->totals.spin_ns += after_ns - now_ns;
    return after_ns;
}

/* ---- time-outs, retries ------------------------------------------------------------ */

static enum failure timeout_kind(const struct client_connection *connection)
{
    if (connection->state == CONNECTION_OPENING)
        return FAILURE_CONNECT_TIMEOUT;
    return connection->framing.state == FRAMING_START ? FAILURE_FIRST_BYTE_TIMEOUT
                                                      : FAILURE_BODY_TIMEOUT;
}

/* Only the oldest request needs a look: it has waited longest. */
static bool is_timed_out(const struct engine *engine,
                         const struct client_connection *connection, uint64_t now_ns)
{
    uint64_t timeout_ns = engine->plan->workload.timeout_ns;
    if (!connection->count || !timeout_ns)
        return false;
    uint64_t scheduled_ns = exchange_at(engine, connection, 0)->scheduled_ns;
    return scheduled_ns < now_ns && now_ns - scheduled_ns >= timeout_ns;
}

/* Handles the time-outs of one connection; returns when its next one is due. */
static uint64_t sweep_connection(struct engine *engine,
                                 struct client_connection *connection, uint64_t now_ns)
{
    if (is_timed_out(engine, connection, now_ns)) {
        exchange_fail(engine, connection, timeout_kind(connection), now_ns);
        return connection->retry_ns;
    }
    if (connection->state != CONNECTION_BACKOFF)
        return UINT64_MAX;
    if (now_ns < connection->retry_ns)
        return connection->retry_ns;
    client_connection_close(connection, &engine->parsers);
    exchange_next(engine, connection, clock_now_ns());
    return UINT64_MAX;
}

static void sweep(struct engine *engine, uint64_t now_ns)
{
    engine->next_sweep_ns = UINT64_MAX;
    uint64_t next_ns = now_ns + engine->sweep_gap_ns;
    for (uint32_t i = 0; i < engine->connection_count; i++)
        next_ns =
            least_of(next_ns, sweep_connection(engine, &engine->connections[i], now_ns));
    next_ns = least_of(next_ns, engine->next_sweep_ns);
    engine->next_sweep_ns = most_of(next_ns, now_ns + SWEEP_LEAST_NS);
}

/* ---- the loop ---------------------------------------------------------------------- */

/* Takes an earlier end over from the coordinating thread. */
static void apply_control(struct engine *engine)
{
    uint64_t end_ns =
        atomic_load_explicit(&engine->control->end_ns, memory_order_relaxed);
    if (end_ns < engine->timeline.end_ns) {
        engine->timeline.end_ns = end_ns;
        engine->timeline.stop_ns = end_ns + engine->plan->drain_ns;
        recorder_end_at(&engine->recorder, end_ns);
        schedule_end_at(&engine->schedule, end_ns);
    }
    engine->timeline.stop_ns =
        least_of(engine->timeline.stop_ns,
                 atomic_load_explicit(&engine->control->stop_ns, memory_order_relaxed));
}

static uint64_t next_deadline(const struct engine *engine, uint64_t now_ns)
{
    const struct timeline *timeline = &engine->timeline;
    uint64_t deadline_ns = engine->next_sweep_ns;
    deadline_ns = least_of(deadline_ns, now_ns < timeline->begin_ns ? timeline->begin_ns
                                        : now_ns < timeline->end_ns ? timeline->end_ns
                                                                    : timeline->stop_ns);
    deadline_ns = least_of(deadline_ns, exchange_start_clients_at(engine));
    deadline_ns = least_of(deadline_ns, timers_next_ns(&engine->thinkers));
    deadline_ns = least_of(deadline_ns, background_next_ns(&engine->background));
    bool any_free = engine->free_open.count || engine->free_closed.count;
    return any_free ? least_of(deadline_ns, engine->schedule.next_ns) : deadline_ns;
}

/* Whether a limited number of requests was made, and all have ended. */
static bool is_finished(const struct engine *engine)
{
    return engine->schedule.left == 0 && engine->recorder.in_flight == 0;
}

/* Whether nothing is left to wait for. */
static bool is_over(const struct engine *engine, uint64_t now_ns)
{
    if (is_finished(engine))
        return true;
    if (now_ns < engine->timeline.end_ns)
        return false;
    bool all_ended =
        engine->recorder.in_flight == 0 && engine->schedule.next_ns == UINT64_MAX;
    return all_ended || now_ns >= engine->timeline.stop_ns;
}

/* CPU time, and waiting for a CPU, is measured from the first reading of the clock in the
 * window to its end. */
static void account_cpu(struct engine *engine, uint64_t now_ns)
{
    if (engine->cpu_phase == CPU_BEFORE && now_ns >= engine->timeline.begin_ns) {
        engine->cpu_phase = CPU_WITHIN;
        engine->totals.cpu_ns = clock_thread_cpu_ns();
        engine->totals.run_delay_s = clock_thread_run_delay_s();
    }
    if (engine->cpu_phase == CPU_WITHIN && now_ns >= engine->timeline.end_ns) {
        engine->cpu_phase = CPU_AFTER;
        engine->totals.cpu_ns = clock_thread_cpu_ns() - engine->totals.cpu_ns;
        engine->totals.run_delay_s =
            clock_thread_run_delay_s() - engine->totals.run_delay_s;
    }
}

/* Connections that never had a request were not needed. */
static void tally_clients(struct engine *engine, uint64_t now_ns)
{
    const struct timeline *timeline = &engine->timeline;
    uint64_t middle_ns = timeline->begin_ns + (timeline->end_ns - timeline->begin_ns) / 2;
    for (uint32_t i = 0; i < engine->connection_count; i++) {
        struct client_connection *connection = &engine->connections[i];
        struct client_tally client = {.replies = connection->replies,
                                      .failing = connection->failures > 0};
        if (connection->count) {
            const struct exchange *oldest = exchange_at(engine, connection, 0);
            client.class_index = exchange_class(engine, oldest);
            if (oldest->scheduled_ns < middle_ns)
                client.waited_ns = now_ns - oldest->scheduled_ns;
        }
        if (client.replies || client.failing || connection->count)
            fairness_add(&engine->fairness, &client);
    }
}

/* Records requests without a reply as in flight, and arrivals without a connection as
 * dropped. */
static void record_unfinished(struct engine *engine, uint64_t now_ns)
{
    for (uint32_t i = 0; i < engine->connection_count; i++) {
        struct client_connection *connection = &engine->connections[i];
        for (uint32_t k = 0; k < connection->count; k++) {
            const struct exchange *exchange = exchange_at(engine, connection, k);
            recorder_unfinished(&engine->recorder, exchange_class(engine, exchange),
                                exchange->scheduled_ns, exchange->sent_ns,
                                exchange_first_ns(connection, k), now_ns);
        }
        connection->count = 0;
    }
    while (engine->schedule.next_ns != UINT64_MAX) {
        uint64_t due_ns = engine->schedule.next_ns;
        uint32_t request = schedule_take(&engine->schedule, &engine->mix);
        recorder_dropped(&engine->recorder, engine->plan->requests[request].class_index,
                         due_ns, now_ns);
    }
    recorder_advance(&engine->recorder, now_ns);
}

static void start(struct engine *engine, const struct timeline *timeline)
{
    const struct load_plan *plan = engine->plan;
    engine->timeline = *timeline;
    recorder_start(&engine->recorder, timeline->begin_ns, timeline->end_ns);
    schedule_start(&engine->schedule, timeline->start_ns, timeline->begin_ns,
                   timeline->end_ns);
    engine->next_sweep_ns = timeline->start_ns;
    if (plan->open) {
        for (uint32_t i = 0; i < engine->connection_count; i++)
            if (engine->connections[i].state == CONNECTION_CLOSED)
                exchange_next(engine, &engine->connections[i], timeline->start_ns);
        return;
    }
    /* Clients that start together stay synchronised, and make convoys: their starts are
     * spread over half the warm-up. */
    engine->next_clients_ns = timeline->start_ns;
    engine->start_gap_ns = (double)(timeline->begin_ns - timeline->start_ns) / 2 /
                           (double)workload_connections(&plan->workload);
}

/* Runs all timers that have expired. */
static void run_timers(struct engine *engine, uint64_t now_ns)
{
    if (exchange_start_clients_at(engine) <= now_ns)
        exchange_start_clients(engine, now_ns);
    while (timers_next_ns(&engine->thinkers) <= now_ns)
        exchange_wake(engine, timers_take(&engine->thinkers), now_ns);
    if (engine->schedule.next_ns <= now_ns)
        exchange_dispatch(engine, now_ns);
    if (background_next_ns(&engine->background) <= now_ns)
        background_step(&engine->background, now_ns);
    if (engine->next_sweep_ns <= now_ns)
        sweep(engine, now_ns);
}

void engine_run(struct engine *engine, const struct timeline *timeline)
{
    start(engine, timeline);
    uint64_t now_ns = clock_now_ns();
    while (!is_over(engine, now_ns)) {
        uint64_t deadline_ns = next_deadline(engine, now_ns);
        now_ns = wait_for_events(engine, now_ns, deadline_ns);
        apply_control(engine);
        account_cpu(engine, now_ns);
        if (now_ns > deadline_ns && engine->cpu_phase == CPU_WITHIN)
            engine->totals.late_ns =
                most_of(engine->totals.late_ns, now_ns - deadline_ns);
        run_timers(engine, now_ns);
    }
    if (is_finished(engine) && now_ns < engine->timeline.end_ns) {
        engine->finished_ns = now_ns;
        engine->timeline.end_ns = now_ns;
        account_cpu(engine, now_ns);
    }
    tally_clients(engine, now_ns);
    record_unfinished(engine, now_ns);
}

/* ---- set-up and tear-down ---------------------------------------------------------- */

/* Nothing recorded yet. */
static void begin_record(struct engine *engine)
{
    const struct load_plan *plan = engine->plan;
    for (size_t i = 0; i < engine->schedule.count; i++) {
        const struct arrival_process *process = &engine->schedule.processes[i];
        pace_init(&engine->paces[i], process->arrivals,
                  schedule_least_gap_ns(&engine->schedule, process));
    }
    recorder_init(&engine->recorder, plan->class_count, plan->interval_ns,
                  plan->workload.duration_ns);
    engine->recorder.account = engine->account;
    engine->recorder.live = engine->live;
}

static void release_record(struct engine *engine)
{
    for (size_t i = 0; i < engine->schedule.count; i++)
        pace_release(&engine->paces[i]);
    fairness_release(&engine->fairness);
    recorder_release(&engine->recorder);
}

void engine_rewind(struct engine *engine)
{
    release_record(engine);
    begin_record(engine);
    engine->totals = (struct engine_totals){0};
    engine->cpu_phase = CPU_BEFORE;
    engine->finished_ns = 0;
    engine->started = engine->clients_wanted = 0;
    for (size_t i = 0; i < engine->plan->target_count; i++)
        engine->targets[i] = (struct target_result){0};
    for (uint32_t i = 0; i < engine->connection_count; i++)
        engine->connections[i].replies = 0;
}

int engine_init(struct engine *engine, const struct load_plan *plan,
                struct control *control, struct account *account, unsigned number,
                struct error *error)
{
    const struct workload *workload = &plan->workload;
    uint64_t connections = workload_connections(workload);
    uint64_t share = connections / plan->threads + (number < connections % plan->threads);
    *engine = (struct engine){
        .plan = plan,
        .control = control,
        .account = account,
        .number = number,
        .epoll = -1,
        .connection_count = (uint32_t)share,
        .depth = (uint32_t)workload->pipeline,
        .sources = {.most = plan->sources},
        .buffer = {.capacity = SKIP_BYTES, .read_bytes = READ_BYTES},
        .timeline = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX},
        .next_clients_ns = UINT64_MAX,
        .next_sweep_ns = UINT64_MAX,
        .sweep_gap_ns = SWEEP_MAX_NS,
    };
    if (workload->timeout_ns)
        engine->sweep_gap_ns =
            most_of(least_of(workload->timeout_ns / 32, SWEEP_MAX_NS), SWEEP_LEAST_NS);
    engine->connections =
        memory_allocate_zeroed(engine->connection_count, sizeof *engine->connections);
    for (uint32_t i = 0; i < engine->connection_count; i++) {
        engine->connections[i].fd = -1;
        engine->connections[i].target =
            (uint16_t)load_plan_target_of(plan, (uint64_t)i * plan->threads + number);
    }
    engine->exchanges = memory_allocate_zeroed(
        (size_t)engine->connection_count * engine->depth, sizeof *engine->exchanges);
    engine->targets = memory_allocate_zeroed(plan->target_count, sizeof *engine->targets);
    engine->patterns = memory_allocate_zeroed(
        workload->request_count * plan->target_count, sizeof *engine->patterns);
    for (size_t i = 0; i < workload->request_count * plan->target_count; i++)
        pattern_init(&engine->patterns[i],
                     plan->requests[i / plan->target_count].expected,
                     plan->verify == VERIFY_LEARNED,
                     plan->requests[i / plan->target_count].to_head);
    random_seed_stream(&engine->thinking, plan->seed, STREAM_THINKING + number);
    random_seed_stream(&engine->choice, plan->seed, STREAM_CHOICE + number);
    free_set_init(&engine->free_open, engine->connection_count);
    free_set_init(&engine->free_closed, engine->connection_count);
    if (workload_phases_are_clients(workload))
        load_profile_init(&engine->clients, workload);
    engine->buffer.data = memory_allocate(SKIP_BYTES);
    mix_init(&engine->mix, workload, plan->seed, number);
    schedule_init(&engine->schedule, workload, plan->seed, number, plan->threads);
    engine->paces =
        memory_allocate_zeroed(engine->schedule.count + 1, sizeof *engine->paces);
    if (plan->watcher) {
        engine->live = memory_allocate_zeroed(1, sizeof *engine->live);
        engine->live->limit_ns = plan->watcher->limit_ns;
    }
    begin_record(engine);

    int result = background_init(&engine->background, plan, number);
    if (result < 0)
        return error_set(error, result, "cannot set up epoll: %s", strerror(-result));

    engine->epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event wake = {.events = EPOLLIN | EPOLLET, .data.u64 = WAKE_TAG};
    struct epoll_event background = {.events = EPOLLIN, .data.u64 = BACKGROUND_TAG};
    if (engine->epoll < 0 ||
        epoll_ctl(engine->epoll, EPOLL_CTL_ADD, control->wake, &wake) < 0 ||
        (engine->background.count &&
         epoll_ctl(engine->epoll, EPOLL_CTL_ADD, engine->background.epoll, &background) <
             0))
        return error_set(error, -errno, "cannot set up epoll: %s", strerror(errno));
    return 0;
}

void engine_release(struct engine *engine)
{
    engine_disconnect(engine);
    if (engine->epoll >= 0)
        close(engine->epoll);
    const struct load_plan *plan = engine->plan;
    for (size_t i = 0; i < plan->workload.request_count * plan->target_count; i++)
        pattern_release(&engine->patterns[i]);
    background_release(&engine->background);
    load_profile_release(&engine->clients);
    timers_release(&engine->thinkers);
    free_set_release(&engine->free_open);
    free_set_release(&engine->free_closed);
    free(engine->exchanges);
    free(engine->targets);
    free(engine->patterns);
    free(engine->connections);
    free(engine->buffer.data);
    parser_pool_release(&engine->parsers);
    mix_release(&engine->mix);
    release_record(engine);
    free(engine->paces);
    free(engine->live);
    schedule_release(&engine->schedule);
}

void engine_disconnect(struct engine *engine)
{
    for (uint32_t i = 0; i < engine->connection_count; i++)
        client_connection_close(&engine->connections[i], &engine->parsers);
    background_close(&engine->background);
}

static int connect_failure(const struct engine *engine, int code, uint64_t wanted,
                           struct error *error)
{
    const struct load_plan *plan = engine->plan;
    const char *advice = "";
    uint64_t stand = engine->totals.connections;
    for (int i = 0; i < BACKGROUND_KINDS; i++)
        stand += engine->background.totals[i].opened;
    if (code == -ECONNREFUSED || code == -ENOENT)
        advice = ": is the server running?";
    else if (code == -ETIMEDOUT || code == -EAGAIN)
        advice = ": its backlog is full; lower --connections or raise the backlog";
    else if (code == -EADDRNOTAVAIL)
        advice = ": this machine has no ports left; allow more --sources";
    return error_set(
        error, code, "cannot connect to %s%s (%llu of %llu %s): %s%s",
        plan->targets[0].url, plan->target_count > 1 ? " and the other servers" : "",
        (unsigned long long)stand, (unsigned long long)wanted,
        text_plural((double)wanted, "connection stands", "connections stand"),
        strerror(-code), advice);
}

static int first_connect_error(const struct engine *engine)
{
    return engine->connect_error ? engine->connect_error : engine->background.open_error;
}

/*
 * Opens the connections `begun` to `until` - 1, where the background's are numbered after
 * the active ones, and waits until they are connected. 0 or -errno.
 */
static int connect_batch(struct engine *engine, uint32_t active, uint32_t begun,
                         uint32_t until)
{
    uint64_t now_ns = clock_now_ns();
    uint64_t patience_ns = now_ns + CONNECT_PATIENCE_S * NS_PER_S;
    for (uint32_t i = begun; i < until && i < active && !engine->connect_error; i++)
        exchange_open(engine, &engine->connections[i], now_ns);
    if (until > active)
        background_open(&engine->background, begun > active ? begun - active : 0,
                        until - active);
    while (engine->opening + engine->background.opening && !first_connect_error(engine)) {
        now_ns = wait_for_events(engine, now_ns, patience_ns);
        if (atomic_load(&engine->control->stop_ns) <= now_ns)
            return -EINTR;
        if (now_ns >= patience_ns)
            return -ETIMEDOUT;
    }
    return first_connect_error(engine);
}

int engine_connect(struct engine *engine, struct error *error)
{
    const struct workload *workload = &engine->plan->workload;
    bool one = workload_connects_as_needed(workload) ||
               workload_requests_per_connection(workload) == 1;
    uint32_t active = one ? 1 : engine->connection_count;
    uint32_t wanted = active + engine->background.count;
    uint32_t batch = (uint32_t)most_of(1, CONNECT_BATCH / engine->plan->threads);
    for (uint32_t begun = 0; begun < wanted; begun += batch) {
        uint32_t until = (uint32_t)least_of(wanted, begun + batch);
        int result = connect_batch(engine, active, begun, until);
        if (result == -EINTR)
            return error_set(error, result, "interrupted while connecting");
        if (result < 0)
            return connect_failure(engine, result, wanted, error);
        if (until < wanted)
            clock_sleep_until_ns(clock_now_ns() + CONNECT_PAUSE_NS);
    }
    return 0;
}
