/**
 * Pages that are marked dirty only where the direction of a transfer is one of the two in which a device writes: DMA_FROM_DEVICE is asked
 * for, and the same variable is DMA_BIDIRECTIONAL elsewhere in the module. By the text of the files.
 */
import { functionAt } from '../../../analysis/calls/call-index.ts';
import type { ApiCall } from '../../../analysis/sites/site.ts';
import type { Span } from '../../../base/span.ts';
import type { CUnit, FunctionDef } from '../../../syntax/unit.ts';
import type { RulePass, UnitSpan } from '../../define.ts';
import { callsOf, filesOf, functionsThatCall, type PlacedFunction } from '../file-calls.ts';
import { governedBy } from '../surroundings.ts';

/** A marking that leaves out one direction. */
export interface HalfMarked {
  readonly call: ApiCall;
  /** The direction as the condition names it. */
  readonly direction: string;
  /** Where it is set to both ways. */
  readonly both: UnitSpan;
}

const FROM = /([\w>.[\]-]*\w)\s*==\s*(?:PCI_)?DMA_FROM_?DEVICE\b/;
const BOTH = '(?:PCI_)?DMA_BIDIRECTIONAL\\b';

/** The markings of a file that leave out one direction. */
export function halfMarked(pass: RulePass): readonly HalfMarked[] {
  return pass.calls.flatMap((call) => {
    if (
      call.unit !== pass.unit ||
      call.fn === undefined ||
      !call.rows.some((r) => r.effects.some((e) => e.op === 'dirty'))
    )
      return [];
    const direction = FROM.exec(conditionOver(call))?.[1];
    const both = direction === undefined ? undefined : setToBoth(pass, call, direction);
    return direction === undefined || both === undefined ? [] : [{ call, direction, both }];
  });
}

/** What decides whether a call marks pages: the conditions around it that ask for a direction, or its own argument. */
function conditionOver({ unit, fn, span, rows, args }: ApiCall): string {
  const index = rows
    .flatMap((r) => r.effects.map((e) => /^arg(\d+)/.exec(e.dirtyArg ?? '')?.[1]))
    .find((i) => i !== undefined);
  const own = index === undefined ? '' : (args[Number(index)]?.text ?? '');
  const found = [own];
  const body = unit.code.slice(fn?.bodySpan.start ?? 0, span.start);
  for (const m of body.matchAll(/\bif\s*\(/g)) {
    const start = (fn?.bodySpan.start ?? 0) + m.index + m[0].length;
    const condition = upToClose(unit, start);
    const inside = governedBy(unit, condition);
    if (inside.start <= span.start && span.end <= inside.end)
      found.push(unit.code.slice(condition.start, condition.end));
  }
  const text = found.filter((c) => FROM.test(c)).join(' ');
  return /BIDIRECTIONAL|TO_?DEVICE/.test(found.join(' ')) ? '' : text;
}

/** From behind an opening bracket to the one that closes it. */
function upToClose({ code }: CUnit, start: number): Span {
  let depth = 1;
  let end = start;
  for (; end < code.length && depth > 0; end++) depth += code[end] === '(' ? 1 : code[end] === ')' ? -1 : 0;
  return { start, end: end - 1 };
}

/** Where the variable, or the field of that struct, is set to both ways, directly or by a caller of who sets it. */
function setToBoth(pass: RulePass, call: ApiCall, direction: string): UnitSpan | undefined {
  if (call.fn === undefined) return undefined;
  const here = { unit: call.unit, fn: call.fn };
  const field = /(?:->|\.)(\w+)$/.exec(direction)?.[1];
  if (field === undefined) return passedBoth(pass, here, direction);
  const tag = tagOf(here, /^\w+/.exec(direction)?.[0] ?? '');
  for (const unit of filesOf(pass)) {
    for (const m of unit.code.matchAll(new RegExp(`\\b(\\w+)\\s*(?:->|\\.)\\s*${field}\\s*=\\s*(\\w+)\\s*;`, 'g'))) {
      const fn = functionAt(unit, m.index);
      if (fn === undefined || tag === undefined || tagOf({ unit, fn }, m[1] ?? '') !== tag) continue;
      if (new RegExp(`^${BOTH}$`).test(m[2] ?? '') && isOfTaken(pass, fn))
        return { unit, span: { start: m.index, end: m.index + m[0].length } };
      const passed = passedBoth(pass, { unit, fn }, m[2] ?? '');
      if (passed !== undefined) return passed;
    }
  }
  return undefined;
}

/**
 * Whether a function that sets a direction, or one that calls it, goes on to take pages: an object may be for memory of the kernel in one use
 * and for that of a user in another.
 */
function isOfTaken(pass: RulePass, fn: FunctionDef): boolean {
  const isWanted = (name: string): boolean => pass.model.allRows(name).some((row) => row.reference !== undefined);
  const takers = functionsThatCall(filesOf(pass), { isWanted, deep: true });
  return takers.has(fn) || callsOf(filesOf(pass), fn.name).some((c) => takers.has(c.fn));
}

/** The tag or type name of the struct that a variable of a function points to, by its declaration there. */
function tagOf({ unit, fn }: PlacedFunction, variable: string): string | undefined {
  const text = unit.code.slice(fn.span.start, fn.bodySpan.end);
  return new RegExp(`\\b(\\w+)\\s*\\*+\\s*${variable}\\b|\\bstruct\\s+(\\w+)\\s+${variable}\\b`)
    .exec(text)
    ?.slice(1)
    .find(Boolean);
}

/** A call of a function that passes both ways for a parameter. */
function passedBoth(pass: RulePass, { unit, fn }: PlacedFunction, name: string): UnitSpan | undefined {
  const head = unit.code.slice(fn.nameSpan.end, fn.bodySpan.start);
  const parameters = splitArguments(head.slice(head.indexOf('(') + 1, head.lastIndexOf(')')));
  const index = parameters.findIndex((p) => /(\w+)\s*(?:\[\w*\])?\s*$/.exec(p)?.[1] === name);
  if (index < 0) return undefined;
  for (const { unit: from, offset } of callsOf(filesOf(pass), fn.name)) {
    const start = offset + fn.name.length;
    const open = from.code.indexOf('(', start);
    const { end } = upToClose(from, open + 1);
    const argument = splitArguments(from.code.slice(open + 1, end))[index] ?? '';
    if (new RegExp(`^\\s*${BOTH}\\s*$`).test(argument)) return { unit: from, span: { start: offset, end: end + 1 } };
  }
  return undefined;
}

function splitArguments(text: string): string[] {
  const out = [''];
  let depth = 0;
  for (const c of text) {
    if (c === ',' && depth === 0) out.push('');
    else out[out.length - 1] += c;
    depth += c === '(' || c === '[' ? 1 : c === ')' || c === ']' ? -1 : 0;
  }
  return out;
}
