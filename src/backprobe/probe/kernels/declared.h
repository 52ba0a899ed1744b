/* SPDX-License-Identifier: Apache-2.0 */
/* What is used of Python and of DLPack's C exchange, and how a tensor is asked.
 *
 * Python's part is of its stable ABI and declared here, so that its headers need not be installed.
 */
#pragma once
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

typedef struct _object PyObject;
typedef ptrdiff_t Py_ssize_t;
typedef PyObject *(*fastcall)(PyObject *, PyObject *const *, Py_ssize_t);
typedef struct {
    const char *name;
    fastcall function;
    int flags;
    const char *doc;
} PyMethodDef;
enum { METH_FASTCALL = 0x80 };

void Py_IncRef(PyObject *);
void Py_DecRef(PyObject *);
PyObject *PyObject_Type(PyObject *);
PyObject *PyObject_GetAttr(PyObject *, PyObject *);
PyObject *PyObject_CallFunctionObjArgs(PyObject *, ...);
PyObject *PyObject_CallObject(PyObject *, PyObject *);
int PyObject_SetItem(PyObject *, PyObject *, PyObject *);
int PyObject_DelItem(PyObject *, PyObject *);
PyObject *PyEval_GetFrame(void);
PyObject *PyCFunction_NewEx(PyMethodDef *, PyObject *, PyObject *);
PyObject *PyCapsule_New(void *, const char *, void (*)(PyObject *));
void *PyCapsule_GetPointer(PyObject *, const char *);
PyObject *PyTuple_Pack(Py_ssize_t, ...);
PyObject *PyTuple_GetItem(PyObject *, Py_ssize_t);
Py_ssize_t PyTuple_Size(PyObject *);
PyObject *PyList_GetItem(PyObject *, Py_ssize_t);
int PyList_Append(PyObject *, PyObject *);
int PyObject_RichCompareBool(PyObject *, PyObject *, int);
int PyList_SetSlice(PyObject *, Py_ssize_t, Py_ssize_t, PyObject *);
Py_ssize_t PyList_Size(PyObject *);
PyObject *PyDict_GetItem(PyObject *, PyObject *);
int PyDict_Next(PyObject *, Py_ssize_t *, PyObject **, PyObject **);
PyObject *PyFloat_FromDouble(double);
double PyFloat_AsDouble(PyObject *);
PyObject *PyLong_FromLongLong(long long);
PyObject *PyBytes_FromStringAndSize(const char *, Py_ssize_t);
PyObject *PyList_New(Py_ssize_t);
PyObject *PyErr_Occurred(void);
int PyObject_IsTrue(PyObject *);
PyObject *PyBool_FromLong(long);
long long PyLong_AsLongLong(PyObject *);
void PyErr_Clear(void);
unsigned long PyThread_get_thread_ident(void);
void *PyEval_SaveThread(void);
void PyEval_RestoreThread(void *);

/* Of DLPack 1, as far as it is used. */
typedef struct {
    uint32_t major, minor;
} version;
typedef struct {
    void *data;
    int32_t device, device_id;
    int32_t ndim;
    uint8_t code, bits;
    uint16_t lanes;
    int64_t *shape, *strides;
    uint64_t byte_offset;
} borrowed;
typedef struct {
    version version;
    void *previous;
    void *allocate, *own, *give;
    int (*borrow)(void *tensor, borrowed *into);
} exchange;
enum { CPU = 1, FLOAT = 2, BFLOAT = 4 };

/* What never changes in a process; given once. */
typedef struct {
    PyObject *tensor, *none, *grad, *params, *groups, *rate, *requires;
    const exchange *torch;
    void *output; /* the kernel for one */
} facts;
extern facts known __attribute__((visibility("hidden")));

static inline int exactly(PyObject *object, PyObject *type) {
    PyObject *found = PyObject_Type(object);
    Py_DecRef(found);
    return found == type;
}

static inline PyObject *nothing(void) {
    Py_IncRef(known.none);
    return known.none;
}

/* The numbers of types as in parameters.py, -1 for another one. */
static inline int type_of(const borrowed *t) {
    if (t->lanes != 1) return -1;
    if (t->code == FLOAT) return t->bits == 32 ? 0 : t->bits == 64 ? 1 : t->bits == 16 ? 3 : -1;
    return t->code == BFLOAT && t->bits == 16 ? 2 : -1;
}

/* Elements of a tensor whose memory is here and without gaps, else -1. */
static inline int64_t size_of(const borrowed *t) {
    int64_t n = 1;
    if (t->device != CPU) return -1;
    for (int32_t k = t->ndim; k-- > 0;) {
        if (t->strides && t->shape[k] != 1 && t->strides[k] != n) return -1;
        n *= t->shape[k];
    }
    return t->data || n == 0 ? n : -1;
}

static inline int64_t memory_of(const borrowed *t) {
    return (int64_t)(intptr_t)t->data + (int64_t)t->byte_offset;
}

/* The number that a tensor of one element holds; whether it is one, here, that needs a gradient. */
static inline int number_of(PyObject *tensor, double *value) {
    borrowed t;
    if (!exactly(tensor, known.tensor)) return 0;
    if (known.torch->borrow(tensor, &t)) {
        PyErr_Clear();
        return 0;
    }
    const int type = type_of(&t);
    if (size_of(&t) != 1 || type < 0 || type > 1) return 0;
    PyObject *needs = PyObject_GetAttr(tensor, known.requires);
    const int good = needs && PyObject_IsTrue(needs) == 1;
    if (needs) Py_DecRef(needs);
    PyErr_Clear();
    const void *at = (const void *)(intptr_t)memory_of(&t);
    *value = type ? *(const double *)at : (double)*(const float *)at;
    return good;
}

/* Of an optimizer's first group; NaN where it has none. */
static inline double rate_of(PyObject *optimizer) {
    PyObject *groups = PyObject_GetAttr(optimizer, known.groups);
    PyObject *group = groups ? PyList_GetItem(groups, 0) : NULL;
    PyObject *rate = group ? PyDict_GetItem(group, known.rate) : NULL;
    double found = rate ? PyFloat_AsDouble(rate) : NAN;
    if (groups) Py_DecRef(groups);
    if (PyErr_Occurred()) {
        PyErr_Clear();
        return NAN;
    }
    return found;
}

static inline double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Hands `count` rows of so many bytes to a Python callable, and forgets them. */
static inline void hand_rows(PyObject *extend, const void *rows, int64_t *count,
                             Py_ssize_t size) {
    if (!*count) return;
    PyObject *given = PyBytes_FromStringAndSize((const char *)rows, (Py_ssize_t)*count * size);
    *count = 0;
    PyObject *done = PyObject_CallFunctionObjArgs(extend, given, NULL);
    if (done) Py_DecRef(done);
    Py_DecRef(given);
    PyErr_Clear();
}
