from libc.stdint cimport uint32_t, uint64_t

from satlog_native._core.checksum cimport Prefix
from satlog_native._core.framing cimport Framing

cdef enum:
    # Codes of a frame that stand where a variant's index does.
    SHORT = 255
    UNKNOWN = 254

cdef enum:
    NO_MEMORY = -1

cdef class Segment:
    cdef uint64_t *words            # an entry for every frame, see below
    cdef uint64_t room
    cdef readonly uint64_t first    # entries before this one belong to an earlier segment
    cdef readonly uint64_t stop     # entries end here
    cdef uint32_t *sizes            # of the irregular frames, in order
    cdef uint64_t sizes_room
    cdef uint64_t sizes_first       # of the entries from `first` on
    cdef uint64_t sizes_stop
    cdef uint64_t *lost             # triples: offset, size, reason
    cdef uint64_t lost_room
    cdef uint64_t lost_first
    cdef uint64_t lost_stop
    cdef uint64_t *counts           # by type number: frames, short, extended
    cdef uint32_t type_count
    cdef readonly uint64_t position
    cdef readonly bint searching
    cdef uint64_t lost_at
    cdef uint64_t lost_reason
    cdef readonly bint done
    cdef uint64_t summed_to         # frames that did not hold were summed up to here
    cdef Prefix prefix              # of a search; made when the first damage is met

cdef int grow(Segment segment, uint64_t room) noexcept nogil
cdef int note_size(Segment segment, uint64_t size) noexcept nogil
cdef int note_lost(Segment segment, uint64_t stop) noexcept nogil

# An entry: offset (39 bits), irregular (1), variant (8), type (16). The size of a regular frame is
# its variant's; that of an irregular one stands in `sizes`.
cdef enum:
    OFFSET_SHIFT = 25

cdef inline uint64_t entry_of(uint64_t offset, bint irregular, int variant,
                              uint32_t type) noexcept nogil:
    return (offset << OFFSET_SHIFT | <uint64_t> irregular << 24 | <uint64_t> variant << 16 | type)

cdef inline uint64_t offset_of(uint64_t entry) noexcept nogil:
    return entry >> OFFSET_SHIFT

cdef inline bint irregular_of(uint64_t entry) noexcept nogil:
    return entry >> 24 & 1

cdef inline int variant_of(uint64_t entry) noexcept nogil:
    return entry >> 16 & 0xFF

cdef inline uint32_t type_of(uint64_t entry) noexcept nogil:
    return entry & 0xFFFF

cdef inline uint64_t regular_size(Framing framing, uint64_t entry) noexcept nogil:
    """Size of a regular frame."""
    return (framing.variants[framing.types[type_of(entry)].first + variant_of(entry)].size
            + framing.rules.payload_at + framing.rules.trailer)
