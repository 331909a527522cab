"""Checksums of frames: over bytes once, or over any range of a window in constant time.

Walking in step, every frame is summed once: :func:`checksum_of`.

Searching after damage, every byte may start a candidate frame of any believable length. Summing
each would make hostile input quadratic. So a search keeps the running state of the checksum over a
window (:class:`Prefix`), and a range's checksum comes from the states at its two ends:

- sums and xor: the difference of the states;
- fletcher16: ``s1 = a[e] - a[s]``, ``s2 = b[e] - b[s] - (e - s) * a[s]``, modulo 255;
- CRC: the register is linear in the initial state, so
  ``crc(s, e) = r[e] ^ shift(r[s] ^ initial, e - s)``, where ``shift`` runs the register over zero
  bytes, composed from operators for 1, 2, 4, ... bytes.
"""

from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy, memmove, memset

from satlog_native._core.memory cimport give, take

cdef enum:
    # Operators for lengths below 2**SHIFTS bytes: any frame whose length fits 32 bits.
    SHIFTS = 32

cdef inline uint32_t reflected(uint32_t value, int bits) noexcept nogil:
    cdef uint32_t result = 0
    cdef int i
    for i in range(bits):
        if value >> i & 1:
            result |= <uint32_t> 1 << (bits - 1 - i)
    return result


cdef inline uint32_t crc_step(const Summer *summer, uint32_t register, uint8_t byte) noexcept nogil:
    if summer.reflect:
        return summer.table[(register ^ byte) & 0xFF] ^ (register >> 8)
    return ((summer.table[((register >> (summer.bits - 8)) ^ byte) & 0xFF]) ^ (register << 8)
            ) & summer.mask


cdef inline uint32_t applied(const uint32_t *operator, uint32_t register) noexcept nogil:
    return (operator[register & 0xFF] ^ operator[256 + (register >> 8 & 0xFF)]
            ^ operator[512 + (register >> 16 & 0xFF)] ^ operator[768 + (register >> 24)])


cdef uint32_t shifted(const Summer *summer, uint32_t register, uint64_t zeros) noexcept nogil:
    """The register after `zeros` zero bytes."""
    cdef int k = 0
    while zeros and k < SHIFTS:
        if zeros & 1:
            register = applied(summer.shifts + 1024 * k, register)
        zeros >>= 1
        k += 1
    return register


cdef void crc_tables(Summer *summer, uint32_t polynomial) noexcept nogil:
    cdef uint32_t register
    cdef uint32_t top = <uint32_t> 1 << (summer.bits - 1)
    cdef uint32_t poly = reflected(polynomial, summer.bits) if summer.reflect else polynomial
    cdef int i, k, byte, lane, _bit
    for i in range(256):
        if summer.reflect:
            register = i
            for _bit in range(8):
                register = (register >> 1) ^ (poly if register & 1 else 0)
        else:
            register = <uint32_t> i << (summer.bits - 8)
            for _bit in range(8):
                register = ((register << 1) ^ (poly if register & top else 0)) & summer.mask
        summer.table[i] = register
    for lane in range(4):
        for byte in range(256):
            summer.shifts[256 * lane + byte] = crc_step(
                summer, (<uint32_t> byte << (8 * lane)) & summer.mask, 0)
    for k in range(1, SHIFTS):
        for i in range(1024):
            summer.shifts[1024 * k + i] = applied(
                summer.shifts + 1024 * (k - 1), summer.shifts[1024 * (k - 1) + i])


cdef int summer_init(Summer *summer, int algorithm, int bits, uint32_t polynomial,
                     uint32_t initial, bint reflect, uint32_t final_xor) noexcept nogil:
    """Set up a checksum; 0, or -1 without memory."""
    memset(summer, 0, sizeof(Summer))
    summer.algorithm = <Algorithm> algorithm
    if summer.algorithm != CRC:
        return 0
    summer.bits = bits
    summer.mask = <uint32_t> (((<uint64_t> 1) << bits) - 1)
    summer.reflect = reflect
    summer.initial = reflected(initial, bits) if reflect else initial
    summer.final_xor = final_xor
    summer.shifts = <uint32_t *> take(SHIFTS * 1024 * sizeof(uint32_t))
    if summer.shifts == NULL:
        return -1
    crc_tables(summer, polynomial)
    return 0


cdef void summer_free(Summer *summer) noexcept nogil:
    give(summer.shifts)
    summer.shifts = NULL


cdef inline uint32_t byte_xor(const uint8_t *data, uint64_t size) noexcept nogil:
    cdef uint64_t word, total = 0
    while size >= 8:
        memcpy(&word, data, 8)
        total ^= word
        data += 8
        size -= 8
    total ^= total >> 32
    total ^= total >> 16
    total ^= total >> 8
    while size:
        total ^= data[0]
        data += 1
        size -= 1
    return <uint32_t> (total & 0xFF)


cdef uint32_t fletcher(const uint8_t *data, uint64_t size) noexcept nogil:
    cdef uint64_t first = 0, second = 0, block
    while size:
        # 5,000 bytes keep both sums far below 2**64; the remainders are taken once a block.
        block = size if size < 5000 else 5000
        size -= block
        while block:
            first += data[0]
            second += first
            data += 1
            block -= 1
        first %= 255
        second %= 255
    return <uint32_t> (second << 8 | first)


