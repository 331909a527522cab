cdef void *take(size_t size) noexcept nogil
cdef void *take_zeroed(size_t size) noexcept nogil
cdef void *resize(void *block, size_t used, size_t size) noexcept nogil
cdef enum:
    SLAB_HEAD = 64

cdef void *slab_take(size_t size) noexcept nogil
cdef size_t slab_part(size_t size) noexcept nogil
cdef void slab_guard(void *part, size_t size) noexcept nogil
cdef void slab_keep(void *slab) noexcept nogil
cdef void slab_drop(void *slab) noexcept nogil
cdef void give(void *block) noexcept nogil
