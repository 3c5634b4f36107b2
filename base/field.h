/*
 * field.h - one description of a setting. A table of rows says of every member of a
 * structure how it is called, what it may be and what it is by default; the command
 * line (base/options.h), JSON with positions in its errors (base/field_json.h), JSON
 * Schema, help, man page, copies and release all come from it. To add a setting, add a
 * member and its row.
 *
 *   static const struct field fields[] = {
 *       {.name = "max-size",                       --max-size in argv, "max_size" in JSON
 *        .kind = FIELD_SIZE,
 *        .fallback = "64KiB",
 *        .help = "the largest file that is kept",
 *        .offset = offsetof(struct cache_settings, max_size_bytes)},
 *       {0}};
 *
 * Members own their memory: fields_default makes a structure whose members
 * fields_release gives back. A table has at most 64 rows, so that one word can note
 * which of them were given.
 *
 * Thread-safety: tables are constant, a structure belongs to its owner.
 */
#ifndef BASE_FIELD_H
#define BASE_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct cJSON;
struct json_document;

enum field_kind {
    FIELD_FLAG,     /* bool                                                      */
    FIELD_COUNT,    /* uint64_t, a whole number in minimum..maximum              */
    FIELD_TIME,     /* uint64_t ns                                               */
    FIELD_SIZE,     /* uint64_t bytes                                            */
    FIELD_RATE,     /* double per second, above 0; 0 when not given              */
    FIELD_NUMBER,   /* double in minimum..maximum                                */
    FIELD_TEXT,     /* char *, heap; NULL when not given                         */
    FIELD_CHOICE,   /* int, index into choices                                   */
    FIELD_SET,      /* unsigned, bit i for choices[i]; JSON: an array of them    */
    FIELD_LIST,     /* struct words; an option is given once for each            */
    FIELD_SETTINGS, /* struct setting_list; JSON: an object of any keys          */
    FIELD_OBJECT,   /* a structure with a table of its own, `fields`             */
    FIELD_ARRAY,    /* heap array of such structures, and its count              */
    FIELD_ROWS,     /* a structure whose rows stand here, as if they were the table's */
    FIELD_NOTE,     /* no member: a text in JSON that other programs read        */
};

/* Where a setting may be given. */
enum field_place {
    FIELD_ANYWHERE,
    FIELD_ON_COMMAND_LINE,
    FIELD_IN_JSON,
    FIELD_NOWHERE, /* derived from others; copied and released by the table */
};

/* What the texts in a list, or the values of settings, may be in JSON. */
enum field_items {
    ITEM_WORD,  /* a string that is not empty, of the choices where there are any */
    ITEM_TEXT,  /* any string */
    ITEM_VALUE, /* a string that is not empty, or a number, kept as text */
};

/* A name and a text value. */
struct setting {
    char *name;
    char *value;
};

struct setting_list {
    struct setting *items; /* heap */
    size_t count;
};

struct field {
    const char *name; /* long name without dashes; NULL ends a table */
    const char *key;  /* in JSON, where it is not the name with "_" for "-" */
    char letter;      /* short name or 0 */
    enum field_kind kind;
    enum field_place where;
    bool required;     /* in JSON; an object that lacks it is not written */
    const char *value; /* what the value is called in the help: "N", "HOST:PORT" */
    const char *help;
    const char *about;    /* description in the JSON Schema, where it is not the help */
    const char *fallback; /* default as a user would type it, or NULL */
    int role;             /* what it counts, in the words of the table's owner: 0 none */
    size_t offset;        /* of the member in the structure */
    double minimum, maximum; /* of the value, or of a list's length; both 0: no limit */
    const char *zero_word;   /* the word that stands for 0: "cores", "auto" */
    const char *const *choices;
    enum field_items items;

    const struct field *fields; /* of what is a structure; NULL: plain memory */
    size_t bytes;               /* objects, arrays: of one structure */
    size_t count_offset;        /* arrays: of the size_t that counts the structures */

    /* In place of what the kind does; `structure` is what the table describes. */
    int (*set)(const struct field *field, void *structure, const char *text,
               struct error *error);
    int (*read)(struct json_document *document, const struct cJSON *node,
                const struct field *field, void *structure, struct error *error);

    /* Objects, arrays: what no single row shows, of each structure that was read. */
    int (*check)(struct json_document *document, const struct cJSON *node, void *member,
                 struct error *error);

    /* Whether other members say that this one is not to be written. NULL: never. */
    bool (*omit)(const void *structure);

    /* JSON Schema: of objects and arrays, members to add to what the rows give; of
     * others, the whole of it but for the description. */
    const char *schema;
};

static inline void *field_member(const struct field *field, void *structure)
{
    return (char *)structure + field->offset;
}

static inline const void *field_const_member(const struct field *field,
                                             const void *structure)
{
    return (const char *)structure + field->offset;
}

static inline bool field_has_range(const struct field *field)
{
    return field->minimum < 0 || field->minimum > 0 || field->maximum > 0;
}

static inline bool field_is_option(const struct field *field)
{
    return field->where == FIELD_ANYWHERE || field->where == FIELD_ON_COMMAND_LINE;
}

static inline bool field_is_in_json(const struct field *field)
{
    return field->where == FIELD_ANYWHERE || field->where == FIELD_IN_JSON;
}

/* The key in JSON, on the heap. */
char *field_key(const struct field *field);

/* Sets all members to their defaults, whatever they were. */
void fields_default(const struct field *fields, void *structure);

/*
 * Sets one member from text, as if it had been typed: 0 or -EINVAL, and the message
 * says what is allowed, not what of. Lists and arrays get one more element.
 */
MUST_CHECK int field_set(const struct field *field, void *structure, const char *text,
                         struct error *error);

/* The index of a text among the choices (NULL-terminated). 0 or -EINVAL. */
MUST_CHECK int choice_set(const char *const *choices, const char *text, int *choice,
                          struct error *error);

/* Gives every member that shares memory with the structure's original a copy of it:
 * `copy = original; fields_own(fields, &copy);`. */
void fields_own(const struct field *fields, void *structure);
void fields_release(const struct field *fields, void *structure);

/* The members that were given: bit i stands for row i. */
uint64_t field_bit(const struct field *fields, const struct field *field);

/* Whether the row of the member at this offset is among them. */
bool field_is_given(const struct field *fields, uint64_t given, size_t offset);

/* Replaces these members of `to` by copies of those of `from`. */
void fields_copy_given(const struct field *fields, void *to, const void *from,
                       uint64_t given);

/* Whether a member holds nothing: no text, no elements, no rate, no bits. */
bool field_is_empty(const struct field *field, const void *structure);

void setting_list_add(struct setting_list *list, const char *name, const char *value);
void setting_list_release(struct setting_list *list);

#endif
