/* The hooks that instrumented code calls. Their Python twin is race/inside/hooks.py: the same behaviour, slower.

   A hook is an object that is called in the place of a constant. Where its site is not armed, or only one thread has ever
   been alive, it gives its argument back. Where the run filters, an access is passed on once for each thread, site, object
   and key, until fresh() is called: a direct-mapped table per thread remembers what it has passed on. It holds hashes, not
   references: it keeps nothing alive, and an object at the address of an older one is at worst passed on later.

   Needs no GIL: what threads share is set before they start, or is a single word that is replaced as a whole. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SEEN_BITS 12
#define MOST_PENDING 256
#define MOST_LOOPS 64

typedef enum {
    RECEIVER, RECEIVER_OF_KEY, UPDATED_RECEIVER, RECEIVER_KEY, UPDATED_RECEIVER_KEY, KEY, UPDATED_KEY, SEARCHED_KEY,
    SEARCHED, UPDATE, ITERATED, EACH, VALUE, UPDATED_VALUE, UPDATE_GLOBAL, UPDATE_CELL, CELL_VALUE, CELL_MARK
} Kind;

typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    PyObject *site;
    PyObject *role;
    Kind kind;
    _Atomic Py_ssize_t index;
} Hook;

typedef struct {
    const void *site;
    PyObject *thing, *key; /* borrowed: the interpreter holds them until the access is made */
} Pending;

typedef struct {
    const void *site;
    PyObject *thing; /* owned: what is iterated may be let go by its iterator */
} Loop;

typedef struct {
    uint64_t generation;
    int pending_count, loop_count;
    Pending pending[MOST_PENDING];
    Loop loops[MOST_LOOPS];
    uint64_t seen[1 << SEEN_BITS];
} Thread;

typedef struct {
    Py_ssize_t length;
    uint8_t sites[];
} Armed;

static _Thread_local Thread *here;

static Armed nothing_armed;
static _Atomic(Armed *) armed = &nothing_armed; /* a former one is never freed: a daemon thread may still look at it */
static atomic_int all_armed, active, filtering;
static PyObject *listener, *no_key, *phases[4], *index_name;
enum { BEFORE, READ, WRITE, EACH_ITEM };

static Thread *thread(void)
{
    if (here == NULL) {
        here = calloc(1, sizeof(Thread));
        if (here != NULL)
            here->generation = (uint64_t)(uintptr_t)here | 1;
    }
    return here;
}

static int is_armed(Hook *hook)
{
    if (!atomic_load_explicit(&active, memory_order_relaxed))
        return 0;
    if (atomic_load_explicit(&all_armed, memory_order_relaxed))
        return 1;
    Py_ssize_t index = atomic_load_explicit(&hook->index, memory_order_relaxed);
    if (index < 0) { /* sites are numbered after their hooks are made */
        PyObject *number = PyObject_GetAttr(hook->site, index_name);
        if (number == NULL) {
            PyErr_Clear();
            return 0;
        }
        index = PyLong_AsSsize_t(number);
        Py_DECREF(number);
        atomic_store_explicit(&hook->index, index, memory_order_relaxed);
    }
    Armed *now = atomic_load_explicit(&armed, memory_order_acquire);
    return index >= 0 && index < now->length && now->sites[index];
}

static uint64_t mix(uint64_t x)
{
    x ^= x >> 32;
    x *= 0x9E3779B97F4A7C15ULL;
    x ^= x >> 29;
    x *= 0xBF58476D1CE4E5B9ULL;
    return x ^ (x >> 32);
}

/* Whether this thread has passed on the same access before. */
static int is_seen(Thread *me, Hook *hook, PyObject *thing, PyObject *key, int phase)
{
    uint64_t k = (uint64_t)(uintptr_t)key;
    if (key != NULL && PyLong_CheckExact(key)) {
        int overflow;
        k = (uint64_t)PyLong_AsLongAndOverflow(key, &overflow) * 2 + 1;
    }
    uint64_t tag = mix(me->generation + mix((uint64_t)(uintptr_t)hook->site + (uint64_t)phase)
                       + mix((uint64_t)(uintptr_t)thing * 3) + mix(k * 5)) | 1;
    uint64_t *slot = &me->seen[tag >> (64 - SEEN_BITS)];
    if (*slot == tag)
        return 1;
    *slot = tag;
    return 0;
}

