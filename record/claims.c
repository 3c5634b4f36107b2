/* claims.c - see claims.h. */
#include "record/claims.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/field_json.h"
#include "base/formula.h"
#include "base/json.h"
#include "record/flags.h"
#include "record/slices.h"

const char *const claim_over_words[] = {
    [OVER_ALL] = "all",   [OVER_ANY] = "any",           [OVER_SLOPE] = "slope",
    [OVER_KNEE] = "knee", [OVER_CROSSING] = "crossing", NULL};

const char *const claim_relation_words[] = {[CLAIM_AT_LEAST] = "at_least",
                                            [CLAIM_AT_MOST] = "at_most",
                                            [CLAIM_EQUALS] = "equals",
                                            [CLAIM_REPORT] = "report",
                                            NULL};

const char claim_letters[] = "WTSNKPCDURX";

#define MAX_TESTS  16
#define MAX_CLAIMS 64
#define MAX_POINTS 64
#define GREATEST   1e12
#define FEWEST     6 /* blocks: fewer have no interval of 95 % */

/* ---- the file's tables ------------------------------------------------------------- */

#define READING(member) offsetof(struct claim_reading, member)

/* Those of a subject must be there; the others' come from it. */
#define READING_ROWS(needed)                                                             \
    {.name = "scenario",                                                                 \
     .kind = FIELD_TEXT,                                                                 \
     .required = (needed),                                                               \
     .help = "The scenario's name.",                                                     \
     .offset = READING(scenario)},                                                       \
        {.name = "contender",                                                            \
         .kind = FIELD_TEXT,                                                             \
         .required = (needed),                                                           \
         .help = "\"model\" or \"model:option=value:...\".",                             \
         .offset = READING(contender)},                                                  \
        {.name = "points",                                                               \
         .kind = FIELD_LIST,                                                             \
         .items = ITEM_VALUE,                                                            \
         .minimum = 1,                                                                   \
         .maximum = MAX_POINTS,                                                          \
         .help = "Values of the scenario's sweep. Absent: all of them.",                 \
         .offset = READING(points)},                                                     \
        {.name = "class",                                                                \
         .kind = FIELD_TEXT,                                                             \
         .help = "Of these requests alone. Absent: of all.",                             \
         .offset = READING(class_name)},                                                 \
        {.name = "metric",                                                               \
         .kind = FIELD_TEXT,                                                             \
         .required = (needed),                                                           \
         .help = "Its name in samples.csv.",                                             \
         .offset = READING(metric)},                                                     \
        {.name = "least",                                                                \
         .kind = FIELD_NUMBER,                                                           \
         .fallback = "0",                                                                \
         .maximum = GREATEST,                                                            \
         .help = "What is less counts as this: a zero has no ratio.",                    \
         .offset = READING(least)},                                                      \
    {                                                                                    \
        0                                                                                \
    }

static const struct field subject_fields[] = {READING_ROWS(true)};
static const struct field reading_fields[] = {READING_ROWS(false)};

static const struct field reference_fields[] = {
    {.name = "reading",
     .kind = FIELD_ROWS,
     .fields = reading_fields,
     .offset = offsetof(struct claim_reference, reading)},
    {.name = "formula",
     .kind = FIELD_TEXT,
     .help =
         "In place of a figure: numbers with units, and W, T, S, N, K, P, C, D, U, R, "
         "X (docs/claims.md).",
     .offset = offsetof(struct claim_reference, formula)},
    {0}};

static bool has_no_less(const void *test)
{
    return !((const struct claim_test *)test)->less.metric;
}

static bool has_no_delta(const void *test)
{
    return ((const struct claim_test *)test)->relation != CLAIM_EQUALS;
}

static bool has_no_margin(const void *test)
{
    return !has_no_delta(test) ||
           ((const struct claim_test *)test)->relation == CLAIM_REPORT;
}

#define TEST(member) offsetof(struct claim_test, member)

