/* generator_child.c - see generator_child.h. */
#include "harness/trial/generator_child.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cpus.h"
#include "base/quantity.h"
#include "harness/trial/child_file.h"
#include "record/capacity.h"

const char *const generator_phase_words[] = {
    [PHASE_CONNECTING] = "",       [PHASE_CONNECTED] = "connected",
    [PHASE_WARMUP] = "warmup",     [PHASE_MEASURING] = "measuring",
    [PHASE_MEASURED] = "measured", [PHASE_SLICE] = "slice",
    [PHASE_DONE] = "done"};

/* What may come after each. */
#define BIT(phase) (1U << (phase))
static const unsigned phases_after[] = {
    [PHASE_CONNECTING] = BIT(PHASE_CONNECTED),
    [PHASE_CONNECTED] = BIT(PHASE_WARMUP) | BIT(PHASE_SLICE),
    [PHASE_WARMUP] = BIT(PHASE_MEASURING),
    [PHASE_MEASURING] = BIT(PHASE_MEASURED),
    [PHASE_MEASURED] = BIT(PHASE_DONE),
    [PHASE_SLICE] = BIT(PHASE_SLICE) | BIT(PHASE_DONE),
    [PHASE_DONE] = 0};

static const char result_file[] = "load.json";
static const char search_file[] = "capacity.json";

/* Polling would take the CPUs that the server needs, or those of the services that it
 * asks. */
bool generator_spins(const struct trial_setup *setup)
{
    return !setup->placement.shared && !setup->placement.services_shared;
}

static void make_line(struct command_line *line, const struct trial_setup *setup,
                      const char *url, const struct alternation *alternation, int events)
{
    char cpus[CPUS_TEXT_BYTES], number[32];
    command_line_add_option(line, "interleave", "load");
    command_line_add_option(line, "--scenario", "scenario.json");
    command_line_add_option(line, "--target", url);
    command_line_add_option(line, "--cpus",
                            cpus_format(&setup->placement.generator, cpus, sizeof cpus));
    snprintf(number, sizeof number, "%llu", (unsigned long long)setup->seed);
    command_line_add_option(line, "--seed", number);
    command_line_add_option(line, "--spin", generator_spins(setup) ? "always" : "0s");
    command_line_add_option(line, "--json", result_file);
    if (workload_seeks_capacity(&setup->scenario->workload))
        command_line_add_option(line, "--search-json", search_file);
    if (!alternation)
        command_line_add_option(line, "--histogram", "latency.hgrm");
    snprintf(number, sizeof number, "%d", events);
    command_line_add_option(line, "--events", number);
    if (!alternation)
        return;
    const struct slicing *slicing = &alternation->slicing;
    snprintf(number, sizeof number, "%llu", (unsigned long long)slicing->count);
    command_line_add_option(line, "--slices", number);
    command_line_add_option(
        line, "--slice",
        quantity_exact(QUANTITY_TIME, slicing->slice_ns, number, sizeof number));
    command_line_add_option(line, "--drain", SLICING_DRAIN);
    command_line_add(line, alternation->second_url);
}

int generator_start(struct generator_child *generator, const struct trial_setup *setup,
                    const char *folder, const char *url,
                    const struct alternation *alternation, struct error *error)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return error_set(error, -errno, "cannot make an event channel: %s",
                         strerror(errno));
    generator->events = ends[0];
    make_line(&generator->line, setup, url, alternation, ends[1]);
    char *log_path = memory_printf("%s/load.log", folder);
    struct child_plan plan = {
        .arguments = generator->line.words,
        .folder = folder,
        .log_path = log_path,
        .cpus = &setup->placement.generator,
        .inherited = ends[1],
    };
    int result = child_start(&generator->child, &plan, error);
    close(ends[1]);
    free(log_path);
    return result;
}

static int take_word(struct generator_child *generator, const char *word,
                     struct error *error)
{
    unsigned after = phases_after[generator->phase];
    for (int phase = PHASE_CONNECTING; phase <= PHASE_DONE; phase++)
        if (after & BIT(phase) && strcmp(word, generator_phase_words[phase]) == 0) {
            generator->phase = (enum generator_phase)phase;
            return 1;
        }
    return error_set(error, -EPROTO,
                     "the generator said \"%s\" on its event channel after \"%s\"", word,
                     generator_phase_words[generator->phase]);
}

/* A byte at a time: there are four words in a trial, each to be acted on before the
 * next one. */
int generator_hear(struct generator_child *generator, struct error *error)
{
    char byte = 0;
    ssize_t got = 0;
    while (generator->events >= 0 &&
           (got = recv(generator->events, &byte, 1, MSG_DONTWAIT)) == 1 && byte != '\n')
        text_append(&generator->heard, &byte, 1);
    if (got == 0 && generator->events >= 0) {
        close(generator->events);
        generator->events = -1;
    }
    if (got != 1)
        return 0;
    int result = take_word(generator, text_string(&generator->heard), error);
    text_clear(&generator->heard);
    return result;
}

int generator_let_go(struct generator_child *generator, struct error *error)
{
    return send(generator->events, "\n", 1, MSG_NOSIGNAL) == 1
               ? 0
               : error_set(error, -ECHILD, "the generator closed its event channel");
}

int generator_take_result(struct generator_child *generator, const char *folder,
                          const struct record_type *type, void **result,
                          struct error *error)
{
    int status = generator->child.status;
    struct error unreadable;
    *result = child_file_take(type, folder, result_file, &unreadable);
    if (!WIFEXITED(status) ||
        (WEXITSTATUS(status) != EXIT_FINE && WEXITSTATUS(status) != EXIT_INVALID)) {
        char end[128];
        child_describe_end(&generator->child, end, sizeof end);
        return error_set(error, -ECHILD, "the generator did not end well: %s", end);
    }
    return *result
               ? 0
               : error_set(error, -ECHILD, "the generator left no readable result: %s",
                           unreadable.text);
}

int generator_take_search(const char *folder, struct capacity **capacity,
                          struct error *error)
{
    struct error unreadable;
    *capacity = child_file_take(&capacity_type, folder, search_file, &unreadable);
    return *capacity
               ? 0
               : error_set(error, -ECHILD, "the generator left no readable search: %s",
                           unreadable.text);
}

void generator_release(struct generator_child *generator)
{
    child_release(&generator->child);
    if (generator->events >= 0)
        close(generator->events);
    generator->events = -1;
    text_release(&generator->heard);
}
