/*
 * results_fixture.h - the results of a run that never was: scenarios from text, models of
 * this program and a reference, trials with the figures that a test gives them.
 */
#ifndef TESTS_UNIT_RESULTS_FIXTURE_H
#define TESTS_UNIT_RESULTS_FIXTURE_H

#include "tests/test.h"

#include <math.h>
#include <stdlib.h>

#include "base/text.h"
#include "record/results.h"
#include "workload/scenario_read.h"

/* A server that this project did not write. */
static const char fixture_reference[] =
    "{\"name\":\"other\",\"flags\":[\"reference\",\"loop\"],\"options\":[],"
    "\"version\":\"2.0\",\"supported\":true}";

static inline struct results fixture_results(uint64_t repeat)
{
    struct results results = {.experiment = {.profile = memory_copy_string("quick"),
                                             .repeat = repeat,
                                             .seed = 7}};
    record_init(&manifest_type, &results.manifest);
    models_add_ours(&results.experiment.models);
    models_add_described(&results.experiment.models, cJSON_Parse(fixture_reference));
    return results;
}

/* Adds a scenario of this name, with the rest of its file's members, for the contenders
 * whose labels are given up to NULL. */
static inline void fixture_add_scenario(struct results *results, const char *name,
                                        const char *rest, const char *const *labels)
{
    struct experiment *run = &results->experiment;
    struct experiment_scenario *own =
        record_append(&run->scenarios, &run->scenario_count, sizeof *own);
    char *text = memory_printf("{\"name\":\"%s\",\"title\":\"Title of %s\",\"question\":"
                               "\"What of %s?\",%s}",
                               name, name, name, rest);
    struct error error;
    int result = scenario_read_string(&own->scenario, name, text, &error);
    for (size_t i = 0; result == 0 && labels[i]; i++)
        result = experiment_add_contender(run, own, labels[i], &error);
    free(text);
    if (result < 0)
        fail_msg("%s", error.text);
}

/* What the run has found out of work that is given as a time: all it takes for theory to
 * know how long a step computes. */
static inline void fixture_add_work(struct results *results, const char *work)
{
    struct work_calibration *calibration = memory_allocate(sizeof *calibration);
    char *text = memory_printf("{\"cpu\":0,\"work\":{%s},\"steps\":[]}", work);
    cJSON *found_out = cJSON_Parse(text);
    struct error error;
    if (work_calibration_from_json(calibration, found_out, &error) < 0)
        fail_msg("%s", error.text);
    cJSON_Delete(found_out);
    free(text);
    results->manifest.calibration = calibration;
}

/*
 * Adds a valid trial of a closed loop, with so many good replies per second in a window
 * of a second and all else not measured. It can be changed until the next one is added.
 */
static inline struct trial_record *fixture_add_trial(struct results *results,
                                                     const char *scenario,
                                                     const char *value, const char *model,
                                                     uint64_t block, double throughput)
{
    struct trial_record *trial =
        record_append(&results->trials, &results->trial_count, sizeof *trial);
    trial_record_init(trial);
    trial->id = memory_printf("%02u-%s-%s-%s", (unsigned)block, scenario,
                              value ? value : "", model);
    trial->scenario = memory_copy_string(scenario);
    trial->model = memory_copy_string(model);
    trial->point.value = value ? memory_copy_string(value) : NULL;
    trial->block = block;
    trial->order = results->trial_count;
    trial->status = TRIAL_MEASURED;
    trial->valid = true;
    trial->cpus.server_count = 1;
    trial->load = memory_allocate(sizeof *trial->load);
    load_result_init(trial->load);
    trial->load->mode = LOAD_CLOSED;
    trial->load->keep_alive = 1;
    trial->load->duration_s = 1;
    trial->load->throughput_rps = throughput;
    trial->load->counts.ended[OUTCOME_OK] = (uint64_t)throughput;
    trial->load->accounted = memory_allocate(sizeof *trial->load->accounted);
    *trial->load->accounted = (struct accounted){.to_s = 1, .replies = throughput};
    return trial;
}

/* Gives the trial a class with this p50 and p99. */
static inline void fixture_add_class(struct trial_record *trial, const char *name,
                                     double p50_ns, double p99_ns)
{
    struct load_result *load = trial->load;
    struct class_result *class =
        record_append(&load->classes, &load->class_count, sizeof *class);
    record_init(&distribution_type, &class->latency);
    class->name = memory_copy_string(name);
    class->counts.ended[OUTCOME_OK] = load->counts.ended[OUTCOME_OK] / 2;
    class->latency.p50_ns = p50_ns;
    class->latency.p99_ns = p99_ns;
}

/* Gives the trial a window of a second in which the server used so many cores. */
static inline void fixture_add_window(struct trial_record *trial, double cores,
                                      double threads)
{
    struct server_window *window = memory_allocate(sizeof *window);
    for (size_t i = 0; i < sizeof *window / sizeof(double); i++)
        ((double *)window)[i] = NAN;
    window->cpu_elapsed_s = window->switches_elapsed_s = 1;
    window->cpu_s = cores;
    window->threads = threads;
    trial->server.window = window;
}

/* So many of the clients had no reply, and one had these. */
static inline void fixture_add_clients(struct trial_record *trial, double starved,
                                       double most)
{
    struct clients_result *clients = memory_allocate(sizeof *clients);
    *clients = (struct clients_result){
        .connections = 10, .starved = starved, .least = 0, .median = 1, .most = most};
    trial->load->clients = clients;
}

/* The figure with this key is a lower bound. */
static inline void fixture_mark_at_least(struct distribution *distribution,
                                         const char *key)
{
    char **keys = memory_allocate_zeroed(2, sizeof *keys);
    keys[0] = memory_copy_string(key);
    distribution->at_least = keys;
}

#endif
