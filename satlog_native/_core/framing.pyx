"""A layout's framing as plain numbers, and what one place in the log looks like by it.

:class:`Framing` holds the rules. ``probe`` (inlined from the .pxd into the walk) is the one door to
the log's bytes for whoever has only a position: it tells whether a frame could start there, and
has checked that the frame ends within the log.
"""

from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from satlog_native._core.checksum cimport (
    CRC,
    FLETCHER16,
    NONE,
    SUM16,
    SUM8,
    SUM8_NEG,
    XOR8,
    checksum_of,
    summer_free,
    summer_init,
)
from satlog_native._core.memory cimport give, take
from satlog_native._core.source cimport Source

#: Words for a lost run's reason, by its code.
REASONS = ("good", "sync", "length", "checksum", "end", "type")

#: Words for a checksum's algorithm; every CRC is one, told apart by its parameters.
ALGORITHMS = {
    "xor8": XOR8, "sum8": SUM8, "sum8_neg": SUM8_NEG, "sum16": SUM16, "fletcher16": FLETCHER16,
    "crc8": CRC, "crc16": CRC, "crc32": CRC,
}


cdef class Framing:
    """How a log is cut into frames, as numbers.

    Parameters
    ----------
    header_size : int
        Bytes before the first frame.
    sync : bytes
        0 to 8 bytes that start every frame.
    length : tuple of (at, width, big, add, maximum), or None
        Frame size = wire value + ``add``; None: the size follows from the type.
    type_field : tuple of (at, width, big)
    payload_at : int
    checksum : tuple, or None
        (algorithm code, stored width, big, from, at or -1, bits, polynomial, initial, reflect,
        final xor).
    kinds : list of (type number, variants)
        A variant is (payload size, variable, count_at, count_width, count_signed, count_big,
        items_at, item_size); in order of size, the variable one last.
    """

    def __cinit__(self, *, header_size, bytes sync, length, type_field, payload_at, checksum,
                  kinds):
        cdef Rules *rules = &self.rules
        cdef uint8_t word[8]
        cdef int i
        rules.header_size = header_size
        rules.payload_at = payload_at
        rules.sync_size = len(sync)
        memset(word, 0, 8)
        for i in range(rules.sync_size):
            rules.sync[i] = word[i] = sync[i]
        memcpy(&rules.sync_word, word, 8)
        rules.sync_mask = ~(<uint64_t> 0) >> (64 - 8 * rules.sync_size) if sync else 0
        rules.type_at, rules.type_width, rules.type_big = type_field
        self._set_checksum(checksum)
        self._set_kinds(kinds)
        self._set_length(length)

    def _set_checksum(self, checksum):
        cdef Rules *rules = &self.rules
        rules.check_at = -1
        if checksum is None:
            self.summer.algorithm = NONE
            return
        (algorithm, rules.check_width, rules.check_big, rules.check_from, rules.check_at,
         bits, polynomial, initial, reflect, final_xor) = checksum
        rules.trailer = rules.check_width if rules.check_at < 0 else 0
        if summer_init(&self.summer, algorithm, bits, polynomial, initial, reflect, final_xor):
            raise MemoryError("no memory for the tables of a checksum")

    def _set_kinds(self, kinds):
        cdef VariantRule *rule
        cdef TypeRule *kind
        self.type_count = 1 << (8 * self.rules.type_width)
        self.types = <TypeRule *> take(self.type_count * sizeof(TypeRule))
        self.variants = <VariantRule *> take(
            sum(len(variants) for _, variants in kinds) * sizeof(VariantRule))
        if self.types == NULL or self.variants == NULL:
            raise MemoryError("no memory for the types of a layout")
        memset(self.types, 0, self.type_count * sizeof(TypeRule))
        for number, variants in kinds:
            kind = &self.types[<uint32_t> number]
            kind.first = self.variant_count
            kind.variants = len(variants)
            for (size, variable, count_at, count_width, count_signed, count_big, items_at,
                 item_size) in variants:
                rule = &self.variants[self.variant_count]
                rule.size = size
                rule.variable = variable
                rule.count_at = count_at
                rule.count_width = count_width
                rule.count_signed = count_signed
                rule.count_big = count_big
                rule.items_at = items_at
                rule.item_size = item_size
                kind.variable = variable
                self.variant_count += 1

    def _set_length(self, length):
        cdef Rules *rules = &self.rules
        cdef uint32_t i
        if length is not None:
            (rules.length_at, rules.length_width, rules.length_big, rules.length_add,
             rules.length_max) = length
            rules.frame_max = min(
                <object> rules.length_max + <object> rules.length_add, 0xFFFFFFFF)
            return
        for i in range(self.variant_count):
            if rules.payload_at + self.variants[i].size + rules.trailer > rules.frame_max:
                rules.frame_max = rules.payload_at + self.variants[i].size + rules.trailer

    def __dealloc__(self):
        summer_free(&self.summer)
        give(self.types)
        give(self.variants)

    def inspect(self, Source source, uint64_t position):
        """What stands at `position`: (reason, frame size, type, stored, computed checksum).

        Of a forbidden length the wire value stands in place of the frame size. Numbers that the
        bytes there do not tell are None; the sentence about them is the caller's.
        """
        cdef uint64_t size = 0, stored = 0
        cdef uint32_t kind = 0, computed = 0
        cdef int reason
        source.enter()
        try:
            reason = probe(self, source.data, position, source.size, &size, &kind)
            if reason == GOOD and self.rules.check_width:
                stored = stored_checksum(self, source.data + position, size)
                computed = checksum_of(
                    &self.summer, source.data + position + self.rules.check_from,
                    check_stop(self, size) - self.rules.check_from)
        finally:
            source.leave()
        word = REASONS[BAD_CHECKSUM if reason == GOOD and stored != computed else reason]
        if reason in (BAD_SYNC, BAD_TYPE):
            return word, None, (kind if reason == BAD_TYPE else None), None, None
        if reason == BAD_LENGTH:
            return word, size, kind, None, None
        if reason == PAST_END:
            return word, size or None, kind if size else None, None, None
        return word, size, kind, stored, computed
