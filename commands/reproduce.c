/*
 * reproduce.c - the command `reproduce`: measures what a reference has measured, and says
 * what is found again. The measuring is that of `bench`.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "commands/commands.h"
#include "commands/compared_run.h"
#include "commands/measure.h"
#include "commands/reproduced_loads.h"
#include "record/results_sums.h"
#include "report/reproduction_page.h"
#include "report/samples_csv.h"

struct reproduce_settings {
    char *results, *references;
    struct words scenarios;
    char *profile, *repeat, *budget, *seed, *out; /* for bench, as they were typed */
    bool strict, dry_run;
};

static const struct field options[] = {
    {.name = "results",
     .kind = FIELD_TEXT,
     .value = "DIR",
     .help = "measure nothing: hold this run against the reference",
     .offset = offsetof(struct reproduce_settings, results)},
    {.name = "references",
     .kind = FIELD_TEXT,
     .value = "DIR",
     .help =
         "folder with the references, of which the first is taken where none is named",
     .fallback = "results/reference",
     .offset = offsetof(struct reproduce_settings, references)},
    {.name = "scenario",
     .letter = 's',
     .kind = FIELD_LIST,
     .value = "NAME",
     .help =
         "measure this scenario; may be repeated (default: all that the reference has)",
     .offset = offsetof(struct reproduce_settings, scenarios)},
    {.name = "profile",
     .letter = 'p',
     .kind = FIELD_TEXT,
     .value = "NAME",
     .help = "how thorough (see interleave bench)",
     .fallback = "standard",
     .offset = offsetof(struct reproduce_settings, profile)},
    {.name = "repeat",
     .kind = FIELD_TEXT,
     .value = "N",
     .help = "blocks; an answer needs 6",
     .fallback = "profile",
     .offset = offsetof(struct reproduce_settings, repeat)},
    {.name = "budget",
     .kind = FIELD_TEXT,
     .value = "TIME",
     .help = "time that the run may take (default: the profile's)",
     .offset = offsetof(struct reproduce_settings, budget)},
    {.name = "seed",
     .kind = FIELD_TEXT,
     .value = "S",
     .help = "seed of every order and every arrival",
     .fallback = "fresh",
     .offset = offsetof(struct reproduce_settings, seed)},
    {.name = "out",
     .letter = 'o',
     .kind = FIELD_TEXT,
     .value = "DIR",
     .help = "folder for the results (default: a new one in results/)",
     .offset = offsetof(struct reproduce_settings, out)},
    {.name = "dry-run",
     .letter = 'n',
     .kind = FIELD_FLAG,
     .help = "print the loads, what would run and how long that takes, and start nothing",
     .offset = offsetof(struct reproduce_settings, dry_run)},
    {.name = "strict",
     .kind = FIELD_FLAG,
     .help = "exit 4 where something is inconclusive, or was not evaluated",
     .offset = offsetof(struct reproduce_settings, strict)},
    {0},
};

/* ---- the reference ---------------------------------------------------------------- */

static bool has_file(const char *folder, const char *name)
{
    char *path = memory_printf("%s/%s", folder, name);
    bool found = access(path, R_OK) == 0;
    free(path);
    return found;
}

/* The first folder below that has samples, by its name; on the heap. */
static char *find_reference(const char *references, struct error *error)
{
    DIR *listing = opendir(references);
    struct dirent *entry;
    char *first = NULL;
    while (listing && (entry = readdir(listing))) {
        char *folder = memory_printf("%s/%s", references, entry->d_name);
        bool fits = entry->d_name[0] != '.' && has_file(folder, "samples.csv") &&
                    (!first || strcmp(folder, first) < 0);
        free(fits ? first : folder);
        first = fits ? folder : first;
    }
    if (listing)
        closedir(listing);
    if (!first)
        error_set(
            error, -ENOENT,
            "%s: there is no folder with samples.csv: name a reference, such as the "
            "folder of an earlier run",
            references);
    return first;
}

/* What is there of a reference; each is optional but for the samples. */
struct reproduce_reference {
    char *path;
    struct reference samples;
    struct environment *environment;
    struct verdicts *verdicts;
    struct load_scaling *scaling;
};

/* NULL in *record where the folder has no such file. */
static int read_optional(const struct record_type *type, void *record, const char *folder,
                         const char *name, struct error *error)
{
    void **place = record;
    *place = NULL;
    if (!has_file(folder, name))
        return 0;
    char *path = memory_printf("%s/%s", folder, name);
    void *made = memory_allocate(type->size);
    int result = record_read_file(type, made, path, error);
    if (result == 0)
        *place = made;
    else
        free(made);
    free(path);
    return result;
}

