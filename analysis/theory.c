/* theory.c - see theory.h. */
#include "analysis/theory.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "servers/ops/op.h"

const char *const relation_names[] = {
    [RELATION_EQUAL] = "=", [RELATION_AT_MOST] = "<=", [RELATION_AT_LEAST] = ">="};

/* The workload in the terms of docs/method.md; times in seconds, per request on
 * average. */
struct demand {
    bool open;
    double connections, rate;
    struct path_times times;
    bool mixed; /* not all requests are alike: averages give bounds; `drawn` says nothing
                 */
};

/* What the model brings, by its flags and options. */
struct supply {
    double slots;   /* requests that can wait or compute at a time; INFINITY: any */
    double cpus;    /* CPUs that can compute requests at a time */
    double pool;    /* blocking calls at a time, of loops or their pools; INFINITY: any */
    bool one_pool;  /* for computations, too */
    double groups;  /* loops or processes that connections stay with */
    bool is_hashed; /* the kernel spreads connections over those, not quite evenly */
    enum step_runner computes_on;
    const char *slots_basis, *cpus_basis, *pool_basis;
};

/* ---- reading the scenario --------------------------------------------------------- */

/* The formulas are about a load that is the same all along, by clients that do not wait,
 * and that is known beforehand. */
static bool is_plain(const struct workload *workload)
{
    return workload_is_steady(workload) && !workload_seeks_capacity(workload) &&
           !workload->think_ns && workload->pipeline == 1 &&
           workload_all_connections(workload) == workload_connections(workload);
}

static double weight_of_mix(const struct workload *workload)
{
    double weights = 0;
    for (size_t i = 0; i < workload->request_count; i++)
        weights += workload->requests[i].rate_rps > 0 ? 0 : workload->requests[i].weight;
    return weights;
}

/* In an open loop: its own rate, or its part of the mix's. */
static double planned_rate(const struct workload *workload, const struct request *request)
{
    return request->rate_rps > 0
               ? request->rate_rps
               : workload->rate_rps * request->weight / weight_of_mix(workload);
}

/* How many requests were due each second, the mean over the trials; of one class or,
 * where that is NULL, of all. `planned_rps` where there are no trials. */
static double scheduled_rate(const struct theory_case *known, const char *class_name,
                             double planned_rps)
{
    double sum_rps = 0;
    for (size_t i = 0; i < known->trial_count; i++)
        sum_rps += load_result_scheduled_rps(known->trials[i]->load, class_name);
    return known->trial_count && !isnan(sum_rps) ? sum_rps / (double)known->trial_count
                                                 : planned_rps;
}

static bool same_times(const struct path_times *a, const struct path_times *b)
{
    return a->cpu == b->cpu && a->wait == b->wait && a->blocking == b->blocking &&
           a->drawn == b->drawn && a->draws == b->draws;
}

/* False where some step's time is not known, or the load is of another kind. */
static bool read_demand(const struct theory_case *known, struct demand *demand)
{
    const struct workload *workload = &known->scenario->workload;
    double weights = weight_of_mix(workload), total = 0;
    struct path_times first = {0}, *sum = &demand->times;
    *demand = (struct demand){.open = workload_is_open(workload),
                              .connections = (double)workload_connections(workload)};
    if (!is_plain(workload))
        return false;
    for (size_t i = 0; i < workload->request_count; i++) {
        const struct request *request = &workload->requests[i];
        double share = request->rate_rps;
        struct path_times own;
        if (!path_times_read(&own, request->path, known->calibration))
            return false;
        if (!(share > 0)) {
            share = request->weight / weights;
            /* Its part of the mix's rate; where that is a closed loop, only shares. */
            share *= demand->open ? workload->rate_rps : 1;
        }
        sum->wait += share * own.wait;
        sum->cpu += share * own.cpu;
        sum->blocking += share * own.blocking;
        sum->measured = sum->measured || own.measured;
        sum->drawn = own.drawn;
        sum->draws = own.draws;
        total += share;
        demand->mixed = demand->mixed || (i > 0 && !same_times(&own, &first));
        first = own;
    }
    if (!(total > 0))
        return false; /* a closed mix beside open arrivals */
    sum->wait /= total;
    sum->cpu /= total;
    sum->blocking /= total;
    demand->rate = demand->open ? scheduled_rate(known, NULL, total) : 0;
    return true;
}

