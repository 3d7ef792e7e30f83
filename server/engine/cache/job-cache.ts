/**
 * Answers of earlier runs, one entry a job: a job asks the same when its settings and files are the same, and the answer holds as
 * long as everything that was read to give it is unchanged.
 */
import { hashOf } from '../../base/hash.ts';
import type { AnalyseJob, AnalyseReply } from '../protocol.ts';
import type { FileRead } from './file-read.ts';
import type { Reads } from './reads.ts';
import type { CacheStore } from './store.ts';
import { isSettled, type Verifier } from './trust.ts';

interface Entry {
  readonly build: string;
  readonly question: string;
  readonly reads: Reads;
  readonly reply: AnalyseReply;
}

/** Looks answers up and keeps them. */
export class JobCache {
  readonly #store: CacheStore;
  readonly #verifier: Verifier;
  readonly #startedAt: number;

  constructor(store: CacheStore, verifier: Verifier) {
    this.#store = store;
    this.#verifier = verifier;
    this.#startedAt = store.wallTime();
  }

  /** The answer of an earlier run, if it holds. */
  find(job: AnalyseJob): AnalyseReply | undefined {
    const question = questionOf(job);
    if (question === undefined) return undefined;
    const entry = parse(this.#store.load(nameOf(question)));
    if (entry?.build !== this.#store.build || entry.question !== question) return undefined;
    return this.#verifier.holds(entry.reads) ? entry.reply : undefined;
  }

  /** Keeps an answer for the next run; one with problems is given anew each time. */
  keep(job: AnalyseJob, { reads, ...reply }: AnalyseReply): void {
    const question = questionOf(job);
    if (question === undefined || reads === undefined || reply.problems.length > 0) return;
    const settled = (f: FileRead): FileRead => (isSettled(f.stamp, this.#startedAt) ? f : { ...f, stamp: undefined });
    const searches = reads.searches.map((s) => ({
      ...s,
      files: s.files.map(({ read, length }) => ({ read: settled(read), length })),
    }));
    const entry: Entry = {
      build: this.#store.build,
      question,
      reads: { ...reads, files: reads.files.map(settled), searches },
      reply: { ...reply, time: 0, results: reply.results.map((r) => ({ ...r, times: NO_TIME })) },
    };
    this.#store.save(nameOf(question), spell(entry));
  }
}

const NO_TIME = { load: 0, sites: 0, rules: 0 };

/** All that a job asks, as text; undefined for one that brings texts of its own, or whose answer is for people to read. */
function questionOf(job: AnalyseJob): string | undefined {
  if (job.facts !== undefined || job.files.some((item) => item.text !== undefined)) return undefined;
  return spell({ ...job, record: undefined });
}

/** Stands for the end of an open range of kernels, for which JSON has no name. */
const INFINITY = '\u0000Infinity';

/** A number too large for any but it: reading it needs no look at every value, as taking a name back for it would. */
const SPELLED = '1e999';

function spell(value: unknown): string {
  const text = JSON.stringify(value, (_, v: unknown) => (v === Number.POSITIVE_INFINITY ? INFINITY : v));
  return text.replaceAll(JSON.stringify(INFINITY), SPELLED);
}

function nameOf(question: string): string {
  return `job-${hashOf(question)}.json`;
}

/** An entry as kept; undefined for anything else. What the program wrote it can read: the build is compared by the caller. */
function parse(text: string | undefined): Entry | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isEntry(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isEntry(value: unknown): value is Entry {
  if (typeof value !== 'object' || value === null) return false;
  const { build, question, reads, reply } = value as Partial<Record<keyof Entry, unknown>>;
  return typeof build === 'string' && typeof question === 'string' && isObject(reads) && isObject(reply);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
