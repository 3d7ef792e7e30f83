/** Faults of the flags argument: internal flags, numbers, FOLL_LONGTERM left out. */
import type { CallSite } from '../../../server/analysis/sites/site.ts';
import { atCall, type Mutation, type Operator } from '../operator.ts';
import { rowOf, type Subject } from '../subject.ts';
import { flat } from '../trees.ts';

/** FOLL_PIN at a call. */
export const passFollPin: Operator = {
  name: 'pass-foll-pin',
  summary: 'FOLL_PIN is passed',
  rules: ['foll-pin-at-call-site'],
  target: 95,
  mutations: (subject) => subject.sites.flatMap((site) => withFlag(subject, site, 'FOLL_PIN')),
};

/** FOLL_GET at a call. */
export const passFollGet: Operator = {
  name: 'pass-foll-get',
  summary: 'FOLL_GET is passed',
  rules: ['foll-get-with-pin', 'redundant-foll-get'],
  target: 95,
  mutations: (subject) => subject.sites.flatMap((site) => withFlag(subject, site, 'FOLL_GET')),
};

/** Another internal flag, each in turn. */
export const passInternalFlag: Operator = {
  name: 'pass-internal-flag',
  summary: 'a flag internal to mm/ is passed',
  rules: ['internal-foll-flag', 'fast-unsupported-flag'],
  target: 95,
  mutations(subject) {
    const names = [...subject.model.flagNames()].filter((name) => {
      const row = subject.model.flags(name).at(-1);
      return (
        row !== undefined && row.standing !== 'caller' && row.visible && name !== 'FOLL_PIN' && name !== 'FOLL_GET'
      );
    });
    return subject.sites.flatMap((site) => {
      const name = names[(site.span.start + subject.file.length) % names.length];
      return name === undefined ? [] : withFlag(subject, site, name);
    });
  },
};

/** Numbers for flags. */
export const passLiteral: Operator = {
  name: 'pass-literal',
  summary: 'a FOLL_ name in the argument becomes its number',
  rules: ['magic-gup-flags'],
  target: 95,
  mutations: (subject) => subject.sites.flatMap((site) => asNumbers(subject, site)),
};

/** FOLL_LONGTERM left out. */
export const dropLongterm: Operator = {
  name: 'drop-longterm',
  summary: 'FOLL_LONGTERM is left out',
  rules: ['missing-longterm'],
  target: 95,
  mutations: (subject) => subject.sites.flatMap((site) => withoutFlag(subject, site, 'FOLL_LONGTERM')),
};

/** FOLL_WRITE left out. */
export const dropFollWrite: Operator = {
  name: 'drop-foll-write',
  summary: 'FOLL_WRITE is left out',
  rules: ['missing-foll-write', 'dirty-read-only-pin'],
  target: 85,
  mutations: (subject) => subject.sites.flatMap((site) => withoutFlag(subject, site, 'FOLL_WRITE')),
};

/** No array. */
export const passNullPages: Operator = {
  name: 'pass-null-pages',
  summary: 'NULL is passed for the array, the number of pages stays',
  rules: ['null-pages-with-pin'],
  target: 85,
  mutations: (subject) =>
    subject.sites.flatMap((site) => {
      const arg = site.args[rowOf(site)?.params.findIndex((p) => p.role === 'pages') ?? -1];
      // A plain get without an array takes nothing, which is its right: it faults pages in.
      if (arg?.node === undefined || (site.reference === 'get' && !site.api.includes('_fast'))) return [];
      return [atCall(site, [site], 'NULL for the array', [{ start: arg.start, end: arg.end, text: 'NULL' }])];
    }),
};

function withoutFlag(subject: Subject, site: CallSite, flag: string): Mutation[] {
  return site.flags.terms
    .filter((t) => t.name === flag && t.unit === subject.unit && isName(subject, t))
    .slice(0, 1)
    .map((t) => atCall(site, [site], `0 for ${flag}`, [{ ...t.span, text: '0' }]));
}

function isName({ text }: Subject, term: CallSite['flags']['terms'][number]): boolean {
  return text.slice(term.span.start, term.span.end) === term.name;
}

/** Files that are entitled to a flag commit no fault with it. */
function withFlag({ file, model }: Subject, site: CallSite, flag: string): Mutation[] {
  if (model.entitled(file, flag)) return [];
  const index = rowOf(site)?.params.findIndex((p) => p.role === 'flags') ?? -1;
  const arg = site.args[index];
  if (arg?.node === undefined || site.flags.must.has(flag)) return [];
  const old = flat(site.unit, arg);
  const code = old === '0' ? flag : /^[\w\s|]+$/.test(old) ? `${old} | ${flag}` : `(${old}) | ${flag}`;
  return [atCall(site, [site], code, [{ start: arg.start, end: arg.end, text: code }])];
}

function asNumbers(subject: Subject, site: CallSite): Mutation[] {
  const index = rowOf(site)?.params.findIndex((p) => p.role === 'flags') ?? -1;
  const arg = site.args[index];
  if (arg?.node === undefined) return [];
  const old = flat(site.unit, arg);
  const names = [...old.matchAll(/\bFOLL_\w+/g)].map((m) => m[0]);
  const values = new Map(names.map((n) => [n, subject.model.flags(n).at(-1)?.value]));
  if (names.length === 0 || [...values.values()].includes(undefined)) return [];
  const whole = old.split('|').every((part) => values.has(part.trim()));
  const sum = [...values.values()].reduce<number>((a, b) => a | (b ?? 0), 0);
  const code = whole ? `0x${sum.toString(16)}` : old.replace(/\bFOLL_\w+/g, (n) => String(values.get(n)));
  return [atCall(site, [site], code, [{ start: arg.start, end: arg.end, text: code }])];
}
