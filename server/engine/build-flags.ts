/**
 * What a directory's Kbuild or Makefile says of how its files are compiled, as far as that can be read without running make: the
 * directories its -I flags name, and the macros its -D flags define in any case.
 */
import type { DefineValue } from '../syntax/unit.ts';
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

/** The directories that the -I flags of a build file name, variables left out. */
export function includeFlagsOf(text: string): readonly string[] {
  const joined = text.replace(/\\\r?\n/g, ' ').replace(/(^|\s)#.*$/gm, '$1');
  const named = [...joined.matchAll(FLAGS_LINE)].flatMap(([, flags = '']) =>
    [...flags.replace(VARIABLE, '').matchAll(INCLUDE_FLAG)].map(([, dir = '']) => dir.replace(/^\/+/, '')),
  );
  return [...new Set(named.filter((dir) => dir !== '' && !dir.startsWith('-')))].slice(0, MAX_DIRS);
}

/**
 * The directories that such names may mean, most likely first: what stands behind variables is looked for from the file's own directory
 * and from those above it (`levels`, nearest first, its own being the first).
 */
export function dirsBelow(names: readonly string[], levels: readonly string[]): readonly string[] {
  return names.flatMap((dir) => levels.map((level) => normalise(join(level, dir))));
}

/** Macros by name; one that -U takes back is undefined. */
export type BuildDefines = Readonly<Record<string, DefineValue>>;

/** What a build file defines for the files of its directory, and for those of the directories below. */
export interface BuildFileDefines {
  readonly own: BuildDefines;
  readonly below: BuildDefines;
}

/** Variables that hold flags of every file of a directory; `subdir-` for those below it, too. */
const DEFINES_LINE =
  /^[ \t]*(?:override[ \t]+|export[ \t]+)?(ccflags-y|subdir-ccflags-y|EXTRA_CFLAGS)[ \t]*([:+?]?=)(.*)$/;
const CONDITION = /^[ \t]*(ifn?eq|ifn?def)\b(.*)$/;
const DEFINE_FLAG = /(?:^|\s)-([DU])[ \t]*([A-Za-z_]\w*)(?:=((?:\\.|"[^"]*"|'[^']*'|[^\s"'\\])*))?/g;

/**
 * The macros that a build file defines whatever the configuration is: a line under a condition counts only where that asks whether the kernel's
 * build reads the file. A value that make has to work out is left out with its macro.
 */
export function definesOf(text: string): BuildFileDefines {
  const flags = new Map<string, string>();
  const conditions: Branches[] = [];
  for (const line of text.replace(/\\\r?\n/g, ' ').split('\n')) {
    const condition = CONDITION.exec(line);
    const other = /^[ \t]*else\b(.*)$/.exec(line);
    if (condition !== null) conditions.push(branchesOf(condition[1] ?? '', condition[2] ?? ''));
    else if (other !== null)
      conditions.push({ live: conditions.pop()?.otherwise === true && other[1]?.trim() === '', otherwise: false });
    else if (/^[ \t]*endif\b/.test(line)) conditions.pop();
    if (!conditions.every(({ live }) => live)) continue;
    const [, name, operator, value = ''] = DEFINES_LINE.exec(line.replace(/(^|\s)#.*$/, '$1')) ?? [];
    if (name !== undefined) flags.set(name, operator === '+=' ? `${flags.get(name) ?? ''} ${value}` : value);
  }
  const below = macrosIn(flags.get('subdir-ccflags-y') ?? '');
  const own = macrosIn(`${flags.get('EXTRA_CFLAGS') ?? ''} ${flags.get('ccflags-y') ?? ''}`);
  return { own: { ...below, ...own }, below };
}

/** Which branches of a condition are read for certain when the kernel's build reads the file. */
interface Branches {
  readonly live: boolean;
  readonly otherwise: boolean;
}

/** KERNELRELEASE is set where the kernel's build reads the file of a module. Of other conditions nothing is known. */
function branchesOf(kind: string, rest: string): Branches {
  const asks = kind.endsWith('def')
    ? /^\s*KERNELRELEASE\s*$/.test(rest)
    : /^\s*\(\s*\$\(KERNELRELEASE\)\s*,\s*\)\s*$/.test(rest);
  const isSet = kind === 'ifdef' || kind === 'ifneq';
  return { live: asks && isSet, otherwise: asks && !isSet };
}

function macrosIn(flags: string): BuildDefines {
  const found: Record<string, DefineValue> = {};
  for (const [, flag, name = '', value] of flags.matchAll(DEFINE_FLAG)) {
    if (flag === 'U') found[name] = { kind: 'undefined' };
    else if (value === undefined) found[name] = { kind: 'value', text: '1' };
    else if (!value.includes('$')) found[name] = { kind: 'value', text: value.replace(/\\(.)|["']/g, '$1') };
  }
  return found;
}
