/**
 * One analysis of an open document: by the analysis thread of its root, or, when the document was opened only now and is as it is on
 * disk, by what an earlier session found out.
 */
import { compareText } from '../engine/order.ts';
import { directoryOf } from '../engine/paths.ts';
import type { AnalyseJob, AnalyseReply, Finding } from '../engine/protocol.ts';
import { collectFindings } from '../engine/run.ts';
import { type Context, type DocumentAnalysis, placed } from './context.ts';
import type { Root } from './root.ts';

/** Sources beside a header that are analysed with it. */
const MAX_INCLUDERS = 20;

/** A document that will be analysed was opened: the thread starts while the settings are still being asked for. */
export function warmFor(uri: string, context: Context): void {
  const place = placed(context, uri);
  if (place === undefined || !isSource(place.file)) return;
  if (place.root.isOfInterest(place.file, place.document.getText())) place.root.thread.warm();
}

/** Analyses a document as it is now; undefined when it is closed or no file. */
export async function analyseDocument(uri: string, context: Context): Promise<DocumentAnalysis | undefined> {
  const place = placed(context, uri);
  if (place === undefined) return undefined;
  const { root, file, document } = place;
  const text = document.getText();
  const base = { uri, root, file, text, version: document.version, problem: undefined, earlier: false };
  const nothing: DocumentAnalysis = { ...base, result: undefined, findings: [] };
  if (!isSource(file) || !root.settings.enabled) return nothing;
  if (!root.isOfInterest(file, text) && !root.thread.started && (await root.hitsIn(directoryOf(file))).length === 0)
    return nothing;
  try {
    const job = await jobOf(root, file);
    const known = context.schedule.last(uri) === undefined ? earlierAnswer(root, job, context) : undefined;
    const { results, problems } = known ?? (await root.thread.analyse(job));
    const result = results.find((r) => r.file === file);
    const sorted = [...results].sort((a, b) => compareText(a.file, b.file));
    const own = root.withoutBaseline(collectFindings(sorted, [])).filter((f) => f.location.file === file);
    const problem = problems[0] === undefined ? undefined : `${problems[0].path}: ${problems[0].message}`;
    const findings = own.filter((f) => !isForOthers(f));
    return { ...base, result, findings, problem, earlier: known !== undefined };
  } catch (error) {
    return { ...nothing, problem: error instanceof Error ? error.message : String(error) };
  }
}

function isSource(file: string): boolean {
  return /\.[ch]$/.test(file);
}

/** A header is analysed with the sources beside it: what it does wrong may show in them alone. */
async function jobOf(root: Root, file: string): Promise<AnalyseJob> {
  const job = root.jobFor(file);
  if (!file.endsWith('.h')) return job;
  const hits = await root.hitsIn(directoryOf(file));
  const includers = hits.filter((hit) => hit.endsWith('.c')).slice(0, MAX_INCLUDERS);
  return { ...job, files: [...job.files, ...includers.map((f) => ({ file: f }))] };
}

function earlierAnswer(root: Root, job: AnalyseJob, context: Context): AnalyseReply | undefined {
  for (const { uri } of context.documents.all()) {
    const place = placed(context, uri);
    if (place?.root === root && isSource(place.file) && !root.isOnDisk(place.file, place.document.getText()))
      return undefined;
  }
  return root.earlierAnswer(job);
}

/** Whether a finding is for others to judge: files elsewhere may need a header's suppression. */
function isForOthers({ rule, location }: Finding): boolean {
  return rule === 'unused-suppression' && location.file.endsWith('.h');
}
