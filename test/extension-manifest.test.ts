/** The extension's manifest is what the rules and package.json make of it, and names nothing that is not there. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { MANIFEST, manifest } from '../scripts/extension-manifest.ts';
import { readSettings } from '../server/lsp/settings.ts';

const ROOT = path.join(__dirname, '..');

describe('manifest of the extension', () => {
  const text = readFileSync(path.join(ROOT, MANIFEST), 'utf8');
  const { contributes, icon } = JSON.parse(text) as {
    icon: string;
    contributes: {
      commands: { command: string }[];
      configuration: { properties: Record<string, { default: unknown }> };
      walkthroughs: { steps: { media: { markdown: string } }[] }[];
      problemMatchers: { pattern: { regexp: string } }[];
    };
  };

  it('is up to date (npm run generate)', () => {
    assert.equal(text, manifest());
  });

  it('contributes exactly the commands that the extension registers', () => {
    const source = readFileSync(path.join(ROOT, 'client/extension.ts'), 'utf8');
    const registered = [...source.matchAll(/register\('(guplint\.\w+)'/g)].map((m) => m[1]);
    assert.deepEqual(registered.sort(), contributes.commands.map((c) => c.command).sort());
  });

  it('names files that exist', () => {
    const media = contributes.walkthroughs.flatMap((w) => w.steps.map((s) => s.media.markdown));
    for (const file of [icon, ...media]) assert.ok(existsSync(path.join(ROOT, 'client', file)), file);
  });

  it('has the defaults that the server has', () => {
    const nested: Record<string, unknown> = {};
    for (const [key, { default: value }] of Object.entries(contributes.configuration.properties)) {
      const [, first = '', second] = key.split('.');
      if (second === undefined) nested[first] = value;
      else nested[first] = { ...((nested[first] as object | undefined) ?? {}), [second]: value };
    }
    assert.deepEqual(readSettings(nested), readSettings(undefined));
  });

  it('says what it does in a workspace that is not trusted, and takes no path from there', () => {
    const { capabilities } = JSON.parse(text) as {
      capabilities: {
        untrustedWorkspaces: { supported: string; description: string; restrictedConfigurations: string[] };
        virtualWorkspaces: { supported: boolean };
      };
    };
    assert.equal(capabilities.untrustedWorkspaces.supported, 'limited');
    assert.match(capabilities.untrustedWorkspaces.description, /No file of the workspace is executed/);
    assert.deepEqual(capabilities.untrustedWorkspaces.restrictedConfigurations, ['guplint.configFile']);
    assert.equal(capabilities.virtualWorkspaces.supported, false);
  });

  it('starts with C files alone, those that VS Code takes for C++ among them', () => {
    const { activationEvents } = JSON.parse(text) as { activationEvents: string[] };
    assert.deepEqual(activationEvents, ['onLanguage:c', 'onLanguage:cpp']);
  });

  it('sends nothing anywhere: neither the extension nor the server opens a connection', () => {
    const sources = ['client', 'server', 'model'].flatMap((directory) =>
      readdirSync(path.join(ROOT, directory), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts') && !name.includes('node_modules'))
        .map((name) => path.join(ROOT, directory, name)),
    );
    assert.ok(sources.length > 300);
    const network =
      /from '(?:node:)?(?:http|https|http2|net|tls|dgram|dns|undici|axios|node-fetch)'|\bfetch\(|XMLHttpRequest|WebSocket|createTelemetryLogger|sendBeacon/;
    assert.deepEqual(
      sources.filter((file) => network.test(readFileSync(file, 'utf8'))),
      [],
    );
  });

  it('matches the lines that the command line prints', () => {
    const line = 'drivers/foo/bar.c:120:3: error: foo_release() puts pages [twice] [put-on-pinned]';
    const { regexp = '' } = contributes.problemMatchers[0]?.pattern ?? {};
    const template = readFileSync(path.join(ROOT, 'templates/problem-matcher.json'), 'utf8');
    assert.equal(regexp, JSON.parse(template).problemMatcher[0].pattern[0].regexp);
    for (const printed of [line, `${line} (pre-existing)`]) {
      assert.deepEqual(new RegExp(regexp).exec(printed)?.slice(1), [
        'drivers/foo/bar.c',
        '120',
        '3',
        'error',
        'foo_release() puts pages [twice]',
        'put-on-pinned',
      ]);
    }
    assert.equal(new RegExp(regexp).exec('    drivers/foo/bar.c:88:8: pinned here by pin_user_pages_fast()'), null);
  });
});
