/**
 * When documents are analysed: one analysis under way and one wanted per document, newer texts in place of older ones; what took
 * long waits for a pause in typing. Nothing is told of a text that is no longer current, or of a document that was closed.
 */

/** What is scheduled. */
export interface Work<Result> {
  /** Analyses the document as it is now; undefined when there is nothing to say. */
  analyse(uri: string): Promise<Result | undefined>;
  /** Told of each result whose text is still current. */
  done(uri: string, result: Result | undefined): void;
}

interface State<Result> {
  wanted: number;
  finished: number;
  running: boolean;
  timer: NodeJS.Timeout | undefined;
  /** Milliseconds that the last analysis took. */
  took: number;
  /** What one takes: the less of the last two, as one that loads what later ones find says nothing of these. */
  cost: number;
  /** When it ended. */
  ended: number;
  result: Result | undefined;
  waiting: ((result: Result | undefined) => void)[];
}

/** Analyses quicker than this start with the keystroke: they run in a thread of their own. Milliseconds. */
const QUICK = 250;

/** Longest pause that is waited for. Milliseconds. */
const LONGEST_PAUSE = 800;

/** Documents and when they are analysed. */
export class Schedule<Result> {
  readonly #work: Work<Result>;
  readonly #states = new Map<string, State<Result>>();

  constructor(work: Work<Result>) {
    this.#work = work;
  }

  /** The document's text, or something it rests on, changed. `pause`: milliseconds to wait at least. */
  want(uri: string, pause = 0): void {
    let state = this.#states.get(uri);
    if (state === undefined) {
      state = {
        wanted: 0,
        finished: 0,
        running: false,
        timer: undefined,
        took: 0,
        cost: 0,
        ended: 0,
        result: undefined,
        waiting: [],
      };
      this.#states.set(uri, state);
    }
    state.wanted++;
    if (!state.running) this.#start(uri, state, Math.max(pause, pauseAfter(state)));
  }

  /** Forgets a document; those who wait for it are told nothing. */
  forget(uri: string): void {
    const state = this.#states.get(uri);
    this.#states.delete(uri);
    if (state === undefined) return;
    clearTimeout(state.timer);
    for (const resolve of state.waiting) resolve(undefined);
  }

  /** The last result, of whatever text. */
  last(uri: string): Result | undefined {
    return this.#states.get(uri)?.result;
  }

  /** Whether the last result is that of the current text. */
  isCurrent(uri: string): boolean {
    const state = this.#states.get(uri);
    return state !== undefined && state.finished === state.wanted;
  }

  /** The result of the current text, as soon as there is one; undefined once the document is closed. */
  current(uri: string): Promise<Result | undefined> {
    const state = this.#states.get(uri);
    if (state === undefined) return Promise.resolve(undefined);
    if (state.finished === state.wanted) return Promise.resolve(state.result);
    return new Promise((resolve) => {
      state.waiting.push(resolve);
    });
  }

  get busy(): boolean {
    return [...this.#states.values()].some((s) => s.running || s.finished !== s.wanted);
  }

  #start(uri: string, state: State<Result>, pause: number): void {
    clearTimeout(state.timer);
    state.timer = setTimeout(() => {
      state.timer = undefined;
      this.#run(uri, state).catch(() => undefined);
    }, pause);
  }

  async #run(uri: string, state: State<Result>): Promise<void> {
    const { wanted } = state;
    const start = performance.now();
    state.running = true;
    let result: Result | undefined;
    try {
      result = await this.#work.analyse(uri);
    } finally {
      state.running = false;
      state.ended = performance.now();
      const took = state.ended - start;
      state.cost = Math.min(took, state.took);
      state.took = took;
      if (this.#states.get(uri) === state) this.#finish(uri, state, wanted, result);
    }
  }

  #finish(uri: string, state: State<Result>, wanted: number, result: Result | undefined): void {
    state.result = result;
    state.finished = wanted;
    if (state.wanted !== wanted) {
      this.#start(uri, state, pauseAfter(state));
      return;
    }
    const { waiting } = state;
    state.waiting = [];
    this.#work.done(uri, result);
    for (const resolve of waiting) resolve(result);
  }
}

/** What took long is not done again at once while somebody types; after a rest it is. */
function pauseAfter({ cost, ended }: { readonly cost: number; readonly ended: number }): number {
  if (cost < QUICK) return 0;
  return Math.max(0, Math.min(LONGEST_PAUSE, cost) - (performance.now() - ended));
}