static const struct field test_fields[] = {
    {.name = "subject",
     .kind = FIELD_OBJECT,
     .required = true,
     .help = "The figure that is judged.",
     .fields = subject_fields,
     .offset = TEST(subject)},
    {.name = "less",
     .kind = FIELD_OBJECT,
     .help = "What is subtracted from it, point by point; what it does not say is the "
             "subject's.",
     .fields = reading_fields,
     .offset = TEST(less),
     .omit = has_no_less},
    {.name = "over",
     .kind = FIELD_CHOICE,
     .fallback = "all",
     .help = "How the points become one: all or any of them hold, the slope over the "
             "sweep, the knee, or where subject and less cross.",
     .offset = TEST(over),
     .choices = claim_over_words},
    {.name = "relation",
     .kind = FIELD_CHOICE,
     .required = true,
     .help = "at_least or at_most margin times the reference, equals it within delta, or "
             "report: no verdict.",
     .offset = TEST(relation),
     .choices = claim_relation_words},
    {.name = "margin",
     .kind = FIELD_NUMBER,
     .fallback = "1",
     .minimum = 1e-6,
     .maximum = GREATEST,
     .help = "Times the reference.",
     .offset = TEST(margin),
     .omit = has_no_margin},
    {.name = "delta",
     .kind = FIELD_NUMBER,
     .fallback = "0",
     .maximum = 10,
     .help = "equals: within a factor of 1 + delta, either way.",
     .offset = TEST(delta),
     .omit = has_no_delta},
    {.name = "reference",
     .kind = FIELD_OBJECT,
     .required = true,
     .help = "What it is held against: a figure, whose place is the subject's where it "
             "does not say another, or a formula.",
     .fields = reference_fields,
     .offset = TEST(reference)},
    {0}};

static bool needs_nothing(const void *claim)
{
    const struct claim_needs *needs = &((const struct claim *)claim)->needs;
    return needs->server_cpus <= 1 && !needs->generator_cpu;
}

static const struct field needs_fields[] = {
    {.name = "server_cpus",
     .kind = FIELD_COUNT,
     .fallback = "1",
     .minimum = 1,
     .maximum = 1024,
     .help = "CPUs that the server must have.",
     .offset = offsetof(struct claim_needs, server_cpus)},
    {.name = "generator_cpu",
     .kind = FIELD_FLAG,
     .help = "The generator must have a CPU of its own, or use less than 5 % of one.",
     .offset = offsetof(struct claim_needs, generator_cpu)},
    {0}};

static int check_test(struct json_document *document, const cJSON *node, void *member,
                      struct error *error);

#define CLAIM(member) offsetof(struct claim, member)

static const struct field claim_fields[] = {
    {.name = "number",
     .kind = FIELD_COUNT,
     .required = true,
     .minimum = 1,
     .maximum = 1000,
     .offset = CLAIM(number)},
    {.name = "id",
     .kind = FIELD_TEXT,
     .required = true,
     .help = "A name of a-z, 0-9 and -.",
     .offset = CLAIM(id),
     .schema = "{\"type\":\"string\",\"pattern\":\"^[a-z][a-z0-9-]*$\"}"},
    {.name = "said",
     .kind = FIELD_TEXT,
     .required = true,
     .help = "The statement that is judged.",
     .offset = CLAIM(said)},
    {.name = "means",
     .kind = FIELD_TEXT,
     .required = true,
     .help = "What it would mean here, and why that should be so.",
     .offset = CLAIM(means)},
    {.name = "refuted_if",
     .kind = FIELD_TEXT,
     .required = true,
     .help = "What would refute it, in words.",
     .offset = CLAIM(refuted_if)},
    {.name = "tests",
     .kind = FIELD_ARRAY,
     .required = true,
     .minimum = 1,
     .maximum = MAX_TESTS,
     .help = "It is supported where all of these are, refuted where one is.",
     .offset = CLAIM(tests),
     .fields = test_fields,
     .bytes = sizeof(struct claim_test),
     .count_offset = CLAIM(test_count),
     .check = check_test},
    {.name = "needs",
     .kind = FIELD_OBJECT,
     .help = "Without this it is not testable.",
     .fields = needs_fields,
     .offset = CLAIM(needs),
     .omit = needs_nothing},
    {.name = "void_if",
     .kind = FIELD_LIST,
     .minimum = 1,
     .maximum = FLAGS,
     .help = "Flags with which a trial is of no use here, though its scenario tolerates "
             "them or they are warnings.",
     .offset = CLAIM(void_if)},
    {.name = "blocks",
     .kind = FIELD_COUNT,
     .fallback = "6",
     .minimum = FEWEST,
     .maximum = 1000,
     .help = "Fewest blocks for a verdict.",
     .offset = CLAIM(blocks)},
    {.name = "family",
     .kind = FIELD_TEXT,
     .fallback = "claims",
     .help = "Those of one family are corrected for each other (Holm).",
     .offset = CLAIM(family)},
    {0}};

static int check_claim(struct json_document *document, const cJSON *node, void *member,
                       struct error *error);

static const struct field claims_fields[] = {
    {.name = "$schema", .kind = FIELD_NOTE},
    {.name = "claims",
     .kind = FIELD_ARRAY,
     .required = true,
     .minimum = 0,
     .maximum = MAX_CLAIMS,
     .offset = offsetof(struct claims, items),
     .fields = claim_fields,
     .bytes = sizeof(struct claim),
     .count_offset = offsetof(struct claims, count),
     .check = check_claim},
    {0}};

