/* SPDX-License-Identifier: Apache-2.0 */
/* What a step asks of torch and Python, without the interpreter: a tensor's shape, type and memory,
 * and the kernel's call, for each layer's output and each parameter.
 *
 * Whatever is not as it was last time is left to Python: nothing here plans anything.
 */
#include "declared.h"

#include <stdlib.h>

enum { MOST_DIMENSIONS = 8 };

typedef struct { /* begins as in stats.c, and goes on for calls.py */
    int64_t rows, units, inner, row_step, unit_step, length, starts, calls, bin_step;
    int32_t dead, seen;
    float low, high;
    float *unit_max, *unit_sum, *unit_square;
    int64_t step;  /* in which it was measured last */
    int64_t asked; /* in which Python is to look at it too */
    int32_t empty; /* whether there is nothing to read */
    int32_t ndim;  /* of the shape that the plan above is for; -1 for none */
    int64_t shape[MOST_DIMENSIONS];
} output;
typedef struct { /* as in stats.c */
    int64_t n;
    int32_t weight_dtype, grad_dtype, samples, fresh;
    const uint32_t *where;
    float *weight_sample, *grad_sample;
} tensor;
typedef void (*output_kernel)(output *, const void *, int32_t, float *, void *);
typedef double (*before_kernel)(tensor *, const int64_t *, const int64_t *, int64_t, float *, void *,
                                int32_t);
typedef void (*after_kernel)(tensor *, const int64_t *, int64_t, float *, void *);

facts known;

/* ---- the outputs of layers ---- */

typedef struct {
    const void *module;
    output *spec;   /* NULL: nothing of it is measured */
    int64_t offset; /* of its signals in a row, in bytes; -1: the module is gone */
    PyObject *row;
    int64_t weighted;
} entry;

/* The forward that is going on, and what is known of its modules. */
typedef struct {
    const void *root;   /* whose end Python is told of */
    unsigned long thread;
    int64_t step;       /* another number in each step */
    int64_t at, length; /* the row that is filled, and its bytes */
    int64_t sink;       /* where histograms go, 0 for nowhere */
    int64_t first;      /* whether the first layer with weights has run, or nobody asks for it */
    double spent;       /* seconds */
    int64_t measured;
    PyObject *order; /* list of the rows whose histograms were written */
    PyObject *stack; /* list of the modules that are running, which is kept where it is asked for */
    int64_t stacked;
    entry **table;
    int64_t slots, entries;
} layers;

static int64_t slot_of(const layers *f, const void *module) {
    uint64_t at = (uint64_t)(uintptr_t)module * 0x9E3779B97F4A7C15ull >> 20;
    while (1) {
        at &= (uint64_t)f->slots - 1;
        if (!f->table[at] || f->table[at]->module == module) return (int64_t)at;
        at++;
    }
}

static PyObject *ask(PyObject *self, PyObject *const *args, Py_ssize_t n) {
    PyObject *after = PyTuple_GetItem(self, 1);
    return PyObject_CallFunctionObjArgs(after, args[0], n > 1 ? args[1] : NULL,
                                        n > 2 ? args[2] : NULL, n > 3 ? args[3] : NULL, NULL);
}

/* A global forward pre-hook, of the modules below a root whose stack is kept. */
static PyObject *enter(PyObject *self, PyObject *const *args, Py_ssize_t n) {
    layers *f = PyCapsule_GetPointer(PyTuple_GetItem(self, 0), NULL);
    if (n == 2 && f->stacked && args[0] != f->root && PyThread_get_thread_ident() == f->thread) {
        if (PyList_Append(f->stack, args[0])) PyErr_Clear();
        return nothing();
    }
    PyObject *before = PyTuple_GetItem(self, 2);
    return PyObject_CallFunctionObjArgs(before, args[0], n > 1 ? args[1] : NULL, NULL);
}

