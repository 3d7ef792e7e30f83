/** How long the pages are held: until the function returns, or until something later gives them back. */
import type { Span } from '../../base/span.ts';
import type { CUnit } from '../../syntax/unit.ts';
import { namesBeforeBrackets } from '../call-index.ts';
import type { CallSite } from '../site.ts';
import type { TraceEvent } from '../trace-function.ts';
import type { PageTrace } from '../traces.ts';
import type { Clue } from './clue.ts';
import { isOnError } from './error-path.ts';

/** Functions of the core kernel that tell a file of changes to page tables (linux/mmu_notifier.h). */
const NOTIFIERS = [
  'mmu_interval_notifier_insert',
  'mmu_interval_notifier_insert_locked',
  'mmu_interval_read_begin',
  'mmu_interval_read_retry',
  'mmu_notifier_register',
  '__mmu_notifier_register',
  'mmu_notifier_get',
  'mmu_invalidate_retry',
  'mmu_invalidate_retry_hva',
  'mmu_notifier_retry',
  'mmu_notifier_retry_hva',
];

/** Functions and fields that charge pinned memory to a user (linux/mm.h; mm_struct.pinned_vm). */
const ACCOUNTING = /\b(?:account_locked_vm|__account_locked_vm|pinned_vm|RLIMIT_MEMLOCK)\b/;

/** Releases that are looked at for one site. */
const MAX_RELEASES = 50;

const accountingCache = new WeakMap<CUnit, Span | undefined>();

/** Where a file charges pinned memory to a user, if it does. Cached by unit. */
function accountingIn(unit: CUnit): Span | undefined {
  if (!accountingCache.has(unit)) {
    const m = ACCOUNTING.exec(unit.code);
    accountingCache.set(unit, m === null ? undefined : { start: m.index, end: m.index + m[0].length });
  }
  return accountingCache.get(unit);
}

/** The clues of lifetime. */
export function lifetimeClues(site: CallSite, trace: PageTrace): Clue[] {
  const { unit, fn } = site;
  const clues: Clue[] = [];
  if (fn === undefined) return clues;
  const releases = trace.events.filter((e) => e.kind === 'release').slice(0, MAX_RELEASES);
  const here = releases.filter((e) => e.fn === fn && !isOnError(site, e));
  const stored = trace.events.find((e) => e.kind === 'stored');
  const keeps = stored !== undefined || (trace.pages !== undefined && trace.fields.size > 0);
  const first = here[0];
  const elsewhere = releases.find((e) => e.fn !== fn);
  if (first !== undefined) {
    const text = `${first.api ?? 'the function'}() gives the pages back before ${fn.name}() returns`;
    clues.push({ kind: 'release', ...place(first), text, lifetime: { short: elsewhere === undefined ? 2.5 : 1.2 } });
  }
  if (elsewhere !== undefined && keeps) {
    const text = `${elsewhere.fn.name}() gives the pages back later`;
    clues.push({ kind: 'release', ...place(elsewhere), text, lifetime: { long: first === undefined ? 1.5 : 0.6 } });
  } else if (!keeps && trace.handedOut === 'no' && site.reference !== 'none') {
    const text = `the pages stay in variables of ${fn.name}()`;
    clues.push({ kind: 'local', unit, span: site.nameSpan, text, lifetime: { short: 1.5 }, cases: { 2: -1 } });
  }
  clues.push(...fileClues(site));
  return clues;
}

/** What the file says as a whole. */
function fileClues(site: CallSite): Clue[] {
  const { unit } = site;
  const clues: Clue[] = [];
  const span = accountingIn(unit);
  if (span !== undefined && site.reference === 'pin') {
    const text = 'pinned memory is accounted';
    clues.push({ kind: 'accounting', unit, span, text, cases: { 2: 1 }, lifetime: { long: 2 } });
  }
  const name = NOTIFIERS.find((n) => namesBeforeBrackets(unit).has(n));
  const offset = name === undefined ? undefined : namesBeforeBrackets(unit).get(name)?.[0];
  if (name !== undefined && offset !== undefined && site.reference === 'get') {
    const span = { start: offset, end: offset + name.length };
    clues.push({
      kind: 'notifier',
      unit,
      span,
      text: `${name}(): changes of the page tables are followed`,
      cases: { 3: 3, 4: 0.5 },
    });
  }
  return clues;
}

function place(e: TraceEvent): Pick<Clue, 'unit' | 'span'> {
  return { unit: e.unit, span: { start: e.node.start, end: e.node.end } };
}
