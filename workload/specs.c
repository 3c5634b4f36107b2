/* specs.c - see specs.h. */
#include "workload/specs.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/quantity.h"
#include "base/text.h"

/* ---- requests ---------------------------------------------------------------------- */

#define SPEC_EXPECTED "expected [CLASS=][WEIGHT|RATE/s[,constant]]:/PATH, got \"%s\""

/* "90", "1/s" or "1/s,constant" into a request. */
static int read_amount(struct request *request, const char *amount, struct error *error)
{
    size_t length = strcspn(amount, ",");
    char *number = memory_printf("%.*s", (int)length, amount);
    int result = 0;
    if (strchr(number, '/')) {
        result = quantity_parse_rate(number, &request->rate_rps, error);
    } else {
        char *end;
        request->weight = strtod(number, &end);
        if (*end || !isfinite(request->weight) || request->weight <= 0)
            result = error_set(error, -EINVAL,
                               "expected a weight above 0 or a rate such as 5/s, got "
                               "\"%s\"",
                               number);
    }
    free(number);
    if (result == 0 && amount[length]) {
        const char *kind = amount + length + 1;
        bool constant = strcmp(kind, arrivals_names[ARRIVALS_CONSTANT]) == 0;
        request->arrivals = constant ? ARRIVALS_CONSTANT : ARRIVALS_POISSON;
        if (request->rate_rps <= 0 ||
            (!constant && strcmp(kind, arrivals_names[ARRIVALS_POISSON]) != 0))
            result = error_set(error, -EINVAL,
                               "expected \"poisson\" or \"constant\" after a rate, got "
                               "\"%s\"",
                               kind);
    }
    return result;
}

int spec_add_request(struct workload *workload, const char *spec, struct error *error)
{
    const char *path = strstr(spec, ":/");
    if (*spec == '/') {
        workload_add_request(workload, spec);
        return 0;
    }
    if (!path)
        return error_set(error, -EINVAL, "--request: " SPEC_EXPECTED, spec);
    struct request *request = workload_add_request(workload, path + 1);
    const char *amount = spec;
    const char *equals = memchr(spec, '=', (size_t)(path - spec));
    if (equals) {
        free(request->class_name);
        request->class_name = memory_printf("%.*s", (int)(equals - spec), spec);
        amount = equals + 1;
    }
    if (amount == path)
        return 0;
    char *text = memory_printf("%.*s", (int)(path - amount), amount);
    int result = read_amount(request, text, error);
    free(text);
    return result < 0 ? error_prefix(error, result, "--request %s", spec) : 0;
}

/* ---- phases ------------------------------------------------------------------------ */

#define PHASE_EXPECTED                                                                   \
    "expected TIME:LEVEL[..LEVEL][,burst:LENGTH/PERIOD|,sine:PERIOD] with levels such "  \
    "as 100/s (rates) or 100 (clients), got \"%s\""

/* "100/s" or "100"; 0 is fine. */
static int read_level(double *level, bool *is_rate, const char *text, struct error *error)
{
    char *end;
    *is_rate = strchr(text, '/') != NULL;
    *level = strtod(text, &end);
    if (end != text && *level >= 0 && *level <= 0 && (!*end || *end == '/'))
        return 0;
    if (*is_rate)
        return quantity_parse_rate(text, level, error);
    uint64_t count;
    int result =
        quantity_parse(QUANTITY_COUNT, text, 0, WORKLOAD_MAX_CONNECTIONS, &count, error);
    *level = (double)count;
    return result;
}

static int read_time(uint64_t *ns, const char *text, struct error *error)
{
    return quantity_parse(QUANTITY_TIME, text, NS_PER_MS, 24 * NS_PER_H, ns, error);
}

/* "burst:200ms/2s" or "sine:10s". */
static int read_shape(struct load_phase *phase, char *text, struct error *error)
{
    char *times = strchr(text, ':');
    if (!times)
        return error_set(error, -EINVAL, PHASE_EXPECTED, text);
    *times++ = '\0';
    if (strcmp(text, phase_shape_names[PHASE_SINE]) == 0) {
        phase->shape = PHASE_SINE;
        return read_time(&phase->period_ns, times, error);
    }
    char *period = strchr(times, '/');
    if (strcmp(text, phase_shape_names[PHASE_BURST]) != 0 || !period)
        return error_set(error, -EINVAL, PHASE_EXPECTED, text);
    *period++ = '\0';
    phase->shape = PHASE_BURST;
    int result = read_time(&phase->burst_ns, times, error);
    return result < 0 ? result : read_time(&phase->period_ns, period, error);
}

/* "100/s" or "100/s..900/s". */
static int read_levels(struct load_phase *phase, bool *are_rates, char *text,
                       struct error *error)
{
    char *to = strstr(text, "..");
    bool to_is_rate;
    if (to)
        *to = '\0';
    int result = read_level(&phase->level, are_rates, text, error);
    if (result < 0 || !to)
        return result;
    if (phase->shape == PHASE_STEP)
        phase->shape = PHASE_RAMP;
    result = read_level(&phase->to, &to_is_rate, to + 2, error);
    if (result == 0 && to_is_rate != *are_rates)
        result = error_set(error, -EINVAL,
                           "a phase goes from rates to rates, or from "
                           "clients to clients");
    return result;
}

static int read_phase(struct load_phase *phase, bool *are_rates, char *text,
                      struct error *error)
{
    char *levels = strchr(text, ':');
    if (!levels)
        return error_set(error, -EINVAL, PHASE_EXPECTED, text);
    *levels++ = '\0';
    char *shape = strchr(levels, ',');
    if (shape)
        *shape++ = '\0';
    int result = read_time(&phase->duration_ns, text, error);
    if (result == 0 && shape)
        result = read_shape(phase, shape, error);
    bool needs_two = phase->shape != PHASE_STEP;
    if (result == 0 && needs_two && !strstr(levels, ".."))
        result = error_set(error, -EINVAL, "a %s has two levels, such as 100/s..900/s",
                           phase_shape_names[phase->shape]);
    return result < 0 ? result : read_levels(phase, are_rates, levels, error);
}

int spec_read_phase(struct load_phase *phase, const char *spec, struct error *error)
{
    *phase = (struct load_phase){0};
    bool are_rates = false;
    char *text = memory_copy_string(spec);
    int result = read_phase(phase, &are_rates, text, error);
    free(text);
    phase->of_clients = !are_rates;
    return result;
}

/* ---- slow clients ------------------------------------------------------------------ */

int spec_read_slow_clients(struct slow_clients *clients, const char *spec,
                           struct error *error)
{
    char *text = memory_copy_string(spec);
    char *bytes = strchr(text, ':');
    int result = 0;
    if (!bytes) {
        result =
            error_set(error, -EINVAL,
                      "expected COUNT:BYTES[:/PATH], bytes per second, got \"%s\"", spec);
    } else {
        *bytes++ = '\0';
        char *path = strstr(bytes, ":/");
        free(clients->path);
        clients->path = path ? memory_copy_string(path + 1) : NULL;
        if (path)
            *path = '\0';
        result = quantity_parse(QUANTITY_COUNT, text, 1, WORKLOAD_MAX_CONNECTIONS,
                                &clients->count, error);
        if (result == 0)
            result = quantity_parse(QUANTITY_SIZE, bytes, 1, 1000000000,
                                    &clients->bytes_per_second, error);
    }
    free(text);
    return result;
}
