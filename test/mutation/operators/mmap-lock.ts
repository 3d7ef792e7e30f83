/**
 * Faults of mmap_lock: the variant that wants it where it is not held (or the lock is not taken any more), and the variant that
 * takes it itself where it is held.
 */
import type { ApiRow, ParamRole } from '../../../model/schema.ts';
import { treeOf } from '../../../server/analysis/calls/call-index.ts';
import type { CallSite } from '../../../server/analysis/sites/site.ts';
import { atCall, type Mutation, type Operator } from '../operator.ts';
import { rowOf, type Subject } from '../subject.ts';
import { flat, inBlock, sameLines } from '../trees.ts';

/** Without the lock. */
export const withoutMmapLock: Operator = {
  name: 'without-mmap-lock',
  summary: 'the variant that wants mmap_lock is called without it, or the lock is not taken',
  rules: ['mmap-lock-not-held'],
  target: 85,
  mutations: (subject) =>
    subject.sites.flatMap((site) => [...variant(subject, site, 'not-held', 'held'), ...unlocked(subject, site)]),
};

/** With the lock. */
export const withMmapLock: Operator = {
  name: 'with-mmap-lock',
  summary: 'the variant that takes mmap_lock is called with it held',
  rules: ['mmap-lock-held'],
  target: 85,
  mutations: (subject) =>
    subject.sites.flatMap((site) => [...variant(subject, site, 'held', 'not-held'), ...wrapped(subject, site)]),
};

type Demand = ApiRow['context']['mmapLock'];

/** The same call by a function with the other demand whose arguments are all at hand. */
function variant(subject: Subject, site: CallSite, from: Demand, to: Demand): Mutation[] {
  const row = rowOf(site);
  if (row?.context.mmapLock !== from || row.params.length !== site.args.length) return [];
  const given = new Map<ParamRole, string>(
    row.params.map((p, i) => [p.role, flat(site.unit, site.args[i] ?? site.span)]),
  );
  const useful: readonly ParamRole[] = ['mm', 'task', 'iter'];
  for (const name of subject.model.siteNames()) {
    const other = subject.model.rows(name).at(-1);
    if (other?.context.mmapLock !== to || other.reference !== row.reference || other.returns !== row.returns) continue;
    if (useful.some((role) => given.has(role) !== other.params.some((p) => p.role === role))) continue;
    const args = other.params.map(
      (p) => given.get(p.role) ?? (p.role === 'vmas' || p.role === 'locked' ? 'NULL' : undefined),
    );
    if (args.includes(undefined)) continue;
    const code = `${name}(${args.join(', ')})`;
    const { start, end } = site.span;
    return [atCall(site, [site], code, [{ start, end, text: sameLines(subject.text.slice(start, end), code) }])];
  }
  return [];
}

/** The function's own taking and giving back of the lock left out. */
function unlocked(subject: Subject, site: CallSite): Mutation[] {
  if (rowOf(site)?.context.mmapLock !== 'held') return [];
  const locks = subject.calls.filter(
    (c) => c.call.fn === site.fn && rowOf(c.call)?.effects.some((e) => e.lock === 'mmap') === true,
  );
  const statements = locks.flatMap((c) => c.statement ?? []);
  if (statements.length === 0 || statements.length < locks.length) return [];
  const edits = statements.map(({ start, end }) => ({
    start,
    end,
    text: sameLines(subject.text.slice(start, end), ';'),
  }));
  return [atCall(site, [site], `without ${locks.map((c) => `${c.call.api}()`).join(', ')}`, edits)];
}

/** The statement of the call between lock and unlock. */
function wrapped({ unit }: Subject, site: CallSite): Mutation[] {
  const { fn, node } = site;
  if (rowOf(site)?.context.mmapLock !== 'not-held' || fn === undefined || node === undefined) return [];
  const place = inBlock(treeOf(unit, fn), node);
  if (place?.statement.type !== 'expression_statement') return [];
  const { start, end } = place.statement;
  return [
    atCall(site, [site], 'inside mmap_read_lock(current->mm)', [
      { start, end: start, text: 'mmap_read_lock(current->mm); ' },
      { start: end, end, text: ' mmap_read_unlock(current->mm);' },
    ]),
  ];
}
