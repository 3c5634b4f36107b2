/* launch.c - see launch.h. */
#include "harness/third_party/launch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "harness/third_party/placeholders.h"

/* ---- values ----------------------------------------------------------------------- */

/* "cores" is a number that only the trial knows. */
static const char *option_value(const struct launch *launch, const char *name)
{
    const struct trial_setup *setup = launch->setup;
    const struct field *option = model_option_named(setup->contender->model, name);
    const char *value =
        option ? contender_value(setup->contender, setup->scenario, option) : NULL;
    return value && strcmp(value, "cores") == 0 ? launch->cpus : value;
}

static const char *value_of(const void *context, const char *name)
{
    const struct launch *launch = context;
    const struct {
        const char *name, *value;
    } own[] = {
        {"port", launch->port},
        {"folder", launch->folder},
        {"data", launch->data_folder},
        {"here", json_string(model_description(launch->setup->contender->model), "here")},
        {"stats", launch->statistics},
        {"upstream", launch->upstream ? launch->upstream : ""},
        {"upstream-address",
         launch->upstream ? launch->upstream + strlen("http://") : "127.0.0.1:9"},
        {"cpus", launch->cpus},
    };
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strcmp(own[i].name, name) == 0)
            return own[i].value;
    return option_value(launch, name);
}

static int fill(const struct launch *launch, const char *text, struct text *filled,
                struct error *error)
{
    return placeholders_fill(text, value_of, launch, filled, error);
}

/* A port of the loopback address that nobody has at this moment. */
static int find_port(struct launch *launch, struct error *error)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int result = 0;
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &length) < 0)
        result = error_set(error, -errno, "cannot find a port: %s", strerror(errno));
    if (fd >= 0)
        close(fd);
    snprintf(launch->port, sizeof launch->port, "%u", ntohs(address.sin_port));
    if (launch->external.takes_port)
        snprintf(launch->url, sizeof launch->url, "http://127.0.0.1:%s", launch->port);
    return result;
}

/* Other users may enter it: a server that root starts often gives its rights up. */
static int make_data_folder(struct launch *launch, struct error *error)
{
    const char *parent = getenv("TMPDIR");
    char *path =
        memory_printf("%s/interleave-XXXXXX", parent && *parent ? parent : "/tmp");
    if (!mkdtemp(path) || chmod(path, 0755) < 0) {
        error_set(error, -errno, "cannot make %s: %s", path, strerror(errno));
        free(path);
        return -EIO;
    }
    launch->data_folder = path;
    return 0;
}

/* ---- command line, environment, files ---------------------------------------------- */

static int add_word(struct launch *launch, struct command_line *line, const char *word,
                    struct error *error)
{
    struct text filled = {0};
    int result = fill(launch, word, &filled, error);
    if (result == 0)
        command_line_add(line, text_string(&filled));
    text_release(&filled);
    return result;
}

static int make_lines(struct launch *launch, struct error *error)
{
    const struct third_party *external = &launch->external;
    int result = add_word(launch, &launch->line, external->command, error);
    for (size_t i = 0; i < external->arguments.count && result == 0; i++)
        result = add_word(launch, &launch->line, external->arguments.items[i], error);
    for (size_t i = 0; i < external->environment.count && result == 0; i++) {
        const struct setting *variable = &external->environment.items[i];
        char *word = memory_printf("%s=%s", variable->name, variable->value);
        result = add_word(launch, &launch->environment, word, error);
        free(word);
    }
    return result;
}

static int write_file(const struct launch *launch, const struct setting *file,
                      struct error *error)
{
    struct text name = {0}, content = {0};
    int result = fill(launch, file->name, &name, error);
    if (result == 0)
        result = fill(launch, file->value, &content, error);
    const char *given = text_string(&name);
    char *path = *given == '/' ? memory_copy_string(given)
                               : memory_printf("%s/%s", launch->folder, given);
    if (result == 0)
        result = file_write_atomic(path, text_string(&content), content.length, error);
    if (result == 0 && chmod(path, 0644) < 0)
        result = error_set(error, -errno, "%s: %s", path, strerror(errno));
    free(path);
    text_release(&name);
    text_release(&content);
    return result;
}

static int write_files(const struct launch *launch, struct error *error)
{
    int result = 0;
    for (size_t i = 0; i < launch->external.files.count && result == 0; i++)
        result = write_file(launch, &launch->external.files.items[i], error);
    return result;
}

/* ---- the whole -------------------------------------------------------------------- */

int launch_prepare(struct launch *launch, const struct trial_setup *setup,
                   const char *folder, const char *upstream, const char *statistics,
                   struct error *error)
{
    launch->setup = setup;
    launch->upstream = upstream;
    const struct model *model = setup->contender->model;
    const char *program = json_string(model_description(model), "program");
    int result = third_party_from_model(&launch->external, model, error);
    if (result < 0)
        return result;
    launch->folder = realpath(folder, NULL);
    if (!program || !launch->folder)
        return error_set(error, -ENOENT, "%s: no program to start, or no folder",
                         launch->external.name);
    launch->program = memory_copy_string(program);
    launch->statistics = memory_printf("%s/%s", launch->folder, statistics);
    snprintf(launch->cpus, sizeof launch->cpus, "%d", setup->placement.server_count);
    result = find_port(launch, error);
    if (result == 0)
        result = make_data_folder(launch, error);
    if (result == 0)
        result = make_lines(launch, error);
    if (result == 0)
        result = write_files(launch, error);
    return result < 0 ? error_prefix(error, result, "%s", launch->external.name) : 0;
}

void launch_plan(const struct launch *launch, struct server_plan *plan)
{
    const struct third_party *external = &launch->external;
    plan->program = launch->program;
    plan->arguments = launch->line.words;
    plan->environment = launch->environment.words;
    plan->limit_ns = external->ready.within_ns;
    plan->announcement = external->ready.line;
    plan->ready_path = external->ready.path;
    plan->url = launch->url;
    plan->stop_signal = third_party_stop_signal(external);
    plan->forks = true;
}

void launch_release(struct launch *launch)
{
    if (launch->data_folder)
        file_remove_folder(launch->data_folder);
    third_party_release(&launch->external);
    command_line_release(&launch->line);
    command_line_release(&launch->environment);
    free(launch->folder);
    free(launch->data_folder);
    free(launch->statistics);
    free(launch->program);
    *launch = (struct launch){0};
}
