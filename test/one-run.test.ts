/** V8's settings for one run: that the V8 these tests run in knows them, and that none is tried on one that nobody looked at. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { settingsForOneRun } from '../server/host/one-run.ts';

describe('settings of V8 for one run', () => {
  it('are known to this V8, which says nothing about them', () => {
    const settings = settingsForOneRun();
    const { status, stderr } = spawnSync(process.execPath, [...settings, '-e', '0'], { encoding: 'utf8' });
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  });

  it('are made for the releases they were measured on', () => {
    const majors = [10, 11, 12, 13, 14, 15];
    const made = majors.filter((major) => settingsForOneRun(`${major}.3.244.8-node.38`).length > 0);
    assert.deepEqual(made, [11, 12, 13, 14]);
  });
});
