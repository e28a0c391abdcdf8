/**
 * Generates files from schema/kapso-whatsapp.schema.json, src/error-codes.ts, src/metrics and the command lines of both programs.
 *
 * `node schema/generate.ts` writes them. `--check` writes nothing, names the stale files and exits with 1.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SchemaNode } from '../src/config/schema-node.ts';
import { configModule, validatorModule, validatorTypes } from './code.ts';
import { commandReference, pollerReference } from './commands.ts';
import { metricsTable } from './metrics.ts';
import { readSchema } from './schema.ts';
import { errorReference, exampleFile, reference, variableTable } from './text.ts';

const root = join(import.meta.dirname, '..');

/** Replaces the text between the markers `<!-- begin generated: name -->` and `<!-- end generated: name -->`. */
export function replaceBlock(page: string, name: string, content: string): string {
  const begin = `<!-- begin generated: ${name} -->`;
  const end = `<!-- end generated: ${name} -->`;
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`the page needs the lines "${begin}" and "${end}", in this order`);
  return `${page.slice(0, from + begin.length)}\n\n${content}\n\n${page.slice(to)}`;
}

/** A page that is written by hand, with generated blocks between markers. */
function pageWith(path: string, blocks: Readonly<Record<string, string>>): [string, string] {
  const page = readFileSync(join(root, path), 'utf8');
  return [path, Object.entries(blocks).reduce((text, [name, content]) => replaceBlock(text, name, content), page)];
}

/** Returns every generated file: its path relative to the repository, and its content. */
export function generatedFiles(schema: SchemaNode): Map<string, string> {
  return new Map([
    ['src/config/config.generated.ts', configModule(schema)],
    ['src/config/validate.generated.js', validatorModule(schema)],
    ['src/config/validate.generated.d.ts', validatorTypes],
    ['kapso-whatsapp.example.yaml', exampleFile(schema)],
    ['docs/reference/errors.md', errorReference()],
    pageWith('docs/reference/configuration.md', {
      'environment variables': variableTable(schema),
      'all settings': reference(schema),
    }),
    pageWith('docs/reference/metrics.md', { metrics: metricsTable() }),
    pageWith('docs/reference/cli.md', { poller: pollerReference(), commands: commandReference() }),
  ]);
}

/** Returns the generated files that differ from those on disk. */
export function staleFiles(): Map<string, string> {
  const files = generatedFiles(readSchema());
  for (const [path, content] of files) {
    if (existsSync(join(root, path)) && readFileSync(join(root, path), 'utf8') === content) files.delete(path);
  }
  return files;
}

if (import.meta.main) {
  const stale = staleFiles();
  if (process.argv.includes('--check')) {
    for (const path of stale.keys()) console.error(`${path} is stale: run \`npm run generate\``);
    process.exitCode = stale.size > 0 ? 1 : 0;
  } else {
    for (const [path, content] of stale) {
      writeFileSync(join(root, path), content);
      console.log(`wrote ${path}`);
    }
  }
}
