/* verdicts.c - see verdicts.h. */
#include "record/verdicts.h"

#include <errno.h>
#include <math.h>

#define SCHEMA_VERSION 1

const char *const verdict_words[] = {[VERDICT_SUPPORTED] = "supported",
                                     [VERDICT_REFUTED] = "refuted",
                                     [VERDICT_INCONCLUSIVE] = "inconclusive",
                                     [VERDICT_NOT_TESTABLE] = "not testable here",
                                     [VERDICT_NOT_EVALUATED] = "not evaluated",
                                     [VERDICT_REPORTED] = "reported",
                                     NULL};

#define NUMBER(member) MEMBER_NUMBER(#member, evidence, member)

static const struct record_field evidence_fields[] = {
    {MEMBER_COUNT("test", evidence, test)},
    {MEMBER_TEXT("about", evidence, about)},
    {MEMBER_TEXT("point", evidence, point)},
    {NUMBER(subject)},
    {NUMBER(reference)},
    {MEMBER_COUNT("blocks", evidence, blocks)},
    {NUMBER(ratio)},
    {NUMBER(low)},
    {NUMBER(high)},
    {NUMBER(log_mean)},
    {NUMBER(log_error)},
    {NUMBER(log_degrees)},
    {MEMBER_TEXT("bound", evidence, bound)},
    {NUMBER(range_low)},
    {NUMBER(range_high)},
    {NUMBER(p_within)},
    {NUMBER(p_outside)},
    {MEMBER_TEXTS("trials", evidence, trials)},
    {0}};
static const struct record_type evidence_type = RECORD_TYPE(evidence, evidence_fields);

static const struct record_field verdict_fields[] = {
    {MEMBER_COUNT("number", claim_verdict, number)},
    {MEMBER_TEXT("id", claim_verdict, id)},
    {MEMBER_TEXT("said", claim_verdict, said)},
    {MEMBER_WORD("verdict", claim_verdict, word, verdict_words)},
    {MEMBER_TEXT("why", claim_verdict, why)},
    {MEMBER_NUMBER("blocks_needed", claim_verdict, blocks_needed)},
    {MEMBER_TEXT("family", claim_verdict, family)},
    {MEMBER_NUMBER("p_supported", claim_verdict, p_supported)},
    {MEMBER_NUMBER("p_refuted", claim_verdict, p_refuted)},
    {MEMBER_NUMBER("decided_by", claim_verdict, decided_by)},
    {MEMBER_LIST("evidence", claim_verdict, evidence, evidence_count, evidence_type)},
    {0}};
static const struct record_type verdict_type = RECORD_TYPE(claim_verdict, verdict_fields);

static const struct record_field verdicts_fields[] = {
    {MEMBER_COUNT("schema_version", verdicts, schema_version)},
    {MEMBER_NUMBER("level", verdicts, level)},
    {MEMBER_LIST("verdicts", verdicts, items, count, verdict_type)},
    {0}};

static int check_version(struct json_document *document, const cJSON *node, void *record,
                         struct error *error)
{
    const struct verdicts *verdicts = record;
    return verdicts->schema_version == SCHEMA_VERSION
               ? 0
               : json_error(document, json_at(node, "schema_version"), error,
                            "expected %d", SCHEMA_VERSION);
}

static const struct record_hooks verdicts_hooks = {.read = check_version};

const struct record_type verdicts_type = {
    .size = sizeof(struct verdicts), .fields = verdicts_fields, .hooks = &verdicts_hooks};

void verdicts_init(struct verdicts *verdicts, double level)
{
    record_init(&verdicts_type, verdicts);
    verdicts->schema_version = SCHEMA_VERSION;
    verdicts->level = level;
}

void verdicts_release(struct verdicts *verdicts)
{
    record_release(&verdicts_type, verdicts);
}

struct claim_verdict *verdicts_add(struct verdicts *verdicts)
{
    struct claim_verdict *verdict =
        record_append(&verdicts->items, &verdicts->count, sizeof *verdict);
    record_init(&verdict_type, verdict);
    return verdict;
}

struct evidence *verdict_add(struct claim_verdict *verdict)
{
    struct evidence *evidence =
        record_append(&verdict->evidence, &verdict->evidence_count, sizeof *evidence);
    record_init(&evidence_type, evidence);
    return evidence;
}

const struct evidence *verdict_evidence(const struct claim_verdict *verdict)
{
    double place = verdict->decided_by;
    return place >= 1 && place <= (double)verdict->evidence_count
               ? &verdict->evidence[(size_t)place - 1]
               : NULL;
}

size_t verdicts_count(const struct verdicts *verdicts, enum verdict_word word)
{
    size_t count = 0;
    for (size_t i = 0; i < verdicts->count; i++)
        count += verdicts->items[i].word == (int)word;
    return count;
}
