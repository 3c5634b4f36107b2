/* harness_fixture.h - models and scenarios made of text, for the harness's tests. */
#ifndef TESTS_UNIT_HARNESS_FIXTURE_H
#define TESTS_UNIT_HARNESS_FIXTURE_H

#include "record/contender.h"
#include "record/models.h"
#include "workload/scenario.h"

/* Models as config.json would list them. */
static const char fixture_models[] =
    "[{\"name\":\"one\",\"flags\":[\"serial\"],\"options\":[],\"supported\":true},"
    "{\"name\":\"pool\",\"flags\":[\"threads\"],\"options\":["
    "{\"name\":\"threads\",\"default\":\"16\"},"
    "{\"name\":\"dispatch\",\"default\":\"request\","
    "\"choices\":[\"request\",\"connection\"]}],\"supported\":true},"
    "{\"name\":\"loop\",\"flags\":[\"loop\"],\"options\":["
    "{\"name\":\"uv-pool\",\"default\":\"4\"},"
    "{\"name\":\"cpu\",\"default\":\"loop\",\"choices\":[\"loop\",\"uv-pool\"]},"
    "{\"name\":\"blocking\",\"default\":\"uv-pool\",\"choices\":[\"loop\",\"uv-pool\"]},"
    "{\"name\":\"pg-connections\",\"default\":\"8\"}],\"supported\":true},"
    "{\"name\":\"hybrid\",\"flags\":[\"loop\",\"workers\"],\"options\":["
    "{\"name\":\"workers\",\"default\":\"cores\"}],\"supported\":true},"
    "{\"name\":\"forked\",\"flags\":[\"processes\"],\"options\":["
    "{\"name\":\"processes\",\"default\":\"64\"},"
    "{\"name\":\"dispatch\",\"default\":\"request\"},"
    "{\"name\":\"pg-connections\",\"default\":\"8\"}],\"supported\":true},"
    "{\"name\":\"forking\",\"flags\":[\"processes\"],\"options\":["
    "{\"name\":\"pg-connections\",\"default\":\"8\"}],\"supported\":true},"
    "{\"name\":\"loops\",\"flags\":[\"loop\"],\"options\":["
    "{\"name\":\"loops\",\"default\":\"cores\"},"
    "{\"name\":\"uv-pool\",\"default\":\"4\"}],\"supported\":true},"
    "{\"name\":\"cluster\",\"flags\":[\"loop\",\"processes\"],\"options\":["
    "{\"name\":\"processes\",\"default\":\"cores\"},"
    "{\"name\":\"distribution\",\"default\":\"handover\"},"
    "{\"name\":\"uv-pool\",\"default\":\"4\"}],\"supported\":true},"
    "{\"name\":\"floor\",\"flags\":[\"loop\",\"calibration\"],\"options\":[],"
    "\"supported\":true},"
    "{\"name\":\"ring\",\"flags\":[\"loop\"],\"options\":["
    "{\"name\":\"pool\",\"default\":\"4\"}],\"supported\":false,"
    "\"why\":\"no io_uring here\"}]";

static inline struct models fixture_make_models(void)
{
    struct models models;
    cJSON *array = cJSON_Parse(fixture_models);
    models_from_json(&models, array);
    cJSON_Delete(array);
    return models;
}

#endif
