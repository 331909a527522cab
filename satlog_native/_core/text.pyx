"""Text of a record to UTF-8: padding cut, what does not decode replaced and counted.

Each function writes to `out`, which has room for three bytes per byte of input, and returns how
many it wrote. Replacement is as Unicode's best practice has it (one U+FFFD for each maximal
subpart of an ill-formed sequence), which is also what Python's ``errors="replace"`` does.
"""

from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy


cdef inline uint64_t put(uint8_t *out, uint32_t point) noexcept nogil:
    """Write a code point as UTF-8; its size."""
    if point < 0x80:
        out[0] = <uint8_t> point
        return 1
    if point < 0x800:
        out[0] = <uint8_t> (0xC0 | point >> 6)
        out[1] = <uint8_t> (0x80 | (point & 0x3F))
        return 2
    if point < 0x10000:
        out[0] = <uint8_t> (0xE0 | point >> 12)
        out[1] = <uint8_t> (0x80 | (point >> 6 & 0x3F))
        out[2] = <uint8_t> (0x80 | (point & 0x3F))
        return 3
    out[0] = <uint8_t> (0xF0 | point >> 18)
    out[1] = <uint8_t> (0x80 | (point >> 12 & 0x3F))
    out[2] = <uint8_t> (0x80 | (point >> 6 & 0x3F))
    out[3] = <uint8_t> (0x80 | (point & 0x3F))
    return 4


cdef inline uint64_t put_replacement(uint8_t *out, uint64_t *replaced) noexcept nogil:
    replaced[0] += 1
    return put(out, 0xFFFD)


cdef uint64_t from_bytes(const uint8_t *text, uint64_t size, uint32_t most, uint8_t *out,
                         uint64_t *replaced) noexcept nogil:
    """ASCII and latin-1: a byte is its own code point, if it is at most `most`."""
    cdef uint64_t i, n = 0
    for i in range(size):
        if text[i] <= most:
            n += put(out + n, text[i])
        else:
            n += put_replacement(out + n, replaced)
    return n


cdef inline uint64_t sequence_size(const uint8_t *text, uint64_t left,
                                   bint *good) noexcept nogil:
    """Bytes of the UTF-8 sequence at `text`, or of its maximal subpart if it is ill-formed."""
    cdef uint8_t lead = text[0]
    cdef uint8_t low = 0x80, high = 0xBF
    cdef uint64_t need, i
    good[0] = False
    if lead < 0x80:
        good[0] = True
        return 1
    if lead < 0xC2 or lead > 0xF4:
        return 1
    need = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    if lead == 0xE0:
        low = 0xA0
    elif lead == 0xED:
        high = 0x9F
    elif lead == 0xF0:
        low = 0x90
    elif lead == 0xF4:
        high = 0x8F
    for i in range(1, need):
        if i == left or text[i] < low or text[i] > high:
            return i
        low = 0x80
        high = 0xBF
    good[0] = True
    return need


cdef uint64_t from_utf8(const uint8_t *text, uint64_t size, uint8_t *out,
                        uint64_t *replaced) noexcept nogil:
    cdef uint64_t i = 0, n = 0, step
    cdef bint good = False
    while i < size:
        step = sequence_size(text + i, size - i, &good)
        if good:
            memcpy(out + n, text + i, step)
            n += step
        else:
            n += put_replacement(out + n, replaced)
        i += step
    return n


cdef inline uint32_t unit_at(const uint8_t *text, bint big) noexcept nogil:
    if big:
        return <uint32_t> text[0] << 8 | text[1]
    return <uint32_t> text[1] << 8 | text[0]


cdef uint64_t from_utf16(const uint8_t *text, uint64_t size, bint big, uint8_t *out,
                         uint64_t *replaced) noexcept nogil:
    cdef uint64_t i = 0, n = 0
    cdef uint32_t unit, low
    while i + 1 < size:
        unit = unit_at(text + i, big)
        i += 2
        if unit < 0xD800 or unit > 0xDFFF:
            n += put(out + n, unit)
            continue
        if unit < 0xDC00 and i + 1 < size:
            low = unit_at(text + i, big)
            if 0xDC00 <= low <= 0xDFFF:
                i += 2
                n += put(out + n, 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00))
                continue
        elif unit < 0xDC00:
            # A high surrogate whose other half the text's end cuts off, whole or in part.
            i = size
        n += put_replacement(out + n, replaced)
    if i < size:
        n += put_replacement(out + n, replaced)
    return n


cdef uint64_t transcode(Encoding encoding, const uint8_t *text, uint64_t size, uint8_t *out,
                        uint64_t *replaced) noexcept nogil:
    """Write `text` to `out` as UTF-8, without trailing NULs and blanks; bytes written."""
    cdef uint64_t n
    if encoding == ASCII or encoding == LATIN1:
        # Padding is most of a fixed field: cut it before the work.
        while size and (text[size - 1] == 0 or text[size - 1] == 0x20):
            size -= 1
        n = from_bytes(text, size, 0x7F if encoding == ASCII else 0xFF, out, replaced)
    elif encoding == UTF8:
        while size and (text[size - 1] == 0 or text[size - 1] == 0x20):
            size -= 1
        n = from_utf8(text, size, out, replaced)
    else:
        n = from_utf16(text, size, encoding == UTF16_BE, out, replaced)
    while n and (out[n - 1] == 0 or out[n - 1] == 0x20):
        n -= 1
    return n
