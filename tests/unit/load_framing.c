/* Replies: split at every byte, glued together, changing, cut short, of every kind. */
#include "tests/test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/text.h"
#include "loadgen/engine/framing.h"

/* One request as a thread of the generator knows it. */
struct framing_fixture {
    struct expected_reply expected;
    struct pattern pattern;
    struct parser_pool pool;
    struct framing framing;
};

static void framing_fixture_init(struct framing_fixture *view, bool head_request)
{
    *view = (struct framing_fixture){0};
    expected_reply_init(&view->expected, NULL);
    pattern_init(&view->pattern, &view->expected, true, head_request);
}

static void framing_fixture_release(struct framing_fixture *view)
{
    framing_reset(&view->framing, &view->pool);
    parser_pool_release(&view->pool);
    pattern_release(&view->pattern);
    expected_reply_release(&view->expected);
}

/*
 * Feeds bytes that end right before an inaccessible page, so that reading beyond them
 * crashes.
 */
static enum framing_result feed_guarded(struct framing_fixture *view, const char *data,
                                        size_t bytes, size_t *used)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t room = (bytes / page + 1) * page;
    char *memory = mmap(NULL, room + page, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(memory != MAP_FAILED);
    assert_int_equal(mprotect(memory + room, page, PROT_NONE), 0);
    char *start = memory + room - bytes;
    memcpy(start, data, bytes);
    enum framing_result result =
        framing_feed(&view->framing, &view->pattern, &view->pool, start, bytes, used);
    munmap(memory, room + page);
    return result;
}

/* Feeds all of `data`, which must be one reply, first `split` bytes and then the rest. */
static void expect_reply(struct framing_fixture *view, const char *data, size_t bytes,
                         size_t split, enum verdict verdict)
{
    size_t used;
    if (split > 0 && split < bytes) {
        assert_int_equal(feed_guarded(view, data, split, &used), FRAMING_MORE);
        assert_int_equal(used, split);
        data += split;
        bytes -= split;
    }
    assert_int_equal(feed_guarded(view, data, bytes, &used), FRAMING_REPLY);
    assert_int_equal(used, bytes);
    assert_int_equal(view->framing.verdict, verdict);
    assert_int_equal(view->framing.state, FRAMING_START);
}

static const char *const kinds[] = {
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nInterleave-Digest: 0a1b\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 204 No Content\r\nServer: x\r\n\r\n",
    "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: "
    "chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n"
    "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nTrailer: t\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\ninterleave-digest: ff\r\n\r\n",
};

static void test_split_at_every_byte(void **state)
{
    (void)state;
    for (size_t k = 0; k < COUNT_OF(kinds); k++) {
        size_t bytes = strlen(kinds[k]);
        /* `learned`: whether a reply in one piece came before. */
        for (int learned = 0; learned < 2; learned++) {
            for (size_t split = 0; split < bytes; split++) {
                struct framing_fixture view;
                framing_fixture_init(&view, false);
                if (learned)
                    expect_reply(&view, kinds[k], bytes, 0, VERDICT_GOOD);
                expect_reply(&view, kinds[k], bytes, split, VERDICT_GOOD);
                expect_reply(&view, kinds[k], bytes, 0, VERDICT_GOOD);
                assert_true(view.framing.keep_alive);
                framing_fixture_release(&view);
            }
        }
    }
}

static void test_one_byte_at_a_time(void **state)
{
    (void)state;
    for (size_t k = 0; k < COUNT_OF(kinds); k++) {
        struct framing_fixture view;
        framing_fixture_init(&view, false);
        size_t bytes = strlen(kinds[k]), used;
        for (int round = 0; round < 3; round++)
            for (size_t i = 0; i < bytes; i++) {
                enum framing_result result = feed_guarded(&view, kinds[k] + i, 1, &used);
                assert_int_equal(result, i + 1 < bytes ? FRAMING_MORE : FRAMING_REPLY);
                assert_int_equal(used, 1);
            }
        assert_int_equal(view.framing.verdict, VERDICT_GOOD);
        framing_fixture_release(&view);
    }
}

