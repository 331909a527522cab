"""What a table is made of: the plan of its columns, and their buffers.

A :class:`TablePlan` has one op for every column of every variant: where the bytes are in the frame
and how they become values. :class:`Columns` are buffers of exactly the size that a number of rows
needs; :mod:`satlog_native._core.gather` fills them, :mod:`satlog_native._core.arrow` gives them
away.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libc.string cimport memcmp, memset

from satlog_native._core.memory cimport (
    SLAB_HEAD,
    give,
    slab_drop,
    slab_guard,
    slab_keep,
    slab_part,
    slab_take,
    take,
    take_zeroed,
)
from satlog_native._core.rows cimport Rows
from satlog_native._core.times cimport TimeNumber

from satlog_native._core.text cimport ASCII, LATIN1, UTF8, UTF16_BE, UTF16_LE
from satlog_native._core.times cimport GPS, MSDOS, PACKED, UNIX

#: Words of a plan, and what they are here.
CODES = {
    "storage": {
        "uint8": U8, "int8": I8, "uint16": U16, "int16": I16, "uint32": U32, "int32": I32,
        "uint64": U64, "int64": I64, "float": F32, "double": F64, "bool": BOOL,
        "string": TEXT, "binary": BINARY, "list": LIST,
        # Kept as 64-bit numbers; an enum's become indices by enums.Dictionary.
        "timestamp": I64, "enum": I64,
    },
    "form": {
        "number": NUMBER, "scaled": SCALED, "bits": BITS, "time": TIME,
        "characters": CHARACTERS, "octets": OCTETS,
    },
    "kind": {"unsigned": UNSIGNED, "signed": SIGNED, "float": FLOAT},
    "null": {"never": NEVER_NULL, "equal": NULL_EQUAL, "float": NULL_FLOAT, "nan": NULL_NAN},
    "extent": {"exact": EXACT, "rest": REST, "counted": COUNTED},
    "encoding": {"ascii": ASCII, "latin-1": LATIN1, "utf-8": UTF8, "utf-16-le": UTF16_LE,
                 "utf-16-be": UTF16_BE},
    "codec": {"packed": PACKED, "unix": UNIX, "gps": GPS, "msdos": MSDOS},
}


cdef int _set_number(TimeNumber *number, spec) except -1:
    if spec is not None:
        number.width, number.kind, number.micros, number.whole_micros = spec
    return 0


cdef int _set_time(Op *op, spec) except -1:
    form, big, size, parts, year_base, fraction_micros, major, minor, null = spec
    op.time.form = form
    op.time.big = big
    op.time.size = size
    for part, (first, width) in enumerate(parts):
        op.time.first[<int> part] = first
        op.time.width[<int> part] = width
    op.time.year_base = year_base
    op.time.fraction_micros = fraction_micros
    _set_number(&op.time.major, major)
    _set_number(&op.time.minor, minor)
    op.time.has_null = null is not None
    op.time.null_raw = 0 if null is None else null
    return 0


cdef int _set_op(Op *op, dict spec) except -1:
    memset(op, 0, sizeof(Op))
    op.column = spec["column"]
    op.form = spec["form"]
    op.storage = spec["storage"]
    op.at = spec["at"]
    op.width, op.kind, op.big = spec.get("wire", (0, 0, False))
    op.null_mode, op.null_raw, op.null_value = spec.get("null", (0, 0, 0.0))
    op.scale, op.bias = spec.get("scale", (1.0, 0.0))
    op.bit_first, op.bit_mask = spec.get("bits", (0, 0))
    op.encoding = spec.get("encoding", 0)
    op.extent_mode, op.extent = spec.get("extent", (0, 0))
    op.count_at, op.count_width, op.count_signed, op.count_big = spec.get(
        "count", (0, 0, False, False))
    if "time" in spec:
        _set_time(op, spec["time"])
    return 0


cdef class TablePlan:
    """How the rows of one kind become columns.

    Parameters
    ----------
    columns : list of (storage, item storage, nullable)
    variants : list of list of dict
        For every variant its ops; see :mod:`satlog_native.plan` for their keys.
    trailer : int
        Bytes of a frame after what `rest` reaches to.
    uniform : bool
        Rows follow variant 0 whatever their own is (unknown types, whole frames).
    frame_column, offset_column : int
        Columns that the rows themselves have, adopted at the end; -1 where not asked for.
    """

    def __cinit__(self, list columns, list variants, uint64_t trailer, bint uniform=False,
                  int32_t frame_column=-1, int32_t offset_column=-1):
        cdef int32_t i = 0, variant = 0
        self.columns = columns
        self.column_count = len(columns)
        self.variant_count = len(variants)
        self.trailer = trailer
        self.uniform = uniform
        self.frame_column = frame_column
        self.offset_column = offset_column
        self.ops = <Op *> take(sum(len(ops) for ops in variants) * sizeof(Op))
        self.op_of = <int32_t *> take(self.variant_count * self.column_count * sizeof(int32_t))
        self.shared = <uint8_t *> take(self.column_count)
        if not (self.ops and self.op_of and self.shared):
            raise MemoryError("no memory for the plan of a table")
        memset(self.op_of, 0xFF, self.variant_count * self.column_count * sizeof(int32_t))
        for ops in variants:
            for spec in ops:
                _set_op(&self.ops[i], spec)
                self.op_of[variant * self.column_count + self.ops[i].column] = i
                i += 1
            variant += 1
        self._set_shared()

    cdef int _set_shared(self) except -1:
        """Find the columns whose rows can be converted as one, whatever their variant."""
        cdef int32_t c, v, i, first
        for c in range(self.column_count):
            first = self.op_of[c] if self.variant_count else -1
            self.shared[c] = first >= 0
            for v in range(self.variant_count):
                i = self.op_of[v * self.column_count + c]
                if first < 0 or i < 0 or memcmp(&self.ops[first], &self.ops[i], sizeof(Op)) != 0:
                    self.shared[c] = False
        return 0

    def __dealloc__(self):
        give(self.ops)
        give(self.op_of)
        give(self.shared)


cdef uint64_t bitmap_size(uint64_t count) noexcept nogil:
    # Whole blocks of 64 bits: packing writes eight bits at a time.
    return (count + 63) // 64 * 8


cdef uint64_t values_size(const Column *column, uint64_t count) noexcept nogil:
    if column.storage >= TEXT:
        return 0
    return bitmap_size(count) if column.storage == BOOL else count * width_of(column.storage)


cdef uint64_t validity_size(const Column *column, uint64_t count) noexcept nogil:
    return bitmap_size(count) if column.nullable else 0


cdef inline uint8_t *part_of(uint8_t **slab, uint64_t size) noexcept nogil:
    """The next `size` bytes of a slab."""
    cdef uint8_t *part = slab[0]
    slab_guard(part, size)
    slab[0] = part + slab_part(size)
    return part


cdef bint allocate(Column *columns, int32_t column_count, uint64_t count) noexcept nogil:
    """Buffers of exactly the size that `count` rows need; False without memory.

    Values and validity of all columns lie in one slab: large, so in huge pages, and without a
    rest of a page for each column. What no row has gets pages of zeros that nobody writes.
    """
    cdef Column *column
    cdef uint64_t total = 0
    cdef uint8_t *at
    cdef void *slab
    cdef int32_t c
    for c in range(column_count):
        column = &columns[c]
        if not column.adopted and not column.absent:
            total += slab_part(values_size(column, count))
            total += slab_part(validity_size(column, count))
    slab = slab_take(total)
    if slab == NULL:
        return False
    at = <uint8_t *> slab + SLAB_HEAD
    for c in range(column_count):
        column = &columns[c]
        if column.adopted:
            continue
        if column.absent:
            column.values = <uint8_t *> take_zeroed(values_size(column, count))
            column.validity = <uint8_t *> take_zeroed(validity_size(column, count))
            column.nulls = <int64_t> count
            if column.values == NULL or column.validity == NULL:
                break
            continue
        slab_keep(slab)
        column.slab = slab
        column.values = part_of(&at, values_size(column, count))
        if column.nullable:
            column.validity = part_of(&at, validity_size(column, count))
        if column.storage >= TEXT:
            column.offsets = <int32_t *> take((count + 1) * sizeof(int32_t))
            if column.offsets == NULL:
                break
            column.offsets[0] = 0
    else:
        slab_drop(slab)
        return True
    slab_drop(slab)
    return False


cdef void see_variants(Rows rows, bint *present) noexcept nogil:
    """Mark which of 256 variants any row has."""
    cdef uint64_t i
    memset(present, 0, 256 * sizeof(bint))
    if rows.variants == NULL:
        present[0] = True
        return
    for i in range(rows.count):
        present[rows.variants[i]] = True


cdef class Columns:
    """Buffers for the columns of these rows.

    Parameters
    ----------
    plan : TablePlan
    rows : Rows
    """

    def __cinit__(self, TablePlan plan, Rows rows):
        cdef int32_t i
        cdef Column *column
        cdef bint present[256]
        self.plan = plan
        self.count = rows.count
        self.columns = <Column *> take(plan.column_count * sizeof(Column))
        if self.columns == NULL:
            raise MemoryError("no memory for columns")
        memset(self.columns, 0, plan.column_count * sizeof(Column))
        self._set_variant(rows, present)
        for i in range(plan.column_count):
            column = &self.columns[i]
            column.storage, column.item, column.nullable = plan.columns[i]
            column.adopted = i == plan.frame_column or i == plan.offset_column
            column.absent = (column.storage < TEXT and not column.adopted
                             and self._is_absent(i, present))
        if not allocate(self.columns, plan.column_count, self.count):
            raise MemoryError(f"no memory for columns of {self.count} rows")

    cdef int _set_variant(self, Rows rows, bint *present) except -1:
        cdef int32_t i, seen = 0
        if self.plan.uniform:
            present[0] = True
            self.variant = 0
            return 0
        see_variants(rows, present)
        self.variant = -1
        for i in range(self.plan.variant_count):
            if present[i]:
                seen += 1
                self.variant = i
        if seen != 1:
            self.variant = -1
        return 0

    cdef bint _is_absent(self, int32_t column, const bint *present) except -1:
        cdef int32_t i
        for i in range(self.plan.variant_count):
            if present[i] and self.plan.op_of[i * self.plan.column_count + column] >= 0:
                return False
        return True

    def __dealloc__(self):
        cdef int32_t i
        if self.columns != NULL:
            for i in range(self.plan.column_count):
                free_column(&self.columns[i])
        give(self.columns)

    def adopt(self, Rows rows):
        """Take the ordinals and offsets of the rows over as columns; the rows are empty then."""
        if rows.count != self.count:
            raise ValueError(f"{rows.count} rows into {self.count}")
        if self.plan.frame_column >= 0:
            self.columns[self.plan.frame_column].values = <uint8_t *> rows.frames
            rows.frames = NULL
        if self.plan.offset_column >= 0:
            self.columns[self.plan.offset_column].values = <uint8_t *> rows.offsets
            rows.offsets = NULL
        rows.count = 0

    def problems(self, int32_t column):
        """Impossible times, or replacements in text, of a column."""
        if not 0 <= column < self.plan.column_count:
            raise IndexError(f"column {column} of {self.plan.column_count}")
        return self.columns[column].problems


cdef void free_column(Column *column) noexcept nogil:
    """Give the buffers of a column back."""
    if column.slab != NULL:
        slab_drop(column.slab)
    else:
        give(column.values)
        give(column.validity)
    give(column.offsets)
    give(column.data)
    give(column.item_valid)
    memset(column, 0, sizeof(Column))
