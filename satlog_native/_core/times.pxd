from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t

cdef enum TimeForm:
    PACKED = 0
    UNIX = 1
    GPS = 2
    MSDOS = 3

cdef enum Part:
    YEAR = 0
    MONTH = 1
    DAY = 2
    HOUR = 3
    MINUTE = 4
    SECOND = 5
    FRACTION = 6
    PARTS = 7

cdef struct TimeNumber:
    int32_t width               # 0: none
    int32_t kind                # of wire: unsigned, signed, float
    double micros               # per unit
    int64_t whole_micros        # the same where it is a whole number, else 0

cdef struct TimeCode:
    TimeForm form
    bint big
    int32_t size                # of a packed integer
    uint8_t first[7]
    uint8_t width[7]
    int32_t year_base
    int64_t fraction_micros     # of one unit of the packed fraction
    TimeNumber major            # unix seconds, or GPS week
    TimeNumber minor            # unix fraction, or GPS time of week
    bint has_null
    uint64_t null_raw

cdef uint64_t decode_times(const TimeCode *code, const uint8_t *const *rows, int32_t count,
                           uint64_t at, const uint8_t *end, int64_t *out,
                           uint8_t *valid) noexcept nogil
