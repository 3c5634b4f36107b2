/* model_structure.c - see model_structure.h. */
#include "analysis/simulate/model_structure.h"

#include "base/compare.h"

#define NO_STATION UINT32_MAX

/* A structure while it is made, and the stations that steps are run by. */
struct structure_draft {
    const struct server_design *design;
    struct structure *structure;
    unsigned kinds, pools; /* of all steps: bits by enum op_kind, by enum option_role */
    uint32_t poller, front;
    uint32_t runners[STEP_WORKERS + 1]; /* by enum step_runner: pool and workers */
    uint32_t connections[ROLE_COUNT];   /* by the role of the pool's option */
};

static bool has_flag(const struct structure_draft *draft, enum model_flag flag)
{
    return draft->design->model->flags & flag;
}

static uint64_t count_of(const struct structure_draft *draft, enum option_role role)
{
    return draft->design->sizes.counts[role];
}

static int choice_of(const struct structure_draft *draft, enum option_role role)
{
    return draft->design->sizes.choices[role];
}

static void note_steps(struct structure_draft *draft,
                       const struct simulated_request *request)
{
    for (size_t i = 0; i < request->count; i++) {
        draft->kinds |= 1U << request->steps[i].kind;
        draft->pools |= 1U << request->steps[i].pool;
    }
}

/* ---- who runs a step -------------------------------------------------------------- */

static enum step_runner placed(int place, enum step_runner otherwise)
{
    switch (place) {
    case STEPS_ON_LOOP:
        return STEP_LOOP;
    case STEPS_ON_POOL:
        return STEP_POOL;
    default:
        return otherwise;
    }
}

/* What the file of a server that we did not write says of it are its flags alone. */
static enum step_runner flagged_runner(const struct structure_draft *draft,
                                       enum op_kind kind)
{
    if (!has_flag(draft, MODEL_LOOP))
        return STEP_THREAD;
    if (kind == OP_BLOCKING)
        return STEP_POOL;
    return kind == OP_CPU && has_flag(draft, MODEL_WORKERS) ? STEP_WORKERS : STEP_LOOP;
}

static enum step_runner runner_of(const struct structure_draft *draft, enum op_kind kind)
{
    const struct model *model = draft->design->model;
    enum step_runner runner = model->wait;
    if (kind == OP_CPU)
        runner = placed(choice_of(draft, ROLE_CPU), model->cpu);
    else if (kind == OP_BLOCKING)
        runner = placed(choice_of(draft, ROLE_BLOCKING), model->blocking);
    return runner == STEP_NOBODY ? flagged_runner(draft, kind) : runner;
}

static bool is_used(const struct structure_draft *draft, enum step_runner runner)
{
    static const enum op_kind kinds[] = {OP_WAIT, OP_BLOCKING, OP_CPU};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (draft->kinds & 1U << kinds[i] && runner_of(draft, kinds[i]) == runner)
            return true;
    return false;
}

/* ---- stations --------------------------------------------------------------------- */

/* Threads that are there whether or not there are connections, of so many bytes each. */
static uint32_t add_threads(struct structure_draft *draft, struct station_spec spec,
                            double bytes)
{
    struct structure *structure = draft->structure;
    uint64_t places = spec.is_per_home ? structure->homes : 1;
    spec.wakeup_ns = draft->design->costs.wakeup_ns;
    structure->fixed_bytes += bytes * (double)(spec.servers * places);
    return structure_add_station(structure, spec);
}

/* A server in which connections stay with one of several loops or processes. */
static uint64_t count_homes(const struct structure_draft *draft)
{
    bool by_connection = choice_of(draft, ROLE_DISPATCH) == DISPATCH_CONNECTION;
    uint64_t processes = by_connection ? 0 : count_of(draft, ROLE_PROCESSES);
    return most_of(1, most_of(processes, count_of(draft, ROLE_LOOPS)));
}

static enum dealing dealing_of(const struct structure_draft *draft)
{
    if (count_of(draft, ROLE_LOOPS) ||
        choice_of(draft, ROLE_DISTRIBUTION) == DISTRIBUTION_REUSEPORT)
        return DEAL_AT_RANDOM;
    return has_flag(draft, MODEL_LOOP) ? DEAL_IN_TURN : DEAL_TO_FEWEST;
}

