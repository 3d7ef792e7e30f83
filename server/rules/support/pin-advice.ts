/** What a message advises where plain references should be pins: the counterpart on the kernels aimed at, or that they have none. */
import { formatVersion } from '../../../model/version.ts';
import type { CallSite } from '../../analysis/sites/site.ts';
import type { RulePass } from '../define.ts';
import { availability, pinFor, pinNameOf } from '../fixes/conversion/acquire.ts';
import { pinnable } from './case-report.ts';
import { kernelsOf } from './facts.ts';

/**
 * What to call instead of a get function, for the end of a message: the counterpart that pins with the way its pages are given back, or
 * that the kernels aimed at have none (iterators: iov_iter_extract_pages(), lib/iov_iter.c since 6.3).
 */
export function pinAdvice(pass: RulePass, site: CallSite, { flag = '', release }: PinAdvice): string {
  const { api } = site;
  const iterator = api.startsWith('iov_iter_');
  const near = api.includes('remote') ? 'pin_user_pages_remote' : 'pin_user_pages_fast';
  // Some take FOLL_LONGTERM on newer kernels only.
  const fitting = flag.includes('FOLL_LONGTERM') ? pinFor(pass, site, ['FOLL_LONGTERM']) : undefined;
  const name = iterator ? 'iov_iter_extract_pages' : (fitting ?? pinNameOf(api) ?? near);
  const found = availability(pass, name, pinnable(pass, site));
  if (found !== undefined && found.since === undefined) return `use ${name}()${flag} and ${release}`;
  const since = kernelsOf(pass.model.allRows(name))[0]?.since ?? 0;
  return `${name}(), which pins, came with ${formatVersion(since)}: no function ${iterator ? 'of iterators ' : ''}pins before`;
}

/** How the advice ends. */
export interface PinAdvice {
  /** ` with FOLL_LONGTERM`, where that is part of it. */
  readonly flag?: string;
  /** `unpin them`, or what else gives them back. */
  readonly release: string;
}
