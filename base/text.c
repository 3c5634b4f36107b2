/* text.c - see text.h. */
#include "base/text.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

NEVER_NULL static void *check_memory(void *memory, size_t bytes)
{
    if (!memory) {
        fprintf(stderr, "interleave: out of memory asking for %zu bytes\n", bytes);
        abort();
    }
    return memory;
}

/* Asking for nothing yields a byte, so that no answer is ever NULL. */
static size_t at_least_one(size_t bytes)
{
    return bytes ? bytes : 1;
}

void *memory_allocate(size_t bytes)
{
    return check_memory(malloc(at_least_one(bytes)), bytes);
}

void *memory_allocate_zeroed(size_t count, size_t bytes)
{
    return check_memory(calloc(at_least_one(count), at_least_one(bytes)), count * bytes);
}

void *memory_resize(void *memory, size_t bytes)
{
    return check_memory(realloc(memory, at_least_one(bytes)), bytes);
}

char *memory_copy_string(const char *string)
{
    return check_memory(strdup(string), strlen(string) + 1);
}

char *memory_printf(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *string = NULL;
    if (vasprintf(&string, format, arguments) < 0)
        string = NULL;
    va_end(arguments);
    return check_memory(string, strlen(format));
}

static void reserve(struct text *text, size_t more)
{
    size_t needed = text->length + more + 1;
    if (needed <= text->capacity)
        return;
    size_t capacity = text->capacity ? text->capacity : 64;
    while (capacity < needed)
        capacity *= 2;
    text->data = memory_resize(text->data, capacity);
    text->capacity = capacity;
}

void text_append(struct text *text, const char *bytes, size_t length)
{
    reserve(text, length);
    memcpy(text->data + text->length, bytes, length);
    text->length += length;
    text->data[text->length] = '\0';
}

void text_append_string(struct text *text, const char *string)
{
    text_append(text, string, strlen(string));
}

void text_printf(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length > 0) {
        reserve(text, (size_t)length);
        vsnprintf(text->data + text->length, (size_t)length + 1, format, again);
        text->length += (size_t)length;
    }
    va_end(again);
}

void text_clear(struct text *text)
{
    text->length = 0;
    if (text->data)
        text->data[0] = '\0';
}

void text_release(struct text *text)
{
    free(text->data);
    *text = (struct text){0};
}

const char *text_string(const struct text *text)
{
    return text->data ? text->data : "";
}

char *text_steal(struct text *text)
{
    char *string = text->data ? text->data : memory_copy_string("");
    *text = (struct text){0};
    return string;
}

static size_t smallest(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

#define LONGEST_WORD 48

static size_t edit_distance(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    if (n > LONGEST_WORD || m > LONGEST_WORD)
        return LONGEST_WORD;
    size_t rows[LONGEST_WORD + 1][LONGEST_WORD + 1];
    for (size_t i = 0; i <= n; i++)
        rows[i][0] = i;
    for (size_t j = 0; j <= m; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        for (size_t j = 1; j <= m; j++) {
            bool same = a[i - 1] == b[j - 1];
            rows[i][j] = smallest(rows[i - 1][j] + 1, rows[i][j - 1] + 1,
                                  rows[i - 1][j - 1] + (same ? 0 : 1));
            bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped && rows[i - 2][j - 2] + 1 < rows[i][j])
                rows[i][j] = rows[i - 2][j - 2] + 1;
        }
    }
    return rows[n][m];
}

const char *text_nearest(const char *word, const char *const *candidates)
{
    const char *nearest = NULL;
    size_t least = strlen(word) / 3 + 1;
    for (; *candidates; candidates++) {
        size_t distance = edit_distance(word, *candidates);
        if (distance <= least && distance < strlen(*candidates)) {
            least = distance ? distance - 1 : 0;
            nearest = *candidates;
        }
    }
    return nearest;
}

char *text_share(double share, char *buffer, size_t bytes)
{
    double percent = 100 * share;
    snprintf(buffer, bytes, percent < 10 ? "%.2g %%" : "%.0f %%", percent);
    return buffer;
}

const char *text_plural(double count, const char *one, const char *many)
{
    return count >= 1 && count <= 1 ? one : many;
}

bool text_same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

void text_append_list(struct text *text, const char *const *words)
{
    for (size_t i = 0; words[i]; i++)
        text_printf(text, "%s%s", i ? ", " : "", words[i]);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

char **text_split(const char *string, char separator, size_t *count)
{
    char **words = memory_allocate(sizeof *words);
    size_t n = 0;
    for (const char *start = string; *string; start++) {
        const char *end = strchr(start, separator);
        const char *next = end ? end : start + strlen(start);
        const char *last = next;
        while (start < last && is_blank(*start))
            start++;
        while (last > start && is_blank(last[-1]))
            last--;
        words = memory_resize(words, (n + 2) * sizeof *words);
        words[n] = memory_allocate((size_t)(last - start) + 1);
        memcpy(words[n], start, (size_t)(last - start));
        words[n++][last - start] = '\0';
        if (!end)
            break;
        start = end;
    }
    words[n] = NULL;
    if (count)
        *count = n;
    return words;
}

void text_list_free(char **words)
{
    for (size_t i = 0; words && words[i]; i++)
        free(words[i]);
    free(words);
}

void words_add(struct words *words, const char *word)
{
    words->items = memory_resize(words->items, (words->count + 1) * sizeof *words->items);
    words->items[words->count++] = memory_copy_string(word);
}

bool words_have(const struct words *words, const char *word)
{
    for (size_t i = 0; i < words->count; i++)
        if (strcmp(words->items[i], word) == 0)
            return true;
    return false;
}

void words_release(struct words *words)
{
    for (size_t i = 0; i < words->count; i++)
        free(words->items[i]);
    free(words->items);
    *words = (struct words){0};
}
