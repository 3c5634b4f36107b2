/*
 * infer.c - runs a small neural network, a multilayer perceptron of 784, 512, 256 and
 * 10 units as one would use for hand-written digits, on a batch of so many inputs.
 *
 * All numbers are whole and small, as in a quantised network, and every sum stays
 * below 2^24: single precision is exact then, in whatever order a library adds, and
 * every machine agrees. There is one copy of the weights, which all threads read.
 *
 * Weights, in the order of layers, inputs of the layer and its outputs: (S >> 8) mod 15
 * - 7, where S is the xorshift32 state (op.h) after 1, 2, ... iterations from OP_SEED.
 * Inputs, sample by sample: (S >> 8) mod 16, S from OP_SEED again. No biases. The
 * output of both hidden layers is min(255, floor(max(0, sum) / 64)), of the last one
 * the sum. Result: of each sample the place of its largest output, the first of them,
 * in a byte, and its 10 outputs in 4 bytes each, most significant first, two's
 * complement.
 */
#include <cblas.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/quantity.h"
#include "servers/ops/op.h"
#include "servers/ops/shared_input.h"

enum { INPUTS = 784, HIDDEN_1 = 512, HIDDEN_2 = 256, OUTPUTS = 10, MAX_BATCH = 4096 };

struct network {
    float layer_1[INPUTS * HIDDEN_1];
    float layer_2[HIDDEN_1 * HIDDEN_2];
    float layer_3[HIDDEN_2 * OUTPUTS];
    float inputs[MAX_BATCH * INPUTS];
};

/* A batch is run in slices whose values stay in a core's cache. */
#define MAX_SLICE 64

/* What a slice makes on its way, in this order for all of its samples. */
#define VALUES_PER_SAMPLE (HIDDEN_1 + HIDDEN_2 + OUTPUTS)

static int infer_parse(const char *text, uint64_t *argument, struct error *error)
{
    return quantity_parse(QUANTITY_COUNT, text, 1, MAX_BATCH, argument, error);
}

static uint32_t fill(float *numbers, size_t count, uint32_t state, uint32_t values,
                     int first)
{
    for (size_t i = 0; i < count; i++) {
        state = op_xorshift32(state);
        numbers[i] = (float)((int)((state >> 8) % values) + first);
    }
    return state;
}

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static bool make_network(void *data)
{
    struct network *network = data;
    uint32_t state = OP_SEED;
    state = fill(network->layer_1, LENGTH(network->layer_1), state, 15, -7);
    state = fill(network->layer_2, LENGTH(network->layer_2), state, 15, -7);
    fill(network->layer_3, LENGTH(network->layer_3), state, 15, -7);
    fill(network->inputs, LENGTH(network->inputs), OP_SEED, 16, 0);
    return true;
}

static void multiply(int batch, const float *from, int from_units, const float *weights,
                     int to_units, float *to)
{
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, batch, to_units, from_units, 1,
                from, from_units, weights, to_units, 0, to, to_units);
}

static void activate(float *values, int count)
{
    for (int i = 0; i < count; i++)
        values[i] = fminf(255, floorf(fmaxf(0, values[i]) / 64));
}

static void take_outputs(struct op_call *call, const float *outputs)
{
    unsigned char result[1 + 4 * OUTPUTS] = {0};
    for (unsigned i = 0; i < OUTPUTS; i++) {
        if (outputs[i] > outputs[result[0]])
            result[0] = (unsigned char)i;
        op_put_be32(result + 1 + 4 * i, (uint32_t)(int32_t)outputs[i]);
    }
    op_result(call, result, sizeof result);
}

/* `values` has room for what a slice makes on its way. */
static void run_slice(struct op_call *call, const struct network *network, int first,
                      int count, float *values)
{
    float *hidden_1 = values;
    float *hidden_2 = hidden_1 + (size_t)count * HIDDEN_1;
    float *outputs = hidden_2 + (size_t)count * HIDDEN_2;
    multiply(count, network->inputs + (size_t)first * INPUTS, INPUTS, network->layer_1,
             HIDDEN_1, hidden_1);
    activate(hidden_1, count * HIDDEN_1);
    multiply(count, hidden_1, HIDDEN_1, network->layer_2, HIDDEN_2, hidden_2);
    activate(hidden_2, count * HIDDEN_2);
    multiply(count, hidden_2, HIDDEN_2, network->layer_3, OUTPUTS, outputs);
    for (int i = 0; i < count; i++)
        take_outputs(call, outputs + (size_t)i * OUTPUTS);
}

static void infer_run(struct op_call *call)
{
    int batch = (int)call->argument, slice = batch < MAX_SLICE ? batch : MAX_SLICE;
    const struct network *network = shared_input_get(call->shared, make_network);
    float *values =
        network ? malloc((size_t)slice * VALUES_PER_SAMPLE * sizeof *values) : NULL;
    if (!values) {
        op_fail(call, 500, "no memory for a batch of %d", batch);
        return;
    }
    for (int first = 0; first < batch; first += slice)
        run_slice(call, network, first, batch - first < slice ? batch - first : slice,
                  values);
    free(values);
}

static int infer_start(const struct op_environment *unused, void **shared,
                       struct error *error)
{
    (void)unused;
    return shared_input_start(sizeof(struct network), shared, error);
}

const struct op infer_op = {
    .name = "infer",
    .kind = OP_CPU,
    .flags = OP_SCALES,
    .summary = "run a neural network (784-512-256-10) on a batch",
    .library = "BLIS (CBLAS)",
    .node = "onnxruntime-node: on its own threads",
    .argument = "BATCH",
    .example = "8",
    .parse = infer_parse,
    .run = infer_run,
    .start = infer_start,
    .stop = shared_input_stop,
};
