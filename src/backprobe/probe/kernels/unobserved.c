/* SPDX-License-Identifier: Apache-2.0 */
/* Steps that are not observed, one after another, without the interpreter: the loss, the rate and the
 * time of each are kept, and whether the next one is to be observed is asked as `Budget.wants` does.
 *
 * Python begins it and is told everything at its end; until then what it holds of these numbers is
 * old. Whatever is not as it was last time ends it.
 */
#include "declared.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_SECONDS 1e-6 /* that a row can have taken: more is another process's */
enum { COLUMNS = 10, ROWS = 4096 }; /* as UNOBSERVED_COLUMNS in recorder.py */

/* What Python sets at the begin, in this order. */
typedef struct {
    int64_t step, steps;        /* of the run and of the budget */
    double began;               /* when the step that goes on did */
    double scale;               /* that losses are multiplied by */
    int64_t loss, optimizer;    /* numbers in the record */
    double share, spent, paid, since; /* as in budget.py */
    int64_t sure, told, most;
    double called, dozed;       /* as in unobserved.py */
} begun;
enum { BEGUN = sizeof(begun) / 8 };

typedef struct {
    int64_t active;
    const void *optimizer;
    unsigned long thread;
    int64_t process;
    begun at;
    int64_t first;     /* of the steps that were not begun by Python */
    double sum;        /* of losses in the step that goes on */
    int64_t backwards; /* in it */
    int64_t doze;      /* steps from now on of which nothing is kept */
    int64_t rows;
    double row[ROWS][COLUMNS];
    PyObject *extend; /* takes rows */
} unobserved;

static unobserved *of(PyObject *self) { return PyCapsule_GetPointer(self, NULL); }

static int mine(const unobserved *l) {
    return l->active && PyThread_get_thread_ident() == l->thread && getpid() == l->process;
}

/* value(tensor): the number that a loss here holds, None where there is none. */
static PyObject *value(PyObject *self, PyObject *const *args, Py_ssize_t n) {
    double found;
    (void)self;
    return n == 1 && number_of(args[0], &found) ? PyFloat_FromDouble(found) : nothing();
}

/* loss(tensor): whether a backward pass that begins at it is one that is followed here. */
static PyObject *loss(PyObject *self, PyObject *const *args, Py_ssize_t n) {
    unobserved *l = of(self);
    double value;
    if (n != 1 || !mine(l)) return PyBool_FromLong(0);
    if (l->doze) return PyBool_FromLong(exactly(args[0], known.tensor));
    if (!number_of(args[0], &value)) return PyBool_FromLong(0);
    value /= l->at.scale;
    if (!isfinite(value)) return PyBool_FromLong(0);
    l->sum += value;
    l->backwards++;
    return PyBool_FromLong(1);
}

/* step(optimizer): whether a step that ends is kept here, and the next one is one of these too. */
static PyObject *step(PyObject *self, PyObject *const *args, Py_ssize_t n) {
    unobserved *l = of(self);
    begun *a = &l->at;
    if (n < 1 || !mine(l) || args[0] != l->optimizer) return PyBool_FromLong(0);
    const double now = seconds(), taken = now - a->began;
    if (a->steps + 1 >= a->sure || l->rows >= ROWS) return PyBool_FromLong(0);
    if (l->doze) {
        if (!--l->doze) a->began = now;
        a->step++, a->steps++;
        return PyBool_FromLong(1);
    }
    if (a->spent - a->paid <= a->share * (now - a->since)) return PyBool_FromLong(0);
    const double rate = rate_of(args[0]);
    if (rate != rate) return PyBool_FromLong(0);
    const double row[COLUMNS] = {(double)a->step,
                                 now,
                                 taken,
                                 l->backwards ? l->sum / (double)l->backwards : NAN,
                                 l->backwards ? (double)a->loss : -1.0,
                                 (double)l->backwards,
                                 rate,
                                 NAN,
                                 (double)a->optimizer,
                                 NAN};
    memcpy(l->row[l->rows++], row, sizeof row);
    l->sum = 0;
    l->backwards = 0;
    a->step++, a->steps++;
    const double took = fmin(seconds() - now, MOST_SECONDS);
    const double cost = a->called * took, allowed = a->share / 2 * taken;
    a->spent += cost;
    if (a->steps > a->told && cost > allowed && allowed > 0) {
        const double many = cost / allowed;
        l->doze = many < (double)a->most ? (int64_t)many : a->most;
        a->spent += a->dozed * (double)l->doze * cost;
    }
    a->began = now;
    return PyBool_FromLong(1);
}

