/* child.c - what children say, how they end, and that nothing of them is left. */
#include "tests/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"

static const char *const *shell(const char *script)
{
    static const char *words[] = {"sh", "-c", NULL, NULL};
    words[2] = script;
    return words;
}

static void start(struct child *child, struct child_plan plan)
{
    struct error error;
    plan.program = "sh";
    if (child_start(child, &plan, &error) < 0)
        fail_msg("%s", error.text);
}

static uint64_t in(uint64_t ns)
{
    return clock_now_ns() + ns;
}

static void tells_the_line_that_is_waited_for(void **state)
{
    (void)state;
    struct child child;
    char word[32];
    start(&child,
          (struct child_plan){
              .arguments = shell("echo noise; printf 'listening on http'; "
                                 "sleep 0.1; echo '://here/ now'; exec sleep 100")});
    assert_int_equal(
        child_await_line(&child, "listening on ", in(NS_PER_MIN), word, sizeof word), 0);
    assert_string_equal(word, "http://here/");
    assert_false(child_has_ended(&child));
    assert_true(child_stop(&child, NS_PER_MIN));
    child_release(&child);
}

static void gives_up_where_the_line_never_comes(void **state)
{
    (void)state;
    struct child child;
    char word[8], end[64];
    start(&child,
          (struct child_plan){.arguments = shell("echo 'no such\nluck'; exit 3")});
    assert_int_equal(child_await_line(&child, "on ", in(NS_PER_MIN), word, sizeof word),
                     -ECHILD);
    child_describe_end(&child, end, sizeof end);
    assert_string_equal(end, "exit code 3");
    child_last_words(&child, end, sizeof end);
    assert_string_equal(end, "no such luck");
    child_release(&child);
    start(&child, (struct child_plan){.arguments = shell("trap '' TERM; echo deaf; "
                                                         "exec sleep 100")});
    assert_int_equal(child_await_line(&child, "deaf", in(NS_PER_MIN), word, sizeof word),
                     0);
    assert_int_equal(
        child_await_line(&child, "on ", in(100 * NS_PER_MS), word, sizeof word),
        -ETIMEDOUT);
    child_stop(&child, 0);
    child_describe_end(&child, end, sizeof end);
    assert_string_equal(end, "killed by signal 9 (Killed)");
    child_release(&child);
}

static void does_what_the_plan_says(void **state)
{
    (void)state;
    static const char *const variables[] = {"GIVEN=this", "HOME=/nowhere", NULL};
    struct child child;
    int ends[2];
    char script[128], byte;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    snprintf(script, sizeof script, "pwd; echo $GIVEN $HOME; cat; printf x >&%d",
             ends[1]);
    start(&child, (struct child_plan){.arguments = shell(script),
                                      .folder = "/",
                                      .environment = variables,
                                      .inherited = ends[1]});
    close(ends[1]);
    assert_true(child_wait(&child, in(NS_PER_MIN)));
    assert_int_equal(child.status, 0);
    assert_string_equal(text_string(&child.heard), "/\nthis /nowhere\n");
    assert_int_equal(read(ends[0], &byte, 1), 1);
    assert_int_equal(read(ends[0], &byte, 1), 0);
    close(ends[0]);
    child_release(&child);
}

static void keeps_the_end_of_a_long_output(void **state)
{
    (void)state;
    for (int keep_all = 0; keep_all <= 1; keep_all++) {
        struct child child;
        start(&child, (struct child_plan){.arguments = shell("seq 100000"),
                                          .keep_all = keep_all});
        assert_true(child_wait(&child, in(NS_PER_MIN)));
        assert_true(child.heard.length >= 7);
        assert_string_equal(child.heard.data + child.heard.length - 7, "100000\n");
        assert_int_equal(child.heard.length > 100000, keep_all);
        child_release(&child);
    }
}

static void what_a_child_leaves_behind_is_ended(void **state)
{
    (void)state;
    for (int forks = 0; forks <= 1; forks++) {
        struct child child;
        start(&child, (struct child_plan){.arguments = shell("sleep 100 & exit 0"),
                                          .forks = forks});
        assert_true(child_wait(&child, in(NS_PER_MIN)));
        assert_false(child_stop(&child, NS_PER_MIN));
        child_release(&child);
    }
}

/* Neither a blocked signal nor one that is ignored would end it. */
static void signals_reach_a_child(void **state)
{
    (void)state;
    sigset_t blocked, before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    struct child child;
    start(&child, (struct child_plan){.arguments = shell("exec sleep 100")});
    assert_true(child_stop(&child, NS_PER_MIN));
    assert_int_equal(WTERMSIG(child.status), SIGTERM);
    child_release(&child);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

/* This very program, started again to say something. */
static void captures_what_this_program_prints(void **state)
{
    (void)state;
    static const char *const saying[] = {"child", "say", NULL};
    static const char *const failing[] = {"child", "fail", NULL};
    struct error error;
    char *output;
    assert_int_equal(child_capture(saying, NS_PER_MIN, &output, &error), 0);
    assert_string_equal(output, "said\n");
    free(output);
    assert_int_equal(child_capture(failing, NS_PER_MIN, &output, &error), -ECHILD);
    assert_string_equal(error.text, "child fail: exit code 7");
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "say") == 0)
        return puts("said") < 0;
    if (argc == 2)
        return 7;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_the_line_that_is_waited_for),
        cmocka_unit_test(gives_up_where_the_line_never_comes),
        cmocka_unit_test(does_what_the_plan_says),
        cmocka_unit_test(keeps_the_end_of_a_long_output),
        cmocka_unit_test(what_a_child_leaves_behind_is_ended),
        cmocka_unit_test(signals_reach_a_child),
        cmocka_unit_test(captures_what_this_program_prints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