/* ---- what the model brings -------------------------------------------------------- */

static bool has_flag(const struct theory_case *known, enum model_flag flag)
{
    return known->contender->model->flags & flag;
}

/* What its option with this role counts; a word ("cores") stands for the server's CPUs.
 */
static double count(const struct theory_case *known, enum option_role role)
{
    return (double)contender_count(known->contender, known->scenario, role,
                                   (uint64_t)known->server_cpus);
}

/* How many loops or processes there are, where the model has an option for it; else 1. */
static double count_groups(const struct theory_case *known)
{
    static const enum option_role roles[] = {ROLE_PROCESSES, ROLE_LOOPS};
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (contender_has(known->contender, roles[i]))
            return count(known, roles[i]);
    return 1;
}

static int choice(const struct theory_case *known, enum option_role role)
{
    return contender_choice(known->contender, known->scenario, role);
}

/* Who runs CPU steps: what its option says, where it has one. */
static enum step_runner cpu_runner(const struct theory_case *known)
{
    switch (choice(known, ROLE_CPU)) {
    case STEPS_ON_LOOP:
        return STEP_LOOP;
    case STEPS_ON_POOL:
        return STEP_POOL;
    default:
        return known->contender->model->cpu;
    }
}

static struct supply loop_supply(const struct theory_case *known)
{
    double cpus = known->server_cpus, loops = count_groups(known);
    /* A pool belongs to a process. */
    double pools = has_flag(known, MODEL_PROCESSES) ? loops : 1;
    struct supply supply = {
        .slots = INFINITY,
        .cpus = fmin(loops, cpus),
        .pool = contender_has(known->contender, ROLE_POOL)
                    ? pools * count(known, ROLE_POOL)
                    : INFINITY,
        .groups = loops,
        .is_hashed =
            loops > 1 && (contender_has(known->contender, ROLE_LOOPS) ||
                          choice(known, ROLE_DISTRIBUTION) == DISTRIBUTION_REUSEPORT),
        .computes_on = cpu_runner(known),
        .slots_basis = "C/(W+B+T)",
        .cpus_basis = loops > 1 ? "min(n, P)/T, n loops" : "1/T",
        .pool_basis = "K/B",
    };
    if (supply.computes_on == STEP_WORKERS) {
        supply.cpus = fmin(count(known, ROLE_WORKERS), cpus);
        supply.cpus_basis = "min(workers, P)/T";
    } else if (supply.computes_on == STEP_POOL) {
        supply.cpus = fmin(supply.pool, cpus);
        supply.cpus_basis = "min(K, P)/T";
    }
    supply.one_pool = supply.computes_on == STEP_POOL;
    if (choice(known, ROLE_BLOCKING) == STEPS_ON_LOOP) {
        supply.one_pool = false;
        supply.pool = loops;
        supply.pool_basis = "1/B";
    }
    return supply;
}

static struct supply model_supply(const struct theory_case *known)
{
    double cpus = known->server_cpus;
    if (has_flag(known, MODEL_LOOP))
        return loop_supply(known);
    bool threads = contender_has(known->contender, ROLE_THREADS);
    struct supply supply = {.slots = INFINITY,
                            .cpus = cpus,
                            .pool = INFINITY,
                            .groups = count_groups(known),
                            .computes_on = STEP_THREAD,
                            .slots_basis = "C/(W+B+T)",
                            .cpus_basis = "P/T"};
    if (has_flag(known, MODEL_SERIAL)) {
        supply.slots = supply.cpus = 1;
        supply.slots_basis = "1/(W+B+T)";
        supply.cpus_basis = "1/T";
    } else if (threads || contender_has(known->contender, ROLE_PROCESSES)) {
        supply.slots = threads ? count(known, ROLE_THREADS) : supply.groups;
        supply.cpus = fmin(supply.slots, cpus);
        supply.slots_basis = "min(C, N)/(W+B+T)";
        supply.cpus_basis = "min(N, P)/T";
    }
    return supply;
}

/* How many steps may hold a connection of this pool at a time; INFINITY: as many as the
 * server runs. Each loop has a pool of connections to the upstream; those to a database
 * are the server's, whose processes divide them, at least one each. */
