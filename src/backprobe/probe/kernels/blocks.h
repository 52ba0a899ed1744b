/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks of the recorder's, as blocks.py makes them: a step's row and histograms are committed here. */
#include "declared.h"

typedef struct { /* as in stats.c */
    uint8_t *lengths, *bins;
    uint16_t *counts;
    int64_t rows, used, new_rows, new_used;
} sink;

/* A block of the recorder's, see blocks.py: where the step that goes on is written. */
typedef struct {
    int64_t at;
    sink *into; /* NULL: no histograms */
    int64_t stride, rows, most, histograms;
    PyObject *steps, *binned, *pattern;
} block;
enum { BLOCK = 9 }; /* what Python gives of one */

/* As `Block.commit`. */
static inline void commit(block *b, int64_t step) {
    sink *s = b->into;
    PyObject *number = PyLong_FromLongLong(step);
    if (s && s->new_rows - s->rows == b->histograms) {
        s->rows = s->new_rows;
        s->used = s->new_used;
        PyObject *rows = PyLong_FromLongLong(s->rows), *used = PyLong_FromLongLong(s->used);
        PyObject *entry = PyTuple_Pack(4, number, b->pattern, rows, used);
        PyList_Append(b->binned, entry);
        Py_DecRef(entry);
        Py_DecRef(rows);
        Py_DecRef(used);
    }
    PyList_Append(b->steps, number);
    Py_DecRef(number);
    b->at += b->stride;
}

/* Whether no further step has room for certain. */
static inline int is_full(const block *b) {
    return PyList_Size(b->steps) >= b->rows || (b->into && b->into->used > b->most);
}

/* What `Block.open_to` gives; whether it was that. */
static inline int block_of(PyObject *given, block *b) {
    int64_t v[BLOCK - 3];
    if (PyTuple_Size(given) != BLOCK) return 0;
    for (int k = 0; k < BLOCK - 3; k++) v[k] = PyLong_AsLongLong(PyTuple_GetItem(given, k));
    *b = (block){v[0],
                 (sink *)(intptr_t)v[1],
                 v[2],
                 v[3],
                 v[4],
                 v[5],
                 PyTuple_GetItem(given, BLOCK - 3),
                 PyTuple_GetItem(given, BLOCK - 2),
                 PyTuple_GetItem(given, BLOCK - 1)};
    return 1;
}
