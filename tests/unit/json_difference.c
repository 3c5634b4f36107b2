/* json_difference.c - in which leaves two JSON texts differ. */
#include "tests/test.h"

#include "base/json_difference.h"

#include "base/text.h"

static void take(void *context, const char *path, const char *a, const char *b)
{
    text_printf(context, "%s: %s|%s;", path, a ? a : "none", b ? b : "none");
}

static void test_leaves(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b, *told;
    } cases[] = {
        {"{\"x\":1,\"y\":[2,{\"z\":\"t\"}]}", "{\"y\":[2,{\"z\":\"t\"}],\"x\":1}", ""},
        {"{\"x\":1}", "{\"x\":2}", "x: 1|2;"},
        {"{\"x\":{\"y\":[1,2]}}", "{\"x\":{\"y\":[1,3]}}", "x.y[1]: 2|3;"},
        {"{\"x\":null}", "{}", "x: null|none;"},
        {"[1]", "[1,2,3]", "[1]: none|2;[2]: none|3;"},
        {"{\"x\":{\"y\":1}}", "{\"x\":[1]}", "x: {...}|[...];"},
        {"{\"x\":\"a\"}", "{\"x\":true}", "x: \"a\"|true;"},
        {"{\"x\":{}}", "{\"x\":{}}", ""},
        {"{\"x\":{}}", "{\"x\":{\"y\":1}}", "x.y: none|1;"},
        {"0.1", "0.10000000000000002",
         ": 0.1|0.10000000000000002;"}, /* to the last bit */
        {"{\"X\":1}", "{\"x\":1}", "X: 1|none;x: none|1;"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct text told = {0};
        cJSON *a = cJSON_Parse(cases[i].a), *b = cJSON_Parse(cases[i].b);
        size_t count = json_differences(a, b, take, &told), semicolons = 0;
        assert_string_equal(text_string(&told), cases[i].told);
        for (size_t k = 0; k < told.length; k++)
            semicolons += told.data[k] == ';';
        assert_int_equal(count, semicolons);
        cJSON_Delete(a);
        cJSON_Delete(b);
        text_release(&told);
    }
    struct text told = {0};
    assert_int_equal(json_differences(NULL, NULL, take, &told), 0);
    text_release(&told);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_leaves)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
