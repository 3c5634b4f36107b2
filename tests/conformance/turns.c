/*
 * The order of work within the turns of a loop, the same for all loops: what is due comes
 * after the events of the turn in which it fell due, and a reply does not wait for the
 * computations of others.
 *
 * The order is seen by a client that may be slow, which can only hide a fault.
 */
#include "tests/support/served.h"

#define SPINNERS    8
#define ATTEMPTS    5
#define PATIENCE    40 /* attempts, where one is enough that the client is in time for */
#define MOST_BEFORE (3 * SPINNERS)

/* A good part of a spin, which is of about 20 ms. */
#define LEAST_BEFORE_NS (5 * NS_PER_MS)

/* On one loop: the spinners of several would not queue behind one another. */
static const char *on_one_loop(const struct model *model)
{
    static char setting[64];
    static const enum option_role roles[] = {ROLE_LOOPS, ROLE_PROCESSES};
    setting[0] = '\0';
    for (size_t i = 0; i < COUNT_OF(roles); i++) {
        const struct field *option = model_option_with_role(model, roles[i]);
        if (option)
            snprintf(setting, sizeof setting, "%s=1", option->name);
    }
    return setting;
}

static void take_answer(int fd)
{
    struct answer answer = read_answer(fd, true);
    assert_int_equal(answer.status, 200);
    answer_release(&answer);
}

static void greet(int fd)
{
    ask(fd, "GET", "/");
    take_answer(fd);
}

#define PROBE 1000000 /* iterations */

/* Work of about 20 ms, as this server does it: a sanitizer slows down other code more. */
static uint64_t spin_iterations(const struct served *served)
{
    uint64_t fastest_ns = UINT64_MAX;
    int fd = dial(served);
    for (int i = 0; i < 3; i++) {
        uint64_t from_ns = clock_now_ns();
        ask(fd, "GET", "/spin:1000000");
        take_answer(fd);
        uint64_t took_ns = clock_now_ns() - from_ns;
        fastest_ns = took_ns < fastest_ns ? took_ns : fastest_ns;
    }
    close(fd);
    return PROBE * 20 * NS_PER_MS / fastest_ns;
}

struct crowd {
    struct served served;
    char *path;
    int first, spinners[SPINNERS], waiter;
};

/* A computation keeps the loop busy, so that what is asked for next are events of one
 * turn. */
static void occupy(struct crowd *crowd, const struct model *model)
{
    crowd->served = serve_with(model, &usual_settings, on_one_loop(model));
    crowd->path =
        memory_printf("/spin:%llu", (unsigned long long)spin_iterations(&crowd->served));
    crowd->first = dial(&crowd->served);
    crowd->waiter = dial(&crowd->served);
    for (int i = 0; i < SPINNERS; i++)
        crowd->spinners[i] = dial(&crowd->served);
    /* All are accepted once each was answered. */
    for (int i = 0; i < SPINNERS; i++)
        greet(crowd->spinners[i]);
    greet(crowd->waiter);
    ask(crowd->first, "GET", crowd->path);
    clock_sleep_until_ns(clock_now_ns() + 2 * NS_PER_MS);
}

static void ask_for_spins(const struct crowd *crowd)
{
    for (int i = 0; i < SPINNERS; i++)
        ask(crowd->spinners[i], "GET", crowd->path);
}

static void gather(struct crowd *crowd, const struct model *model)
{
    occupy(crowd, model);
    ask_for_spins(crowd);
}

static void leave(struct crowd *crowd)
{
    close(crowd->first);
    close(crowd->waiter);
    for (int i = 0; i < SPINNERS; i++)
        close(crowd->spinners[i]);
    free(crowd->path);
    (void)stop(&crowd->served, NULL);
}

/*
 * Spinners ask again at once. A wait of 1 ms is asked for when `begun` of them have had
 * replies: how many replies come from then on before the wait's. It is an event of the
 * next turn, and may be the last of them; then it falls due in the turn after that, and
 * comes at its end: three turns.
 */
