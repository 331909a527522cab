from libc.stddef cimport size_t
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy

from satlog_native._core.checksum cimport Summer
from satlog_native._core.wire cimport load

cdef enum Reason:
    GOOD = 0
    BAD_SYNC = 1
    BAD_LENGTH = 2
    BAD_CHECKSUM = 3
    PAST_END = 4
    BAD_TYPE = 5

cdef struct VariantRule:
    uint64_t size           # payload bytes; of a variable variant the fewest
    bint variable
    uint32_t count_at       # of a counted array's count, in the payload
    int32_t count_width     # 0: no counted array
    bint count_signed
    bint count_big
    uint32_t items_at       # where the counted array starts, in the payload
    uint32_t item_size

cdef struct TypeRule:
    uint32_t first          # of its variants, in the table of all
    uint16_t variants       # 0: an unknown type
    bint variable           # whether the last variant is variable

cdef struct Rules:
    uint64_t header_size
    uint64_t sync_word
    uint64_t sync_mask
    uint8_t sync[8]
    int32_t sync_size
    int32_t length_width    # 0: size by type
    int32_t length_at
    bint length_big
    int64_t length_add      # frame size = wire + this
    uint64_t length_max
    int32_t type_width
    int32_t type_at
    bint type_big
    uint64_t payload_at
    uint64_t trailer
    int32_t check_width     # 0: no checksum
    bint check_big
    uint64_t check_from
    int64_t check_at        # -1: the frame's last bytes
    uint64_t frame_max

cdef class Framing:
    cdef Rules rules
    cdef Summer summer
    cdef TypeRule *types
    cdef VariantRule *variants
    cdef uint32_t type_count
    cdef uint32_t variant_count


cdef inline bint sync_holds(Framing framing, const uint8_t *data, uint64_t position,
                            uint64_t end) noexcept nogil:
    cdef const Rules *rules = &framing.rules
    cdef uint64_t word, left = end - position
    if left >= 8:
        memcpy(&word, data + position, 8)
        return (word & rules.sync_mask) == rules.sync_word
    # At the file's last bytes: as many sync bytes as are there.
    return memcmp(data + position, rules.sync,
                  left if left < <uint64_t> rules.sync_size else <size_t> rules.sync_size) == 0


cdef inline Reason probe(Framing framing, const uint8_t *data, uint64_t position, uint64_t end,
                         uint64_t *size, uint32_t *kind) noexcept nogil:
    """Whether sync, length and type at `position` could be a frame's; its size and type.

    The one door to the log's bytes for whoever has only a position: all reads behind it lie in
    [position, position + size), and it has checked that these end before `end`.
    """
    cdef const Rules *rules = &framing.rules
    cdef const TypeRule *rule
    cdef uint64_t wire
    if not sync_holds(framing, data, position, end):
        return BAD_SYNC
    if end - position < rules.payload_at:
        return PAST_END
    kind[0] = <uint32_t> load(data + position + rules.type_at, rules.type_width, rules.type_big)
    if rules.length_width:
        wire = load(data + position + rules.length_at, rules.length_width, rules.length_big)
        size[0] = wire
        if wire > rules.length_max:
            return BAD_LENGTH
        if <int64_t> wire + rules.length_add < <int64_t> (rules.payload_at + rules.trailer):
            return BAD_LENGTH
        size[0] = wire + <uint64_t> rules.length_add
    else:
        rule = &framing.types[kind[0]]
        if rule.variants == 0:
            return BAD_TYPE
        size[0] = rules.payload_at + framing.variants[rule.first].size + rules.trailer
    if size[0] > end - position:
        return PAST_END
    return GOOD


cdef inline uint64_t stored_checksum(Framing framing, const uint8_t *frame,
                                     uint64_t size) noexcept nogil:
    """The checksum in a frame; one wider than its algorithm has zeros on top."""
    cdef const Rules *rules = &framing.rules
    return load(
        frame + (size - rules.trailer if rules.check_at < 0 else <uint64_t> rules.check_at),
        rules.check_width, rules.check_big)


cdef inline uint64_t check_stop(Framing framing, uint64_t size) noexcept nogil:
    """Where the range under the checksum ends, in the frame."""
    cdef const Rules *rules = &framing.rules
    if rules.check_at < 0:
        return size - rules.trailer
    if rules.check_from <= <uint64_t> rules.check_at:
        return <uint64_t> rules.check_at
    return size
