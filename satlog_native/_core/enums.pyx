"""Numbers with names: a column of wire numbers becomes indices into a dictionary of strings.

The names of the layout come first, in its order; a number without a name keeps its digits and is
added when it is first met, in file order. So the dictionary of one batch starts with that of the
batch before.
"""

from libc.stdint cimport int32_t, int64_t, uint64_t
from libc.string cimport memset
from os import urandom

from satlog_native._core.columns cimport I32, I64, Column, Columns
from satlog_native._core.memory cimport give, take

cdef extern from *:
    int __builtin_clzll(unsigned long long) noexcept nogil

cdef struct Slot:
    uint64_t number
    int32_t index       # of its name, plus one; 0: free


# Odd, and unknown to whoever makes a log: no log can be made whose numbers all meet in one slot.
cdef uint64_t FACTOR = int.from_bytes(urandom(8), "little") | 1


cdef inline uint64_t slot_of(const Slot *slots, uint64_t mask, uint64_t number) noexcept nogil:
    """The slot that holds a number, or the free one where it belongs (multiply-shift hashing)."""
    cdef uint64_t i = (number * FACTOR) >> __builtin_clzll(mask)
    while slots[i].index and slots[i].number != number:
        i = (i + 1) & mask
    return i


cdef class Dictionary:
    """The names of one enum column, growing with the numbers that are met.

    Parameters
    ----------
    names : dict of int to str
        The layout's own.
    signed : bool
        Whether the wire is.
    """

    cdef Slot *slots
    cdef uint64_t mask
    cdef uint64_t used
    cdef bint signed
    cdef readonly list names
    cdef dict index_of

    def __cinit__(self, dict names, bint signed):
        self.signed = signed
        self.names = []
        self.index_of = {}
        self._resize(64)
        for number, name in names.items():
            self._add((<object> number) & 0xFFFFFFFFFFFFFFFF, name)

    def __dealloc__(self):
        give(self.slots)

    cdef int _resize(self, uint64_t size) except -1:
        cdef Slot *old = self.slots
        cdef uint64_t i, old_size = self.mask + 1 if old != NULL else 0
        cdef Slot *slots = <Slot *> take(size * sizeof(Slot))
        if slots == NULL:
            raise MemoryError("no memory for the numbers of an enum")
        memset(slots, 0, size * sizeof(Slot))
        for i in range(old_size):
            if old[i].index:
                slots[slot_of(slots, size - 1, old[i].number)] = old[i]
        self.slots = slots
        self.mask = size - 1
        give(old)
        return 0

    cdef int _add(self, uint64_t number, name) except -1:
        cdef uint64_t i
        if 2 * self.used > self.mask:
            self._resize(2 * (self.mask + 1))
        index = self.index_of.setdefault(name, len(self.names))
        if index == len(self.names):
            self.names.append(name)
        i = slot_of(self.slots, self.mask, number)
        self.slots[i].number = number
        self.slots[i].index = <int32_t> index + 1
        self.used += 1
        return 0

    cdef uint64_t _encode(self, Column *column, uint64_t start, uint64_t count) noexcept nogil:
        """Replace numbers by indices from `start` on, to the first without a name."""
        cdef const uint64_t *numbers = <const uint64_t *> column.values
        cdef int32_t *indices = <int32_t *> column.values
        cdef uint64_t i, number, last = 0
        cdef int32_t index = 0
        for i in range(start, count):
            if column.validity != NULL and not column.validity[i // 8] >> (i % 8) & 1:
                # Index 0 of what may be an empty dictionary: nobody looks at a null's.
                indices[i] = 0
                continue
            number = numbers[i]
            if index == 0 or number != last:
                index = self.slots[slot_of(self.slots, self.mask, number)].index
                last = number
                if index == 0:
                    return i
            # Indices overtake nothing: the i-th is written where numbers before it were.
            indices[i] = index - 1
        return count

    def encode(self, Columns columns, int32_t column):
        """Turn a column of 64-bit numbers into one of 32-bit indices into ``names``."""
        cdef Column *numbers
        cdef uint64_t row = 0, number
        if not 0 <= column < columns.plan.column_count:
            raise IndexError(f"column {column} of {columns.plan.column_count}")
        numbers = &columns.columns[column]
        if numbers.storage != I64:
            raise ValueError("only a column of 64-bit numbers can be encoded")
        # No row has an absent column's number: its zeros stay untouched.
        while not numbers.absent:
            with nogil:
                row = self._encode(numbers, row, columns.count)
            if row == columns.count:
                break
            number = (<const uint64_t *> numbers.values)[row]
            self._add(number, str(<int64_t> number if self.signed else number))
        numbers.storage = I32
