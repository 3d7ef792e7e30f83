/**
 * What the syntax layer will answer and does not yet: a range is analysed as one, and versions are those that
 * KERNEL_VERSION() names anywhere in the text. Goes away with `liveRanges` of server/syntax.
 */
import { type KernelRange, type KernelVersion, kernelVersion } from '../../model/version.ts';
import type { PreprocessEnv } from '../syntax/unit.ts';

/** The parts of a range on which different code is live; for now the whole range. */
export function liveRanges(_path: string, _text: string, env: PreprocessEnv): readonly KernelRange[] {
  return [env.range];
}

/** The versions that KERNEL_VERSION(a, b, c) names in a text. */
export function versionsMentioned(text: string): readonly KernelVersion[] {
  return [...text.matchAll(/\bKERNEL_VERSION\s*\(\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*\)/g)].map((m) =>
    kernelVersion(Number(m[1]), Number(m[2]), Number(m[3])),
  );
}
