/* outcome.c - see outcome.h. */
#include "record/outcome.h"

#include <errno.h>

static const struct record_field counts_fields[] = {
    {MEMBER_COUNT("scheduled", counts, scheduled), .rule = RECORD_SUM},
    {MEMBER_COUNT("sent", counts, sent), .rule = RECORD_SUM},
    {MEMBER_COUNT("ok", counts, ended[OUTCOME_OK]), .rule = RECORD_SUM},
    {MEMBER_COUNT("http_error", counts, ended[OUTCOME_HTTP_ERROR]), .rule = RECORD_SUM},
    {MEMBER_COUNT("bad_body", counts, ended[OUTCOME_BAD_BODY]), .rule = RECORD_SUM},
    {MEMBER_COUNT("net_error", counts, ended[OUTCOME_NET_ERROR]), .rule = RECORD_SUM},
    {MEMBER_COUNT("timeout", counts, ended[OUTCOME_TIMEOUT]), .rule = RECORD_SUM},
    {MEMBER_COUNT("in_flight", counts, ended[OUTCOME_IN_FLIGHT]), .rule = RECORD_SUM},
    {MEMBER_COUNT("dropped", counts, ended[OUTCOME_DROPPED]), .rule = RECORD_SUM},
    {0},
};
const struct record_type counts_type = RECORD_TYPE(counts, counts_fields);

void counts_add(struct counts *into, const struct counts *from)
{
    into->scheduled += from->scheduled;
    into->sent += from->sent;
    for (int i = 0; i < OUTCOMES; i++)
        into->ended[i] += from->ended[i];
}

uint64_t counts_errors(const struct counts *counts)
{
    return counts->ended[OUTCOME_HTTP_ERROR] + counts->ended[OUTCOME_BAD_BODY] +
           counts->ended[OUTCOME_NET_ERROR] + counts->ended[OUTCOME_TIMEOUT];
}

const struct failure_kind failure_kinds[FAILURES + 1] = {
    [FAILURE_REFUSED] =
        {"refused", OUTCOME_NET_ERROR,
         "nothing listens there, the server died, or the backlog of its Unix "
         "socket is full"},
    [FAILURE_RESET] = {"reset", OUTCOME_NET_ERROR,
                       "the server dropped the connection, or its backlog was full"},
    [FAILURE_UNREACHABLE] = {"unreachable", OUTCOME_NET_ERROR,
                             "the network refuses the address"},
    [FAILURE_NO_PORTS] = {"ports_exhausted", OUTCOME_NET_ERROR,
                          "this machine ran out of ports, not the server: allow more "
                          "--sources, keep connections alive or lower the rate"},
    [FAILURE_NO_DESCRIPTORS] = {"descriptors_exhausted", OUTCOME_NET_ERROR,
                                "the generator ran out of descriptors: raise ulimit -n"},
    [FAILURE_CONNECT_TIMEOUT] = {"timeout_connect", OUTCOME_TIMEOUT,
                                 "the server accepts too slowly; its backlog is full"},
    [FAILURE_FIRST_BYTE_TIMEOUT] = {"timeout_first_byte", OUTCOME_TIMEOUT,
                                    "the server has more work than it can do"},
    [FAILURE_BODY_TIMEOUT] = {"timeout_body", OUTCOME_TIMEOUT,
                              "the server stopped in the middle of a reply"},
    [FAILURE_CLOSED_EARLY] = {"closed_early", OUTCOME_NET_ERROR,
                              "the server closed before its reply was complete"},
    [FAILURE_CLOSED_IDLE] = {"closed_idle", OUTCOME_NET_ERROR,
                             "the server closed a kept connection as a request came that "
                             "must not be sent twice: it keeps them too short a time"},
    [FAILURE_MALFORMED] = {"malformed", OUTCOME_NET_ERROR,
                           "what came back is not HTTP, or longer than it said"},
    [FAILURE_BEHIND] = {"behind_a_failure", OUTCOME_NET_ERROR,
                        "an earlier request of the same pipeline failed and took them "
                        "along"},
    [FAILURE_STATUS_4XX] = {"status_4xx", OUTCOME_HTTP_ERROR,
                            "the path is wrong; try it with curl"},
    [FAILURE_STATUS_5XX] = {"status_5xx", OUTCOME_HTTP_ERROR,
                            "the server failed; see its log"},
    [FAILURE_WRONG_LENGTH] = {"wrong_length", OUTCOME_BAD_BODY,
                              "a body of another length than the first one; for pages "
                              "that change use --verify status"},
    [FAILURE_WRONG_DIGEST] = {"wrong_digest", OUTCOME_BAD_BODY,
                              "the server computed something else than the first time"},
};

enum failure failure_of_errno(int code)
{
    switch (code) {
    case ECONNREFUSED:
    case ENOENT: /* a Unix socket that is not there */
    case EAGAIN: /* a Unix socket whose backlog is full */
        return FAILURE_REFUSED;
    case ECONNRESET:
    case EPIPE:
        return FAILURE_RESET;
    case EADDRNOTAVAIL:
        return FAILURE_NO_PORTS;
    case EMFILE:
    case ENFILE:
        return FAILURE_NO_DESCRIPTORS;
    case ETIMEDOUT:
        return FAILURE_CONNECT_TIMEOUT;
    default:
        return FAILURE_UNREACHABLE;
    }
}
