/*
 * json.c - builds a document of rows and serialises it, as most APIs do at the end.
 *
 * The text has no blanks: {"rows":[R,R,...],"count":N}, where row i (from 1) is
 *   {"id":i,"name":"user-i","score":S mod 1000000,"active":S odd ? true : false}
 * and S is the xorshift32 state (op.h) after i iterations from OP_SEED. Whole numbers
 * only, so every library writes the same. Result: the text.
 */
#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/quantity.h"
#include "servers/ops/op.h"

#define MAX_ROWS 10000

static int json_parse(const char *text, uint64_t *argument, struct error *error)
{
    return quantity_parse(QUANTITY_COUNT, text, 1, MAX_ROWS, argument, error);
}

static cJSON *build_row(uint64_t number, uint32_t state)
{
    char name[32];
    snprintf(name, sizeof name, "user-%llu", (unsigned long long)number);
    cJSON *row = cJSON_CreateObject();
    bool good = cJSON_AddNumberToObject(row, "id", (double)number) &&
                cJSON_AddStringToObject(row, "name", name) &&
                cJSON_AddNumberToObject(row, "score", state % 1000000) &&
                cJSON_AddBoolToObject(row, "active", state & 1);
    if (good)
        return row;
    cJSON_Delete(row);
    return NULL;
}

/* NULL when memory has run out. */
static cJSON *build(uint64_t rows)
{
    cJSON *root = cJSON_CreateObject();
    cJSON *array = cJSON_AddArrayToObject(root, "rows");
    uint32_t state = OP_SEED;
    bool good = array;
    for (uint64_t i = 1; i <= rows && good; i++) {
        state = op_xorshift32(state);
        cJSON *row = build_row(i, state);
        good = row && cJSON_AddItemToArray(array, row);
    }
    good = good && cJSON_AddNumberToObject(root, "count", (double)rows);
    if (good)
        return root;
    cJSON_Delete(root);
    return NULL;
}

static void json_run(struct op_call *call)
{
    cJSON *root = build(call->argument);
    char *text = root ? cJSON_PrintUnformatted(root) : NULL;
    if (text)
        op_result(call, text, strlen(text));
    else
        op_fail(call, 500, "no memory for %llu rows", (unsigned long long)call->argument);
    cJSON_free(text);
    cJSON_Delete(root);
}

const struct op json_op = {
    .name = "json",
    .kind = OP_CPU,
    .flags = OP_SCALES,
    .summary = "build a JSON document of so many rows and serialise it",
    .library = "cJSON",
    .node = "JSON.stringify: on the loop",
    .argument = "ROWS",
    .example = "100",
    .parse = json_parse,
    .run = json_run,
};
