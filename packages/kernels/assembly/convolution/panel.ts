// Channels laid down position by position, so that a vector holds one position of several channels.

/** n channels (1 to 8), `plane` bytes apart, position by position; other lanes stay. */
export function panel(to: usize, from: usize, n: i32, positions: i32, plane: usize, width: usize): void {
  for (; n >= 4; n -= 4) {
    let a = from, at = to;
    let p = positions;
    for (; p >= 4; p -= 4) {
      const x0 = v128.load(a), x1 = v128.load(a + plane);
      const x2 = v128.load(a + 2 * plane), x3 = v128.load(a + 3 * plane);
      const l0 = v128.shuffle<f32>(x0, x1, 0, 4, 1, 5), h0 = v128.shuffle<f32>(x0, x1, 2, 6, 3, 7);
      const l1 = v128.shuffle<f32>(x2, x3, 0, 4, 1, 5), h1 = v128.shuffle<f32>(x2, x3, 2, 6, 3, 7);
      v128.store(at, v128.shuffle<f32>(l0, l1, 0, 1, 4, 5));
      at += width;
      v128.store(at, v128.shuffle<f32>(l0, l1, 2, 3, 6, 7));
      at += width;
      v128.store(at, v128.shuffle<f32>(h0, h1, 0, 1, 4, 5));
      at += width;
      v128.store(at, v128.shuffle<f32>(h0, h1, 2, 3, 6, 7));
      at += width;
      a += 16;
    }
    for (; p > 0; --p) {
      for (let i: usize = 0; i < 4; ++i) store<f32>(at + (i << 2), load<f32>(a + i * plane));
      at += width;
      a += 4;
    }
    from += plane << 2;
    to += 16;
  }
  for (; n > 0; --n) {
    let at = to;
    for (let p = 0; p < positions; ++p) {
      store<f32>(at, load<f32>(from + (<usize>p << 2)));
      at += width;
    }
    from += plane;
    to += 4;
  }
}
