/* request_head.c - requests as they go out, byte by byte, and what may not be given. */
#include "tests/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "loadgen/plan/load_plan.h"
#include "loadgen/plan/load_settings.h"
#include "workload/scenario_read.h"

#define SCENARIO(more)                                                                   \
    "{\"name\":\"x\",\"title\":\"t\",\"question\":\"q\",\"family\":\"io\"," more "}"

static const struct command command = {.name = "load", .operands = "[URL...]"};

/* A plan of a scenario (or NULL) and what is typed, up to a NULL. 0 or -errno. */
static int make_plan(struct load_plan *plan, const char *scenario,
                     const char *const *words, struct error *error)
{
    char *argv[24] = {(char *)(uintptr_t) "load"};
    char path[] = "/tmp/interleave-head-XXXXXX";
    struct load_settings settings = {0};
    struct option_group groups[LOAD_SETTINGS_GROUPS];
    struct words urls;
    int argc = 1;
    if (scenario) {
        close(mkstemp(path));
        assert_int_equal(file_write_atomic(path, scenario, strlen(scenario), error), 0);
        argv[argc++] = (char *)(uintptr_t) "--scenario";
        argv[argc++] = path;
    }
    for (; *words; words++)
        argv[argc++] = (char *)(uintptr_t)*words;
    load_settings_groups(&settings, groups);
    int result =
        options_parse(&command, groups, LOAD_SETTINGS_GROUPS, argc, argv, &urls, error);
    if (result == 0) {
        load_settings_note_given(&settings, groups);
        result = load_plan_read(plan, &settings, &urls, false, error);
        options_release(groups, LOAD_SETTINGS_GROUPS);
        words_release(&urls);
    }
    if (scenario)
        unlink(path);
    return result;
}

#define URL      "http://127.0.0.1:1"
#define HOST     "Host: 127.0.0.1:1\r\n"
#define BODY     "a\0\r\nb" /* of which 5 bytes go out */
#define BODYFILE "/tmp/interleave-body-of-request-head"

static const struct {
    const char *scenario; /* NULL: none */
    const char *words[8];
    const char
        *sent[2]; /* the first requests; `length` says how long where it has a NUL */
    size_t length;
    bool to_head, idempotent; /* of the first */
} messages[] = {
    {NULL, {URL "/a"}, {"GET /a HTTP/1.1\r\n" HOST "\r\n"}, 0, false, true},
    {NULL, {URL, "--method", "HEAD"}, {"HEAD / HTTP/1.1\r\n" HOST "\r\n"}, 0, true, true},
    {NULL,
     {URL, "--header", "User-Agent: me", "--header", "hOST:else"},
     {"GET / HTTP/1.1\r\nUser-Agent: me\r\nhOST:else\r\n\r\n"},
     0,
     false,
     true},
    {NULL,
     {URL, "--method", "POST"},
     {"POST / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n"},
     0,
     false,
     false},
    {NULL,
     {URL, "--method", "DELETE"},
     {"DELETE / HTTP/1.1\r\n" HOST "\r\n"},
     0,
     false,
     true},
    {NULL,
     {URL, "--body", "{\"a\": 1}"},
     {"POST / HTTP/1.1\r\n" HOST "Content-Length: 8\r\n\r\n{\"a\": 1}"},
     0,
     false,
     false},
    {NULL,
     {URL, "--method", "PUT", "--body-file", BODYFILE},
     {"PUT / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n" BODY},
     sizeof "PUT / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n" BODY - 1,
     false,
     true},
    {NULL,
     {URL, "--method", "PURGE", "--body", ""},
     {"PURGE / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n"},
     0,
     false,
     false},
    /* A request's own wins over the load's. */
    {SCENARIO("\"requests\":[{\"path\":\"/\",\"headers\":[\"B: own\"]},"
              "{\"path\":\"/q\",\"method\":\"GET\"}],\"load\":{\"method\":\"PUT\","
              "\"headers\":[\"A: all\",\"b: all\"],\"body\":\"x\"}"),
     {URL},
     {"PUT / HTTP/1.1\r\n" HOST "A: all\r\nB: own\r\nContent-Length: 1\r\n\r\nx",
      "GET /q HTTP/1.1\r\n" HOST "A: all\r\nb: all\r\n\r\n"},
     0,
     false,
     true},
    /* What is typed wins over both. */
    {SCENARIO("\"requests\":[{\"path\":\"/\",\"body\":\"own\"},"
              "{\"path\":\"/q\",\"method\":\"GET\",\"headers\":[\"A: own\"]}],"
              "\"load\":{\"headers\":[\"A: all\",\"B: all\"],\"body\":\"all\"}"),
     {URL, "--method", "PATCH", "--header", "a: typed"},
     {"PATCH / HTTP/1.1\r\n" HOST "a: typed\r\nContent-Length: 3\r\n\r\nown",
      "PATCH /q HTTP/1.1\r\n" HOST "a: typed\r\nContent-Length: 3\r\n\r\nall"},
     0,
     false,
     false},
    {SCENARIO("\"requests\":[{\"path\":\"/\",\"body\":\"own\"},"
              "{\"path\":\"/q\",\"method\":\"PUT\"}],\"load\":{\"body\":\"all\"}"),
     {URL, "--body-file", BODYFILE},
     {"POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n" BODY},
     sizeof "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n" BODY - 1,
     false,
     false},
};

static void expect_message(const struct message *message, const char *bytes,
                           size_t length)
{
    if (message->length != length || memcmp(message->bytes, bytes, length) != 0)
        fail_msg("\"%s\" and not \"%s\"", message->bytes, bytes);
}

