/* SPDX-License-Identifier: Apache-2.0 */
/* Observed steps like the one before, from the forward to the end, without the interpreter.
 *
 * Python arms it at the end of a step, and says how many steps may be closed here before something is
 * due that it must decide on. What Python holds of the steps is old meanwhile: whatever is not as it
 * was last time ends it, and Python is told what was closed and how far the step had come.
 */
#include "blocks.h"
#include "declared.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How far it has come: WAITING for the root's forward, in it, after it, after its backward began, in
 * the optimizer's step. */
enum { OFF, WAITING, FORWARD, RAN, LOST, STEPPING };

/* What lasts from step to step, in the order in which Python gives it. */
enum {
    ROOT, /* where it lies: it is not kept alive */
    OPTIMIZER,
    BEFORE_HOOKS, /* torch's registries, and what our hooks are called in them */
    BEFORE_ID,
    BEFORE,
    AFTER_HOOKS,
    AFTER_ID,
    AFTER,
    LAYER_HOOK,
    BEGIN, /* what `calls.c` made: of the layers, and of the tensors */
    END,
    READ,
    CHANGED,
    GONE,
    SAME,
    SETTINGS,
    CODE, /* of the line that calls backward */
    LINE,
    SCALE,
    LASTING
};
enum { COLUMNS = 18, ROWS = 512 }; /* as STEP_COLUMNS in recorder.py */

/* What Python sets when it arms, in this order; then two blocks. */
typedef struct {
    int64_t seen, bytes;     /* of the row of outputs */
    int64_t step, most;      /* how many steps may be closed here */
    double began, until;     /* when the step that goes on began; when a clock will be due */
    int64_t loss, optimizer; /* numbers in the record */
} armed;
enum { ARMED = sizeof(armed) / 8, EACH = ARMED + 4 };

typedef struct {
    int stage;
    unsigned long thread;
    int64_t process;
    PyObject *lasting, *each; /* tuples; the second keeps what `armed` and the blocks point to */
    const void *root, *optimizer;
    PyObject *after;          /* the hook in Python, which is told of what is left to it */
    PyObject *catch_up;       /* to be called before it, where a step is followed */
    PyObject *names;          /* of attributes, see calls.py */
    PyObject *idle;           /* tuple of functions that all say no where a forward is plain */
    PyObject *may, *task;     /* one that says yes, and one that says -1 */
    double samples, loss, squares, spent;
    const void *frame;
    armed now;
    block outputs, parameters;
    PyObject *order, *usual; /* of the outputs' histograms: in this step, and always */
    int64_t closed;          /* steps that Python has not been told of */
    double cost;             /* seconds that they took */
    int64_t rows;
    double row[ROWS][COLUMNS];
    PyObject *extend; /* takes rows */
} followed;
enum { EQUAL = 2 }; /* Py_EQ */
enum { TRAINING, BACK, CODE_OF, LINE_OF, NAMESPACE, GRAD_SCALE, FOUND_INF };

static followed *of(PyObject *self) { return PyCapsule_GetPointer(self, NULL); }
static PyObject *lasting(const followed *f, int k) { return PyTuple_GetItem(f->lasting, k); }
static PyObject *name(const followed *f, int k) { return PyTuple_GetItem(f->names, k); }

static int mine(const followed *f) {
    return PyThread_get_thread_ident() == f->thread && getpid() == f->process;
}

/* Whether a function says yes; -1 where it fails. Takes the answer. */
static int truth(PyObject *answer) {
    const int found = answer ? PyObject_IsTrue(answer) : -1;
    if (answer) Py_DecRef(answer);
    PyErr_Clear();
    return found;
}

static int is_attribute(PyObject *object, PyObject *attribute, PyObject *wanted) {
    PyObject *found = PyObject_GetAttr(object, attribute);
    PyErr_Clear();
    if (found) Py_DecRef(found);
    return found && found == wanted;
}

/* Whether nothing transforms, traces or forbids gradients in the forward that begins. */
static int plain(const followed *f) {
    for (Py_ssize_t k = 0; k < PyTuple_Size(f->idle); k++)
        if (truth(PyObject_CallFunctionObjArgs(PyTuple_GetItem(f->idle, k), NULL)) != 0) return 0;
    PyObject *task = PyObject_CallFunctionObjArgs(f->task, NULL);
    const int64_t number = task ? PyLong_AsLongLong(task) : 0;
    if (task) Py_DecRef(task);
    PyErr_Clear();
    return number == -1 && truth(PyObject_CallFunctionObjArgs(f->may, NULL)) == 1;
}

