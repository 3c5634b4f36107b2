/*
 * error.h - failures: a negative errno for the program, a sentence for the user.
 *
 * Functions return 0 (or another non-negative result) or a negative errno, and write the
 * sentence into a struct error that the caller owns. Only commands print it and choose
 * the exit code. A sentence names the place, the value that was given and what is
 * allowed; it has no final newline.
 *
 * Thread-safety: a struct error belongs to one thread at a time.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#define ERROR_TEXT_BYTES 1024

struct error {
    char text[ERROR_TEXT_BYTES]; /* NUL-terminated, empty when nothing failed */
};

/* Marks results that must not be dropped. */
#define MUST_CHECK __attribute__((warn_unused_result))

/*
 * Writes the message and returns `code`, so that a check reads
 * `return error_set(error, -EINVAL, "...")`. `error` may be NULL. A message that
 * is too long is cut and ends in "...".
 */
int error_set(struct error *error, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "prefix: " before the message that is there already; returns `code`. */
int error_prefix(struct error *error, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * The exit codes of every command; part of the command-line contract.
 */
enum exit_code {
    EXIT_FINE = 0,
    EXIT_FAILED = 1,       /* a check or a trial failed */
    EXIT_USAGE = 2,        /* bad option or input; no process was started */
    EXIT_INVALID = 3,      /* the measurement is invalid */
    EXIT_INCONCLUSIVE = 4, /* under --strict */
    EXIT_INTERRUPTED = 130 /* stopped by the user, resumable */
};

#endif