static double pool_connections(const struct theory_case *known, enum option_role pool,
                               double groups)
{
    if (!contender_has(known->contender, pool))
        return INFINITY;
    double connections = count(known, pool);
    if (pool == ROLE_UPSTREAM_CONNECTIONS)
        return has_flag(known, MODEL_LOOP) ? connections * groups : INFINITY;
    if (!has_flag(known, MODEL_PROCESSES))
        return connections;
    return contender_has(known->contender, ROLE_PROCESSES) ? fmax(connections, groups)
                                                           : INFINITY;
}

/* Where a request is nothing but one step that holds a connection, the size of their
 * pool is a limit like a number of threads. */
static struct supply read_supply(const struct theory_case *known)
{
    struct supply supply = model_supply(known);
    const struct workload *workload = &known->scenario->workload;
    const char *path = workload->requests[0].path;
    if (workload->request_count > 1 || strchr(path + 1, '/'))
        return supply;
    struct path_step step = path_step_of(path + 1);
    const struct op *op = op_of_step(&step);
    double connections = op && op->pool != ROLE_NONE
                             ? pool_connections(known, op->pool, supply.groups)
                             : INFINITY;
    if (connections < supply.slots) {
        supply.slots = connections;
        supply.slots_basis = "min(C, D)/W, D connections in the pool";
    }
    return supply;
}

/* Whether every connection is served in its turn, however few threads there are. */
static bool serves_all(const struct theory_case *known)
{
    return choice(known, ROLE_DISPATCH) != DISPATCH_CONNECTION;
}

/* Whether all connections have as many others beside them where they stay. */
static bool shares_evenly(const struct supply *supply, const struct demand *demand)
{
    return demand->connections <= supply->groups ||
           fmod(demand->connections, supply->groups) == 0;
}

/* ---- the formulas ----------------------------------------------------------------- */

struct list {
    struct prediction *items;
    size_t count;
};

static void add(struct list *list, struct figure figure, enum relation relation,
                double value, const char *basis)
{
    if (list->count == THEORY_MAX || !isfinite(value))
        return;
    struct prediction *prediction = &list->items[list->count++];
    *prediction =
        (struct prediction){.figure = figure, .relation = relation, .value = value};
    snprintf(prediction->basis, sizeof prediction->basis, "%s", basis);
}

/* The least of several limits, with the name of the one that binds. */
struct limit {
    double value;
    const char *basis;
};

static void lower(struct limit *limit, double value, const char *basis)
{
    if (value < limit->value)
        *limit = (struct limit){value, basis};
}

/* How long a request is at work if nothing makes it wait in line. */
static double hold_time(const struct demand *demand)
{
    return demand->times.wait + demand->times.blocking + demand->times.cpu;
}

/*
 * What the server could do at most: its slots over the time that a request holds one,
 * its pool over the time of blocking calls, its CPUs over the CPU time of a request. What
 * the server's own work takes is in no formula: it is known from the very throughput that
 * is to be predicted.
 */
static struct limit capacity(const struct demand *demand, const struct supply *supply)
{
    struct limit limit = {INFINITY, ""};
    const struct path_times *times = &demand->times;
    double hold = hold_time(demand);
    if (isfinite(supply->slots) && hold > 0)
        lower(&limit, supply->slots / hold, supply->slots_basis);
    if (times->blocking > 0 && supply->one_pool)
        lower(&limit, supply->pool / (times->blocking + times->cpu), "K/(B+T)");
    else if (times->blocking > 0)
        lower(&limit, supply->pool / times->blocking, supply->pool_basis);
    if (times->cpu > 0)
        lower(&limit, supply->cpus / times->cpu, supply->cpus_basis);
    return limit;
}

/* Whether a request begins each step at once: where there is room for all, and in an open
 * loop for those that are there at a time, too. */
static bool has_room(const struct demand *demand, const struct supply *supply)
{
    double present = demand->rate * hold_time(demand);
    double most = demand->open ? present + 5 * sqrt(present) : demand->connections;
    if (demand->open && demand->connections > 0 && demand->connections < most)
        return false; /* some are sent late */
    if (demand->open && supply->groups > 1 && isfinite(supply->slots))
        return false; /* two may meet at one process while another is free */
    return most <= supply->slots &&
           (!(demand->times.blocking > 0) || most <= supply->pool);
}

/*
 * A request that does nothing but wait, nobody being in its way: W in all, of which one
 * wait is drawn with the mean E, so that a share q is done after W - E + E ln(1/(1 - q)).
 * Of waits that are all alike nothing is said: what is above W is the server's own work.
 */