/* begin(module): whether the forward of a root that begins is followed. */
static PyObject *begin(PyObject *self, PyObject *const *args, Py_ssize_t n) {
    followed *f = of(self);
    if (n != 1 || f->stage != WAITING || args[0] != f->root || !mine(f))
        return PyBool_FromLong(0);
    const double began = seconds();
    PyObject *training = PyObject_GetAttr(args[0], name(f, TRAINING));
    if (truth(training) != 1 || !plain(f)) return PyBool_FromLong(0);
    if (PyObject_DelItem(lasting(f, BEFORE_HOOKS), lasting(f, BEFORE_ID)) ||
        PyObject_SetItem(lasting(f, AFTER_HOOKS), lasting(f, AFTER_ID), lasting(f, LAYER_HOOK))) {
        PyErr_Clear();
        return PyBool_FromLong(0);
    }
    PyObject *v[6] = {PyLong_FromLongLong(f->now.seen),
                      PyLong_FromLongLong(f->outputs.at),
                      PyLong_FromLongLong(f->now.bytes),
                      PyLong_FromLongLong((intptr_t)f->outputs.into),
                      PyBool_FromLong(1),
                      PyBool_FromLong(0)};
    PyObject *done = PyObject_CallFunctionObjArgs(lasting(f, BEGIN), args[0], v[0], v[1], v[2],
                                                  v[3], v[4], v[5], NULL);
    for (int k = 0; k < 6; k++) Py_DecRef(v[k]);
    if (done) Py_DecRef(done);
    PyErr_Clear();
    f->spent = seconds() - began;
    f->stage = FORWARD;
    return PyBool_FromLong(1);
}

/* Rows of the batch that a root was given as its one argument, -1 where Python must look. */
static double rows_of(PyObject *args, PyObject *kwargs) {
    borrowed t;
    if (PyTuple_Size(args) != 1 || (kwargs != known.none && PyObject_IsTrue(kwargs) != 0)) {
        PyErr_Clear();
        return -1;
    }
    PyObject *x = PyTuple_GetItem(args, 0);
    if (!exactly(x, known.tensor) || known.torch->borrow(x, &t)) {
        PyErr_Clear();
        return -1;
    }
    return t.ndim > 0 ? (double)t.shape[0] : -1;
}

/* A hook after a module: at the end of the root that is followed; anything else is left to Python. */
static PyObject *left(PyObject *self, PyObject *const *args, Py_ssize_t n) {
    followed *f = of(self);
    if (f->stage == FORWARD && n == 4 && mine(f)) {
        const double began = seconds();
        if (args[0] == f->root && args[3] != known.none &&
            (f->samples = rows_of(args[1], args[2])) >= 0) {
            PyObject *spent = PyObject_CallFunctionObjArgs(lasting(f, END), NULL);
            const double took = spent ? PyFloat_AsDouble(spent) : -1;
            if (spent) Py_DecRef(spent);
            f->spent += took > 0 ? took : 0;
            PyObject_SetItem(lasting(f, BEFORE_HOOKS), lasting(f, BEFORE_ID), lasting(f, BEFORE));
            PyObject_SetItem(lasting(f, AFTER_HOOKS), lasting(f, AFTER_ID), lasting(f, AFTER));
            PyErr_Clear();
            f->stage = RAN;
            f->spent += seconds() - began;
            return nothing();
        }
        PyObject *done = PyObject_CallFunctionObjArgs(f->catch_up, NULL);
        if (!done) return NULL; /* an interrupt */
        Py_DecRef(done);
    }
    return PyObject_CallFunctionObjArgs(f->after, args[0], n > 1 ? args[1] : NULL,
                                        n > 2 ? args[2] : NULL, n > 3 ? args[3] : NULL, NULL);
}

/* Whether backward is called at the line at which it last was. `frame`: that calls it. */
static int same_line(const followed *f, PyObject *frame) {
    PyObject *line = PyObject_GetAttr(frame, name(f, LINE_OF));
    const int64_t number = line ? PyLong_AsLongLong(line) : -1;
    if (line) Py_DecRef(line);
    PyErr_Clear();
    return number == PyLong_AsLongLong(lasting(f, LINE)) &&
           is_attribute(frame, name(f, CODE_OF), lasting(f, CODE));
}

