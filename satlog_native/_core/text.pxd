from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t

cdef enum Encoding:
    ASCII = 0
    LATIN1 = 1
    UTF8 = 2
    UTF16_LE = 3
    UTF16_BE = 4

# Bytes of UTF-8 that one byte of any encoding can become.
cdef enum:
    MOST_EXPANSION = 3

cdef uint64_t transcode(Encoding encoding, const uint8_t *text, uint64_t size, uint8_t *out,
                        uint64_t *replaced) noexcept nogil
