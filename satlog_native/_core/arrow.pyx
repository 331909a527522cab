"""Columns to Arrow, without a copy: the C data interface.

:func:`export_array` moves the buffers into an ``ArrowArray`` of a struct (one child a column) in a
capsule. Whoever imports it owns them; the release callback gives each child's buffers back, needs
no GIL, and may run on any thread. The schema is built with pyarrow by the caller: names, units and
documentation are no concern of the core's.
"""

from cpython.pycapsule cimport PyCapsule_GetPointer, PyCapsule_New
from libc.stdint cimport int64_t
from libc.string cimport memset

from satlog_native._core.columns cimport (
    LIST,
    TEXT,
    Column,
    Columns,
    free_column,
)
from satlog_native._core.memory cimport give, take

cdef extern from *:
    """
    #include <stdint.h>
    /* https://arrow.apache.org/docs/format/CDataInterface.html */
    struct ArrowArray {
        int64_t length;
        int64_t null_count;
        int64_t offset;
        int64_t n_buffers;
        int64_t n_children;
        const void **buffers;
        struct ArrowArray **children;
        struct ArrowArray *dictionary;
        void (*release)(struct ArrowArray *);
        void *private_data;
    };
    """
    cdef struct ArrowArray:
        int64_t length
        int64_t null_count
        int64_t offset
        int64_t n_buffers
        int64_t n_children
        const void **buffers
        ArrowArray **children
        ArrowArray *dictionary
        void (*release)(ArrowArray *) noexcept nogil
        void *private_data

# Where a column without values points: consumers may dislike a NULL buffer.
cdef int64_t EMPTY = 0


cdef struct Holder:
    # What an exported array owns: the column's blocks, and the lists that its fields point to.
    Column column
    const void *buffers[3]
    ArrowArray **children


cdef void release_array(ArrowArray *array) noexcept nogil:
    cdef Holder *holder = <Holder *> array.private_data
    cdef int64_t i
    for i in range(array.n_children):
        if array.children[i] != NULL:
            if array.children[i].release != NULL:
                array.children[i].release(array.children[i])
            give(array.children[i])
    free_column(&holder.column)
    give(holder.children)
    give(holder)
    array.release = NULL


cdef ArrowArray *new_array(int64_t length, int64_t children) noexcept nogil:
    """An array that owns nothing yet, with room for children; or NULL."""
    cdef ArrowArray *array = <ArrowArray *> take(sizeof(ArrowArray))
    cdef Holder *holder = <Holder *> take(sizeof(Holder))
    cdef ArrowArray **pointers = <ArrowArray **> take(children * sizeof(ArrowArray *))
    if array == NULL or holder == NULL or pointers == NULL:
        give(array)
        give(holder)
        give(pointers)
        return NULL
    memset(array, 0, sizeof(ArrowArray))
    memset(holder, 0, sizeof(Holder))
    memset(pointers, 0, children * sizeof(ArrowArray *))
    holder.children = pointers
    array.length = length
    array.n_children = children
    array.buffers = holder.buffers
    array.children = pointers
    array.release = release_array
    array.private_data = holder
    return array


cdef inline const void *or_empty(const void *block) noexcept nogil:
    return &EMPTY if block == NULL else block


cdef ArrowArray *list_items(Column *column) noexcept nogil:
    """The child of a list column; takes the items' blocks over."""
    cdef ArrowArray *items = new_array(<int64_t> column.data_size, 0)
    cdef Holder *holder
    if items == NULL:
        return NULL
    holder = <Holder *> items.private_data
    holder.column.data, column.data = column.data, NULL
    holder.column.item_valid, column.item_valid = column.item_valid, NULL
    items.n_buffers = 2
    items.null_count = column.item_nulls
    holder.buffers[0] = holder.column.item_valid if column.item_nulls else NULL
    holder.buffers[1] = or_empty(holder.column.data)
    return items


cdef ArrowArray *column_array(Column *column, int64_t length) noexcept nogil:
    """The array of one column; takes its blocks over, or returns NULL and leaves them."""
    cdef ArrowArray *array = new_array(length, 1 if column.storage == LIST else 0)
    cdef Holder *holder
    if array == NULL:
        return NULL
    if column.storage == LIST:
        array.children[0] = list_items(column)
        if array.children[0] == NULL:
            array.release(array)
            give(array)
            return NULL
    holder = <Holder *> array.private_data
    holder.column = column[0]
    memset(column, 0, sizeof(Column))
    array.null_count = holder.column.nulls
    holder.buffers[0] = holder.column.validity if holder.column.nulls else NULL
    if holder.column.storage >= TEXT:
        array.n_buffers = 2 if holder.column.storage == LIST else 3
        holder.buffers[1] = holder.column.offsets
        holder.buffers[2] = or_empty(holder.column.data)
    else:
        array.n_buffers = 2
        holder.buffers[1] = or_empty(holder.column.values)
    return array


cdef void destroy_capsule(object capsule) noexcept:
    cdef ArrowArray *array = <ArrowArray *> PyCapsule_GetPointer(capsule, "arrow_array")
    if array.release != NULL:
        # Nobody imported it.
        array.release(array)
    give(array)


def export_array(Columns columns):
    """Move columns into a capsule named ``arrow_array``; the Columns are empty afterwards.

    The array is a struct without nulls, as the C data interface has a record batch.
    """
    cdef ArrowArray *array
    cdef int64_t c
    if columns.exported:
        raise ValueError("these columns are exported already")
    array = new_array(<int64_t> columns.count, columns.plan.column_count)
    if array == NULL:
        raise MemoryError("no memory to export columns")
    array.n_buffers = 1
    for c in range(columns.plan.column_count):
        array.children[c] = column_array(&columns.columns[c], <int64_t> columns.count)
        if array.children[c] == NULL:
            array.release(array)
            give(array)
            raise MemoryError("no memory to export columns")
    columns.exported = True
    return PyCapsule_New(array, "arrow_array", destroy_capsule)
