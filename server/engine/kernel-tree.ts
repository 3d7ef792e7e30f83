/**
 * Which kernel tree a directory lies in: the nearest Makefile upward that sets VERSION, PATCHLEVEL and SUBLEVEL, as the
 * kernel's own does. Answers are kept; one finder serves one run.
 */
import { kernelVersion } from '../../model/version.ts';
import { latin1 } from '../syntax/decode.ts';
import type { FileSystem } from './host.ts';
import { join, upwards } from './paths.ts';
import type { KernelTree } from './protocol.ts';

/** The release a kernel's top Makefile names, or undefined for any other Makefile. The sublevel is not looked at: APIs change with the series. */
function makefileVersion(text: string): { readonly major: number; readonly minor: number } | undefined {
  const number = (name: string): number | undefined => {
    const m = new RegExp(`^${name}[ \\t]*:?=[ \\t]*(\\d{1,3})[ \\t]*$`, 'm').exec(text);
    return m === null ? undefined : Number(m[1]);
  };
  const major = number('VERSION');
  const minor = number('PATCHLEVEL');
  if (major === undefined || minor === undefined || number('SUBLEVEL') === undefined) return undefined;
  return { major, minor };
}

/** Finds the kernel tree of a directory. */
export function kernelTrees(fs: FileSystem): (directory: string) => KernelTree | undefined {
  const known = new Map<string, KernelTree | undefined>();
  const at = (directory: string): KernelTree | undefined => {
    const makefile = fs.read(join(directory, 'Makefile'));
    if (makefile.kind !== 'bytes') return undefined;
    const version = makefileVersion(latin1(makefile.bytes).replaceAll('\r', ''));
    if (version === undefined) return undefined;
    const since = kernelVersion(version.major, version.minor);
    return { root: directory, range: { since, until: since + 256 } };
  };
  return (directory) => {
    const passed: string[] = [];
    let found: KernelTree | undefined;
    for (const up of upwards(fs.cwd, directory)) {
      if (known.has(up)) {
        found = known.get(up);
        break;
      }
      passed.push(up);
      found = at(up);
      if (found !== undefined) break;
    }
    for (const up of passed) known.set(up, found);
    return found;
  };
}
