/**
 * Text to unit: strip, preprocess, mask, split. Every step keeps the length, so an offset means the same in all of them.
 * Any text gives a unit; nothing here throws.
 */
import { LineIndex } from '../base/line-index.ts';
import { chooseBranches } from './choose.ts';
import { preprocess } from './preprocess.ts';
import { C_WORDS, splitTopLevel } from './split.ts';
import { strip, textOf } from './strip.ts';
import { matchBrackets, newTokens, tokenize, WordTable } from './tokens.ts';
import type { CUnit, PreprocessEnv } from './unit.ts';

export { decode, encode } from './decode.ts';

const WORDS = new WordTable(C_WORDS);
const scratch = newTokens();

/** Makes a unit of a decoded text for the newest kernel of `env.range`. */
export function loadUnit(path: string, text: string, env: PreprocessEnv): CUnit {
  const stripped = strip(text);
  const facts = preprocess(path, text, stripped, env);
  const chosen = chooseBranches(stripped.code, facts.groups);
  tokenize(scratch, stripped.code, WORDS);
  matchBrackets(scratch, stripped.code);
  const top = splitTopLevel({ t: scratch, code: stripped.code, words: WORDS, made: new Map() });
  let lines: LineIndex | undefined;
  return {
    path,
    text,
    code: textOf(stripped.code),
    get lines() {
      lines ??= new LineIndex(text);
      return lines;
    },
    functions: top.functions,
    declarations: top.declarations,
    macros: facts.macros,
    includes: facts.includes,
    conditions: chosen.conditions,
    range: env.range,
    guessed: chosen.guessed,
  };
}
