/** What the client's status item shows, sent as the notification `guplint/status` whenever it changes. */
import { formatRange } from '../../model/version.ts';
import type { Context, DocumentAnalysis } from './context.ts';

/** The notification's name. */
const STATUS = 'guplint/status';

/** The notification that the sites of some file are others now. */
const SITES_CHANGED = 'guplint/sitesChanged';

/** The state of one open document. */
export interface Status {
  readonly uri: string;
  /** `idle`: nothing of interest in it. */
  readonly state: 'analysed' | 'idle' | 'failed';
  /** The kernels it is held to, and where that comes from; empty for `idle`. */
  readonly kernel: string;
  readonly kernelSource: string;
  readonly configFile: string | undefined;
  readonly errors: number;
  readonly warnings: number;
  readonly hints: number;
  readonly sites: number;
  /** What is known of the folder's other files: nothing yet, the sites of some directories, or those of all. */
  readonly index: 'none' | 'directory' | 'workspace';
  /** Whether more of them are being looked at. */
  readonly indexing: boolean;
  /** Files of the folder whose sites are known. */
  readonly indexedFiles: number;
  /** Functions with a site that could not be parsed in full. */
  readonly damaged: readonly string[];
  /** Functions that were not analysed to the end, and why. */
  readonly skipped: readonly string[];
  /** What went wrong, or what in the settings could not be understood. */
  readonly problems: readonly string[];
  /** Milliseconds the analysis took. */
  readonly time: number;
}

/** The status of a document after its analysis. */
function statusOf(analysis: DocumentAnalysis): Status {
  const { result, findings, root, file, uri, problem } = analysis;
  const count = (severity: string): number => findings.filter((f) => f.severity === severity).length;
  const errors = root.configReports().flatMap((r) => (r.error === undefined ? [] : [`${r.file}: ${r.error.message}`]));
  const times = result?.times;
  return {
    uri,
    state: problem !== undefined ? 'failed' : result === undefined ? 'idle' : 'analysed',
    kernel: result === undefined ? '' : formatRange(result.kernel.range),
    kernelSource: result?.kernel.source ?? '',
    configFile: root.configOf(file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : '.').file,
    errors: count('error'),
    warnings: count('warning'),
    hints: count('info'),
    sites: (result?.sites ?? []).filter((s) => s.location.file === file).length,
    index: root.index.reach,
    indexing: root.index.busy,
    indexedFiles: root.results.size,
    damaged: result?.damaged ?? [],
    skipped: (result?.skipped ?? []).map((s) => `${s.functionName}: ${s.reason}`),
    problems: [...root.settings.complaints, ...errors, ...(problem === undefined ? [] : [problem])],
    time: times === undefined ? 0 : times.load + times.sites + times.rules,
  };
}

/** Sends statuses, each only when it differs from the last one of the document. */
export class StatusSender {
  readonly #context: Context;
  readonly #sent = new Map<string, string>();
  readonly #sites = new Map<string, string>();

  constructor(context: Context) {
    this.#context = context;
  }

  send(analysis: DocumentAnalysis): void {
    const status = statusOf(analysis);
    const key = JSON.stringify({ ...status, time: 0 });
    if (this.#sent.get(status.uri) !== key) {
      this.#sent.set(status.uri, key);
      void this.#context.connection.sendNotification(STATUS, status);
    }
    const sites = JSON.stringify((analysis.result?.sites ?? []).map((s) => [s.location, s.case, s.lifetime]));
    const before = this.#sites.get(status.uri);
    this.#sites.set(status.uri, sites);
    if (before !== sites && (before !== undefined || sites !== '[]')) this.sitesChanged(status.uri);
  }

  /** Tells that the sites of a file are others now. */
  sitesChanged(uri: string): void {
    void this.#context.connection.sendNotification(SITES_CHANGED, { uri });
  }

  closed(uri: string): void {
    this.#sent.delete(uri);
    this.#sites.delete(uri);
  }
}
