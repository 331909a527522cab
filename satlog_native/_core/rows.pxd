from libc.stdint cimport uint8_t, uint32_t, uint64_t


cdef class Rows:
    cdef readonly uint64_t count
    cdef uint32_t *frames
    cdef uint64_t *offsets
    cdef uint32_t *sizes        # of the frames; NULL where nobody needs them
    cdef uint8_t *variants      # NULL where the kind has only one
