/** Whether a call asks for pages that may be written: a call of the API, or of a wrapper that passes its caller's flags on. */
import type { CallSiteInfo, Frame } from './frame.ts';
import type { Resource } from './resource.ts';

/** Whether the flags at a call hold FOLL_WRITE surely, possibly or not; `maybe` where the call takes no pages, or not by known flags. */
export function askedForWriting(frame: Frame, { instr }: CallSiteInfo): Resource['write'] {
  const flags = frame.program.flagsAt(frame.unit, instr.span.start);
  if (flags === undefined) return 'maybe';
  if (flags.must.has('FOLL_WRITE')) return 'yes';
  return flags.may.has('FOLL_WRITE') || !flags.known ? 'maybe' : 'no';
}