static void builds_requests(void **state)
{
    (void)state;
    struct error error;
    assert_int_equal(file_write_atomic(BODYFILE, BODY, sizeof BODY - 1, &error), 0);
    for (size_t i = 0; i < COUNT_OF(messages); i++) {
        struct load_plan plan;
        if (make_plan(&plan, messages[i].scenario, messages[i].words, &error) < 0)
            fail_msg("case %zu: %s", i, error.text);
        for (size_t k = 0; k < COUNT_OF(messages[i].sent) && messages[i].sent[k]; k++) {
            const char *sent = messages[i].sent[k];
            size_t length = messages[i].length ? messages[i].length : strlen(sent);
            expect_message(load_plan_message(&plan.requests[k], 0, false), sent, length);
            /* Its other form says that it is the last, before the body. */
            size_t head = (size_t)(strstr(sent, "\r\n\r\n") - sent) + 2;
            struct text last = {0};
            text_append(&last, sent, head);
            text_append_string(&last, "Connection: close\r\n");
            text_append(&last, sent + head, length - head);
            expect_message(load_plan_message(&plan.requests[k], 0, true), last.data,
                           last.length);
            text_release(&last);
        }
        assert_int_equal(plan.requests[0].to_head, messages[i].to_head);
        assert_int_equal(plan.requests[0].idempotent, messages[i].idempotent);
        load_plan_release(&plan);
    }
    unlink(BODYFILE);
}

static const struct {
    const char *scenario;
    const char *words[6];
    const char *message; /* a part of it */
} mistakes[] = {
    {NULL,
     {"--header", "A"},
     "--header: expected a header as \"Name: value\", got \"A\""},
    {NULL, {"--header", "A b: c"}, "expected a header as \"Name: value\""},
    {NULL, {"--header", ": c"}, "expected a header as \"Name: value\""},
    {NULL, {"--header", "A: b\r\nC: d"}, "byte 5 of \"A\" is 0x0d"},
    {NULL, {"--header", "A: b\nC: d"}, "byte 5 of \"A\" is 0x0a"},
    {NULL, {"--header", "A: \x7f"}, "byte 4 of \"A\" is 0x7f"},
    {NULL, {"--header", "content-length: 5"}, "Content-Length is not to be given"},
    {NULL, {"--header", "Transfer-Encoding:x"}, "Transfer-Encoding is not to be given"},
    {NULL, {"--header", "CONNECTION: close"}, "Connection is not to be given"},
    {NULL, {URL, "--header", "Host: a", "--header", "host: b"}, "one Host header, got 2"},
    {NULL, {"--method", "G T"}, "--method: expected a method such as GET"},
    {NULL, {"--method", "CONNECT"}, "CONNECT asks for a tunnel"},
    {NULL, {"--body-file", "-"}, "--body-file: stdin is read once"},
    {NULL, {"--body-file", "/nonexistent/x"}, "/nonexistent/x: No such file"},
    {NULL, {URL, "--body-file", "/tmp"}, "/tmp: a body comes from a regular file"},
    {NULL, {URL, "--body-file", "/dev/null"}, "a body comes from a regular file"},
    {NULL, {URL, "--body", "a", "--body-file", "/dev/null"}, "a request has one body"},
    {SCENARIO("\"requests\":[{\"path\":\"/\",\"headers\":[\"A: b\",\"C\"]}]"),
     {URL},
     ":1:96: requests[0].headers[1]: expected a header as \"Name: value\", got \"C\""},
    {SCENARIO("\"requests\":[{\"path\":\"/\"}],\"load\":{\"headers\":[\"A: b\\r\\n\"]}"),
     {URL},
     ":1:99: load.headers[0]: a header is one line without control characters: byte 5 "
     "of \"A\" is 0x0d"},
    {SCENARIO("\"requests\":[{\"path\":\"/\"}],\"load\":{\"method\":\"A B\"}"),
     {URL},
     ":1:97: load.method: expected a method such as GET"},
    {SCENARIO(
         "\"requests\":[{\"path\":\"/\",\"body\":\"a\",\"body_file\":\"/dev/null\"}]"),
     {URL},
     ":1:101: requests[0].body_file: a request has one body"},
    {SCENARIO("\"requests\":[{\"path\":\"/\",\"body_file\":\"none-such\"}]"),
     {URL},
     "requests[0].body_file: /tmp/none-such: No such file"},
};

static void refuses_what_cannot_be_sent(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(mistakes); i++) {
        struct load_plan plan;
        struct error error = {0};
        if (make_plan(&plan, mistakes[i].scenario, mistakes[i].words, &error) == 0)
            fail_msg("it should say \"%s\"", mistakes[i].message);
        if (!strstr(error.text, mistakes[i].message))
            fail_msg("\"%s\" should have \"%s\"", error.text, mistakes[i].message);
    }
}

/* A body as long as is allowed, and one byte more. */
static void bodies_are_limited(void **state)
{
    (void)state;
    const char *words[] = {URL, "--body-file", BODYFILE, NULL};
    char *bytes = memory_allocate_zeroed(REQUEST_MAX_BODY + 1, 1);
    for (size_t more = 0; more < 2; more++) {
        struct load_plan plan;
        struct error error;
        assert_int_equal(
            file_write_atomic(BODYFILE, bytes, REQUEST_MAX_BODY + more, &error), 0);
        int result = make_plan(&plan, NULL, words, &error);
        assert_int_equal(result, more ? -EINVAL : 0);
        if (result < 0)
            assert_non_null(strstr(error.text, "a body has at most 16 MiB"));
        else
            load_plan_release(&plan);
    }
    free(bytes);
    unlink(BODYFILE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(builds_requests),
        cmocka_unit_test(refuses_what_cannot_be_sent),
        cmocka_unit_test(bodies_are_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
