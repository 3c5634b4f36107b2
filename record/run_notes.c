/* run_notes.c - see run_notes.h. */
#include "record/run_notes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* ---- how many trials have a text -------------------------------------------------- */

struct tally {
    const char *text;
    size_t trials;
};

struct tallies {
    struct tally *items; /* heap; in the order in which they were met */
    size_t count;
};

static void count_text(struct tallies *tallies, const char *text)
{
    size_t i = 0;
    while (i < tallies->count && strcmp(tallies->items[i].text, text) != 0)
        i++;
    if (i == tallies->count)
        *(struct tally *)record_append(&tallies->items, &tallies->count,
                                       sizeof *tallies->items) = (struct tally){text, 0};
    tallies->items[i].trials++;
}

static int compare_tallies(const void *a, const void *b)
{
    const struct tally *left = a, *right = b;
    if (left->trials != right->trials)
        return left->trials < right->trials ? 1 : -1;
    return strcmp(left->text, right->text);
}

/* The most frequent one first. */
static void sort(struct tallies *tallies)
{
    if (tallies->count > 0)
        qsort(tallies->items, tallies->count, sizeof *tallies->items, compare_tallies);
}

/* ---- trials that do not count ----------------------------------------------------- */

static bool is_invalid(const struct trial_record *trial)
{
    return trial->status == TRIAL_MEASURED && !trial->valid;
}

size_t run_count_failed(const struct results *results)
{
    size_t failed = 0;
    for (size_t i = 0; i < results->trial_count; i++)
        failed += results->trials[i].status == TRIAL_FAILED;
    return failed;
}

size_t run_count_invalid(const struct results *results)
{
    size_t invalid = 0;
    for (size_t i = 0; i < results->trial_count; i++)
        invalid += is_invalid(&results->trials[i]);
    return invalid;
}

static void count_flags(struct tallies *tallies, const struct trial_record *trial)
{
    for (size_t i = 0; i < trial->flag_count; i++)
        if (trial->flags[i].severity == FLAG_INVALID && trial_flag_is_first(trial, i))
            count_text(tallies, trial->flags[i].word);
}

char *run_note_invalid(const struct results *results)
{
    struct tallies flags = {0};
    struct text note = {0};
    size_t invalid = run_count_invalid(results);
    if (!invalid)
        return NULL;
    for (size_t i = 0; i < results->trial_count; i++)
        if (is_invalid(&results->trials[i]))
            count_flags(&flags, &results->trials[i]);
    sort(&flags);
    text_printf(&note, "%zu of %zu %s invalid", invalid, results->trial_count,
                text_plural((double)results->trial_count, "trial", "trials"));
    for (size_t i = 0; i < flags.count; i++)
        text_printf(&note, "%s %s %zu", i ? "," : ":", flags.items[i].text,
                    flags.items[i].trials);
    free(flags.items);
    return text_steal(&note);
}

char *run_note_repeated(const struct results *results)
{
    size_t again = 0;
    for (size_t i = 0; i < results->trial_count; i++)
        again += results->trials[i].attempt > 1;
    return again ? memory_printf(
                       "%zu of %zu %s %s made again, since others had "
                       "disturbed %s: see disturbed/.",
                       again, results->trial_count,
                       text_plural((double)results->trial_count, "trial", "trials"),
                       text_plural((double)again, "was", "were"),
                       text_plural((double)again, "it", "them"))
                 : NULL;
}

/* ---- trials of another origin ----------------------------------------------------- */

char *run_note_origins(const struct results *results)
{
    struct tallies origins = {0};
    struct text note = {0};
    size_t others = 0;
    for (size_t i = 0; i < results->trial_count; i++) {
        const struct trial_record *trial = &results->trials[i];
        for (size_t f = 0; f < trial->flag_count; f++)
            if (trial->flags[f].flag == FLAG_OTHER_BUILD ||
                trial->flags[f].flag == FLAG_OTHER_MACHINE) {
                count_text(&origins, trial->flags[f].message);
                others++;
            }
    }
    if (!others)
        return NULL;
    text_printf(&note, "Trials of %zu origins are in this run: %zu of what began it",
                origins.count + 1, results->trial_count - others);
    for (size_t i = 0; i < origins.count; i++)
        text_printf(&note, "; %zu of %s", origins.items[i].trials, origins.items[i].text);
    text_append_string(&note, ".");
    free(origins.items);
    return text_steal(&note);
}

/* ---- what there was time for ------------------------------------------------------ */

char *run_note_left_out(char *const *names, size_t count,
                        const struct experiment *experiment)
{
    struct text note = {0};
    char budget[48];
    if (!count)
        return NULL;
    text_printf(
        &note, "Left out, for want of time (%llu %s within %s): ",
        (unsigned long long)experiment->repeat,
        text_plural((double)experiment->repeat, "block", "blocks"),
        clock_span_text((double)experiment->budget_ns / NS_PER_S, budget, sizeof budget));
    for (size_t i = 0; i < count; i++)
        text_printf(&note, "%s%s", i ? ", " : "", names[i]);
    text_append_string(&note, ".");
    return text_steal(&note);
}

/* What is said of each decision. */
static const char *const decisions[] = {
    [LOOK_GOES_ON] = "it goes on",
    [LOOK_PRECISE] = "it ends, precise enough",
    [LOOK_OUT_OF_TIME] = "it ends, as its time does not reach to the next look",
    [LOOK_LAST] = "it ends, as that was the last look",
};

char *run_note_look(const struct look *look)
{
    struct text note = {0};
    char spent[48], half[24], wanted[24];
    text_printf(&note, "After %llu blocks and %s: %s", (unsigned long long)look->blocks,
                clock_span_text(look->spent_s, spent, sizeof spent),
                decisions[look->decision]);
    if (look->next)
        text_printf(&note, " to %llu", (unsigned long long)look->next);
    if (!look->widest)
        text_append_string(&note, "; there is no ratio to be precise about");
    else if (isfinite(look->half_width))
        text_printf(&note, "; least known is %s ±%s (%s is wanted)", look->widest,
                    text_share(look->half_width, half, sizeof half),
                    text_share(look->wanted, wanted, sizeof wanted));
    else
        text_printf(&note, "; %s has no interval", look->widest);
    text_append_string(&note, ".");
    return text_steal(&note);
}

char *run_note_end(const struct manifest *manifest)
{
    const struct look *last =
        manifest->look_count ? &manifest->looks[manifest->look_count - 1] : NULL;
    return last && last->decision != LOOK_GOES_ON ? run_note_look(last) : NULL;
}

char *run_note_changes(const struct manifest *manifest)
{
    struct text note = {0};
    for (size_t i = 0; manifest->changes && manifest->changes[i]; i++)
        text_printf(&note, "%s%s",
                    i ? "; " : "The machine was another when the run was gone on with: ",
                    manifest->changes[i]);
    return note.length ? text_steal(&note) : NULL;
}
