/* SPDX-License-Identifier: Apache-2.0 */
/* One pass over each tensor of a step. Plain C, loaded through ctypes; no Python, no allocation.
 *
 * A non-finite element is told by the bits of its block's sum of squares, and then by its own, so
 * the reductions may be reordered and vectorised without losing a NaN. Sums run in float over blocks
 * and in double across them.
 */
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

enum { F32 = 0, F64 = 1, BF16 = 2, F16 = 3 };
enum { BLOCK = 4096, BINS = 135, MOST_SAMPLES = 1024 };
enum { SIGNALS = 13, STRIDE = 7919, SURE = 10, WINDOW = 32 }; /* as in parameters.py, outputs.py */

typedef struct {
    double sum, square;
    float min, max;
    int64_t zeros, bad, count;
} sums;

static inline uint32_t bits_of(float x) {
    uint32_t b;
    memcpy(&b, &x, 4);
    return b;
}

static inline float from_bits(uint32_t b) {
    float x;
    memcpy(&x, &b, 4);
    return x;
}

static inline float half_to_float(uint16_t h) {
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, e = (h >> 10) & 31, m = h & 1023;
    if (e == 31) return from_bits(sign | 0x7f800000 | (m << 13));
    if (e) return from_bits(sign | ((e + 112) << 23) | (m << 13));
    float v = (float)m * 0x1p-24f;
    return sign ? -v : v;
}

static inline float load(const void *data, int64_t i, int dtype) {
    switch (dtype) {
    case F32: return ((const float *)data)[i];
    case F64: return (float)((const double *)data)[i];
    case BF16: return from_bits((uint32_t)((const uint16_t *)data)[i] << 16);
    default: return half_to_float(((const uint16_t *)data)[i]);
    }
}

/* Order of the floats as integers, so that extremes vectorise without a promise about NaN. */
static inline int32_t ordered(uint32_t b) {
    return (int32_t)(b ^ (uint32_t)((int32_t)b >> 31 & 0x7fffffff));
}

static inline float unordered(int32_t o) {
    return from_bits((uint32_t)o ^ (uint32_t)(o >> 31 & 0x7fffffff));
}

/* The same for a block in which something is not finite, or whose squares leave a float's range. */
static void add_odd_block(const float *x, int64_t n, sums *a) {
    float s = 0, q = 0;
    int32_t low = INT32_MAX, high = INT32_MIN, zeros = 0, bad = 0;
    for (int64_t i = 0; i < n; i++) {
        uint32_t b = bits_of(x[i]), magnitude = b & 0x7fffffffu;
        int32_t ok = -(int32_t)(magnitude < 0x7f800000u), o = ordered(b);
        float v = from_bits(b & (uint32_t)ok);
        int32_t down = (o & ok) | (INT32_MAX & ~ok), up = (o & ok) | (INT32_MIN & ~ok);
        s += v;
        q += v * v;
        low = down < low ? down : low;
        high = up > high ? up : high;
        zeros += magnitude == 0;
        bad += 1 + ok;
    }
    float lo = low == INT32_MAX ? FLT_MAX : unordered(low);
    float hi = high == INT32_MIN ? -FLT_MAX : unordered(high);
    if ((bits_of(q) & 0x7f800000u) == 0x7f800000u || (bits_of(s) & 0x7f800000u) == 0x7f800000u) {
        double ds = 0, dq = 0; /* squares of values near 1e20 leave the range of a float */
        for (int64_t i = 0; i < n; i++)
            if ((bits_of(x[i]) & 0x7f800000u) != 0x7f800000u) {
                ds += x[i];
                dq += (double)x[i] * x[i];
            }
        a->sum += ds;
        a->square += dq;
    } else {
        a->sum += s;
        a->square += q;
    }
    if (lo < a->min) a->min = lo;
    if (hi > a->max) a->max = hi;
    a->zeros += zeros;
    a->bad += bad;
    a->count += n;
}