/* ---- what no single row shows ------------------------------------------------------ */

static void take_text(char **to, const char *from)
{
    if (!*to && from)
        *to = memory_copy_string(from);
}

/* What a place does not say is as the subject has it. The points of another scenario are
 * its own. */
static void inherit(struct claim_reading *reading, const struct claim_reading *subject)
{
    bool same = !reading->scenario || strcmp(reading->scenario, subject->scenario) == 0;
    take_text(&reading->scenario, subject->scenario);
    take_text(&reading->contender, subject->contender);
    take_text(&reading->class_name, subject->class_name);
    take_text(&reading->metric, subject->metric);
    bool takes_points = same && !reading->points.count;
    for (size_t i = 0; takes_points && i < subject->points.count; i++)
        words_add(&reading->points, subject->points.items[i]);
    if (!(reading->least > 0))
        reading->least = subject->least;
}

static int check_relation(struct json_document *document, const cJSON *node,
                          const struct claim_test *test, struct error *error)
{
    const char *word = claim_relation_words[test->relation];
    bool has_delta = json_at(node, "delta"), has_margin = json_at(node, "margin");
    if (test->relation == CLAIM_EQUALS && !(test->delta > 0))
        return json_error(document, node, error,
                          "\"relation\": \"equals\" needs a \"delta\" above 0");
    if (has_delta && test->relation != CLAIM_EQUALS)
        return json_error(document, json_at(node, "delta"), error,
                          "only \"equals\" has a delta, \"%s\" has a margin", word);
    if (has_margin && (test->relation == CLAIM_EQUALS || test->relation == CLAIM_REPORT))
        return json_error(document, json_at(node, "margin"), error,
                          "\"%s\" has no margin", word);
    return 0;
}

/* One of the reference's serves all of the subject's. */
static int check_points(struct json_document *document, const cJSON *node,
                        const char *path, const struct claim_reading *reading,
                        const struct claim_test *test, struct error *error)
{
    size_t count = reading->points.count, own = test->subject.points.count;
    bool each = test->over == OVER_ALL || test->over == OVER_ANY;
    if (!each || count <= 1 || count == own)
        return 0;
    return json_error(document, json_at(node, path), error,
                      "expected one point or as many as the subject has, %zu, got %zu",
                      own, count);
}

static int check_test(struct json_document *document, const cJSON *node, void *member,
                      struct error *error)
{
    struct claim_test *test = member;
    struct error detail;
    int result = check_relation(document, node, test, error);
    if (result < 0)
        return result;
    if (test->over == OVER_CROSSING && !json_at(node, "less"))
        return json_error(document, json_at(node, "over"), error,
                          "\"crossing\" needs a \"less\": what the subject crosses");
    if (test->reference.formula &&
        formula_check(test->reference.formula, claim_letters, &detail) < 0)
        return json_error(document, json_at(node, "reference/formula"), error, "%s",
                          detail.text);
    inherit(&test->reference.reading, &test->subject);
    if (json_at(node, "less"))
        inherit(&test->less, &test->subject);
    result = check_points(document, node, "reference/points", &test->reference.reading,
                          test, error);
    return result < 0
               ? result
               : check_points(document, node, "less/points", &test->less, test, error);
}

static int check_flags(struct json_document *document, const cJSON *node,
                       const struct claim *claim, struct error *error)
{
    const char *words[FLAGS + 1] = {NULL};
    for (size_t i = 0; i < FLAGS; i++)
        words[i] = flag_kinds[i].word;
    for (size_t i = 0; i < claim->void_if.count; i++) {
        struct error detail;
        int unused;
        if (choice_set(words, claim->void_if.items[i], &unused, &detail) < 0)
            return json_error(document,
                              cJSON_GetArrayItem(json_at(node, "void_if"), (int)i), error,
                              "%s", detail.text);
    }
    return 0;
}

