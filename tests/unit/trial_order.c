/* trial_order.c - contenders, the plan of a run, and its way through config.json. */
#include "tests/test.h"

#include "harness/experiment/skip_reasons.h"
#include "harness/experiment/twins.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "tests/unit/harness_fixture.h"
#include "workload/scenario_read.h"

static const char config_text[] =
    "{\"schema_version\":1,\"profile\":\"quick\",\"repeat\":3,\"seed\":%d,"
    "\"overrun_ns\":1000000000,\"scenarios\":["
    "{\"contenders\":[\"one\",\"pool\",\"pool:threads=4\",\"loop\",\"ring\"],"
    "\"scenario\":{\"name\":\"waits\",\"title\":\"t\",\"question\":\"q\",\"family\":"
    "\"io\","
    "\"requests\":[{\"path\":\"/wait:50ms\"}],"
    "\"sweep\":{\"variable\":\"connections\",\"values\":[1,100,5000]}}},"
    "{\"contenders\":[\"one\",\"loop\"],"
    "\"scenario\":{\"name\":\"wide\",\"title\":\"t\",\"question\":\"q\",\"family\":"
    "\"cpu\","
    "\"requests\":[{\"path\":\"/spin:5ms\"}],\"server\":{\"cpus\":4}}}],"
    "\"models\":%s}";

static struct experiment make_run(int seed)
{
    struct experiment run;
    struct error error;
    char *text = memory_printf(config_text, seed, fixture_models);
    cJSON *config = cJSON_Parse(text);
    assert_non_null(config);
    if (experiment_from_json(&run, config, &error) < 0)
        fail_msg("%s", error.text);
    cJSON_Delete(config);
    free(text);
    return run;
}

static char *order_of(const struct trial_order *plan)
{
    struct text order = {0};
    for (size_t i = 0; i < plan->trial_count; i++)
        text_printf(&order, "%s\n", plan->trials[i].id);
    return text_steal(&order);
}

static char *plan_order(int seed)
{
    struct experiment run = make_run(seed);
    struct machine_limits limits = {.cpu_count = 4, .descriptors = 20000};
    struct trial_order plan;
    struct skip_reasons skip_reasons;
    experiment_order_trials(&run, &limits, &plan, &skip_reasons);
    char *order = order_of(&plan);
    free(skip_reasons.items);
    trial_order_release(&plan);
    experiment_release(&run);
    return order;
}

static void test_order_comes_from_the_seed(void **state)
{
    (void)state;
    char *first = plan_order(7), *again = plan_order(7), *other = plan_order(8);
    assert_string_equal(first, again);
    assert_string_not_equal(first, other);
    free(first);
    free(again);
    free(other);
}

/* Every block has each contender of each cell once, and a cell's come in a row. */
static void test_blocks_are_complete(void **state)
{
    (void)state;
    struct experiment run = make_run(7);
    struct machine_limits limits = {.cpu_count = 4, .descriptors = 20000};
    struct trial_order plan;
    struct skip_reasons skip_reasons;
    experiment_order_trials(&run, &limits, &plan, &skip_reasons);
    assert_int_equal(plan.cell_count, 4);
    assert_int_equal(plan.trial_count, 3 * (3 * 4 + 2)); /* "ring" is not supported */
    assert_int_equal(skip_reasons.count, 3);
    assert_string_equal(skip_reasons.items[0].why, "no io_uring here");
    for (size_t i = 0; i < plan.trial_count; i++) {
        const struct planned_trial *trial = &plan.trials[i];
        size_t same = 0, changes = 0;
        for (size_t j = 0; j < plan.trial_count; j++) {
            const struct planned_trial *other = &plan.trials[j];
            same += other->block == trial->block && other->cell == trial->cell &&
                    other->contender == trial->contender;
            changes += j > 0 && other->block == trial->block &&
                       other->cell == trial->cell &&
                       (plan.trials[j - 1].cell != trial->cell ||
                        plan.trials[j - 1].block != trial->block);
            assert_true(i == j || strcmp(trial->id, other->id) != 0);
        }
        assert_int_equal(same, 1);
        assert_true(changes <= 1);
        assert_true(i == 0 || trial->block >= plan.trials[i - 1].block);
    }
    free(skip_reasons.items);
    trial_order_release(&plan);
    experiment_release(&run);
}

