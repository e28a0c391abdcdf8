import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Test files that take a minute or so on a small machine, most of it waiting, the longest first. */
export const longFiles = [
  ...['e2e-webhook/displaced', 'e2e/pollers-chaos', 'e2e/chaos', 'e2e/chaos-clocks', 'e2e/replies-chaos'],
  ...['e2e-webhook/kills', 'e2e/backlog', 'store/postgres/conformance-pooled', 'store/postgres/conformance'],
  ...[
    'e2e/configuration',
    'e2e/pairing',
    'e2e/instances',
    'e2e/instances-numbers',
    'e2e/several',
    'e2e/several-stopped',
  ],
  ...['store/move/kills', 'packages/debian', 'store/postgres/outages', 'e2e-webhook/log-reader', 'e2e/own-answers'],
  ...['e2e/alerts', 'e2e/odd-files', 'store/sqlite/sqlite-store', 'store/sql/sql-store', 'store/postgres/kill'],
].map(name => `test/${name}.test.ts`);

/** Begins with the files that take long: one that began last would be waited for alone. */
export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const at = longFiles.findIndex(name => moduleId.endsWith(`/${name}`));
      return at < 0 ? longFiles.length : at;
    };
    return (await super.sort(files)).toSorted((one, other) => place(one) - place(other));
  }
}
