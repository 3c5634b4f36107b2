/* json_difference.c - see json_difference.h. */
#include "base/json_difference.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

struct json_walk {
    json_difference_take *take;
    void *context;
    size_t count;
};

static char *leaf_text(const cJSON *node)
{
    if (!node)
        return NULL;
    if (cJSON_IsObject(node))
        return memory_copy_string("{...}");
    if (cJSON_IsArray(node))
        return memory_copy_string("[...]");
    if (cJSON_IsNumber(node)) { /* cJSON rounds what is near a shorter text */
        char *brief = memory_printf("%.15g", node->valuedouble);
        if (!(strtod(brief, NULL) < node->valuedouble ||
              strtod(brief, NULL) > node->valuedouble))
            return brief;
        free(brief);
        return memory_printf("%.17g", node->valuedouble);
    }
    char *printed = cJSON_PrintUnformatted(node);
    char *text = memory_copy_string(printed ? printed : "");
    cJSON_free(printed);
    return text;
}

static void tell(struct json_walk *walk, const char *path, const cJSON *a, const cJSON *b)
{
    char *before = leaf_text(a), *after = leaf_text(b);
    walk->count++;
    walk->take(walk->context, path, before, after);
    free(before);
    free(after);
}

/* The member or element of `of` that stands where `child` does in its own container. */
static const cJSON *counterpart(const cJSON *of, const cJSON *child, int index)
{
    return cJSON_IsObject(of) ? cJSON_GetObjectItemCaseSensitive(of, child->string)
                              : cJSON_GetArrayItem(of, index);
}

static char *child_path(const char *path, const cJSON *child, int index)
{
    return child->string ? memory_printf("%s%s%s", path, *path ? "." : "", child->string)
                         : memory_printf("%s[%d]", path, index);
}

static void walk_value(struct json_walk *walk, const char *path, const cJSON *a,
                       const cJSON *b);

static void walk_children(struct json_walk *walk, const char *path, const cJSON *a,
                          const cJSON *b)
{
    int index = 0;
    for (const cJSON *child = a->child; child; child = child->next, index++) {
        char *place = child_path(path, child, index);
        walk_value(walk, place, child, counterpart(b, child, index));
        free(place);
    }
    index = 0;
    for (const cJSON *child = b->child; child; child = child->next, index++) {
        char *place = child_path(path, child, index);
        if (!counterpart(a, child, index))
            tell(walk, place, NULL, child);
        free(place);
    }
}

/* cJSON_Compare takes near ones for equal. */
static bool numbers_differ(const cJSON *a, const cJSON *b)
{
    return cJSON_IsNumber(a) && cJSON_IsNumber(b) && a->valuedouble != b->valuedouble;
}

static void walk_value(struct json_walk *walk, const char *path, const cJSON *a,
                       const cJSON *b)
{
    if (a && b && (a->type & 0xff) == (b->type & 0xff) && (a->child || b->child))
        walk_children(walk, path, a, b);
    else if ((a || b) && (!cJSON_Compare(a, b, true) || numbers_differ(a, b)))
        tell(walk, path, a, b);
}

size_t json_differences(const cJSON *a, const cJSON *b, json_difference_take *take,
                        void *context)
{
    struct json_walk walk = {.take = take, .context = context};
    walk_value(&walk, "", a, b);
    return walk.count;
}
