/**
 * Rows of the model in words, as Markdown: what an API takes, returns, does and demands on which kernels, and what it refuses;
 * flags; cases. Pure; `explain` and hovers show it.
 */
import { FAST_MASK_ROWS } from '../../model/flags.ts';
import {
  type ApiRow,
  type CaseRow,
  type ContextDemand,
  DECLARED,
  type FlagRow,
  type ReturnContract,
  type Source,
  type ValidityRow,
} from '../../model/schema.ts';
import { VALIDITY_ROWS } from '../../model/validity.ts';
import { formatRange, rangeOf, type Since } from '../../model/version.ts';
import { VMA_CHECK_ROWS, type VmaCheckRow } from '../../model/vma-checks.ts';

const RETURNS: Readonly<Record<ReturnContract, string>> = {
  pages: 'the number of pages taken, possibly fewer than asked for, 0, or -errno',
  folios: 'the number of folios taken, or -errno',
  bytes: 'the number of bytes covered, possibly fewer than asked for, 0, or -errno',
  'pages-not-negative': 'the number of pages taken, possibly 0; never negative',
  status: '0 or -errno; all or nothing',
  'page-or-null': 'a page, or NULL',
  'page-or-err': 'a page, or ERR_PTR()',
  'page-or-err-or-null': 'a page, ERR_PTR(), or NULL',
  bool: 'true when it took the page',
  'ptr-or-err': 'an object that holds the pages, or ERR_PTR()',
  'ptr-or-null': 'an object that holds the pages, or NULL',
  void: 'nothing',
  value: 'a value that says nothing of what is held',
};

const STANDING: Readonly<Record<FlagRow['standing'], string>> = {
  caller: 'callers may pass it',
  internal: 'internal to mm/: callers must not pass it',
  tolerated: 'internal by intent, not checked at run time',
};

function kernels(row: { readonly kernels: Since }): string {
  const text = formatRange(rangeOf(row.kernels));
  return text === '' ? 'all' : text;
}

function source({ tag, path, note }: Source): string {
  return `${tag} ${path}${note === undefined ? '' : ` (${note})`}`;
}

function contextWords({ mmapLock, sleeps, currentMm }: ContextDemand): string {
  const lock = { held: 'mmap_lock must be held', 'not-held': 'mmap_lock must not be held', any: '' }[mmapLock];
  const sleep =
    sleeps === 'when-dirty' ? 'may sleep when it marks pages dirty' : sleeps ? 'may sleep' : 'does not sleep';
  return [lock, sleep, currentMm ? 'works on the memory of the current process' : '']
    .filter((t) => t !== '')
    .join('; ');
}

function apiRow(row: ApiRow): string {
  const params = row.params
    .map((p) => (p.type.endsWith('*') ? `${p.type}${p.name}` : `${p.type} ${p.name}`).trim())
    .join(', ');
  const lines = [
    `## Kernels ${kernels(row)}`,
    '',
    `    ${row.ret}${row.ret.endsWith('*') ? '' : ' '}${row.name}(${params === '' ? 'void' : params})`,
    '',
    `- returns ${RETURNS[row.returns]}`,
    `- context: ${contextWords(row.context)}`,
  ];
  if (row.reference !== undefined) lines.push(`- kind of hold: ${row.reference}`);
  if (row.implies !== undefined && row.implies.length > 0) lines.push(`- adds ${row.implies.join(', ')} by itself`);
  if (row.pairsWith !== undefined && row.pairsWith.length > 0)
    lines.push(`- given back by ${row.pairsWith.join(', ')}`);
  if (row.replacedBy !== undefined) lines.push(`- replaced by ${row.replacedBy}`);
  if (row.note !== undefined) lines.push(`- ${row.note}`);
  lines.push(row.source.tag === DECLARED ? `- declared in ${row.source.path}` : `- read in ${source(row.source)}`);
  return lines.join('\n');
}

/** A run-time check in one line. */
function check(row: ValidityRow): string {
  return `- ${kernels(row)}: ${row.condition}: ${row.effect}, ${row.result}`;
}

/** A reason to fail that no argument shows, in one line. */
function vmaCheck(row: VmaCheckRow): string {
  return `- ${kernels(row)}: ${row.condition}: ${row.result}`;
}

/** An API over all its eras. */
export function explainApi(name: string, rows: readonly ApiRow[]): string {
  const family = rows.at(-1)?.family ?? '';
  const parts = [
    `# ${name}()`,
    `${family} function${rows.some((r) => r.site === true) ? '; its calls are sites' : ''}.`,
    ...rows.map(apiRow),
  ];
  const checks = VALIDITY_ROWS.filter((row) => row.applies.includes(name));
  if (checks.length > 0) parts.push(`## Run-time checks\n\n${checks.map(check).join('\n')}`);
  if (rows.some((row) => row.site === true && row.params.some((param) => param.role === 'start')))
    parts.push(`## What a mapping may refuse\n\n${VMA_CHECK_ROWS.map(vmaCheck).join('\n')}`);
  return `${parts.join('\n\n')}\n`;
}

/** A flag over all releases: values, standing, where the fast functions take it, what is refused with it. */
export function explainFlag(name: string, rows: readonly FlagRow[]): string {
  const values = rows.map((row) => {
    const hidden = row.visible ? '' : '; the name is hidden in mm/internal.h';
    return `| ${kernels(row)} | 0x${row.value.toString(16)} | ${STANDING[row.standing]}${hidden} | ${source(row.source)} |`;
  });
  const last = rows.at(-1);
  const parts = [`# ${name}`];
  if (last !== undefined) parts.push(last.note === undefined ? last.meaning : `${last.meaning} ${last.note}`);
  parts.push(`| kernels | value | standing | read in |\n|---|---|---|---|\n${values.join('\n')}`);
  const fast = FAST_MASK_ROWS.filter((row) => row.allowed?.includes(name) === true).map(kernels);
  parts.push(
    `The fast functions take it on ${fast.length === 0 ? 'no kernel that checks (5.3 and later)' : fast.join(', ')}.`,
  );
  const checks = VALIDITY_ROWS.filter((row) => Object.values(row.flags ?? {}).some((names) => names.includes(name)));
  if (checks.length > 0) {
    const lines = checks.map((row) => `${check(row)} (${row.applies.map((f) => `${f}()`).join(', ')})`);
    parts.push(`## Run-time checks\n\n${lines.join('\n')}`);
  }
  return `${parts.join('\n\n')}\n`;
}

/** A documented case. */
export function explainCase(row: CaseRow): string {
  const wants =
    row.wants === 'either' || row.wants === 'none'
      ? ''
      : `Wants ${row.wants === 'pin' ? 'pin_user_pages*()' : 'get_user_pages*()'}`;
  const longterm = row.wantsLongterm ? ' with FOLL_LONGTERM' : '';
  return `# Case ${row.id}: ${row.title}\n\n${row.summary}\n\n${wants === '' ? '' : `${wants}${longterm}.\n\n`}Read in ${source(row.source)}\n`;
}
