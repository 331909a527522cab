cdef void *take(size_t size) noexcept nogil
cdef void *take_zeroed(size_t size) noexcept nogil
cdef void *resize(void *block, size_t used, size_t size) noexcept nogil
cdef void give(void *block) noexcept nogil