static void hand_over(unobserved *l) {
    hand_rows(l->extend, l->row, &l->rows, (Py_ssize_t)sizeof l->row[0]);
}

/* flush(): hands on the rows of the steps that are complete, from any thread. */
static PyObject *flush(PyObject *self, PyObject *const *args, Py_ssize_t n) {
    (void)args, (void)n;
    hand_over(of(self));
    return nothing();
}

/* begin(optimizer, numbers): from the step on that goes on. */
static PyObject *begin(PyObject *self, PyObject *const *args, Py_ssize_t n) {
    unobserved *l = of(self);
    if (n != 2) return nothing();
    union {
        begun at;
        double real[BEGUN];
        int64_t whole[BEGUN];
    } given;
    static const char kinds[BEGUN + 1] = "iiddiiddddiiidd";
    for (Py_ssize_t k = 0; k < BEGUN; k++) {
        PyObject *value = PyTuple_GetItem(args[1], k);
        if (kinds[k] == 'd') given.real[k] = PyFloat_AsDouble(value);
        if (kinds[k] == 'i') given.whole[k] = PyLong_AsLongLong(value);
    }
    if (PyErr_Occurred()) return NULL;
    hand_over(l);
    l->at = given.at;
    l->first = l->at.step;
    l->optimizer = args[0];
    l->thread = PyThread_get_thread_ident();
    l->process = getpid();
    l->sum = 0, l->backwards = 0, l->doze = 0;
    l->active = 1;
    return nothing();
}

/* end(): (steps, began, sum, backwards, doze, spent) since the begin, None where there was none. */
static PyObject *end(PyObject *self, PyObject *const *args, Py_ssize_t n) {
    unobserved *l = of(self);
    (void)args, (void)n;
    if (!l->active) return nothing();
    l->active = 0;
    hand_over(l);
    PyObject *v[6] = {PyLong_FromLongLong(l->at.step - l->first), PyFloat_FromDouble(l->at.began),
                      PyFloat_FromDouble(l->sum), PyLong_FromLongLong(l->backwards),
                      PyLong_FromLongLong(l->doze), PyFloat_FromDouble(l->at.spent)};
    PyObject *all = PyTuple_Pack(6, v[0], v[1], v[2], v[3], v[4], v[5]);
    for (int k = 0; k < 6; k++) Py_DecRef(v[k]);
    return all;
}

static void forget(PyObject *capsule) {
    unobserved *l = of(capsule);
    Py_DecRef(l->extend);
    free(l);
}

enum { METHODS = 6 };
static PyMethodDef methods[METHODS] = {
    {"loss", loss, METH_FASTCALL, NULL},   {"step", step, METH_FASTCALL, NULL},
    {"flush", flush, METH_FASTCALL, NULL}, {"begin", begin, METH_FASTCALL, NULL},
    {"end", end, METH_FASTCALL, NULL},     {"value", value, METH_FASTCALL, NULL},
};

/* The functions above, as builtin ones; `extend` takes rows. */
PyObject *bp_unobserved(PyObject *extend) {
    unobserved *l = calloc(1, sizeof *l);
    Py_IncRef(extend);
    l->extend = extend;
    PyObject *capsule = PyCapsule_New(l, NULL, forget), *made[METHODS];
    for (int k = 0; k < METHODS; k++) made[k] = PyCFunction_NewEx(&methods[k], capsule, NULL);
    PyObject *all = PyTuple_Pack(METHODS, made[0], made[1], made[2], made[3], made[4], made[5]);
    for (int k = 0; k < METHODS; k++) Py_DecRef(made[k]);
    Py_DecRef(capsule);
    return all;
}
