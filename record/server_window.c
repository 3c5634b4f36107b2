/* server_window.c - see server_window.h. */
#include "record/server_window.h"

#define WINDOW(member, unit_)                                                            \
    MEMBER_NUMBER(#member, server_window, member), .unit = (unit_)
static const struct record_field window_fields[] = {
    {WINDOW(cpu_elapsed_s, "s")},
    {WINDOW(cpu_s, "s")},
    {WINDOW(user_s, "s")},
    {WINDOW(system_s, "s")},
    {WINDOW(switches_elapsed_s, "s")},
    {WINDOW(voluntary_switches, NULL)},
    {WINDOW(involuntary_switches, NULL)},
    {WINDOW(run_delay_s, "s")},
    {WINDOW(softirq_s, "s"), .optional = true},
    {WINDOW(processes, NULL)},
    {WINDOW(threads, NULL)},
    {WINDOW(threads_peak, NULL)},
    {WINDOW(rss_bytes, "bytes")},
    {WINDOW(rss_peak_bytes, "bytes")},
    {WINDOW(pss_bytes, "bytes")},
    {WINDOW(anon_bytes, "bytes")},
    {WINDOW(idle_anon_bytes, "bytes")},
    {WINDOW(idle_rss_bytes, "bytes")},
    {WINDOW(idle_pss_bytes, "bytes")},
    {WINDOW(idle_threads, NULL)},
    {WINDOW(kernel_stack_bytes, "bytes")},
    {WINDOW(page_table_bytes, "bytes")},
    {WINDOW(idle_kernel_stack_bytes, "bytes")},
    {WINDOW(idle_page_table_bytes, "bytes")},
    {0},
};
static const struct record_type window_type = RECORD_TYPE(server_window, window_fields);

static const struct record_field lifetime_fields[] = {
    {MEMBER_NUMBER("user_s", server_lifetime, user_s), .unit = "s"},
    {MEMBER_NUMBER("system_s", server_lifetime, system_s), .unit = "s"},
    {MEMBER_NUMBER("voluntary_switches", server_lifetime, voluntary_switches)},
    {MEMBER_NUMBER("involuntary_switches", server_lifetime, involuntary_switches)},
    {MEMBER_NUMBER("rss_peak_bytes", server_lifetime, rss_peak_bytes), .unit = "bytes"},
    {0},
};
static const struct record_type lifetime_type =
    RECORD_TYPE(server_lifetime, lifetime_fields);

/* ---- the server's own counts ------------------------------------------------------ *
 *
 * Some members are read, all are kept: the file has them in the server's own words.
 */

static const struct record_field lag_fields[] = {
    {MEMBER_NUMBER("p50", lag_statistics, p50_ns), .unit = "ns"},
    {MEMBER_NUMBER("p99", lag_statistics, p99_ns), .unit = "ns"},
    {MEMBER_NUMBER("max", lag_statistics, max_ns), .unit = "ns"},
    {0},
};
static const struct record_type lag_type = RECORD_TYPE(lag_statistics, lag_fields);

static const struct record_field loop_fields[] = {
    {MEMBER_NUMBER("utilisation", loop_statistics, utilisation)},
    {MEMBER_POINTER("lag_ns", loop_statistics, lag, lag_type)},
    {0},
};
static const struct record_type loop_type = RECORD_TYPE(loop_statistics, loop_fields);

static const struct record_field op_fields[] = {
    {MEMBER_TEXT("note", op_statistics, note)},
    {0},
};
static const struct record_type op_type = RECORD_TYPE(op_statistics, op_fields);

static const struct record_field own_counts_fields[] = {
    {MEMBER_NUMBER("requests", server_statistics, requests)},
    {MEMBER_NUMBER("restarts", server_statistics, restarts)},
    {MEMBER_POINTER("loop", server_statistics, loop, loop_type)},
    {MEMBER_MAP("ops", server_statistics, ops, op_count, op_type)},
    {0},
};
static const struct record_type own_counts_type =
    RECORD_TYPE(server_statistics, own_counts_fields);

static int read_statistics(struct json_document *document, const cJSON *node,
                           void *record, struct error *error)
{
    struct server_statistics *statistics = record;
    int code = record_read(&own_counts_type, statistics, document, node, error);
    if (code == 0)
        statistics->json = cJSON_Duplicate(node, true);
    return code;
}

static void write_statistics(const void *record, cJSON *object)
{
    const struct server_statistics *statistics = record;
    const cJSON *member;
    cJSON_ArrayForEach(member, statistics->json)
    {
        cJSON_AddItemToObject(object, member->string, cJSON_Duplicate(member, true));
    }
}

static void copy_statistics(void *to, const void *from)
{
    const struct server_statistics *statistics = from;
    record_copy(&own_counts_type, to, from);
    ((struct server_statistics *)to)->json = cJSON_Duplicate(statistics->json, true);
}

static void release_statistics(void *record)
{
    cJSON_Delete(((struct server_statistics *)record)->json);
    record_release(&own_counts_type, record);
}

static const struct record_field no_fields[] = {{0}};
const struct record_type server_statistics_type = {
    .size = sizeof(struct server_statistics),
    .fields = no_fields,
    .hooks = &(const struct record_hooks){.read = read_statistics,
                                          .write = write_statistics,
                                          .copy = copy_statistics,
                                          .release = release_statistics},
};

/* ---- the records ------------------------------------------------------------------ */

static const struct record_field server_fields[] = {
    {MEMBER_TEXT("end", server_record, end)},
    {MEMBER_POINTER("window", server_record, window, window_type), .optional = true},
    {MEMBER_POINTER("lifetime", server_record, lifetime, lifetime_type),
     .optional = true},
    {MEMBER_POINTER("stats", server_record, statistics, server_statistics_type)},
    {0},
};
const struct record_type server_record_type = RECORD_TYPE(server_record, server_fields);

static const struct record_field service_fields[] = {
    {MEMBER_TEXT("end", service_record, end)},
    {MEMBER_NUMBER("cpu_s", service_record, cpu_s), .unit = "s"},
    {MEMBER_POINTER("stats", service_record, statistics, server_statistics_type),
     .optional = true},
    {0},
};
const struct record_type service_record_type =
    RECORD_TYPE(service_record, service_fields);
