/* placeholders.c - values in place of names in braces, and braces that are none. */
#include "tests/test.h"

#include "harness/third_party/placeholders.h"

#include <string.h>

static const char *value_of(const void *context, const char *name)
{
    if (strcmp(name, "port") == 0)
        return "8080";
    return strcmp(name, "uv-pool") == 0 ? context : NULL;
}

static void test_texts(void **state)
{
    (void)state;
    static const struct {
        const char *text, *filled; /* NULL: refused */
    } cases[] = {
        {"", ""},
        {"plain", "plain"},
        {"{port}", "8080"},
        {"127.0.0.1:{port}/{port}", "127.0.0.1:8080/8080"},
        {"-{uv-pool}-", "-4-"},
        {"server { listen {port}; }", "server { listen 8080; }"},
        {"{{port}}", "{8080}"},
        {"{Port} {1} {} {-a} {port {", "{Port} {1} {} {-a} {port {"},
        {"%{REMOTE_ADDR}e", "%{REMOTE_ADDR}e"},
        {"{prot}", NULL},
        {"{port}{empty}", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct text filled = {0};
        struct error error = {""};
        int result = placeholders_fill(cases[i].text, value_of, "4", &filled, &error);
        if (cases[i].filled) {
            assert_int_equal(result, 0);
            assert_string_equal(text_string(&filled), cases[i].filled);
        } else {
            assert_int_equal(result, -EINVAL);
            assert_non_null(strstr(error.text, "unknown placeholder {"));
        }
        text_release(&filled);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_texts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
