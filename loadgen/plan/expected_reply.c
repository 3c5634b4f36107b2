/* expected_reply.c - see expected_reply.h. */
#include "loadgen/plan/expected_reply.h"

#include <string.h>

#include "base/fnv1a.h"
#include "base/http_reply.h"

uint64_t expected_reply_hash(const char *digest, size_t length)
{
    return fnv1a(FNV1A_BASIS, digest,
                 length < HTTP_REPLY_DIGEST_BYTES ? length : HTTP_REPLY_DIGEST_BYTES);
}

void expected_reply_init(struct expected_reply *expected, const char *digest)
{
    *expected = (struct expected_reply){0};
    if (digest) {
        expected->digest_given = true;
        expected->given_digest = expected_reply_hash(digest, strlen(digest));
    }
    pthread_mutex_init(&expected->lock, NULL);
}

void expected_reply_release(struct expected_reply *expected)
{
    pthread_mutex_destroy(&expected->lock);
}

struct reply_content expected_reply_learn(struct expected_reply *expected,
                                          const struct reply_content *seen)
{
    pthread_mutex_lock(&expected->lock);
    if (!expected->known) {
        expected->known = true;
        expected->content = *seen;
    }
    struct reply_content content = expected->content;
    pthread_mutex_unlock(&expected->lock);
    return content;
}
