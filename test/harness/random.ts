/** Numbers that look random and are the same in every run. */

/** A generator of whole numbers from 0 to below a bound: linear congruential, 32 bits. */
export function randomNumbers(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}