static void touch(Thread *me, Hook *hook, PyObject *thing, PyObject *key, int phase)
{
    if (listener == NULL
        || (atomic_load_explicit(&filtering, memory_order_relaxed) && is_seen(me, hook, thing, key, phase)))
        return;
    PyObject *arguments[] = {NULL, hook->site, thing, key == NULL ? no_key : key, phases[phase]};
    Py_INCREF(thing);
    PyObject *result = PyObject_Vectorcall(listener, arguments + 1, 4 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    Py_DECREF(thing);
    if (result == NULL)
        PyErr_WriteUnraisable((PyObject *)hook); /* a fault of ours: the program goes on */
    else
        Py_DECREF(result);
}

static void push(Thread *me, Hook *hook, PyObject *thing, PyObject *key)
{
    if (me->pending_count == MOST_PENDING) { /* what ended by an exception is still there */
        memmove(me->pending, me->pending + MOST_PENDING / 2, sizeof(Pending) * (MOST_PENDING / 2));
        me->pending_count = MOST_PENDING / 2;
    }
    me->pending[me->pending_count++] = (Pending){hook->site, thing, key};
}

static int pop(Thread *me, Hook *hook, Pending *found)
{
    while (me->pending_count > 0) {
        *found = me->pending[--me->pending_count];
        if (found->site == hook->site)
            return 1;
    }
    return 0;
}

static void enter_loop(Thread *me, Hook *hook, PyObject *thing)
{
    int at = 0;
    while (at < me->loop_count && me->loops[at].site != hook->site)
        at++;
    if (at == MOST_LOOPS)
        at = (int)(((uintptr_t)hook->site >> 4) % MOST_LOOPS);
    else if (at == me->loop_count)
        me->loops[me->loop_count++].thing = NULL;
    PyObject *former = me->loops[at].thing;
    me->loops[at].site = hook->site;
    me->loops[at].thing = Py_NewRef(thing);
    Py_XDECREF(former);
}

static PyObject *cell_of(PyObject *function)
{
    PyObject *closure = PyFunction_Check(function) ? PyFunction_GetClosure(function) : NULL;
    return closure != NULL && PyTuple_GET_SIZE(closure) > 0 ? PyTuple_GET_ITEM(closure, 0) : NULL;
}

static PyObject *call(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names)
{
    Hook *hook = (Hook *)self;
    Py_ssize_t count = PyVectorcall_NARGS(nargsf);
    Py_ssize_t wanted = 1;
    switch (hook->kind) {
    case EACH: wanted = 0; break;
    case RECEIVER_KEY: case UPDATED_RECEIVER_KEY: case UPDATE_GLOBAL: case UPDATE_CELL: case CELL_VALUE: wanted = 2; break;
    default: break;
    }
    if (count != wanted || names != NULL) {
        PyErr_SetString(PyExc_TypeError, "a hook was called with the wrong number of arguments");
        return NULL;
    }
    Thread *me;
    Pending found;
    if (is_armed(hook) && (me = thread()) != NULL) {
        switch (hook->kind) {
        case RECEIVER:
            touch(me, hook, args[0], NULL, BEFORE);
            break;
        case RECEIVER_OF_KEY:
            push(me, hook, args[0], NULL);
            break;
        case UPDATED_RECEIVER:
            push(me, hook, args[0], NULL);
            touch(me, hook, args[0], NULL, READ);
            break;
        case RECEIVER_KEY:
            touch(me, hook, args[0], args[1], BEFORE);
            break;
        case UPDATED_RECEIVER_KEY:
            push(me, hook, args[0], args[1]);
            touch(me, hook, args[0], args[1], READ);
            break;
        case KEY:
            if (pop(me, hook, &found))
                touch(me, hook, found.thing, args[0], BEFORE);
            break;
        case UPDATED_KEY:
            if (pop(me, hook, &found)) {
                push(me, hook, found.thing, args[0]);
                touch(me, hook, found.thing, args[0], READ);
            }
            break;
        case SEARCHED_KEY:
            push(me, hook, NULL, args[0]);
            break;
        case SEARCHED:
            touch(me, hook, args[0], pop(me, hook, &found) ? found.key : NULL, BEFORE);
            break;
        case UPDATE:
            if (pop(me, hook, &found))
                touch(me, hook, found.thing, found.key, WRITE);
            break;
        case ITERATED:
            enter_loop(me, hook, args[0]);
            touch(me, hook, args[0], NULL, BEFORE);
            break;
        case EACH:
            for (int at = 0; at < me->loop_count; at++)
                if (me->loops[at].site == hook->site) {
                    touch(me, hook, me->loops[at].thing, NULL, EACH_ITEM);
                    break;
                }
            break;
        case VALUE: case UPDATED_VALUE: case UPDATE_GLOBAL: {
            PyObject *globals = PyEval_GetGlobals();
            int phase = hook->kind == VALUE ? BEFORE : hook->kind == UPDATED_VALUE ? READ : WRITE;
            if (globals != NULL)
                touch(me, hook, globals, NULL, phase);
            break;
        }
        case UPDATE_CELL:
            touch(me, hook, args[0], NULL, WRITE);
            break;
        case CELL_VALUE: case CELL_MARK: {
            PyObject *cell = cell_of(args[0]);
            if (cell != NULL)
                touch(me, hook, cell, NULL, hook->kind == CELL_MARK ? READ : BEFORE);
            break;
        }
        }
    }
    switch (hook->kind) {
    case EACH:
        Py_RETURN_TRUE;
    case CELL_MARK: {
        PyObject *cell = cell_of(args[0]);
        return Py_NewRef(cell == NULL ? Py_None : cell);
    }
    case UPDATE_GLOBAL: case UPDATE_CELL: case CELL_VALUE:
        return Py_NewRef(args[1]);
    default:
        return Py_NewRef(args[0]);
    }
}

/* --- the type */

static int hook_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((Hook *)self)->site);
    Py_VISIT(((Hook *)self)->role);
    return 0;
}

