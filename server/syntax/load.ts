/**
 * Text to unit: strip, preprocess, settle open #if, blank annotations, split. Every step keeps the length, so an offset means
 * the same in all of them. Any text gives a unit; nothing here throws.
 */
import { chooseBranches, markOpenGroups } from './choose.ts';
import { LiveUnit } from './live-unit.ts';
import { maskAnnotations } from './mask-annotations.ts';
import { type Group, preprocess } from './preprocess.ts';
import { splitTopLevel } from './split.ts';
import { strip, textOf } from './strip.ts';
import { matchBrackets, newTokens, tokenize } from './tokens.ts';
import type { CUnit, OpenBranch, PreprocessEnv, VersionRegion } from './unit.ts';
import { WORDS } from './vocabulary.ts';

export { decode, encode } from './decode.ts';

const scratch = newTokens();

const environments = new WeakMap<CUnit, PreprocessEnv>();

/** What a unit was loaded with. A unit made elsewhere has no headers and no definitions. */
export function environmentOf(unit: CUnit): PreprocessEnv {
  return environments.get(unit) ?? { range: unit.range, defines: new Map() };
}

/** Makes a unit of a decoded text for the newest kernel of `env.range`; see `liveRanges` for ranges whose kernels see different code. */
export function loadUnit(path: string, text: string, env: PreprocessEnv): LiveUnit {
  const stripped = strip(text);
  const { code } = stripped;
  const facts = preprocess(path, text, stripped, env);
  const open = markOpenGroups(code, facts.groups);
  const source = { t: scratch, code, words: WORDS };
  tokenize(scratch, code, WORDS);
  const chosen = open.length === 0 ? { conditions: [], guessed: [] } : chooseBranches(source, open);
  const annotations = maskAnnotations(scratch, code, WORDS);
  matchBrackets(scratch, code, WORDS);
  const top = splitTopLevel(source);
  const unit = new LiveUnit({
    path,
    text,
    code: textOf(code),
    functions: top.functions,
    declarations: top.declarations,
    macros: facts.macros,
    includes: facts.includes,
    conditions: chosen.conditions,
    annotations,
    regions: facts.groups.flatMap(regionsOf),
    range: env.range,
    guessed: chosen.guessed,
    openBranches: open.flatMap(openBranchesOf),
  });
  environments.set(unit, env);
  return unit;
}

function openBranchesOf(g: Group): OpenBranch[] {
  const live = g.branches.filter((b) => b.state === undefined);
  return live.map(({ body, source }) => ({
    body,
    source,
    sources: g.branches.flatMap((b) => (b.source === '' ? [] : [b.source])),
    others: live.filter((b) => b.body !== body).map((b) => b.body),
  }));
}

function regionsOf(g: Group): VersionRegion[] {
  return g.branches.filter((b) => b.versioned).map((b) => ({ span: b.body, kernels: b.kernels }));
}
