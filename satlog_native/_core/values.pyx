"""Numbers of a block of records: loaded, tested for null, scaled, cut into bits, stored.

A block is at most 512 records, so the rows that one op touches are still in the first cache when
the next op comes. A number that needs no work is copied straight into its column; any other goes
through `scratch`, one 64-bit word a record.
"""

from libc.math cimport isnan
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy

from satlog_native._core.columns cimport (
    BITS,
    BOOL,
    FLOAT,
    NEVER_NULL,
    NULL_EQUAL,
    NULL_NAN,
    NUMBER,
    SCALED,
    SIGNED,
    TIME,
    Op,
    width_of,
)
from satlog_native._core.times cimport decode_times
from satlog_native._core.wire cimport __builtin_bswap16, __builtin_bswap32, __builtin_bswap64
from satlog_native._core.wire cimport load, sign_extend


cdef void copy_numbers(const uint8_t *const *rows, int32_t count, uint64_t at, int32_t width,
                       bint big, uint8_t *out) noexcept nogil:
    """Numbers of 1, 2, 4 or 8 bytes, straight into their column."""
    cdef int64_t i
    cdef uint16_t two
    cdef uint32_t four
    cdef uint64_t eight
    if width == 1:
        for i in range(count):
            out[i] = rows[i][at]
    elif width == 2:
        for i in range(count):
            memcpy(&two, rows[i] + at, 2)
            if big:
                two = __builtin_bswap16(two)
            memcpy(out + 2 * i, &two, 2)
    elif width == 4:
        for i in range(count):
            memcpy(&four, rows[i] + at, 4)
            if big:
                four = __builtin_bswap32(four)
            memcpy(out + 4 * i, &four, 4)
    else:
        for i in range(count):
            memcpy(&eight, rows[i] + at, 8)
            if big:
                eight = __builtin_bswap64(eight)
            memcpy(out + 8 * i, &eight, 8)


cdef void load_words(const uint8_t *const *rows, int32_t count, uint64_t at, int32_t width,
                     bint big, uint64_t *words) noexcept nogil:
    cdef int64_t i
    if width == 1:
        for i in range(count):
            words[i] = rows[i][at]
    else:
        for i in range(count):
            words[i] = load(rows[i] + at, width, big)


cdef inline double float_value(uint64_t word, int32_t width) noexcept nogil:
    cdef double value
    cdef float narrow
    cdef uint32_t bits = <uint32_t> word
    if width == 4:
        memcpy(&narrow, &bits, 4)
        return narrow
    memcpy(&value, &word, 8)
    return value


cdef void mark_nulls(const Op *op, const uint64_t *words, int32_t count,
                     uint8_t *valid) noexcept nogil:
    cdef int64_t i
    if op.null_mode == NULL_EQUAL:
        for i in range(count):
            valid[i] = words[i] != op.null_raw
    elif op.null_mode == NULL_NAN:
        for i in range(count):
            valid[i] = not isnan(float_value(words[i], op.width))
    else:
        for i in range(count):
            valid[i] = float_value(words[i], op.width) != op.null_value


cdef void scale_words(const Op *op, const uint64_t *words, int32_t count,
                      double *out) noexcept nogil:
    cdef int64_t i
    if op.kind == FLOAT:
        for i in range(count):
            out[i] = float_value(words[i], op.width) * op.scale + op.bias
    elif op.kind == SIGNED:
        for i in range(count):
            out[i] = <double> sign_extend(words[i], op.width) * op.scale + op.bias
    elif op.width < 8:
        for i in range(count):
            out[i] = <double> <int64_t> words[i] * op.scale + op.bias
    else:
        for i in range(count):
            out[i] = <double> words[i] * op.scale + op.bias


cdef void store_words(const uint64_t *words, int32_t count, int32_t width,
                      uint8_t *out) noexcept nogil:
    cdef int64_t i
    if width == 1:
        for i in range(count):
            out[i] = <uint8_t> words[i]
    elif width == 2:
        for i in range(count):
            (<uint16_t *> out)[i] = <uint16_t> words[i]
    elif width == 4:
        for i in range(count):
            (<uint32_t *> out)[i] = <uint32_t> words[i]
    else:
        memcpy(out, words, 8 * count)


cdef void convert(const Op *op, const uint8_t *const *rows, int32_t count, uint64_t at,
                  const uint8_t *end, uint8_t *out, uint8_t *valid, uint64_t *scratch,
                  uint64_t *problems) noexcept nogil:
    """Convert the numbers at `rows[i] + at` of one op.

    Parameters
    ----------
    end
        End of the log's bytes.
    out
        Where the first value goes: the column's values, or a byte a record for booleans.
    valid
        A byte a record, set to 1 by the caller; cleared where null. Untouched if the op knows no
        null.
    scratch
        BLOCK words.
    problems
        Raised by the number of impossible times.
    """
    cdef int64_t i
    cdef int32_t width = width_of(op.storage)
    if op.form == TIME:
        problems[0] += decode_times(&op.time, rows, count, at, end, <int64_t *> out, valid)
        return
    if op.form == NUMBER and op.null_mode == NEVER_NULL and width == op.width:
        copy_numbers(rows, count, at, width, op.big, out)
        return
    if op.form == BITS and op.width == 1 and op.null_mode == NEVER_NULL:
        # At most eight bits of one byte: a boolean or a byte, in one go.
        for i in range(count):
            out[i] = <uint8_t> (rows[i][at] >> op.bit_first & op.bit_mask)
        return
    load_words(rows, count, at, op.width, op.big, scratch)
    if op.null_mode != NEVER_NULL:
        mark_nulls(op, scratch, count, valid)
    if op.form == SCALED:
        scale_words(op, scratch, count, <double *> out)
        return
    if op.form == BITS:
        for i in range(count):
            scratch[i] = scratch[i] >> op.bit_first & op.bit_mask
    elif op.kind == SIGNED and width > op.width:
        for i in range(count):
            scratch[i] = <uint64_t> sign_extend(scratch[i], op.width)
    store_words(scratch, count, 1 if op.storage == BOOL else width, out)


cdef void pack_bits(const uint8_t *flags, uint64_t count, uint8_t *bitmap) noexcept nogil:
    """Bytes of 0 or 1 to bits, the first the lowest; `flags` is readable to a multiple of 8."""
    cdef uint64_t word, i
    for i in range((count + 7) // 8):
        memcpy(&word, flags + 8 * i, 8)
        # Each byte's lowest bit moves to the top byte, in order, without a carry.
        bitmap[i] = <uint8_t> ((word & <uint64_t> 0x0101010101010101)
                               * <uint64_t> 0x0102040810204080 >> 56)


cdef uint64_t count_zeros(const uint8_t *flags, uint64_t count) noexcept nogil:
    """How many of the bytes of 0 or 1 are 0."""
    cdef uint64_t i, ones = 0
    for i in range(count):
        ones += flags[i]
    return count - ones