static int hook_clear(PyObject *self)
{
    Py_CLEAR(((Hook *)self)->site);
    Py_CLEAR(((Hook *)self)->role);
    return 0;
}

static void hook_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    hook_clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMemberDef hook_members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Hook, vectorcall), READONLY, NULL},
    {"site", T_OBJECT, offsetof(Hook, site), READONLY, "The place in the source it stands at."},
    {"role", T_OBJECT, offsetof(Hook, role), READONLY, "What it is given, and gives back."},
    {NULL, 0, 0, 0, NULL},
};

static PyObject *idle; /* function of a role: what the hook is pickled as */

static PyObject *hook_reduce(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    if (idle == NULL) {
        PyErr_SetString(PyExc_TypeError, "a hook cannot be pickled");
        return NULL;
    }
    return PyObject_CallOneArg(idle, ((Hook *)self)->role);
}

static PyMethodDef hook_methods[] = {
    {"__reduce__", hook_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot hook_slots[] = {
    {Py_tp_call, PyVectorcall_Call},
    {Py_tp_dealloc, hook_dealloc},
    {Py_tp_traverse, hook_traverse},
    {Py_tp_clear, hook_clear},
    {Py_tp_members, hook_members},
    {Py_tp_methods, hook_methods},
    {0, NULL},
};

static PyType_Spec hook_spec = {
    .name = "ungil._core.Hook",
    .basicsize = sizeof(Hook),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_DISALLOW_INSTANTIATION
             | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = hook_slots,
};

static PyTypeObject *hook_type;

static int kind_of(const char *op, const char *role, Kind *kind)
{
    static const struct { const char *role; Kind kind; } simple[] = {
        {"update", UPDATE}, {"each", EACH}, {"cell-value", CELL_VALUE}, {"cell-mark", CELL_MARK},
    };
    int updates = strcmp(op, "item-update") == 0;
    if (strcmp(op, "contains") == 0)
        *kind = strcmp(role, "key") == 0 ? SEARCHED_KEY : SEARCHED;
    else if (strcmp(role, "receiver") == 0)
        *kind = strcmp(op, "update") == 0 || strcmp(op, "slice-update") == 0 ? UPDATED_RECEIVER
                : strncmp(op, "item", 4) == 0 ? RECEIVER_OF_KEY
                : strcmp(op, "iterate") == 0  ? ITERATED
                                              : RECEIVER;
    else if (strcmp(role, "receiver-key") == 0)
        *kind = updates ? UPDATED_RECEIVER_KEY : RECEIVER_KEY;
    else if (strcmp(role, "key") == 0)
        *kind = updates ? UPDATED_KEY : KEY;
    else if (strcmp(role, "value") == 0)
        *kind = strcmp(op, "global-update") == 0 ? UPDATED_VALUE : VALUE;
    else if (strcmp(role, "update-marked") == 0)
        *kind = strcmp(op, "global-update") == 0 ? UPDATE_GLOBAL : UPDATE_CELL;
    else {
        for (size_t at = 0; at < sizeof simple / sizeof *simple; at++)
            if (strcmp(role, simple[at].role) == 0) {
                *kind = simple[at].kind;
                return 0;
            }
        PyErr_Format(PyExc_ValueError, "no such role: %s", role);
        return -1;
    }
    return 0;
}

static PyObject *make_hook(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *site, *role;
    if (!PyArg_ParseTuple(args, "OU:make_hook", &site, &role))
        return NULL;
    PyObject *op = PyObject_GetAttrString(site, "op");
    if (op == NULL)
        return NULL;
    Kind kind;
    const char *op_text = PyUnicode_AsUTF8(op), *role_text = PyUnicode_AsUTF8(role);
    int failed = op_text == NULL || role_text == NULL || kind_of(op_text, role_text, &kind) < 0;
    Py_DECREF(op);
    if (failed)
        return NULL;
    Hook *hook = PyObject_GC_New(Hook, hook_type);
    if (hook == NULL)
        return NULL;
    hook->vectorcall = call;
    hook->site = Py_NewRef(site);
    hook->role = Py_NewRef(role);
    hook->kind = kind;
    atomic_init(&hook->index, -1);
    PyObject_GC_Track(hook);
    return (PyObject *)hook;
}

static PyObject *arm(PyObject *Py_UNUSED(module), PyObject *sites)
{
    if (sites == Py_None) {
        atomic_store(&all_armed, 1);
        Py_RETURN_NONE;
    }
    char *bytes;
    Py_ssize_t length;
    if (PyBytes_AsStringAndSize(sites, &bytes, &length) < 0)
        return NULL;
    Armed *now = malloc(sizeof(Armed) + (size_t)length);
    if (now == NULL)
        return PyErr_NoMemory();
    now->length = length;
    memcpy(now->sites, bytes, (size_t)length);
    atomic_store_explicit(&armed, now, memory_order_release);
    atomic_store(&all_armed, 0);
    Py_RETURN_NONE;
}

static PyObject *listen(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *touched, *missing;
    int filters;
    if (!PyArg_ParseTuple(args, "OOp:listen", &touched, &missing, &filters))
        return NULL;
    Py_XSETREF(no_key, Py_NewRef(missing));
    Py_XSETREF(listener, Py_NewRef(touched));
    atomic_store(&filtering, filters);
    Py_RETURN_NONE;
}

static PyObject *activate(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    atomic_store(&active, 1);
    Py_RETURN_NONE;
}

static PyObject *fresh(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    Thread *me = thread();
    if (me != NULL)
        me->generation += 2;
    Py_RETURN_NONE;
}

static PyObject *forget_thread(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    Thread *me = here;
    here = NULL;
    if (me != NULL) {
        for (int at = 0; at < me->loop_count; at++)
            Py_XDECREF(me->loops[at].thing);
        free(me);
    }
    Py_RETURN_NONE;
}

static PyObject *pickled_by(PyObject *Py_UNUSED(module), PyObject *function)
{
    Py_XSETREF(idle, Py_NewRef(function));
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"make_hook", make_hook, METH_VARARGS, "make_hook(site, role): the hook of this role for a site."},
    {"arm", arm, METH_O, "arm(sites): listen to those whose byte is not 0, by index; None: to all."},
    {"listen", listen, METH_VARARGS, "listen(touch, no_key, filters): who hears of accesses."},
    {"activate", activate, METH_NOARGS, "activate(): a second thread is about to begin."},
    {"fresh", fresh, METH_NOARGS, "fresh(): pass on the running thread's accesses anew."},
    {"forget_thread", forget_thread, METH_NOARGS, "forget_thread(): the running thread ends."},
    {"pickled_by", pickled_by, METH_O, "pickled_by(function): what __reduce__ of a hook returns for its role."},
    {NULL, NULL, 0, NULL},
};

static int execute(PyObject *module)
{
    static const char *names[] = {"before", "read", "write", "each"};
    for (int at = 0; at < 4; at++)
        if ((phases[at] = PyUnicode_InternFromString(names[at])) == NULL)
            return -1;
    if ((index_name = PyUnicode_InternFromString("index")) == NULL)
        return -1;
    no_key = Py_NewRef(Py_None);
    hook_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &hook_spec, NULL);
    return hook_type == NULL ? -1 : 0;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, execute},
#if PY_VERSION_HEX >= 0x030C0000
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
#endif
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "hooks", "The hooks of ungil race, in C.", 0, methods, slots, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_hooks(void)
{
    return PyModuleDef_Init(&definition);
}
