/**
 * Acquire calls whose result is tested for an error and for nothing else: how many pages came is lost on the way, so a short count
 * passes for all. By the text of the function; silent wherever the result appears in any other way.
 */
import { numberOfMacro } from '../../../analysis/flags/constants.ts';
import type { CallSite } from '../../../analysis/sites/site.ts';
import type { Span } from '../../../base/span.ts';
import type { RulePass } from '../../define.ts';
import { argumentOf } from '../facts.ts';
import { governedBy, isInLoop } from '../surroundings.ts';
import { resultVariable } from './result-variable.ts';

/** The test of a site's result for an error, where the count it holds otherwise is used nowhere; undefined where it is. */
export function lostCountTest(pass: RulePass, site: CallSite): Span | undefined {
  const { unit, fn, span } = site;
  const variable = resultVariable(site);
  const bytes = site.rows.some((row) => row.returns === 'bytes');
  const asked = argumentOf(site, bytes ? 'maxsize' : 'nr', pass)?.text;
  if (fn === undefined || variable === undefined || asked === undefined || /^\d+$/.test(asked)) return undefined;
  if (numberOfMacro(unit, asked) === 1) return undefined;
  if (!site.rows.every((row) => row.returns === (bytes ? 'bytes' : 'pages'))) return undefined;
  if (isInLoop(unit, fn, span.start)) return undefined;
  // An iterator that the call moved on knows how much came.
  if (bytes && /\biov_iter_(?:count|revert)\b|(?:->|\.)count\b/.test(unit.code.slice(span.end, fn.bodySpan.end)))
    return undefined;
  if (asksEntries(unit.code.slice(span.end, fn.bodySpan.end), argumentOf(site, 'pages', pass)?.text)) return undefined;
  const name = variable.name;
  const rest = unit.code.slice(span.end, fn.bodySpan.end);
  const seen = rest.slice(0, assignedAgain(withoutFailures(unit.code, span.end, rest, name), name));
  // A clean-up's own test says nothing of what the function makes of a short count.
  const test = testOf(name).exec(seen.replace(releaseIfAny(name), (m) => ' '.repeat(m.length)));
  if (test === null) return undefined;
  const others = withoutFailures(unit.code, span.end, seen, name)
    .replace(releaseIfAny(name), '')
    .replace(new RegExp(`\\b${name}\\s*=(?!=)`, 'g'), '=')
    .replace(new RegExp(testOf(name).source, 'g'), '');
  if (new RegExp(`\\b${name}\\b`).test(others)) return undefined;
  const start = span.end + test.index;
  return { start, end: start + test[0].length };
}

/** Whether a loop goes on as long as there is an entry: `for (p = pages; *p; p++)`, `while (pages[i])`. */
function asksEntries(behind: string, pages: string | undefined): boolean {
  const array = /(\w+)\W*$/.exec(pages ?? '')?.[1];
  if (array === undefined) return false;
  const names = [
    array,
    ...[...behind.matchAll(new RegExp(`(\\w+)\\s*=\\s*[\\w.>-]*\\b${array}\\s*[;,]`, 'g'))].flatMap((m) => m[1] ?? []),
  ];
  return names.some((n) =>
    new RegExp(
      `\\b(?:while\\s*\\(|for\\s*\\([^;]*;)[^;{}]*?(?:\\*\\s*[\\w.>-]*\\b${n}\\s*[;)&]|\\b${n}\\s*\\[[^\\]]*\\]\\s*[;)&!])`,
    ).test(behind),
  );
}

/** Where the variable gets another value on every way, so that the count in it is gone; the end of the text where it does not. */
function assignedAgain(text: string, name: string): number {
  const both = new RegExp(`\\bif\\s*\\([^;{}]*\\)\\s*${name}\\s*=(?!=)[^;{}]*;\\s*else\\s+${name}\\s*=(?!=)`, 'g');
  const arms = [...text.matchAll(both)].find((m) => depthOf(text.slice(0, m.index)) === 0)?.index ?? text.length;
  return Math.min(arms, assignedPlainly(text, name));
}

function depthOf(before: string): number {
  return before.split('{').length - before.split('}').length;
}

/** Where the variable gets another value by a statement of the outermost block of a text; its end where it does not. */
export function assignedPlainly(text: string, name: string): number {
  for (const m of text.matchAll(new RegExp(`\\b${name}\\s*=(?!=)`, 'g'))) {
    const before = text.slice(0, m.index);
    if (depthOf(before) === 0 && /[;{}]\s*$/.test(before)) return m.index;
  }
  return text.length;
}

/** `ret < 0`, `ret <= 0`, and the opposite that encloses the good case. */
function testOf(name: string): RegExp {
  return new RegExp(`\\b${name}\\s*(?:<=?|>=?)\\s*0\\b`);
}

/** `if (ret > 0) unpin_user_pages(pages, ret);`, which a clean-up does. */
function releaseIfAny(name: string): RegExp {
  return new RegExp(
    `\\bif\\s*\\(\\s*${name}\\s*>\\s*0\\s*\\)\\s*\\{?[^;{}]*\\b\\w*(?:unpin|put|release)\\w*\\s*\\([^;{}]*;`,
    'g',
  );
}

/** The text with the branches blanked that a test for an error governs: what they do with the result is about the error. */
function withoutFailures(code: string, offset: number, text: string, name: string): string {
  let out = text;
  for (const m of text.matchAll(
    new RegExp(`\\bif\\s*\\((?:[^;{}|]*&&)?\\s*(?:un)?(?:likely\\s*\\(\\s*)?(${name}\\s*<=?\\s*0)\\b`, 'g'),
  )) {
    const start = offset + m.index + m[0].length - (m[1]?.length ?? 0);
    const body = governedBy({ code }, { start, end: offset + m.index + m[0].length });
    const from = body.start - offset;
    const to = Math.min(body.end - offset, text.length);
    if (to > from) out = out.slice(0, from) + ' '.repeat(to - from) + out.slice(to);
  }
  return out;
}
