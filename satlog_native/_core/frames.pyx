"""From bytes to an index: one pass of framing, checksum and resync.

:class:`Framing` is a layout's framing as plain numbers. :func:`walk` runs over the bytes and
appends every good frame to a :class:`Segment` (offset, type, variant, size), and every run of
bytes in no frame to its lost runs. A segment keeps the walker's state, so a walk can stop at any
frame and go on later (batches), or at a given position (threads).

A frame in step is summed byte by byte, once. One that starts within a longer frame whose checksum
did not hold is looked up in the search's running states instead: else a file of short frames that
each stand before the head of a long one would have the same bytes summed again and again.

The walker is in one of two states. *In step*, the next frame starts where the last one ended and
is believed if sync, length and checksum hold. *Searching*, after a bad frame, each byte may start
a frame; one whose size the layout does not fix is believed only if another good frame, or the end
of the file, follows directly. A frame that is accepted brings the walker in step, whatever it was
before: so two walks that accept a frame at one position agree on all that follows. That is what
lets :func:`join` put segments walked by several threads together, exactly as one walk would have.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memchr

from satlog_native._core.checksum cimport (
    Prefix,
    checksum_between,
    checksum_of,
    prefix_init,
)
from satlog_native._core.framing cimport (
    BAD_CHECKSUM,
    GOOD,
    Framing,
    Reason,
    Rules,
    TypeRule,
    VariantRule,
    check_stop,
    probe,
    stored_checksum,
)
from satlog_native._core.segment cimport (
    NO_MEMORY,
    SHORT,
    UNKNOWN,
    Segment,
    entry_of,
    grow,
    irregular_of,
    note_lost,
    note_size,
    offset_of,
    type_of,
    variant_of,
)
from satlog_native._core.source cimport Source
from satlog_native._core.wire cimport load, sign_extend

cdef extern from *:
    void __builtin_prefetch(const void *) noexcept nogil

cdef enum:
    # Each frame's place is known only once the one before is read: without a word ahead, the walk
    # waits for memory at every frame.
    AHEAD = 1024

# Frames that one index of a log can number (the column `frame` is uint32).
cdef uint64_t MOST_FRAMES = 0xFFFFFFFF


cdef inline bint checksum_holds(Framing framing, const uint8_t *frame,
                                uint64_t size) noexcept nogil:
    cdef const Rules *rules = &framing.rules
    if rules.check_width == 0:
        return True
    return stored_checksum(framing, frame, size) == checksum_of(
        &framing.summer, frame + rules.check_from, check_stop(framing, size) - rules.check_from)


cdef inline bint found_checksum_holds(Framing framing, Prefix *prefix, const uint8_t *data,
                                      uint64_t position, uint64_t size) noexcept nogil:
    cdef const Rules *rules = &framing.rules
    if rules.check_width == 0:
        return True
    return stored_checksum(framing, data + position, size) == checksum_between(
        &framing.summer, prefix, data, position + rules.check_from,
        position + check_stop(framing, size))


cdef inline bint items_fit(Framing framing, const VariantRule *variant, const uint8_t *frame,
                           uint64_t payload_size) noexcept nogil:
    """Whether the counted array of a variant, if it has one, lies inside the payload."""
    cdef uint64_t wire
    cdef int64_t count
    if variant.count_width == 0:
        return True
    wire = load(frame + framing.rules.payload_at + variant.count_at, variant.count_width,
                variant.count_big)
    if variant.count_signed:
        count = sign_extend(wire, variant.count_width)
        if count < 0:
            return False
        wire = <uint64_t> count
    return wire <= (payload_size - variant.items_at) // variant.item_size


cdef inline int classify(Framing framing, uint32_t kind, const uint8_t *frame, uint64_t size,
                         bint *regular, bint *extended) noexcept nogil:
    """Which variant a good frame is: its index within its type, or SHORT, or UNKNOWN.

    `regular` where the variant tells the frame's size.
    """
    cdef const TypeRule *rule = &framing.types[kind]
    cdef const VariantRule *variant = framing.variants + rule.first
    cdef uint64_t payload = size - framing.rules.payload_at - framing.rules.trailer
    cdef int fixed = rule.variants - (1 if rule.variable else 0)
    cdef int i, longest = -1
    extended[0] = False
    regular[0] = True
    for i in range(fixed):
        if variant[i].size == payload:
            if items_fit(framing, variant + i, frame, payload):
                return i
            regular[0] = False
            return SHORT
        if variant[i].size < payload:
            longest = i
    regular[0] = False
    if rule.variants == 0:
        return UNKNOWN
    if rule.variable and payload >= variant[fixed].size:
        if items_fit(framing, variant + fixed, frame, payload):
            return fixed
    if longest < 0 or not items_fit(framing, variant + longest, frame, payload):
        return SHORT
    extended[0] = True
    return longest


cdef inline bint size_agrees(Framing framing, uint32_t kind, uint64_t size,
                             bint *checkable) noexcept nogil:
    """Whether a frame's size is one of its type's; `checkable` where the type fixes it."""
    cdef const TypeRule *rule = &framing.types[kind]
    cdef uint64_t payload = size - framing.rules.payload_at - framing.rules.trailer
    cdef uint32_t i
    checkable[0] = rule.variants != 0 and not rule.variable
    if not checkable[0]:
        return True
    for i in range(rule.first, rule.first + rule.variants):
        if framing.variants[i].size == payload:
            return True
    return False


cdef inline bint candidate(Framing framing, Prefix *prefix, const uint8_t *data,
                           uint64_t position, uint64_t end, uint64_t *size,
                           bint *checkable) noexcept nogil:
    """Whether sync, length, size and checksum all agree at `position`."""
    cdef uint32_t kind = 0
    return (probe(framing, data, position, end, size, &kind) == GOOD
            and size_agrees(framing, kind, size[0], checkable)
            and found_checksum_holds(framing, prefix, data, position, size[0]))


cdef bint believable(Framing framing, Prefix *prefix, const uint8_t *data, uint64_t position,
                     uint64_t end) noexcept nogil:
    """Whether a search may believe in a frame at `position`."""
    cdef uint64_t size = 0, following = 0
    cdef bint checkable = False, ignored = False
    if not candidate(framing, prefix, data, position, end, &size, &checkable):
        return False
    if checkable:
        return True
    position += size
    return position == end or candidate(
        framing, prefix, data, position, end, &following, &ignored)


cdef int search(Framing framing, Prefix *prefix, const uint8_t *data, uint64_t end,
                uint64_t stop, uint64_t *position) noexcept nogil:
    """Move `position` to the next believable frame before `stop`: 1 found, 0 not, or NO_MEMORY."""
    cdef const Rules *rules = &framing.rules
    cdef const void *hit
    cdef uint64_t room
    if prefix.first == NULL:
        # Four frames: each time the window slides, it gains at least two.
        room = 4 * rules.frame_max + 4096
        if room > end - position[0]:
            room = end - position[0]
        if prefix_init(prefix, &framing.summer, room):
            return NO_MEMORY
    while position[0] < stop:
        if rules.sync_size:
            hit = memchr(data + position[0], rules.sync[0], stop - position[0])
            if hit == NULL:
                position[0] = stop
                return 0
            position[0] = <uint64_t> (<const uint8_t *> hit - data)
        if believable(framing, prefix, data, position[0], end):
            return 1
        position[0] += 1
    return 0


cdef int walk_frames(Framing framing, const uint8_t *data, uint64_t end, uint64_t stop,
                     uint64_t most, Segment segment) noexcept nogil:
    """Append frames that start before `stop`, at most `most`; 0, or NO_MEMORY."""
    cdef uint64_t position = segment.position
    cdef uint64_t size = 0, i = segment.stop, last = segment.stop + most
    cdef uint32_t kind = 0
    cdef Reason reason
    cdef bint regular = True, extended = False
    cdef int variant, found
    cdef uint64_t *counts
    while position < stop and i < last:
        if segment.searching:
            found = search(framing, &segment.prefix, data, end, stop, &position)
            if found < 0:
                return NO_MEMORY
            if not found:
                break
            if note_lost(segment, position):
                return NO_MEMORY
            segment.searching = False
        __builtin_prefetch(data + position + AHEAD)
        reason = probe(framing, data, position, end, &size, &kind)
        if reason == GOOD:
            if position < segment.summed_to:
                if not found_checksum_holds(framing, &segment.prefix, data, position, size):
                    reason = BAD_CHECKSUM
            elif not checksum_holds(framing, data + position, size):
                reason = BAD_CHECKSUM
                segment.summed_to = position + size
        if reason != GOOD:
            segment.searching = True
            segment.lost_at = position
            segment.lost_reason = reason
            position += 1
            continue
        if i == segment.room:
            segment.stop = i
            if grow(segment, 2 * segment.room + 1024):
                return NO_MEMORY
        variant = classify(framing, kind, data + position, size, &regular, &extended)
        segment.words[i] = entry_of(position, not regular, variant, kind)
        if not regular and note_size(segment, size):
            return NO_MEMORY
        i += 1
        counts = segment.counts + 3 * kind
        counts[0] += 1
        if variant == SHORT:
            counts[1] += 1
        elif extended:
            counts[2] += 1
        position += size
    segment.stop = i
    segment.position = position
    return 0


def walk(Framing framing, Source source, Segment segment, stop=None, most=None):
    """Go on with a segment's walk.

    Parameters
    ----------
    stop : int, optional
        Frames that start at this position or later are left; by default the end of the log.
    most : int, optional
        Stop after this many frames.

    Afterwards ``segment.position`` is where the walk goes on; ``segment.done`` tells that the
    whole log is walked.
    """
    cdef uint64_t until = source.size if stop is None else min(stop, source.size)
    cdef uint64_t limit = MOST_FRAMES + 1 if most is None else most
    cdef uint64_t expected
    cdef int status = 0
    source.enter()
    try:
        if segment.room == 0 and until > segment.position:
            # Pages that are never touched cost nothing: guess high, grow seldom.
            expected = min((until - segment.position) // 24 + 64, limit)
            status = grow(segment, expected)
        if status == 0:
            with nogil:
                status = walk_frames(framing, source.data, source.size, until, limit, segment)
        if status == 0 and segment.position >= source.size:
            if segment.searching and not segment.done:
                status = note_lost(segment, source.size)
            segment.done = True
    finally:
        source.leave()
    if status == NO_MEMORY:
        raise MemoryError("no memory for the index of a log")
    if segment.stop - segment.first > MOST_FRAMES:
        raise OverflowError("more than 4,294,967,295 frames in one log: split it")


cdef uint64_t entry_at(Segment segment, uint64_t position, uint64_t low) noexcept nogil:
    """Index of the first entry, from `low` on, that starts at `position` or later."""
    cdef uint64_t high = segment.stop, middle
    while low < high:
        middle = low + (high - low) // 2
        if offset_of(segment.words[middle]) < position:
            low = middle + 1
        else:
            high = middle
    return low


def join(Framing framing, Source source, Segment before, Segment after):
    """Go on with `before` until it meets `after`, and drop what `after` then has twice.

    `after` was walked from a position at which `before` stopped. Returns whether they met;
    where not, `before` has walked all of `after`'s stretch itself, and `after` is empty.
    """
    cdef uint64_t entry = after.first
    while not before.done and before.position < after.position:
        if not before.searching:
            entry = entry_at(after, before.position, entry)
            if entry < after.stop and offset_of(after.words[entry]) == before.position:
                _drop_before(framing, source, after, entry)
                return True
        walk(framing, source, before, stop=after.position, most=1)
    _drop_before(framing, source, after, after.stop)
    return False


cdef int _drop_before(Framing framing, Source source, Segment segment, uint64_t entry) except -1:
    """Give up the frames before `entry`, and the lost runs before it."""
    cdef uint64_t i, start, word, size
    cdef bint regular = True, extended = False
    cdef uint64_t *counts
    source.enter()
    try:
        for i in range(segment.first, entry):
            word = segment.words[i]
            counts = segment.counts + 3 * type_of(word)
            counts[0] -= 1
            if not irregular_of(word):
                continue
            size = segment.sizes[segment.sizes_first]
            segment.sizes_first += 1
            if variant_of(word) == SHORT:
                counts[1] -= 1
            else:
                classify(framing, type_of(word), source.data + offset_of(word), size, &regular,
                         &extended)
                counts[2] -= extended
    finally:
        source.leave()
    segment.first = entry
    start = offset_of(segment.words[entry]) if entry < segment.stop else segment.position
    while (segment.lost_first < segment.lost_stop
           and segment.lost[3 * segment.lost_first] < start):
        segment.lost_first += 1
    return 0
