/*
 * trace.c - trace replay: reads a recorded list of requests and their times into a
 * workload (workload_read_trace), to be sent again at the same times.
 */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/quantity.h"
#include "base/text.h"
#include "workload/load_fields.h"

#define MAX_ENTRIES  10000000
#define MAX_REQUESTS 4096 /* different pairs of path and class */

struct trace_reader {
    struct workload *workload;
    const char *path;
    double speed;
    size_t line;
    double first_s, last_s;
    size_t capacity;  /* entries allocated */
    uint32_t nearest; /* request of the last line, often the same as the next one's */
};

static int trace_error(const struct trace_reader *reader, struct error *error,
                       const char *message, const char *given)
{
    return error_set(error, -EINVAL, "%s:%zu: %s, got \"%s\"", reader->path, reader->line,
                     message, given);
}

static bool is_request(const struct request *request, const char *path,
                       const char *class_name)
{
    return request->from_trace && strcmp(request->path, path) == 0 &&
           strcmp(request->class_name, class_name) == 0;
}

/* Index of the request, added where it is new; UINT32_MAX where there are too many. */
static uint32_t find_request(struct trace_reader *reader, const char *path,
                             const char *class_name)
{
    struct workload *workload = reader->workload;
    if (reader->nearest < workload->request_count &&
        is_request(&workload->requests[reader->nearest], path, class_name))
        return reader->nearest;
    for (size_t i = 0; i < workload->request_count; i++)
        if (is_request(&workload->requests[i], path, class_name))
            return (uint32_t)i;
    if (workload->request_count >= MAX_REQUESTS)
        return UINT32_MAX;
    struct request *request = workload_add_request(workload, path);
    free(request->class_name);
    request->class_name = memory_copy_string(class_name);
    request->from_trace = true;
    return (uint32_t)(workload->request_count - 1);
}

/* Seconds as a number, or a time with a unit. */
static bool read_time(const char *text, double *time_s)
{
    char *end;
    *time_s = strtod(text, &end);
    if (end != text && !*end)
        return isfinite(*time_s);
    uint64_t time_ns;
    if (quantity_parse(QUANTITY_TIME, text, 0, UINT64_MAX, &time_ns, NULL) < 0)
        return false;
    *time_s = (double)time_ns / NS_PER_S;
    return true;
}

static void add_entry(struct trace_reader *reader, uint32_t request)
{
    struct trace *trace = &reader->workload->trace;
    if (trace->count == reader->capacity) {
        reader->capacity = reader->capacity ? reader->capacity * 2 : 1024;
        trace->entries =
            memory_resize(trace->entries, reader->capacity * sizeof *trace->entries);
    }
    double offset_s = (reader->last_s - reader->first_s) / reader->speed;
    trace->entries[trace->count++] = (struct trace_entry){
        .at_ns = (uint64_t)(offset_s * NS_PER_S + 0.5),
        .request = request,
    };
}

static int read_fields(struct trace_reader *reader, char **fields, size_t count,
                       struct error *error)
{
    double time_s;
    if (!read_time(fields[0], &time_s)) {
        if (reader->workload->trace.count == 0 && strcmp(fields[0], "time") == 0)
            return 0; /* the heading */
        return trace_error(reader, error, "expected a time in seconds, or such as 50ms",
                           fields[0]);
    }
    if (count < 2 || count > 3)
        return trace_error(reader, error, "expected time,path or time,path,class",
                           fields[0]);
    if (fields[1][0] != '/' || strpbrk(fields[1], " \t"))
        return trace_error(reader, error,
                           "expected a path that begins with \"/\" and has no blanks",
                           fields[1]);
    if (reader->workload->trace.count == 0)
        reader->first_s = time_s;
    else if (time_s < reader->last_s)
        return trace_error(reader, error, "times go back; sort the trace", fields[0]);
    reader->last_s = time_s;
    if (reader->workload->trace.count == MAX_ENTRIES)
        return trace_error(reader, error, "more than 10000000 lines", fields[0]);
    reader->nearest = find_request(reader, fields[1], count > 2 ? fields[2] : "");
    if (reader->nearest == UINT32_MAX)
        return trace_error(reader, error, "more than 4096 different requests", fields[1]);
    add_entry(reader, reader->nearest);
    return 0;
}

/* The fields of a line of CSV (RFC 4180): one in quotes may hold commas, and "" for a
 * quote. The list is ended by NULL. */
static char **split_fields(const char *line, size_t *count)
{
    struct text field = {0};
    char **fields = memory_allocate(sizeof *fields);
    *count = 0;
    for (const char *p = line;; p++) {
        p += strspn(p, " \t");
        bool quoted = *p == '"';
        p += quoted;
        text_append_string(&field, "");
        for (; *p && (quoted || *p != ','); p++) {
            if (quoted && *p == '"' && *++p != '"')
                break;
            text_append(&field, p, 1);
        }
        p += strcspn(p, ",");
        size_t length = field.length;
        while (!quoted && length > 0 && strchr(" \t", field.data[length - 1]))
            length--;
        fields = memory_resize(fields, (*count + 2) * sizeof *fields);
        fields[(*count)++] = memory_printf("%.*s", (int)length, text_string(&field));
        text_clear(&field);
        if (!*p)
            break;
    }
    fields[*count] = NULL;
    text_release(&field);
    return fields;
}

#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

static int read_lines(struct trace_reader *reader, char *text, struct error *error)
{
    int result = 0;
    if (strncmp(text, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0)
        text += strlen(BYTE_ORDER_MARK);
    for (char *line = text; result == 0 && *line; reader->line++) {
        size_t length = strcspn(line, "\r\n");
        char *next = line + length + strspn(line + length, "\r");
        next += *next == '\n';
        line[length] = '\0';
        if (line[strspn(line, " \t")] && *line != '#') {
            size_t count;
            char **fields = split_fields(line, &count);
            result = read_fields(reader, fields, count, error);
            text_list_free(fields);
        }
        line = next;
    }
    return result;
}

/* Removes the trace, and the requests that came from it. */
static void drop_entries(struct workload *workload)
{
    size_t kept = 0;
    for (size_t i = 0; i < workload->request_count; i++) {
        if (workload->requests[i].from_trace)
            fields_release(request_fields, &workload->requests[i]);
        else
            workload->requests[kept++] = workload->requests[i];
    }
    workload->request_count = kept;
    free(workload->trace.entries);
    workload->trace.entries = NULL;
    workload->trace.count = 0;
}

int workload_read_trace(struct workload *workload, const char *path, double speed,
                        struct error *error)
{
    char *text, absolute[PATH_MAX];
    int result = file_read(path, &text, NULL, error);
    if (result < 0)
        return result;
    drop_entries(workload);
    struct trace_reader reader = {
        .workload = workload, .path = path, .speed = speed, .line = 1};
    result = read_lines(&reader, text, error);
    free(text);
    if (result < 0)
        return result;
    if (!workload->trace.count)
        return error_set(error, -EINVAL, "%s: the trace has no requests", path);
    if (!realpath(path, absolute))
        return error_set(error, -errno, "%s: %s", path, strerror(errno));
    free(workload->trace.path);
    workload->trace.path = memory_copy_string(absolute);
    workload->trace.speed = speed;
    return 0;
}