static void release_optional(const struct record_type *type, void *record)
{
    if (record)
        record_release(type, record);
    free(record);
}

static void release_reference(struct reproduce_reference *reference)
{
    free(reference->path);
    reference_release(&reference->samples);
    release_optional(&environment_type, reference->environment);
    release_optional(&verdicts_type, reference->verdicts);
    release_optional(&load_scaling_type, reference->scaling);
}

/* Its points have to be the loads that they are called by. */
static int check_loads(const struct reproduce_reference *reference, struct error *error)
{
    const struct load_scaling *scaling = reference->scaling;
    for (size_t i = 0; scaling && i < scaling->count; i++)
        if (scaled_load_differs(&scaling->loads[i]))
            return error_set(
                error, -EINVAL, "%s: it repeats %s, with other loads (%s): name that one",
                reference->path, scaling->reference, scaling->loads[i].scenario);
    return 0;
}

static int read_reference(struct reproduce_reference *reference, const char *named,
                          const char *references, struct error *error)
{
    *reference = (struct reproduce_reference){0};
    reference->path =
        named ? memory_copy_string(named) : find_reference(references, error);
    if (!reference->path)
        return -ENOENT;
    char *samples = memory_printf("%s/samples.csv", reference->path);
    int result = samples_csv_read(&reference->samples, samples, error);
    free(samples);
    if (result == 0)
        result = read_optional(&environment_type, &reference->environment,
                               reference->path, "environment.json", error);
    if (result == 0)
        result = read_optional(&verdicts_type, &reference->verdicts, reference->path,
                               "verdicts.json", error);
    if (result == 0)
        result = read_optional(&load_scaling_type, &reference->scaling, reference->path,
                               "scaling.json", error);
    if (result == 0)
        result = check_loads(reference, error);
    if (result < 0)
        release_reference(reference);
    return result;
}

/* ---- measuring -------------------------------------------------------------------- */

/* Those of the reference, in its order. */
static void choose_scenarios(struct words *words, const struct reproduce_reference *from,
                             const struct words *asked)
{
    for (size_t i = 0; i < asked->count; i++)
        words_add(words, asked->items[i]);
    for (size_t i = 0; asked->count == 0 && i < from->samples.count; i++)
        if (!words_have(words, from->samples.samples[i].scenario))
            words_add(words, from->samples.samples[i].scenario);
}

static void add_option(struct words *words, const char *name, const char *value)
{
    if (value) {
        words_add(words, name);
        words_add(words, value);
    }
}

/* Runs bench into `out`, with its loads as they are here; its exit code. */
static int measure_again(const struct reproduce_settings *settings,
                         const struct reproduce_reference *reference, const char *out)
{
    struct words words = {0};
    words_add(&words, "bench");
    add_option(&words, "--profile", settings->profile);
    add_option(&words, "--repeat", settings->repeat);
    add_option(&words, "--budget", settings->budget);
    add_option(&words, "--seed", settings->seed);
    add_option(&words, "--out", out);
    if (settings->dry_run)
        words_add(&words, "--dry-run");
    choose_scenarios(&words, reference, &settings->scenarios);
    struct reproduced_loads loads = {.samples = &reference->samples,
                                     .there = reference->environment};
    load_scaling_init(&loads.scaling, reference->path);
    struct bench_watch watch = reproduced_loads_watch(&loads);
    int exit_code = bench_watched((int)words.count, words.items, &watch);
    load_scaling_release(&loads.scaling);
    words_release(&words);
    return exit_code;
}

/* ---- the page --------------------------------------------------------------------- */

static int write_page(const struct reproduction_page *page, struct error *error)
{
    char *content = NULL;
    size_t length = 0;
    FILE *memory = open_memstream(&content, &length);
    if (!memory)
        return error_set(error, -ENOMEM, "the page cannot be made");
    reproduction_page_print(page, TABLE_MARKDOWN, memory);
    fclose(memory);
    char *path = memory_printf("%s/reproduction.md", page->here);
    int result = file_write_atomic(path, content, length, error);
    free(path);
    free(content);
    return result < 0 ? result : results_sums_write(page->here, error);
}

static int exit_code_of(const struct reproduction_page *page, bool strict)
{
    size_t contradicted = reproduction_page_count(page, REPRODUCTION_CONTRADICTED);
    size_t open = reproduction_page_count(page, REPRODUCTION_INCONCLUSIVE) +
                  reproduction_page_count(page, REPRODUCTION_NOT_EVALUATED);
    return contradicted > 0     ? EXIT_FAILED
           : strict && open > 0 ? EXIT_INCONCLUSIVE
                                : EXIT_FINE;
}

