// Colour scales that people with any colour vision can order, and the page's series colours.

export type Rgb = readonly [number, number, number];
export type Scale = (share: number) => Rgb;

// Polynomials through matplotlib's viridis, at most 1 % off (M. Zucker, CC0). One row a power.
const VIRIDIS: readonly Rgb[] = [
  [0.2777273272234177, 0.005407344544966578, 0.3340998053353061],
  [0.1050930431085774, 1.404613529898575, 1.384590162594685],
  [-0.3308618287255563, 0.214847559468213, 0.09509516302823659],
  [-4.634230498983486, -5.799100973351585, -19.33244095627987],
  [6.228269936347081, 14.17993336680509, 56.69055260068105],
  [4.776384997670288, -13.74514537774601, -65.35303263337234],
  [-5.435455855934631, 4.645852612178535, 26.3124352495832],
];

const BLUE: Rgb = [33, 102, 172];
const ORANGE: Rgb = [179, 88, 6];

/** Dark violet at 0 over green to yellow at 1. */
export const viridis: Scale = (share) => {
  const t = clamp(share);
  const channel = (c: 0 | 1 | 2): number => {
    let value = 0;
    for (let power = VIRIDIS.length - 1; power >= 0; power--) value = value * t + VIRIDIS[power]![c];
    return Math.round(clamp(value) * 255);
  };
  return [channel(0), channel(1), channel(2)];
};

/** Blue at 0, the given neutral in the middle, orange at 1. */
export function diverging(middle: Rgb): Scale {
  return (share) => {
    const t = clamp(share) * 2 - 1;
    const end = t < 0 ? BLUE : ORANGE;
    return [0, 1, 2].map((c) => Math.round(middle[c]! + (end[c]! - middle[c]!) * Math.abs(t))) as unknown as Rgb;
  };
}

/** 256 colours of a scale, as 32-bit pixels of an ImageData on a little-endian machine. */
export function pixels(scale: Scale): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, i) => pixel(scale(i / 255)));
}

/** One opaque colour as a 32-bit pixel. */
export function pixel([r, g, b]: Rgb): number {
  return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
}

/** "#rrggbb" as three numbers. */
export function rgb(hex: string): Rgb {
  const value = Number.parseInt(hex.trim().slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

function clamp(share: number): number {
  return share < 0 ? 0 : share > 1 ? 1 : share;
}
