from libc.stdint cimport int32_t, uint8_t, uint64_t

from satlog_native._core.columns cimport Column, Op

cdef enum:
    BLOCK = 512

cdef void convert(const Op *op, const uint8_t *const *rows, int32_t count, uint64_t at,
                  const uint8_t *end, uint8_t *out, uint8_t *valid, uint64_t *scratch,
                  uint64_t *problems) noexcept nogil
cdef void pack_bits(const uint8_t *flags, uint64_t count, uint8_t *bitmap) noexcept nogil
cdef uint64_t count_zeros(const uint8_t *flags, uint64_t count) noexcept nogil
