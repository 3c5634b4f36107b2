/*
 * metrics.h - the figures of a trial: one table (metrics.def) says for each how it is
 * called in files and in tables, in which unit it counts, how it is read from the record
 * of a trial, where it stands in the tables and in which charts it is drawn. Everything
 * that prints, draws or judges figures goes by this table.
 */
#ifndef ANALYSIS_METRICS_H
#define ANALYSIS_METRICS_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis/bound.h"
#include "base/quantity.h"
#include "record/trial.h"
#include "workload/workload.h"

#define METRIC(id, ...) METRIC_##id,
enum metric_id {
#include "analysis/metrics.def"
    METRIC_COUNT
};
#undef METRIC

/* What of a trial a figure is made of; where it is missing there is no figure. */
enum trial_part {
    PART_LOAD = 1 << 0,
    PART_WINDOW = 1 << 1,
    PART_GENERATOR = 1 << 2,
    PART_STATISTICS = 1 << 3, /* what the server itself has counted */
    PART_LOOP = 1 << 4,       /* ... of its loops */
    PART_LOOP_LAG = 1 << 5,
    PART_CAPACITY = 1 << 6, /* of a search for it */
};

/* Which of its figures samples.csv and comparison.* list. */
enum metric_files {
    FILES_ALL,             /* of all requests, and of each class */
    FILES_WITHOUT_CLASSES, /* of all requests alone */
    FILES_NONE,            /* it is only drawn */
};

/* In which direction a figure is better, all else being equal. */
enum metric_better {
    BETTER_NEITHER, /* it describes */
    BETTER_MORE,
    BETTER_LESS,
};

struct metric {
    const char *name;   /* "latency_p99_ns": in files */
    const char *header; /* "p99": in tables */
    enum quantity_unit unit;
    bool is_share; /* of 0..1, shown in per cent */
    enum metric_better better;
    unsigned needs; /* enum trial_part */

    /* NAN: not measured. `class` NULL: of all requests. */
    double (*read)(const struct trial_record *trial, const struct class_result *class);
    bool of_classes;         /* it means something of a class of requests as well */
    const char *latency_key; /* of a latency: its key in the distribution */
    bool of_service;         /* that of service times, not of latencies */
    bool of_search; /* what a search for the capacity kept: its end says what it proves */
    enum bound if_limited; /* what it proves where the generator was the limit */
    enum metric_files files;

    int column;              /* its place among the tables' columns; 0: none */
    bool class_column;       /* where there are classes each has a column */
    bool above_zero;         /* it has a column only where it is not 0 all over */
    int beside;              /* only where this metric has one, too; 0: does not depend */
    bool has_ratio;          /* it is held against the best row's, block by block */
    bool is_headline;        /* its interval is shown on the terminal, too */
    bool theory_on_terminal; /* as is what theory says of it */
    const char *footnote;    /* below all tables: what its headers mean */

    /* A chart of it over the sweep, or as bars. */
    struct {
        const char *suffix, *label; /* of the file's name; of the axis */
        double unit;                /* values are divided by it */
    } chart;

    /* A point of the chart of latency by percentile. */
    struct {
        double fraction;   /* 0: none */
        const char *label; /* at the axis */
    } percentile;
};

extern const struct metric metrics[METRIC_COUNT];

/*
 * A figure is a metric of all requests of a scenario, or of one of its named classes,
 * which are counted in the order in which its requests name them.
 */
#define ALL_REQUESTS (-1)
struct figure {
    enum metric_id metric;
    int class_index; /* or ALL_REQUESTS */
};

bool figure_equal(struct figure a, struct figure b);

/* The named class at `index`, or NULL. */
const char *workload_class(const struct workload *workload, int index);
/* The index of a class, or ALL_REQUESTS where that is not named. */
int workload_class_index(const struct workload *workload, const char *name);

/* By its name in files; METRIC_COUNT: there is none of that name. */
enum metric_id metric_named(const char *name);

/* Whether samples.csv and comparison.* list this metric of all requests, or of classes.
 */
bool metric_is_filed(enum metric_id metric, bool of_class);

/* Its name in files, on the heap: "throughput_rps", "class.light.latency_p99_ns". */
char *metric_file_name(enum metric_id metric, const char *class_name);

/* The figure of one trial; `class_name` NULL: of all requests. NAN: not measured. */
double metric_read(enum metric_id metric, const struct trial_record *trial,
                   const char *class_name);

/*
 * Whether this figure of a trial is only a lower bound: a latency that depends on
 * requests which had no reply (record/distribution.h), a capacity whose search ended at a
 * limit of the generator's (record/capacity.h).
 */
bool metric_is_at_least(enum metric_id metric, const struct trial_record *trial,
                        const char *class_name);

/* The latencies or service times that a figure is of, NULL: it is of none, or the trial
 * has none. */
const struct distribution *metric_distribution(enum metric_id metric,
                                               const struct trial_record *trial,
                                               const char *class_name);

/* The value as a reader sees it: "19.9k", "51.2 ms", "97 %"; "-" where it is NaN. */
char *metric_format(enum metric_id metric, double value, char *buffer, size_t bytes);

#endif
