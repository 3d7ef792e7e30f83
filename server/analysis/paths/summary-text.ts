/** A function's summary for people: under which results it takes, gives back, stores or dirties which pages, and where. */
import type { EntryEvent } from './path-state.ts';
import type { Resource, Step } from './resource.ts';
import type { Summary, SummaryCase } from './summary.ts';

/** Lines of text; places are spelled as C would: `arg0->pages[*]`. */
export function summaryText(summary: Summary): string {
  const lines = [`${summary.name}()${summary.complete ? '' : ' (not analysed to the end)'}`];
  if (!summary.effective) lines.push('  nothing that concerns pages');
  for (const c of summary.cases) lines.push(...caseText(c));
  return `${lines.join('\n')}\n`;
}

function caseText(c: SummaryCase): string[] {
  const out = [`  returns ${rangeText(c.returns.low, c.returns.high)}${conditions(c)}`];
  for (const r of c.resources)
    out.push(`    takes ${resourceText(r)}`, ...handles(c, r).map((h) => `      reached through ${h}`));
  for (const e of c.events) out.push(`    ${eventText(e)}`);
  for (const [lock, step] of c.locksTaken) out.push(`    leaves ${lock} locked, ${stepText(step)}`);
  return out;
}

function rangeText(low: number, high: number): string {
  if (low === high) return String(low);
  if (high < 0) return 'a negative errno';
  if (low > 0) return low === 1 ? 'more than 0' : `at least ${low}`;
  if (low === 0 && high === Number.POSITIVE_INFINITY) return '0 or more';
  if (high === 0 && low < 0) return '0 or a negative errno';
  return 'anything';
}

function conditions(c: SummaryCase): string {
  const parts = c.requires.map((r) => {
    const place = placeText(r.key);
    if (r.interval.low === r.interval.high) return `${place} == ${r.interval.low}`;
    if (r.interval.low > 0) return `${place} > 0`;
    if (r.interval.high < 0) return `${place} < 0`;
    return r.nonzero ? `${place} != 0` : '';
  });
  for (const o of c.oneOf) parts.push(`${placeText(o.key)} is ${o.constants.join(' or ')}`);
  const said = parts.filter((p) => p !== '');
  return said.length === 0 ? '' : `, when ${said.join(' and ')}`;
}

function resourceText(r: Resource): string {
  const how = r.reference === 'pin' ? 'pinned' : r.reference === 'get' ? 'gotten' : 'held';
  return `pages ${how} by ${r.origin.api}() in ${r.origin.functionName}(), ${placeOf(r.origin.unit.path, r.origin.unit.lines.at(r.origin.span.start).line)}`;
}

function handles(c: SummaryCase, r: Resource): string[] {
  const writes = c.writes
    .filter((w) => w.value.kind === 'made' && w.value.prov.includes(r.id))
    .map((w) => placeText(w.place));
  const result = c.result.kind === 'made' && c.result.prov.includes(r.id) ? ['the result'] : [];
  return [...result, ...writes.filter((w) => !w.startsWith('g:'))];
}

function eventText(e: EntryEvent): string {
  const what =
    e.path === ''
      ? e.owner === undefined
        ? 'pages'
        : `${e.owner.tag === undefined ? '' : `struct ${e.owner.tag}.`}${e.owner.field}`
      : placeText(e.path);
  const verb = {
    release: 'gives back',
    dirty: 'marks dirty',
    access: 'uses',
    map: 'maps',
    unmap: 'takes back the mapping of',
    free: 'frees',
    take: 'takes over',
    copy: 'copies',
    doubt: 'may give back',
    told: 'passes on the number of',
  }[e.kind];
  return `${verb} ${what}${e.api === '' ? '' : ` with ${e.api}()`}, ${stepText(e.step)}`;
}

function stepText(step: Step): string {
  return placeOf(step.unit.path, step.unit.lines.at(step.span.start).line);
}

function placeOf(path: string, line: number): string {
  return `${path}:${line}`;
}

/** `arg0[*].pages@[*]@` as C: `arg0->pages[*]`. */
function placeText(key: string): string {
  return key
    .replace(/@/g, '')
    .replace(/\(& (\S+) (\S+)\)/, '($1 & $2)')
    .replace(/\^([\w~]+)/g, ' (container of $1)')
    .replace(/\[\*\]\.(?!<)/g, '->')
    .replace(/\.<[^>]*>/g, '')
    .replace(/%/g, '[each]');
}
