// What Node sees: the lanes that this processor has, the kernels' names, large pages, and `bind`, which makes of a memory and a list of calls a function
// that makes them all. The list is an Int32Array: of each call the kernel's number, a word for the i32 that it returns, or two
// behind it for a float64, and its arguments, a word each: float32 by their bits, addresses as offsets into the memory; 0 ends it. Numbers of
// kernels are the build's (dispatch.generated.h).
// Nothing is checked here: who binds checks the addresses (src/calls.ts).
#if defined(__x86_64__)
#include <cpuid.h>
#endif
#include <node_api.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

typedef void (*Run)(uint8_t *memory, int32_t *list);

#define VARIANT(LANES)                                          \
  void lockstep_run_##LANES(uint8_t *memory, int32_t *list); \
  double lockstep_peak_##LANES(int32_t turns);
#include "variants.generated.h"
#undef VARIANT

/** A kernel's number is its place here, from 1. */
static const char *const kernelNames[] = {
#include "names.generated.h"
};

typedef struct {
  Run run;
  uint8_t *memory;
  int32_t *list;
} Bound;

#if defined(__x86_64__)
/** Which registers the system keeps for a process: 6 the 256-bit ones, 0xe6 the 512-bit ones, too. */
static uint32_t keptRegisters(void) {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

/** By the processor's own word, since not every compiler's library has a function for it. */
static int supported(int lanes) {
  const uint32_t hasKept = 1u << 27, avx2 = 1u << 5, avx512 = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31;
  uint32_t a, b, c, d;
  if (lanes == 4) return 1;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & hasKept)) return 0;
  const uint32_t kept = keptRegisters();
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 0;
  if (lanes == 8) return (kept & 6) == 6 && (b & avx2);
  return lanes == 16 && (kept & 0xe6) == 0xe6 && (b & avx512) == avx512;
}
#else
static int supported(int lanes) { return lanes == 4; }
#endif

static Run runOf(int lanes) {
#define VARIANT(LANES) if (lanes == LANES) return lockstep_run_##LANES;
#include "variants.generated.h"
#undef VARIANT
  return NULL;
}

static napi_value run(napi_env env, napi_callback_info info) {
  void *data = NULL;
  napi_get_cb_info(env, info, NULL, NULL, NULL, &data);
  const Bound *bound = data;
  bound->run(bound->memory, bound->list);
  return NULL;
}

static void forget(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  free(data);
}

static napi_value fail(napi_env env, const char *message) {
  napi_throw_error(env, NULL, message);
  return NULL;
}

/** bind(memory: Uint8Array, list: Int32Array, lanes: number) => () => void; who calls it keeps both alive. */
static napi_value bind(napi_env env, napi_callback_info info) {
  size_t count = 3;
  napi_value arguments[3];
  int32_t lanes = 0;
  napi_typedarray_type type;
  Bound made = {0};
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok || count != 3) return fail(env, "bind: expected 3 arguments");
  if (napi_get_typedarray_info(env, arguments[0], &type, NULL, (void **)&made.memory, NULL, NULL) != napi_ok || type != napi_uint8_array) {
    return fail(env, "bind: expected the memory as a Uint8Array");
  }
  if (napi_get_typedarray_info(env, arguments[1], &type, NULL, (void **)&made.list, NULL, NULL) != napi_ok || type != napi_int32_array) {
    return fail(env, "bind: expected the list as an Int32Array");
  }
  if (napi_get_value_int32(env, arguments[2], &lanes) != napi_ok || !supported(lanes) || !(made.run = runOf(lanes))) {
    return fail(env, "bind: this processor has no such lanes");
  }
  Bound *bound = malloc(sizeof *bound);
  if (!bound) return fail(env, "bind: no memory");
  *bound = made;
  napi_value function;
  if (napi_create_function(env, "run", NAPI_AUTO_LENGTH, run, bound, &function) != napi_ok ||
      napi_add_finalizer(env, function, bound, forget, NULL, NULL) != napi_ok) {
    return fail(env, "bind: the function cannot be made");
  }
  return function;
}

typedef struct {
  uint8_t *memory;
  const uint8_t *from;
  /** Of `from`. */
  size_t bytes;
  /** Bytes of a row, first position, rows, byte offset in the memory. */
  const double *list;
} BoundRows;

