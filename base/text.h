/*
 * text.h - a growable string, lists of words, memory that is never NULL, and the nearest
 * of some words to one that was misspelt.
 *
 * A struct text is {0}-initialised, owned by one thread and released with
 * text_release. Running out of memory aborts: no command can go on without it.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct text {
    char *data;      /* NUL-terminated once anything was appended, else NULL */
    size_t length;   /* bytes, without the NUL */
    size_t capacity; /* bytes allocated */
};

void text_append(struct text *text, const char *bytes, size_t length);
void text_append_string(struct text *text, const char *string);
void text_printf(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void text_clear(struct text *text);
void text_release(struct text *text);

/* The string, never NULL. */
const char *text_string(const struct text *text);

/* Gives the heap string away (free it); the text is empty afterwards. */
char *text_steal(struct text *text);

/*
 * The candidate nearest to `word` by edit distance (Damerau-Levenshtein, optimal
 * string alignment), or NULL when none is near enough to be a slip of the finger
 * (more than a third of the letters differ). Candidates end with NULL.
 */
const char *text_nearest(const char *word, const char *const *candidates);

/* A share as a reader sees it: "97 %", "6.4 %", "0.13 %", "412 %"; returns the buffer. */
char *text_share(double share, char *buffer, size_t bytes);

/* The noun that goes with the number: "1 reply", "0 replies". */
const char *text_plural(double count, const char *one, const char *many);

/* Whether two texts are the same, of which each may be NULL. */
bool text_same(const char *a, const char *b);

/* "a, b, c" of a NULL-terminated list. */
void text_append_list(struct text *text, const char *const *words);

/*
 * Splits `string` at `separator`, trimming blanks, into a heap array of heap
 * strings that ends with NULL; *count is their number. Free with text_list_free.
 */
char **text_split(const char *string, char separator, size_t *count);
void text_list_free(char **words);

/* A list that owns its words; {0} is an empty one. */
struct words {
    char **items; /* heap array of heap strings */
    size_t count;
};

void words_add(struct words *words, const char *word); /* copies it */
bool words_have(const struct words *words, const char *word);
void words_release(struct words *words);

/* malloc, calloc, realloc, strdup and asprintf that abort when memory has run out. */
#define NEVER_NULL __attribute__((returns_nonnull))
NEVER_NULL void *memory_allocate(size_t bytes) __attribute__((malloc));
NEVER_NULL void *memory_allocate_zeroed(size_t count, size_t bytes)
    __attribute__((malloc));
NEVER_NULL void *memory_resize(void *memory, size_t bytes);
NEVER_NULL char *memory_copy_string(const char *string) __attribute__((malloc));
NEVER_NULL char *memory_printf(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

#endif
