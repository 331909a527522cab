"""From the index to the rows of each kind: :func:`bucket`.

The rows of a kind are its frames in file order, without short ones: those have no columns to be
decoded. Their ordinals and offsets are the first two columns of the kind's table.
"""

from libc.stdint cimport int32_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from satlog_native._core.framing cimport Framing
from satlog_native._core.memory cimport give, take
from satlog_native._core.segment cimport (
    SHORT,
    Segment,
    irregular_of,
    offset_of,
    regular_size,
    type_of,
    variant_of,
)
from satlog_native._core.source cimport Source

# Frames that the column `frame`, a uint32, can number.
cdef uint64_t MOST_FRAMES = 0xFFFFFFFF

cdef struct Target:
    uint32_t *frames
    uint64_t *offsets
    uint32_t *sizes
    uint8_t *variants


cdef class Rows:
    """The frames of one kind: ordinal in the log, offset, and what else its decoder needs.

    Parameters
    ----------
    count : int
    sizes, variants : bool
        Whether to keep each frame's size and variant.
    """

    def __cinit__(self, uint64_t count, bint sizes=False, bint variants=False):
        self.count = count
        self.frames = <uint32_t *> take(count * 4)
        self.offsets = <uint64_t *> take(count * 8)
        self.sizes = <uint32_t *> take(count * 4) if sizes else NULL
        self.variants = <uint8_t *> take(count) if variants else NULL
        if (self.frames == NULL or self.offsets == NULL or (sizes and self.sizes == NULL)
                or (variants and self.variants == NULL)):
            raise MemoryError(f"no memory for the index of {count} records")

    def __dealloc__(self):
        give(self.frames)
        give(self.offsets)
        give(self.sizes)
        give(self.variants)

    def __len__(self):
        return self.count

    def slice(self, uint64_t start, uint64_t stop):
        """Rows [start, stop), copied."""
        stop = min(stop, self.count)
        start = min(start, stop)
        cdef Rows part = _like(self, stop - start)
        _copy(part, 0, self, start, stop - start)
        return part

    def cuts(self, uint64_t most_rows, uint64_t most_bytes, uint64_t step):
        """Where to cut the rows so that no part has more rows, or a longer stretch of the log.

        Returns
        -------
        list of int
            The parts' first rows, multiples of `step`: a part has `step` rows at least.
        """
        cdef uint64_t start = 0, low, high, middle
        cuts = []
        while start < self.count:
            cuts.append(start)
            low = start
            high = min(start + most_rows, self.count)
            while low < high:
                middle = low + (high - low) // 2
                if self.offsets[middle] - self.offsets[start] < most_bytes:
                    low = middle + 1
                else:
                    high = middle
            start = max(start + step, low // step * step) if low < self.count else low
        return cuts

    def bytes_in_frames(self):
        """Sum of the frames' sizes: a bound for what their text and bytes can take."""
        cdef uint64_t total = 0, i
        _need_sizes(self)
        with nogil:
            for i in range(self.count):
                total += self.sizes[i]
        return total

    def where_size(self, uint64_t size):
        """The rows whose frame has this size."""
        cdef uint64_t i, kept = 0
        _need_sizes(self)
        for i in range(self.count):
            kept += self.sizes[i] == size
        cdef Rows part = _like(self, kept)
        kept = 0
        for i in range(self.count):
            if self.sizes[i] == size:
                _copy(part, kept, self, i, 1)
                kept += 1
        return part


cdef int _need_sizes(Rows rows) except -1:
    if rows.sizes == NULL:
        raise ValueError("these rows were made without sizes")
    return 0


cdef Rows _like(Rows rows, uint64_t count):
    return Rows(count, rows.sizes != NULL, rows.variants != NULL)


cdef int _copy(Rows to, uint64_t at, Rows rows, uint64_t start, uint64_t count) except -1:
    memcpy(to.frames + at, rows.frames + start, count * 4)
    memcpy(to.offsets + at, rows.offsets + start, count * 8)
    if to.sizes != NULL:
        memcpy(to.sizes + at, rows.sizes + start, count * 4)
    if to.variants != NULL:
        memcpy(to.variants + at, rows.variants + start, count)
    return 0


def concat(list parts):
    """One Rows of several of one kind (at least one)."""
    cdef uint64_t count = 0
    cdef Rows part, whole
    for part in parts:
        count += part.count
    whole = _like(parts[0], count)
    count = 0
    for part in parts:
        _copy(whole, count, part, 0, part.count)
        count += part.count
    return whole


def pick(Rows rows, const uint8_t[::1] mask):
    """The rows whose byte in `mask` is not 0."""
    cdef uint64_t i, kept = 0
    if <uint64_t> mask.shape[0] != rows.count:
        raise ValueError(f"a mask of {mask.shape[0]} for {rows.count} rows")
    for i in range(rows.count):
        kept += mask[i] != 0
    cdef Rows part = _like(rows, kept)
    kept = 0
    for i in range(rows.count):
        if mask[i]:
            _copy(part, kept, rows, i, 1)
            kept += 1
    return part


cdef void _fill(Framing framing, Segment segment, uint32_t ordinal, const int32_t *slots,
                bint short_too, Target *targets) noexcept nogil:
    cdef uint64_t i, entry, aside = segment.sizes_first
    cdef int32_t slot
    cdef Target *target
    for i in range(segment.first, segment.stop):
        entry = segment.words[i]
        slot = slots[type_of(entry)]
        if slot >= 0 and (short_too or variant_of(entry) != SHORT):
            target = &targets[slot]
            target.frames[0] = ordinal
            target.frames += 1
            target.offsets[0] = offset_of(entry)
            target.offsets += 1
            if target.sizes != NULL:
                target.sizes[0] = (segment.sizes[aside] if irregular_of(entry)
                                   else <uint32_t> regular_size(framing, entry))
                target.sizes += 1
            if target.variants != NULL:
                target.variants[0] = <uint8_t> variant_of(entry)
                target.variants += 1
        aside += irregular_of(entry)
        ordinal += 1


def bucket(Framing framing, Segment segment, uint64_t ordinal, dict places,
           bint short_too=False):
    """Write the frames of a segment to the rows of their kinds.

    Several segments of one log may be bucketed at once, by several threads: each writes to its
    own places.

    Parameters
    ----------
    framing : Framing
    segment : Segment
    ordinal : int
        Of the segment's first frame in the log.
    places : dict of type number to (Rows, int)
        Where the frames of a type go, and the row at which this segment's start. The caller has
        counted them: see ``Segment.counts_by_type``.
    short_too : bool
        Whether records that are too short for any variant count as rows.
    """
    cdef int32_t *slots = <int32_t *> take(segment.type_count * 4)
    cdef Target *targets = <Target *> take(len(places) * sizeof(Target))
    cdef int32_t slot = 0
    cdef uint32_t first = ordinal
    cdef Rows rows
    cdef uint64_t at
    if slots == NULL or targets == NULL:
        give(slots)
        give(targets)
        raise MemoryError("no memory to bucket an index")
    try:
        if ordinal + (segment.stop - segment.first) > MOST_FRAMES:
            raise OverflowError("more than 4,294,967,295 frames in one log: split it")
        memset(slots, 0xFF, segment.type_count * 4)
        counts = segment.counts_by_type()
        for number, (rows, at) in places.items():
            frames, short, _ = counts.get(number, (0, 0, 0))
            if at + frames - (0 if short_too else short) > rows.count:
                raise ValueError(f"{rows.count} rows cannot hold the frames of type {number}")
            slots[<uint32_t> number] = slot
            targets[slot].frames = rows.frames + at
            targets[slot].offsets = rows.offsets + at
            targets[slot].sizes = rows.sizes + at if rows.sizes != NULL else NULL
            targets[slot].variants = rows.variants + at if rows.variants != NULL else NULL
            slot += 1
        with nogil:
            _fill(framing, segment, first, slots, short_too, targets)
    finally:
        give(slots)
        give(targets)


def copy_records(Source source, Rows rows, uint64_t payload_at, uint64_t trailer,
                 uint8_t[::1] out, uint64_t width):
    """Copy each row's payload to `width` bytes of `out`, the rest of a shorter one zeroed.

    Parameters
    ----------
    payload_at, trailer : int
        Bytes of a frame before and after its payload.
    out : writable bytes-like, rows x width
    """
    cdef uint64_t i, size
    cdef uint8_t *to
    if <uint64_t> out.shape[0] != rows.count * width:
        raise ValueError(f"{out.shape[0]} bytes for {rows.count} records of {width}")
    if out.shape[0] == 0:
        return
    _need_sizes(rows)
    to = &out[0]
    source.enter()
    try:
        with nogil:
            for i in range(rows.count):
                size = rows.sizes[i] - payload_at - trailer
                if size > width:
                    size = width
                memcpy(to, source.data + rows.offsets[i] + payload_at, size)
                memset(to + size, 0, width - size)
                to += width
    finally:
        source.leave()
