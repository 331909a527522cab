from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t

from satlog_native._core.rows cimport Rows
from satlog_native._core.text cimport Encoding
from satlog_native._core.times cimport TimeCode

# How a column lies in memory. The first ten are numbers of 1, 2, 4 or 8 bytes.
cdef enum Storage:
    U8 = 0
    I8 = 1
    U16 = 2
    I16 = 3
    U32 = 4
    I32 = 5
    U64 = 6
    I64 = 7
    F32 = 8
    F64 = 9
    BOOL = 10
    TEXT = 11
    BINARY = 12
    LIST = 13

cdef enum Form:
    NUMBER = 0      # the wire's value (an enum's too, widened to 64 bits)
    SCALED = 1      # wire x scale + bias
    BITS = 2
    TIME = 3
    CHARACTERS = 4
    OCTETS = 5

cdef enum Kind:     # of a wire number
    UNSIGNED = 0
    SIGNED = 1
    FLOAT = 2

cdef enum NullMode:
    NEVER_NULL = 0
    NULL_EQUAL = 1  # an integer's bits
    NULL_FLOAT = 2  # a float's value
    NULL_NAN = 3

cdef enum Extent:
    EXACT = 0       # `extent` bytes or items
    REST = 1        # to the payload's end
    COUNTED = 2     # as many items as an earlier field says

cdef struct Op:
    # One column from one variant. Positions are in the frame. Of a list, form and storage are its
    # items'.
    int32_t column
    Form form
    Storage storage
    uint64_t at
    int32_t width
    Kind kind
    bint big
    NullMode null_mode
    uint64_t null_raw
    double null_value
    double scale
    double bias
    int32_t bit_first
    uint64_t bit_mask
    Encoding encoding
    Extent extent_mode
    uint64_t extent
    uint64_t count_at
    int32_t count_width
    bint count_signed
    bint count_big
    TimeCode time

cdef struct Column:
    Storage storage
    Storage item            # of a list
    bint nullable           # whether a value (not of a list's items) can be null
    bint adopted            # from the rows (frame, offset), not gathered
    bint absent             # no row's variant has it: zeros and nulls that nobody writes
    void *slab              # that values and validity lie in; NULL: they are blocks
    uint8_t *values         # numbers or bits
    uint8_t *validity       # bits
    int64_t nulls
    int32_t *offsets        # of text, binary and lists
    uint8_t *data           # text, bytes, or a list's items
    uint64_t data_size      # bytes, or items
    uint64_t data_room
    uint8_t *item_valid     # a byte an item while gathered, bits once finished; NULL: no nulls
    int64_t item_nulls
    uint64_t problems       # impossible times, or replacements in text

cdef class TablePlan:
    cdef Op *ops
    cdef int32_t *op_of     # [variant, column] -> op, or -1 where a variant lacks the column
    cdef uint8_t *shared    # by column: whether all variants have it, by the same op
    cdef readonly int32_t variant_count
    cdef readonly int32_t column_count
    cdef list columns
    cdef uint64_t trailer
    cdef bint uniform       # rows of any variant follow variant 0
    cdef int32_t frame_column
    cdef int32_t offset_column

    cdef int _set_shared(self) except -1

cdef class Columns:
    cdef readonly TablePlan plan
    cdef readonly uint64_t count
    cdef Column *columns
    cdef int32_t variant        # of every row, or -1 where they differ
    cdef bint exported

    cdef int _set_variant(self, Rows rows, bint *present) except -1
    cdef bint _is_absent(self, int32_t column, const bint *present) except -1

cdef void free_column(Column *column) noexcept nogil

cdef inline int width_of(Storage storage) noexcept nogil:
    """Bytes of a number in memory."""
    return 1 << (storage >> 1) if storage <= I64 else 4 if storage == F32 else 8
