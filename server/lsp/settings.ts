/** The editor's settings, read from whatever JSON a client sends: what is missing or makes no sense has its default. */
import { parseRange } from '../../model/version.ts';
import { DEFAULT_SETTINGS, type Settings } from '../engine/config.ts';
import type { Confidence, Level } from '../engine/protocol.ts';
import type { DefineValue } from '../syntax/unit.ts';

/** What a client can set, section `guplint`. */
export interface EditorSettings {
  readonly enabled: boolean;
  /** The same settings as the command line's options; they win over guplint.json. */
  readonly engine: Settings;
  readonly baseline: boolean;
  readonly codeLens: boolean;
  readonly inlayCases: boolean;
  readonly inlayFlags: boolean;
  /** When a document is analysed again. */
  readonly run: 'onType' | 'onSave';
  /** What could not be understood, in words for the user. */
  readonly complaints: readonly string[];
}

const LEVELS: ReadonlySet<string> = new Set(['off', 'info', 'warning', 'error']);

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function flag(value: unknown, fallback: boolean): boolean {
  return typeof value === 'boolean' ? value : fallback;
}

/** Reads settings. Never throws. */
export function readSettings(value: unknown): EditorSettings {
  const complaints: string[] = [];
  const s = objectOf(value);
  const kernelText = typeof s.kernel === 'string' ? s.kernel.trim() : '';
  const kernel = kernelText === '' || kernelText === 'auto' ? undefined : parseRange(kernelText);
  if (kernel === undefined && kernelText !== '' && kernelText !== 'auto')
    complaints.push(`guplint.kernel: '${kernelText}' is no kernel; write 6.12, 6.1..6.12 or auto`);
  const rules: Record<string, Level> = {};
  for (const [name, level] of Object.entries(objectOf(s.rules))) {
    if (typeof level === 'string' && LEVELS.has(level)) rules[name] = level as Level;
    else complaints.push(`guplint.rules: '${name}' must be off, info, warning or error`);
  }
  const confidence = s.minConfidence;
  const minConfidence: Confidence =
    confidence === 'low' || confidence === 'high' ? confidence : DEFAULT_SETTINGS.minConfidence;
  const configFile = typeof s.configFile === 'string' && s.configFile.trim() !== '' ? s.configFile : undefined;
  const inlay = objectOf(s.inlayHints);
  return {
    enabled: flag(s.enabled, true),
    engine: { kernel, rules, defines: definesOf(s.define, complaints), minConfidence, configFile },
    baseline: flag(s.baseline, true),
    codeLens: flag(objectOf(s.codeLens).enabled, true),
    inlayCases: flag(inlay.cases, false),
    inlayFlags: flag(inlay.impliedFlags, false),
    run: s.run === 'onSave' ? 'onSave' : 'onType',
    complaints,
  };
}

function definesOf(value: unknown, complaints: string[]): Record<string, DefineValue> {
  const defines: Record<string, DefineValue> = {};
  for (const [name, v] of Object.entries(objectOf(value))) {
    if (v === false) defines[name] = { kind: 'undefined' };
    else if (v === true) defines[name] = { kind: 'value', text: '1' };
    else if (typeof v === 'string' || typeof v === 'number') defines[name] = { kind: 'value', text: String(v) };
    else complaints.push(`guplint.define: '${name}' must be a text, a number, true or false`);
  }
  return defines;
}
