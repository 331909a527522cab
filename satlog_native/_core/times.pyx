"""Timestamps: every codec of a layout, to microseconds since 1970-01-01 UTC.

A time that cannot be (a 31st of February, a time of week past the week's end, a year outside
1..9999) is null and counted. The days of a civil date are Howard Hinnant's ``days_from_civil``
(proleptic Gregorian calendar). Positions come ten a second, so the calendar is worked out only
when more than the fraction has changed.
"""

from libc.math cimport fabs, floor, isfinite, isnan, rint
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

from satlog_native._core.wire cimport load, sign_extend

cdef enum:
    UNSIGNED = 0
    SIGNED = 1
    FLOAT = 2

cdef int64_t MICROS = 1000000
cdef int64_t DAY_MICROS = 86400 * MICROS
# 0001-01-01 and 9999-12-31T23:59:59.999999: what dates of every library can hold.
cdef int64_t EARLIEST = -62135596800 * MICROS
cdef int64_t LATEST = 253402300799 * MICROS + 999999
cdef int64_t NEVER = -9000000000000000000

# 1980-01-06, and the instants, as GPS seconds, from which 1, 2, ... 18 leap seconds count (IERS
# Bulletin C: 1981-07-01 to 2017-01-01).
cdef int64_t GPS_EPOCH = 315964800
cdef int64_t WEEK = 604800
cdef int64_t[18] LEAPS = [
    46828801, 78364802, 109900803, 173059204, 252028805, 315187206, 346723207, 393984008,
    425520009, 457056010, 504489611, 551750412, 599184013, 820108814, 914803215, 1025136016,
    1119744017, 1167264018,
]


