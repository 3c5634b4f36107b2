/*
 * main.c - the program: a list of commands. Everything they do is in their rooms.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/build.h"
#include "base/options_help.h"
#include "base/text.h"
#include "commands/commands.h"

/* The page is made of the list, so its command stands beside it. */
static const struct command man_command;

/* One line per command, in the order of the help. */
/* clang-format off */
static const struct command *const command_list[] = {
    &bench_command,
    &report_command,
    &compare_command,
    &verify_command,
    &reproduce_command,
    &serve_command,
    &load_command,
    &merge_command,
    &doctor_command,
    &scenarios_command,
    &claims_command,
    &validate_command,
    &models_command,
    &references_command,
    &ops_command,
    &man_command,
    NULL,
};
/* clang-format on */

#define COMMAND_COUNT (sizeof command_list / sizeof command_list[0])

static int run_man(int argc, char **argv)
{
    int exit_code;
    if (options_read(&man_command, NULL, argc, argv, NULL, &exit_code))
        options_print_man(command_list, stdout);
    return exit_code;
}

static const struct command man_command = {
    .name = "man",
    .summary = "print the man page (roff)",
    .run = run_man,
};

static void print_usage(FILE *file)
{
    fprintf(file,
            "Interleave: which concurrency model should serve this workload on this "
            "machine?\n\nusage: interleave COMMAND [options]\n\n");
    for (const struct command *const *c = command_list; *c; c++)
        fprintf(file, "  %-10s  %s\n", (*c)->name, (*c)->summary);
    fprintf(file, "\ninterleave COMMAND --help tells the options of a command.\n");
}

static int refuse_command(const char *name)
{
    const char *names[COMMAND_COUNT];
    size_t count = 0;
    for (; command_list[count]; count++)
        names[count] = command_list[count]->name;
    names[count] = NULL;
    const char *near = text_nearest(name, names);
    fprintf(stderr, "interleave: unknown command \"%s\"%s%s%s (see interleave --help)\n",
            name, near ? ", did you mean " : "", near ? near : "", near ? "?" : "");
    return EXIT_USAGE;
}

/* Output that could not be written is a failure, whatever the command has made of it. The
 * reason is known where it is what is left in the buffer that fails. */
static int check_output(int exit_code)
{
    bool failed_before = ferror(stdout), fails = fflush(stdout) != 0;
    if (!failed_before && !fails)
        return exit_code;
    fprintf(stderr, "interleave: cannot write to stdout%s%s\n", fails ? ": " : "",
            fails ? strerror(errno) : "");
    return EXIT_FAILED;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_usage(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_usage(stdout);
        return check_output(EXIT_FINE);
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("interleave %s%s%s (%s, %s)\n", build.version, *build.commit ? " " : "",
               build.commit, build.compiler, build.flags);
        return check_output(EXIT_FINE);
    }
    for (const struct command *const *c = command_list; *c; c++)
        if (strcmp(argv[1], (*c)->name) == 0)
            return check_output((*c)->run(argc - 1, argv + 1));
    return refuse_command(argv[1]);
}
