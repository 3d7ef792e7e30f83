/** What is wrong in configuration files without making them useless: rules that do not exist, ignore entries that match nothing. */
import { modify } from 'jsonc-parser';
import { closest } from '../base/closest.ts';
import { LineIndex } from '../base/line-index.ts';
import type { Span } from '../base/span.ts';
import { type Complaint, complaintFinding } from './complaint.ts';
import type { Settings } from './config.ts';
import type { ConfigFile } from './config-file.ts';
import { fingerprint, type UnmarkedFinding } from './fingerprint.ts';
import type { Scanned } from './inputs.ts';
import { locate } from './locate.ts';
import { directoryOf, isWithin } from './paths.ts';
import type { FileResult, Finding, Fix, ResolvedConfig } from './protocol.ts';
import { ruleNames } from './rule-table.ts';

/** What the run knows when it judges its configuration files. */
export interface ConfigJudgement {
  readonly files: readonly FileResult[];
  readonly configOf: ReadonlyMap<string, ResolvedConfig>;
  readonly scanned: Scanned;
  readonly settings: Settings;
}

/** The findings in the configuration files of a run. */
export function configFindings(configs: readonly ConfigFile[], known: ConfigJudgement): Finding[] {
  return configs.flatMap((config) => {
    const found = [...unknownRules(config), ...unusedEntries(config, known)];
    const levels = { ...config.rules, ...known.settings.rules };
    return fingerprint(found).flatMap((finding) => {
      const level = levels[finding.rule];
      return level === 'off' ? [] : [{ ...finding, severity: level ?? finding.severity }];
    });
  });
}

function unknownRules(config: ConfigFile): UnmarkedFinding[] {
  const names = ruleNames();
  return config.mentions
    .filter((mention) => !names.has(mention.name))
    .map((mention) => {
      const meant = closest(mention.name, names);
      const hint = meant === undefined ? 'guplint rules lists them all' : `did you mean ${meant}?`;
      const fixes = meant === undefined ? [] : [edit(config, `write ${meant}`, mention, meant)];
      return finding(config, {
        rule: 'unknown-rule',
        span: mention,
        message: `there is no rule '${mention.name}': ${hint}`,
        fixes,
      });
    });
}

/** Entries that silenced nothing, where all that they could speak of was looked at. */
function unusedEntries(config: ConfigFile, known: ConfigJudgement): UnmarkedFinding[] {
  const { scanned, files, configOf } = known;
  const directory = directoryOf(config.path);
  const whole = scanned.directories.some((d) => isWithin(d, directory)) && scanned.problems.length === 0;
  if (!whole) return [];
  const used = new Set(files.filter((f) => configOf.get(f.file)?.file === config.path).flatMap((f) => f.usedIgnores));
  const names = ruleNames();
  const levels = { ...config.rules, ...known.settings.rules };
  return config.ignore.flatMap((entry, i) => {
    if (used.has(i) || !names.has(entry.rule) || levels[entry.rule] === 'off') return [];
    const edits = modify(config.text, ['ignore', i], undefined, {}).map((e) => ({
      location: locate(placed(config), { start: e.offset, end: e.offset + e.length }),
      newText: e.content,
    }));
    const fix: Fix = { title: `remove the entry for ${entry.rule}`, applicability: 'safe', edits };
    const message = `this entry silences no ${entry.rule}`;
    return [finding(config, { rule: 'unused-suppression', span: entry, message, fixes: [fix] })];
  });
}

function placed(config: ConfigFile): { readonly path: string; readonly lines: LineIndex } {
  return { path: config.path, lines: new LineIndex(config.text) };
}

function edit(config: ConfigFile, title: string, span: Span, newText: string): Fix {
  return { title, applicability: 'safe', edits: [{ location: locate(placed(config), span), newText }] };
}

function finding(config: ConfigFile, complaint: Complaint): UnmarkedFinding {
  const { start, end } = complaint.span;
  const statement = config.text.slice(start, end).replace(/\s+/g, ' ');
  return complaintFinding({ ...placed(config), functionName: '', statement }, complaint);
}
