/* server_statistics.c - see server_statistics.h. */
#include "servers/server_statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "servers/model.h"
#include "servers/server_shared.h"
#include "servers/shared_memory.h"

/* ---- workers ---------------------------------------------------------------------- */

/* Plain copies of the counters, summed over the workers of one role and index. */
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

static void workers_to_json(const struct totals *rows, size_t count, cJSON *array)
{
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
}

/* ---- ops and loops ---------------------------------------------------------------- */

static void ops_to_json(const struct ops *ops, cJSON *object)
{
    struct op_report report;
    for (size_t i = 0; ops_at(ops, i); i++) {
        if (!ops_report(ops, i, &report))
            continue;
        cJSON *counts = json_add_object(object, ops_at(ops, i)->name);
        for (size_t n = 0; n < OP_MAX_COUNTS && report.counts[n].name; n++)
            json_add_number(counts, report.counts[n].name,
                            (double)report.counts[n].value);
        json_add_text(counts, "note", report.note);
    }
}

static void loops_to_json(const struct loop_summary *loops, cJSON *object)
{
    if (loops->loops == 0)
        return;
    cJSON *loop = json_add_object(object, "loop");
    json_add_number(loop, "loops", (double)loops->loops);
    json_add_number(loop, "utilisation", loops->utilisation);
    cJSON *lag = json_add_object(loop, "lag_ns");
    json_add_number(lag, "count", (double)loops->lag.count);
    json_add_number(lag, "mean", loops->lag.mean_ns);
    json_add_number(lag, "p50", loops->lag.p50_ns);
    json_add_number(lag, "p90", loops->lag.p90_ns);
    json_add_number(lag, "p99", loops->lag.p99_ns);
    json_add_number(lag, "max", loops->lag.max_ns);
}

/* ---- the whole -------------------------------------------------------------------- */

static cJSON *describe(const struct server *server)
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
    int loops = atomic_load(&shared->loop_count);
    struct loop_summary summary = loop_health_summarise(
        shared->loops, (size_t)(loops < SERVER_MAX_LOOPS ? loops : SERVER_MAX_LOOPS));

    cJSON *root = cJSON_CreateObject();
    json_add_number(root, "schema_version", 1);
    json_add_text(root, "model", server->model->name);
    json_add_text(root, "listened_on", server->address);
    json_add_bool(root, "drained", server->drained);
    totals_to_json(&all, root);
    json_add_number(root, "restarts", (double)atomic_load(&shared->restarts));
    ops_to_json(server->ops, json_add_object(root, "ops"));
    loops_to_json(&summary, root);
    workers_to_json(rows, count, json_add_array(root, "per_worker"));
    free(rows);
    return root;
}

/* A number is a descriptor. On the heap. */
static char *path_of(const char *to)
{
    bool number = *to && strspn(to, "0123456789") == strlen(to);
    return memory_printf("%s%s", number ? "/dev/fd/" : "", to);
}

int server_statistics_can_write(const char *to, struct error *error)
{
    char *path = path_of(to);
    int result = file_can_write(path, error);
    free(path);
    return result < 0 ? error_prefix(error, result, "--stats") : 0;
}

int server_statistics_write(const struct server *server, const char *to,
                            struct error *error)
{
    cJSON *root = describe(server);
    char *path = path_of(to);
    int result = json_write_file(path, root, error);
    free(path);
    cJSON_Delete(root);
    return result < 0 ? error_prefix(error, result, "--stats") : 0;
}
