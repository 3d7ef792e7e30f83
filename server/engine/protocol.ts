/**
 * Everything that crosses a worker or process boundary: plain data, structured-cloneable, in final coordinates.
 * Lines and columns are 1-based, columns in UTF-16 code units; paths are relative to the analysed root, with `/`.
 */

import type { ApiRow } from '../../model/schema.ts';
import type { KernelRange } from '../../model/version.ts';
import type { DefineValue } from '../syntax/unit.ts';
import type { Reads } from './cache/reads.ts';

/** Severity of a finding as shown. */
export type Severity = 'error' | 'warning' | 'info';
/** How far a finding is proved; `low` is not shown by default. */
export type Confidence = 'high' | 'medium' | 'low';

/** A stretch of a file. */
export interface Location {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** One step of the path that leads to a finding. */
export interface RelatedStep {
  readonly location: Location;
  readonly message: string;
}

/** A replacement of a stretch of a file. */
export interface FileEdit {
  readonly location: Location;
  readonly newText: string;
}

/** A way to mend a finding; `safe` cannot make behaviour worse. */
export interface Fix {
  readonly title: string;
  readonly applicability: 'safe' | 'unsafe';
  readonly edits: readonly FileEdit[];
}

/** The acquire call a finding speaks of. */
export interface SiteRef {
  readonly location: Location;
  readonly api: string;
}

/** What a rule found, before suppression and baseline. */
export interface Finding {
  readonly rule: string;
  readonly severity: Severity;
  readonly confidence: Confidence;
  readonly message: string;
  /** Enclosing function; empty at file scope. */
  readonly functionName: string;
  readonly location: Location;
  readonly site: SiteRef | undefined;
  readonly related: readonly RelatedStep[];
  readonly fixes: readonly Fix[];
  /** The statement it stands in, comments and white space reduced to single blanks; what a baseline compares. */
  readonly statement: string;
  /** 0 for the first finding of this rule on an equal statement of the function, counted down the file. */
  readonly ordinal: number;
  /** Hash of rule, path, function, statement and ordinal; survives moves of the line. */
  readonly fingerprint: string;
  /** Only where two states of the code were compared. */
  readonly change?: 'introduced' | 'pre-existing';
}

/** A finding that a comment in the source or the configuration accepts, and the reason it gives. */
export interface SilencedFinding {
  readonly finding: Finding;
  readonly by: 'comment' | 'config';
  readonly reason: string;
}

/** FOLL_ flags of a call: certain, possible, and added by the function itself. */
export interface SiteFlags {
  readonly text: string;
  readonly must: readonly string[];
  readonly may: readonly string[];
  readonly implied: readonly string[];
  /** Whether every source of the flags was found. */
  readonly known: boolean;
}

/** A piece of evidence for a case, lifetime or access. */
export interface Evidence {
  readonly kind: string;
  readonly location: Location;
  readonly text: string;
  /** What it says of how long the pages are held, where it says that. */
  readonly lifetime?: 'short' | 'long';
}

/** Where pages of a site are given back. */
export interface ReleaseRef {
  readonly location: Location;
  readonly functionName: string;
  readonly api: string;
  readonly matches: boolean;
  /**
   * What connects it with the site. path: path analysis saw it meet the pages. owner: it gives back what the pages' owner holds. name: by the
   * names of what holds them. guess: an object of the kind that holds them is at hand where pages are given back.
   */
  readonly by: 'path' | 'owner' | 'name' | 'guess';
}

/** One acquire site as `guplint sites` reports it. */
export interface SiteRecord {
  readonly location: Location;
  readonly functionName: string;
  readonly api: string;
  readonly via: string | undefined;
  readonly reference: 'pin' | 'get' | 'none' | 'either';
  readonly flags: SiteFlags;
  readonly case: 0 | 1 | 2 | 3 | 4 | 5;
  /** 0 to 1. */
  readonly confidence: number;
  readonly alternatives: readonly { readonly case: 0 | 1 | 2 | 3 | 4 | 5; readonly confidence: number }[];
  readonly lifetime: 'short' | 'long' | 'unknown';
  readonly access: readonly ('read' | 'write' | 'dma' | 'none' | 'unknown')[];
  readonly evidence: readonly Evidence[];
  readonly pages: string;
  readonly owner: string | undefined;
  readonly releases: readonly ReleaseRef[];
  /** Kernels on which the enclosing #if keeps the call, as `6.5..`. */
  readonly active: string;
}

/** A function that was not analysed to the end, and the budget that said so. */
export interface Skip {
  readonly file: string;
  readonly functionName: string;
  readonly reason: string;
}

/** An input that could not be read, and why, in words for the user. */
export interface InputProblem {
  readonly path: string;
  readonly message: string;
}

/** Where the kernels aimed at come from; `derived`: from the code's own version tests or the arguments of its calls. */
export type KernelSource = 'makefile' | 'flag' | 'config' | 'derived' | 'default';

/** The kernels a file is held to. `known` is false where nobody named them: then what depends on the version is an info. */
export interface KernelChoice {
  readonly range: KernelRange;
  readonly source: KernelSource;
  readonly known: boolean;
}

/** What a rule's findings are shown as; `off`: not at all. */
export type Level = 'off' | 'info' | 'warning' | 'error';

/** One entry of `ignore` in a configuration file. */
export interface IgnoreEntry {
  readonly rule: string;
  /** Glob below the configuration file's directory; undefined: every file. */
  readonly path: string | undefined;
  readonly functionName: string | undefined;
  readonly reason: string;
  /** Offsets of the entry in the configuration file, for the report that it matches nothing. */
  readonly start: number;
  readonly end: number;
}

/** The settings that hold for the files of one directory, from the command line and its configuration file. */
export interface ResolvedConfig {
  /** undefined: `auto`. */
  readonly flagKernel: KernelRange | undefined;
  readonly configKernel: KernelRange | undefined;
  /** Rule name to level, the command line's over the file's. */
  readonly rules: Readonly<Record<string, Level>>;
  readonly minConfidence: Confidence;
  /** Macro name to value, the command line's over the file's. */
  readonly defines: Readonly<Record<string, DefineValue>>;
  readonly ignore: readonly IgnoreEntry[];
  /** Path of the configuration file, and of its directory; undefined without one. */
  readonly file: string | undefined;
  readonly directory: string | undefined;
  /** Directories to search for headers after those of the project; the same for a whole run. */
  readonly includeDirs?: readonly string[];
  /** Functions of the project that its model file declares. */
  readonly rows: readonly ApiRow[];
}

/** A file to be analysed: read from disk, or with the text given. */
export interface AnalyseItem {
  readonly file: string;
  readonly text?: string;
}

/** Files of one directory that share settings, kernel tree and neighbours. */
export interface AnalyseJob {
  readonly directory: string;
  readonly config: ResolvedConfig;
  /** Root of the kernel tree the directory lies in (its path, and the kernels its Makefile names); undefined outside of one. */
  readonly tree: KernelTree | undefined;
  readonly files: readonly AnalyseItem[];
  /** Source files of the directory that name something of the model, where a scan has found them; undefined: not known yet. */
  readonly neighbours: readonly string[] | undefined;
  /** Whether rules run; `sites` alone does not need them. */
  readonly rules: boolean;
  /** Name of a function whose summary is wanted as text. */
  readonly facts?: string;
  /** Whether the reply shall say what was read. */
  readonly record?: boolean;
  /** Whether the conversions of sites are wanted. */
  readonly conversions?: boolean;
}

/** A kernel source tree, found by its Makefile. */
export interface KernelTree {
  /** Directory of the Makefile, `.` for the working directory. */
  readonly root: string;
  readonly range: KernelRange;
}

/** Milliseconds that phases of an analysis took in one thread. */
export interface PhaseTimes {
  readonly load: number;
  readonly sites: number;
  readonly rules: number;
}

/** A macro or function that takes pages for its callers and that other files can name. */
export interface WrapperName {
  readonly name: string;
  /** Defined in a header: callers may stand anywhere in the project; otherwise in the same directory. */
  readonly inHeader: boolean;
}

/** The conversion of a site from plain references to pins, or why there is none. */
export interface SiteConversion {
  /** The place of the site's name. */
  readonly location: Location;
  readonly fix: Fix | undefined;
  /** Why none is offered, and where what stands against it is; undefined where there is a fix. */
  readonly refused: RelatedStep | undefined;
}

/** What analysing one file gave: its findings after levels, confidence and suppression; sites; what was left out. */
export interface FileResult {
  readonly file: string;
  /** Hash of the text that was analysed: places hold for this text alone. */
  readonly textHash: string;
  readonly kernel: KernelChoice;
  readonly findings: readonly Finding[];
  readonly sites: readonly SiteRecord[];
  readonly skipped: readonly Skip[];
  /** Names of functions that hold a site and still hold a syntax error after preprocessing. */
  readonly damaged: readonly string[];
  /** Findings that a comment or the configuration silenced. */
  readonly suppressed: number;
  /** Those findings, for formats that carry suppressions. */
  readonly silenced: readonly SilencedFinding[];
  /** Indexes into `ResolvedConfig.ignore` of the entries that silenced something. */
  readonly usedIgnores: readonly number[];
  /** `path:line` of rules named by directives of other files (headers) that silenced something here. */
  readonly usedElsewhere: readonly string[];
  /** Wrappers of this file that files elsewhere may call. */
  readonly wrappers: readonly WrapperName[];
  /** Summaries of the functions that were asked for, as text; one for each set of live branches that says something else. */
  readonly facts: readonly string[];
  /** Conversions of the file's sites that take plain references, where they were asked for. */
  readonly conversions: readonly SiteConversion[];
  /** UTF-16 units of text. */
  readonly length: number;
  readonly times: PhaseTimes;
}

/** Files to be searched for the model's names, or for `words` in their place (C identifiers). */
export interface ScanJob {
  readonly files: readonly string[];
  readonly words?: readonly string[];
}

/** What scanning a batch of files gave. */
export interface ScanReply {
  /** Indexes of the files that name something of the model, and their sizes in bytes. */
  readonly hits: readonly { readonly index: number; readonly size: number }[];
  readonly bytes: number;
  readonly problems: readonly InputProblem[];
  /** Milliseconds in the scanning thread. */
  readonly time: number;
}

/** What analysing the files of a job gave, in the job's order; unreadable files are among the problems instead. */
export interface AnalyseReply {
  readonly results: readonly FileResult[];
  readonly problems: readonly InputProblem[];
  /** Milliseconds in the analysing thread. */
  readonly time: number;
  /** All that the job looked at, where it asked. */
  readonly reads?: Reads;
}

/** What the main thread sends to a worker. */
export type WorkerRequest =
  | { readonly id: number; readonly kind: 'scan'; readonly job: ScanJob }
  | { readonly id: number; readonly kind: 'analyse'; readonly job: AnalyseJob }
  /** Keep the program's compiled code for later runs; see server/host/compiled.ts. */
  | { readonly id: number; readonly kind: 'keep' };

/** What a worker answers; `failed` carries an internal error's text. */
export type WorkerReply =
  | { readonly id: number; readonly kind: 'scan'; readonly reply: ScanReply }
  | { readonly id: number; readonly kind: 'analyse'; readonly reply: AnalyseReply }
  | { readonly id: number; readonly kind: 'kept' }
  | { readonly id: number; readonly kind: 'failed'; readonly message: string };

/** What a language server tells its analysis thread; taken in order. The texts of open documents stand for their files until closed. */
export type SessionRequest =
  | { readonly kind: 'opened'; readonly file: string; readonly text: string }
  | { readonly kind: 'closed'; readonly file: string }
  /** Files that changed on disk; none named: any may have. */
  | { readonly kind: 'touched'; readonly files: readonly string[] }
  | { readonly id: number; readonly kind: 'analyse'; readonly job: AnalyseJob };

/** What an analysis thread answers; a file that names nothing of interest is in no result. `failed` carries an internal error's text. */
export type SessionReply =
  | { readonly id: number; readonly kind: 'analysed'; readonly reply: AnalyseReply }
  | { readonly id: number; readonly kind: 'failed'; readonly message: string };
