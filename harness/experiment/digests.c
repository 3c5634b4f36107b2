/* digests.c - see digests.h. */
#include "harness/experiment/digests.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/interrupt.h"
#include "base/json.h"
#include "base/text.h"
#include "harness/trial/http_get.h"
#include "harness/trial/server_child.h"
#include "workload/steps.h"

#define START_LIMIT_NS (15 * NS_PER_S)
#define GRACE_NS       (10 * NS_PER_S)

/* The path whose digest the model's reply to `path` has to carry, on the heap; NULL
 * where it carries none. */
static char *path_that_tells(const struct model *model, const char *path)
{
    if (model->flags & (MODEL_PLAINTEXT | MODEL_CALIBRATION))
        return NULL;
    if (!(model->flags & MODEL_PROXY))
        return memory_copy_string(path);
    return path_fetches(path);
}

static void want(struct digests *digests, const char *path)
{
    if (!digests->by_path)
        digests->by_path = cJSON_CreateObject();
    if (!cJSON_GetObjectItemCaseSensitive(digests->by_path, path))
        cJSON_AddNullToObject(digests->by_path, path);
}

void digests_want(struct digests *digests, const struct scenario *point,
                  const struct model *model)
{
    for (size_t i = 0; i < point->workload.request_count; i++) {
        const char *path = point->workload.requests[i].path;
        char *telling = path_that_tells(model, path);
        if (telling) {
            want(digests, telling);
            want(digests, path);
        }
        free(telling);
    }
}

/* All models have the same digests; which one tells them does not matter. */
static const char *any_model(const struct models *models)
{
    struct error unused;
    for (size_t i = 0; i < models->count; i++) {
        const struct model *model = models->items[i].model;
        if (!(model->flags & (MODEL_REFERENCE | MODEL_CALIBRATION)) &&
            model_is_supported(model, &unused))
            return model->name;
    }
    return NULL;
}

static int start(struct server_child *server, const char *model, const char *upstream,
                 struct error *error)
{
    const char *const arguments[] = {"interleave",
                                     "serve",
                                     "--model",
                                     model,
                                     "--listen",
                                     "127.0.0.1:0",
                                     upstream ? "--upstream" : NULL,
                                     upstream,
                                     NULL};
    struct server_plan plan = {.arguments = arguments, .limit_ns = START_LIMIT_NS};
    return server_child_start(server, &plan, error);
}

static int ask(struct digests *digests, const char *url, struct error *error)
{
    cJSON *entry = digests->by_path->child, *next;
    int result = 0;
    for (; entry && result == 0; entry = next) {
        char digest[HTTP_DIGEST_BYTES];
        next = entry->next;
        result = interrupt_seen() ? error_set(error, -EINTR, "interrupted")
                                  : http_get_digest(url, entry->string, digest, error);
        if (result == 0)
            cJSON_ReplaceItemInObjectCaseSensitive(digests->by_path, entry->string,
                                                   cJSON_CreateString(digest));
    }
    return result;
}

int digests_find(struct digests *digests, const struct models *models,
                 struct error *error)
{
    if (!digests->by_path)
        return 0;
    const char *model = any_model(models);
    if (!model)
        return error_set(error, -ENOENT, "no model of ours runs here to tell digests");
    /* The first is the upstream, which fetch steps ask. */
    struct server_child upstream, server;
    int result = start(&upstream, model, NULL, error);
    if (result < 0)
        return error_prefix(error, result, "digests");
    result = start(&server, model, upstream.url, error);
    if (result == 0) {
        struct error unused;
        result = ask(digests, server.url, error);
        int stopped = server_child_stop(&server, GRACE_NS, result < 0 ? &unused : error);
        result = result < 0 ? result : stopped;
        child_release(&server.child);
    }
    struct error unused;
    int stopped = server_child_stop(&upstream, GRACE_NS, result < 0 ? &unused : error);
    child_release(&upstream.child);
    result = result < 0 ? result : stopped;
    return result < 0 ? error_prefix(error, result, "digests") : 0;
}

void digests_apply(const struct digests *digests, struct scenario *point,
                   const struct model *model)
{
    for (size_t i = 0; i < point->workload.request_count; i++) {
        struct request *request = &point->workload.requests[i];
        char *path = path_that_tells(model, request->path);
        const char *known = path ? json_string(digests->by_path, path) : NULL;
        if (known && !request->digest)
            request->digest = memory_copy_string(known);
        free(path);
    }
}

void digests_release(struct digests *digests)
{
    cJSON_Delete(digests->by_path);
    digests->by_path = NULL;
}
