/**
 * What a kernel build hands to its checker: some 150 arguments meant for a compiler, the source file last. Only -D, -U, -I and
 * -include count, and guplint's own long options that stand among them; everything else is passed over, never refused.
 */
import { UserError } from '../base/user-error.ts';
import type { DefineValue } from '../syntax/unit.ts';

/** The arguments of `guplint --kbuild` that count. */
export interface KbuildArguments {
  /** The source file as the build names it. */
  readonly source: string;
  /** -D and -U in order, the last one of a name wins. */
  readonly defines: Readonly<Record<string, DefineValue>>;
  /** -I, -isystem and -iquote directories in order. */
  readonly includeDirs: readonly string[];
  /** -include files in order. */
  readonly forcedIncludes: readonly string[];
  /** Whether findings make the exit code 1 (--kbuild-fail). */
  readonly fail: boolean;
  /** guplint's own options, in a form that the argument parser of `check` takes. */
  readonly own: readonly string[];
}

/** Long options of `check` that may stand behind CHECK=, all with a value. */
const OWN_OPTIONS: ReadonlySet<string> = new Set([
  '--kernel',
  '--rule',
  '--config',
  '--baseline',
  '--fail-level',
  '--min-confidence',
]);

/** Options of compilers with a value of their own that must not be taken for something else. */
const WITH_VALUE: ReadonlySet<string> = new Set([
  '--param',
  '-o',
  '-x',
  '-Xclang',
  '-mllvm',
  '-MF',
  '-MT',
  '-MQ',
  '-arch',
]);

const INCLUDE_OPTIONS: ReadonlySet<string> = new Set(['-I', '-isystem', '-iquote', '-idirafter']);

/** Reads the arguments. Throws UserError when there is no source file among them. */
export function parseKbuildArguments(args: readonly string[]): KbuildArguments {
  const source = args.at(-1);
  if (source === undefined || source.startsWith('-') || source === '')
    throw new UserError('--kbuild: the last argument must be the source file; write make C=2 CHECK="guplint --kbuild"');
  const defines: Record<string, DefineValue> = {};
  const includeDirs: string[] = [];
  const forcedIncludes: string[] = [];
  const own: string[] = [];
  const others = args.slice(0, -1);
  for (let i = 0; i < others.length; i++) {
    const arg = others[i] ?? '';
    const short = arg.slice(0, 2);
    const value = (): string => (arg.length > 2 ? arg.slice(2) : (others[++i] ?? ''));
    if (INCLUDE_OPTIONS.has(arg)) includeDirs.push(others[++i] ?? '');
    else if (short === '-I') includeDirs.push(arg.slice(2));
    else if (short === '-D') define(defines, value());
    else if (short === '-U') defines[value()] = { kind: 'undefined' };
    else if (arg === '-include') forcedIncludes.push(others[++i] ?? '');
    else if (WITH_VALUE.has(arg)) i++;
    else if (OWN_OPTIONS.has(arg)) own.push(`${arg}=${others[++i] ?? ''}`);
    else if (OWN_OPTIONS.has(arg.slice(0, arg.indexOf('=')))) own.push(arg);
  }
  return { source, defines, includeDirs, forcedIncludes, fail: args.includes('--kbuild-fail'), own };
}

/** `NAME`, `NAME=VALUE`; function-like macros (`F(x)=…`) say nothing to `#if` and are passed over. */
function define(defines: Record<string, DefineValue>, text: string): void {
  const m = /^([A-Za-z_]\w*)(?:=([\s\S]*))?$/.exec(text);
  if (m?.[1] !== undefined) defines[m[1]] = { kind: 'value', text: m[2] ?? '1' };
}

/** The object-like macros that a file given with -include sets outside of any #if: what configure scripts write. */
export function definesOfHeader(text: string): Readonly<Record<string, DefineValue>> {
  const found: Record<string, DefineValue> = {};
  const bare = text.replace(/\/\*[\s\S]*?\*\//g, ' ').replace(/\\\r?\n/g, ' ');
  let depth = 0;
  let guard = false;
  for (const line of bare.split('\n')) {
    const m = /^[ \t]*#[ \t]*(\w+)[ \t]*(\w*)(?:[ \t]+([^\r\n]*))?/.exec(line);
    if (m === null) continue;
    const [, directive = '', name = '', value = ''] = m;
    // The usual guard round the whole header is no condition.
    if (directive === 'ifndef' && depth === 0 && Object.keys(found).length === 0) guard = true;
    if (directive.startsWith('if')) depth++;
    else if (directive === 'endif') depth--;
    else if (depth > (guard ? 1 : 0)) continue;
    else if (directive === 'define' && name !== '' && !line.includes(`${name}(`))
      found[name] = { kind: 'value', text: value.trim() };
    else if (directive === 'undef') found[name] = { kind: 'undefined' };
  }
  return found;
}
