/** When documents are analysed: how often, for whom, and what is never told. */
import assert from 'node:assert/strict';
import { Schedule } from '../server/lsp/schedule.ts';

/** Work whose analyses end when the test says so. */
class HeldWork {
  readonly started: string[] = [];
  readonly told: string[] = [];
  readonly #ends: (() => void)[] = [];

  analyse(uri: string): Promise<string | undefined> {
    this.started.push(uri);
    const result = `${uri} ${this.started.length}`;
    return new Promise((resolve) => {
      this.#ends.push(() => resolve(result));
    });
  }

  done(_uri: string, result: string | undefined): void {
    this.told.push(String(result));
  }

  /** Ends the analysis that was started first, and waits for what follows from it. */
  async end(): Promise<void> {
    this.#ends.shift()?.();
    await soon();
  }
}

const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

describe('schedule of analyses', () => {
  const make = (): { work: HeldWork; schedule: Schedule<string> } => {
    const work = new HeldWork();
    return { work, schedule: new Schedule<string>(work) };
  };

  it('runs one analysis of a document, and keeps one more in mind however often its text changes', async () => {
    const { work, schedule } = make();
    schedule.want('a');
    await soon();
    for (let i = 0; i < 50; i++) schedule.want('a');
    await soon();
    assert.deepEqual(work.started, ['a']);
    await work.end();
    assert.deepEqual(work.started, ['a', 'a']);
    assert.deepEqual(work.told, [], 'the first answer is of a text that is gone');
    await work.end();
    assert.deepEqual(work.started, ['a', 'a']);
    assert.deepEqual(work.told, ['a 2']);
    assert.equal(schedule.busy, false);
  });

  it('lets documents run beside each other', async () => {
    const { work, schedule } = make();
    schedule.want('a');
    schedule.want('b');
    await soon();
    assert.deepEqual(work.started, ['a', 'b']);
    await work.end();
    await work.end();
    assert.deepEqual(work.told, ['a 1', 'b 2']);
  });

  it('tells nothing of a document that is closed meanwhile, and lets nobody wait for it', async () => {
    const { work, schedule } = make();
    schedule.want('a');
    await soon();
    const waiting = schedule.current('a');
    schedule.forget('a');
    assert.equal(await waiting, undefined);
    await work.end();
    assert.deepEqual(work.told, []);
    schedule.want('b', 30);
    schedule.forget('b');
    await new Promise((resolve) => setTimeout(resolve, 60));
    assert.deepEqual(work.started, ['a'], 'what was wanted and forgotten is not begun');
  });

  it('gives who waits the answer of the newest text', async () => {
    const { work, schedule } = make();
    schedule.want('a');
    await soon();
    const early = schedule.current('a');
    schedule.want('a');
    const late = schedule.current('a');
    await work.end();
    await work.end();
    assert.deepEqual(await Promise.all([early, late]), ['a 2', 'a 2']);
    assert.ok(schedule.isCurrent('a'));
    assert.equal(await schedule.current('a'), 'a 2');
  });

  it('waits for a pause in typing once analyses take long, not for one that had to load all first', async () => {
    const { work, schedule } = make();
    for (const [i, wait] of [300, 300, 0].entries()) {
      schedule.want('a');
      await soon();
      assert.equal(work.started.length, Math.min(i + 1, 2), `analysis ${i + 1}`);
      await new Promise((resolve) => setTimeout(resolve, wait));
      await work.end();
    }
    await new Promise((resolve) => setTimeout(resolve, 400));
    assert.equal(work.started.length, 3);
  });

  it('goes on after an analysis that failed', async () => {
    let tries = 0;
    const told: unknown[] = [];
    const schedule = new Schedule<string>({
      analyse: () => (++tries === 1 ? Promise.reject(new Error('broken')) : Promise.resolve('fine')),
      done: (_, result) => told.push(result),
    });
    schedule.want('a');
    await soon();
    schedule.want('a');
    await soon();
    assert.deepEqual(told, [undefined, 'fine']);
  });
});
