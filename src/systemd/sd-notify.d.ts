/** The part of the native package `sd-notify` 2.8.0 that we use. The package has no types. */
declare module 'sd-notify' {
  const binding: {
    /** `sd_notify(0, state)`: sends to the `NOTIFY_SOCKET` of the process's environment, or does nothing without one. */
    sendState(state: string): void;
  };
  export default binding;
}
