/* SPDX-License-Identifier: Apache-2.0 */
/* What is used of Python and of DLPack's C exchange, and how a tensor is asked.
 *
 * Python's part is of its stable ABI and declared here, so that its headers need not be installed.
 */
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
PyObject *PyCFunction_NewEx(PyMethodDef *, PyObject *, PyObject *);
PyObject *PyCapsule_New(void *, const char *, void (*)(PyObject *));
void *PyCapsule_GetPointer(PyObject *, const char *);
PyObject *PyTuple_Pack(Py_ssize_t, ...);
PyObject *PyTuple_GetItem(PyObject *, Py_ssize_t);
PyObject *PyList_GetItem(PyObject *, Py_ssize_t);
int PyList_Append(PyObject *, PyObject *);
Py_ssize_t PyList_Size(PyObject *);
PyObject *PyDict_GetItem(PyObject *, PyObject *);
int PyDict_Next(PyObject *, Py_ssize_t *, PyObject **, PyObject **);
PyObject *PyFloat_FromDouble(double);
double PyFloat_AsDouble(PyObject *);
PyObject *PyLong_FromLongLong(long long);
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

static inline double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}
