/** Pages counted from the bytes that an iterator call gave, where the first of them does not begin a page. */
import type { CallSite } from '../../../analysis/sites/site.ts';
import type { Span } from '../../../base/span.ts';
import { isAssignedIn, resultVariable } from './result-variable.ts';

/** Such a count. */
export interface BytesCounted {
  readonly span: Span;
  readonly length: string;
  readonly offset: string;
}

/** The count of pages behind a call that is made of its result alone; none where the function asks whether there is an offset. */
export function bytesWithoutOffset(site: CallSite): BytesCounted | undefined {
  const { unit, fn, span, api, args } = site;
  const offset = /^&\s*(\w+)$/.exec(args.at(-1)?.text.trim() ?? '')?.[1];
  const length = fn !== undefined && api.startsWith('iov_iter_') ? resultVariable(site)?.name : undefined;
  if (fn === undefined || offset === undefined || length === undefined) return undefined;
  const behind = unit.code.slice(span.end, fn.bodySpan.end);
  const asks = new RegExp(
    `\\b(?:if|BUG_ON|WARN_ON\\w*)\\s*\\(\\s*(?:unlikely\\s*\\(\\s*)?!?\\s*${offset}\\s*(?:[)&|%]|[!=]=)`,
  );
  const isAligned = /\biov_iter_(?:alignment|is_aligned)\s*\(/.test(unit.code.slice(fn.bodySpan.start, span.start));
  if (isAligned || asks.test(behind)) return undefined;
  const count = new RegExp(
    `\\b(?:DIV_ROUND_UP(?:_ULL)?\\s*\\(\\s*${length}\\s*,\\s*PAGE_SIZE\\s*\\)|PFN_(?:UP|DOWN)\\s*\\(\\s*${length}\\s*\\)|(?<![-+*&|/]\\s*)${length}\\s*(?:/\\s*PAGE_SIZE\\b|>>\\s*PAGE_SHIFT\\b))`,
  ).exec(behind);
  if (count === null) return undefined;
  const start = span.end + count.index;
  if (isAssignedIn(site, length, span.end, start)) return undefined;
  return { span: { start, end: start + count[0].length }, length, offset };
}