/** Rows ahead whose lines are asked for: they lie anywhere in a dataset that no cache holds. */
#define AHEAD 3

static napi_value copyRows(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  void *data = NULL;
  napi_get_cb_info(env, info, &count, &argument, NULL, &data);
  const BoundRows *bound = data;
  const size_t rowBytes = (size_t)bound->list[0], first = (size_t)bound->list[1], rows = (size_t)bound->list[2];
  const size_t known = rowBytes ? bound->bytes / rowBytes : 0;
  const uint32_t *numbers = NULL;
  size_t given = 0;
  napi_typedarray_type type;
  if (napi_get_typedarray_info(env, argument, &type, &given, (void **)&numbers, NULL, NULL) == napi_ok) {
    if (type != napi_uint32_array || first + rows > given) return fail(env, "rows: there are not so many numbers");
    numbers += first;
  } else {
    numbers = NULL;
  }
  uint8_t *to = bound->memory + (size_t)bound->list[3];
  for (size_t i = 0; i < rows; i++, to += rowBytes) {
    const size_t row = numbers ? numbers[i] : first + i;
    if (row >= known) return fail(env, "rows: the dataset has no such row");
    if (numbers && i + AHEAD < rows) {
      const uint8_t *next = bound->from + (size_t)numbers[i + AHEAD] * rowBytes;
      for (size_t at = 0; at < rowBytes && at < 4096; at += 64) __builtin_prefetch(next + at);
    }
    memcpy(to, bound->from + row * rowBytes, rowBytes);
  }
  return NULL;
}

/** bindRows(memory: Uint8Array, from: TypedArray, list: Float64Array) => (numbers?: Uint32Array) => void; kept alive as of bind. */
static napi_value bindRows(napi_env env, napi_callback_info info) {
  size_t count = 3, length = 0;
  napi_value arguments[3];
  napi_typedarray_type type;
  BoundRows made = {0};
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok || count != 3) return fail(env, "bindRows: expected 3 arguments");
  if (napi_get_typedarray_info(env, arguments[0], &type, NULL, (void **)&made.memory, NULL, NULL) != napi_ok || type != napi_uint8_array) {
    return fail(env, "bindRows: expected the memory as a Uint8Array");
  }
  if (napi_get_typedarray_info(env, arguments[1], &type, &length, (void **)&made.from, NULL, NULL) != napi_ok) {
    return fail(env, "bindRows: expected rows in a typed array");
  }
  made.bytes = length * (type == napi_uint8_array ? 1 : 4);
  if (type != napi_uint8_array && type != napi_int32_array && type != napi_float32_array) return fail(env, "bindRows: rows of another type");
  if (napi_get_typedarray_info(env, arguments[2], &type, &length, (void **)&made.list, NULL, NULL) != napi_ok || type != napi_float64_array || length < 4) {
    return fail(env, "bindRows: expected the list as a Float64Array of 4");
  }
  BoundRows *bound = malloc(sizeof *bound);
  if (!bound) return fail(env, "bindRows: no memory");
  *bound = made;
  napi_value function;
  if (napi_create_function(env, "copyRows", NAPI_AUTO_LENGTH, copyRows, bound, &function) != napi_ok ||
      napi_add_finalizer(env, function, bound, forget, NULL, NULL) != napi_ok) {
    return fail(env, "bindRows: the function cannot be made");
  }
  return function;
}

/** Of a large page, where Linux has them. */
#define LARGE_PAGE ((uintptr_t)2 << 20)

/** preferLargePages(memory: Uint8Array): asks for them where the system has some. Nothing but time depends on its answer. */
static napi_value preferLargePages(napi_env env, napi_callback_info info) {
  size_t count = 1, length = 0;
  napi_value argument;
  napi_typedarray_type type;
  uint8_t *memory = NULL;
  if (napi_get_cb_info(env, info, &count, &argument, NULL, NULL) != napi_ok || count != 1 ||
      napi_get_typedarray_info(env, argument, &type, &length, (void **)&memory, NULL, NULL) != napi_ok || type != napi_uint8_array) {
    return fail(env, "preferLargePages: expected the memory as a Uint8Array");
  }
#if defined(__linux__)
  const uintptr_t from = ((uintptr_t)memory + LARGE_PAGE - 1) & ~(LARGE_PAGE - 1);
  const uintptr_t to = ((uintptr_t)memory + length) & ~(LARGE_PAGE - 1);
  if (to > from) madvise((void *)from, to - from, MADV_HUGEPAGE);
#endif
  return NULL;
}

