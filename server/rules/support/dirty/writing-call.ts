/** Whether pages that were taken without FOLL_WRITE are written to, in the function that took them or elsewhere in its file. */
import { functionAt, treeOf } from '../../../analysis/calls/call-index.ts';
import { isTowardsMemory, TOWARDS_MEMORY } from '../../../analysis/flags/constants.ts';
import type { CallSite } from '../../../analysis/sites/site.ts';
import { argumentIndex } from '../../../analysis/traces/trace-reach.ts';
import { argumentNodes, calleeOf, codeOf, pathTo } from '../../../analysis/trees.ts';
import type { Span } from '../../../base/span.ts';
import type { Confidence } from '../../../engine/protocol.ts';
import type { CUnit, FunctionDef } from '../../../syntax/unit.ts';
import type { RulePass, UnitSpan } from '../../define.ts';
import { argumentOf } from '../facts.ts';
import { type PageFinding, pageFindings } from '../flow-report.ts';

/** Whether the flags have FOLL_WRITE, or may have it, or are not known. */
export function asksForWrite({ flags }: CallSite): boolean {
  return !flags.known || flags.may.has('FOLL_WRITE') || flags.must.has('FOLL_WRITE');
}

/** A call that gets pages of a site, as some path through the code leads them there, and writes to them or maps them for a device that does. */
export interface WritingCall {
  readonly at: UnitSpan;
  readonly api: string;
  readonly confidence: Confidence;
}

/** The surest of such calls; undefined where path analysis met none. */
export function writingCall(pass: RulePass, site: CallSite): WritingCall | undefined {
  const isHere = (p: { readonly unit: CUnit; readonly span: Span }): boolean =>
    p.unit === site.unit && p.span.start === site.span.start;
  const isOfSite = ({ site: found, resource }: PageFinding): boolean =>
    site.via === undefined ? found === site : resource.origin.chain.some(isHere);
  const found = pageFindings(pass, 'missing-foll-write').filter(isOfSite);
  const sure = found.find(({ problem }) => problem.confidence === 'high') ?? found[0];
  if (sure === undefined) return undefined;
  const { step, detail, confidence } = sure.problem;
  return { at: step, api: detail, confidence };
}

/** Such a place; `elsewhere`: in another function than the site. */
export interface WrittenAt {
  readonly at: UnitSpan;
  readonly by: string;
  readonly elsewhere: boolean;
}

/**
 * A place at which the CPU writes to the data through an address of the pages, or they are mapped for a device that does: behind the site, in
 * its function, or in another one of the file where no other call of the file takes pages that may be written.
 */
export function storeBehind(pass: RulePass, site: CallSite): WrittenAt | undefined {
  const { unit, fn } = site;
  const record = pass.recordOf(site);
  // The flags of an iterator's pages say nothing of writing.
  if (fn === undefined || record === undefined || site.api.startsWith('iov_iter_')) return undefined;
  const alone = isOnlyTaker(pass, site);
  for (const { kind, location } of record.evidence) {
    if ((kind !== 'write' && kind !== 'dma') || location.file !== unit.path) continue;
    const start = unit.lines.offset(location);
    const here = start >= site.span.end && start < fn.bodySpan.end;
    if (!here && !(alone && functionAt(unit, start) !== fn)) continue;
    if (kind === 'dma' && !isWritingMap(pass, start)) continue;
    if (here && mayBeOthers(pass, site, start)) continue;
    const span = { start, end: unit.lines.offset({ line: location.endLine, column: location.endColumn }) };
    const by = /^\w+(?=\s*\()/.exec(unit.text.slice(span.start, span.end))?.[0];
    return { at: { unit, span }, by: by === undefined ? 'the CPU' : `${by}()`, elsewhere: !here };
  }
  return undefined;
}

/** Whether the variable that got the pages may hold others at an offset behind: it is assigned, or another call fills it that asks for writing. */
function mayBeOthers(pass: RulePass, site: CallSite, offset: number): boolean {
  const name = filledBy(pass, site);
  if (name === undefined) return false;
  const between = site.unit.code.slice(site.span.end, offset);
  if (new RegExp(`(?<![\\w.>])${name}\\s*(?:\\[[^\\]]*\\]\\s*)?=(?!=)`).test(between)) return true;
  return pass.sites.some((s) => s.fn === site.fn && s !== site && asksForWrite(s) && filledBy(pass, s) === name);
}

/** The variable in which a call stores its pages. */
function filledBy(pass: RulePass, site: CallSite): string | undefined {
  return /^&?\s*(\w+)/.exec(argumentOf(site, 'pages', pass)?.text ?? '')?.[1];
}

/** Whether no other call of the file takes pages, or only for reading: what is written there are those of the site. */
export function isOnlyTaker({ sites }: RulePass, site: CallSite): boolean {
  return sites.every((s) => s === site || s.unit !== site.unit || s.reference === 'none' || s.via === site.fn?.name);
}

/** Whether a call at an offset maps pages for a device that writes to them, or may: its function chooses the direction, or asks for it. */
function isWritingMap({ model, unit }: RulePass, offset: number): boolean {
  const fn = functionAt(unit, offset);
  if (fn === undefined) return false;
  const call = pathTo(treeOf(unit, fn), { start: offset, end: offset + 1 }).findLast(
    (n) => n.type === 'call_expression',
  );
  const callee = call === undefined ? undefined : calleeOf(call);
  if (call === undefined || callee === undefined) return false;
  return model.rows(codeOf(unit, callee)).some((row) =>
    row.effects.some(({ op, direction }) => {
      const index = op === 'map' ? argumentIndex(direction ?? '') : undefined;
      const arg = index === undefined ? undefined : argumentNodes(call)[index];
      const text = arg === undefined ? '' : codeOf(unit, arg).trim();
      return isTowardsMemory(text) || (/^\w+$/.test(text) && mayBeTowardsMemory(unit, fn, text));
    }),
  );
}

/** Whether a function sets a direction to one in which the device writes, or asks whether it is one and goes on. */
function mayBeTowardsMemory(unit: CUnit, { bodySpan }: FunctionDef, name: string): boolean {
  const body = unit.code.slice(bodySpan.start, bodySpan.end);
  const sets = new RegExp(`\\b${name}\\s*=(?!=)[^;]*\\b${TOWARDS_MEMORY}\\b`);
  const asks = new RegExp(`\\b${name}\\s*==\\s*${TOWARDS_MEMORY}\\s*\\)?\\s*\\?`);
  return sets.test(body) || asks.test(body);
}
