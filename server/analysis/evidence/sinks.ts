/** Where the data of the pages is used: DMA and I/O, copies by the CPU, or nothing but their numbers. */
import type { CallSite } from '../site.ts';
import type { TraceEvent, TraceKind } from '../trace-function.ts';
import type { PageTrace } from '../traces.ts';
import type { Clue } from './clue.ts';

/** The clues of what is done with the pages. */
export function sinkClues(site: CallSite, trace: PageTrace): Clue[] {
  const clues: Clue[] = [];
  const first = (kind: TraceKind): TraceEvent | undefined =>
    trace.events.find((e) => e.kind === kind && e.fn === site.fn) ?? trace.events.find((e) => e.kind === kind);
  const dma = first('dma');
  const carrier = first('carrier');
  if (dma !== undefined) {
    const text = `${dma.api ?? 'a device'}() gives the pages to a device`;
    clues.push({ kind: 'dma', ...place(dma), text, cases: { 1: 2.5, 2: 2.2 }, access: ['dma'] });
  } else if (carrier !== undefined) {
    const text = `${carrier.api ?? 'the request'}() puts the pages into an I/O request`;
    clues.push({ kind: 'carrier', ...place(carrier), text, cases: { 1: 1.8, 2: 1 }, access: ['dma'] });
  }
  const io = dma !== undefined || carrier !== undefined;
  for (const kind of ['read', 'write'] as const) {
    const access = first(kind);
    if (access === undefined) continue;
    const how = access.api === undefined ? 'the CPU' : `${access.api}()`;
    const text = kind === 'read' ? `${how} reads the data` : `${how} writes the data`;
    clues.push({ kind, ...place(access), text, cases: io ? { 5: 0.5 } : { 5: 2, 2: 1 }, access: [kind] });
  }
  if (clues.length === 0) clues.push(...quietClues(trace, first));
  if (trace.handedOut && site.reference !== 'none') {
    const at = { unit: site.unit, span: site.nameSpan };
    clues.push({ kind: 'handed-out', ...at, text: 'the pages go to the caller, who decides', cases: { 0: 2.5 } });
  }
  return clues;
}

/** Where no access is in sight: only numbers, or nothing at all. */
function quietClues(trace: PageTrace, first: (kind: TraceKind) => TraceEvent | undefined): Clue[] {
  const mapped = first('mapped');
  const number = first('number');
  const stored = number ?? first('transfer');
  if (stored !== undefined) {
    const text = 'only the number of the page is kept';
    return [{ kind: 'number', ...place(stored), text, cases: { 3: 0.7, 2: 0.7, 4: 0.5 } }];
  }
  if (mapped !== undefined) {
    const text = `${mapped.api ?? 'the kernel'}() gives the address or number of a page`;
    return [{ kind: 'address', ...place(mapped), text, cases: { 4: 0.7, 5: 0.5, 3: 0.5 } }];
  }
  const release = first('release');
  if (release === undefined || !trace.complete) return [];
  const text = 'nothing but struct page is used in this file';
  return [{ kind: 'struct-page', ...place(release), text, cases: { 4: 1.2, 3: 0.6 }, access: ['none'] }];
}

function place(e: TraceEvent): Pick<Clue, 'unit' | 'span'> {
  return { unit: e.unit, span: { start: e.node.start, end: e.node.end } };
}