/* loss(tensor): whether a backward that begins at it is followed; called by the wrapper. */
static PyObject *loss(PyObject *self, PyObject *const *args, Py_ssize_t n) {
    followed *f = of(self);
    if (n != 1 || f->stage != RAN || !mine(f)) return PyBool_FromLong(0);
    const double began = seconds();
    PyObject *wrapper = PyEval_GetFrame();
    PyObject *frame = wrapper ? PyObject_GetAttr(wrapper, name(f, BACK)) : NULL;
    int good = frame && same_line(f, frame);
    if (frame) Py_DecRef(frame);
    PyErr_Clear();
    good = good && number_of(args[0], &f->loss);
    f->loss /= good ? PyFloat_AsDouble(lasting(f, SCALE)) : 1;
    good = good && isfinite(f->loss);
    good = good && truth(PyObject_CallFunctionObjArgs(lasting(f, GONE), NULL)) == 1;
    if (good) f->stage = LOST;
    f->spent += seconds() - began;
    return PyBool_FromLong(good);
}

/* Calls what `calls.c` made of the tensors, with the row that they are written to. */
static PyObject *call_set(const followed *f, int which, int again) {
    PyObject *at = PyLong_FromLongLong(f->parameters.at);
    PyObject *into = PyLong_FromLongLong((intptr_t)f->parameters.into);
    PyObject *last = again ? PyBool_FromLong(0) : NULL;
    PyObject *found = PyObject_CallFunctionObjArgs(lasting(f, which), at, into, last, NULL);
    Py_DecRef(at);
    Py_DecRef(into);
    if (last) Py_DecRef(last);
    return found;
}

/* steps(optimizer): whether its step that begins is followed; called by the hook before it. */
static PyObject *steps(PyObject *self, PyObject *const *args, Py_ssize_t n) {
    followed *f = of(self);
    if (n != 1 || f->stage != LOST || args[0] != f->optimizer || !mine(f))
        return PyBool_FromLong(0);
    const double began = seconds();
    PyObject *facts = PyObject_GetAttr(args[0], name(f, NAMESPACE));
    PyObject *groups = facts ? PyDict_GetItem(facts, known.groups) : NULL;
    int good = groups && !PyDict_GetItem(facts, name(f, GRAD_SCALE)) &&
               !PyDict_GetItem(facts, name(f, FOUND_INF)) &&
               truth(PyObject_CallFunctionObjArgs(lasting(f, SAME), groups, lasting(f, SETTINGS),
                                                  NULL)) == 1;
    if (facts) Py_DecRef(facts);
    PyErr_Clear();
    PyObject *squares = good ? call_set(f, READ, 1) : NULL;
    good = squares && squares != known.none;
    if (good) f->squares = PyFloat_AsDouble(squares);
    if (squares) Py_DecRef(squares);
    if (good) { /* whose frame tells a step of it within its step from the next one */
        PyObject *hook = PyEval_GetFrame();
        PyObject *frame = hook ? PyObject_GetAttr(hook, name(f, BACK)) : NULL;
        f->frame = frame;
        if (frame) Py_DecRef(frame);
        f->stage = STEPPING;
    }
    PyErr_Clear();
    f->spent += seconds() - began;
    return PyBool_FromLong(good);
}

/* Whether the step that ends could be closed here; the next one is waited for then. */
static int closes(followed *f, PyObject *optimizer, double began) {
    armed *a = &f->now;
    if (f->closed >= a->most || began >= a->until || f->rows >= ROWS) return 0;
    if (f->squares != f->squares || PyObject_RichCompareBool(f->order, f->usual, EQUAL) != 1) return 0;
    const double rate = rate_of(optimizer);
    if (rate != rate) return 0;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    const double row[COLUMNS] = {(double)a->step,
                                 (double)now.tv_sec + 1e-9 * (double)now.tv_nsec,
                                 seconds() - a->began,
                                 f->loss,
                                 (double)a->loss,
                                 1,
                                 rate,
                                 f->squares == -1 ? NAN : sqrt(f->squares),
                                 NAN,
                                 NAN,
                                 NAN,
                                 f->samples,
                                 0,
                                 (double)a->optimizer,
                                 NAN,
                                 NAN,
                                 1,
                                 1};
    f->stage = OFF;
    memcpy(f->row[f->rows++], row, sizeof row);
    commit(&f->parameters, a->step);
    commit(&f->outputs, a->step);
    PyList_SetSlice(f->order, 0, PyList_Size(f->order), NULL);
    a->step++, a->seen++;
    f->closed++;
    f->stage = is_full(&f->parameters) || is_full(&f->outputs) ? OFF : WAITING;
    a->began = seconds();
    f->cost += f->spent + a->began - began;
    return 1;
}

