/**
 * Pages that are marked dirty just where they were not taken for writing: `write ? FOLL_WRITE : 0` for the call, `!write` where they are given
 * back. By the text of the two functions; the condition must be the same variable, or a field of the same name.
 */
import { callsIn, treeOf } from '../../../analysis/calls/call-index.ts';
import { parameters } from '../../../analysis/locals.ts';
import type { ApiCall, CallSite } from '../../../analysis/sites/site.ts';
import { argumentNodes, codeOf } from '../../../analysis/trees.ts';
import { variableAt } from '../../../syntax/types.ts';
import type { RulePass } from '../../define.ts';

/** A marking that is the wrong way round. */
export interface TurnedDirty {
  readonly call: ApiCall;
  readonly site: CallSite;
  /** The condition of the marking as written. */
  readonly condition: string;
}

/** What a condition comes down to: what is asked, and whether the answer must be yes. */
interface Question {
  readonly asked: string;
  readonly yes: boolean;
}

/** The markings of a file that are the wrong way round for all sites whose pages end there. */
export function turnedDirty(pass: RulePass): readonly TurnedDirty[] {
  const found: TurnedDirty[] = [];
  for (const call of pass.calls) {
    const condition = call.unit === pass.unit && call.fn !== undefined ? conditionOf(call) : undefined;
    const marks = condition === undefined ? [] : questionsOf(condition);
    if (condition === undefined || marks.length === 0) continue;
    const sites = pass.sites.filter((s) => s.via === undefined && endsIn(pass, s, call));
    const [site] = sites;
    const turned = (s: CallSite): boolean => marks.some((m) => isTurned(s, call, m));
    if (site !== undefined && sites.every(turned)) found.push({ call, site, condition });
  }
  return found;
}

/** Whether pages of a site are given back in the function of a call. */
function endsIn(pass: RulePass, site: CallSite, { fn, unit }: ApiCall): boolean {
  if (site.unit === unit && site.fn === fn) return true;
  const releases = pass.recordOf(site)?.releases ?? [];
  return releases.some((r) => r.location.file === unit.path && r.functionName === fn?.name);
}