static PyObject *left(const layers *f) {
    const Py_ssize_t depth = f->stacked ? PyList_Size(f->stack) : 0;
    if (depth && PyList_SetSlice(f->stack, depth - 1, depth, NULL)) PyErr_Clear();
    return nothing();
}

/* A global forward hook: of the modules below a root whose forward is going on. */
static PyObject *layer(PyObject *self, PyObject *const *args, Py_ssize_t n) {
    layers *f = PyCapsule_GetPointer(PyTuple_GetItem(self, 0), NULL);
    if (n != 4 || args[0] == f->root || PyThread_get_thread_ident() != f->thread)
        return ask(self, args, n);
    const entry *e = f->table[slot_of(f, args[0])];
    if (!e || e->offset < 0 || (e->weighted && !f->first)) return ask(self, args, n);
    output *spec = e->spec;
    if (f->stacked) {
        const Py_ssize_t depth = PyList_Size(f->stack);
        if (depth < 2 || PyList_GetItem(f->stack, depth - 1) != args[0]) return ask(self, args, n);
    }
    if (!spec || spec->step == f->step) return left(f);
    if (spec->asked == f->step) return ask(self, args, n);
    double began = seconds();
    borrowed t;
    if (!exactly(args[3], known.tensor)) return ask(self, args, n);
    if (known.torch->borrow(args[3], &t)) {
        PyErr_Clear();
        return ask(self, args, n);
    }
    int same = t.ndim == spec->ndim && size_of(&t) >= 0;
    for (int32_t k = 0; same && k < t.ndim; k++) same = t.shape[k] == spec->shape[k];
    const int type = type_of(&t);
    if (!same || type < 0 || e->offset >= f->length) return ask(self, args, n);
    spec->step = f->step;
    if (!spec->empty) {
        if (f->sink && PyList_Append(f->order, e->row)) PyErr_Clear();
        ((output_kernel)known.output)(spec, (const void *)(intptr_t)memory_of(&t), type,
                     (float *)(intptr_t)(f->at + e->offset), (void *)(intptr_t)f->sink);
        f->measured++;
    }
    f->spent += seconds() - began;
    return left(f);
}

/* begin(root, step, row, bytes, sink, first, stacked) */
static PyObject *begin_forward(PyObject *self, PyObject *const *args, Py_ssize_t n) {
    layers *f = PyCapsule_GetPointer(PyTuple_GetItem(self, 0), NULL);
    if (n != 7) return nothing();
    f->root = args[0];
    f->thread = PyThread_get_thread_ident();
    f->step = PyLong_AsLongLong(args[1]);
    f->at = PyLong_AsLongLong(args[2]);
    f->length = PyLong_AsLongLong(args[3]);
    f->sink = PyLong_AsLongLong(args[4]);
    f->first = PyLong_AsLongLong(args[5]);
    f->stacked = PyLong_AsLongLong(args[6]);
    f->spent = 0;
    f->measured = 0;
    return nothing();
}

/* room(row, bytes, sink): the row has moved. */
static PyObject *make_room(PyObject *self, PyObject *const *args, Py_ssize_t n) {
    layers *f = PyCapsule_GetPointer(PyTuple_GetItem(self, 0), NULL);
    if (n != 3) return nothing();
    f->at = PyLong_AsLongLong(args[0]);
    f->length = PyLong_AsLongLong(args[1]);
    if (f->sink) f->sink = PyLong_AsLongLong(args[2]);
    return nothing();
}

/* seen(): the first layer with weights has run. */
static PyObject *first_seen(PyObject *self, PyObject *const *args, Py_ssize_t n) {
    layers *f = PyCapsule_GetPointer(PyTuple_GetItem(self, 0), NULL);
    (void)args, (void)n;
    f->first = 1;
    return nothing();
}

