/* http.c - the session: split anywhere it gives the same requests, it keeps its limits,
 * and it never looks past the end of its input. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/text.h"
#include "servers/http.h"

/* ---- input that ends at an inaccessible page -------------------------------------- */

#define GUARDED_BYTES (4UL << 20)

static char *guarded_end;

static int make_guard(void **state)
{
    (void)state;
    char *memory = mmap(NULL, GUARDED_BYTES + 4096, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(memory, MAP_FAILED);
    guarded_end = memory + GUARDED_BYTES;
    assert_int_equal(mprotect(guarded_end, 4096, PROT_NONE), 0);
    return 0;
}

static const char *guard(const char *bytes, size_t length)
{
    assert_true(length <= GUARDED_BYTES);
    memcpy(guarded_end - length, bytes, length);
    return guarded_end - length;
}

/* ---- feeding ---------------------------------------------------------------------- */

static void log_outcome(struct text *log, const struct http_session *session,
                        enum http_outcome outcome)
{
    const struct http_request *request = &session->request;
    if (outcome == HTTP_REQUEST_IN)
        text_printf(log, "%.*s%s%s%s;", (int)request->target_length, request->target,
                    request->head_only ? " head" : "",
                    request->keep_alive ? "" : " close", request->is_1_0 ? " 1.0" : "");
    else if (outcome == HTTP_CONTINUE)
        text_printf(log, "continue;");
    else
        text_printf(log, "refused %d;", session->refusal.status);
}

/* What a caller does: offers what was not consumed again, with more behind it. Every
 * offer lies in other memory than the one before. */
static char *feed(const char *input, size_t length, size_t first, size_t step)
{
    struct http_session session = {0};
    struct text log = {0};
    size_t used = 0, there = 0;
    while (there < length) {
        size_t more = there == 0 ? first : step;
        there = there + more < length ? there + more : length;
        const char *offer = guard(input + used, there - used), *at = offer;
        size_t left = there - used;
        enum http_outcome outcome;
        while ((outcome = http_session_next(&session, &at, &left)) != HTTP_NEEDS_INPUT) {
            log_outcome(&log, &session, outcome);
            if (outcome == HTTP_REFUSED)
                goto done;
        }
        used = there - left;
    }
done:
    http_session_release(&session);
    return text_steal(&log);
}

static char *feed_whole(const char *input, size_t length)
{
    return feed(input, length, length, length);
}

static void expect_whole(const char *input, const char *expected)
{
    char *log = feed_whole(input, strlen(input));
    assert_non_null(log);
    if (strcmp(log, expected) != 0)
        print_error("input: %s\n", input);
    assert_string_equal(log, expected);
    free(log);
}

/* ---- good requests ---------------------------------------------------------------- */

#define HOST "Host: a\r\n"

static const struct good {
    const char *input, *expected;
} goods[] = {
    {"GET / HTTP/1.1\r\n" HOST "\r\n", "/;"},
    {"HEAD /wait:1ms HTTP/1.1\r\n" HOST "\r\n", "/wait:1ms head;"},
    {"GET / HTTP/1.0\r\n\r\n", "/ close 1.0;"},
    {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "/ 1.0;"},
    {"GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", "/ close;"},
    {"GET / HTTP/1.1\r\nHost:\r\n\r\n", "/;"},
    {"GET /a?b=c/d HTTP/1.1\r\n" HOST "\r\n", "/a;"},
    {"GET http://x:1/p/q?r HTTP/1.1\r\n" HOST "\r\n", "/p/q;"},
    {"GET http://x HTTP/1.1\r\n" HOST "\r\n", "/;"},
    {"GET http://x?/y HTTP/1.1\r\n" HOST "\r\n", "/;"},
    {"\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n", "/;"},
    {"GET / HTTP/1.1\r\n" HOST
     "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n\r\n",
     "/;"},
    {"PUT /p HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n12345"
     "GET /q HTTP/1.1\r\n" HOST "\r\n",
     "/p;/q;"},
    {"POST /long/target HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
     "5;name=value\r\nabcde\r\n10\r\n0123456789abcdef\r\n0\r\nTrailer: x\r\n\r\n"
     "GET /q HTTP/1.1\r\n" HOST "\r\n",
     "/long/target;/q;"},
    {"GET /1 HTTP/1.1\r\n" HOST "\r\nGET /2 HTTP/1.1\r\n" HOST "\r\n\r\n"
     "GET /3 HTTP/1.1\r\n" HOST "\r\n",
     "/1;/2;/3;"},
};
#define GOODS (sizeof goods / sizeof *goods)

static void reads_good_requests(void **state)
{
    (void)state;
    for (size_t i = 0; i < GOODS; i++)
        expect_whole(goods[i].input, goods[i].expected);
}

static void split_makes_no_difference(void **state)
{
    (void)state;
    for (size_t i = 0; i < GOODS; i++) {
        size_t length = strlen(goods[i].input);
        for (size_t first = 1; first < length; first++) {
            char *two = feed(goods[i].input, length, first, length);
            assert_string_equal(two, goods[i].expected);
            free(two);
        }
        char *single = feed(goods[i].input, length, 1, 1);
        assert_string_equal(single, goods[i].expected);
        free(single);
    }
}

static void needs_more_while_incomplete(void **state)
{
    (void)state;
    static const char input[] = "GET / HTTP/1.1\r\n" HOST "\r";
    char *log = feed_whole(input, sizeof input - 1);
    assert_true(!log || !*log);
    free(log);
}

static void target_stays_in_the_input(void **state)
{
    (void)state;
    static const char input[] = "GET /x HTTP/1.1\r\n" HOST "\r\n";
    struct http_session session = {0};
    const char *at = input;
    size_t left = sizeof input - 1;
    assert_int_equal(http_session_next(&session, &at, &left), HTTP_REQUEST_IN);
    assert_ptr_equal(session.request.target, input + 4);
    assert_null(session.kept_target);
    assert_int_equal(left, 0);
    http_session_release(&session);
}

static void asks_for_the_body_only_when_told_to(void **state)
{
    (void)state;
    static const char head[] =
        "POST /x HTTP/1.1\r\n" HOST "Expect: 100-Continue\r\nContent-Length: 3\r\n\r\n";
    expect_whole(head, "continue;");
    static const char all[] = "POST /x HTTP/1.1\r\n" HOST
                              "Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc";
    expect_whole(all, "/x;");
    char *log = feed(all, sizeof all - 1, sizeof head - 1, 1);
    assert_string_equal(log, "continue;/x;");
    free(log);
    expect_whole("GET /x HTTP/1.1\r\n" HOST "Expect: 100-continue\r\n\r\n", "/x;");
    expect_whole(
        "POST /x HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
        "/x close 1.0;");
}

/* ---- refusals --------------------------------------------------------------------- */

static const struct bad {
    const char *input;
    int status;
} bads[] = {
    {"GET / HTTP/1.1\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST HOST "\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST "Content-Length: x\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
     400},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400},
    {"GET / HTTP/1.1\n" HOST "\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST "A: b\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST "A: b\rc\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST "A: b\r\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST "A: b\r\n c\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST "A: b\r\n\tc\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n : x\r\n" HOST "\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST "A : b\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST "no colon\r\n\r\n", 400},
    {"GET / HTTP/2.0\r\n" HOST "\r\n", 505},
    {"GET / HTTP/1.2\r\n" HOST "\r\n", 505},
    {"GET / HTTP/0.9\r\n" HOST "\r\n", 505},
    {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
    {"GET / HTTPS/1.1\r\n" HOST "\r\n", 400},
    {"GET / HTTP/x\r\n" HOST "\r\n", 400},
    {"GET\r\n" HOST "\r\n", 400},
    {"FROB / HTTP/1.1\r\n" HOST "\r\n", 501},
    {"get / HTTP/1.1\r\n" HOST "\r\n", 501},
    {"DELETE / HTTP/1.1\r\n" HOST "\r\n", 405},
    {"OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 405},
    {"CONNECT a:1 HTTP/1.1\r\n" HOST "\r\n", 405},
    {"\x16\x03\x01 hello\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" HOST "Expect: miracles\r\nContent-Length: 1\r\n\r\n", 417},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 1048577\r\n\r\n", 413},
};

static void refuses_bad_requests(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bads / sizeof *bads; i++) {
        char expected[32];
        snprintf(expected, sizeof expected, "refused %d;", bads[i].status);
        expect_whole(bads[i].input, expected);
        size_t length = strlen(bads[i].input);
        for (size_t first = 1; first < length; first++) {
            char *log = feed(bads[i].input, length, first, 1);
            assert_string_equal(log, expected);
            free(log);
        }
    }
}

static void refuses_for_good(void **state)
{
    (void)state;
    struct http_session session = {0};
    const char *at = "GET / HTTP/9.9\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n";
    size_t left = strlen(at);
    assert_int_equal(http_session_next(&session, &at, &left), HTTP_REFUSED);
    assert_int_equal(http_session_next(&session, &at, &left), HTTP_REFUSED);
    assert_int_equal(session.refusal.status, 505);
}

/* ---- limits ----------------------------------------------------------------------- */

/* "prefix" + filler up to `total` bytes + "suffix" */
static char *padded(const char *prefix, size_t total, const char *suffix)
{
    struct text text = {0};
    text_append_string(&text, prefix);
    while (text.length < total)
        text_append(&text, "x", 1);
    text_append_string(&text, suffix);
    return text_steal(&text);
}

static void expect_padded(const char *prefix, size_t total, const char *suffix,
                          const char *expected)
{
    char *input = padded(prefix, total, suffix);
    size_t length = strlen(input);
    const size_t steps[] = {length, 1000, 4096};
    for (size_t i = 0; i < 3; i++) {
        char *log = feed(input, length, steps[i], steps[i]);
        if (expected) {
            assert_non_null(log);
            assert_string_equal(log, expected);
        } else {
            assert_non_null(log);
            assert_null(strstr(log, "refused"));
        }
        free(log);
    }
    free(input);
}

static void limits_the_request_line(void **state)
{
    (void)state;
    static const char end[] = " HTTP/1.1\r\n" HOST "\r\n";
    const size_t line_end = strlen(" HTTP/1.1\r\n");
    expect_padded("GET /", HTTP_MAX_LINE_BYTES - line_end, end, NULL);
    expect_padded("GET /", HTTP_MAX_LINE_BYTES - line_end + 1, end, "refused 414;");
    expect_padded("GET /", 3 * HTTP_MAX_LINE_BYTES, "", "refused 414;");
}

static void limits_the_headers(void **state)
{
    (void)state;
    static const char start[] = "GET / HTTP/1.1\r\n" HOST "A: ";
    const size_t line = strlen("GET / HTTP/1.1\r\n"), end = strlen("\r\n\r\n");
    const size_t most = line + HTTP_MAX_HEADERS_BYTES - end;
    expect_padded(start, most, "\r\n\r\n", "/;");
    expect_padded(start, most + 1, "\r\n\r\n", "refused 431;");
    expect_padded(start, 3 * HTTP_MAX_HEADERS_BYTES, "", "refused 431;");
}

static void limits_the_body(void **state)
{
    (void)state;
    static const char sized[] =
        "POST / HTTP/1.1\r\n" HOST "Content-Length: 1048576\r\n\r\n";
    expect_padded(sized, strlen(sized) + HTTP_MAX_BODY_BYTES, "", "/;");
    static const char chunk[] =
        "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n100000\r\n";
    expect_padded(chunk, strlen(chunk) + HTTP_MAX_BODY_BYTES, "\r\n0\r\n\r\n", "/;");
    expect_padded(chunk, strlen(chunk) + HTTP_MAX_BODY_BYTES, "\r\n1\r\nx\r\n0\r\n\r\n",
                  "refused 413;");
    static const char extension[] =
        "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1;";
    expect_padded(extension, 3 * HTTP_MAX_BODY_BYTES, "", "refused 413;");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_good_requests),
        cmocka_unit_test(split_makes_no_difference),
        cmocka_unit_test(needs_more_while_incomplete),
        cmocka_unit_test(target_stays_in_the_input),
        cmocka_unit_test(asks_for_the_body_only_when_told_to),
        cmocka_unit_test(refuses_bad_requests),
        cmocka_unit_test(refuses_for_good),
        cmocka_unit_test(limits_the_request_line),
        cmocka_unit_test(limits_the_headers),
        cmocka_unit_test(limits_the_body),
    };
    return cmocka_run_group_tests(tests, make_guard, NULL);
}
