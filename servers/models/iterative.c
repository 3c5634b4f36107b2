/*
 * iterative - one thread, one request at a time. Whatever a request waits for, all
 * others wait for too: clients stand in line and each is served one request per turn.
 */
#include "servers/model.h"
#include "servers/models/serial.h"

static int run(struct server *server, struct error *error)
{
    return serial_serve(server, "thread", 0, error);
}

const struct model iterative_model = {
    .name = "iterative",
    .summary = "one thread, one request at a time: everybody else waits in line",
    .flags = MODEL_SERIAL,
    .wait = STEP_THREAD,
    .blocking = STEP_THREAD,
    .cpu = STEP_THREAD,
    .run = run,
};