/* end(): seconds that were spent since the begin, less than 0 where nothing was measured. */
static PyObject *end_forward(PyObject *self, PyObject *const *args, Py_ssize_t n) {
    layers *f = PyCapsule_GetPointer(PyTuple_GetItem(self, 0), NULL);
    (void)args, (void)n;
    f->root = NULL;
    f->length = 0;
    f->stacked = 0;
    return PyFloat_FromDouble(f->measured ? f->spent : -1.0);
}

/* What is done with a module's output from now on; without `spec`, nothing is. */
static void learn(layers *f, const void *module, output *spec, int64_t offset, PyObject *row,
                  int64_t weighted) {
    if (2 * f->entries >= f->slots) {
        entry **old = f->table;
        const int64_t slots = f->slots;
        f->slots = 2 * slots;
        f->table = calloc((size_t)f->slots, sizeof *f->table);
        for (int64_t k = 0; k < slots; k++)
            if (old[k]) f->table[slot_of(f, old[k]->module)] = old[k];
        free(old);
    }
    const int64_t at = slot_of(f, module);
    entry *e = f->table[at];
    if (!e) {
        e = f->table[at] = calloc(1, sizeof *e);
        f->entries++;
    }
    Py_IncRef(row);
    if (e->row) Py_DecRef(e->row);
    *e = (entry){module, spec, offset, row, weighted};
}

/* learn(module, spec, offset, row, weighted) */
static PyObject *learn_module(PyObject *self, PyObject *const *args, Py_ssize_t n) {
    layers *f = PyCapsule_GetPointer(PyTuple_GetItem(self, 0), NULL);
    if (n == 5)
        learn(f, args[0], (output *)(intptr_t)PyLong_AsLongLong(args[1]), PyLong_AsLongLong(args[2]),
              args[3], PyLong_AsLongLong(args[4]));
    return nothing();
}

/* forget(id): the module is gone; what lies at its address next is another one. */
static PyObject *forget_module(PyObject *self, PyObject *const *args, Py_ssize_t n) {
    layers *f = PyCapsule_GetPointer(PyTuple_GetItem(self, 0), NULL);
    if (n == 1) {
        const int64_t at = slot_of(f, (const void *)(intptr_t)PyLong_AsLongLong(args[0]));
        if (f->table[at]) f->table[at]->offset = -1;
    }
    return nothing();
}

static void free_layers(PyObject *capsule) {
    layers *f = PyCapsule_GetPointer(capsule, NULL);
    for (int64_t k = 0; k < f->slots; k++)
        if (f->table[k]) {
            Py_DecRef(f->table[k]->row);
            free(f->table[k]);
        }
    Py_DecRef(f->order);
    Py_DecRef(f->stack);
    free(f->table);
    free(f);
}

enum { LAYER_METHODS = 8 };
static PyMethodDef layer_methods[LAYER_METHODS] = {
    {"hook", layer, METH_FASTCALL, NULL},         {"enter", enter, METH_FASTCALL, NULL},
    {"begin", begin_forward, METH_FASTCALL, NULL},
    {"room", make_room, METH_FASTCALL, NULL},     {"seen", first_seen, METH_FASTCALL, NULL},
    {"end", end_forward, METH_FASTCALL, NULL},    {"learn", learn_module, METH_FASTCALL, NULL},
    {"forget", forget_module, METH_FASTCALL, NULL},
};

/* The functions above, as builtin ones; the hooks leave to `before` and `after` what they can't do. */
PyObject *bp_layers(PyObject *before, PyObject *after, PyObject *order, PyObject *stack,
                    PyObject *module) {
    layers *f = calloc(1, sizeof *f);
    f->slots = 64;
    f->table = calloc((size_t)f->slots, sizeof *f->table);
    Py_IncRef(order);
    Py_IncRef(stack);
    f->order = order;
    f->stack = stack;
    PyObject *capsule = PyCapsule_New(f, NULL, free_layers), *made[LAYER_METHODS];
    PyObject *self = PyTuple_Pack(3, capsule, after, before);
    for (int k = 0; k < LAYER_METHODS; k++)
        made[k] = PyCFunction_NewEx(&layer_methods[k], self, module);
    PyObject *all =
        PyTuple_Pack(LAYER_METHODS, made[0], made[1], made[2], made[3], made[4], made[5], made[6],
                     made[7]);
    for (int k = 0; k < LAYER_METHODS; k++) Py_DecRef(made[k]);
    Py_DecRef(self);
    Py_DecRef(capsule);
    return all;
}

