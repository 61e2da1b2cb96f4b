// Comparisons of two arrays with broadcasting, as 1 or 0, and the larger and the smaller of two.
#include "broadcast.h"

INLINE vf isGreater(vf a, vf b) { return keep(a > b, splat(1)); }
INLINE vf isGreaterOrEqual(vf a, vf b) { return keep(a >= b, splat(1)); }
INLINE vf isEqual(vf a, vf b) { return keep(a == b, splat(1)); }
INLINE vf isOther(vf a, vf b) { return keep(a != b, splat(1)); }

KERNEL(void, greater, usize out, usize a, usize b, i32 d0, i32 d1, i32 d2, i32 d3, i32 d4, i32 d5, i32 as0, i32 as1,
       i32 as2, i32 as3, i32 as4, i32 as5, i32 bs0, i32 bs1, i32 bs2, i32 bs3, i32 bs4, i32 bs5) {
  BROADCAST(isGreater);
}

KERNEL(void, greaterEqual, usize out, usize a, usize b, i32 d0, i32 d1, i32 d2, i32 d3, i32 d4, i32 d5, i32 as0,
       i32 as1, i32 as2, i32 as3, i32 as4, i32 as5, i32 bs0, i32 bs1, i32 bs2, i32 bs3, i32 bs4, i32 bs5) {
  BROADCAST(isGreaterOrEqual);
}

KERNEL(void, equal, usize out, usize a, usize b, i32 d0, i32 d1, i32 d2, i32 d3, i32 d4, i32 d5, i32 as0, i32 as1,
       i32 as2, i32 as3, i32 as4, i32 as5, i32 bs0, i32 bs1, i32 bs2, i32 bs3, i32 bs4, i32 bs5) {
  BROADCAST(isEqual);
}

KERNEL(void, notEqual, usize out, usize a, usize b, i32 d0, i32 d1, i32 d2, i32 d3, i32 d4, i32 d5, i32 as0, i32 as1,
       i32 as2, i32 as3, i32 as4, i32 as5, i32 bs0, i32 bs1, i32 bs2, i32 bs3, i32 bs4, i32 bs5) {
  BROADCAST(isOther);
}

KERNEL(void, maximum, usize out, usize a, usize b, i32 d0, i32 d1, i32 d2, i32 d3, i32 d4, i32 d5, i32 as0, i32 as1,
       i32 as2, i32 as3, i32 as4, i32 as5, i32 bs0, i32 bs1, i32 bs2, i32 bs3, i32 bs4, i32 bs5) {
  BROADCAST(max);
}

KERNEL(void, minimum, usize out, usize a, usize b, i32 d0, i32 d1, i32 d2, i32 d3, i32 d4, i32 d5, i32 as0, i32 as1,
       i32 as2, i32 as3, i32 as4, i32 as5, i32 bs0, i32 bs1, i32 bs2, i32 bs3, i32 bs4, i32 bs5) {
  BROADCAST(min);
}