/* ended(optimizer): True where the step that ends was closed here; (loss, squares, samples, seconds)
 * where Python is to close it; None where it was not followed. */
static PyObject *ended(PyObject *self, PyObject *const *args, Py_ssize_t n) {
    followed *f = of(self);
    if (n < 1 || f->stage != STEPPING || args[0] != f->optimizer || !mine(f)) return nothing();
    const double began = seconds();
    PyObject *changed = call_set(f, CHANGED, 0);
    const int good = changed && changed != known.none;
    if (changed) Py_DecRef(changed);
    PyErr_Clear();
    if (!good) return nothing();
    if (closes(f, args[0], began)) return PyBool_FromLong(1);
    f->stage = OFF;
    PyObject *v[4] = {PyFloat_FromDouble(f->loss), PyFloat_FromDouble(f->squares),
                      PyFloat_FromDouble(f->samples),
                      PyFloat_FromDouble(f->spent + seconds() - began)};
    PyObject *all = PyTuple_Pack(4, v[0], v[1], v[2], v[3]);
    for (int k = 0; k < 4; k++) Py_DecRef(v[k]);
    return all;
}

static void keep(PyObject **place, PyObject *value) {
    PyObject *before = *place;
    Py_IncRef(value);
    *place = value;
    if (before) Py_DecRef(before);
}

/* learn(lasting): from now on. */
static PyObject *learn(PyObject *self, PyObject *const *args, Py_ssize_t n) {
    followed *f = of(self);
    if (n != 1 || PyTuple_Size(args[0]) != LASTING) return nothing();
    f->stage = OFF;
    keep(&f->lasting, args[0]);
    f->root = (const void *)(intptr_t)PyLong_AsLongLong(lasting(f, ROOT));
    f->optimizer = (const void *)(intptr_t)PyLong_AsLongLong(lasting(f, OPTIMIZER));
    return nothing();
}

/* arm(each): the next step is followed, if it is as it should be. */
static PyObject *arm(PyObject *self, PyObject *const *args, Py_ssize_t n) {
    followed *f = of(self);
    if (n != 1 || !f->lasting || f->closed || PyTuple_Size(args[0]) != EACH) return nothing();
    keep(&f->each, args[0]);
    union {
        armed now;
        double real[ARMED];
        int64_t whole[ARMED];
    } given;
    static const char kinds[ARMED + 1] = "iiiiddii";
    for (Py_ssize_t k = 0; k < (Py_ssize_t)ARMED; k++) {
        PyObject *value = PyTuple_GetItem(args[0], k);
        if (kinds[k] == 'd') given.real[k] = PyFloat_AsDouble(value);
        if (kinds[k] == 'i') given.whole[k] = PyLong_AsLongLong(value);
    }
    const int good = block_of(PyTuple_GetItem(args[0], ARMED), &f->outputs) &&
                     block_of(PyTuple_GetItem(args[0], ARMED + 1), &f->parameters);
    if (PyErr_Occurred()) return NULL;
    if (!good) return nothing();
    f->now = given.now;
    f->order = PyTuple_GetItem(args[0], ARMED + 2);
    f->usual = PyTuple_GetItem(args[0], ARMED + 3);
    f->thread = PyThread_get_thread_ident();
    f->process = getpid();
    f->stage = WAITING;
    return nothing();
}

static void hand_over(followed *f) {
    hand_rows(f->extend, f->row, &f->rows, (Py_ssize_t)sizeof f->row[0]);
}

/* flush(): hands on the rows of the steps that are closed, from any thread. */
static PyObject *flush(PyObject *self, PyObject *const *args, Py_ssize_t n) {
    (void)args, (void)n;
    hand_over(of(self));
    return nothing();
}

