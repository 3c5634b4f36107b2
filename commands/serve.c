/*
 * serve.c - the command `serve`: runs one model until it is told to stop, and writes
 * down at the end what the server itself counted.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cpus.h"
#include "base/text.h"
#include "commands/commands.h"
#include "servers/data_folder.h"
#include "servers/model.h"
#include "servers/server.h"
#include "servers/server_statistics.h"

struct serve_settings {
    char *model, *listen, *data, *upstream, *postgres, *cpus, *stats;
    struct server_settings server; /* its texts are those above */
};

static const struct field options[] = {
    {.name = "model",
     .letter = 'm',
     .kind = FIELD_TEXT,
     .value = "NAME",
     .help = "the concurrency model (see interleave models)",
     .offset = offsetof(struct serve_settings, model)},
    {.name = "listen",
     .letter = 'l',
     .kind = FIELD_TEXT,
     .value = "HOST:PORT",
     .help = "where to listen; port 0 is any free one, [::1]:0 is IPv6",
     .fallback = "127.0.0.1:8080",
     .offset = offsetof(struct serve_settings, listen)},
    {.name = "cpus",
     .kind = FIELD_TEXT,
     .value = "LIST",
     .help =
         "run on these CPUs only, as in 0 or 0-3,8; \"cores\" then means their number",
     .offset = offsetof(struct serve_settings, cpus)},
    {.name = "data",
     .kind = FIELD_TEXT,
     .value = "DIR",
     .help = "folder for the files that are served; if not given, a private one that is "
             "removed at the end",
     .offset = offsetof(struct serve_settings, data)},
    {.name = "upstream",
     .kind = FIELD_TEXT,
     .value = "URL",
     .help = "http://HOST:PORT that fetch calls; it has to be there already",
     .offset = offsetof(struct serve_settings, upstream)},
    {.name = "pg",
     .kind = FIELD_TEXT,
     .value = "CONNINFO",
     .help = "the PostgreSQL database of pgquery and pgsleep, as libpq takes it (see "
             "scripts/postgres); it has to be there already",
     .offset = offsetof(struct serve_settings, postgres)},
    {.name = "max-connections",
     .kind = FIELD_COUNT,
     .value = "N",
     .help = "accept no more than this at a time; others wait in the backlog",
     .fallback = "auto",
     .zero_word = "auto",
     .offset = offsetof(struct serve_settings, server.max_connections),
     .minimum = 1,
     .maximum = 1000000},
    {.name = "idle-timeout",
     .kind = FIELD_TIME,
     .value = "TIME",
     .help = "close a connection that neither sends nor takes anything for so long",
     .fallback = "120s",
     .offset = offsetof(struct serve_settings, server.idle_timeout_ns),
     .minimum = 10 * NS_PER_MS,
     .maximum = 24 * NS_PER_H},
    {.name = "drain-timeout",
     .kind = FIELD_TIME,
     .value = "TIME",
     .help = "at SIGTERM, give the requests in hand so long",
     .fallback = "5s",
     .offset = offsetof(struct serve_settings, server.drain_timeout_ns),
     .minimum = 0,
     .maximum = 24 * NS_PER_H},
    {.name = "quiet-loops",
     .kind = FIELD_FLAG,
     .help = "measure neither lag nor utilisation of loops, which takes a timer: a loop "
             "that nobody asks anything then sleeps",
     .offset = offsetof(struct serve_settings, server.quiet_loops)},
    {.name = "stats",
     .kind = FIELD_TEXT,
     .value = "FILE|FD",
     .help = "at the end, write what was counted as JSON to a file or a descriptor",
     .offset = offsetof(struct serve_settings, stats)},
    {0},
};

static const char pool_title[] = "Options of all models, for steps that ask others";

/* The tables of all models, for the help and for refusals that name the right one. */
static size_t list_model_options(struct option_group *groups, size_t maximum)
{
    static char titles[OPTIONS_MAX_GROUPS][80];
    groups[0] = (struct option_group){.title = pool_title, .options = op_pool_options};
    size_t count = 1;
    for (size_t i = 0; model_list[i] && count < maximum; i++) {
        if (!model_list[i]->options)
            continue;
        snprintf(titles[count], sizeof titles[count], "Options of %s",
                 model_list[i]->name);
        groups[count] = (struct option_group){.title = titles[count],
                                              .options = model_list[i]->options};
        count++;
    }
    return count;
}

/* ---- the run ---------------------------------------------------------------------- */

/* What is left to do when the server ends, however it does. */
struct serve_end {
    const char *stats;    /* where the statistics go, or NULL */
    char *private_folder; /* to be removed, or NULL; heap */
};

static void say_ready(struct server *server)
{
    printf("listening on http://%s\n", server->address);
    fflush(stdout);
}

static int finish(const struct server *server, const struct serve_end *end)
{
    struct error error;
    int result = end->stats ? server_statistics_write(server, end->stats, &error) : 0;
    if (result < 0)
        fprintf(stderr, "interleave serve: %s\n", error.text);
    if (end->private_folder)
        data_folder_remove(end->private_folder);
    return result < 0 ? EXIT_FAILED : EXIT_FINE;
}