/* ---- parameters and gradients ---- */

typedef struct {
    PyObject *parameters; /* list */
    int64_t count;
    tensor *specs;
    int64_t *weights, *grads;
    before_kernel before;
    after_kernel after;
    int64_t lets_go; /* whether the kernel runs so long that other threads may run meanwhile */
    const int32_t *checked; /* [checks] tensors that are asked whether their gradient is gone */
    int64_t checks;
} set;

static int weights_of(const set *s) {
    for (int64_t k = 0; k < s->count; k++) {
        borrowed t;
        if (known.torch->borrow(PyList_GetItem(s->parameters, k), &t)) {
            PyErr_Clear();
            return 0;
        }
        if (size_of(&t) != s->specs[k].n || type_of(&t) != s->specs[k].weight_dtype) return 0;
        s->weights[k] = memory_of(&t);
    }
    return 1;
}

static int grads_of(const set *s) {
    for (int64_t k = 0; k < s->count; k++) {
        borrowed t;
        PyObject *grad = PyObject_GetAttr(PyList_GetItem(s->parameters, k), known.grad);
        if (!grad) {
            PyErr_Clear();
            return 0;
        }
        s->grads[k] = 0;
        if (grad != known.none) {
            int good = exactly(grad, known.tensor);
            if (good && known.torch->borrow(grad, &t)) {
                PyErr_Clear();
                good = 0;
            }
            good = good && size_of(&t) == s->specs[k].n && type_of(&t) == s->specs[k].grad_dtype;
            if (good) s->grads[k] = memory_of(&t);
            if (!good) {
                Py_DecRef(grad);
                return 0;
            }
        }
        Py_DecRef(grad); /* its parameter holds it */
    }
    return 1;
}

/* read(row, sink, again): the sum of squares of all gradients; None where Python must look. */
static PyObject *read_set(PyObject *self, PyObject *const *args, Py_ssize_t n) {
    const set *s = PyCapsule_GetPointer(self, NULL);
    if (n != 3 || !weights_of(s) || !grads_of(s)) return nothing();
    float *rows = (float *)(intptr_t)PyLong_AsLongLong(args[0]);
    void *sink = (void *)(intptr_t)PyLong_AsLongLong(args[1]);
    const int32_t again = (int32_t)PyLong_AsLongLong(args[2]);
    void *thread = s->lets_go ? PyEval_SaveThread() : NULL;
    double squares = s->before(s->specs, s->weights, s->grads, s->count, rows, sink, again);
    if (thread) PyEval_RestoreThread(thread);
    return PyFloat_FromDouble(squares);
}

/* changed(row, sink): whether what the step did was read; None where Python must look. */
static PyObject *changed_set(PyObject *self, PyObject *const *args, Py_ssize_t n) {
    const set *s = PyCapsule_GetPointer(self, NULL);
    if (n != 2 || !weights_of(s)) return nothing();
    float *rows = (float *)(intptr_t)PyLong_AsLongLong(args[0]);
    void *sink = (void *)(intptr_t)PyLong_AsLongLong(args[1]);
    void *thread = s->lets_go ? PyEval_SaveThread() : NULL;
    s->after(s->specs, s->weights, s->count, rows, sink);
    if (thread) PyEval_RestoreThread(thread);
    return PyBool_FromLong(1);
}

