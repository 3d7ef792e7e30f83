/**
 * When the pages of a release were written: what the release is told by its caller, or what chose FOLL_WRITE in the same function. Pages that
 * were only read must not become dirty.
 */
import type { ApiCall, CallSite } from '../../analysis/sites/site.ts';
import { isInteger } from '../../syntax/ctype.ts';
import { variableAt, variablesOf } from '../../syntax/types.ts';
import type { CUnit, FunctionDef } from '../../syntax/unit.ts';
import { isSet } from './text-scan.ts';

/** Always, under a condition that can be written at the release, or only sometimes and nothing there tells. */
export type DirtyWhen =
  | { readonly kind: 'always' }
  | { readonly kind: 'when'; readonly condition: string }
  | { readonly kind: 'untold' };

type Release = Pick<ApiCall, 'unit' | 'fn' | 'span'>;

/** When the pages that a site takes are dirty where a call gives them back. */
export function dirtyWhen(site: CallSite, release: Release): DirtyWhen {
  const told = parameterOf(release);
  if (told !== undefined) return { kind: 'when', condition: told };
  const { must, may } = site.flags;
  if (must.has('FOLL_WRITE') || !may.has('FOLL_WRITE')) return { kind: 'always' };
  const condition = conditionOf(site);
  if (condition === undefined || !isFixed(site, release, condition)) return { kind: 'untold' };
  return { kind: 'when', condition };
}

/** The parameter by which a function that gives pages back is told whether they are dirty, where it is not made anything else. */
function parameterOf({ unit, fn, span }: Release): string | undefined {
  const dirty = fn === undefined ? undefined : dirtyParameter(unit, fn);
  if (fn === undefined || dirty === undefined) return undefined;
  return isSet(unit.code.slice(fn.bodySpan.start, span.start), dirty) ? undefined : dirty;
}

/** The parameter whose name and type say that it tells whether pages are dirty. */
export function dirtyParameter(unit: CUnit, fn: FunctionDef): string | undefined {
  return variablesOf(unit, fn).find((v) => v.parameter && isInteger(v.type) && TELLS_DIRTY.test(v.name))?.name;
}

const TELLS_DIRTY = /^(?:(?:is|make|mark|set|should|needs?|pages?)_?)?dirt(?:y|ied)$/;

/** What chooses FOLL_WRITE in a flags argument: `c ? FOLL_WRITE : 0`, or a variable that holds the flag or not. */
function conditionOf({ flags }: CallSite): string | undefined {
  const text = flags.text.replace(/\s+/g, ' ').trim();
  if (/^[A-Za-z_]\w*$/.test(text)) return `${text} & FOLL_WRITE`;
  const choice = text
    .replace(/ \| FOLL_\w+/g, '')
    .replace(/^(?:FOLL_\w+ \| )+/, '')
    .replace(/^\((.*)\)$/, '$1');
  const [, condition, yes, no] = /^([^?:]+?) ?\? ?(\w+) ?: ?(\w+)$/.exec(choice) ?? [];
  if (condition === undefined || !PURE.test(condition) || /\w \?\(|\+\+|--(?!>)|[^=!<>]=[^=]/.test(condition))
    return undefined;
  if (yes === 'FOLL_WRITE' && no === '0') return bare(condition);
  return yes === '0' && no === 'FOLL_WRITE' ? negated(condition) : undefined;
}

/** Names, fields, comparisons. */
const PURE = /^[\w\s.>!=&|()<-]+$/;

function bare(condition: string): string {
  return /^\([^()]*\)$/.test(condition) ? condition.slice(1, -1) : condition;
}

function negated(condition: string): string {
  const inner = bare(condition);
  const [, positive] = /^!([\w.>-]+)$/.exec(inner) ?? [];
  const [, left, operator, right] = /^([\w.>-]+) ?([!=])= ?([\w.>-]+)$/.exec(inner) ?? [];
  if (left !== undefined) return `${left} ${operator === '=' ? '!' : '='}= ${right}`;
  return positive ?? (/^[\w.>-]+$/.test(inner) ? `!${inner}` : `!(${inner})`);
}

/** Whether a condition of the call's means at a release what it means at the call: one function, and nobody sets its variables behind the call. */
function isFixed({ unit, fn, span }: CallSite, release: Release, condition: string): boolean {
  if (fn === undefined || release.unit !== unit || release.fn !== fn) return false;
  const behind = unit.code.slice(span.end, fn.bodySpan.end);
  const paths = [...condition.matchAll(/(?<![\w.>])[A-Za-z_]\w*(?:(?:->|\.)\w+)*/g)].map(([path]) => path);
  return paths.every((path) => {
    const name = /^\w+/.exec(path)?.[0] ?? '';
    const here = variableAt(unit, fn, name, span.start);
    return here === variableAt(unit, fn, name, release.span.start) && !isChanged(behind, name, path);
  });
}

/** Whether a text gives a field or variable another value: itself, all of what holds it, or by its address. */
function isChanged(text: string, name: string, path: string): boolean {
  const whole = `(?<![\\w.>])(?:${name}|${path.replace(/[.>-]/g, '\\$&')})`;
  const set = new RegExp(
    `${whole}\\s*(?:[-+*/%&|^]|<<|>>)?=(?!=)|(?:\\+\\+|--)\\s*${whole}\\b|${whole}\\s*(?:\\+\\+|--)`,
  );
  return set.test(text) || new RegExp(`&\\s*${name}\\b(?!->|\\.|\\s*FOLL)`).test(text);
}
