/**
 * Analyses files of a kernel tree with the engine's own function, as they are or with one text replaced; nothing is written.
 * Units of the other files are loaded once and renewed for each text, since conclusions kept with them may rest on the mutated file.
 */
import { type KernelRange, parseRange } from '../../model/version.ts';
import type { FlowProblem } from '../../server/analysis/paths/flow-problem.ts';
import { analyzeFile } from '../../server/engine/analyze.ts';
import { DEFAULT_SETTINGS, resolveConfig } from '../../server/engine/config.ts';
import { Headers, HeaderTexts } from '../../server/engine/headers.ts';
import type { FileSystem } from '../../server/engine/host.ts';
import { modelPrefilter, type Prefilter } from '../../server/engine/prefilter.ts';
import { Project } from '../../server/engine/project.ts';
import type { FileResult, KernelTree, ResolvedConfig } from '../../server/engine/protocol.ts';
import { ruleNames } from '../../server/engine/rule-table.ts';
import { createFileSystem } from '../../server/host/files.ts';
import { LocalExecutor } from '../../server/host/local.ts';
import { defineRule, type Rule, type RulePass } from '../../server/rules/define.ts';
import { rules } from '../../server/rules/registry.ts';
import { decode } from '../../server/syntax/decode.ts';
import type { LiveUnit } from '../../server/syntax/live-unit.ts';
import type { CUnit, PreprocessEnv } from '../../server/syntax/unit.ts';
import type { Seen } from './subject.ts';

/** What analysing one text gave. */
export interface Analysis {
  readonly result: FileResult;
  /** What the paths gave before rules look at it. */
  readonly problems: readonly FlowProblem[];
  /** Why functions were given up. */
  readonly skipped: readonly string[];
  readonly seen: Seen | undefined;
}

/** A kernel tree to analyse texts in. */
export class Laboratory {
  readonly #fs: FileSystem;
  readonly #prefilter: Prefilter = modelPrefilter();
  readonly #headers: Headers;
  readonly #config: ResolvedConfig;
  readonly #tree: KernelTree;
  readonly #units = new Map<string, LiveUnit>();
  readonly #texts = new Map<string, string>();
  readonly #byDirectory = new Map<string, string[]>();
  /** The kernels aimed at: that of the tree. */
  readonly range: KernelRange;

  constructor(root: string, series: string) {
    const range = parseRange(series);
    if (range === undefined) throw new Error(`not a kernel: ${series}`);
    this.range = range;
    this.#fs = createFileSystem(root);
    this.#headers = new Headers(this.#fs, new HeaderTexts(this.#prefilter));
    this.#config = resolveConfig({ ...DEFAULT_SETTINGS, kernel: range, minConfidence: 'low' }, undefined);
    this.#tree = { root: '.', range };
  }

  /** The files of the tree that name something of the model, in order. */
  scan(): readonly string[] {
    const scanner = new LocalExecutor(this.#fs, performance);
    const walk = this.#fs.walk(['.']);
    const found: string[] = [];
    for (let files = walk.next(); files.length > 0; files = walk.next()) {
      for (const { index } of scanner.scanNow({ files }).hits) found.push((files[index] ?? '').replace(/^\.\//, ''));
    }
    for (const file of found) {
      if (!file.endsWith('.c')) continue;
      const directory = directoryOf(file);
      this.#byDirectory.set(directory, [...(this.#byDirectory.get(directory) ?? []), file]);
    }
    return found.sort();
  }

  /** The text of a file as it is. */
  text(file: string): string {
    let text = this.#texts.get(file);
    if (text === undefined) {
      const read = this.#fs.read(file);
      if (read.kind === 'problem') throw new Error(`${file}: ${read.problem.message}`);
      text = decode(read.bytes).text;
      this.#texts.set(file, text);
    }
    return text;
  }

  /** Analyses a file with this text in its place. */
  analyse(file: string, text: string): Analysis {
    const directory = directoryOf(file);
    const neighbours = this.#byDirectory.get(directory) ?? [];
    const texts = new Map(neighbours.map((n) => [n, n === file ? text : this.text(n)]));
    texts.set(file, text);
    const units = {
      unit: (path: string, now: string, env: PreprocessEnv, load: () => LiveUnit): CUnit =>
        path === file ? load() : this.#unit(path, now, env, load),
    };
    const tools = { fs: this.#fs, prefilter: this.#prefilter, headers: this.#headers, units };
    const project = new Project(tools, this.#config, { directory, texts });
    project.knowNeighbours(directory, neighbours);
    const { probe, passes } = probeRule();
    const context = {
      project,
      config: this.#config,
      tree: this.#tree,
      rules: [...rules, probe],
      ruleNames: ruleNames(),
      clock: performance,
    };
    const result = analyzeFile({ file, text }, context);
    const pass = passes.at(-1);
    const seen: Seen | undefined =
      pass === undefined
        ? undefined
        : { file, unit: pass.unit, model: pass.model, project, calls: pass.calls, sites: pass.sites, flow: pass.flow };
    return {
      result,
      problems: passes.flatMap((p) => p.flow.problems),
      skipped: passes.flatMap((p) => p.flow.skipped.map((s) => `${s.functionName}: ${s.reason}`)),
      seen,
    };
  }

  #unit(path: string, text: string, env: PreprocessEnv, load: () => LiveUnit): CUnit {
    const key = `${env.range.since}:${env.range.until}:${path}`;
    const known = this.#units.get(key);
    if (known !== undefined && known.text === text) {
      known.renewSurroundings();
      return known;
    }
    const unit = load();
    this.#units.set(key, unit);
    return unit;
  }
}

function directoryOf(file: string): string {
  const slash = file.lastIndexOf('/');
  return slash < 0 ? '.' : file.slice(0, slash);
}

/** A rule that reports nothing and keeps what rules may read. */
function probeRule(): { readonly probe: Rule; readonly passes: RulePass[] } {
  const passes: RulePass[] = [];
  const probe = defineRule({
    name: 'mutation-probe',
    group: 'own',
    summary: 'keeps what rules may read',
    severity: 'info',
    fix: 'none',
    check: (pass) => {
      passes.push(pass);
    },
  });
  return { probe, passes };
}
