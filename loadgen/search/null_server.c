/* null_server.c - see null_server.h. */
#include "loadgen/search/null_server.h"

#include <string.h>

#include "base/clock.h"

#define START_PATIENCE_NS (15 * NS_PER_S)
#define STOP_PATIENCE_NS  (2 * NS_PER_S)

int null_server_start(struct null_server_process *server, const char *cpus,
                      struct error *error)
{
    const char *const arguments[] = {
        "interleave",           "serve", "--model", "null", "--listen", "127.0.0.1:0",
        cpus ? "--cpus" : NULL, cpus,    NULL};
    struct child_plan plan = {.arguments = arguments, .errors_apart = true};
    int code = child_start(&server->child, &plan, error);
    if (code < 0)
        return code;
    code = child_await_line(&server->child, "listening on ",
                            clock_now_ns() + START_PATIENCE_NS, server->url,
                            sizeof server->url);
    if (code == 0)
        return 0;
    child_release(&server->child);
    return error_set(error, code, "cannot start a null server: %s", strerror(-code));
}

void null_server_stop(struct null_server_process *server)
{
    child_stop(&server->child, STOP_PATIENCE_NS);
    child_release(&server->child);
}
