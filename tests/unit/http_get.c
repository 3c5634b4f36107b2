/* http_get.c - the harness's own requests: good replies, and what it says of others. */
#include "tests/test.h"

#include <string.h>

#include "harness/trial/http_get.h"
#include "tests/unit/load_server.h"

#define OK "HTTP/1.1 200 OK\r\n"

static const struct {
    struct server_answer answer;
    const char *message; /* "": a good reply */
    const char *digest;  /* NULL: none, which is an error where one is asked for */
} cases[] = {
    {{SERVER_REPLY, REPLY_GOOD}, "", "1"},
    {{SERVER_REPLY_AND_CLOSE, OK "interleave-digest: 0123abcd\r\n\r\nhello"},
     "",
     "0123abcd"},
    {{SERVER_REPLY, OK "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"},
     "",
     NULL},
    {{SERVER_REPLY_AND_CLOSE, OK "Content-Length: 6\r\n\r\nhello"},
     "/x: its reply is not complete",
     NULL},
    {{SERVER_CLOSE, NULL}, "/x: it did not answer", NULL},
    {{SERVER_REPLY, "HTTP/1.1 503 No\r\nContent-Length: 8\r\n\r\nbusy\nnow"},
     "/x: HTTP/1.1 503 No: busy",
     NULL},
    {{SERVER_REPLY, "HTTP/1.1 400 Bad\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "4\r\nwhat\r\n0\r\n\r\n"},
     "/x: HTTP/1.1 400 Bad: what",
     NULL},
    {{SERVER_REPLY, "SSH-2.0-OpenSSH\r\n"}, "/x: SSH-2.0-OpenSSH: ", NULL},
};

static struct server_answer answer_case(uint64_t number, const char *request)
{
    assert_non_null(strstr(request, "GET /x HTTP/1.1\r\n"));
    return cases[number / 2].answer;
}

static void tells_good_from_bad(void **state)
{
    (void)state;
    struct scripted_server server = {.script = answer_case};
    server_start(&server);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error error = {.text = ""};
        char digest[HTTP_DIGEST_BYTES];
        int expected = *cases[i].message ? -EPROTO : 0;
        assert_int_equal(http_get(server.url, "/x", &error), expected);
        assert_string_equal(error.text, cases[i].message);
        assert_int_equal(http_get_digest(server.url, "/x", digest, &error),
                         cases[i].digest ? 0 : -EPROTO);
        if (cases[i].digest)
            assert_string_equal(digest, cases[i].digest);
        else if (expected == 0)
            assert_string_equal(error.text, "/x: a reply without a digest");
    }
    server_stop(&server);
    struct error error;
    assert_int_equal(http_get(server.url, "/x", &error), -ECONNREFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_good_from_bad),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
