/* verify.c - the command `verify`: whether a folder of results is what it was. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "commands/commands.h"
#include "report/verification.h"
#include "servers/data_folder.h"

#define SHOWN_OF_A_FILE 10

/* Where the list of differences has come to. */
struct verify_list {
    char *file; /* the last one */
    size_t count;
};

static void end_file(struct verify_list *list)
{
    if (list->count > SHOWN_OF_A_FILE)
        printf("%s: ... and %zu more\n", list->file, list->count - SHOWN_OF_A_FILE);
    free(list->file);
    *list = (struct verify_list){0};
}

static void print_difference(void *context, const char *file, const char *place,
                             const char *there, const char *made)
{
    struct verify_list *list = context;
    if (list->file && strcmp(list->file, file) != 0)
        end_file(list);
    if (!list->file)
        list->file = memory_copy_string(file);
    if (++list->count > SHOWN_OF_A_FILE)
        return;
    if (!there && !made)
        printf("%s: %s\n", file, place);
    else
        printf("%s: %s: has %s, made again it is %s\n", file, place,
               there ? there : "nothing", made ? made : "not there");
}

static int report(const struct verification *verification, const char *path)
{
    printf("%s: %zu %s the SHA-256 of when they were written, %zu %s alike from the "
           "trials, %zu %s\n",
           path, verification->summed,
           text_plural((double)verification->summed, "file has", "files have"),
           verification->made,
           text_plural((double)verification->made, "is made", "are made"),
           verification->differences,
           text_plural((double)verification->differences, "difference", "differences"));
    if (verification->made_by)
        printf("%s: the reports were written by %s, and this program makes others of the "
               "same trials: whether they are right that program can tell; interleave "
               "report %s makes them anew\n",
               path, verification->made_by, path);
    return verification->differences > 0 ? EXIT_FAILED
           : verification->made_by       ? EXIT_INCONCLUSIVE
                                         : EXIT_FINE;
}

static int verify(const char *path, struct error *error)
{
    struct verification verification;
    struct verify_list list = {0};
    char *scratch = data_folder_make(error);
    if (!scratch)
        return -1;
    int result =
        verification_run(&verification, path, scratch, print_difference, &list, error);
    end_file(&list);
    file_remove_folder(scratch);
    free(scratch);
    if (result < 0)
        return result;
    result = report(&verification, path);
    verification_release(&verification);
    return result;
}

static int run(int argc, char **argv)
{
    struct words folders = {0};
    struct error error;
    int exit_code;
    if (!options_read(&verify_command, NULL, argc, argv, &folders, &exit_code))
        return exit_code;
    exit_code = EXIT_USAGE;
    if (folders.count > 1)
        fprintf(stderr, "interleave verify: give one folder\n");
    else
        exit_code = verify(folders.count ? folders.items[0] : "results/latest", &error);
    if (exit_code < 0) {
        fprintf(stderr, "interleave verify: %s\n", error.text);
        exit_code = EXIT_USAGE;
    }
    words_release(&folders);
    return exit_code;
}

const struct command verify_command = {
    .name = "verify",
    .summary = "check that a folder of results is what was measured",
    .operands = "[DIR]",
    .description =
        "Holds each file against SHA256SUMS (as sha256sum -c does), and makes everything "
        "that comes after the trials again: every median, interval, ratio, verdict and "
        "table cell. Each difference is told with file, place, and both values. Without "
        "DIR: results/latest.\n\n"
        "Exit status: 0 all is as it was; 1 something differs; 2 usage, or no folder of "
        "results; 4 the hashes are right, and the reports were written by another "
        "version of this program, which makes others.",
    .run = run,
};
