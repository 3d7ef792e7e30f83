/**
 * ## What it does
 * Finds loops that take pages in pieces until all are there and go on when a call takes none.
 *
 * ## Why is this bad?
 * A result of 0 moves nothing forward: the same call is made again with the same arguments, forever, with the process in the kernel.
 * 0 comes back where a walk ends without a page and without an error.
 *
 * ## Example
 * ```c bad kernel=6.6
 * static long demo_take(unsigned long addr, long n, struct page **pages)
 * {
 * 	long done = 0, got = 0;
 *
 * 	mmap_read_lock(current->mm);
 * 	while (done < n) {
 * 		got = pin_user_pages(addr + done * PAGE_SIZE, n - done, FOLL_WRITE, pages + done);
 * 		if (got < 0)
 * 			break;
 * 		done += got;
 * 	}
 * 	mmap_read_unlock(current->mm);
 * 	if (done < n)
 * 		unpin_user_pages(pages, done);
 * 	return done < n ? got : 0;
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static long demo_take(unsigned long addr, long n, struct page **pages)
 * {
 * 	long done = 0, got = 0;
 *
 * 	mmap_read_lock(current->mm);
 * 	while (done < n) {
 * 		got = pin_user_pages(addr + done * PAGE_SIZE, n - done, FOLL_WRITE, pages + done);
 * 		if (got <= 0)
 * 			break;
 * 		done += got;
 * 	}
 * 	mmap_read_unlock(current->mm);
 * 	if (done < n)
 * 		unpin_user_pages(pages, done);
 * 	return done == n ? 0 : got < 0 ? got : -EFAULT;
 * }
 * ```
 *
 * ## Kernels
 * Until 6.7, where that became -EFAULT. What later kernels return 0 for are arguments that pin_user_pages() refuses with a warning: such a call is
 * another rule's.
 *
 * ## Limits
 * Told from the text: a while or for loop, the call's result in a variable that the condition's cursor grows by or its rest shrinks by,
 * and no test in the loop that a result of 0 fails. Loops that count their turns, or look at the time, end by themselves.
 *
 * ## Fix safety
 * No fix.
 *
 * ## References
 * get_user_pages_remote() in mm/gup.c.
 */
import { version } from '../../model/version.ts';
import type { CallSite } from '../analysis/sites/site.ts';
import type { Span } from '../base/span.ts';
import { defineRule } from './define.ts';
import { bothOf, isEmpty } from './support/kernels.ts';
import { resultVariable } from './support/results/result-variable.ts';
import { governedBy } from './support/surroundings.ts';

/** See the head of the file. */
export const noProgressLoop = defineRule({
  name: 'no-progress-loop',
  group: 'result',
  summary: 'A loop that takes pages goes on when a call takes none',
  severity: 'warning',
  fix: 'none',
  check(pass) {
    for (const site of pass.sites) {
      if (site.unit !== pass.unit || site.via !== undefined || !returnsCount(site)) continue;
      const on = bothOf(pass.liveOn(site), [MAY_TAKE_NONE]);
      if (isEmpty(on)) continue;
      const variable = resultVariable(site);
      const loop = variable === undefined ? undefined : loopAround(site, variable.name);
      if (variable === undefined || loop === undefined || stopsAtZero(site, loop, variable.name)) continue;
      pass.report({
        message: `this loop ends when ${site.api}() has taken all pages, and a result of 0, which {kernels} can give, takes it no further: the same call comes again without end; give up where ${variable.name} is 0, too`,
        kernels: on,
        at: { unit: site.unit, span: site.nameSpan },
        functionName: site.fn?.name ?? '',
        site,
        confidence: 'medium',
        related: [{ at: { unit: site.unit, span: loop.condition }, message: 'nothing else ends the loop' }],
      });
    }
  },
});

function returnsCount({ rows }: CallSite): boolean {
  return rows.length > 0 && rows.every((row) => row.returns === 'pages' || row.returns === 'pages-not-negative');
}

/** Until 6.7 a slow walk could end without a page and without an error; since then that is -EFAULT (mm/gup.c). */
const MAY_TAKE_NONE = { since: 0, until: version('6.7') };

interface Loop {
  readonly condition: Span;
  readonly body: Span;
}

/** The innermost loop whose condition asks for a cursor that the result moves. */
function loopAround({ unit, fn, span }: CallSite, name: string): Loop | undefined {
  if (fn === undefined) return undefined;
  const { code } = unit;
  const text = code.slice(fn.bodySpan.start, span.start);
  let found: Loop | undefined;
  for (const m of text.matchAll(/\b(?:while\s*\(|for\s*\([^;]*;)\s*([^;(){}]+?)\s*(?=[;)])/g)) {
    const end = fn.bodySpan.start + m.index + m[0].length;
    const condition = { start: end - (m[1] ?? '').length, end };
    const body = governedBy(unit, condition);
    if (body.start > span.start || body.end < span.end) continue;
    if (isMoved(`${code.slice(condition.end, body.end)}`, m[1] ?? '', name)) found = { condition, body };
  }
  return found;
}

/** Whether a variable of the condition grows or shrinks by the result and by nothing else, and none of it counts turns. */
function isMoved(code: string, condition: string, name: string): boolean {
  const cursors = [...condition.matchAll(/(?<![\w.>])[A-Za-z_]\w*/g)].map(([word]) => word);
  const countsTurns = cursors.some((cursor) => {
    const counted = `\\b${cursor}\\s*(?:\\+\\+|--)|(?:\\+\\+|--)\\s*${cursor}\\b|(?<![\\w.>])${cursor}\\s*[-+]=\\s*\\d`;
    return new RegExp(counted).test(`${condition};${code}`);
  });
  if (countsTurns) return false;
  return cursors.some((cursor) => {
    const moves = [
      ...code.matchAll(new RegExp(`(?<![\\w.>])${cursor}\\s*(?:([-+])=\\s*([^;),]+)|=(?!=)\\s*([^;]+))`, 'g')),
    ];
    const byResult = moves.filter((m) => m[2]?.trim() === name);
    return moves.length > 0 && byResult.length === moves.length;
  });
}

/** Conditions that hold after so many turns, or so much time, whatever the call gives. */
const GIVES_UP_IN_TIME =
  /\b(?:if|while)\s*\((?:[^;{}]*(?:\b(?:time_(?:after|before)\w*|time_is_\w+|ktime_\w+|\w*signal_pending|kthread_should_\w+)\s*\(|\+\+|--(?!>))[^;{}]*)\)\s*(?:\{[^{}]*)?\b(?:break|return|goto)\b/;

/** Whether something in the loop asks whether the result is 0, or is told apart from what was asked for. */
function stopsAtZero({ unit, span }: CallSite, { body }: Loop, name: string): boolean {
  const code = unit.code.slice(span.start, body.end);
  const whole = unit.code.slice(body.start, body.end);
  const v = `(?<![\\w.>])${name}\\b`;
  if (new RegExp(`\\bswitch\\s*\\(\\s*${v}`).test(code)) return true;
  if (
    new RegExp(
      `${v}\\s*(?:<=|==|!=|>(?!=)|>=|<(?!\\s*0\\b))|(?:[<>]=?|[=!]=)\\s*${v}|!\\s*${v}|\\(\\s*(?:un)?likely\\(\\s*!?\\s*${v}|\\(\\s*${v}\\s*\\)\\s*(?:\\{|\\w)`,
    ).test(code)
  )
    return true;
  return /\b(?:signal_pending|fatal_signal_pending)\b/.test(whole) || GIVES_UP_IN_TIME.test(whole);
}