static void test_glued_replies(void **state)
{
    (void)state;
    for (size_t k = 0; k < COUNT_OF(kinds); k++) {
        struct framing_fixture view;
        framing_fixture_init(&view, false);
        size_t bytes = strlen(kinds[k]);
        char *three = memory_printf("%s%s%s", kinds[k], kinds[k], kinds[k]);
        size_t left = 3 * bytes;
        for (int i = 0; i < 3; i++) {
            size_t used;
            assert_int_equal(feed_guarded(&view, three + 3 * bytes - left, left, &used),
                             FRAMING_REPLY);
            assert_int_equal(used, bytes);
            left -= used;
        }
        free(three);
        framing_fixture_release(&view);
    }
}

static void test_equal_replies_are_not_parsed(void **state)
{
    (void)state;
    struct framing_fixture view;
    framing_fixture_init(&view, false);
    size_t bytes = strlen(kinds[0]);
    for (int i = 0; i < 10 * FRAMING_PARSE_EVERY; i++)
        expect_reply(&view, kinds[0], bytes, 0, VERDICT_GOOD);
    assert_int_equal(view.pool.parsed, 10);
    framing_fixture_release(&view);
}

/* A date that changes is parsed once for each change. */
static void test_head_that_changes(void **state)
{
    (void)state;
    struct framing_fixture view;
    framing_fixture_init(&view, false);
    for (int second = 0; second < 12; second++) {
        char *reply = memory_printf("HTTP/1.1 200 OK\r\nDate: %d\r\nContent-Length: 2\r\n"
                                    "\r\nok",
                                    second);
        for (int i = 0; i < 20; i++)
            expect_reply(&view, reply, strlen(reply), 0, VERDICT_GOOD);
        free(reply);
    }
    assert_int_equal(view.pool.parsed, 12);
    framing_fixture_release(&view);
}

static void test_wrong_bodies(void **state)
{
    (void)state;
    static const struct {
        const char *reply;
        enum verdict verdict;
    } later[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nInterleave-Digest: 0a1c\r\n\r\nhello",
         VERDICT_WRONG_DIGEST},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", VERDICT_WRONG_DIGEST},
        {"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nInterleave-Digest: 0a1b\r\n\r\nhell",
         VERDICT_WRONG_LENGTH},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nInterleave-Digest: 0a1b\r\n"
         "\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n",
         VERDICT_WRONG_LENGTH},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nInterleave-Digest: 0a1b\r\n"
         "\r\n5\r\nhello\r\n0\r\n\r\n",
         VERDICT_GOOD},
        {"HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nhello",
         VERDICT_CLIENT_ERROR},
        {"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", VERDICT_SERVER_ERROR},
    };
    struct framing_fixture view;
    framing_fixture_init(&view, false);
    expect_reply(&view, kinds[0], strlen(kinds[0]), 0, VERDICT_GOOD);
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < COUNT_OF(later); i++) {
            expect_reply(&view, later[i].reply, strlen(later[i].reply), 0,
                         later[i].verdict);
            expect_reply(&view, kinds[0], strlen(kinds[0]), 0, VERDICT_GOOD);
        }
    framing_fixture_release(&view);
}

/* The first good reply that any thread sees is what all threads expect. */
static void test_threads_share_the_expected_reply(void **state)
{
    (void)state;
    struct framing_fixture first;
    framing_fixture_init(&first, false);
    expect_reply(&first, kinds[0], strlen(kinds[0]), 0, VERDICT_GOOD);
    struct pattern second;
    pattern_init(&second, &first.expected, true, false);
    size_t used;
    const char *other = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx";
    assert_int_equal(
        framing_feed(&first.framing, &second, &first.pool, other, strlen(other), &used),
        FRAMING_REPLY);
    assert_int_equal(first.framing.verdict, VERDICT_WRONG_LENGTH);
    pattern_release(&second);
    framing_fixture_release(&first);
}

/* The next reply begins where the missing byte should have been. */
static void test_body_one_byte_short(void **state)
{
    (void)state;
    struct framing_fixture view;
    framing_fixture_init(&view, false);
    size_t used;
    const char *whole = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    expect_reply(&view, whole, strlen(whole), 0, VERDICT_GOOD);
    assert_int_equal(feed_guarded(&view, whole, strlen(whole) - 1, &used), FRAMING_MORE);
    assert_int_equal(feed_guarded(&view, whole, strlen(whole), &used), FRAMING_REPLY);
    assert_int_equal(used, 1);
    assert_int_equal(feed_guarded(&view, whole + 1, strlen(whole) - 1, &used),
                     FRAMING_MALFORMED);
    assert_int_equal(view.framing.state, FRAMING_START);
    framing_fixture_release(&view);
}

