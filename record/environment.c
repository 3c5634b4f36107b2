/* environment.c - see environment.h. */
#include "record/environment.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpus.h"

/* ---- names and texts -------------------------------------------------------------- */

void named_texts_add(struct named_texts *texts, const char *name, const char *text)
{
    struct named_text *item = record_append(&texts->items, &texts->count, sizeof *item);
    item->name = memory_copy_string(name);
    item->text = text ? memory_copy_string(text) : NULL;
}

const char *named_texts_find(const struct named_texts *texts, const char *name)
{
    for (size_t i = 0; i < texts->count; i++)
        if (strcmp(texts->items[i].name, name) == 0)
            return texts->items[i].text;
    return NULL;
}

static int read_texts(struct json_document *document, const cJSON *node, void *record,
                      struct error *error)
{
    const cJSON *member;
    cJSON_ArrayForEach(member, node)
    {
        if (!cJSON_IsString(member) && !cJSON_IsNull(member))
            return json_error(document, member, error, "expected a string");
        named_texts_add(record, member->string, member->valuestring);
    }
    return 0;
}

static void write_texts(const void *record, cJSON *object)
{
    const struct named_texts *texts = record;
    for (size_t i = 0; i < texts->count; i++)
        json_add_text(object, texts->items[i].name, texts->items[i].text);
}

static void copy_texts(void *to, const void *from)
{
    const struct named_texts *texts = from;
    memset(to, 0, sizeof *texts);
    for (size_t i = 0; i < texts->count; i++)
        named_texts_add(to, texts->items[i].name, texts->items[i].text);
}

static void release_texts(void *record)
{
    struct named_texts *texts = record;
    for (size_t i = 0; i < texts->count; i++) {
        free(texts->items[i].name);
        free(texts->items[i].text);
    }
    free(texts->items);
}

static const struct record_field no_fields[] = {{0}};
static const struct record_hooks texts_hooks = {.read = read_texts,
                                                .write = write_texts,
                                                .copy = copy_texts,
                                                .release = release_texts};
static const struct record_type texts_type = {
    .size = sizeof(struct named_texts), .fields = no_fields, .hooks = &texts_hooks};

/* ---- the groups, whose members are called as in the file -------------------------- */

#define NUMBER(tag, member) MEMBER_NUMBER(#member, tag, member)
#define TEXT(tag, member)   MEMBER_TEXT(#member, tag, member)
#define SWITCH(tag, member) MEMBER_SWITCH(#member, tag, member)
/* Is another one at any time. */
#define PASSING            .rule = RECORD_NONE, .why = "it is of a moment"
#define NAMED(tag, member) MEMBER_STRUCT(#member, tag, member, texts_type)

static const struct record_field cpu_fields[] = {
    {TEXT(environment_cpu, model)},
    {TEXT(environment_cpu, vendor)},
    {TEXT(environment_cpu, microcode)},
    {TEXT(environment_cpu, mhz), PASSING},
    {NUMBER(environment_cpu, online)},
    {TEXT(environment_cpu, allowed)},
    {NAMED(environment_cpu, siblings)},
    {MEMBER_TEXTS("caches", environment_cpu, caches)},
    {NAMED(environment_cpu, mitigations)},
    {NUMBER(environment_cpu, smt)},
    {TEXT(environment_cpu, frequency_driver)},
    {TEXT(environment_cpu, governor)},
    {NUMBER(environment_cpu, minimum_khz)},
    {NUMBER(environment_cpu, maximum_khz)},
    {NUMBER(environment_cpu, boost)},
    {NUMBER(environment_cpu, intel_no_turbo)},
    {TEXT(environment_cpu, isolated)},
    {TEXT(environment_cpu, nohz_full)},
    {TEXT(environment_cpu, idle_driver)},
    {TEXT(environment_cpu, numa_nodes)},
    {0},
};
static const struct record_type cpu_type = RECORD_TYPE(environment_cpu, cpu_fields);

static const struct record_field hypervisor_fields[] = {
    {SWITCH(environment_hypervisor, present)},
    {TEXT(environment_hypervisor, type)},
    {TEXT(environment_hypervisor, vendor)},
    {TEXT(environment_hypervisor, product)},
    {0},
};
static const struct record_type hypervisor_type =
    RECORD_TYPE(environment_hypervisor, hypervisor_fields);

static const struct record_field kernel_fields[] = {
    {TEXT(environment_kernel, release)},
    {TEXT(environment_kernel, version)},
    {TEXT(environment_kernel, machine)},
    {TEXT(environment_kernel, distribution)},
    {NUMBER(environment_kernel, load_average_1min), PASSING},
    {TEXT(environment_kernel, command_line)},
    {TEXT(environment_kernel, clock_source)},
    {TEXT(environment_kernel, transparent_hugepages)},
    {NUMBER(environment_kernel, max_map_count)},
    {NUMBER(environment_kernel, pid_max)},
    {NUMBER(environment_kernel, threads_max)},
    {NUMBER(environment_kernel, sched_autogroup)},
    {NUMBER(environment_kernel, schedstat)},
    {0},
};
static const struct record_type kernel_type =
    RECORD_TYPE(environment_kernel, kernel_fields);