static void predict_drawn(const struct demand *demand, const struct supply *supply,
                          struct list *list)
{
    static const struct {
        enum metric_id metric;
        double share;
        const char *basis;
    } quantiles[] = {{METRIC_LATENCY_P50, 0.5, "W - E + E ln 2"},
                     {METRIC_LATENCY_P99, 0.99, "W - E + E ln 100"}};
    const struct path_times *times = &demand->times;
    if (demand->mixed || times->measured || times->draws != 1 || times->cpu > 0 ||
        !has_room(demand, supply))
        return;
    double fixed = hold_time(demand) - times->drawn;
    for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++)
        add(list, (struct figure){quantiles[i].metric, ALL_REQUESTS}, RELATION_EQUAL,
            (fixed - times->drawn * log1p(-quantiles[i].share)) * 1e9,
            quantiles[i].basis);
}

static void predict_closed(const struct theory_case *known, const struct demand *demand,
                           struct list *list)
{
    struct supply supply = read_supply(known);
    struct limit limit = capacity(demand, &supply);
    const struct path_times *times = &demand->times;
    double unlimited = demand->connections / hold_time(demand);
    lower(&limit, unlimited, "C/(W+B+T)");
    /* Steps that were measured alone take longer beside others, and where they are
     * short the server's own work counts, which is not in the formula. */
    bool bound = demand->mixed || times->measured ||
                 (times->cpu > 0 && times->wait + times->blocking > 0) ||
                 (times->draws && times->wait > 0 && times->blocking > 0) ||
                 (supply.is_hashed && limit.value < unlimited);
    enum relation relation = bound ? RELATION_AT_MOST : RELATION_EQUAL;
    add(list, (struct figure){METRIC_THROUGHPUT, ALL_REQUESTS}, relation, limit.value,
        limit.basis);
    if (bound || !serves_all(known) || !shares_evenly(&supply, demand))
        return;
    /* By Little's law. */
    add(list, (struct figure){METRIC_LATENCY_MEAN, ALL_REQUESTS}, RELATION_EQUAL,
        demand->connections / limit.value * 1e9, "C/throughput");
    predict_drawn(demand, &supply, list);
}

/* One server, Poisson arrivals (Pollaczek and Khinchine): its service is fixed, or has
 * the variance of the one wait that is drawn. */
static void predict_single(const struct demand *demand, struct list *list)
{
    double hold = hold_time(demand), load = demand->rate * hold;
    double variation = demand->times.drawn / hold;
    if (load >= 1 || demand->times.draws > 1)
        return;
    add(list, (struct figure){METRIC_LATENCY_MEAN, ALL_REQUESTS}, RELATION_EQUAL,
        (hold + load * hold * (1 + variation * variation) / (2 * (1 - load))) * 1e9,
        demand->times.draws ? "M/G/1: D + rho D(1 + c^2)/(2(1-rho)), c = E/D"
                            : "M/D/1: D + rho D/(2(1-rho))");
}

static void predict_open(const struct theory_case *known, const struct demand *demand,
                         struct list *list)
{
    struct supply supply = read_supply(known);
    struct limit limit = capacity(demand, &supply);
    bool bound = demand->times.measured || supply.is_hashed;
    enum relation relation =
        bound && limit.value < demand->rate ? RELATION_AT_MOST : RELATION_EQUAL;
    lower(&limit, demand->rate, "the scheduled rate");
    add(list, (struct figure){METRIC_THROUGHPUT, ALL_REQUESTS}, relation, limit.value,
        limit.basis);
    const struct workload *workload = &known->scenario->workload;
    bool poisson = workload->request_count == 1 && workload->arrivals == ARRIVALS_POISSON;
    if (supply.slots == 1 && poisson)
        predict_single(demand, list);
    if (serves_all(known))
        predict_drawn(demand, &supply, list);
}

/* Whether what is counted of its class is counted of this request alone. */
static bool has_own_class(const struct workload *workload, const struct request *own)
{
    for (size_t i = 0; i < workload->request_count; i++)
        if (&workload->requests[i] != own &&
            strcmp(workload->requests[i].class_name, own->class_name) == 0)
            return false;
    return true;
}

