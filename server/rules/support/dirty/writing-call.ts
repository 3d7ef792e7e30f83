/** Whether pages that were taken without FOLL_WRITE are written to. */
import type { CallSite } from '../../../analysis/sites/site.ts';
import type { Confidence } from '../../../engine/protocol.ts';
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
  const isOfSite = ({ site: found }: PageFinding): boolean => found === site;
  const found = pageFindings(pass, 'missing-foll-write').filter(isOfSite);
  const sure = found.find(({ problem }) => problem.confidence === 'high') ?? found[0];
  if (sure === undefined) return undefined;
  const { step, detail, confidence } = sure.problem;
  return { at: step, api: detail, confidence };
}

/** A place behind the site, in its function, at which the CPU writes to the data through an address of the pages. */
export function storeBehind(
  pass: RulePass,
  site: CallSite,
): { readonly at: UnitSpan; readonly by: string } | undefined {
  const { unit, fn } = site;
  const record = pass.recordOf(site);
  // The flags of an iterator's pages say nothing of writing.
  if (fn === undefined || record === undefined || site.api.startsWith('iov_iter_')) return undefined;
  for (const { kind, location } of record.evidence) {
    if (kind !== 'write' || location.file !== unit.path) continue;
    const start = unit.lines.offset(location);
    if (start < site.span.end || start >= fn.bodySpan.end || mayBeOthers(pass, site, start)) continue;
    const span = { start, end: unit.lines.offset({ line: location.endLine, column: location.endColumn }) };
    const by = /^\w+(?=\s*\()/.exec(unit.text.slice(span.start, span.end))?.[0];
    return { at: { unit, span }, by: by === undefined ? 'the CPU' : `${by}()` };
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
