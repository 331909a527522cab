"""Blocks of memory for the index and the columns, counted so that tests can see a leak.

A block is aligned to 64 bytes, as Arrow asks for. A large one lies in huge pages, where the kernel
has them: to fill fresh pages of 4 KiB costs more than to decode into them.
"""

from libc.stddef cimport size_t
from libc.string cimport memcpy

cdef extern from *:
    """
    #include <stdatomic.h>
    #include <stdlib.h>
    #if defined(__linux__)
    #include <sys/mman.h>
    #endif

    /* Between the parts of a slab, for address sanitizer only. */
    #if defined(__SANITIZE_ADDRESS__)
    #include <sanitizer/asan_interface.h>
    #define SATLOG_GUARD 64
    #define satlog_forbid(start, size) __asan_poison_memory_region(start, size)
    #else
    #define SATLOG_GUARD 0
    #define satlog_forbid(start, size) ((void)(start), (void)(size))
    #endif

    #define SATLOG_HUGE ((size_t)2 << 20)
    static atomic_llong satlog_blocks;

    static void *satlog_take(size_t size) {
        void *block = NULL;
        size_t align = size >= SATLOG_HUGE / 2 ? SATLOG_HUGE : 64;
    #if defined(__SANITIZE_ADDRESS__)
        /* No byte more than asked for, so that the first one behind a block is guarded. */
        size = size ? size : 1;
    #else
        size = size ? (size + align - 1) & ~(align - 1) : align;
    #endif
        if (posix_memalign(&block, align, size) != 0) return NULL;
    #if defined(__linux__) && defined(MADV_HUGEPAGE)
        if (align == SATLOG_HUGE) madvise(block, size, MADV_HUGEPAGE);
    #endif
        atomic_fetch_add(&satlog_blocks, 1);
        return block;
    }

    /* Zeroed, and not a page of it touched where it is large. */
    static void *satlog_take_zeroed(size_t size) {
        void *block = calloc(size ? size : 1, 1);
        if (block != NULL) atomic_fetch_add(&satlog_blocks, 1);
        return block;
    }

    static void satlog_give(void *block) {
        if (block == NULL) return;
        atomic_fetch_sub(&satlog_blocks, 1);
        free(block);
    }

    /* A block that several columns share: it goes when the last of them does. */
    typedef struct { atomic_llong users; char pad[56]; } satlog_slab;

    static void *satlog_slab_take(size_t size) {
        satlog_slab *slab = satlog_take(sizeof(satlog_slab) + size);
        if (slab != NULL) atomic_init(&slab->users, 1);
        return slab;
    }

    static void satlog_slab_keep(void *slab) {
        atomic_fetch_add(&((satlog_slab *)slab)->users, 1);
    }

    static void satlog_slab_drop(void *slab) {
        if (slab != NULL && atomic_fetch_sub(&((satlog_slab *)slab)->users, 1) == 1)
            satlog_give(slab);
    }

    static long long satlog_live(void) { return atomic_load(&satlog_blocks); }
    """
    void *satlog_take(size_t size) noexcept nogil
    void *satlog_take_zeroed(size_t size) noexcept nogil
    void satlog_give(void *block) noexcept nogil
    void *satlog_slab_take(size_t size) noexcept nogil
    void satlog_slab_keep(void *slab) noexcept nogil
    void satlog_slab_drop(void *slab) noexcept nogil
    long long satlog_live() noexcept nogil
    const size_t SATLOG_GUARD
    void satlog_forbid(void *start, size_t size) noexcept nogil


cdef void *take(size_t size) noexcept nogil:
    """A block of `size` bytes, or NULL where there is no memory."""
    return satlog_take(size)


cdef void *take_zeroed(size_t size) noexcept nogil:
    """A block of `size` zero bytes (aligned to 16), or NULL."""
    return satlog_take_zeroed(size)


cdef void *resize(void *block, size_t used, size_t size) noexcept nogil:
    """A block of `size` bytes with the first `used` of `block`, which is given back; or NULL."""
    cdef void *larger = satlog_take(size)
    if larger != NULL:
        if used:
            memcpy(larger, block, used)
        satlog_give(block)
    return larger


cdef void give(void *block) noexcept nogil:
    """Give a block back; NULL is nothing."""
    satlog_give(block)


cdef void *slab_take(size_t size) noexcept nogil:
    """A block with room for `size` bytes from SLAB_HEAD on, for one user; or NULL."""
    return satlog_slab_take(size)


cdef size_t slab_part(size_t size) noexcept nogil:
    """Bytes of a slab that a part of `size` bytes takes: the next one is aligned to 64 bytes."""
    return (size + 63) // 64 * 64 + SATLOG_GUARD if size else 0


cdef void slab_guard(void *part, size_t size) noexcept nogil:
    """Have address sanitizer, where the core is built with it, see who runs over a part's end."""
    if size:
        satlog_forbid(<char *> part + size, slab_part(size) - size)


cdef void slab_keep(void *slab) noexcept nogil:
    """One more user."""
    satlog_slab_keep(slab)


cdef void slab_drop(void *slab) noexcept nogil:
    """One user less; the last gives the block back. NULL is nothing."""
    satlog_slab_drop(slab)


def live_blocks():
    """How many blocks are in use: back to where it was once every table and index is gone."""
    return satlog_live()
