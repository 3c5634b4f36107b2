/*
 * record.h - a struct that is kept in files, described by one table of fields.
 *
 * A row says how a member is called in JSON, of which kind it is, where it stands in the
 * struct, in which unit it counts, and how the members of several structs become one.
 * From the table come reading, writing, merging, copying, releasing and the JSON Schema:
 *
 *   struct disk { double read_s; char *host; };
 *   static const struct record_field disk_fields[] = {
 *       {MEMBER_NUMBER("read_s", disk, read_s), .unit = "s", .rule = RECORD_SUM},
 *       {MEMBER_TEXT("host", disk, host)},
 *       {0}};
 *   static const struct record_type disk_type = RECORD_TYPE(disk, disk_fields);
 *
 * Null. What was not measured is null in a file, never 0, and has a value of its own in
 * the struct: NAN, a NULL pointer, -1 of a word. Counts and booleans have no such value:
 * their keys must be there. A key of another kind that is absent reads as null; a key
 * that no row names is skipped, because later versions may add some.
 *
 * Memory. A record owns all that it points to. A zeroed struct holds nothing that would
 * have to be released.
 *
 * Thread-safety: tables are constant, a record belongs to one thread at a time. Errors
 * are -EINVAL with a message.
 */
#ifndef RECORD_RECORD_H
#define RECORD_RECORD_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/json.h"
#include "base/json_document.h"
#include "base/text.h"

enum record_kind {
    RECORD_NUMBER, /* double; NAN is null */
    RECORD_COUNT,  /* uint64_t, a whole number up to 2^53; never null */
    RECORD_BOOL,   /* bool; never null */
    RECORD_SWITCH, /* int: 0 false, 1 true, -1 null */
    RECORD_TEXT,   /* char *, heap; NULL is null */
    RECORD_TEXTS,  /* char **, heap strings in a heap array, NULL at its end */
    RECORD_WORD,   /* int, index into `words`; -1 is null */
    RECORD_TALLY, /* uint64_t[], one for each of `words`: {WORD: n}; never null, and words
                   * of which there are none are left out */
    RECORD_STRUCT,  /* the struct itself, of `type`; never null */
    RECORD_POINTER, /* pointer to one on the heap; NULL is null */
    RECORD_LIST,    /* pointer to an array of structs on the heap, and a size_t at
                     * `count_offset`; NULL is null, which is not the same as empty */
    RECORD_MAP,     /* likewise, {NAME: {...}}: each struct begins with its char *name */
};

/* How the members of several records become that of their sum. */
enum record_rule {
    RECORD_SAME,    /* what all agree on; else null, or refused where it cannot be null */
    RECORD_EQUAL,   /* all must agree: else the records cannot be merged, for `why` */
    RECORD_SUM,     /* null where one is null. Tallies word by word, members of structs by
                     * their own rules; a pointer that is null has nothing to add */
    RECORD_MAXIMUM, /* the largest; one that is null does not count */
    RECORD_MINIMUM, /* likewise */
    RECORD_ALL,     /* true where all are */
    RECORD_ANY,     /* true where one is */
    RECORD_BY_INDEX, /* list: elements with the same index, by the rules of their type */
    RECORD_BY_NAME,  /* list or map: elements that begin with the same text, likewise */
    RECORD_NONE,     /* null, for `why` */
    RECORD_LATER,    /* null: the caller computes it from the sum */
};

struct record_type;

struct record_field {
    const char *key; /* NULL ends a table */
    enum record_kind kind;
    size_t offset;
    enum record_rule rule;
    const char *unit; /* "ns", "1/s", ...; NULL: none */
    const char *why;  /* of RECORD_EQUAL and RECORD_NONE: an end of "..., because " */
    bool required;    /* null is refused */
    bool optional;    /* left out of the file where it is null */
    const struct record_type *type; /* of nested structs */
    size_t count_offset;            /* of the number of elements */
    /* What a word may be: the first of an array of texts that ends with NULL. They may
     * stand in an array of structs: `stride` bytes apart, 0 for texts alone. */
    const char *const *words;
    size_t stride;
};

/* What one merges: a record, and how it is called in messages ("a.json"). */
struct record_part {
    const char *name;
    const void *record;
};

/* What a type does beyond its table, or NULL each. */
struct record_hooks {
    /* After the members: reads the rest of the object at `node`. */
    int (*read)(struct json_document *document, const cJSON *node, void *record,
                struct error *error);
    /* After the members: adds the rest. */
    void (*write)(const void *record, cJSON *object);
    /* In place of the members: fills `sum`, which is null in all its members. `path` is
     * where it stands, for messages. */
    int (*merge)(void *sum, const struct record_part *parts, size_t count,
                 const char *path, struct error *error);
    void (*copy)(void *to, const void *from);
    void (*release)(void *record);
    void (*schema)(cJSON *properties); /* adds those of the rest */
};

struct record_type {
    size_t size;
    const struct record_field *fields;
    const struct record_hooks *hooks; /* NULL: none */
};

#define RECORD_TYPE(tag, rows)                                                           \
    {                                                                                    \
        .size = sizeof(struct tag), .fields = (rows)                                     \
    }

/*
 * The beginnings of rows: key, kind and place. The compiler says where a member's type is
 * not that of the kind.
 */