static void add_block(const float *x, int64_t n, sums *a) {
    float s = 0, q = 0;
    int32_t low = INT32_MAX, high = INT32_MIN, zeros = 0;
    for (int64_t i = 0; i < n; i++) {
        const int32_t o = ordered(bits_of(x[i]));
        s += x[i];
        q += x[i] * x[i];
        low = o < low ? o : low;
        high = o > high ? o : high;
        zeros += x[i] == 0.0f;
    }
    /* A NaN or an infinity makes the sum of squares one; so do values near 1e19. */
    if ((bits_of(q) & 0x7f800000u) == 0x7f800000u) {
        add_odd_block(x, n, a);
        return;
    }
    a->sum += s;
    a->square += q;
    if (n && unordered(low) < a->min) a->min = unordered(low);
    if (n && unordered(high) > a->max) a->max = unordered(high);
    a->zeros += zeros;
    a->count += n;
}

static sums begin(void) {
    sums a = {0, 0, FLT_MAX, -FLT_MAX, 0, 0, 0};
    return a;
}

/* A tensor that is not in a cache: so much is asked for while as much is read. */
enum { AHEAD = 1024, LINE = 64 };

static void add_all(const void *data, int64_t n, int dtype, sums *a) {
    float scratch[BLOCK];
    const int64_t step = n > BLOCK && dtype == F32 ? AHEAD / 2 : BLOCK;
    for (int64_t at = 0; at < n; at += step) {
        int64_t m = n - at < step ? n - at : step;
        const float *x = (const float *)data + at;
        if (dtype != F32) {
            for (int64_t i = 0; i < m; i++) scratch[i] = load(data, at + i, dtype);
            x = scratch;
        } else if (step < BLOCK && at + AHEAD + m <= n) {
            for (int64_t i = 0; i < m; i += LINE / 4) __builtin_prefetch(x + AHEAD + i);
        }
        add_block(x, m, a);
    }
}

/* mean, rms, min, max, zeros, nonfinite; NaN where there is no finite element */
static void finish(const sums *a, float *out) {
    double finite = (double)(a->count - a->bad);
    out[0] = finite > 0 ? (float)(a->sum / finite) : NAN;
    out[1] = finite > 0 ? (float)sqrt(a->square / finite) : NAN;
    out[2] = finite > 0 ? a->min : NAN;
    out[3] = finite > 0 ? a->max : NAN;
    out[4] = a->count ? (float)((double)a->zeros / (double)a->count) : NAN;
    out[5] = a->count ? (float)((double)a->bad / (double)a->count) : NAN;
}

void bp_full(const void *data, int64_t n, int32_t dtype, float *out) {
    sums a = begin();
    add_all(data, n, dtype, &a);
    finish(&a, out);
}

/* A histogram is counted by sign and exponent, the upper nine bits, and told as bins afterwards: so
 * counting takes no branch. Neighbours fall into the same few, and to count where one was just counted
 * waits for the write: two tables take turns. */
enum { KEYS = 512, NEGATIVE = 256, SPECIAL = 255 };
typedef struct {
    uint16_t of[2][KEYS];
    uint16_t zeros, nan, down; /* of exponent 0 the true zeros; of the highest NaN and -infinity */
    int64_t next;              /* the element that is counted next, from the first of those that come */
} counts;

/* Counts every `step`-th of the elements that are given, call after call. */
static void add_bins(const float *x, int64_t n, int64_t step, counts *c) {
    int64_t i = c->next;
    uint16_t zeros = 0, nan = 0, down = 0;
    for (; i + step < n; i += 2 * step) {
        c->of[0][bits_of(x[i]) >> 23]++;
        c->of[1][bits_of(x[i + step]) >> 23]++;
    }
    for (; i < n; i += step) c->of[0][bits_of(x[i]) >> 23]++;
    for (int64_t k = c->next; k < n; k += step) {
        const uint32_t b = bits_of(x[k]), magnitude = b & 0x7fffffffu;
        zeros = (uint16_t)(zeros + (magnitude == 0));
        nan = (uint16_t)(nan + (magnitude > 0x7f800000u));
        down = (uint16_t)(down + (b == 0xff800000u));
    }
    c->zeros = (uint16_t)(c->zeros + zeros);
    c->nan = (uint16_t)(c->nan + nan);
    c->down = (uint16_t)(c->down + down);
    c->next = i - n;
}

