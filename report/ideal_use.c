/* ideal_use.c - see ideal_use.h. */
#include "report/ideal_use.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/ranking.h"
#include "base/text.h"

static size_t least_trials(const struct run_noise *noise)
{
    return noise ? RANKING_LEAST_TRIALS : 1;
}

/* Words are verdicts, and a contender that differs from itself forbids those. */
static bool is_suspect(const struct run_noise *noise, struct figure contest)
{
    return noise && noise->of[contest.metric].suspect;
}

static bool counts(const struct comparison *comparison, const struct row *cell,
                   const struct run_noise *noise)
{
    return !is_suspect(noise, ranking_contest(comparison, cell)) &&
           !ranking_gap(comparison, cell, least_trials(noise));
}

/* Of the cells of a family that count, and have this contender. */
struct family_score {
    size_t cells, good, open;
    double log_share; /* sum over those in which it takes part */
    size_t shares;
    enum bound bound; /* of the mean of these */
};

static void add_cell_score(struct family_score *score, struct overview_cell *evidence,
                           const struct comparison *comparison, const struct row *cell,
                           const struct row *row)
{
    size_t count = ranking_cell_size(comparison, cell);
    struct figure contest = ranking_contest(comparison, cell);
    const struct row *best = ranking_best(comparison, cell, contest);
    enum standing *standings = memory_allocate_zeroed(count, sizeof *standings);
    ranking_standings(comparison, cell, count, standings);
    enum standing standing = standings[row - cell];
    free(standings);
    score->cells++;
    score->good += standing == STANDING_BEST || standing == STANDING_AS_GOOD;
    score->open += standing == STANDING_OPEN;
    if (standing == STANDING_OUT || !best)
        return;
    struct share share = ranking_share(comparison, row, best, contest);
    overview_cell_add_evidence(evidence, row,
                               *standing_words[standing] ? standing_words[standing]
                                                         : "share of the best",
                               share.value, share.bound);
    score->log_share += log(share.value);
    score->bound = bound_join(score->bound, share.bound);
    score->shares++;
}

static struct family_score score_family(const struct comparison *comparison,
                                        const struct contender *contender,
                                        const char *family, const struct run_noise *noise,
                                        struct overview_cell *evidence)
{
    struct family_score score = {0};
    for (size_t i = 0; i < comparison->row_count;) {
        const struct row *cell = &comparison->rows[i];
        size_t count = ranking_cell_size(comparison, cell);
        const struct row *row = comparison_find(comparison, cell, contender);
        i += count;
        if (strcmp(cell->scenario->family, family) == 0 && row &&
            row->status != ROW_NOT_TESTABLE && counts(comparison, cell, noise))
            add_cell_score(&score, evidence, comparison, cell, row);
    }
    return score;
}

static bool is_first_of_family(const struct experiment *run, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(run->scenarios[i].scenario.family,
                   run->scenarios[index].scenario.family) == 0)
            return false;
    return true;
}

/* With words "io 4/5" and what is open; without, the mean share of the best. */
static void tell_family(struct text *text, const char *family,
                        const struct family_score *score, bool words)
{
    const char *gap = text->length ? ", " : "";
    if (!score->cells)
        return;
    if (words && score->open)
        text_printf(text, "%s%s %zu/%zu (%zu open)", gap, family, score->good,
                    score->cells, score->open);
    else if (words)
        text_printf(text, "%s%s %zu/%zu", gap, family, score->good, score->cells);
    else if (score->bound == BOUND_NOTHING)
        text_printf(text, "%s%s open", gap, family);
    else if (score->shares)
        text_printf(text, "%s%s %s%.2f", gap, family, bound_prefixes[score->bound],
                    exp(score->log_share / (double)score->shares));
    else
        text_printf(text, "%s%s -", gap, family);
}

void ideal_use_derive(struct overview_cell *cell, const struct comparison *comparison,
                      const struct contender *contender, const struct run_noise *noise)
{
    const struct experiment *run = &comparison->results->experiment;
    struct text text = {0};
    for (size_t i = 0; i < run->scenario_count; i++) {
        const char *family = run->scenarios[i].scenario.family;
        if (!is_first_of_family(run, i))
            continue;
        struct family_score score =
            score_family(comparison, contender, family, noise, cell);
        tell_family(&text, family, &score, noise != NULL);
    }
    if (!text.length)
        text_append_string(&text, "no cell counts");
    cell->text = text_steal(&text);
}

/* Why the cell does not count, on the heap; NULL: it does. */
static char *gap_reason(const struct comparison *comparison, const struct row *cell,
                        const struct run_noise *noise)
{
    struct figure contest = ranking_contest(comparison, cell);
    const struct row *gap = ranking_gap(comparison, cell, least_trials(noise));
    if (gap) {
        char *reason = ranking_gap_reason(gap, contest);
        char *named = memory_printf("%s: %s", gap->contender->label, reason);
        free(reason);
        return named;
    }
    return is_suspect(noise, contest)
               ? memory_printf("%s: a contender differs from itself",
                               metrics[contest.metric].header)
               : NULL;
}

char *ideal_use_not_counted(const struct comparison *comparison,
                            const struct run_noise *noise)
{
    struct text names = {0};
    for (size_t i = 0; i < comparison->row_count;) {
        const struct row *cell = &comparison->rows[i];
        size_t count = ranking_cell_size(comparison, cell);
        char *reason = gap_reason(comparison, cell, noise);
        i += count;
        if (!reason)
            continue;
        char *name = overview_row_name(cell);
        text_printf(&names, "%s%s (%s)", names.length ? "; " : "", name, reason);
        free(reason);
        free(name);
    }
    char *list = names.length ? text_steal(&names) : NULL;
    text_release(&names);
    return list;
}
