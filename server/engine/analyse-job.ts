/**
 * Analyses the files of one directory, in a worker or in the main thread. An error inside the analysis of one file is that
 * file's problem and never the run's.
 */

import { rules } from '../rules/registry.ts';
import { decode } from '../syntax/decode.ts';
import { analyzeFile } from './analyze.ts';
import { Recorder } from './cache/reads.ts';
import { Headers, HeaderTexts } from './headers.ts';
import type { Clock, FileSystem } from './host.ts';
import { modelPrefilter } from './prefilter.ts';
import { declaredNames } from './private-model.ts';
import { Project, type ProjectTools } from './project.ts';
import type { AnalyseItem, AnalyseJob, AnalyseReply, FileResult, InputProblem } from './protocol.ts';
import { ruleNames } from './rule-table.ts';

/** Makes the function that does analysis jobs; it keeps what it read of headers for the next job. */
export function createAnalyser(fs: FileSystem, clock: Clock): (job: AnalyseJob) => AnalyseReply {
  const start = (recording: boolean, declared: readonly string[]) => {
    const recorder = new Recorder(fs, recording);
    const prefilter = modelPrefilter(declared);
    const texts = new HeaderTexts(prefilter, (path) => recorder.touch(path));
    return { recorder, prefilter, recording, declared: declared.join(), texts };
  };
  let kept: ReturnType<typeof start> | undefined;
  return (job) => {
    const declared = declaredNames(job.config);
    const same = kept?.recording === (job.record === true) && kept.declared === declared.join();
    if (kept === undefined || !same) kept = start(job.record === true, declared);
    const { recorder, prefilter, texts } = kept;
    recorder.begin();
    const headers = new Headers(recorder.fs, texts, job.config.includeDirs);
    const tools: ProjectTools = { fs: recorder.fs, prefilter, declared, headers };
    const searching = { search: (at: string) => recorder.search(at), used: (path: string) => recorder.touch(path) };
    const reply = analyseJob(job, kept.recording ? { ...tools, ...searching } : tools, clock);
    return kept.recording ? { ...reply, reads: recorder.reads() } : reply;
  };
}

function analyseJob(job: AnalyseJob, tools: ProjectTools, clock: Clock): AnalyseReply {
  const start = clock.now();
  const problems: InputProblem[] = [];
  const texts = new Map<string, string>();
  for (const item of job.files) {
    const text = textOf(item, tools.fs, problems);
    if (text !== undefined) texts.set(item.file, text);
  }
  const project = new Project(tools, job.config, { directory: job.directory, texts });
  if (job.neighbours !== undefined) project.knowNeighbours(job.directory, job.neighbours);
  const done = analyseWith(project, texts, { job, clock });
  return { results: done.results, problems: [...problems, ...done.problems], time: clock.now() - start };
}

/** What a job's files are analysed with. */
export interface Work {
  readonly job: AnalyseJob;
  readonly clock: Clock;
  /** See `FileInput.shown`. */
  readonly shown?: ReadonlyMap<string, string>;
}

/** Analyses texts in a project that was made ready for the job. */
export function analyseWith(
  project: Project,
  texts: ReadonlyMap<string, string>,
  { job, clock, shown }: Work,
): Omit<AnalyseReply, 'time'> {
  const problems: InputProblem[] = [];
  const results: FileResult[] = [];
  for (const [file, text] of texts) {
    try {
      const context = {
        project,
        config: job.config,
        tree: job.tree,
        rules: job.rules ? rules : [],
        ruleNames: ruleNames(),
        clock,
        ...(job.facts === undefined ? {} : { facts: job.facts }),
        conversions: job.conversions === true,
      };
      results.push(analyzeFile({ file, text, shown: shown?.get(file) }, context));
    } catch (error) {
      problems.push({ path: file, message: `internal error: ${describe(error)}` });
    }
  }
  return { results, problems };
}

function textOf(item: AnalyseItem, fs: FileSystem, problems: InputProblem[]): string | undefined {
  if (item.text !== undefined) return item.text;
  const read = fs.read(item.file);
  if (read.kind === 'bytes') return decode(read.bytes).text;
  problems.push(read.problem);
  return undefined;
}

/** The message and the first place of the program it came from. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const place = /\n\s+at ([^\n]*)/.exec(error.stack ?? '');
  return place === null ? error.message : `${error.message} (${place[1]})`;
}