/* The bins [BINS] of what was counted; docs/reference/record.md says what each holds. */
static void bins_of(counts *c, uint16_t *bins) {
    uint16_t *up = c->of[0], *down = up + NEGATIVE;
    uint16_t large = 0, small = 0, low_large = 0, low_small = 0;
    for (int32_t k = 0; k < KEYS; k++) up[k] = (uint16_t)(up[k] + c->of[1][k]);
    for (int32_t k = 1; k < 127 - 40; k++) {
        small = (uint16_t)(small + up[k]);
        low_small = (uint16_t)(low_small + down[k]);
    }
    for (int32_t k = 127 + 23; k < SPECIAL; k++) {
        large = (uint16_t)(large + up[k]);
        low_large = (uint16_t)(low_large + down[k]);
    }
    for (int32_t e = -40; e < 23; e++) {
        bins[108 + e] = up[127 + e];
        bins[23 - e] = down[127 + e];
    }
    bins[0] = low_large;
    bins[64] = low_small;
    bins[65] = (uint16_t)(up[0] + down[0] - c->zeros);
    bins[66] = c->zeros;
    bins[67] = small;
    bins[131] = large;
    bins[132] = c->nan;
    bins[133] = c->down;
    bins[134] = (uint16_t)(up[SPECIAL] + down[SPECIAL] - c->nan - c->down);
}

/* Where histograms go, one after another, only their occupied bins; a block of the recorder's.
 * What belongs to the step that is going on counts once Python has committed it. */
typedef struct {
    uint8_t *lengths, *bins;
    uint16_t *counts;
    int64_t rows, used;         /* histograms and bins of the steps that are complete */
    int64_t new_rows, new_used; /* and with those of the step that is going on */
} sink;

static void put(sink *s, counts *c) {
    uint8_t *bins = s->bins + s->new_used;
    uint16_t *counts = s->counts + s->new_used;
    uint16_t histogram[BINS];
    int32_t length = 0;
    bins_of(c, histogram);
    for (int32_t b = 0; b < BINS; b++) { /* no branch: which bins are occupied can't be guessed */
        bins[length] = (uint8_t)b;
        counts[length] = histogram[b];
        length += histogram[b] != 0;
    }
    s->lengths[s->new_rows++] = (uint8_t)length;
    s->new_used += length;
}

static void put_bins(sink *s, const float *x, int64_t n) {
    counts c = {0};
    add_bins(x, n, 1, &c);
    put(s, &c);
}

/* The sampled coordinates of a tensor; without coordinates, its first n elements. */
static void gather(const void *data, int dtype, const uint32_t *where, int32_t n, float *out) {
    if (!where) {
        if (dtype == F32)
            memcpy(out, data, (size_t)n * sizeof(float));
        else
            for (int32_t i = 0; i < n; i++) out[i] = load(data, i, dtype);
    } else if (dtype == F32) {
        const float *x = data;
        for (int32_t i = 0; i < n; i++) out[i] = x[where[i]];
    } else {
        for (int32_t i = 0; i < n; i++) out[i] = load(data, where[i], dtype);
    }
}

typedef struct {
    int64_t n;              /* elements */
    int32_t weight_dtype, grad_dtype;
    int32_t samples, fresh; /* sampled coordinates; fresh: no previous gradient sample yet */
    const uint32_t *where;  /* [samples] sampled coordinates, NULL: all elements in order */
    float *weight_sample;   /* [samples] weights before the step */
    float *grad_sample;     /* [samples] the last observed gradient */
} tensor;

enum { GRAD = 0, WEIGHT = 6, UPDATE_RMS = 11, COSINE = 12 };

/* Reads gradients and weights into rows [count][13] and, for each, a histogram of the gradient and
 * one of the weight. `again`: only the gradients are new, as after the closure of LBFGS.
 * Returns the sum of squares of all gradients: NaN where one is not finite, -1 without any. */
