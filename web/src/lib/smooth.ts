/**
 * Exponential moving average that never looks ahead and is not drawn towards zero at its start.
 *
 * Each value weighs 1 − weight, what came before weighs `weight`; dividing by the sum of weights so
 * far takes the bias of the empty start away (as Adam does). Non-finite values are passed on as
 * they are and leave the average alone.
 */
export function smooth(values: ArrayLike<number>, weight: number): Float64Array {
  const out = new Float64Array(values.length);
  let sum = 0;
  let mass = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) {
      out[i] = value;
      continue;
    }
    sum = weight * sum + (1 - weight) * value;
    mass = weight * mass + (1 - weight);
    out[i] = sum / mass;
  }
  return out;
}