#define MEMBER_OF(kind_, type_, key_, tag, member)                                       \
    .key = (key_), .kind = (kind_),                                                      \
    .offset = offsetof(struct tag, member) +                                             \
              0 * sizeof((type_ *)0 == &((struct tag *)0)->member)
#define MEMBER_NUMBER(key, tag, member) MEMBER_OF(RECORD_NUMBER, double, key, tag, member)
#define MEMBER_COUNT(key, tag, member)  MEMBER_OF(RECORD_COUNT, uint64_t, key, tag, member)
#define MEMBER_BOOL(key, tag, member)   MEMBER_OF(RECORD_BOOL, bool, key, tag, member)
#define MEMBER_SWITCH(key, tag, member) MEMBER_OF(RECORD_SWITCH, int, key, tag, member)
#define MEMBER_TEXT(key, tag, member)   MEMBER_OF(RECORD_TEXT, char *, key, tag, member)
#define MEMBER_TEXTS(key, tag, member)  MEMBER_OF(RECORD_TEXTS, char **, key, tag, member)
#define MEMBER_WORD(key, tag, member, words_)                                            \
    MEMBER_OF(RECORD_WORD, int, key, tag, member), .words = (words_)
/* Of words in an array of structs: `first` is the word of the first one. */
#define MEMBER_TALLY_OF(key_, tag, member, first, stride_)                               \
    .key = (key_), .kind = RECORD_TALLY, .offset = offsetof(struct tag, member),         \
    .words = &(first), .stride = (stride_)
#define MEMBER_STRUCT(key_, tag, member, type_)                                          \
    .key = (key_), .kind = RECORD_STRUCT, .offset = offsetof(struct tag, member),        \
    .type = &(type_)
#define MEMBER_POINTER(key_, tag, member, type_)                                         \
    .key = (key_), .kind = RECORD_POINTER, .offset = offsetof(struct tag, member),       \
    .type = &(type_)
#define MEMBER_LIST(key_, tag, member, count, type_)                                     \
    .key = (key_), .kind = RECORD_LIST, .offset = offsetof(struct tag, member),          \
    .count_offset = offsetof(struct tag, count), .type = &(type_)
#define MEMBER_MAP(key_, tag, member, count, type_)                                      \
    .key = (key_), .kind = RECORD_MAP, .offset = offsetof(struct tag, member),           \
    .count_offset = offsetof(struct tag, count), .type = &(type_)

/* Sets all members to null, numbers that have no null to 0. */
void record_init(const struct record_type *type, void *record);

/* Releases what the record owns and zeroes it; not the record itself. */
void record_release(const struct record_type *type, void *record);

/* A deep copy into memory that holds nothing yet. */
void record_copy(const struct record_type *type, void *to, const void *from);

/* Appends a zeroed element to a list or map of elements of `size` bytes. */
void *record_append(void *list, size_t *count, size_t size);

/*
 * Reads the object at `node`. On failure nothing is left to release, and the message
 * begins with file, line, column and path.
 */
MUST_CHECK int record_read(const struct record_type *type, void *record,
                           struct json_document *document, const cJSON *node,
                           struct error *error);

/* A new object; keys in the order of the table. */
cJSON *record_to_json(const struct record_type *type, const void *record);

/* A file that holds one record. Reading as above; writing is atomic, 0 or -errno. */
MUST_CHECK int record_read_file(const struct record_type *type, void *record,
                                const char *path, struct error *error);
MUST_CHECK int record_write_file(const struct record_type *type, const void *record,
                                 const char *path, struct error *error);

/*
 * Merges `count` records, at least one, into `sum` by the rules of the table. Each member
 * that could not be merged is named in `dropped`, with the reason. On failure nothing is
 * left to release; the message names part, member and values.
 */
MUST_CHECK int record_merge(const struct record_type *type, void *sum,
                            const struct record_part *parts, size_t count,
                            struct text *dropped, struct error *error);

/* The JSON Schema of a file that holds one record. */
cJSON *record_schema(const struct record_type *type);

/* ---- for the files of this engine ------------------------------------------------- */

static inline void *record_member(const struct record_field *field, void *record)
{
    return (char *)record + field->offset;
}

static inline const void *record_member_of(const struct record_field *field,
                                           const void *record)
{
    return (const char *)record + field->offset;
}

/* Where the number of elements of a list or map stands. */
static inline size_t *record_count(const struct record_field *field, void *record)
{
    return (size_t *)(void *)((char *)record + field->count_offset);
}

static inline size_t record_count_of(const struct record_field *field, const void *record)
{
    return *(const size_t *)(const void *)((const char *)record + field->count_offset);
}

/* Whether the key has to be there, and not null. */
bool record_never_null(const struct record_field *field);

/* Copies one member into a record in which it is null. */
void record_copy_member(const struct record_field *field, void *to, const void *from);

/* NULL where the member is null. */
cJSON *record_member_to_json(const struct record_field *field, const void *record);

/* The same as text, "null" where it is; on the heap. */
char *record_member_text(const struct record_field *field, const void *record);

/* NULL at the end of the list. */
static inline const char *record_word(const struct record_field *field, size_t index)
{
    size_t stride = field->stride ? field->stride : sizeof *field->words;
    return *(const char *const *)(const void *)((const char *)field->words +
                                                index * stride);
}

#endif
