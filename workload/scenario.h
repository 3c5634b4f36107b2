/*
 * scenario.h - a scenario file: a question, the workload that answers it, the server
 * it runs on and the one variable that is swept. Reading is workload/scenario_read.h's.
 *
 * {
 *   "name": "io-wait",                          [a-z0-9-], the file's name
 *   "title": "Waiting for I/O",
 *   "question": "How many waits can one thread overlap?",
 *   "models": ["event-loop", "thread-pool:threads=8"],      default: all that are listed
 *   "requests": [{"path": "/wait:50ms", "weight": 1, "class": "wait",
 *                 "rate": 1, "arrivals": "constant", "digest": "5d41402a"}],
 *   "load": {"connections": 100, "rate": 500, "arrivals": "poisson",
 *            "warmup": "500ms", "duration": "5s", "requests": 100000, "timeout": "10s",
 *            "think": "1s", "think_times": "exponential",
 *            "phases": [{"duration": "5s", "rate": 100, "to": 900},
 *                       {"duration": "9s", "rate": 100, "to": 900, "shape": "burst",
 *                        "period": "3s", "burst": "200ms"}],
 *            "trace": {"file": "monday.csv", "speed": 2},
 *            "capacity": {"percentile": 99, "limit": "50ms", "search_time": "30s"}},
 *   "clients": {"keep_alive": true, "requests_per_connection": 100, "pipeline": 1,
 *               "idle": 1000,
 *               "slow_readers": {"count": 10, "bytes_per_second": 100, "path": "/"},
 *               "slow_senders": {"count": 10, "bytes_per_second": 10}},
 *   "server": {"cpus": 1, "options": {"threads": "64"}},
 *   "backend": {"model": "event-loop", "cpus": 1, "options": {}},
 *   "database": "postgres",
 *   "sweep": {"variable": "connections", "values": [1, 10, 100], "quick": [1, 100]},
 *   "shape": "steady",
 *   "profiles": ["standard", "thorough"],
 *   "quick_duration": "8s", "full_duration": "90s",
 *   "scale": {"connections": 32, "rate": 1.4, "options": {"threads": "2048"}},
 *   "tolerates": ["errors"]
 * }
 *
 * "rate", phases with rates, or a trace make the load open; otherwise it is closed, and
 * phases have "connections". Of "rate", "phases" and "trace" one is given, of "think" and
 * those that make it open one, of "keep_alive" and "requests_per_connection" one; a
 * trace takes the place of "requests". "connections" is a number, or "auto" in an open
 * loop, where they are opened as needed up to "max_connections". The members are
 * explained in workload.h. "cpus" is a number or "all".
 * "capacity" has the rate searched for, beginning at "rate", in steps of at most
 * "duration", before the window is measured at what was found.
 * "options" are options of `serve`; each model gets those it declares. "backend" is
 * the server that fetch steps ask, another one of the same program; "database" the one
 * that pgquery and pgsleep ask: the harness starts both for every trial. The sweep's
 * variable is "connections", "idle" (those of the clients), "rate", an option of the
 * server, or a word that stands in braces in a path ("/bytes:{size}"). "profiles" are
 * those that take the scenario unasked (default: all); one that is named is run with any.
 * "quick_duration" is the measured time of the quick profile, where that would take too
 * long as a part of the load's, which the figures of the others ask for. "full_duration"
 * stands in the scenarios of a run alone: what its profile has shortened; so does
 * "scale": what its load is on this machine. "tolerates"
 * names flags of the generator that are the very finding here (a server that cannot carry
 * the load) and not a fault of the measurement. CPU work is given in work ("spin:200k",
 * "gzip:64KiB"), or as a time ("spin:10ms", "gzip:10ms") that the harness turns into
 * work once per run.
 */
#ifndef WORKLOAD_SCENARIO_H
#define WORKLOAD_SCENARIO_H

#include <cjson/cJSON.h>

#include "base/field.h"
#include "base/text.h"
#include "workload/workload.h"

struct scenario_server {
    uint64_t cpus; /* how many CPUs the server may use; 0: all */
    struct setting_list options;
};

/* The server that fetch steps send requests to. */
struct scenario_backend {
    char *model; /* NULL: there is none */
    struct scenario_server server;
};

/* How thorough a run is, see workload/profile.h. */
enum profile_name { PROFILE_QUICK, PROFILE_STANDARD, PROFILE_THOROUGH };
extern const char *const profile_names[]; /* for option tables; ends with NULL */

enum database { DATABASE_NONE, DATABASE_POSTGRES };
extern const char *const database_names[];

struct sweep {
    char *variable;      /* NULL: no sweep, the scenario has one point */
    struct words values; /* as text, in the file's order */
    struct words quick;  /* the points of the quick profile; none: the same values */
};

/*
 * In the scenarios of a run that repeats one of another machine: by which factors its
 * load is another than the one that is written, which stays that of the other machine and
 * names the points. scenario_at_point applies it.
 */
struct load_scale {
    double connections;          /* and the clients of phases; 0: as written */
    double rate;                 /* of every arrival process; 0: as written */
    struct setting_list options; /* of the server, in place of those that are written */
};

/* Whether the measured window is expected to be in steady state. */
enum shape {
    SHAPE_STEADY,    /* checked for steady state */
    SHAPE_TRANSIENT, /* made of transients: not checked */
};
extern const char *const shape_names[];

/* Flags that a scenario may tolerate, because a server can cause them: "errors",
 * "rate_missed", "dropped", "restarts", NULL. */
extern const char *const tolerable_flags[];

struct scenario {
    char *name, *title, *question;
    char *family;        /* "io", "cpu", "mixed", ...: what the summary table groups by */
    struct words models; /* contenders, "model" or "model:option=value:..."; none: all */
    struct workload workload;
    struct scenario_server server;
    struct scenario_backend backend;
    int database; /* enum database */
    struct sweep sweep;
    int shape;                  /* enum shape */
    unsigned profiles;          /* bit p: profile p includes it; 0: all profiles do */
    uint64_t quick_duration_ns; /* 0: the profile's part of the load's */
    uint64_t full_duration_ns;  /* 0: no profile has shortened the load's duration */
    struct load_scale scale;
    unsigned tolerated; /* bit i: tolerable_flags[i] */
};

/* Tables of the keys of a scenario file, and of its "sweep". */
extern const struct field scenario_fields[];
extern const struct field sweep_fields[];

void scenario_release(struct scenario *scenario);

/* A deep copy, to be released on its own. */
void scenario_copy(struct scenario *to, const struct scenario *from);

/*
 * The scenario with its sweep variable set to `value`, its load scaled, and neither
 * sweep nor scale left. `value` must be one that scenario_read accepted. Release the
 * result on its own.
 */
void scenario_at_point(struct scenario *point, const struct scenario *scenario,
                       const char *value);

/* The scenario as JSON that scenario_read accepts. */
cJSON *scenario_to_json(const struct scenario *scenario);

/* The JSON Schema of scenario files (scenarios/schema.json). */
cJSON *scenario_schema(void);

/* The option `name` of the server for this scenario, or NULL. */
const char *scenario_option(const struct scenario *scenario, const char *name);

/* Whether a run of this profile (enum profile_name) includes the scenario when no
 * scenario is named. */
bool scenario_is_in_profile(const struct scenario *scenario, int profile);

/* Whether the scenario tolerates the flag with this code. */
bool scenario_tolerates(const struct scenario *scenario, const char *code);

#endif
