/* Lets libFuzzer, which atheris brings along, see the branches of the core.
 *
 * gcc can call out at every branch and comparison (-fsanitize-coverage=trace-pc,trace-cmp), but
 * knows nothing of libFuzzer's counters. Preloaded, this keeps a counter for each branch (by a hash
 * of its address) and passes comparisons on. fuzz.run hands both over to libFuzzer.
 */
#include <stdint.h>

enum { COUNTERS = 1 << 16 };

uint8_t satlog_counters[COUNTERS];
uintptr_t satlog_places[2 * COUNTERS];  /* libFuzzer wants an address and flags for each counter */

void __sanitizer_cov_trace_pc(void) {
    uint64_t place = (uint64_t)(uintptr_t)__builtin_return_address(0);
    satlog_counters[(place * 0x9E3779B97F4A7C15u) >> 48]++;
}

#define PASS_ON(name, type)                                      \
    void (*satlog_##name)(type, type);                           \
    void __sanitizer_cov_trace_##name(type a, type b) {          \
        if (satlog_##name) satlog_##name(a, b);                  \
    }

PASS_ON(cmp1, uint8_t)
PASS_ON(cmp2, uint16_t)
PASS_ON(cmp4, uint32_t)
PASS_ON(cmp8, uint64_t)
PASS_ON(const_cmp1, uint8_t)
PASS_ON(const_cmp2, uint16_t)
PASS_ON(const_cmp4, uint32_t)
PASS_ON(const_cmp8, uint64_t)

void __sanitizer_cov_trace_cmpf(float a, float b) { (void)a; (void)b; }
void __sanitizer_cov_trace_cmpd(double a, double b) { (void)a; (void)b; }

void (*satlog_switch)(uint64_t, uint64_t *);
void __sanitizer_cov_trace_switch(uint64_t value, uint64_t *cases) {
    if (satlog_switch) satlog_switch(value, cases);
}
