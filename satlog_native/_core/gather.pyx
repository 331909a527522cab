"""Rows to columns: :func:`gather_fixed` and :func:`gather_variable`.

Columns of a fixed width know where each row's value goes, so any range of rows (a multiple of 64,
for the bitmaps) can be gathered by any thread. Columns of text, bytes and lists grow row by row.

Every read lies inside the frame: the index has checked that a row's payload holds all fixed fields
of its variant, and what reaches further (`rest`, counted arrays) is bounded by the frame's size
here.
"""

cimport cython
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from satlog_native._core.columns cimport (
    BOOL,
    CHARACTERS,
    COUNTED,
    EXACT,
    LIST,
    NEVER_NULL,
    TEXT,
    Column,
    Columns,
    Op,
    TablePlan,
    width_of,
)
from satlog_native._core.memory cimport give, resize, take
from satlog_native._core.rows cimport Rows
from satlog_native._core.source cimport Source
from satlog_native._core.text cimport MOST_EXPANSION, transcode
from satlog_native._core.values cimport BLOCK, convert, count_zeros, pack_bits
from satlog_native._core.wire cimport load, sign_extend

cdef extern from *:
    void __builtin_prefetch(const void *) noexcept nogil

cdef enum Status:
    DONE = 0
    NO_MEMORY = 1
    TOO_LARGE = 2

# What 32-bit offsets of a column reach to.
cdef uint64_t MOST_DATA = 0x7FFFFFFF

cdef struct Work:
    # What one thread needs for a block.
    const uint8_t *rows[512]
    uint64_t scratch[512]
    # Of rows of several variants: their order by variant, and where each variant's end in it.
    int32_t order[512]
    int32_t groups[256]
    const uint8_t *grouped[512]
    uint64_t some[512]
    uint8_t some_valid[512]
    const uint8_t *end      # of the log's bytes
    uint8_t *valid          # [column, BLOCK]
    uint8_t *flags          # [column, BLOCK]: booleans
    int64_t *nulls          # by column
    uint64_t *problems      # by column


cdef inline int size_of(const Column *column) noexcept nogil:
    """Bytes of a value while it is gathered: a boolean is a byte."""
    return 1 if column.storage == BOOL else width_of(column.storage)


cdef void group_rows(TablePlan plan, Work *work, const uint8_t *variants,
                     int32_t count) noexcept nogil:
    """Put the rows of a block in order of their variants."""
    cdef int32_t i, v, at = 0
    memset(work.groups, 0, sizeof(work.groups))
    for i in range(count):
        work.groups[variants[i]] += 1
    for v in range(plan.variant_count):
        i = work.groups[v]
        work.groups[v] = at
        at += i
    for i in range(count):
        v = work.groups[variants[i]]
        work.groups[variants[i]] = v + 1
        work.order[v] = i
        work.grouped[v] = work.rows[i]


cdef void scatter(const Work *work, int32_t first, int32_t last, int size, uint8_t *out,
                  uint8_t *valid) noexcept nogil:
    """Values of rows [first, last) of the grouped order to where the rows stand in the block."""
    cdef int32_t i
    cdef int64_t to
    for i in range(first, last):
        to = work.order[i]
        valid[to] = work.some_valid[i - first]
        if size == 8:
            (<uint64_t *> out)[to] = work.some[i - first]
        elif size == 4:
            (<uint32_t *> out)[to] = (<const uint32_t *> work.some)[i - first]
        elif size == 2:
            (<uint16_t *> out)[to] = (<const uint16_t *> work.some)[i - first]
        else:
            out[to] = (<const uint8_t *> work.some)[i - first]


cdef void gather_by_variant(Columns columns, Work *work, int32_t c, uint8_t *out, int32_t count,
                            uint8_t *valid) noexcept nogil:
    """One column of a block whose variants have it at different places, or lack it."""
    cdef const Op *op
    cdef int size = size_of(&columns.columns[c])
    cdef int32_t v, i, first = 0, last
    memset(valid, 0, count)
    memset(out, 0, count * size)
    for v in range(columns.plan.variant_count):
        # After grouping, a variant's entry is where its rows end.
        last = work.groups[v]
        i = columns.plan.op_of[v * columns.plan.column_count + c]
        if i >= 0 and last > first:
            op = &columns.plan.ops[i]
            memset(work.some_valid, 1, last - first)
            convert(op, work.grouped + first, last - first, op.at, work.end,
                    <uint8_t *> work.some, work.some_valid, work.scratch, &work.problems[c])
            scatter(work, first, last, size, out, valid)
        first = last