static int replies_before_the_wait(struct crowd *crowd, int begun)
{
    struct pollfd polled[SPINNERS + 1] = {{.fd = crowd->waiter, .events = POLLIN}};
    int replies = 0;
    for (int i = 0; i < SPINNERS; i++)
        polled[i + 1] = (struct pollfd){.fd = crowd->spinners[i], .events = POLLIN};
    for (;;) {
        if (poll(polled, SPINNERS + 1, 60000) <= 0)
            fail_msg("no reply within a minute");
        if (polled[0].revents)
            return replies - begun;
        for (int i = 0; i < SPINNERS; i++) {
            if (!polled[i + 1].revents)
                continue;
            take_answer(crowd->spinners[i]);
            if (replies++ == begun)
                ask(crowd->waiter, "GET", "/wait:1ms");
            ask(crowd->spinners[i], "GET", crowd->path);
        }
    }
}

/* A slow client makes the turns shorter, never longer. */
static void lets_what_is_due_come(const struct model *model)
{
    for (int i = 0; model->flags & MODEL_LOOP && i < ATTEMPTS; i++) {
        struct crowd crowd;
        gather(&crowd, model);
        int replies = replies_before_the_wait(&crowd, i % 2 ? SPINNERS : 0);
        leave(&crowd);
        if (replies > MOST_BEFORE)
            fail_msg("%s: a wait of 1 ms was answered after %d computations, at most %d "
                     "were before it",
                     model->name, replies, MOST_BEFORE);
    }
}

static void timers_are_looked_at_in_every_turn(void **state)
{
    (void)state;
    for_models(MODEL_CALIBRATION, lets_what_is_due_come);
}

/* How many spinners have their replies when the first of them has. */
static int replies_at_once(struct crowd *crowd)
{
    struct pollfd polled[SPINNERS];
    for (int i = 0; i < SPINNERS; i++)
        polled[i] = (struct pollfd){.fd = crowd->spinners[i], .events = POLLIN};
    return poll(polled, SPINNERS, 60000);
}

/* A slow client finds more replies at once: one attempt that does not proves enough. */
static void sends_what_is_ready(const struct model *model)
{
    int fewest = model->flags & MODEL_LOOP ? SPINNERS : 0;
    for (int i = 0; i < PATIENCE && fewest == SPINNERS; i++) {
        struct crowd crowd;
        gather(&crowd, model);
        int replies = replies_at_once(&crowd);
        fewest = replies < fewest ? replies : fewest;
        leave(&crowd);
    }
    if (fewest == SPINNERS)
        fail_msg("%s: the first reply came with the last one", model->name);
}

static void replies_do_not_wait_for_others(void **state)
{
    (void)state;
    for_models(MODEL_CALIBRATION, sends_what_is_ready);
}

/* How much earlier than the reply to the first spin the greeting is there that was asked
 * for just before the spins. */
static uint64_t greeted_before_ns(const struct crowd *crowd)
{
    ask(crowd->waiter, "GET", "/");
    ask_for_spins(crowd);
    take_answer(crowd->waiter);
    uint64_t greeted_ns = clock_now_ns();
    take_answer(crowd->spinners[0]);
    return clock_now_ns() - greeted_ns;
}

/* A slow client finds both there: one attempt in which it did not proves enough. */
static void sends_before_it_computes(const struct model *model)
{
    uint64_t longest_ns = 0;
    bool is_loop = model->flags & MODEL_LOOP;
    for (int i = 0; is_loop && i < PATIENCE && longest_ns < LEAST_BEFORE_NS; i++) {
        struct crowd crowd;
        occupy(&crowd, model);
        uint64_t before_ns = greeted_before_ns(&crowd);
        longest_ns = before_ns > longest_ns ? before_ns : longest_ns;
        leave(&crowd);
    }
    if (is_loop && longest_ns < LEAST_BEFORE_NS)
        fail_msg("%s: a finished reply was held until the computation after it was done",
                 model->name);
}

static void replies_do_not_wait_for_the_next(void **state)
{
    (void)state;
    for_models(MODEL_CALIBRATION, sends_before_it_computes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timers_are_looked_at_in_every_turn),
        cmocka_unit_test(replies_do_not_wait_for_others),
        cmocka_unit_test(replies_do_not_wait_for_the_next),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
