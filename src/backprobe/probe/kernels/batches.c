/* SPDX-License-Identifier: Apache-2.0 */
/* Facts of a batch: how often its numbers repeat, and how many classes are told right. */
#include <stdint.h>
#include <string.h>

enum { MOST = 1024, SLOTS = 4 * MOST }; /* as FEW in batches.py */

/* How many of n numbers differ, and how often the commonest one occurs. `whole`: they are int64, else
 * float, of which no NaN equals another. */
void bp_repeated(const void *data, int32_t n, int32_t whole, int32_t *found) {
    uint64_t keys[SLOTS];
    uint16_t counts[SLOTS];
    memset(counts, 0, sizeof counts);
    found[0] = 0, found[1] = n > 0;
    for (int32_t i = 0; i < n && i < MOST; i++) {
        uint64_t key;
        if (whole) {
            key = (uint64_t)((const int64_t *)data)[i];
        } else {
            const float x = ((const float *)data)[i];
            uint32_t bits = 0; /* of both zeros */
            if (x != 0.0f) memcpy(&bits, &x, 4);
            if ((bits & 0x7fffffffu) > 0x7f800000u) {
                found[0]++;
                continue;
            }
            key = bits;
        }
        uint64_t at = key * 0x9E3779B97F4A7C15ull >> 52;
        while (counts[at] && keys[at] != key) at = (at + 1) % SLOTS;
        keys[at] = key;
        found[0] += !counts[at]++;
        if (counts[at] > found[1]) found[1] = counts[at];
    }
}

/* Rows [rows][classes] of scores of which the greatest, of equal ones the first, is the target's; and
 * rows whose target is not `ignored`. A NaN is the greatest, as for torch's argmax. */
void bp_hits(const float *scores, int64_t rows, int64_t classes, const int64_t *targets,
             int64_t ignored, int64_t *found) {
    found[0] = found[1] = 0;
    for (int64_t r = 0; r < rows; r++) {
        const int64_t target = targets[r];
        if (target == ignored) continue;
        found[1]++;
        if (target < 0 || target >= classes) continue;
        const float *x = scores + r * classes, told = x[target];
        int32_t wrong = 0;
        if (told != told) {
            for (int64_t c = 0; c < target; c++) wrong |= x[c] != x[c];
        } else {
            for (int64_t c = 0; c < target; c++) wrong |= !(x[c] < told);
            for (int64_t c = target + 1; c < classes; c++) wrong |= !(x[c] <= told);
        }
        found[0] += !wrong;
    }
}