/* taken(): (steps, began, seconds) of the steps that were closed here since the last call, None of
 * none. */
static PyObject *taken(PyObject *self, PyObject *const *args, Py_ssize_t n) {
    followed *f = of(self);
    (void)args, (void)n;
    if (!f->closed) return nothing();
    hand_over(f);
    PyObject *v[3] = {PyLong_FromLongLong(f->closed), PyFloat_FromDouble(f->now.began),
                      PyFloat_FromDouble(f->cost)};
    f->closed = 0, f->cost = 0;
    PyObject *all = PyTuple_Pack(3, v[0], v[1], v[2]);
    for (int k = 0; k < 3; k++) Py_DecRef(v[k]);
    return all;
}

/* end(): nothing is followed any more; (stage, loss, squares, samples, seconds, frame) of the step
 * that was, None where none was. */
static PyObject *end(PyObject *self, PyObject *const *args, Py_ssize_t n) {
    followed *f = of(self);
    (void)args, (void)n;
    const int stage = f->stage;
    f->stage = OFF;
    if (stage == OFF) return nothing();
    PyObject *v[6] = {PyLong_FromLongLong(stage),         PyFloat_FromDouble(f->loss),
                      PyFloat_FromDouble(f->squares),     PyFloat_FromDouble(f->samples),
                      PyFloat_FromDouble(f->spent),       PyLong_FromLongLong((intptr_t)f->frame)};
    PyObject *all = PyTuple_Pack(6, v[0], v[1], v[2], v[3], v[4], v[5]);
    for (int k = 0; k < 6; k++) Py_DecRef(v[k]);
    return all;
}

/* waits(): whether steps are followed here, and none of the optimizer's is going on. */
static PyObject *waits(PyObject *self, PyObject *const *args, Py_ssize_t n) {
    const followed *f = of(self);
    (void)args, (void)n;
    return PyBool_FromLong(f->stage != OFF && f->stage != STEPPING && mine(f));
}

static void forget(PyObject *capsule) {
    followed *f = of(capsule);
    if (f->lasting) Py_DecRef(f->lasting);
    if (f->each) Py_DecRef(f->each);
    Py_DecRef(f->after);
    Py_DecRef(f->catch_up);
    Py_DecRef(f->names);
    Py_DecRef(f->idle);
    Py_DecRef(f->may);
    Py_DecRef(f->task);
    Py_DecRef(f->extend);
    free(f);
}

enum { METHODS = 11 };
static PyMethodDef methods[METHODS] = {
    {"begin", begin, METH_FASTCALL, NULL}, {"left", left, METH_FASTCALL, NULL},
    {"loss", loss, METH_FASTCALL, NULL},   {"steps", steps, METH_FASTCALL, NULL},
    {"ended", ended, METH_FASTCALL, NULL}, {"learn", learn, METH_FASTCALL, NULL},
    {"arm", arm, METH_FASTCALL, NULL},     {"end", end, METH_FASTCALL, NULL},
    {"taken", taken, METH_FASTCALL, NULL}, {"flush", flush, METH_FASTCALL, NULL},
    {"waits", waits, METH_FASTCALL, NULL},
};

/* The functions above, as builtin ones; `extend` takes rows. */
PyObject *bp_followed(PyObject *after, PyObject *catch_up, PyObject *extend, PyObject *names,
                      PyObject *idle, PyObject *may, PyObject *task, PyObject *module) {
    followed *f = calloc(1, sizeof *f);
    keep(&f->after, after);
    keep(&f->catch_up, catch_up);
    keep(&f->extend, extend);
    keep(&f->names, names);
    keep(&f->idle, idle);
    keep(&f->may, may);
    keep(&f->task, task);
    PyObject *capsule = PyCapsule_New(f, NULL, forget), *made[METHODS];
    for (int k = 0; k < METHODS; k++) made[k] = PyCFunction_NewEx(&methods[k], capsule, module);
    PyObject *all = PyTuple_Pack(METHODS, made[0], made[1], made[2], made[3], made[4], made[5],
                                 made[6], made[7], made[8], made[9], made[10]);
    for (int k = 0; k < METHODS; k++) Py_DecRef(made[k]);
    Py_DecRef(capsule);
    return all;
}
