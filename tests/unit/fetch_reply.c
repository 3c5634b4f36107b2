/* fetch_reply.c - replies of an upstream, cut at every byte: whatever arrives together,
 * they mean the same. */
#include "tests/test.h"

#include <string.h>

#include "servers/ops/fetch_reply.h"

#define OK     "HTTP/1.1 200 OK\r\n"
#define DIGEST "Interleave-Digest: 0123abcd\r\n"

static const struct reply {
    const char *bytes;
    enum fetch_reply_state state;
    int status;
    uint32_t digest;
    bool has_digest, keeps_alive;
} replies[] = {
    {OK DIGEST "Content-Length: 3\r\n\r\nabc", FETCH_REPLY_COMPLETE, 200, 0x0123abcd,
     true, true},
    {OK "interleave-digest:0123abcd\r\nContent-Length: 0\r\n\r\n", FETCH_REPLY_COMPLETE,
     200, 0x0123abcd, true, true},
    /* Without a digest it is the CRC-32 of the body: that of "123456789" is known. */
    {OK "Content-Length: 9\r\n\r\n123456789", FETCH_REPLY_COMPLETE, 200, 0xcbf43926,
     false, true},
    {OK "Transfer-Encoding: chunked\r\n\r\n4\r\n1234\r\n5\r\n56789\r\n0\r\n\r\n",
     FETCH_REPLY_COMPLETE, 200, 0xcbf43926, false, true},
    {OK "Connection: close\r\nContent-Length: 0\r\n\r\n", FETCH_REPLY_COMPLETE, 200, 0,
     false, false},
    {OK "\r\n123456789", FETCH_REPLY_COMPLETE, 200, 0xcbf43926, false, false},
    {"HTTP/1.1 100 Continue\r\n" DIGEST "\r\n" OK "Content-Length: 0\r\n\r\n",
     FETCH_REPLY_COMPLETE, 200, 0, false, true},
    {"HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\nno", FETCH_REPLY_COMPLETE, 503,
     0x59887acb, false, true},
    {OK "Interleave-Digest: 0123\r\n\r\n", FETCH_REPLY_BROKEN, 0, 0, false, false},
    {OK "Interleave-Digest: 0123abcg\r\n\r\n", FETCH_REPLY_BROKEN, 0, 0, false, false},
    {OK "Interleave-Digest: 0123abcd0123abcd0123abcd0\r\n\r\n", FETCH_REPLY_BROKEN, 0, 0,
     false, false},
    {OK "Interleave-Digest:\r\nContent-Length: 0\r\n\r\n", FETCH_REPLY_BROKEN, 0, 0,
     false, false},
    /* Of several the last one counts; one in a trailer is none. */
    {OK "Interleave-Digest: 00000000\r\n" DIGEST "Content-Length: 0\r\n\r\n",
     FETCH_REPLY_COMPLETE, 200, 0x0123abcd, true, true},
    {OK "Transfer-Encoding: chunked\r\n\r\n9\r\n123456789\r\n0\r\n" DIGEST "\r\n",
     FETCH_REPLY_COMPLETE, 200, 0xcbf43926, false, true},
    {OK DIGEST "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"
               "Interleave-Digest: 00000000\r\n\r\n",
     FETCH_REPLY_COMPLETE, 200, 0x0123abcd, true, true},
    {OK "Interleave-Digests: 00000000\r\nInterleave: x\r\nContent-Length: 9\r\n\r\n"
        "123456789",
     FETCH_REPLY_COMPLETE, 200, 0xcbf43926, false, true},
    {OK "Content-Length: 4\r\n\r\nabc", FETCH_REPLY_BROKEN, 0, 0, false, false},
    {"", FETCH_REPLY_BROKEN, 0, 0, false, false},
    {"SSH-2.0-OpenSSH_9.2p1\r\n", FETCH_REPLY_BROKEN, 0, 0, false, false},
};

/* Bytes in pieces of `first` and then all the rest, and the end of the connection. */
static enum fetch_reply_state feed(struct fetch_reply *reply, const char *bytes,
                                   size_t first)
{
    size_t length = strlen(bytes);
    fetch_reply_start(reply);
    enum fetch_reply_state state = FETCH_REPLY_OPEN;
    if (first > 0)
        state = fetch_reply_receive(reply, bytes, first);
    if (state == FETCH_REPLY_OPEN && length > first)
        state = fetch_reply_receive(reply, bytes + first, length - first);
    if (state == FETCH_REPLY_OPEN)
        state = fetch_reply_receive(reply, NULL, 0);
    return state;
}

static void every_cut_means_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(replies); i++)
        for (size_t cut = 0; cut <= strlen(replies[i].bytes); cut++) {
            struct fetch_reply reply;
            enum fetch_reply_state got = feed(&reply, replies[i].bytes, cut);
            assert_int_equal(got, replies[i].state);
            if (got == FETCH_REPLY_BROKEN) {
                assert_non_null(reply.why);
                continue;
            }
            assert_int_equal(reply.status, replies[i].status);
            if (reply.status == 200)
                assert_int_equal(reply.digest, replies[i].digest);
            assert_int_equal(reply.has_digest, replies[i].has_digest);
            assert_int_equal(reply.keeps_alive, replies[i].keeps_alive);
        }
}

static void what_was_not_asked_for_ends_the_connection(void **state)
{
    (void)state;
    static const char bytes[] = OK "Content-Length: 1\r\n\r\nabc";
    struct fetch_reply reply;
    fetch_reply_start(&reply);
    assert_int_equal(fetch_reply_receive(&reply, bytes, sizeof bytes - 1),
                     FETCH_REPLY_COMPLETE);
    assert_false(reply.keeps_alive);
}

static void an_endless_head_is_refused(void **state)
{
    (void)state;
    struct fetch_reply reply;
    fetch_reply_start(&reply);
    enum fetch_reply_state got = fetch_reply_receive(&reply, OK, strlen(OK));
    for (int i = 0; i < 100000 && got == FETCH_REPLY_OPEN; i++)
        got = fetch_reply_receive(&reply, "A: b\r\n", 6);
    assert_int_equal(got, FETCH_REPLY_BROKEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cut_means_the_same),
        cmocka_unit_test(what_was_not_asked_for_ends_the_connection),
        cmocka_unit_test(an_endless_head_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