/* gone(): whether none of the checked tensors has a gradient. */
static PyObject *gone_set(PyObject *self, PyObject *const *args, Py_ssize_t n) {
    const set *s = PyCapsule_GetPointer(self, NULL);
    (void)args, (void)n;
    for (int64_t k = 0; k < s->checks; k++) {
        PyObject *grad = PyObject_GetAttr(PyList_GetItem(s->parameters, s->checked[k]), known.grad);
        if (!grad) PyErr_Clear();
        if (grad) Py_DecRef(grad);
        if (grad != known.none) return PyBool_FromLong(0);
    }
    return PyBool_FromLong(1);
}

/* same(groups, settings): whether an optimizer's groups hold as many tensors as there are here, and
 * for each of its settings the very object that they did. */
static PyObject *same_set(PyObject *self, PyObject *const *args, Py_ssize_t n) {
    const set *s = PyCapsule_GetPointer(self, NULL);
    const Py_ssize_t groups = n == 2 ? PyList_Size(args[0]) : -1;
    int64_t count = 0;
    int same = groups >= 0 && groups == PyList_Size(args[1]);
    for (Py_ssize_t k = 0; same && k < groups; k++) {
        PyObject *group = PyList_GetItem(args[0], k), *name, *value;
        PyObject *tensors = PyDict_GetItem(group, known.params);
        const Py_ssize_t size = tensors ? PyList_Size(tensors) : -1;
        Py_ssize_t at = 0;
        same = size >= 0;
        count += size;
        while (same && PyDict_Next(PyList_GetItem(args[1], k), &at, &name, &value))
            same = PyDict_GetItem(group, name) == value;
    }
    PyErr_Clear();
    return PyBool_FromLong(same && count == s->count);
}

static void forget_set(PyObject *capsule) {
    set *s = PyCapsule_GetPointer(capsule, NULL);
    Py_DecRef(s->parameters);
    free(s);
}

enum { SET_METHODS = 4 };
static PyMethodDef set_methods[SET_METHODS] = {
    {"read", read_set, METH_FASTCALL, NULL},
    {"changed", changed_set, METH_FASTCALL, NULL},
    {"gone", gone_set, METH_FASTCALL, NULL},
    {"same", same_set, METH_FASTCALL, NULL},
};

/* The functions above of the tensors of one optimizer; the arrays must live as long as they do. */
PyObject *bp_set(PyObject *parameters, int64_t count, tensor *specs, int64_t *weights, int64_t *grads,
                 before_kernel before, after_kernel after, int64_t lets_go, const int32_t *checked,
                 int64_t checks) {
    set *s = calloc(1, sizeof *s);
    Py_IncRef(parameters);
    *s = (set){parameters, count, specs, weights, grads, before, after, lets_go, checked, checks};
    PyObject *capsule = PyCapsule_New(s, NULL, forget_set), *made[SET_METHODS];
    for (int k = 0; k < SET_METHODS; k++)
        made[k] = PyCFunction_NewEx(&set_methods[k], capsule, NULL);
    PyObject *all = PyTuple_Pack(SET_METHODS, made[0], made[1], made[2], made[3]);
    for (int k = 0; k < SET_METHODS; k++) Py_DecRef(made[k]);
    Py_DecRef(capsule);
    return all;
}

/* Whether the exchange is one that is understood here. `names`: of attributes, as below. */
int32_t bp_know(PyObject *tensor, PyObject *none, PyObject *names, PyObject *api, output_kernel kernel) {
    const exchange *torch = PyCapsule_GetPointer(api, "dlpack_exchange_api");
    if (!torch || torch->version.major != 1 || !torch->borrow) {
        PyErr_Clear();
        return 0;
    }
    Py_IncRef(tensor);
    Py_IncRef(none);
    Py_IncRef(names);
    known = (facts){tensor,
                    none,
                    PyTuple_GetItem(names, 0),
                    PyTuple_GetItem(names, 1),
                    PyTuple_GetItem(names, 2),
                    PyTuple_GetItem(names, 3),
                    PyTuple_GetItem(names, 4),
                    torch,
                    (void *)kernel};
    return 1;
}
