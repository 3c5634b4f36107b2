/* idle_clients.c - who is cut off for being idle, whatever the clock says: it counts
 * from the machine's start, and a limit may be longer than that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "servers/models/blocking.h"

struct idle_fixture {
    struct server server;
    struct worker worker;
    struct clients clients;
    struct client *client;
    int peer;
};

static void setup(struct idle_fixture *fixture, uint64_t limit_ns)
{
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    *fixture = (struct idle_fixture){.peer = ends[1]};
    fixture->server.settings.idle_timeout_ns = limit_ns;
    clients_init(&fixture->clients, &fixture->server);
    fixture->client = clients_add(&fixture->clients, &fixture->worker, ends[0]);
    assert_non_null(fixture->client);
}

static void teardown(struct idle_fixture *fixture)
{
    close(fixture->client->fd);
    close(fixture->peer);
    free(fixture->client);
    clients_release(&fixture->clients);
}

static bool is_cut_off(const struct idle_fixture *fixture)
{
    char byte;
    return recv(fixture->peer, &byte, 1, MSG_DONTWAIT) == 0;
}

static void limits_longer_than_the_uptime_hold(void **state)
{
    (void)state;
    struct idle_fixture fixture;
    setup(&fixture, clock_now_ns() + NS_PER_H);
    clients_end_idle(&fixture.clients, clock_now_ns());
    assert_false(is_cut_off(&fixture));
    teardown(&fixture);
}

static void idle_clients_are_cut_off(void **state)
{
    (void)state;
    struct idle_fixture fixture;
    setup(&fixture, NS_PER_S);
    uint64_t now_ns = clock_now_ns();
    clients_end_idle(&fixture.clients, now_ns);
    assert_false(is_cut_off(&fixture));
    clients_end_idle(&fixture.clients, now_ns + 2 * NS_PER_S);
    assert_true(is_cut_off(&fixture));
    teardown(&fixture);
}

static void unread_requests_keep_a_client(void **state)
{
    (void)state;
    struct idle_fixture fixture;
    setup(&fixture, NS_PER_S);
    assert_int_equal(send(fixture.peer, "G", 1, 0), 1);
    clients_end_idle(&fixture.clients, clock_now_ns() + 2 * NS_PER_S);
    assert_false(is_cut_off(&fixture));
    teardown(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_longer_than_the_uptime_hold),
        cmocka_unit_test(idle_clients_are_cut_off),
        cmocka_unit_test(unread_requests_keep_a_client),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