static bool is_good_id(const char *id)
{
    return *id >= 'a' && *id <= 'z' &&
           id[strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

static int check_claim(struct json_document *document, const cJSON *node, void *member,
                       struct error *error)
{
    const struct claim *claim = member;
    if (!is_good_id(claim->id))
        return json_error(document, json_at(node, "id"), error,
                          "expected a name of a-z, 0-9 and -, got \"%s\"", claim->id);
    return check_flags(document, node, claim, error);
}

/* Ids and numbers are names: each is that of one claim. */
static int check_names(struct claims *claims, struct error *error)
{
    const cJSON *array = json_at(claims->document.root, "claims");
    for (size_t i = 0; i < claims->count; i++) {
        for (size_t j = 0; j < i; j++) {
            bool id = strcmp(claims->items[i].id, claims->items[j].id) == 0;
            if (!id && claims->items[i].number != claims->items[j].number)
                continue;
            const cJSON *node = cJSON_GetArrayItem(array, (int)i);
            return json_error(&claims->document, json_at(node, id ? "id" : "number"),
                              error, "another claim has that already");
        }
    }
    return 0;
}

/* ---- reading, writing -------------------------------------------------------------- */

static int read_document(struct claims *claims, struct error *error)
{
    fields_default(claims_fields, claims);
    int result = fields_read(&claims->document, claims->document.root, claims_fields,
                             claims, error);
    if (result == 0)
        result = check_names(claims, error);
    if (result < 0)
        claims_release(claims);
    return result;
}

int claims_read(struct claims *claims, const char *path, struct error *error)
{
    *claims = (struct claims){0};
    int result = json_open_file(&claims->document, path, error);
    return result < 0 ? result : read_document(claims, error);
}

int claims_read_string(struct claims *claims, const char *name, const char *source,
                       struct error *error)
{
    *claims = (struct claims){0};
    int result = json_open_string(&claims->document, name, source, error);
    return result < 0 ? result : read_document(claims, error);
}

void claims_release(struct claims *claims)
{
    fields_release(claims_fields, claims);
    if (claims->document.root)
        json_close(&claims->document);
    *claims = (struct claims){0};
}

cJSON *claims_to_json(const struct claims *claims)
{
    cJSON *root = cJSON_CreateObject();
    fields_write(claims_fields, claims, root);
    return root;
}

cJSON *claims_schema(void)
{
    return fields_schema_file("Interleave claims",
                              "What is said about concurrency models, as hypotheses that "
                              "a run supports or refutes.",
                              claims_fields, NULL);
}

/* ---- queries ----------------------------------------------------------------------- */

const struct claim *claims_choose(const struct claims *claims, const char *word,
                                  struct error *error)
{
    const char **ids = memory_allocate_zeroed(claims->count + 1, sizeof *ids);
    const struct claim *found = NULL;
    for (size_t i = 0; i < claims->count; i++) {
        char number[24];
        snprintf(number, sizeof number, "%llu",
                 (unsigned long long)claims->items[i].number);
        ids[i] = claims->items[i].id;
        if (strcmp(word, ids[i]) == 0 || strcmp(word, number) == 0)
            found = &claims->items[i];
    }
    int unused;
    struct error detail;
    if (!found && choice_set(ids, word, &unused, &detail) < 0)
        error_set(error, -EINVAL, "claims: %s", detail.text);
    free(ids);
    return found;
}

void claims_keep(struct claims *claims,
                 bool (*keep)(const void *context, const struct claim *claim),
                 const void *context)
{
    size_t kept = 0;
    for (size_t i = 0; i < claims->count; i++) {
        if (keep(context, &claims->items[i]))
            claims->items[kept++] = claims->items[i];
        else
            fields_release(claim_fields, &claims->items[i]);
    }
    claims->count = kept;
}

static bool slices_have(const char *metric)
{
    for (size_t i = 0; slice_figures[i]; i++)
        if (strcmp(slice_figures[i], metric) == 0)
            return true;
    return false;
}

const char *claim_test_needs_blocks(const struct claim_test *test)
{
    const struct claim_reading *subject = &test->subject;
    const struct claim_reading *reference = &test->reference.reading;
    const struct {
        bool asked;
        const char *what;
    } others[] = {
        {test->reference.formula != NULL, "a formula"},
        {test->less.metric != NULL, "a difference of two figures"},
        {test->over > OVER_ANY, "one figure of a whole sweep"},
        {!text_same(subject->scenario, reference->scenario), "two scenarios"},
        {!words_same(&subject->points, &reference->points), "two points of a sweep"},
        {subject->class_name || reference->class_name, "a class of requests"},
        {!text_same(subject->metric, reference->metric), "two metrics"},
        {!slices_have(subject->metric), "a metric that slices do not have"},
        {text_same(subject->contender, reference->contender), "one contender alone"},
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (others[i].asked)
            return others[i].what;
    return NULL;
}

const struct claim_reading *claim_reading_at(const struct claim_test *test, size_t index)
{
    const struct claim_reading *readings[] = {
        &test->subject,
        &test->reference.reading,
        test->less.metric ? &test->less : NULL,
    };
    return index < sizeof readings / sizeof *readings ? readings[index] : NULL;
}