/* N threads or processes, by the option with this role, with one request at a time. */
static struct station_spec sized_front(const struct structure_draft *draft,
                                       const char *name, enum option_role role)
{
    bool by_connection = choice_of(draft, ROLE_DISPATCH) == DISPATCH_CONNECTION;
    bool stays = role == ROLE_PROCESSES && !by_connection;
    return (struct station_spec){.name = name,
                                 .servers = stays ? 1 : count_of(draft, role),
                                 .is_per_home = stays,
                                 .is_kept = by_connection};
}

static struct station_spec front_of(const struct structure_draft *draft)
{
    if (has_flag(draft, MODEL_LOOP) || has_flag(draft, MODEL_CALIBRATION))
        return (struct station_spec){.name = "loop", .servers = 1, .is_per_home = true};
    if (has_flag(draft, MODEL_SERIAL))
        return (struct station_spec){.name = "thread", .servers = 1};
    if (count_of(draft, ROLE_THREADS))
        return sized_front(draft, "threads", ROLE_THREADS);
    if (count_of(draft, ROLE_PROCESSES))
        return sized_front(draft, "processes", ROLE_PROCESSES);
    return (struct station_spec){.name = has_flag(draft, MODEL_PROCESSES) ? "processes"
                                                                          : "threads"};
}

static void add_poller(struct structure_draft *draft)
{
    draft->poller = NO_STATION;
    if (count_of(draft, ROLE_THREADS) &&
        choice_of(draft, ROLE_DISPATCH) == DISPATCH_REQUEST)
        draft->poller =
            add_threads(draft, (struct station_spec){.name = "poller", .servers = 1},
                        draft->design->costs.thread_bytes);
}

static void add_front(struct structure_draft *draft)
{
    const struct server_costs *costs = &draft->design->costs;
    bool are_processes = has_flag(draft, MODEL_PROCESSES);
    double bytes = are_processes ? costs->process_bytes : costs->thread_bytes;
    struct station_spec spec = front_of(draft);
    draft->front = add_threads(draft, spec, bytes);
    if (spec.servers == 0)
        draft->structure->connection_bytes += bytes;
    else if (!are_processes) /* one of them is the process's own */
        draft->structure->fixed_bytes -= bytes;
}

