/** What the model says of a function or flag on the kernels aimed at, short enough for a hover. Markdown. */
import type { Model } from '../../model/index.ts';
import {
  type ApiRow,
  type ContextDemand,
  DECLARED,
  type FlagRow,
  type ReturnContract,
  type Source,
} from '../../model/schema.ts';
import { formatRange, intersect, rangeOf, type Since } from '../../model/version.ts';

/** The kernel's own document of pinning. */
const DOCUMENT = 'https://docs.kernel.org/core-api/pin_user_pages.html';

const RETURNS: Readonly<Record<ReturnContract, string>> = {
  pages: 'number of pages (perhaps fewer than asked for), 0 or -errno',
  folios: 'number of folios or -errno',
  bytes: 'number of bytes covered (perhaps fewer than asked for), 0 or -errno',
  'pages-not-negative': 'number of pages, perhaps 0; never negative',
  status: '0 or -errno',
  'page-or-null': 'a page or NULL',
  'page-or-err': 'a page or ERR_PTR()',
  'page-or-err-or-null': 'a page, ERR_PTR() or NULL',
  bool: 'true when it took the page',
  'ptr-or-err': 'an object that holds the pages, or ERR_PTR()',
  'ptr-or-null': 'an object that holds the pages, or NULL',
  void: 'nothing',
  value: 'a value',
};

function demands({ mmapLock, sleeps, currentMm }: ContextDemand): string {
  const words: string[] = [];
  if (mmapLock === 'held') words.push('caller holds mmap_lock');
  if (mmapLock === 'not-held') words.push('caller does not hold mmap_lock');
  if (sleeps === true) words.push('may sleep');
  if (sleeps === 'when-dirty') words.push('may sleep when it marks pages dirty');
  if (currentMm) words.push('memory of the current process');
  return words.join('; ');
}

function kernels(row: { readonly kernels: Since }): string {
  return formatRange(rangeOf(row.kernels));
}

function prototype(row: ApiRow): string {
  const params = row.params.map((p) => (p.type.endsWith('*') ? `${p.type}${p.name}` : `${p.type} ${p.name}`).trim());
  const head = `${row.ret}${row.ret.endsWith('*') ? '' : ' '}${row.name}(`;
  return `${head}${params.length === 0 ? 'void' : params.join(', ')});`;
}

/** A function on the kernels of `model`; undefined when the model does not know the name. */
export function apiHover(name: string, model: Model): string | undefined {
  const all = model.allRows(name);
  const here = model.rows(name);
  const row = here.at(-1) ?? all.at(-1);
  if (row === undefined) return undefined;
  const lines = ['```c', prototype(row), '```'];
  if (here.length === 0)
    lines.push(`**Not in ${formatRange(model.range)}**: the kernels that have it are ${spans(all)}.`, '');
  lines.push(`- returns ${RETURNS[row.returns]}`);
  const context = demands(row.context);
  if (context !== '') lines.push(`- ${context}`);
  if ((row.implies ?? []).length > 0)
    lines.push(`- adds ${(row.implies ?? []).map((f) => `\`${f}\``).join(' ')} by itself`);
  if ((row.pairsWith ?? []).length > 0)
    lines.push(`- given back by ${(row.pairsWith ?? []).map((f) => `\`${f}()\``).join(', ')}`);
  if (row.replacedBy !== undefined) lines.push(`- replaced by \`${row.replacedBy}()\``);
  if (row.note !== undefined) lines.push(`- ${row.note}`);
  lines.push(`- kernels ${spans(all)}${all.length > 1 ? `; this form ${kernels(row)}` : ''}`);
  lines.push('', readIn(row.source));
  return lines.join('\n');
}

function readIn({ tag, path }: Source): string {
  return tag === DECLARED ? `declared in ${path}` : `[Kernel documentation](${DOCUMENT}) · read in ${tag} ${path}`;
}

function spans(rows: readonly { readonly kernels: Since }[]): string {
  const merged: { since: number; until: number }[] = [];
  for (const range of rows.map((r) => rangeOf(r.kernels)).sort((a, b) => a.since - b.since)) {
    const last = merged.at(-1);
    if (last !== undefined && range.since <= last.until) last.until = Math.max(last.until, range.until);
    else merged.push({ ...range });
  }
  return merged.map(formatRange).join(', ');
}

const STANDING: Readonly<Record<FlagRow['standing'], string>> = {
  caller: 'callers may pass it',
  internal: '**internal to mm/**: callers must not pass it',
  tolerated: 'internal by intent, not checked at run time',
};

/** A flag on the kernels of `model`; undefined when no kernel ever had it. */
export function flagHover(name: string, model: Model): string | undefined {
  const all = model.allFlags(name);
  const here = model.flags(name);
  const row = here.at(-1) ?? all.at(-1);
  if (row === undefined) return undefined;
  const lines = [`\`${name}\` = 0x${row.value.toString(16)}`, '', row.meaning, ''];
  if (here.length === 0) lines.push(`- **not in ${formatRange(model.range)}**`);
  lines.push(`- ${STANDING[row.standing]}${row.visible ? '' : '; the name is hidden in mm/internal.h'}`);
  if (row.note !== undefined) lines.push(`- ${row.note}`);
  const fast = model.fastMask.filter((m) => intersect(rangeOf(m.kernels), model.range) !== undefined).at(-1);
  if (fast?.allowed !== undefined && row.standing === 'caller')
    lines.push(`- the \`*_fast\` functions ${fast.allowed.includes(name) ? 'accept' : 'refuse'} it`);
  lines.push(`- kernels ${spans(all)}`, '', readIn(row.source));
  return lines.join('\n');
}