cdef inline int64_t day_of(int64_t year, int64_t month, int64_t day) noexcept nogil:
    """Days from 1970-01-01, or NEVER for a date that cannot be."""
    cdef int64_t era, of_era, of_year, limit
    if year < 1 or year > 9999 or month < 1 or month > 12 or day < 1:
        return NEVER
    if month == 2:
        limit = 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    else:
        limit = 30 + ((month + month // 8) & 1)
    if day > limit:
        return NEVER
    if month <= 2:
        year -= 1
    era = year // 400
    of_era = year - era * 400
    of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468


cdef inline int64_t part_of(const TimeCode *code, uint64_t raw, int part,
                            int64_t missing) noexcept nogil:
    if code.width[part] == 0:
        return missing
    return <int64_t> ((raw >> code.first[part]) & (~(<uint64_t> 0) >> (64 - code.width[part])))


cdef int64_t whole_seconds(const TimeCode *code, uint64_t raw) noexcept nogil:
    """Microseconds of a calendar time without its fraction, or NEVER."""
    cdef int64_t day = day_of(part_of(code, raw, YEAR, 0) + code.year_base,
                              part_of(code, raw, MONTH, 1), part_of(code, raw, DAY, 1))
    cdef int64_t hour = part_of(code, raw, HOUR, 0)
    cdef int64_t minute = part_of(code, raw, MINUTE, 0)
    cdef int64_t second = part_of(code, raw, SECOND, 0)
    if code.form == MSDOS:
        second *= 2
    if day == NEVER or hour > 23 or minute > 59 or second > 59:
        return NEVER
    return day * DAY_MICROS + ((hour * 60 + minute) * 60 + second) * MICROS


cdef inline uint64_t load_near(const uint8_t *at, int32_t size, bint big,
                               const uint8_t *end) noexcept nogil:
    """Like load; an odd size by one eight-byte read where the log does not end within it."""
    cdef uint64_t value
    if not big and end - at >= 8:
        memcpy(&value, at, 8)
        return value & (~(<uint64_t> 0) >> (64 - 8 * size))
    return load(at, size, big)


cdef uint64_t decode_calendar(const TimeCode *code, const uint8_t *const *rows, int32_t count,
                              uint64_t at, const uint8_t *end, int64_t *out,
                              uint8_t *valid) noexcept nogil:
    cdef int32_t shift = code.first[<int> FRACTION]
    cdef uint64_t units = part_of(code, ~(<uint64_t> 0), FRACTION, 0)
    cdef uint64_t most = MICROS // code.fraction_micros
    cdef uint64_t raw, fraction, known = 0, impossible = 0
    cdef int64_t base = NEVER
    cdef int32_t i
    for i in range(count):
        raw = load_near(rows[i] + at, code.size, code.big, end)
        fraction = raw >> shift & units
        if i == 0 or raw - (fraction << shift) != known:
            known = raw - (fraction << shift)
            base = whole_seconds(code, raw)
        out[i] = base + <int64_t> fraction * code.fraction_micros
        if base == NEVER or fraction >= most or (code.has_null and raw == code.null_raw):
            impossible += not (code.has_null and raw == code.null_raw)
            out[i] = 0
            valid[i] = 0
    return impossible


cdef inline double float_of(uint64_t raw, int32_t width) noexcept nogil:
    cdef double value
    cdef float narrow
    cdef uint32_t bits
    if width == 4:
        bits = <uint32_t> raw
        memcpy(&narrow, &bits, 4)
        return narrow
    memcpy(&value, &raw, 8)
    return value


cdef struct Micros:
    # Microseconds: so many whole ones, and a rest that is rounded when all parts are added.
    bint possible
    bint negative           # also where so little that the sum does not show it
    int64_t whole
    double rest


cdef Micros micros_of(const TimeNumber *number, uint64_t raw) noexcept nogil:
    """A number of seconds (or of its unit) as microseconds."""
    # Beyond this many microseconds no date is possible, and sums of four still fit.
    cdef double most = 2e18
    cdef double furthest = most / fabs(number.micros)
    cdef double value, whole
    cdef Micros micros
    micros.possible = micros.negative = False
    micros.whole = 0
    micros.rest = 0
    if number.kind == FLOAT:
        value = float_of(raw, number.width)
    elif number.kind == SIGNED:
        value = <double> sign_extend(raw, number.width)
    else:
        value = <double> raw
    if not isfinite(value) or fabs(value) > furthest:
        return micros
    micros.possible = True
    micros.negative = value * number.micros < 0
    if number.kind != FLOAT and number.whole_micros:
        # Exact, also beyond the 53 bits of a double.
        micros.whole = number.whole_micros * (
            sign_extend(raw, number.width) if number.kind == SIGNED else <int64_t> raw)
        return micros
    # The whole units apart from their fraction: the product of each is exact or nearly so.
    whole = floor(value) if number.whole_micros else 0
    micros.whole = <int64_t> whole * number.whole_micros
    micros.rest = (value - whole) * number.micros
    whole = floor(micros.rest)
    micros.whole += <int64_t> whole
    micros.rest -= whole
    return micros


cdef inline int64_t sum_of(int64_t whole, double rest) noexcept nogil:
    """Whole and rest as one number, to the nearest, a half to the even one."""
    if whole & 1:
        whole -= 1
        rest += 1
    return whole + <int64_t> rint(rest)


cdef inline int64_t leap_seconds(int64_t gps_micros) noexcept nogil:
    cdef int i
    for i in range(17, -1, -1):
        if gps_micros >= LEAPS[i] * MICROS:
            return i + 1
    return 0


cdef inline int64_t gps_to_utc(Micros week, Micros of_week) noexcept nogil:
    cdef int64_t micros
    if (of_week.negative or of_week.whole >= WEEK * MICROS
            or not -600000 <= week.whole // MICROS <= 600000):
        return NEVER
    micros = sum_of(week.whole // MICROS * WEEK * MICROS + of_week.whole, of_week.rest)
    return micros - leap_seconds(micros) * MICROS + GPS_EPOCH * MICROS


cdef inline bint seconds_null(const TimeCode *code, uint64_t raw) noexcept nogil:
    """Whether the seconds or the week are the layout's null: a float by value, any NaN for NaN."""
    cdef double value, null
    if not code.has_null:
        return False
    if code.major.kind != FLOAT:
        return raw == code.null_raw
    value = float_of(raw, code.major.width)
    null = float_of(code.null_raw, code.major.width)
    return value == null or (isnan(value) and isnan(null))


cdef uint64_t decode_seconds(const TimeCode *code, const uint8_t *const *rows, int32_t count,
                             uint64_t at, int64_t *out, uint8_t *valid) noexcept nogil:
    cdef uint64_t raw, impossible = 0
    cdef Micros major, minor
    cdef int64_t micros
    cdef int32_t i
    minor.possible = True
    minor.negative = False
    minor.whole = 0
    minor.rest = 0
    for i in range(count):
        raw = load(rows[i] + at, code.major.width, code.big)
        major = micros_of(&code.major, raw)
        if code.minor.width:
            minor = micros_of(&code.minor, load(
                rows[i] + at + code.major.width, code.minor.width, code.big))
        if not major.possible or not minor.possible:
            micros = NEVER
        elif code.form == GPS:
            micros = gps_to_utc(major, minor)
        else:
            micros = sum_of(major.whole + minor.whole, major.rest + minor.rest)
        out[i] = 0
        if seconds_null(code, raw):
            valid[i] = 0
        elif micros < EARLIEST or micros > LATEST:
            valid[i] = 0
            impossible += 1
        else:
            out[i] = micros
    return impossible


cdef uint64_t decode_times(const TimeCode *code, const uint8_t *const *rows, int32_t count,
                           uint64_t at, const uint8_t *end, int64_t *out,
                           uint8_t *valid) noexcept nogil:
    """Decode the times at `rows[i] + at`; clears `valid` of null ones, counts impossible ones.

    `end` is the end of the log's bytes.
    """
    if code.form == UNIX or code.form == GPS:
        return decode_seconds(code, rows, count, at, out, valid)
    return decode_calendar(code, rows, count, at, end, out, valid)
