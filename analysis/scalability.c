/*
 * scalability.c - see scalability.h.
 *
 * With a = 1/lambda, b = sigma/lambda, c = kappa/lambda the law is X = N / q, where
 * q = a + b (N - 1) + c N (N - 1) is linear in all three. N / X against q by ordinary
 * least squares is the start; from there Levenberg's and Marquardt's method finds the
 * least squares of X itself (W. Press et al., Numerical Recipes, section 15.5). The
 * limits b >= 0 and c >= 0 hold on four faces (neither, one or both at 0); the best fit
 * is the best of those on the faces that lie within the limits.
 */
#include "analysis/scalability.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/compare.h"
#include "base/text.h"

#define PARAMETERS 3 /* a, b, c */
#define STEPS_MOST 500
#define PRECISION  1e-14
#define ROUNDING   1e-20 /* of the sum of squares: a simpler law within it is as good */

struct usl_points {
    const double *loads, *throughputs;
    size_t count;
};

/* Sum of squares to be made least, as far as a step can see. */
struct usl_normal {
    double matrix[PARAMETERS][PARAMETERS], vector[PARAMETERS];
};

static void set_basis(double load, double basis[PARAMETERS])
{
    basis[0] = 1;
    basis[1] = load - 1;
    basis[2] = load * (load - 1);
}

static double denominator(const double parameters[PARAMETERS], double load)
{
    double basis[PARAMETERS], sum = 0;
    set_basis(load, basis);
    for (int i = 0; i < PARAMETERS; i++)
        sum += parameters[i] * basis[i];
    return sum;
}

/* INFINITY where the law has no throughput at some of the points. */
static double squares_of(const struct usl_points *points,
                         const double parameters[PARAMETERS])
{
    double squares = 0;
    for (size_t i = 0; i < points->count; i++) {
        double q = denominator(parameters, points->loads[i]);
        if (!(q > 0))
            return INFINITY;
        double residual = points->throughputs[i] - points->loads[i] / q;
        squares += residual * residual;
    }
    return squares;
}

/*
 * Solves for the step in the parameters that `is_free` names; the others get none. By
 * Cholesky's decomposition, with columns scaled to a diagonal of 1 (loads reach over
 * decades, and their squares over twice as many), to which the damping is added.
 */
static bool solve(const struct usl_normal *normal, const bool is_free[PARAMETERS],
                  double damping, double step[PARAMETERS])
{
    double lower[PARAMETERS][PARAMETERS], scale[PARAMETERS];
    for (int i = 0; i < PARAMETERS; i++) {
        scale[i] = sqrt(normal->matrix[i][i]);
        for (int j = 0; j <= i; j++) {
            bool apart = i != j && !(is_free[i] && is_free[j]);
            double sum = apart ? 0 : normal->matrix[i][j] / (scale[i] * scale[j]);
            for (int k = 0; k < j; k++)
                sum -= lower[i][k] * lower[j][k];
            lower[i][j] = i == j ? sqrt(sum + damping) : sum / lower[j][j];
        }
        if (!(lower[i][i] > 0))
            return false;
        double sum = is_free[i] ? normal->vector[i] / scale[i] : 0;
        for (int k = 0; k < i; k++)
            sum -= lower[i][k] * step[k];
        step[i] = sum / lower[i][i];
    }
    for (int i = PARAMETERS; i-- > 0;) {
        for (int k = i + 1; k < PARAMETERS; k++)
            step[i] -= lower[k][i] * step[k];
        step[i] /= lower[i][i];
    }
    for (int i = 0; i < PARAMETERS; i++)
        step[i] /= scale[i];
    return true;
}

static void add_row(struct usl_normal *normal, const double slope[PARAMETERS],
                    double residual)
{
    for (int i = 0; i < PARAMETERS; i++) {
        for (int j = 0; j < PARAMETERS; j++)
            normal->matrix[i][j] += slope[i] * slope[j];
        normal->vector[i] += slope[i] * residual;
    }
}

/* N / X = q by weighted least squares; with the weights X^2 / N errors count as they do
 * in X, to the first order. */
static bool start_linear(const struct usl_points *points, const bool is_free[PARAMETERS],
                         double parameters[PARAMETERS])
{
    struct usl_normal normal = {0};
    for (size_t i = 0; i < points->count; i++) {
        double load = points->loads[i], throughput = points->throughputs[i];
        double weight = throughput * throughput / load, slope[PARAMETERS];
        set_basis(load, slope);
        for (int j = 0; j < PARAMETERS; j++)
            slope[j] *= weight;
        add_row(&normal, slope, weight * load / throughput);
    }
    return solve(&normal, is_free, 0, parameters);
}