/*
 * Light requests that arrive at random while one kind of CPU task T blocks the loop a
 * share U = tasks * T / window of the time, where the tasks are those that were scheduled
 * in the window: P(delay > x) = U (1 - x/T), so p99 = T (1 - 0.01/U). Exact for
 * tasks that come at equal gaps; where they may queue behind each other, a bound.
 */
static void predict_blocked(const struct theory_case *known, const struct demand *demand,
                            struct list *list)
{
    const struct workload *workload = &known->scenario->workload;
    const struct request *task = NULL;
    double task_cpu = 0;
    for (size_t i = 0; i < workload->request_count; i++) {
        const struct request *request = &workload->requests[i];
        struct path_times times;
        path_times_read(&times, request->path, known->calibration);
        if (times.cpu > 0 && task)
            return; /* more than one kind */
        if (times.cpu > 0) {
            task = request;
            task_cpu = times.cpu;
        }
    }
    if (!task || !demand->open)
        return;
    double planned = planned_rate(workload, task);
    double rate = has_own_class(workload, task)
                      ? scheduled_rate(known, task->class_name, planned)
                      : planned;
    double blocked = rate * task_cpu;
    if (blocked <= 0.01 || blocked >= 1)
        return;
    bool apart = task->rate_rps > 0 && task->arrivals == ARRIVALS_CONSTANT;
    for (size_t i = 0; i < workload->request_count; i++) {
        const struct request *light = &workload->requests[i];
        struct path_times times;
        path_times_read(&times, light->path, known->calibration);
        if (light == task || !*light->class_name || times.draws)
            continue;
        double wait = times.wait + times.blocking;
        struct figure p99 = {METRIC_LATENCY_P99,
                             workload_class_index(workload, light->class_name)};
        add(list, p99, apart && wait == 0 ? RELATION_EQUAL : RELATION_AT_LEAST,
            (wait + task_cpu * (1 - 0.01 / blocked)) * 1e9, "W + T(1 - 0.01/U)");
    }
}

/* All requests on the only loop. */
static bool computes_on_loop(const struct theory_case *known)
{
    return has_flag(known, MODEL_LOOP) && cpu_runner(known) == STEP_LOOP &&
           count_groups(known) == 1;
}

size_t theory_predict(const struct theory_case *known, struct prediction *predictions)
{
    struct list list = {.items = predictions};
    struct demand demand;
    if (has_flag(known, MODEL_CALIBRATION) || !read_demand(known, &demand))
        return 0;
    if (hold_time(&demand) <= 0)
        return 0; /* no work to predict from */
    if (demand.open)
        predict_open(known, &demand, &list);
    else
        predict_closed(known, &demand, &list);
    if (computes_on_loop(known))
        predict_blocked(known, &demand, &list);
    return list.count;
}

double theory_waiting_threads(const struct theory_case *known)
{
    struct supply supply = model_supply(known);
    return has_flag(known, MODEL_LOOP) ? supply.groups : supply.slots;
}

double theory_unhindered(const struct theory_case *known, bool *in_step)
{
    struct demand demand;
    if (!read_demand(known, &demand) || demand.open || demand.mixed ||
        demand.times.measured || demand.times.cpu > 0 || hold_time(&demand) <= 0)
        return NAN;
    struct supply supply = read_supply(known);
    if (!has_room(&demand, &supply))
        return NAN;
    *in_step = demand.times.draws == 0;
    return demand.connections / hold_time(&demand);
}

double theory_busy_periods(const struct theory_case *known)
{
    const struct workload *workload = &known->scenario->workload;
    struct demand demand;
    double random_rps = 0, busy = 0;
    if (!read_demand(known, &demand) || !demand.open)
        return INFINITY;
    for (size_t i = 0; i < workload->request_count; i++) {
        const struct request *request = &workload->requests[i];
        double rate = planned_rate(workload, request);
        struct path_times times;
        path_times_read(&times, request->path, known->calibration);
        busy += rate * times.cpu / known->server_cpus;
        int arrivals = request->rate_rps > 0 ? request->arrivals : workload->arrivals;
        if (times.cpu > 0 && arrivals == ARRIVALS_POISSON)
            random_rps += rate;
    }
    if (random_rps <= 0 || busy <= 0.01)
        return INFINITY;
    return random_rps * fmax(0, 1 - busy) * (double)workload->duration_ns / 1e9;
}
