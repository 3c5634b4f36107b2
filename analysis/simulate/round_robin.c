/* round_robin.c - see round_robin.h. */
#include "analysis/simulate/round_robin.h"

#include <stdlib.h>

#include "base/compare.h"
#include "base/text.h"

void round_robin_init(struct round_robin *robin, uint64_t cores, uint64_t slice_ns)
{
    *robin = (struct round_robin){.cores = cores, .slice_ns = slice_ns};
    STAILQ_INIT(&robin->line);
}

void round_robin_release(struct round_robin *robin)
{
    free(robin->running.entries);
}

/* There is a core for it. */
static void run_slice(struct round_robin *robin, struct customer *customer,
                      uint64_t now_ns)
{
    uint64_t slice_ns = least_of(customer->left_ns, robin->slice_ns);
    customer->left_ns -= slice_ns;
    heap_reserve(&robin->running, memory_resize);
    heap_add(&robin->running, now_ns + slice_ns, customer, NULL);
}

void round_robin_begin(struct round_robin *robin, struct customer *customer,
                       uint64_t work_ns, uint64_t now_ns)
{
    customer->left_ns = work_ns;
    if (robin->running.count < robin->cores)
        run_slice(robin, customer, now_ns);
    else
        STAILQ_INSERT_TAIL(&robin->line, customer, next);
}

struct customer *round_robin_end(struct round_robin *robin, uint64_t now_ns)
{
    struct customer *customer = heap_remove(&robin->running, 1, NULL);
    bool is_finished = customer->left_ns == 0;
    if (!is_finished)
        STAILQ_INSERT_TAIL(&robin->line, customer, next);
    struct customer *first = customer_line_take(&robin->line);
    if (first)
        run_slice(robin, first, now_ns);
    return is_finished ? customer : NULL;
}