static void test_end_of_stream(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        enum framing_result result;
    } cases[] = {
        {"HTTP/1.1 200 OK\r\nServer: x\r\n\r\nuntil the end", FRAMING_REPLY},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", FRAMING_MORE},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", FRAMING_MORE},
        {"HTTP/1.1 200 OK\r\nServer: x\r\n", FRAMING_MORE},
        {"HTTP/1.1 100 Continue\r\n\r\n", FRAMING_MORE},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct framing_fixture view;
        framing_fixture_init(&view, false);
        size_t used;
        assert_int_equal(
            feed_guarded(&view, cases[i].bytes, strlen(cases[i].bytes), &used),
            FRAMING_MORE);
        assert_int_equal(framing_end_of_stream(&view.framing, &view.pool),
                         cases[i].result);
        if (cases[i].result == FRAMING_REPLY) {
            assert_int_equal(view.framing.verdict, VERDICT_GOOD);
            assert_false(view.framing.keep_alive);
        }
        framing_fixture_release(&view);
    }
}

static void test_connection_close(void **state)
{
    (void)state;
    struct framing_fixture view;
    framing_fixture_init(&view, false);
    const char *reply =
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx";
    for (int i = 0; i < 3; i++) {
        expect_reply(&view, reply, strlen(reply), 0, VERDICT_GOOD);
        assert_false(view.framing.keep_alive);
    }
    framing_fixture_release(&view);
}

static void test_head_request(void **state)
{
    (void)state;
    struct framing_fixture view;
    framing_fixture_init(&view, true);
    const char *reply = "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n";
    for (int i = 0; i < 3; i++)
        expect_reply(&view, reply, strlen(reply), 0, VERDICT_GOOD);
    framing_fixture_release(&view);
}

/* Bytes that were never read: there is nothing to look at. */
static void expect_skipped(struct framing_fixture *view, size_t bytes,
                           enum framing_result result)
{
    static const char nothing[1];
    size_t used;
    assert_int_equal(
        framing_feed(&view->framing, &view->pattern, &view->pool, nothing, bytes, &used),
        result);
    assert_int_equal(used, bytes);
}

static void test_skipped_bodies(void **state)
{
    (void)state;
    struct framing_fixture view;
    framing_fixture_init(&view, false);
    const char *head = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n";
    for (int i = 0; i < 3; i++) {
        size_t used;
        assert_int_equal(feed_guarded(&view, head, strlen(head), &used), FRAMING_MORE);
        assert_int_equal(framing_skippable(&view.framing), 100000);
        expect_skipped(&view, 99999, FRAMING_MORE);
        assert_int_equal(framing_skippable(&view.framing), 1);
        expect_skipped(&view, 1, FRAMING_REPLY);
        assert_int_equal(framing_skippable(&view.framing), 0);
        assert_int_equal(view.framing.verdict, VERDICT_GOOD);
    }
    framing_fixture_release(&view);
}

static void test_not_http(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "SSH-2.0-OpenSSH\r\n",
        "\x16\x03\x01",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct framing_fixture view;
        framing_fixture_init(&view, false);
        size_t used;
        assert_int_equal(feed_guarded(&view, cases[i], strlen(cases[i]), &used),
                         FRAMING_MALFORMED);
        framing_fixture_release(&view);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_split_at_every_byte),
        cmocka_unit_test(test_one_byte_at_a_time),
        cmocka_unit_test(test_glued_replies),
        cmocka_unit_test(test_equal_replies_are_not_parsed),
        cmocka_unit_test(test_head_that_changes),
        cmocka_unit_test(test_wrong_bodies),
        cmocka_unit_test(test_threads_share_the_expected_reply),
        cmocka_unit_test(test_body_one_byte_short),
        cmocka_unit_test(test_end_of_stream),
        cmocka_unit_test(test_connection_close),
        cmocka_unit_test(test_head_request),
        cmocka_unit_test(test_skipped_bodies),
        cmocka_unit_test(test_not_http),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
