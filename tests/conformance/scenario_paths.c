/* scenario_paths.c - the paths of all shipped scenarios, compound ones above all, are
 * answered with the same digest by every model. */
#include <glob.h>

#include "servers/job.h"
#include "tests/support/cluster.h"
#include "tests/support/served.h"
#include "workload/scenario_read.h"

#define MAX_PATHS 256

static char *paths[MAX_PATHS];
static char *digests[MAX_PATHS]; /* as the first model has them */
static size_t path_count;

/* ---- the paths -------------------------------------------------------------------- */

/* Longer than a test has for each model. */
static bool takes_long(const struct path_step *step)
{
    struct duration duration;
    return path_step_duration(step, &duration) && duration.ns > 100 * NS_PER_MS;
}

/* Work that is given as a time becomes the op's example, since no run has calibrated it;
 * so do long waits. */
static const char *plain_step(const void *context, const struct path_step *step)
{
    (void)context;
    static char plain[64];
    const struct op *op = op_of_step(step);
    uint64_t ns;
    bool is_work = op && op->flags & OP_SCALES && path_step_time(step, &ns);
    if (!op || !(is_work || takes_long(step)))
        return NULL;
    snprintf(plain, sizeof plain, "%s:%s", op->name, op->example);
    return plain;
}

static void add_path(const char *path)
{
    char *plain = path_replace(path, plain_step, NULL);
    for (size_t i = 0; i < path_count; i++) {
        if (strcmp(paths[i], plain) == 0) {
            free(plain);
            return;
        }
    }
    assert_true(path_count < MAX_PATHS);
    paths[path_count++] = plain;
}

static void add_scenario(const char *file)
{
    struct scenario scenario;
    struct error error;
    if (scenario_read(&scenario, file, &error) < 0)
        fail_msg("%s", error.text);
    size_t points = scenario.sweep.variable ? scenario.sweep.values.count : 1;
    for (size_t p = 0; p < points; p++) {
        struct scenario point;
        scenario_at_point(&point, &scenario,
                          scenario.sweep.variable ? scenario.sweep.values.items[p]
                                                  : NULL);
        for (size_t r = 0; r < point.workload.request_count; r++)
            add_path(point.workload.requests[r].path);
        scenario_release(&point);
    }
    scenario_release(&scenario);
}

static void add_scenarios(void)
{
    glob_t files;
    assert_int_equal(glob("scenarios/*.json", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++)
        if (!strstr(files.gl_pathv[i], "schema.json") &&
            !strstr(files.gl_pathv[i], "claims"))
            add_scenario(files.gl_pathv[i]);
    globfree(&files);
}

static char upstream[64]; /* the URL of the one that fetch asks */

/* ---- the answers ------------------------------------------------------------------ */

static void answers_like_the_first(const struct model *model)
{
    struct server_settings settings = usual_settings;
    settings.ops.upstream = upstream;
    settings.ops.postgres = has_cluster ? conninfo : NULL;
    settings.ops.postgres_connections = 2;
    struct served served = serve_with(model, &settings, "");
    int fd = dial(&served);
    for (size_t i = 0; i < path_count; i++) {
        if (!has_cluster && strstr(paths[i], "/pg"))
            continue;
        struct answer answer = get(fd, paths[i]);
        if (answer.status != 200)
            fail_msg("%s: %s: %d %s", model->name, paths[i], answer.status, answer.body);
        const char *digest = strstr(answer.head, "Interleave-Digest: ");
        assert_non_null(digest);
        char *line = memory_printf("%.*s", (int)strcspn(digest, "\r"), digest);
        if (!digests[i])
            digests[i] = memory_copy_string(line);
        if (strcmp(digests[i], line) != 0)
            fail_msg("%s: %s: %s instead of %s", model->name, paths[i], line, digests[i]);
        free(line);
        answer_release(&answer);
    }
    close(fd);
    assert_int_equal(stop(&served, NULL), 0);
}

static void all_models_answer_alike(void **state)
{
    (void)state;
    add_scenarios();
    struct served other = serve(&event_loop_model);
    snprintf(upstream, sizeof upstream, "http://127.0.0.1:%d", other.port);
    const struct model *const *at = model_list;
    answers_like_the_first(next_model(&at, ANSWERING));
    for_models(ANSWERING, answers_like_the_first);
    assert_int_equal(stop(&other, NULL), 0);
    /* The scenarios must have more to tell apart than nothing. */
    size_t different = 0;
    for (size_t i = 0; i < path_count; i++) {
        different += digests[i] && strcmp(digests[i], "Interleave-Digest: 00000000") != 0;
        free(digests[i]);
        free(paths[i]);
    }
    assert_true(different > 10);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_models_answer_alike)};
    return cmocka_run_group_tests(tests, start_cluster, stop_cluster);
}