double bp_before(tensor *t, const int64_t *weights, const int64_t *grads, int64_t count, float *rows,
                 sink *into, int32_t again) {
    double total = 0;
    int64_t given = 0;
    float sample[MOST_SAMPLES];
    if (into) into->new_rows = into->rows, into->new_used = into->used;
    for (int64_t k = 0; k < count; k++) {
        tensor *p = t + k;
        float *out = rows + k * SIGNALS;
        const void *w = (const void *)weights[k], *g = (const void *)grads[k];
        if (!again)
            for (int32_t i = 0; i < SIGNALS; i++) out[i] = NAN;
        if (g) {
            bp_full(g, p->n, p->grad_dtype, out + GRAD);
            given++;
            if (out[GRAD + 5] > 0) total = NAN;
            total += (double)out[GRAD + 1] * out[GRAD + 1] * (double)p->n;
            gather(g, p->grad_dtype, p->where, p->samples, sample);
            double dot = 0, now = 0, then = 0;
            for (int32_t i = 0; i < p->samples; i++) {
                double x = sample[i], y = p->grad_sample[i];
                dot += x * y;
                now += x * x;
                then += y * y;
            }
            memcpy(p->grad_sample, sample, (size_t)p->samples * sizeof(float));
            out[COSINE] = p->fresh || now <= 0 || then <= 0 ? NAN : (float)(dot / sqrt(now * then));
            p->fresh = 0;
        }
        if (into) put_bins(into, sample, g ? p->samples : 0);
        if (w && !again) {
            float six[6];
            bp_full(w, p->n, p->weight_dtype, six);
            memcpy(out + WEIGHT, six, 4 * sizeof(float));
            out[WEIGHT + 4] = six[5];
            gather(w, p->weight_dtype, p->where, p->samples, p->weight_sample);
        }
        if (into) put_bins(into, p->weight_sample, w ? p->samples : 0);
    }
    return given ? total : -1;
}

/* Reads what the step has changed at the sampled coordinates, and its histogram. */
void bp_after(tensor *t, const int64_t *weights, int64_t count, float *rows, sink *into) {
    float sample[MOST_SAMPLES];
    for (int64_t k = 0; k < count; k++) {
        tensor *p = t + k;
        const void *w = (const void *)weights[k];
        const int32_t n = w ? p->samples : 0;
        double square = 0;
        if (k + 1 < count && weights[k + 1] && p[1].where && p[1].weight_dtype == F32)
            for (int32_t i = 0; i < p[1].samples; i++) /* the step has spoilt the caches */
                __builtin_prefetch((const float *)weights[k + 1] + p[1].where[i]);
        if (n) gather(w, p->weight_dtype, p->where, n, sample);
        for (int32_t i = 0; i < n; i++) {
            float d = sample[i] - p->weight_sample[i];
            sample[i] = d;
            square += (double)d * d;
        }
        if (into) put_bins(into, sample, n);
        if (n) rows[k * SIGNALS + UPDATE_RMS] = (float)sqrt(square / n);
    }
}

/* How many of the tensors hold a gradient that is not all zero at the sampled coordinates. */
int32_t bp_nonzero(const tensor *t, const int64_t *grads, const int32_t *chosen, int32_t count) {
    int32_t found = 0;
    for (int32_t k = 0; k < count; k++) {
        const tensor *p = t + chosen[k];
        const void *g = (const void *)grads[k];
        if (!g) continue;
        for (int32_t i = 0; i < p->samples; i++)
            if (load(g, p->where ? p->where[i] : i, p->grad_dtype) != 0.0f) {
                found++;
                break;
            }
    }
    return found;
}

typedef struct {
    int64_t rows, units, inner; /* element (r, u, i) lies at (r * units + u) * inner + i */
    int64_t row_step, unit_step;
    int64_t length, starts;     /* of the run of positions that is read, <= BLOCK; where it may begin */
    int64_t calls;              /* another run of positions each time */
    int64_t bin_step;           /* every so-manieth element read goes into the histogram */
    int32_t dead, seen;         /* dead: keep each unit's running maximum, over so many calls */
    float low, high;            /* outside of them an element is saturated; low > high: none is */
    float *unit_max, *unit_sum, *unit_square; /* [units / unit_step] */
} output;

/* Reads one layer's output into out [9]: mean rms min max zero nonfinite batch_std saturated dead;
 * and its histogram. A dead share is given once `SURE` calls were seen, and asked afresh after
 * `WINDOW`: a unit may be silent on one batch. */
