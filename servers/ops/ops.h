/*
 * ops.h - the list of ops, and what they hold while a server runs.
 *
 * A struct ops is made once per server before it serves or forks. The per-thread part
 * is opened behind the scenes when a thread first runs an op that has one; threads
 * close theirs with ops_leave_thread, or leave it to the end of the thread.
 */
#ifndef SERVERS_OPS_OPS_H
#define SERVERS_OPS_OPS_H

#include <stddef.h>

#include "base/options.h"
#include "servers/ops/op.h"

#define OP(identifier) extern const struct op identifier##_op;
#include "servers/ops/ops.def"
#undef OP

/* Of a struct op_environment, what is a size: a scenario may set and sweep it. */
extern const struct field op_pool_options[];

struct ops;

/* `list` ends with NULL; it and `environment` outlive the result. 0 or -errno. */
MUST_CHECK int ops_open(struct ops **ops, const struct op *const *list,
                        const struct op_environment *environment, struct error *error);

/* When no other thread that used them is left. */
void ops_close(struct ops *ops);

/* In a process that was just forked, the `index`th of `sharers`: see op.divide. */
void ops_divide(struct ops *ops, uint64_t index, uint64_t sharers);

/* Closes what the calling thread has open. */
void ops_leave_thread(struct ops *ops);

/* The list that they were opened with. */
const struct op *const *ops_list(const struct ops *ops);

/* The op at `index` of the list, or NULL at its end. */
const struct op *ops_at(const struct ops *ops, size_t index);

/* What the op at `index` has counted; false where it does not count. */
bool ops_report(const struct ops *ops, size_t index, struct op_report *report);

/*
 * Fills in call->shared and call->resource for the op at `index` and the calling
 * thread. 0; or a negative errno, and then the call has failed with status 500.
 */
MUST_CHECK int ops_bind(struct ops *ops, size_t index, struct op_call *call);

#endif
