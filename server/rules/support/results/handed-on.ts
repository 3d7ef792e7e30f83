/** Values that are handed to functions which may refuse them, by the text of a function. */
import { textCall } from '../../../analysis/calls/call-text.ts';
import { printsByName } from '../../../analysis/print-names.ts';

/** Calls that only fill, empty or hand a request back, reckon with a number, allocate as many, or print it. */
const PLAIN_CALLS =
  /^(?:copy_from_user|__copy_from_user|copy_to_user|__copy_to_user|memset|sizeof|get_user|__get_user|put_user|if|while|for|switch|return|\w*_user_pages\w*|(?!sg_)\w*alloc\w*|kv?free|release_pages|ERR_PTR|IS_ERR_VALUE|access_ok|offset_in_page|DIV_ROUND_UP\w*|PAGE_ALIGN\w*|ALIGN|round_?(?:up|down)|struct_size|array_size|size_mul|u64_to_user_ptr|PFN_(?:UP|DOWN)|(?:un)?likely|dma_(?:un)?map_\w+)$/;

/** Whether a call of a text gets what each of some patterns matches, to compare one with another. */
export function areHandedOn(text: string, patterns: readonly string[]): boolean {
  const named = patterns.map((p) => new RegExp(p));
  for (const m of text.matchAll(/\b\w+(?=\s*\()/g)) {
    const call = PLAIN_CALLS.test(m[0]) || printsByName(m[0]) ? undefined : textCall(text, m.index);
    const args = call?.args.map((arg) => text.slice(arg.start, arg.end).trim()) ?? [];
    if (named.every((n) => args.some((arg) => n.test(arg)))) return true;
  }
  return false;
}

/** Whether a call of a text gets what a pattern matches, and may compare it with whatever it likes. */
export function isHandedOn(text: string, pattern: string): boolean {
  return areHandedOn(text, [pattern]);
}
