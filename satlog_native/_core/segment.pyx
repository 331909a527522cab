"""The index of a stretch of a log: an entry for every good frame, and the runs lost between them.

An entry is one 64-bit word (see the .pxd), because the index is written and read back at memory
speed. The size of most frames follows from their variant; those of the others are kept aside, in
order. A segment also keeps the state of the walk that makes it, so that it can go on.
"""

from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memset

from satlog_native._core.checksum cimport prefix_free
from satlog_native._core.framing cimport BAD_SYNC, Framing
from satlog_native._core.framing import REASONS
from satlog_native._core.memory cimport give, resize, take

#: Size of a log whose offsets an entry holds.
MOST_BYTES = <uint64_t> 1 << (64 - OFFSET_SHIFT)


cdef class Segment:
    """The index of a stretch of a log: its frames, its lost runs, and the walker's state.

    Parameters
    ----------
    framing : Framing
    position : int
        Where the walk starts.
    searching : bool
        Whether it starts by searching (at a place that need not be a frame's start).
    """

    def __cinit__(self, Framing framing, uint64_t position, bint searching=False):
        self.type_count = framing.type_count
        self.counts = <uint64_t *> take(3 * self.type_count * sizeof(uint64_t))
        if self.counts == NULL:
            raise MemoryError("no memory for the counts of an index")
        memset(self.counts, 0, 3 * self.type_count * sizeof(uint64_t))
        self.position = position
        self.searching = searching
        self.lost_at = position
        self.lost_reason = BAD_SYNC

    def __dealloc__(self):
        give(self.words)
        give(self.sizes)
        give(self.lost)
        give(self.counts)
        prefix_free(&self.prefix)

    def __len__(self):
        return self.stop - self.first

    def counts_by_type(self):
        """dict of type number to (frames, of these short, of these extended)."""
        return {
            number: (self.counts[3 * number], self.counts[3 * number + 1],
                     self.counts[3 * number + 2])
            for number in range(self.type_count)
            if self.counts[3 * number]
        }

    def lost_runs(self):
        """List of (offset, size, reason)."""
        return [
            (self.lost[3 * i], self.lost[3 * i + 1], REASONS[self.lost[3 * i + 2]])
            for i in range(self.lost_first, self.lost_stop)
        ]

    def frame(self, Framing framing, uint64_t ordinal):
        """Frame `ordinal` of the segment: (offset, size, type, variant, or None if it has none)."""
        if ordinal >= self.stop - self.first:
            raise IndexError(f"frame {ordinal} of a segment of {self.stop - self.first}")
        cdef uint64_t entry = self.words[self.first + ordinal]
        cdef uint64_t i, aside = self.sizes_first
        size = regular_size(framing, entry) if not irregular_of(entry) else 0
        if not size:
            for i in range(self.first, self.first + ordinal):
                aside += irregular_of(self.words[i])
            size = self.sizes[aside]
        variant = variant_of(entry)
        return offset_of(entry), size, type_of(entry), None if variant >= UNKNOWN else variant

    def first_short(self):
        """The first frame that is too short for any variant, or None."""
        for i in range(self.first, self.stop):
            if variant_of(self.words[i]) == SHORT:
                return i - self.first
        return None

    def clear(self):
        """Forget frames, lost runs and counts, once they are used; the walk goes on from here."""
        self.first = self.stop = 0
        self.sizes_first = self.sizes_stop = 0
        self.lost_first = self.lost_stop = 0
        memset(self.counts, 0, 3 * self.type_count * sizeof(uint64_t))


cdef int grow(Segment segment, uint64_t room) noexcept nogil:
    """Make room for `room` frames; 0, or NO_MEMORY."""
    cdef void *block = resize(segment.words, segment.stop * 8, room * 8)
    if block == NULL:
        return NO_MEMORY
    segment.words = <uint64_t *> block
    segment.room = room
    return 0


cdef int note_size(Segment segment, uint64_t size) noexcept nogil:
    """Keep the size of an irregular frame; 0, or NO_MEMORY."""
    cdef uint64_t room
    cdef void *block
    if segment.sizes_stop == segment.sizes_room:
        room = 2 * segment.sizes_room + 64
        block = resize(segment.sizes, segment.sizes_stop * 4, room * 4)
        if block == NULL:
            return NO_MEMORY
        segment.sizes = <uint32_t *> block
        segment.sizes_room = room
    segment.sizes[segment.sizes_stop] = <uint32_t> size
    segment.sizes_stop += 1
    return 0


cdef int note_lost(Segment segment, uint64_t stop) noexcept nogil:
    """End the lost run that is open, at `stop`; 0, or NO_MEMORY."""
    cdef uint64_t room
    cdef void *block
    if stop == segment.lost_at:
        return 0
    if segment.lost_stop == segment.lost_room:
        room = 2 * segment.lost_room + 64
        block = resize(segment.lost, segment.lost_stop * 24, room * 24)
        if block == NULL:
            return NO_MEMORY
        segment.lost = <uint64_t *> block
        segment.lost_room = room
    segment.lost[3 * segment.lost_stop] = segment.lost_at
    segment.lost[3 * segment.lost_stop + 1] = stop - segment.lost_at
    segment.lost[3 * segment.lost_stop + 2] = segment.lost_reason
    segment.lost_stop += 1
    return 0
