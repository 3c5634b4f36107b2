/*
 * third_party.h - a server that this project did not write, as a contender: a JSON file
 * says how it is started, how it shows that it is ready, how it is stopped, and what it
 * can do.
 *
 * {
 *   "name": "nginx",                              [a-z0-9-]
 *   "summary": "a loop in each worker process",
 *   "install": "scripts/install-deps --references",       told where it is missing
 *   "command": "nginx",                           in PATH or /usr/sbin, or a path
 *   "version": ["-v"],                            arguments that make it tell its version
 *   "arguments": ["-c", "{folder}/nginx.conf"],
 *   "environment": {"NODE_ENV": "production"},
 *   "files": {"nginx.conf": ["line", "line"]},    written before it starts
 *   "ready": {"path": "/", "within": "15s"},      or {"line": "listening on "}
 *   "stop": {"signal": "SIGQUIT", "grace": "10s"},        default SIGTERM, 10s
 *   "steps": "plaintext",                         it serves "/" alone; or
 *            "proxy",                             and hands its upstream's replies on;
 *            ["wait", "spin"],                    or the ops that it does as we do
 *   "flags": ["loop", "processes"],               what it is: words of `models --json`
 *   "marks": true,                                SIGUSR2 begins and ends the window
 *   "options": [{"name": "workers", "default": "1", "choices": ["1", "2"],
 *                "help": "worker processes"}]
 * }
 *
 * Placeholders stand in "arguments", "environment", "files" (names too) and "command":
 *   {port}      a free port of 127.0.0.1 for it to listen on
 *   {folder}    the trial's folder, in which it runs
 *   {data}      a folder for files that it makes, gone after the trial; others may
 *               enter it, since servers that are started by root give that up
 *   {here}      the folder of the JSON file
 *   {stats}     the file that it leaves its statistics in, as `serve --stats` does
 *   {upstream}  the URL of the scenario's backend; empty where there is none
 *   {upstream-address}  its address and port; port 9, which refuses, where there is none
 *   {cpus}      how many CPUs it may use
 *   {OPTION}    the value of one of its options; the word "cores" means {cpus}
 *
 * "line" is the beginning of what it prints when it is ready: its URL follows, unless
 * it was given {port}. It stays in the foreground, and so do the processes that it
 * starts: those that leave its process group are neither measured nor stopped. It ends
 * with exit code 0.
 *
 * To everybody else it is one more model of struct models, made from a description, with
 * the flag "reference", and "plaintext" or "proxy" where it is one.
 *
 * A proxy answers "/fetch:PROGRAM" with what the upstream says to PROGRAM, whereas our
 * servers answer with a digest of that reply's digest. So its replies are held against
 * the digest that the upstream has to send.
 */
#ifndef HARNESS_THIRD_PARTY_H
#define HARNESS_THIRD_PARTY_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/field.h"
#include "base/text.h"
#include "record/models.h"
#include "workload/scenario.h"

struct third_party_option {
    char *name, *fallback, *help;
    struct words choices; /* none: any value */
};

struct third_party_ready {
    char *path, *line; /* one of them */
    uint64_t within_ns;
};

struct third_party_stop {
    int signal; /* index into a list of names: see third_party_stop_signal */
    uint64_t grace_ns;
};

/* What it serves, "/" apart. */
enum external_work {
    EXTERNAL_OPS,       /* the ops that are named, as we do */
    EXTERNAL_PLAINTEXT, /* nothing */
    EXTERNAL_PROXY,     /* "/fetch:PROGRAM": the upstream's reply, as it is */
};

struct third_party {
    char *name, *summary, *install, *command;
    struct words arguments, version;
    unsigned flags; /* of enum model_flag, >> MODEL_REFERENCE_SHIFT */
    struct setting_list environment, files; /* a file's value is its text */
    struct third_party_ready ready;
    struct third_party_stop stop;
    enum external_work work;
    struct words steps; /* EXTERNAL_OPS: their names */
    bool marks;
    struct third_party_option *options;
    size_t option_count;
    bool takes_port;        /* {port} stands somewhere */
    bool leaves_statistics; /* {stats} does */
    cJSON *source;          /* the object that it was read from */
};

/*
 * Reads and checks a file. On failure nothing is left to release and the message is
 * "file:line:column: path: what is allowed, what was given".
 */
MUST_CHECK int third_party_read(struct third_party *external, const char *path,
                                struct error *error);
void third_party_release(struct third_party *external);

/* The JSON Schema of the files (servers/reference/schema.json). */
cJSON *third_party_schema(void);

/*
 * Its description as a model: what models.h says, the object that it was read from as
 * "external", and "here", the folder of the file. Whether it runs here is not looked up
 * yet.
 */
cJSON *third_party_describe(const struct third_party *external, const char *folder);

/* Reads it back from a model that was made from such a description. */
MUST_CHECK int third_party_from_model(struct third_party *external,
                                      const struct model *model, struct error *error);

/* Looks for the program and its version; notes them, and whether it runs, in the model.
 */
void third_party_look_up(struct described_model *described);

/* The signal's number. */
int third_party_stop_signal(const struct third_party *external);

/*
 * Why it cannot do what the scenario asks at this point of its sweep; empty where it
 * can.
 */
void third_party_find_skip_reason(const struct third_party *external,
                                  const struct scenario *point, char *why, size_t bytes);

#endif
