/**
 * In the poller's bundle: the place of pino's own writers, to files (sonic-boom) and to threads (thread-stream), which the
 * log has no use for. pino only asks whether something is one of them.
 */
module.exports = class Writer {
  constructor() {
    throw new Error("pino's own writers are not in this bundle: give it a destination");
  }
};