static const struct record_field network_fields[] = {
    {NUMBER(environment_network, ports_low)},
    {NUMBER(environment_network, ports_high)},
    {NUMBER(environment_network, somaxconn)},
    {NUMBER(environment_network, tcp_max_syn_backlog)},
    {NUMBER(environment_network, tcp_tw_reuse)},
    {TEXT(environment_network, tcp_congestion_control)},
    {TEXT(environment_network, tcp_rmem)},
    {TEXT(environment_network, tcp_wmem)},
    {NUMBER(environment_network, loopback_mtu)},
    {0},
};
static const struct record_type network_type =
    RECORD_TYPE(environment_network, network_fields);

static const struct record_field memory_fields[] = {
    {NUMBER(environment_memory, total_bytes)},
    {NUMBER(environment_memory, available_bytes), PASSING},
    {NUMBER(environment_memory, swap_total_bytes)},
    {NUMBER(environment_memory, swap_free_bytes), PASSING},
    {0},
};
static const struct record_type memory_type =
    RECORD_TYPE(environment_memory, memory_fields);

static const struct record_field limits_fields[] = {
    {NUMBER(environment_limits, nofile)},
    {NUMBER(environment_limits, nofile_hard)},
    {NUMBER(environment_limits, nproc)},
    {NUMBER(environment_limits, nproc_hard)},
    {NUMBER(environment_limits, stack_bytes)},
    {NUMBER(environment_limits, stack_hard_bytes)},
    {TEXT(environment_limits, cgroup_cpu_max)},
    {TEXT(environment_limits, cgroup_cpu_quota_us)},
    {NUMBER(environment_limits, cgroup_cpus)},
    {TEXT(environment_limits, cgroup_memory_max)},
    {TEXT(environment_limits, cgroup_memory_limit_bytes)},
    {TEXT(environment_limits, cgroup_pids_max)},
    {0},
};
static const struct record_type limits_type =
    RECORD_TYPE(environment_limits, limits_fields);

static const struct record_field tool_fields[] = {
    {TEXT(environment_tool, version)},       {TEXT(environment_tool, commit)},
    {TEXT(environment_tool, compiler)},      {TEXT(environment_tool, flags)},
    {SWITCH(environment_tool, measurable)},  {NAMED(environment_tool, libraries)},
    {TEXT(environment_tool, binary_sha256)}, {0},
};
static const struct record_type tool_type = RECORD_TYPE(environment_tool, tool_fields);

/* ---- the whole -------------------------------------------------------------------- */

#define SCHEMA_VERSION 1

static const struct record_field environment_fields[] = {
    {MEMBER_COUNT("schema_version", environment, schema_version)},
    {TEXT(environment, recorded_utc), PASSING},
    {TEXT(environment, host)},
    {MEMBER_STRUCT("cpu", environment, cpu, cpu_type)},
    {MEMBER_STRUCT("hypervisor", environment, hypervisor, hypervisor_type)},
    {MEMBER_STRUCT("kernel", environment, kernel, kernel_type)},
    {MEMBER_STRUCT("network", environment, network, network_type)},
    {MEMBER_STRUCT("memory", environment, memory, memory_type)},
    {MEMBER_STRUCT("limits", environment, limits, limits_type)},
    {MEMBER_STRUCT("tool", environment, tool, tool_type)},
    {0},
};

static int check_version(struct json_document *document, const cJSON *node, void *record,
                         struct error *error)
{
    const struct environment *environment = record;
    if (environment->schema_version == SCHEMA_VERSION)
        return 0;
    return json_error(document, node, error,
                      "expected an environment of schema version %d", SCHEMA_VERSION);
}

static const struct record_hooks environment_hooks = {.read = check_version};
const struct record_type environment_type = {.size = sizeof(struct environment),
                                             .fields = environment_fields,
                                             .hooks = &environment_hooks};

void environment_init(struct environment *environment)
{
    record_init(&environment_type, environment);
    environment->schema_version = SCHEMA_VERSION;
}

void environment_release(struct environment *environment)
{
    record_release(&environment_type, environment);
}

double environment_cpus(const struct environment *environment)
{
    cpu_set_t set;
    struct error unused;
    const char *allowed = environment->cpu.allowed;
    return allowed && cpus_parse(allowed, &set, &unused) == 0 ? (double)CPU_COUNT(&set)
                                                              : (double)NAN;
}