/* Holds the run in the folder against the reference; an exit code, or -errno. */
static int hold(const char *here, const struct reproduce_reference *reference,
                bool strict, struct error *error)
{
    struct compared_run run;
    struct reproduction ratios;
    struct verdicts *verdicts = NULL;
    struct load_scaling *scaling = NULL;
    struct run_differences differences = {0};
    const struct environment *there = reference->environment;
    int result = compared_run_read(&run, here, error);
    if (result < 0)
        return result;
    result = read_optional(&verdicts_type, &verdicts, here, "verdicts.json", error);
    if (result == 0)
        result = read_optional(&load_scaling_type, &scaling, here, "scaling.json", error);
    reproduction_make(&ratios, &run.comparison, &reference->samples);
    if (there)
        run_differences_of_machines(&differences, &run.environment, there);
    struct reproduction_page page = {
        .here = here,
        .there = reference->path,
        .ratios = &ratios,
        .verdicts_here = verdicts,
        .verdicts_there = reference->verdicts,
        .differences = there ? &differences : NULL,
        .same_machine = there && environment_same_machine(&run.environment, there),
        .experiment = &run.results.experiment,
        .scaling = scaling,
    };
    if (result == 0 && ratios.count == 0)
        result =
            error_set(error, -ENOENT, "%s and %s have no ratio of contenders in common",
                      here, reference->path);
    if (result == 0)
        result = write_page(&page, error);
    if (result == 0) {
        reproduction_page_print(&page, TABLE_TERMINAL, stdout);
        result = exit_code_of(&page, strict);
    }
    run_differences_release(&differences);
    release_optional(&verdicts_type, verdicts);
    release_optional(&load_scaling_type, scaling);
    reproduction_release(&ratios);
    compared_run_release(&run);
    return result;
}

static int reproduce(const struct reproduce_settings *settings, const char *named,
                     struct error *error)
{
    struct reproduce_reference reference;
    int result = read_reference(&reference, named, settings->references, error);
    if (result < 0)
        return result;
    char now[32];
    clock_utc_text(now, sizeof now, 1);
    char *out = settings->results ? memory_copy_string(settings->results)
                : settings->out   ? memory_copy_string(settings->out)
                                  : memory_printf("results/%s-reproduction", now);
    int measured =
        settings->results ? EXIT_FINE : measure_again(settings, &reference, out);
    result = settings->dry_run || !measure_has_figures(measured)
                 ? measured
                 : hold(out, &reference, settings->strict, error);
    if (result == EXIT_FINE)
        result = measured; /* what is held against the trials counts as well */
    free(out);
    release_reference(&reference);
    return result;
}

static int run(int argc, char **argv)
{
    struct reproduce_settings settings;
    struct words operands;
    struct error error;
    int exit_code;
    if (!options_read(&reproduce_command, &settings, argc, argv, &operands, &exit_code))
        return exit_code;
    if (operands.count > 1)
        exit_code = error_set(&error, -EINVAL, "give one reference");
    else
        exit_code =
            reproduce(&settings, operands.count ? operands.items[0] : NULL, &error);
    if (exit_code < 0)
        fprintf(stderr, "interleave reproduce: %s\n", error.text);
    fields_release(options, &settings);
    words_release(&operands);
    return exit_code < 0 ? EXIT_USAGE : exit_code;
}

const struct command reproduce_command = {
    .name = "reproduce",
    .summary = "measure what a reference has measured, and say what is found again",
    .operands = "[REFERENCE]",
    .description =
        "REFERENCE is a folder with samples.csv, and environment.json and verdicts.json "
        "where it has them: a committed one (default: the first in results/reference), "
        "or that of any earlier run. Its scenarios are run here by bench, with doctor, "
        "interleaved blocks and claims. Then each claim, and each ratio of a contender "
        "to the one that was best in the reference, is reproduced, direction only, "
        "contradicted, inconclusive (with the blocks that it needs), not testable here "
        "or not evaluated, with the reason; the page also stands in the results, as "
        "reproduction.md. Absolute figures are never compared, so that the reference may "
        "be of another machine. Its loads are scaled to this one: clients with the "
        "server's CPUs, rates to the same share of the capacity, which a pilot before "
        "the blocks finds; what it cannot tell from noise leaves the load as it is.\n\n"
        "Exit status: 0 nothing is contradicted; 1 something is, or a trial failed; 2 "
        "usage, or nothing to compare; 3 a trial is invalid, or the machine is not fit; "
        "4 with --strict, something is open; 130 interrupted.",
    .options = options,
    .run = run,
};