/** What decides whether a call marks pages: its own argument, or the test right ahead of it. */
function conditionOf({ unit, fn, span, rows, args }: ApiCall): string | undefined {
  const effects = rows.flatMap((r) => r.effects);
  const index = effects.map((e) => /^arg(\d+)/.exec(e.dirtyArg ?? '')?.[1]).find((i) => i !== undefined);
  if (index !== undefined) return args[Number(index)]?.text;
  if (!effects.some((e) => e.op === 'dirty')) return undefined;
  return /\bif\s*\(([^;{}]*)\)\s*\{?\s*$/.exec(unit.code.slice(fn?.bodySpan.start ?? 0, span.start))?.[1];
}

/** The questions that must all be answered so. */
function questionsOf(condition: string): readonly Question[] {
  return /\|\|/.test(condition) ? [] : condition.split('&&').flatMap((part) => questionOf(part) ?? []);
}

/** A condition of one question; undefined for others, and for constants. */
function questionOf(condition: string): Question | undefined {
  const plain = condition
    .replace(/\s+/g, '')
    .replace(/->/g, '.')
    .replace(/^\((.*)\)$/, '$1');
  const m = /^(!*)([a-z_]\w*(?:\.\w+)*)(?:([!=]=)([A-Z]\w*))?$/.exec(plain);
  if (m === null || (m[1] !== '' && m[3] !== undefined) || /^(?:true|false|null)$/i.test(m[2] ?? '')) return undefined;
  const yes = (m[1] ?? '').length % 2 === 0 && m[3] !== '!=';
  // A device that writes is one that does not only read.
  if (/^(?:PCI_)?DMA_FROM_?DEVICE$/.test(m[4] ?? '')) return { asked: `${m[2]}==DMA_TO_DEVICE`, yes: !yes };
  return { asked: m[4] === undefined ? (m[2] ?? '') : `${m[2]}==${m[4]}`, yes };
}

/** Whether a site asks for FOLL_WRITE just where the pages are not marked. */
function isTurned(site: CallSite, call: ApiCall, marks: Question): boolean {
  const asks = writeOf(site);
  if (asks === undefined || asks.yes === marks.yes) return false;
  if (site.fn === call.fn) return asks.asked === marks.asked && isKept(call, marks.asked);
  const passed = passedFor(site, call, marks.asked);
  if (passed !== undefined) return asks.asked === passed && isKept(site, passed);
  const handed = passedFor(call, site, asks.asked);
  if (handed !== undefined) return marks.asked === handed && isKept(call, handed);
  // In another function the object may have another name.
  const field = /\.(\w+(?:==\w+)?)$/;
  const name = field.exec(marks.asked)?.[1];
  if (name === undefined || field.exec(asks.asked)?.[1] !== name || !isKept(site, marks.asked)) return false;
  const [own, other] = [tagOf(site, asks.asked), tagOf(call, marks.asked)];
  return own === undefined || other === undefined || own === other;
}

/** The struct of the object at whose field a question is put, where that lies in it itself. */
function tagOf({ unit, fn, node }: Pick<ApiCall, 'unit' | 'fn' | 'node'>, asked: string): string | undefined {
  const object = /^(\w+)\.\w+(?:==|$)/.exec(asked)?.[1];
  if (object === undefined || fn === undefined || node === undefined) return undefined;
  return variableAt(unit, fn, object, node.start)?.type.base;
}

/** What the function of one call passes for the parameter on which another call, in the function that it calls, hangs. */
function passedFor({ unit, fn }: ApiCall, inner: ApiCall, asked: string): string | undefined {
  if (fn === undefined || inner.fn === undefined || inner.unit !== unit) return undefined;
  const [name = '', constant] = asked.split('==');
  const index = parameters(unit, treeOf(unit, inner.fn)).findIndex((p) => p.name === name);
  const calls = index < 0 ? [] : (callsIn(unit, fn).get(inner.fn.name) ?? []);
  const texts = new Set(calls.map((c) => argumentNodes(c)[index]).map((a) => (a === undefined ? '' : codeOf(unit, a))));
  const [only] = texts;
  const question = texts.size === 1 && only !== undefined ? questionOf(only) : undefined;
  if (question?.yes !== true || question.asked.includes('==')) return undefined;
  return constant === undefined ? question.asked : `${question.asked}==${constant}`;
}

/** Whether a function never sets a variable or field. */
function isKept({ unit, fn }: Pick<ApiCall, 'unit' | 'fn'>, asked: string): boolean {
  const name = /\w+$/.exec(asked.replace(/==.*$/, ''))?.[0] ?? asked;
  const body = unit.code.slice(fn?.bodySpan.start ?? 0, fn?.bodySpan.end ?? 0);
  const sets = [...body.matchAll(new RegExp(`\\b${name}\\s*[|&^]?=(?!=)`, 'g'))];
  return sets.length <= 1 && (sets[0] === undefined || !/FOLL_WRITE/.test(body.slice(0, sets[0].index)));
}

/** The question on which a function's only FOLL_WRITE hangs. */
function writeOf({ unit, fn, span }: CallSite): Question | undefined {
  const text = unit.code.slice(fn?.bodySpan.start ?? span.start, span.end);
  if (text.split(/\bFOLL_WRITE\b/).length !== 2) return undefined;
  const chosen = /([!\w.>=()\s-]*?[\w)])\s*\?\s*(?:0\s*:\s*)?FOLL_WRITE\b/.exec(text);
  if (chosen !== null) {
    const condition = /(?:^|[=(,|]|return)\s*(!*\s*[a-z_][\w.>-]*(?:\s*[!=]=\s*[A-Z]\w*)?)\s*\)?$/.exec(
      chosen[1] ?? '',
    )?.[1];
    const question = condition === undefined ? undefined : questionOf(condition);
    const turned = /\?\s*0\s*:/.test(chosen[0]);
    return question === undefined ? undefined : { ...question, yes: question.yes !== turned };
  }
  const added = /\bif\s*\(([^;{}]*)\)\s*\{?\s*\w+\s*\|?=\s*(?:\w+\s*\|\s*)*FOLL_WRITE\b/.exec(text)?.[1];
  return added === undefined ? undefined : questionOf(added);
}
