"""Numbers as they lie in a file: unaligned, of 1 to 8 bytes, either byte order."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy

cdef extern from *:
    uint16_t __builtin_bswap16(uint16_t) noexcept nogil
    uint32_t __builtin_bswap32(uint32_t) noexcept nogil
    uint64_t __builtin_bswap64(uint64_t) noexcept nogil

cdef extern from *:
    """
    #if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    #error "satlog's core is written for little-endian machines"
    #endif
    """


cdef inline uint64_t load(const uint8_t *at, int width, bint big) noexcept nogil:
    """The unsigned integer of `width` bytes (1 to 8) at `at`."""
    cdef uint16_t two
    cdef uint32_t four
    cdef uint64_t value = 0
    cdef int i
    if width == 1:
        return at[0]
    if width == 2:
        memcpy(&two, at, 2)
        return __builtin_bswap16(two) if big else two
    if width == 4:
        memcpy(&four, at, 4)
        return __builtin_bswap32(four) if big else four
    if width == 8:
        memcpy(&value, at, 8)
        return __builtin_bswap64(value) if big else value
    if big:
        for i in range(width):
            value = value << 8 | at[i]
    else:
        for i in range(width):
            value |= <uint64_t> at[i] << (8 * i)
    return value


cdef inline int64_t sign_extend(uint64_t value, int width) noexcept nogil:
    """The signed integer that `width` bytes of two's complement stand for."""
    cdef int unused = 64 - 8 * width
    return (<int64_t> (value << unused)) >> unused