/* Each process has a pool of its own, which its loops share. */
static void add_runners(struct structure_draft *draft)
{
    static const struct {
        enum step_runner runner;
        enum option_role role;
        const char *name;
    } rows[] = {{STEP_POOL, ROLE_POOL, "pool"}, {STEP_WORKERS, ROLE_WORKERS, "workers"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (is_used(draft, rows[i].runner))
            draft->runners[rows[i].runner] = add_threads(
                draft,
                (struct station_spec){.name = rows[i].name,
                                      .servers = count_of(draft, rows[i].role),
                                      .is_per_home = has_flag(draft, MODEL_PROCESSES)},
                draft->design->costs.thread_bytes);
}

/*
 * A thread has connections of its own to the upstream, a loop a pool of them. Those to a
 * database are the server's, and its processes divide them, at least one each: for
 * processes with one request at a time that is no limit.
 */
static uint64_t connections_at_home(const struct structure_draft *draft,
                                    enum option_role pool)
{
    uint64_t connections = count_of(draft, pool);
    bool is_loop = has_flag(draft, MODEL_LOOP);
    if (pool == ROLE_UPSTREAM_CONNECTIONS)
        return is_loop ? connections : 0;
    if (!has_flag(draft, MODEL_PROCESSES) || connections == 0)
        return connections;
    return is_loop ? most_of(1, connections / draft->structure->homes) : 0;
}

static void add_connections(struct structure_draft *draft)
{
    static const struct {
        enum option_role pool;
        const char *name;
    } rows[] = {{ROLE_UPSTREAM_CONNECTIONS, "upstream connections"},
                {ROLE_DATABASE_CONNECTIONS, "database connections"}};
    for (size_t i = 0; i < ROLE_COUNT; i++)
        draft->connections[i] = NO_STATION;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t connections = connections_at_home(draft, rows[i].pool);
        bool is_per_home =
            rows[i].pool == ROLE_UPSTREAM_CONNECTIONS || has_flag(draft, MODEL_PROCESSES);
        if (connections && draft->pools & 1U << rows[i].pool)
            draft->connections[rows[i].pool] = structure_add_station(
                draft->structure, (struct station_spec){.name = rows[i].name,
                                                        .servers = connections,
                                                        .is_per_home = is_per_home});
    }
}

/* ---- steps ------------------------------------------------------------------------ */

/* Waits, with one of the connections that the step takes where they are limited. */
static void wait_for(const struct structure_draft *draft, struct action_list *program,
                     const struct simulated_step *step)
{
    uint32_t connections = draft->connections[step->pool];
    if (connections != NO_STATION)
        actions_enter(program, connections);
    actions_wait(program, step->time);
    if (connections != NO_STATION)
        actions_leave(program, connections);
}

static void compute_for(struct action_list *program, double ns)
{
    actions_compute(program, variate_fixed(ns));
}

/* The thread computes, or sleeps and is there for nobody else. */
static void run_on_thread(const struct structure_draft *draft,
                          struct action_list *program, const struct simulated_step *step)
{
    if (step->kind == OP_CPU) {
        actions_compute(program, step->time);
        return;
    }
    wait_for(draft, program, step);
    compute_for(program, draft->design->costs.switch_ns);
}

/* Others have their turn while the request waits, and none while the loop computes or
 * sleeps in a call. */
static void run_on_loop(const struct structure_draft *draft, struct action_list *program,
                        const struct simulated_step *step)
{
    if (step->kind != OP_WAIT) {
        run_on_thread(draft, program, step);
        return;
    }
    actions_leave(program, draft->front);
    wait_for(draft, program, step);
    actions_enter(program, draft->front);
    compute_for(program, draft->design->costs.resume_ns);
}

static void run_elsewhere(const struct structure_draft *draft,
                          struct action_list *program, const struct simulated_step *step,
                          enum step_runner runner)
{
    const struct server_costs *costs = &draft->design->costs;
    compute_for(program, costs->handoff_ns);
    actions_leave(program, draft->front);
    actions_enter(program, draft->runners[runner]);
    compute_for(program, 0);
    run_on_thread(draft, program, step);
    actions_leave(program, draft->runners[runner]);
    actions_enter(program, draft->front);
    compute_for(program, costs->resume_ns);
}

static void add_step(const struct structure_draft *draft, struct action_list *program,
                     const struct simulated_step *step)
{
    enum step_runner runner = runner_of(draft, step->kind);
    switch (runner) {
    case STEP_NOBODY:
    case STEP_THREAD:
        run_on_thread(draft, program, step);
        break;
    case STEP_LOOP:
    case STEP_COROUTINE:
        run_on_loop(draft, program, step);
        break;
    case STEP_POOL:
    case STEP_WORKERS:
        run_elsewhere(draft, program, step, runner);
        break;
    }
}

static void add_request(struct structure_draft *draft,
                        const struct simulated_request *request)
{
    const struct server_costs *costs = &draft->design->costs;
    struct action_list *program = structure_add_program(draft->structure);
    if (draft->poller != NO_STATION) {
        actions_enter(program, draft->poller);
        compute_for(program, costs->handoff_ns);
        actions_leave(program, draft->poller);
    }
    actions_enter(program, draft->front);
    compute_for(program, costs->receive_ns);
    for (size_t i = 0; i < request->count && !has_flag(draft, MODEL_CALIBRATION); i++)
        if (request->steps[i].kind != OP_REPLY)
            add_step(draft, program, &request->steps[i]);
    compute_for(program, costs->reply_ns);
    actions_leave(program, draft->front);
}

void model_structure_make(struct structure *structure, const struct server_design *design,
                          const struct simulated_request *classes, size_t class_count)
{
    struct structure_draft draft = {.design = design, .structure = structure};
    *structure = (struct structure){
        .homes = count_homes(&draft),
        .dealing = dealing_of(&draft),
        .cores = design->cores,
        .slice_ns = design->slice_ns,
        .accept_ns = design->costs.accept_ns,
        .fixed_bytes = design->costs.process_bytes,
        .connection_bytes = design->costs.connection_bytes,
    };
    for (size_t i = 0; i < class_count; i++)
        note_steps(&draft, &classes[i]);
    add_poller(&draft);
    add_front(&draft);
    add_runners(&draft);
    add_connections(&draft);
    for (size_t i = 0; i < class_count; i++)
        add_request(&draft, &classes[i]);
}
