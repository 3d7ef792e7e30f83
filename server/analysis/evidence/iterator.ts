/** Whether an iterator stands for kernel memory: then iov_iter_extract_pages takes no pin (lib/iov_iter.c). */

import type { Model } from '../../../model/index.ts';
import type { Span } from '../../base/span.ts';
import type { CNode } from '../../syntax/node.ts';
import type { CUnit, FunctionDef } from '../../syntax/unit.ts';
import { callsIn, callsOf, treeOf } from '../calls/call-index.ts';
import { argumentOf, readingRows } from '../flags/flags.ts';
import { parameters } from '../locals.ts';
import type { CallSite } from '../sites/site.ts';
import { argumentNodes, rootVariable } from '../trees.ts';
import type { Clue } from './clue.ts';

/** Functions that make an iterator over kernel memory (linux/uio.h); their first argument is the iterator. */
const KERNEL_ITERATORS = ['iov_iter_kvec', 'iov_iter_bvec', 'iov_iter_xarray', 'iov_iter_folio_queue', 'iov_iter_pipe'];

/** The clue, if the function that takes the pages, or one it passes the iterator to, made it over kernel memory. */
export function iteratorClues(site: CallSite, model: Model): Clue[] {
  const { unit, fn } = site;
  const rows = readingRows(model, site.api, site.args);
  const node = argumentOf({ rows, args: site.args }, 'iter')?.node;
  const name = node === undefined ? undefined : rootVariable(unit, node);
  if (fn === undefined) return [];
  if (name === undefined) return splicedClues(site, fn);
  const made = madeIn(unit, fn, name) ?? madeByCallee(unit, fn, name);
  if (made === undefined) return splicedClues(site, fn);
  const text = 'the iterator stands for kernel memory: no user page is held';
  return [
    { kind: 'kernel-iterator', unit, span: made, text, cases: { 0: 4 }, lifetime: { short: 1 }, access: ['none'] },
  ];
}

/**
 * A sender that was told MSG_SPLICE_PAGES gets an iterator over pages of the kernel (include/linux/socket.h, since 6.5): extraction
 * takes no pin. The function says so itself, by its name, or its callers in the file do.
 */
function splicedClues({ unit, api }: CallSite, fn: FunctionDef): Clue[] {
  if (api !== 'iov_iter_extract_pages') return [];
  const flag = /\bMSG_SPLICE_PAGES\b/;
  const bodies = [fn, ...callsOf(unit, fn.name).map((c) => c.fn)];
  for (const f of bodies) {
    const at = flag.exec(unit.code.slice(f.bodySpan.start, f.bodySpan.end));
    if (at === null) continue;
    const start = f.bodySpan.start + at.index;
    return [spliced(unit, { start, end: start + at[0].length })];
  }
  return /(?:^|_)splice(?:_|$)/.test(fn.name) ? [spliced(unit, fn.nameSpan)] : [];
}

function spliced(unit: CUnit, span: Span): Clue {
  const text = 'spliced pages belong to the kernel: extraction takes no pin of them';
  return { kind: 'kernel-iterator', unit, span, text, cases: { 0: 4.5 }, lifetime: { short: 1 } };
}

function madeIn(unit: CUnit, fn: FunctionDef, name: string): CNode | undefined {
  const calls = callsIn(unit, fn);
  const all = KERNEL_ITERATORS.flatMap((n) => calls.get(n) ?? []);
  return all.find((call) => isArgument(unit, call, 0, name));
}

function madeByCallee(unit: CUnit, fn: FunctionDef, name: string): CNode | undefined {
  for (const [callee, calls] of callsIn(unit, fn)) {
    const target = unit.functions.find((f) => f.name === callee);
    if (target === undefined) continue;
    const params = parameters(unit, treeOf(unit, target));
    for (const call of calls) {
      const index = argumentNodes(call).findIndex((_, i) => isArgument(unit, call, i, name));
      const param = params[index];
      const made = param === undefined ? undefined : madeIn(unit, target, param.name);
      if (made !== undefined) return made;
    }
  }
  return undefined;
}

function isArgument(unit: CUnit, call: CNode, index: number, name: string): boolean {
  const argument = argumentNodes(call)[index];
  return argument !== undefined && rootVariable(unit, argument) === name;
}
