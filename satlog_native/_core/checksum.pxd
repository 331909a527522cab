from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

cdef enum Algorithm:
    NONE = 0
    XOR8 = 1
    SUM8 = 2
    SUM8_NEG = 3
    SUM16 = 4
    FLETCHER16 = 5
    CRC = 6

cdef struct Summer:
    Algorithm algorithm
    int bits            # of a CRC: 8, 16 or 32
    bint reflect
    uint32_t initial    # as the register holds it (reflected where the CRC is)
    uint32_t final_xor
    uint32_t mask
    uint32_t table[256]
    uint32_t *shifts    # SHIFTS operators of 4 x 256 words: the register after 2**k zero bytes

cdef struct Prefix:
    uint64_t base       # position of state 0
    uint64_t count      # states filled: of the bytes [base, base + count)
    uint64_t room       # states that fit, less one
    uint32_t *first
    uint32_t *second    # of fletcher16

cdef int summer_init(Summer *summer, int algorithm, int bits, uint32_t polynomial,
                     uint32_t initial, bint reflect, uint32_t final_xor) noexcept nogil
cdef void summer_free(Summer *summer) noexcept nogil
cdef uint32_t slower_checksum(const Summer *summer, const uint8_t *data,
                              uint64_t size) noexcept nogil

cdef int prefix_init(Prefix *prefix, const Summer *summer, uint64_t room) noexcept nogil
cdef void prefix_free(Prefix *prefix) noexcept nogil
cdef uint32_t checksum_between(const Summer *summer, Prefix *prefix, const uint8_t *data,
                               uint64_t start, uint64_t stop) noexcept nogil


cdef inline uint64_t lane_sum(uint64_t lanes) noexcept nogil:
    """Sum of four 16-bit lanes."""
    return (lanes & 0xFFFF) + (lanes >> 16 & 0xFFFF) + (lanes >> 32 & 0xFFFF) + (lanes >> 48)


cdef inline uint32_t byte_sum(const uint8_t *data, uint64_t size) noexcept nogil:
    """Sum of bytes modulo 2**16, eight at a time."""
    cdef uint64_t word, lanes, total = 0
    cdef uint64_t blocks, odd = 0x00FF00FF00FF00FF
    cdef bint long_enough = size >= 8
    while size >= 8:
        # Four 16-bit lanes take 128 words (256 bytes each at most 510 a lane) before they overflow.
        blocks = size >> 3
        if blocks > 128:
            blocks = 128
        size -= blocks << 3
        lanes = 0
        while blocks:
            memcpy(&word, data, 8)
            lanes += (word & odd) + (word >> 8 & odd)
            data += 8
            blocks -= 1
        total += lane_sum(lanes)
    if size and long_enough:
        # The last bytes by one word that reaches back over bytes summed before, shifted out.
        memcpy(&word, data + size - 8, 8)
        word >>= 64 - 8 * size
        total += lane_sum((word & odd) + (word >> 8 & odd))
        size = 0
    while size:
        total += data[0]
        data += 1
        size -= 1
    return <uint32_t> (total & 0xFFFF)


cdef inline uint32_t checksum_of(const Summer *summer, const uint8_t *data,
                                 uint64_t size) noexcept nogil:
    """The checksum of `size` bytes at `data`."""
    if summer.algorithm == SUM8:
        return byte_sum(data, size) & 0xFF
    return slower_checksum(summer, data, size)