#ifdef FENCED
#include <sanitizer/asan_interface.h>

/** allow(memory: Uint8Array, places: Float64Array): of the memory only these, an offset and a length each, may be touched. */
static napi_value allow(napi_env env, napi_callback_info info) {
  size_t count = 2, length = 0, numbers = 0;
  napi_value arguments[2];
  napi_typedarray_type type;
  uint8_t *memory = NULL;
  double *places = NULL;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok || count != 2 ||
      napi_get_typedarray_info(env, arguments[0], &type, &length, (void **)&memory, NULL, NULL) != napi_ok ||
      type != napi_uint8_array ||
      napi_get_typedarray_info(env, arguments[1], &type, &numbers, (void **)&places, NULL, NULL) != napi_ok ||
      type != napi_float64_array) {
    return fail(env, "allow: expected the memory as a Uint8Array and places as a Float64Array");
  }
  __asan_poison_memory_region(memory, length);
  for (size_t i = 0; i + 1 < numbers; i += 2) {
    __asan_unpoison_memory_region(memory + (size_t)places[i], (size_t)places[i + 1]);
  }
  return NULL;
}
#endif

/** peak(lanes: number, turns: number) => operations done: the loop of peak.c, to be timed. */
static napi_value peak(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value arguments[2], operations;
  int32_t lanes = 0, turns = 0;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok || count != 2 ||
      napi_get_value_int32(env, arguments[0], &lanes) != napi_ok || napi_get_value_int32(env, arguments[1], &turns) != napi_ok) {
    return fail(env, "peak: expected lanes and turns");
  }
#define VARIANT(LANES)                                                                                                     \
  if (lanes == LANES && supported(LANES) && napi_create_double(env, lockstep_peak_##LANES(turns), &operations) == napi_ok) \
    return operations;
#include "variants.generated.h"
#undef VARIANT
  return fail(env, "peak: this processor has no such lanes");
}

NAPI_MODULE_INIT() {
  napi_value list, item, function;
  uint32_t count = 0;
  if (napi_create_array(env, &list) != napi_ok) return NULL;
#define VARIANT(LANES)                                                                                   \
  if (supported(LANES) && napi_create_int32(env, LANES, &item) == napi_ok) napi_set_element(env, list, count++, item);
#include "variants.generated.h"
#undef VARIANT
  napi_set_named_property(env, exports, "lanes", list);
  if (napi_create_array(env, &list) != napi_ok) return NULL;
  for (count = 0; count < sizeof kernelNames / sizeof *kernelNames; count++) {
    if (napi_create_string_utf8(env, kernelNames[count], NAPI_AUTO_LENGTH, &item) == napi_ok) napi_set_element(env, list, count, item);
  }
  napi_set_named_property(env, exports, "kernels", list);
  if (napi_create_function(env, "bind", NAPI_AUTO_LENGTH, bind, NULL, &function) == napi_ok) {
    napi_set_named_property(env, exports, "bind", function);
  }
  if (napi_create_function(env, "bindRows", NAPI_AUTO_LENGTH, bindRows, NULL, &function) == napi_ok) {
    napi_set_named_property(env, exports, "bindRows", function);
  }
  if (napi_create_function(env, "preferLargePages", NAPI_AUTO_LENGTH, preferLargePages, NULL, &function) == napi_ok) {
    napi_set_named_property(env, exports, "preferLargePages", function);
  }
#ifdef FENCED
  if (napi_create_function(env, "allow", NAPI_AUTO_LENGTH, allow, NULL, &function) == napi_ok) {
    napi_set_named_property(env, exports, "allow", function);
  }
#endif
  if (napi_create_function(env, "peak", NAPI_AUTO_LENGTH, peak, NULL, &function) == napi_ok) {
    napi_set_named_property(env, exports, "peak", function);
  }
  return exports;
}
