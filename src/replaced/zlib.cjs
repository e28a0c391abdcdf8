/**
 * In the poller's bundle: the place of `zlib`, which is loaded when something is asked of it. The WebSocket client loads it
 * at the start, and needs it only where the gateway compresses.
 */
module.exports = new Proxy({}, { get: (_, name) => require('node:zlib')[name] });
