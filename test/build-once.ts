import { buildIfStale } from '../build.ts';

/** Builds dist/ once per run, where it is not up to date: the tests run the bundles, as users do. */
export default function setup(): void {
  buildIfStale();
}