static const struct planned_trial *trial_of(const struct trial_order *plan,
                                            const char *id)
{
    for (size_t i = 0; i < plan->trial_count; i++)
        if (strcmp(plan->trials[i].id, id) == 0)
            return &plan->trials[i];
    fail_msg("no such trial: %s", id);
    return NULL;
}

/* What is compared gets the same arrivals, and what else is in the run changes nothing.
 */
static void test_arrivals_are_of_the_cell(void **state)
{
    (void)state;
    struct experiment run = make_run(7);
    struct machine_limits limits = {.cpu_count = 4, .descriptors = 20000};
    struct trial_order plan;
    struct skip_reasons skip_reasons;
    experiment_order_trials(&run, &limits, &plan, &skip_reasons);
    for (size_t i = 0; i < plan.trial_count; i++) {
        for (size_t j = 0; j < i; j++) {
            const struct planned_trial *a = &plan.trials[i], *b = &plan.trials[j];
            bool compared = a->block == b->block && a->cell == b->cell;
            assert_int_equal(
                trial_order_seed(&plan, a, 7) == trial_order_seed(&plan, b, 7), compared);
        }
        assert_true(trial_order_seed(&plan, &plan.trials[i], 7) !=
                    trial_order_seed(&plan, &plan.trials[i], 8));
    }
    struct trial_order alone = {0};
    trial_order_add_cell(&alone, &run.scenarios[1].scenario, NULL, (size_t[]){0}, 1);
    trial_order_shuffle(&alone, &run.contenders, 2, 7);
    const char *id = "02-wide-one";
    assert_true(trial_order_seed(&alone, trial_of(&alone, id), 7) ==
                trial_order_seed(&plan, trial_of(&plan, id), 7));
    trial_order_release(&alone);
    free(skip_reasons.items);
    trial_order_release(&plan);
    experiment_release(&run);
}

static void test_what_the_machine_lacks_is_told(void **state)
{
    (void)state;
    struct experiment run = make_run(7);
    struct machine_limits limits = {.cpu_count = 2, .descriptors = 1024};
    struct trial_order plan;
    struct skip_reasons skip_reasons;
    experiment_order_trials(&run, &limits, &plan, &skip_reasons);
    assert_int_equal(plan.trial_count, 3 * 2 * 4); /* connections 1 and 100 */
    size_t cpus = 0, files = 0;
    for (size_t i = 0; i < skip_reasons.count; i++) {
        cpus += strstr(skip_reasons.items[i].why, "CPUs") != NULL;
        files += strstr(skip_reasons.items[i].why, "open files") != NULL;
    }
    assert_int_equal(cpus, 2);
    assert_int_equal(files, 4);
    free(skip_reasons.items);
    trial_order_release(&plan);
    experiment_release(&run);
}

/* The first that can run and has a loop, once more in each block of each of its cells,
 * beside the others; in a scenario without a loop the first. */
static void test_twins(void **state)
{
    (void)state;
    struct experiment run = make_run(7);
    struct machine_limits limits = {.cpu_count = 4, .descriptors = 20000};
    struct trial_order plan;
    struct skip_reasons skip_reasons;
    run.scenarios[1].contender_count = 1; /* "one" alone */
    size_t without = 3 * (3 * 4 + 1);
    experiment_order_trials(&run, &limits, &plan, &skip_reasons);
    assert_int_equal(plan.trial_count, without);
    twins_add(&run, &plan);
    trial_order_release(&plan);
    free(skip_reasons.items);
    experiment_order_trials(&run, &limits, &plan, &skip_reasons);
    assert_int_equal(plan.trial_count, without + 3 * (3 + 1));
    assert_int_equal(skip_reasons.count, 3); /* of "ring" alone */
    const struct planned_trial *first = trial_of(&plan, "02-waits-connections=100-loop");
    const struct planned_trial *again =
        trial_of(&plan, "02-waits-connections=100-loop__again_");
    assert_int_equal(first->cell, again->cell);
    assert_string_equal(run.contenders.items[again->contender].label, "loop (again)");
    assert_true(run.contenders.items[again->contender].again);
    assert_false(run.contenders.items[first->contender].again);
    assert_ptr_equal(run.contenders.items[again->contender].model,
                     run.contenders.items[first->contender].model);
    trial_of(&plan, "03-wide-one__again_");
    free(skip_reasons.items);
    trial_order_release(&plan);
    experiment_release(&run);
}

