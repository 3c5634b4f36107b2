/* duration.c - see duration.h. */
#include "servers/ops/duration.h"

#include <errno.h>
#include <stdlib.h>

#include "base/random.h"
#include "workload/duration.h"

/* In an argument, beside the mean. */
#define DRAWN (1ULL << 63)

int duration_argument(const char *text, uint64_t longest_ns, uint64_t *argument,
                      struct error *error)
{
    struct duration duration;
    int result = duration_parse(text, longest_ns, &duration, error);
    if (result == 0)
        *argument = duration.ns | (duration.drawn ? DRAWN : 0);
    return result;
}

uint64_t duration_draw(const struct op_call *call, uint64_t longest_ns)
{
    if (!(call->argument & DRAWN))
        return call->argument;
    double ns = random_exponential(call->resource, (double)(call->argument & ~DRAWN));
    return ns < (double)longest_ns ? (uint64_t)ns : longest_ns;
}

int duration_open(void *shared, void **resource, struct error *error)
{
    (void)shared;
    struct random *random = malloc(sizeof *random);
    if (!random)
        return error_set(error, -ENOMEM, "no memory for a generator");
    random_seed(random, random_fresh_seed());
    *resource = random;
    return 0;
}

void duration_close(void *resource)
{
    free(resource);
}
