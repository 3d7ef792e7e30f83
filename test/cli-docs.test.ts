/** docs/cli.md says what the program says; docs/configuration.md names every setting and its examples are taken. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { CLI_DOCUMENT, renderCliDocument } from '../scripts/cli-docs.ts';
import { parseConfigFile } from '../server/engine/config-file.ts';
import { parseModelFile } from '../server/engine/model-file.ts';

describe('documentation of the command line', () => {
  it('holds the help of every command', () => {
    const text = readFileSync(CLI_DOCUMENT, 'utf8');
    const fresh = renderCliDocument(text);
    if (process.env.UPDATE === '1') writeFileSync(CLI_DOCUMENT, fresh);
    else assert.equal(text, fresh, 'stale: run npm run generate');
  });

  it('names every setting of the configuration, with examples that are taken', () => {
    const text = readFileSync('docs/configuration.md', 'utf8');
    const { properties } = JSON.parse(readFileSync('docs/guplint.schema.json', 'utf8')) as {
      properties: Record<string, object>;
    };
    for (const key of Object.keys(properties)) assert.ok(text.includes(`\`${key}\``), key);
    const examples = [...text.matchAll(/```jsonc\n([\s\S]*?)```/g)].map((m) => m[1] ?? '');
    assert.ok(examples.length > 0);
    for (const example of examples) {
      if (example.includes('"functions"')) parseModelFile('guplint.model.json', example);
      else parseConfigFile('guplint.json', example);
    }
  });
});