cdef void gather_block(Columns columns, Rows rows, const uint8_t *data, Work *work, uint64_t row,
                       int32_t count) noexcept nogil:
    """One block of rows; then its nulls and booleans to bits."""
    cdef int32_t c, i
    cdef int32_t variant = columns.variant
    cdef const Op *op
    cdef Column *column
    cdef uint8_t *out
    cdef uint64_t ahead
    for i in range(count):
        work.rows[i] = data + rows.offsets[row + i]
    # While this block is converted, the next comes from memory.
    ahead = min(<uint64_t> BLOCK, rows.count - row - count)
    for i in range(<int32_t> ahead):
        __builtin_prefetch(data + rows.offsets[row + count + i])
    if variant < 0:
        group_rows(columns.plan, work, rows.variants + row, count)
    memset(work.valid, 1, columns.plan.column_count * BLOCK)
    for c in range(columns.plan.column_count):
        column = &columns.columns[c]
        if column.storage >= TEXT or column.adopted or column.absent:
            continue
        out = (work.flags + c * BLOCK if column.storage == BOOL
               else column.values + row * width_of(column.storage))
        if variant < 0 and not columns.plan.shared[c]:
            gather_by_variant(columns, work, c, out, count, work.valid + c * BLOCK)
            continue
        # Of a shared column, any variant's op will do.
        i = 0 if variant < 0 else variant
        op = &columns.plan.ops[columns.plan.op_of[i * columns.plan.column_count + c]]
        convert(op, work.rows, count, op.at, work.end, out, work.valid + c * BLOCK, work.scratch,
                &work.problems[c])
    for c in range(columns.plan.column_count):
        column = &columns.columns[c]
        if column.storage >= TEXT or column.absent:
            continue
        if column.nullable:
            work.nulls[c] += <int64_t> count_zeros(work.valid + c * BLOCK, count)
            pack_bits(work.valid + c * BLOCK, count, column.validity + row // 8)
        if column.storage == BOOL:
            pack_bits(work.flags + c * BLOCK, count, column.values + row // 8)


def gather_fixed(Source source, Rows rows, Columns columns, uint64_t start, uint64_t stop):
    """Fill rows [start, stop) of every column of fixed width.

    `start` is a multiple of 64. Ranges that do not overlap may be gathered at once.
    """
    cdef TablePlan plan = columns.plan
    cdef int32_t c, n = plan.column_count
    cdef uint64_t row = start
    cdef Work *work
    cdef uint8_t *room
    if rows.count != columns.count or stop > rows.count or start % 64:
        raise ValueError(f"rows [{start}, {stop}) of {rows.count} into {columns.count}")
    work = <Work *> take(sizeof(Work))
    room = <uint8_t *> take(<size_t> n * (2 * BLOCK + 16))
    if work == NULL or room == NULL:
        give(work)
        give(room)
        raise MemoryError("no memory to gather columns")
    try:
        source.enter()
        try:
            with nogil:
                memset(room, 0, <size_t> n * (2 * BLOCK + 16))
                work.nulls = <int64_t *> room
                work.problems = <uint64_t *> (room + 8 * n)
                work.valid = room + 16 * n
                work.flags = work.valid + n * BLOCK
                work.end = source.data + source.size
                while row < stop:
                    gather_block(columns, rows, source.data, work, row,
                                 <int32_t> min(stop - row, <uint64_t> BLOCK))
                    row += BLOCK
        finally:
            source.leave()
        # Without a GIL, the threads of other ranges add up here at the same time.
        with cython.critical_section(columns):
            for c in range(n):
                if columns.columns[c].storage < TEXT:
                    columns.columns[c].nulls += work.nulls[c]
                    columns.columns[c].problems += work.problems[c]
    finally:
        give(work)
        give(room)


cdef Status reserve(Column *column, uint64_t more, int width, bint nullable) noexcept nogil:
    """Room for `more` bytes or items of `width` bytes."""
    cdef uint64_t room = column.data_size + more
    cdef void *block
    if room <= column.data_room:
        return DONE
    room = 2 * room + 1024
    block = resize(column.data, column.data_size * width, room * width)
    if block == NULL:
        return NO_MEMORY
    column.data = <uint8_t *> block
    if nullable:
        # Readable to a multiple of eight, for pack_bits.
        block = resize(column.item_valid, column.data_size, room + 8)
        if block == NULL:
            return NO_MEMORY
        column.item_valid = <uint8_t *> block
    column.data_room = room
    return DONE


cdef inline uint64_t items_of(const Op *op, const uint8_t *frame, uint64_t left,
                              int width) noexcept nogil:
    """Items or bytes that a field of open extent has, of the `left` bytes from it on."""
    cdef uint64_t count
    if op.extent_mode == EXACT:
        return op.extent
    if op.extent_mode == COUNTED:
        count = load(frame + op.count_at, op.count_width, op.count_big)
        if op.count_signed and sign_extend(count, op.count_width) < 0:
            return 0
        # The walk has checked this; the bytes may be another process's to change.
        return min(count, left // width)
    return left // width


cdef Status append_text(const Op *op, Column *column, const uint8_t *frame,
                        uint64_t left) noexcept nogil:
    cdef uint64_t size = items_of(op, frame, left, 1)
    cdef uint64_t expansion = MOST_EXPANSION if op.form == CHARACTERS else 1
    if size == 0:
        # Nor is there a block to copy to, if no row before had a byte.
        return DONE
    if column.data_size + expansion * size > MOST_DATA:
        return TOO_LARGE
    if reserve(column, expansion * size, 1, False):
        return NO_MEMORY
    if op.form == CHARACTERS:
        column.data_size += transcode(op.encoding, frame + op.at, size,
                                      column.data + column.data_size, &column.problems)
    else:
        memcpy(column.data + column.data_size, frame + op.at, size)
        column.data_size += size
    return DONE


cdef Status append_items(const Op *op, Column *column, const uint8_t *frame, uint64_t left,
                         Work *work) noexcept nogil:
    cdef uint64_t count = items_of(op, frame, left, op.width), done = 0
    cdef int width = width_of(column.item)
    cdef bint nullable = op.null_mode != NEVER_NULL
    cdef int32_t i, step
    if column.data_size + count > MOST_DATA:
        return TOO_LARGE
    if reserve(column, count, width, nullable):
        return NO_MEMORY
    while done < count:
        step = <int32_t> min(count - done, <uint64_t> BLOCK)
        for i in range(step):
            work.rows[i] = frame + op.at + (done + i) * op.width
        convert(op, work.rows, step, 0, work.end, column.data + column.data_size * width,
                column.item_valid + column.data_size if nullable else NULL, work.scratch,
                &column.problems)
        if nullable:
            column.item_nulls += <int64_t> count_zeros(
                column.item_valid + column.data_size, step)
        column.data_size += step
        done += step
    return DONE


cdef Status gather_open(Columns columns, Rows rows, int32_t c, uint64_t first, uint64_t last,
                        const uint8_t *data, Work *work) noexcept nogil:
    """One column of text, bytes or lists, rows [first, last)."""
    cdef Column *column = &columns.columns[c]
    cdef uint64_t row, stop
    cdef const uint8_t *frame
    cdef const Op *op
    cdef int variant = columns.variant
    cdef int32_t i
    cdef Status status
    if column.nullable and first == 0:
        memset(column.validity, 0, (rows.count + 63) // 64 * 8)
    for row in range(first, last):
        if columns.variant < 0:
            variant = rows.variants[row]
        i = columns.plan.op_of[variant * columns.plan.column_count + c]
        if i >= 0:
            op = &columns.plan.ops[i]
            frame = data + rows.offsets[row]
            stop = rows.sizes[row] - columns.plan.trailer
            if column.storage == LIST:
                status = append_items(op, column, frame, stop - op.at, work)
            else:
                status = append_text(op, column, frame, stop - op.at)
            if status != DONE:
                return status
            if column.nullable:
                column.validity[row // 8] |= <uint8_t> (1 << (row % 8))
        else:
            column.nulls += 1
        column.offsets[row + 1] = <int32_t> column.data_size
    if column.item_valid != NULL and last == rows.count:
        pack_bits(column.item_valid, column.data_size, column.item_valid)
    return DONE


def gather_variable(Source source, Rows rows, Columns columns, uint64_t start, uint64_t stop):
    """Fill rows [start, stop) of every column of text, bytes and lists.

    These columns grow row by row: ranges come one after another, from 0 to the end.

    Raises
    ------
    OverflowError
        Where a column would take more than 2 GiB: gather fewer rows at a time.
    """
    cdef TablePlan plan = columns.plan
    cdef int32_t c
    cdef Status status = DONE
    cdef Work *work
    if rows.count != columns.count or rows.sizes == NULL or start > stop or stop > rows.count:
        raise ValueError(f"rows [{start}, {stop}) of {rows.count}, with sizes, "
                         f"into {columns.count}")
    work = <Work *> take(sizeof(Work))
    if work == NULL:
        raise MemoryError("no memory to gather columns")
    source.enter()
    try:
        with nogil:
            work.end = source.data + source.size
            for c in range(plan.column_count):
                if columns.columns[c].storage >= TEXT and status == DONE:
                    status = gather_open(columns, rows, c, start, stop, source.data,
                                         work)
    finally:
        source.leave()
        give(work)
    if status == NO_MEMORY:
        raise MemoryError("no memory for a column of text, bytes or lists")
    if status == TOO_LARGE:
        raise OverflowError("a column of more than 2 GiB: gather fewer rows at a time")
