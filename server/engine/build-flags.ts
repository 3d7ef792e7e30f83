/**
 * What a directory's Kbuild or Makefile says of how its files are compiled, as far as that can be read without running make: the
 * directories its -I flags name.
 */
import { join, normalise } from './paths.ts';

/** Names of build files, in the order the kernel's build prefers them. */
export const BUILD_FILES: readonly string[] = ['Kbuild', 'Makefile'];

/** Lines that set flags of the C compiler: `ccflags-y`, `EXTRA_CFLAGS`, `CFLAGS_foo.o`, and the variables projects add to them. */
const FLAGS_LINE =
  /^[ \t]*(?:override[ \t]+|export[ \t]+)?[\w.$()/-]*(?:flags|include|inc|defines|opt)[\w.$()/-]*[ \t]*[:+?]?=(.*)$/gim;
const INCLUDE_FLAG = /(?:^|\s)-I[ \t]*"?([^\s"]+)/g;
/** A variable of make, one level of brackets inside: `$(src)`, `$(shell pwd)`, `$(dir $(x))`. */
const VARIABLE = /\$(?:\((?:[^()]|\([^()]*\))*\)|\{[^{}]*\}|\w)/g;
/** Directories a build file may name; more are not looked at. */
const MAX_DIRS = 40;

/**
 * The directories that the -I flags of a build file may mean, most likely first. Variables are left out: what stands behind them is
 * looked for from the file's own directory and from those above it (`levels`, nearest first, its own being the first).
 */
export function includeDirsOf(text: string, levels: readonly string[]): readonly string[] {
  const joined = text.replace(/\\\r?\n/g, ' ').replace(/(^|\s)#.*$/gm, '$1');
  const named = [...joined.matchAll(FLAGS_LINE)].flatMap(([, flags = '']) =>
    [...flags.replace(VARIABLE, '').matchAll(INCLUDE_FLAG)].map(([, dir = '']) => dir.replace(/^\/+/, '')),
  );
  const unique = [...new Set(named.filter((dir) => dir !== '' && !dir.startsWith('-')))].slice(0, MAX_DIRS);
  return unique.flatMap((dir) => levels.map((level) => normalise(join(level, dir))));
}