static void test_config_comes_back(void **state)
{
    (void)state;
    struct experiment run = make_run(7), again;
    struct error error;
    experiment_add_twin(&run, &run.scenarios[0], run.scenarios[0].contenders[3]);
    cJSON *first = experiment_to_json(&run);
    assert_int_equal(experiment_from_json(&again, first, &error), 0);
    cJSON *second = experiment_to_json(&again);
    char *before = json_print(first), *after = json_print(second);
    assert_string_equal(before, after);
    free(before);
    free(after);
    cJSON_Delete(first);
    const struct experiment_scenario *own = &again.scenarios[0];
    assert_int_equal(own->twin_of, own->contenders[3]);
    assert_true(again.contenders.items[own->twin].again);
    assert_int_equal(again.scenarios[1].twin, again.scenarios[1].twin_of);
    experiment_release(&again);
    cJSON_ReplaceItemInObject(cJSON_GetArrayItem(json_at(second, "scenarios"), 0),
                              "again", cJSON_CreateString("nobody"));
    assert_true(experiment_from_json(&again, second, &error) < 0);
    assert_non_null(strstr(error.text, "waits: \"nobody\" is to run again"));
    cJSON_Delete(second);
    experiment_release(&run);
}

static void test_contenders(void **state)
{
    (void)state;
    struct models models = fixture_make_models();
    static const struct {
        const char *label, *message; /* NULL: it is good */
    } cases[] = {
        {"pool", NULL},
        {"pool:threads=8:dispatch=connection", NULL},
        {"pol", "did you mean \"pool\"?"},
        {"pool:thread=8", "did you mean \"threads\"?"},
        {"pool:dispatch=never", "expected one of request, connection, got \"never\""},
        {"pool:threads", "expected option=value"},
        {"pool:threads=", "expected option=value"},
        {"loop:threads=8", "unknown option"},
        {"", "unknown model"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct contender contender;
        struct error error = {""};
        int result = contender_parse(&contender, cases[i].label, &models, &error);
        assert_int_equal(result == 0, cases[i].message == NULL);
        if (result == 0) {
            assert_string_equal(contender.label, cases[i].label);
            contender_release(&contender);
        } else if (!strstr(error.text, cases[i].message)) {
            fail_msg("%s: %s", cases[i].label, error.text);
        }
    }
    models_release(&models);
}

/* Ours, whose options have kinds and ranges. */
static void test_values_of_options(void **state)
{
    (void)state;
    struct models models = {0};
    models_add_ours(&models);
    static const struct {
        const char *label, *message; /* NULL: it is good */
    } cases[] = {
        {"event-loop:uv-pool=8:cpu=uv-pool", NULL},
        {"event-loop-workers:workers=cores", NULL},
        {"thread-per-connection:stack=1MiB", NULL},
        {"iterative:upstream-timeout=2s:pg-connections=3", NULL},
        {"event-loop:uv-pool=abc",
         "event-loop:uv-pool=abc: uv-pool: expected a whole number such as 8 or 10k, got "
         "\"abc\""},
        {"event-loop:uv-pool=0", "from 1 to 1024, got \"0\""},
        {"event-loop:cpu=uv-pol", "did you mean \"uv-pool\"?"},
        {"event-loop:threads=3",
         "unknown option \"threads\"; there are cpu, blocking, uv-pool, "},
        {"iterative:upstream-timeout=2", "expected a time such as"},
        {"null:pg-connections=3", "unknown option \"pg-connections\"; there is stall"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct contender contender;
        struct error error = {""};
        int result = contender_parse(&contender, cases[i].label, &models, &error);
        if ((result == 0) != (cases[i].message == NULL) ||
            (cases[i].message && !strstr(error.text, cases[i].message)))
            fail_msg("%s: %s", cases[i].label, error.text);
        if (result == 0)
            contender_release(&contender);
    }
    models_release(&models);
}

/* What a description keeps of a model: all but a coroutine, and the kinds of options. */
static void test_models_come_back(void **state)
{
    (void)state;
    struct models ours = {0}, described;
    models_add_ours(&ours);
    cJSON *array = models_to_json(&ours);
    models_from_json(&described, array);
    assert_int_equal(described.count, ours.count);
    for (size_t i = 0; i < ours.count; i++) {
        const struct model *model = ours.items[i].model,
                           *again = described.items[i].model;
        const struct field *option;
        struct error why;
        size_t o;
        assert_string_equal(model->name, again->name);
        assert_string_equal(model->summary, again->summary);
        assert_int_equal(model->flags, again->flags);
        assert_int_equal(model->wait == STEP_COROUTINE ? STEP_LOOP : model->wait,
                         again->wait);
        assert_int_equal(model->blocking, again->blocking);
        assert_int_equal(model->cpu, again->cpu);
        assert_int_equal(model_is_supported(model, &why),
                         model_is_supported(again, &why));
        for (o = 0; (option = model_option(model, o)); o++) {
            const struct field *other = model_option(again, o);
            assert_non_null(other);
            assert_string_equal(option->name, other->name);
            assert_int_equal(option->role, other->role);
            assert_true(!option->fallback == !other->fallback);
            if (option->fallback)
                assert_string_equal(option->fallback, other->fallback);
        }
        assert_null(model_option(again, o));
    }
    cJSON *same = models_to_json(&described);
    char *before = json_print(array), *after = json_print(same);
    assert_string_equal(before, after);
    free(before);
    free(after);
    cJSON_Delete(same);
    cJSON_Delete(array);
    models_release(&described);
    models_release(&ours);
}

/* Options of a role have its choices, and a name has one role in all models. */
static void test_roles(void **state)
{
    (void)state;
    for (size_t m = 0; model_list[m]; m++) {
        const struct field *option;
        for (size_t o = 0; (option = model_option(model_list[m], o)); o++) {
            assert_int_equal(option->role, option_role_of(option->name));
            if (option->role == ROLE_NONE)
                continue;
            assert_ptr_equal(model_option_with_role(model_list[m], option->role), option);
            assert_int_equal(option->kind, option_role_words[option->role] ? FIELD_CHOICE
                                                                           : FIELD_COUNT);
            assert_true(option->kind != FIELD_CHOICE ||
                        option->choices == option_role_words[option->role]);
        }
    }
}

static void note_option(void *context, const char *name, const char *value)
{
    text_printf(context, "%s=%s ", name, value);
}

static void test_options_of_a_server(void **state)
{
    (void)state;
    struct models models = fixture_make_models();
    struct scenario scenario;
    struct contender plain, own;
    struct error error;
    assert_int_equal(
        scenario_read_string(&scenario, "s",
                             "{\"name\":\"s\",\"title\":\"t\",\"question\":\"q\","
                             "\"family\":\"io\",\"requests\":[{\"path\":\"/\"}],"
                             "\"server\":{\"options\":{\"threads\":64,\"workers\":2}}}",
                             &error),
        0);
    assert_int_equal(contender_parse(&plain, "pool", &models, &error), 0);
    assert_int_equal(contender_parse(&own, "pool:threads=8", &models, &error), 0);
    struct text given = {0};
    contender_options(&plain, &scenario, note_option, &given);
    contender_options(&own, &scenario, note_option, &given);
    /* Only what the model declares, its own choice before the scenario's. */
    assert_string_equal(text_string(&given), "threads=64 threads=8 ");
    const struct field *dispatch = model_option_named(plain.model, "dispatch");
    assert_string_equal(contender_value(&plain, &scenario, dispatch), "request");
    assert_int_equal(contender_count(&plain, &scenario, ROLE_THREADS, 2), 64);
    assert_int_equal(contender_count(&own, &scenario, ROLE_THREADS, 2), 8);
    assert_int_equal(contender_count(&plain, &scenario, ROLE_WORKERS, 2), 2);
    assert_int_equal(contender_choice(&plain, &scenario, ROLE_DISPATCH),
                     DISPATCH_REQUEST);
    assert_int_equal(contender_choice(&plain, &scenario, ROLE_CPU), -1);
    assert_true(contender_has(&plain, ROLE_THREADS));
    assert_false(contender_has(&plain, ROLE_WORKERS));
    text_release(&given);
    contender_release(&plain);
    contender_release(&own);
    scenario_release(&scenario);
    models_release(&models);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_comes_from_the_seed),
        cmocka_unit_test(test_blocks_are_complete),
        cmocka_unit_test(test_arrivals_are_of_the_cell),
        cmocka_unit_test(test_what_the_machine_lacks_is_told),
        cmocka_unit_test(test_twins),
        cmocka_unit_test(test_config_comes_back),
        cmocka_unit_test(test_contenders),
        cmocka_unit_test(test_values_of_options),
        cmocka_unit_test(test_models_come_back),
        cmocka_unit_test(test_roles),
        cmocka_unit_test(test_options_of_a_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
