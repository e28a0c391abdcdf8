import { build } from '../build.ts';

/** The tests run the programs as users do: the bundles under dist/, built once per run. */
export default function setup(): void {
  build();
}