cdef uint32_t crc(const Summer *summer, const uint8_t *data, uint64_t size) noexcept nogil:
    cdef uint32_t register = summer.initial
    cdef uint64_t i
    for i in range(size):
        register = crc_step(summer, register, data[i])
    return (register ^ summer.final_xor) & summer.mask


cdef uint32_t slower_checksum(const Summer *summer, const uint8_t *data,
                              uint64_t size) noexcept nogil:
    """The checksum of `size` bytes at `data`, of any algorithm but sum8."""
    if summer.algorithm == XOR8:
        return byte_xor(data, size)
    if summer.algorithm == SUM8_NEG:
        return (0 - byte_sum(data, size)) & 0xFF
    if summer.algorithm == SUM16:
        return byte_sum(data, size)
    if summer.algorithm == FLETCHER16:
        return fletcher(data, size)
    if summer.algorithm == CRC:
        return crc(summer, data, size)
    return 0


cdef int prefix_init(Prefix *prefix, const Summer *summer, uint64_t room) noexcept nogil:
    """A window of at most `room` bytes, empty; 0, or -1 without memory."""
    memset(prefix, 0, sizeof(Prefix))
    prefix.room = room
    prefix.first = <uint32_t *> take((room + 1) * sizeof(uint32_t))
    if prefix.first == NULL:
        return -1
    prefix.first[0] = 0
    if summer.algorithm == FLETCHER16:
        prefix.second = <uint32_t *> take((room + 1) * sizeof(uint32_t))
        if prefix.second == NULL:
            prefix_free(prefix)
            return -1
        prefix.second[0] = 0
    return 0


cdef void prefix_free(Prefix *prefix) noexcept nogil:
    give(prefix.first)
    give(prefix.second)
    prefix.first = prefix.second = NULL


cdef void prefix_extend(const Summer *summer, Prefix *prefix, const uint8_t *data,
                        uint64_t stop) noexcept nogil:
    """Fill the states up to `stop`."""
    cdef uint64_t i = prefix.count
    cdef uint64_t count = stop - prefix.base
    cdef uint32_t *first = prefix.first
    cdef uint32_t *second = prefix.second
    data += prefix.base
    if summer.algorithm == XOR8:
        while i < count:
            first[i + 1] = first[i] ^ data[i]
            i += 1
    elif summer.algorithm == FLETCHER16:
        while i < count:
            first[i + 1] = (first[i] + data[i]) % 255
            second[i + 1] = (second[i] + first[i + 1]) % 255
            i += 1
    elif summer.algorithm == CRC:
        while i < count:
            first[i + 1] = crc_step(summer, first[i], data[i])
            i += 1
    else:
        while i < count:
            first[i + 1] = first[i] + data[i]
            i += 1
    prefix.count = count


cdef void prefix_reach(const Summer *summer, Prefix *prefix, const uint8_t *data,
                       uint64_t start, uint64_t stop) noexcept nogil:
    """Make the window hold the states at `start` and `stop` (their distance fits the room).

    A gap before `start` is filled while the room lasts: to begin anew at each frame that follows
    a candidate would sum the candidate's bytes again at every position.
    """
    cdef uint64_t kept
    cdef bint slides = stop > prefix.base + prefix.room
    if start < prefix.base or (slides and start > prefix.base + prefix.count):
        prefix.base = start
        prefix.count = 0
        prefix.first[0] = 0
        if prefix.second != NULL:
            prefix.second[0] = 0
    elif slides:
        # Slide: states are relative to any base, so those from `start` on stay as they are.
        kept = prefix.base + prefix.count - start
        memmove(prefix.first, prefix.first + (start - prefix.base), (kept + 1) * 4)
        if prefix.second != NULL:
            memmove(prefix.second, prefix.second + (start - prefix.base), (kept + 1) * 4)
        prefix.base = start
        prefix.count = kept
    if stop > prefix.base + prefix.count:
        prefix_extend(summer, prefix, data, stop)


cdef uint32_t checksum_between(const Summer *summer, Prefix *prefix, const uint8_t *data,
                               uint64_t start, uint64_t stop) noexcept nogil:
    """The checksum of `data[start:stop]`, in time that does not depend on the range's length."""
    cdef uint32_t a, b, first, second
    cdef uint64_t s, e
    prefix_reach(summer, prefix, data, start, stop)
    s = start - prefix.base
    e = stop - prefix.base
    a = prefix.first[s]
    b = prefix.first[e]
    if summer.algorithm == XOR8:
        return a ^ b
    if summer.algorithm == SUM8:
        return (b - a) & 0xFF
    if summer.algorithm == SUM8_NEG:
        return (a - b) & 0xFF
    if summer.algorithm == SUM16:
        return (b - a) & 0xFFFF
    if summer.algorithm == FLETCHER16:
        first = (b + 255 - a) % 255
        second = <uint32_t> ((prefix.second[e] + 255 - prefix.second[s]
                              + 255 - ((e - s) % 255 * a) % 255) % 255)
        return second << 8 | first
    return (b ^ shifted(summer, a ^ summer.initial, e - s) ^ summer.final_xor) & summer.mask