/* Draining took too long, or a second signal came: threads may still be at work. */
static void abandon(struct server *server)
{
    _exit(finish(server, server->context));
}

/* The folder that was asked for, or a private one. 0 or -errno. */
static int open_data_folder(const char **folder, struct serve_end *end,
                            struct error *error)
{
    if (*folder)
        return data_folder_check(*folder, error);
    *folder = end->private_folder = data_folder_make(error);
    return *folder ? 0 : -EIO;
}

static int serve(const struct serve_settings *settings, const struct model *model,
                 void *model_settings)
{
    struct error error;
    struct server server;
    struct server_settings server_settings = settings->server;
    server_settings.listen = settings->listen;
    server_settings.ops.data_folder = settings->data;
    server_settings.ops.upstream = settings->upstream;
    server_settings.ops.postgres = settings->postgres;
    struct serve_end end = {.stats = settings->stats};
    int exit_code = EXIT_USAGE;
    int result = end.stats ? server_statistics_can_write(end.stats, &error) : 0;
    if (result < 0)
        goto done;
    exit_code = EXIT_FAILED;
    result = open_data_folder(&server_settings.ops.data_folder, &end, &error);
    if (result < 0)
        goto done;
    result = server_open(&server, &server_settings, op_list, &error);
    if (result < 0) {
        exit_code = result == -EINVAL ? EXIT_USAGE : EXIT_FAILED;
        if (end.private_folder)
            data_folder_remove(end.private_folder);
        goto done;
    }
    server.model = model;
    server.model_settings = model_settings;
    server.on_ready = say_ready;
    server.on_abandon = abandon;
    server.context = &end;
    result = server_run(&server, &error);
    exit_code = finish(&server, &end);
    if (result < 0)
        exit_code = EXIT_FAILED;
    server_close(&server);
done:
    if (result < 0)
        fprintf(stderr, "interleave serve: %s\n", error.text);
    free(end.private_folder);
    return exit_code;
}

/* ---- the command line ------------------------------------------------------------- */

/* The model decides which options there are, so it is looked for first. */
static const char *find_model_name(int argc, char **argv)
{
    const char *name = NULL;
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        bool separate = strcmp(argv[i], "--model") == 0 || strcmp(argv[i], "-m") == 0;
        if (separate && i + 1 < argc)
            name = argv[++i];
        else if (strncmp(argv[i], "--model=", 8) == 0)
            name = argv[i] + 8;
        else if (strncmp(argv[i], "-m", 2) == 0 && argv[i][2])
            name = argv[i] + 2;
    }
    return name;
}

static int pin(const char *list, struct error *error)
{
    cpu_set_t set;
    int result = cpus_parse(list, &set, error);
    if (result == 0)
        result = cpus_pin(&set, error);
    return result < 0 ? error_prefix(error, result, "--cpus") : 0;
}

/* Parses and runs; the message, if any, is in `error`. */
static int read_and_serve(int argc, char **argv, struct error *error)
{
    const char *name = find_model_name(argc, argv);
    const struct model *model = name ? model_find(name, error) : NULL;
    if (name && !model)
        return EXIT_USAGE;
    struct serve_settings settings = {0};
    void *model_settings = memory_allocate_zeroed(
        1, model && model->settings_bytes ? model->settings_bytes : 1);
    struct option_group groups[] = {
        {.title = "Options", .options = options, .settings = &settings},
        {.title = pool_title,
         .options = op_pool_options,
         .settings = &settings.server.ops},
        {.options = model ? model->options : NULL, .settings = model_settings}};
    int exit_code = EXIT_USAGE;
    struct error why;
    int result = options_parse(&serve_command, groups, 3, argc, argv, NULL, error);
    if (result == 1) {
        exit_code = EXIT_FINE;
    } else if (result == 0 && !model) {
        error_set(error, -EINVAL, "--model is needed (see interleave models)");
    } else if (result == 0 && model->supported && !model->supported(&why)) {
        error_set(error, -ENOTSUP, "%s cannot run here: %s", model->name, why.text);
        exit_code = EXIT_FAILED;
    } else if (result == 0 && (!settings.cpus || pin(settings.cpus, error) == 0)) {
        exit_code = serve(&settings, model, model_settings);
    }
    if (result == 0)
        options_release(groups, 3);
    free(model_settings);
    return exit_code;
}

static int run_serve(int argc, char **argv)
{
    struct error error = {""};
    int exit_code = read_and_serve(argc, argv, &error);
    if (error.text[0])
        fprintf(stderr, "interleave serve: %s\n", error.text);
    return exit_code;
}

const struct command serve_command = {
    .name = "serve",
    .summary = "run a server with one of the concurrency models",
    .description =
        "A path is a program: GET /wait:50ms/spin:200k runs two steps in order (see "
        "interleave ops). Prints \"listening on http://HOST:PORT\" when ready. SIGTERM "
        "and SIGINT finish the requests in hand and end the server; a second one ends "
        "it at once.",
    .options = options,
    .more_groups = list_model_options,
    .run = run_serve,
};
