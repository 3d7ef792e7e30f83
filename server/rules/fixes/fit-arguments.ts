/**
 * Rewrites the argument list of a call for a newer or older signature of its function: arguments are carried over by the
 * role they play, and what the new signature adds gets a value that keeps the meaning.
 */
import type { ApiRow, Param } from '../../../model/schema.ts';
import { isNullText } from '../../analysis/flags/constants.ts';
import type { ApiCall } from '../../analysis/sites/site.ts';
import type { Edit, FixProposal, RulePass } from '../define.ts';
import { kernelsOf } from '../support/facts.ts';
import { bothOf, includesAll, isEmpty, type Kernels } from '../support/kernels.ts';

/** What stands at one place of the new list, and whether it keeps the meaning without a doubt. */
interface Filled {
  readonly text: string;
  readonly safe: boolean;
}

/** The rewrite to the signature that holds on `wrong`, where that fits every kernel on which the call is live. */
export function fitArguments(pass: RulePass, call: ApiCall, wrong: Kernels): readonly FixProposal[] {
  const rows = pass.model.allRows(call.api);
  const wanted = rows.find((row) => !isEmpty(bothOf(kernelsOf([row]), wrong)));
  const had = rows.filter((row) => row.params.length === call.args.length);
  const old = had.at(-1);
  if (wanted === undefined || old === undefined || losesMm(old, wanted, call)) return [];
  const same = rows.filter((row) => roles(row) === roles(wanted));
  if (!includesAll(kernelsOf(same), pass.liveOn(call))) return [];
  const filled = wanted.params.map((param) => fill(param, old, call));
  const safe =
    filled.every((f) => f?.safe === true) &&
    old.params.every((p, i) => isCarried(p, wanted) || isDroppable(p, call, i));
  const edits = listEdits(call, filled);
  if (edits === undefined) return [];
  return [
    { title: `Pass (${wanted.params.map((p) => p.name).join(', ')})`, applicability: safe ? 'safe' : 'unsafe', edits },
  ];
}

/** Whether the call names another process's mm and the new signature has no place for it: another function is wanted then. */
function losesMm(old: ApiRow, wanted: ApiRow, call: ApiCall): boolean {
  const index = old.params.findIndex((p) => p.role === 'mm');
  if (index < 0 || wanted.params.some((p) => p.role === 'mm')) return false;
  return call.args[index]?.text !== 'current->mm';
}

function roles(row: ApiRow): string {
  return row.params.map((p) => (p.role === 'other' ? p.name : p.role)).join();
}

function isCarried(param: Param, wanted: ApiRow): boolean {
  return wanted.params.some((p) => isSame(p, param));
}

function isSame(a: Param, b: Param): boolean {
  return a.role === b.role && (a.role !== 'other' || a.name === b.name);
}

/** Whether leaving the argument out loses nothing: a NULL vmas, the task that the function never needed. */
function isDroppable(param: Param, call: ApiCall, index: number): boolean {
  const text = call.args[index]?.text ?? '';
  if (param.role === 'task') return /^(?:current|NULL|\w+)$/.test(text);
  return (param.role === 'vmas' || param.role === 'locked') && isNullText(text);
}

function fill(param: Param, old: ApiRow, call: ApiCall): Filled | undefined {
  const index = old.params.findIndex((p) => isSame(p, param));
  const argument = call.args[index];
  if (argument !== undefined) return { text: call.unit.text.slice(argument.start, argument.end), safe: true };
  switch (param.role) {
    case 'vmas':
    case 'locked':
      return { text: 'NULL', safe: true };
    case 'dirty':
      return { text: 'true', safe: false };
    case 'task':
      return { text: 'current', safe: false };
    case 'flags':
      return flagsOf(old, call);
    default:
      return undefined;
  }
}

/** `write, force` as one flags argument. */
function flagsOf(old: ApiRow, call: ApiCall): Filled | undefined {
  const part = (role: 'write' | 'force', flag: string): string | undefined => {
    const text = call.args[old.params.findIndex((p) => p.role === role)]?.text;
    if (text === undefined || /^(?:0|false)$/.test(text)) return undefined;
    return /^(?:1|true)$/.test(text) ? flag : `(${text} ? ${flag} : 0)`;
  };
  const parts = [part('write', 'FOLL_WRITE'), part('force', 'FOLL_FORCE')].filter((p) => p !== undefined);
  const text = parts.length === 0 ? '0' : parts.join(' | ');
  const bare = parts.length === 1 && text.startsWith('(') ? text.slice(1, -1) : text;
  return { text: bare, safe: false };
}

/** The list rewritten; undefined when an argument has no value. Arguments that go off the end are cut, nothing else is touched then. */
function listEdits(call: ApiCall, filled: readonly (Filled | undefined)[]): readonly Edit[] | undefined {
  const { unit, args } = call;
  const first = args[0];
  const last = args.at(-1);
  const texts = filled.map((f) => f?.text);
  if (first === undefined || last === undefined || texts.includes(undefined)) return undefined;
  const same = texts.every((t, i) => {
    const argument = args[i];
    return argument !== undefined && unit.text.slice(argument.start, argument.end) === t;
  });
  const kept = args[texts.length - 1];
  if (same && kept !== undefined) return [{ unit, span: { start: kept.end, end: last.end }, newText: '' }];
  return [{ unit, span: { start: first.start, end: last.end }, newText: texts.join(', ') }];
}
