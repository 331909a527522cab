from libc.stdint cimport uint8_t, uint64_t


cdef class Source:
    cdef object view
    cdef object lock
    cdef Py_ssize_t users
    cdef const uint8_t *data
    cdef readonly uint64_t size

    cdef int enter(self) except -1
    cdef int leave(self) except -1