void bp_output(output *o, const void *data, int32_t dtype, float *out, sink *into) {
    counts histogram = {0};
    if (o->units <= 0 || o->unit_step <= 0 || o->starts <= 0 || o->row_step <= 0 || o->bin_step <= 0) {
        for (int k = 0; k < 9; k++) out[k] = NAN; /* never a division by zero in a user's process */
        return;
    }
    const int64_t start = ++o->calls * STRIDE % o->starts;
    sums a = begin();
    float scratch[BLOCK];
    const int64_t units = (o->units + o->unit_step - 1) / o->unit_step;
    int64_t per_unit = 0, saturated = 0, taken = 0;
    float *top = o->unit_max, *sum = o->unit_sum, *square = o->unit_square;
    memset(sum, 0, (size_t)units * sizeof(float));
    memset(square, 0, (size_t)units * sizeof(float));
    const int flat = o->inner == 1 && o->unit_step == 1 && dtype == F32;
    const int dead = o->dead, saturates = o->low <= o->high;
    const int64_t together = units < BLOCK ? BLOCK / units : 1;
    for (int64_t r = 0; r < o->rows; r += o->row_step) {
        /* Shifting by the first row keeps the variance right where the mean dwarfs it. */
        if (flat) {
            const float *x = (const float *)data + r * units, *first = (const float *)data;
            /* Where no row is left out many are taken at once: short loops cost their ends. */
            if (o->row_step > 1 || units > BLOCK) {
                add_block(x, units, &a);
                if (into) add_bins(x, units, o->bin_step, &histogram);
            } else if (r == taken) {
                const int64_t n = units * (o->rows - r < together ? o->rows - r : together);
                add_block(x, n, &a);
                if (into) add_bins(x, n, o->bin_step, &histogram);
                taken += together;
            }
            for (int64_t u = 0; u < units; u++) {
                float d = x[u] - first[u];
                sum[u] += d;
                square[u] += d * d;
            }
            if (dead)
                for (int64_t u = 0; u < units; u++) top[u] = x[u] > top[u] ? x[u] : top[u];
            if (saturates)
                for (int64_t u = 0; u < units; u++) saturated += (x[u] <= o->low) | (x[u] >= o->high);
            per_unit++;
            continue;
        }
        for (int64_t k = 0, u = 0; u < o->units; u += o->unit_step, k++) {
            const int64_t at = (r * o->units + u) * o->inner + start;
            const float shift = load(data, u * o->inner + start, dtype);
            const float *x = (const float *)data + at;
            const int64_t n = o->length;
            if (dtype != F32) {
                for (int64_t i = 0; i < n; i++) scratch[i] = load(data, at + i, dtype);
                x = scratch;
            }
            add_block(x, n, &a);
            float s = 0, q = 0, high = top[k];
            for (int64_t i = 0; i < n; i++) {
                float d = x[i] - shift;
                s += d;
                q += d * d;
            }
            sum[k] += s;
            square[k] += q;
            if (dead) {
                for (int64_t i = 0; i < n; i++) high = x[i] > high ? x[i] : high;
                top[k] = high;
            }
            if (saturates)
                for (int64_t i = 0; i < n; i++) saturated += (x[i] <= o->low) | (x[i] >= o->high);
            if (into) add_bins(x, n, o->bin_step, &histogram);
        }
        per_unit += o->length;
    }
    finish(&a, out);
    double variance = 0;
    int64_t silent = 0;
    for (int64_t k = 0; k < units; k++) {
        double mean = sum[k] / (double)per_unit, v = square[k] / (double)per_unit - mean * mean;
        variance += v > 0 ? v : 0;
        if (dead) silent += top[k] <= 0.0f;
    }
    out[6] = per_unit > 1 ? (float)sqrt(variance / (double)units) : NAN;
    out[7] = saturates && a.count ? (float)((double)saturated / (double)a.count) : NAN;
    out[8] = dead && ++o->seen >= SURE ? (float)((double)silent / (double)units) : NAN;
    if (o->seen >= WINDOW) {
        o->seen = 0;
        for (int64_t k = 0; k < units; k++) top[k] = -INFINITY;
    }
    if (into) put(into, &histogram);
}

/* Packs histograms [rows][BINS]: per row the number of occupied bins, then each one's bin and
 * count. Returns how many were written; `bins` and `packed` hold rows * BINS at most. */
int64_t bp_pack(const uint32_t *counts, int64_t rows, uint8_t *lengths, uint8_t *bins,
                uint32_t *packed) {
    int64_t written = 0;
    for (int64_t r = 0; r < rows; r++) {
        const uint32_t *row = counts + r * BINS;
        int64_t before = written;
        for (int b = 0; b < BINS; b++)
            if (row[b]) {
                bins[written] = (uint8_t)b;
                packed[written++] = row[b];
            }
        lengths[r] = (uint8_t)(written - before);
    }
    return written;
}