static struct usl_normal linearise(const struct usl_points *points,
                                   const double parameters[PARAMETERS])
{
    struct usl_normal normal = {0};
    for (size_t i = 0; i < points->count; i++) {
        double load = points->loads[i], q = denominator(parameters, load);
        double slope[PARAMETERS];
        set_basis(load, slope);
        for (int j = 0; j < PARAMETERS; j++)
            slope[j] *= -load / (q * q);
        add_row(&normal, slope, points->throughputs[i] - load / q);
    }
    return normal;
}

/* Least squares on one face; returns their sum, INFINITY where there is no fit. */
static double fit_face(const struct usl_points *points, const bool is_free[PARAMETERS],
                       double parameters[PARAMETERS])
{
    if (!start_linear(points, is_free, parameters))
        return INFINITY;
    double squares = squares_of(points, parameters), damping = 1e-3;
    for (int i = 0; i < STEPS_MOST && isfinite(squares) && damping < 1e12; i++) {
        struct usl_normal normal = linearise(points, parameters);
        double step[PARAMETERS], tried[PARAMETERS];
        if (!solve(&normal, is_free, damping, step))
            break;
        for (int j = 0; j < PARAMETERS; j++)
            tried[j] = parameters[j] + step[j];
        double squares_tried = squares_of(points, tried);
        if (!(squares_tried <= squares)) {
            damping *= 10;
            continue;
        }
        bool settled = true;
        for (int j = 0; j < PARAMETERS; j++)
            settled = settled && fabs(step[j]) <= PRECISION * fabs(tried[j]);
        memcpy(parameters, tried, sizeof tried);
        squares = squares_tried;
        damping /= 10;
        if (settled)
            break;
    }
    return squares;
}

static size_t count_different(const double *values, size_t count)
{
    double *sorted = memory_allocate((count + 1) * sizeof *sorted);
    memcpy(sorted, values, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_doubles);
    size_t different = count > 0;
    for (size_t i = 1; i < count; i++)
        different += sorted[i] > sorted[i - 1];
    free(sorted);
    return different;
}

static struct scalability law_of(const double parameters[PARAMETERS], double residual)
{
    struct scalability fit = {
        .exists = true,
        .lambda = 1 / parameters[0],
        .sigma = parameters[1] / parameters[0],
        .kappa = parameters[2] / parameters[0],
        .residual = residual,
    };
    fit.peak = fit.kappa > 0   ? sqrt(fmax(1 - fit.sigma, 0) / fit.kappa)
               : fit.sigma < 1 ? (double)INFINITY
                               : 1;
    fit.peak = fmax(fit.peak, 1);
    fit.peak_throughput = isfinite(fit.peak) ? scalability_throughput(&fit, fit.peak)
                                             : fit.lambda / fit.sigma;
    return fit;
}

static struct scalability fit_points(const struct usl_points *points)
{
    static const bool faces[][PARAMETERS] = {{true, false, false},
                                             {true, true, false},
                                             {true, false, true},
                                             {true, true, true}};
    struct scalability best = {0};
    static const double nothing[PARAMETERS] = {INFINITY};
    double rounding = ROUNDING * squares_of(points, nothing), least = INFINITY;
    for (size_t i = 0; i < sizeof faces / sizeof *faces; i++) {
        double parameters[PARAMETERS] = {0};
        double squares = fit_face(points, faces[i], parameters);
        bool within = parameters[0] > 0 && parameters[1] >= 0 && parameters[2] >= 0;
        if (!isfinite(squares) || !within || squares >= least - rounding)
            continue;
        least = squares;
        best = law_of(parameters, sqrt(squares / (double)(points->count - PARAMETERS)));
    }
    return best;
}

struct scalability scalability_fit(const double *loads, const double *throughputs,
                                   size_t count)
{
    double *columns = memory_allocate((2 * count + 1) * sizeof *columns);
    double *kept_loads = columns, *kept_throughputs = columns + count;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (loads[i] >= 1 && throughputs[i] > 0) {
            kept_loads[kept] = loads[i];
            kept_throughputs[kept++] = throughputs[i];
        }
    struct usl_points points = {kept_loads, kept_throughputs, kept};
    struct scalability fit = {0};
    if (count_different(kept_loads, kept) >= SCALABILITY_LEAST)
        fit = fit_points(&points);
    free(columns);
    return fit;
}

double scalability_throughput(const struct scalability *fit, double load)
{
    return fit->lambda * load /
           (1 + fit->sigma * (load - 1) + fit->kappa * load * (load - 1));
}
